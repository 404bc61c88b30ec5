import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { context } from '../../agent/test/sources/conformance.ts';
import modbusSource from '../../agent/src/sources/modbus.ts';
import snmpSource from '../../agent/src/sources/snmp.ts';
import type { Source } from '../../agent/src/source.ts';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import { openDevices } from '../src/devices.ts';
import { createHall } from '../src/hall.ts';
import { measure } from '../src/meter.ts';
import * as v from 'valibot';

const atMs = Date.UTC(2026, 10, 21, 7, 0, 3);
const zeroMs = Date.UTC(2026, 10, 1);
const hall = createHall();

const port = await freePort();
const devices = await openDevices(port, () => atMs);
t.teardown(() => devices.close());

t.test("the main meter and the UPS, read by the agent's own source and profiles", async (t) => {
  const main = await modbus('eastron-sdm630', 1, 'utility-a');
  const ups = await modbus('schneider-pm5xxx', 2, 'ups-1');
  const [mainMeter, upsMeter] = [measure(hall.mainW, zeroMs, atMs), measure(hall.upsOutputW, zeroMs, atMs)];
  near(t, await readings(t, main), {
    power: mainMeter.powerW,
    energy: mainMeter.energyWh,
    'energy-export': 0,
    voltage: 230.6,
    frequency: 50,
    'power-factor': 0.97,
  });
  near(t, await readings(t, ups), {
    power: upsMeter.powerW,
    energy: upsMeter.energyWh,
    'energy-export': 0,
    'apparent-power': upsMeter.apparentPowerVA,
    voltage: 230.6,
    frequency: 50,
  });
});

t.test("the rack PDU and the cooling, read by the agent's own source and profile", async (t) => {
  const [pduMeter, coolingMeter] = [measure(hall.pduW, zeroMs, atMs), measure(hall.coolingW, zeroMs, atMs)];
  const pdu = await readings(t, await snmp(port, 'pdu-1'));
  near(t, pdu, { power: pduMeter.powerW, energy: pduMeter.energyWh, 'power-factor': 0.97 }, 1e-3);
  const cooling = await readings(t, await snmp(port + 1, 'cooling-1'));
  near(t, cooling, { power: coolingMeter.powerW, energy: coolingMeter.energyWh }, 1e-3);
});

t.test('they say that they are simulated', async (t) => {
  const snmpget = requireProgram(t, 'snmpget');
  if (snmpget === null) return;
  const args = ['-v2c', '-c', 'public', '-Oqv', `127.0.0.1:${port}`, '1.3.6.1.2.1.1.1.0', '1.3.6.1.2.1.1.5.0'];
  const { stdout } = await promisify(execFile)(snmpget, args);
  t.match(stdout, /simulated APC Rack PDU/);
  t.match(stdout, /simulated-pdu-1/);
});

t.test('a port in use is an error', async (t) => {
  await t.rejects(
    openDevices(port, () => atMs),
    { code: 'EADDRINUSE' },
  );
});

async function modbus(profile: string, unit: number, point: string): Promise<Source> {
  const config = v.parse(modbusSource.schema, { profile, host: '127.0.0.1', port, unit, points: [{ point }] });
  return modbusSource.open(config, context);
}

async function snmp(udpPort: number, point: string): Promise<Source> {
  const target = { profile: 'apc-rpdu2', host: '127.0.0.1', port: udpPort, community: 'public' };
  return snmpSource.open(v.parse(snmpSource.schema, { ...target, points: [{ point }] }), context);
}

async function readings(t: Test, source: Source): Promise<ReadonlyMap<string, number>> {
  t.teardown(() => source.close());
  const { readings, noData } = await source.read(AbortSignal.timeout(5000));
  t.same(noData, []);
  return new Map(readings.map(([, channel, value]) => [channel, value]));
}

function near(t: Test, found: ReadonlyMap<string, number>, wanted: Record<string, number>, tolerance = 1e-5): void {
  for (const [channel, value] of Object.entries(wanted)) {
    const difference = Math.abs((found.get(channel) ?? Number.NaN) - value);
    t.ok(difference <= tolerance * Math.max(1, Math.abs(value)), `${channel}: ${found.get(channel)} for ${value}`);
  }
}
