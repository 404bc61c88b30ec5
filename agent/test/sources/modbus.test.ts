import { join } from 'node:path';
import type { Reading } from '@wattmark/shared/messages';
import t, { type Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import modbus from '../../src/sources/modbus.ts';
import { conformance, type Device, openSource, tick } from './conformance.ts';
import { createTcpProxy } from './faulty-proxy.ts';
import { type Running, start } from './process.ts';

const PYTHON = '/usr/bin/python3';
const script = join(import.meta.dirname, 'peers/modbus-device.py');

type Units = Record<number, { holding?: Record<number, number[]>; input?: Record<number, number[]> }>;

/** Starts a pymodbus device with these units; null where the test was skipped. */
async function startDevice(t: Test, units: Units, port?: number): Promise<(Running & { port: number }) | null> {
  const python = requireProgram(t, PYTHON);
  if (python === null) return null;
  const listening = port ?? (await freePort());
  const device = await start(python, [script, String(listening), JSON.stringify(units)], /^ready$/);
  t.teardown(() => device.stop());
  return { ...device, port: listening };
}

function words(write: (buffer: Buffer) => void, length: 1 | 2 | 4): number[] {
  const buffer = Buffer.alloc(2 * length);
  write(buffer);
  return Array.from({ length }, (_, index) => buffer.readUInt16BE(2 * index));
}

const f32 = (value: number) => words((buffer) => buffer.writeFloatBE(value), 2);
const i64 = (value: bigint) => words((buffer) => buffer.writeBigInt64BE(value), 4);

function pm5xxx(powerKw: number, energyWh: bigint): Units {
  return {
    1: {
      holding: {
        2999: [...f32(10), ...f32(20), ...f32(30)],
        3027: [...f32(229), ...f32(230), ...f32(231)],
        3059: f32(powerKw),
        3109: f32(50),
        3203: [...i64(energyWh), ...i64(7n)],
      },
    },
  };
}

const points = [{ point: 'utility-a', channels: ['power', 'energy', 'voltage', 'current', 'frequency'] }];

t.test('conformance', async (t) => {
  const units: Record<Device, Units> = {
    first: pm5xxx(125.5, 92_114_503n),
    other: pm5xxx(1.25, 17n),
    impossible: pm5xxx(Number.NaN, -1n),
  };
  const first = await startDevice(t, units.first);
  if (first === null) return;
  let device: Running = first;
  const proxy = await createTcpProxy(() => first.port);
  t.teardown(() => proxy.close());
  const config = { profile: 'schneider-pm5xxx', host: '127.0.0.1', port: proxy.port, timeout: '300ms', points };
  const readings = (powerW: number, energyWh: number): Reading[] => [
    ['utility-a', 'power', powerW],
    ['utility-a', 'energy', energyWh],
    ['utility-a', 'voltage', 230],
    ['utility-a', 'current', 60],
    ['utility-a', 'frequency', 50],
  ];
  conformance(t, {
    open: () => openSource(modbus, config),
    openWrong: () => openSource(modbus, { ...config, unit: 9 }),
    wrong: /unit 9: no answer within 300 ms: is the unit number right\?/,
    async restartAs(name) {
      await device.stop();
      device = await start(PYTHON, [script, String(first.port), JSON.stringify(units[name])], /^ready$/);
      t.teardown(device.stop);
    },
    behave(behaviour) {
      proxy.behaviour = behaviour === 'slow' ? 600 : behaviour;
    },
    readings: { first: readings(125_500, 92_114_503), other: readings(1250, 17) },
    resources: ['TCPSocketWrap', 'TCPWRAP', 'Timeout'],
  });
});
