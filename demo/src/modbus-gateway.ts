import { ServerTCP } from 'modbus-serial';
import type { Registers } from './registers.ts';

/** One device behind the gateway: what its registers hold at this instant. */
export interface ModbusDevice {
  readonly input?: () => Registers;
  readonly holding?: () => Registers;
}

export interface ModbusGateway {
  close(): Promise<void>;
}

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
/** What a gateway says of a unit that does not answer. */
const TARGET_SILENT = 11;

/**
 * Serves devices by unit id over Modbus TCP on 127.0.0.1.
 * @throws Error when the port cannot be used.
 */
export async function openModbusGateway(
  port: number,
  devices: ReadonlyMap<number, ModbusDevice>,
): Promise<ModbusGateway> {
  const answer = (table: 'input' | 'holding') => (address: number, length: number, unit: number) => {
    const device = devices.get(unit);
    if (device === undefined) throw refusal(TARGET_SILENT);
    const registers = device[table]?.();
    if (registers === undefined) throw refusal(ILLEGAL_FUNCTION);
    return Array.from({ length }, (_, index) => {
      const word = registers.get(address + index);
      if (word === undefined) throw refusal(ILLEGAL_ADDRESS);
      return word;
    });
  };
  const [input, holding] = [answer('input'), answer('holding')];
  const server = new ServerTCP(
    {
      getInputRegister: (address: number, unit: number) => input(address, 1, unit)[0] ?? 0,
      getMultipleInputRegisters: input,
      getHoldingRegister: (address: number, unit: number) => holding(address, 1, unit)[0] ?? 0,
      getMultipleHoldingRegisters: holding,
    },
    { host: '127.0.0.1', port },
  );
  server.on('socketError', () => {});
  await new Promise<void>((resolve, reject) => {
    server.on('initialized', () => resolve());
    server.on('serverError', reject);
  });
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function refusal(code: number): Error {
  return Object.assign(new Error(`exception ${code}`), { modbusErrorCode: code });
}
