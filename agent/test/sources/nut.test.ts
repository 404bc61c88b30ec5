import t from 'tap';
import type { Reading } from '@wattmark/shared/messages';
import nut from '../../src/sources/nut.ts';
import { conformance, openSource } from './conformance.ts';
import { createTcpProxy } from './faulty-proxy.ts';
import { dev } from './nut/devices.ts';
import { startNut } from './nut/server.ts';
import { createSwitchboard } from './nut/switchboard.ts';

const eaton = {
  'ups.mfr': 'Eaton',
  'ups.model': '5PX 3000',
  'ups.serial': 'G123456',
  'ups.firmware': '01.14.02',
  'ups.status': 'OL',
  'ups.realpower': 1111,
  'ups.realpower.nominal': 2700,
  'ups.power': 1200,
  'ups.load': 39,
  'input.voltage': 230.1,
  'output.voltage': '230.0',
  'output.current': 5.2,
  'output.frequency': 49.9,
  'battery.charge': 97,
  'battery.voltage': 54.3,
  'battery.runtime': 1870,
  'ups.temperature': '031.4',
};

/** Three servers run from the beginning: a driver takes seconds to come up, and the suite changes servers a dozen times. */
t.test('conformance', async (t) => {
  const servers = await Promise.all(
    [
      {},
      { 'ups.serial': 'G999999', 'ups.realpower': 850 },
      { 'ups.realpower': 4_294_967_295, 'ups.power': 4_294_967_295 },
    ].map((changes) => startNut(t, { sim: dev({ ...eaton, ...changes }) })),
  );
  const [first, other, impossible] = servers;
  if (first == null || other == null || impossible == null) return;
  const ports = { first: first.port, other: other.port, impossible: impossible.port };
  const board = await createSwitchboard(ports.first);
  const proxy = await createTcpProxy(() => board.port);
  t.teardown(() => {
    board.close();
    return proxy.close();
  });
  const config = { host: '127.0.0.1', port: proxy.port, timeout: '700ms', points: [{ point: 'ups-1', from: 'sim' }] };
  const readings = (powerW: number): Reading[] => [
    ['ups-1', 'power', powerW],
    ['ups-1', 'apparent-power', 1200],
    ['ups-1', 'voltage', 230],
    ['ups-1', 'current', 5.2],
    ['ups-1', 'frequency', 49.9],
    ['ups-1', 'load', 39],
    ['ups-1', 'temperature', 31.4],
    ['ups-1-battery', 'charge', 97],
    ['ups-1-battery', 'voltage', 54.3],
  ];
  conformance(t, {
    open: () => openSource(nut, config),
    openWrong: () => openSource(nut, { ...config, points: [{ point: 'ups-1', from: 'eaton' }] }),
    wrong: /upsd has no UPS eaton; it has: sim/,
    async restartAs(device) {
      await board.leadTo(ports[device]);
      while (proxy.connections() > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    behave(behaviour) {
      proxy.behaviour = behaviour === 'slow' ? 1000 : behaviour;
    },
    readings: { first: readings(1111), other: readings(850) },
  });
});
