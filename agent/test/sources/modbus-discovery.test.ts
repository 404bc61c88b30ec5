import t, { type Test } from 'tap';
import * as v from 'valibot';
import { freePort } from '../../../shared/test/free-port.ts';
import type { Found } from '../../src/source.ts';
import modbus from '../../src/sources/modbus.ts';
import { silent } from '../support/log.ts';
import { realClock } from '../support/real-clock.ts';
import { openSource, tick } from './conformance.ts';
import { f32, pm5xxx, startAdapter, startDevice, startUnits, text, type Units } from './peers/modbus-device.ts';

/** The maker's code of a PM5340, by which its profile knows it. */
const PM5340 = 15_270;

const powerMeter = { holding: { ...pm5xxx(1.5, 9n)?.holding, 89: [PM5340] } };

/** It answers to the profiles of other models of its maker, too. */
const sdm630 = {
  input: {
    0: [229, 230, 231, 1, 2, 3, 200, 400, 600.5].flatMap(f32),
    52: f32(1200.5),
    70: f32(50.01),
    72: f32(10),
    346: [1, 2, 3].flatMap(f32),
  },
};

const commonModel = [...text('Maker', 16), ...text('Model', 16), ...text('', 8), ...text('1', 8), ...text('S1', 16), 0];
const sunspec = {
  holding: {
    40_000: [0x5375, 0x6e53, 1, 65, ...commonModel, 103, 50, ...Array.from({ length: 50 }, () => 0), 0xffff, 0],
  },
};

async function discover(addresses: readonly string[], signal = new AbortController().signal) {
  const lines: string[] = [];
  const search = {
    log: silent,
    clock: realClock,
    signal,
    addresses,
    community: '',
    progress: (line: string) => lines.push(line),
  };
  return { found: await modbus.discover(search), lines };
}

/** Every entry must be one that can be opened and read. */
async function read(t: Test, { entry }: Found): Promise<void> {
  const { kind, ...config } = entry;
  t.equal(kind, 'modbus');
  t.ok(v.is(modbus.schema, config));
  const source = await openSource(modbus, config);
  t.match(await tick(source), { readings: Array });
  await source.close();
}

t.test(
  'units behind a gateway: one that describes itself, one that is known, one that looks like its model',
  async (t) => {
    const units: Units = { 1: powerMeter, 2: sunspec, 3: sdm630, 4: { holding: { 7: [1] } }, others: 'refused' };
    const device = await startDevice(t, units);
    if (device === null) return;
    const host = '127.0.0.1';
    const { port } = device;
    const { found, lines } = await discover([`${host}:${port}`]);
    t.match(found, [
      {
        title: `Schneider Electric PowerLogic PM5000 series (PM51xx, PM53xx, PM55xx) at ${host}:${port}, unit 1`,
        notes: ['recognised by its registers; it reads 230 V, 50 Hz, 1500 W', /^more can be read, from: l1, l2, l3$/],
        entry: {
          kind: 'modbus',
          profile: 'schneider-pm5xxx',
          host,
          port,
          unit: 1,
          points: [{ point: 'schneider-pm5xxx-1' }],
        },
      },
      {
        title: `Maker Model at ${host}:${port}, unit 2`,
        entry: { profile: 'sunspec', unit: 2, points: [{ point: 'sunspec-2', role: 'solar', from: 'inverter' }] },
      },
      {
        title: `Eastron SDM630 Modbus V2 at ${host}:${port}, unit 3`,
        notes: [
          'looks like one: compare its values with the display; it reads 230 V, 50 Hz, 1200.5 W',
          'more can be read, from: l1, l2, l3',
          /^or one of the profiles .*eastron-sdm230/,
        ],
        entry: { unit: 3 },
      },
    ]);
    t.equal(found.length, 3);
    t.ok(lines.includes(`Modbus: ${host}:${port}, unit 4 answers, but is not known`));
    for (const one of found) await read(t, one);
  },
);

t.test('a device that answers to every unit is one device', async (t) => {
  const device = await startDevice(t, { 1: powerMeter, others: 'same' });
  if (device === null) return;
  const { found } = await discover([`127.0.0.1:${device.port}`]);
  t.equal(found.length, 1);
});

t.test('a serial line', async (t) => {
  const port = await freePort();
  await startUnits(t, `rtu:${port}`, { 1: powerMeter, others: 'refused' });
  const line = `${t.testdir()}/line`;
  if ((await startAdapter(t, line, port)) === null) return;
  const { found } = await discover([line]);
  t.match(found, [{ entry: { profile: 'schneider-pm5xxx', device: line, baudRate: 9600, parity: 'none', unit: 1 } }]);
  for (const one of found) await read(t, one);
});

t.test('nothing named, nobody there, and a search that is given up', async (t) => {
  t.same((await discover([])).found, []);
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  t.teardown(() => process.off('warning', warn));
  const port = await freePort();
  const many = Array.from({ length: 40 }, (_, index) => `127.0.0.${index + 1}:${port}`);
  const { found, lines } = await discover([...many, '/nonexistent/line']);
  t.same(warnings, [], 'no listeners pile up');
  t.same(found, []);
  t.match(lines.join('\n'), /cannot connect to 127\.0\.0\.1.*ECONNREFUSED/);
  t.match(lines.join('\n'), /is the adapter plugged in\?/);
  const device = await startDevice(t, { 9: powerMeter });
  if (device === null) return;
  const startedMs = performance.now();
  t.same((await discover([`127.0.0.1:${device.port}`], AbortSignal.timeout(200))).found, []);
  t.ok(performance.now() - startedMs < 1000);
});
