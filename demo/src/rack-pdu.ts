import { once } from 'node:events';
import snmp from 'net-snmp';
import type { Measurement } from './meter.ts';

export interface RackPduOptions {
  readonly port: number;
  readonly community: string;
  readonly name: string;
  readonly measure: () => Measurement;
  readonly uptimeMs: () => number;
}

export interface RackPdu {
  close(): Promise<void>;
}

/** rPDU2DeviceStatusEntry of PowerNet-MIB. */
const DEVICE_STATUS = '1.3.6.1.4.1.318.1.1.26.4.3.1';
const TABLE = 'rPDU2DeviceStatusTable';
const columns = { index: 1, name: 3, power: 5, energy: 9, apparentPower: 16, powerFactor: 17 } as const;
/** The system group (RFC 3418). */
const SYSTEM = '1.3.6.1.2.1.1';

/**
 * Serves an APC Rack PDU 2G over SNMP v2c on 127.0.0.1: power in 0.01 kW, energy in 0.1 kWh, as PowerNet-MIB has them.
 * @throws Error when the port cannot be used.
 */
export async function openRackPdu(options: RackPduOptions): Promise<RackPdu> {
  const { port, community } = options;
  const agent = snmp.createAgent({ address: '127.0.0.1', port, accessControlModelType: null }, () => {}) as SnmpAgent;
  agent.getAuthorizer().addCommunity(community);
  serveSystem(agent, options);
  serveDeviceStatus(agent, options);
  const sockets = Object.values(agent.listener.sockets);
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  return { close: () => new Promise((resolve) => agent.close(() => resolve())) };
}

function serveSystem(agent: SnmpAgent, { name, uptimeMs }: RackPduOptions): void {
  const { OctetString, TimeTicks } = snmp.ObjectType;
  const objects: readonly [string, string, number, () => string | number][] = [
    ['sysDescr', `${SYSTEM}.1`, OctetString, () => 'Wattmark demonstration: simulated APC Rack PDU 2G'],
    ['sysUpTime', `${SYSTEM}.3`, TimeTicks, () => Math.floor(uptimeMs() / 10)],
    ['sysName', `${SYSTEM}.5`, OctetString, () => `simulated-${name}`],
  ];
  const mib = agent.getMib();
  for (const [object, oid, scalarType, value] of objects) {
    const handler = (request: SnmpRequest): void => {
      mib.setScalarValue(object, value());
      request.done();
    };
    agent.registerProvider({
      name: object,
      type: snmp.MibProviderType.Scalar,
      oid,
      scalarType,
      maxAccess: READ,
      handler,
    });
    mib.setScalarValue(object, value());
  }
}

function serveDeviceStatus(agent: SnmpAgent, { name, measure }: RackPduOptions): void {
  const { Integer, OctetString } = snmp.ObjectType;
  const mib = agent.getMib();
  const handler = (request: SnmpRequest): void => {
    for (const [column, value] of statusOf(measure())) mib.setTableSingleCell(TABLE, column, [1], value);
    request.done();
  };
  const tableColumns = Object.entries(columns).map(([column, number]) => {
    return { number, name: column, type: column === 'name' ? OctetString : Integer, maxAccess: READ };
  });
  const tableIndex = [{ columnName: 'index' }];
  const type = snmp.MibProviderType.Table;
  agent.registerProvider({ name: TABLE, type, oid: DEVICE_STATUS, maxAccess: READ, tableColumns, tableIndex, handler });
  mib.addTableRow(TABLE, [1, name, ...statusOf(measure()).map(([, value]) => value)]);
}

function statusOf(meter: Measurement): [number, number][] {
  return [
    [columns.power, Math.round(meter.powerW / 10)],
    [columns.energy, Math.floor(meter.energyWh / 100)],
    [columns.apparentPower, Math.round(meter.apparentPowerVA / 10)],
    [columns.powerFactor, Math.round(meter.powerFactor * 100)],
  ];
}

const READ = snmp.MaxAccess['read-only'];

/** What is used of net-snmp's agent, which its type declarations leave open. */
interface SnmpAgent {
  readonly listener: { readonly sockets: Readonly<Record<string, NodeJS.EventEmitter>> };
  getAuthorizer(): { addCommunity(community: string): void };
  getMib(): SnmpMib;
  registerProvider(provider: object): void;
  close(done: () => void): void;
}

interface SnmpMib {
  setScalarValue(object: string, value: string | number): void;
  addTableRow(table: string, row: readonly (string | number)[]): void;
  setTableSingleCell(table: string, column: number, index: readonly number[], value: number): void;
}

interface SnmpRequest {
  done(): void;
}
