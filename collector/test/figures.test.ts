import t from 'tap';
import { MINUTE_MS } from '../src/accounting/interval.ts';
import { scratch, START } from './support/rig.ts';
import { acknowledges, next, run } from './support/running.ts';

/** From what a publisher sends to the figures of the API: registers of energy, fuel and water, worked by hand. */

const siteFile = `
site: dc-1
points:
  - {point: main, role: utility}
  - {point: tank, role: generator, carrier: diesel}
  - {point: ups, role: it, level: ups-output}
  - {point: mains-water, role: water}
  - {point: roof}
gridFactors: [{from: 2025-01-01, kgPerKwh: 0.5, source: contract}]
emissionFactors: [{point: tank, kgPerUnit: 2.7, source: data sheet}]
`;

const channelOf = {
  main: 'energy',
  tank: 'volume',
  ups: 'energy',
  'mains-water': 'volume',
  roof: 'energy-export',
} as const;

t.test('an hour of water, diesel and electricity becomes WUE, CUE and emissions', async (t) => {
  const running = await run(t, scratch(t), siteFile);
  const { client } = running;
  const base = 'wattmark/v1/default/dc-1/plant';
  const points = Object.entries(channelOf).map(([point, channel]) => ({
    point,
    channels: [channel],
    intervalMs: MINUTE_MS,
  }));
  const birth = { v: 1, epoch: 'E', firstSeq: 1, at: START, software: 'test', points };
  await client.publishAsync(`${base}/birth`, JSON.stringify(birth), { qos: 1 });
  const last = next(client, `${base}/ack`, acknowledges(61));
  for (let minute = 0; minute <= 60; minute++) {
    running.nowMs = START + minute * MINUTE_MS;
    const readings = [
      ['main', 'energy', 1_000_000 + 1000 * minute],
      ['tank', 'volume', 4000 + 0.1 * minute],
      ['ups', 'energy', 500_000 + 800 * minute],
      ['mains-water', 'volume', 70_000 + 2 * minute],
      ['roof', 'energy-export', 9000 + 5 * minute],
    ];
    const message = { v: 1, epoch: 'E', seq: minute + 1, at: running.nowMs, readings };
    await client.publishAsync(`${base}/readings`, JSON.stringify(message), { qos: 1 });
  }
  await last;
  const span = 'from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z';
  const { figures } = (await running.get(`/api/v1/sites/dc-1/figures?${span}`)) as {
    figures: Record<string, { value: number; unit: string; coverage: number }>;
  };
  const near = (id: string, expected: number, unit: string): void => {
    const { value, unit: found, coverage } = figures[id] ?? { value: Number.NaN, unit: '', coverage: 0 };
    t.ok(Math.abs(value - expected) < 1e-9 * expected, `${id} is ${value}, not ${expected}`);
    t.same([found, coverage], [unit, 1]);
  };
  // 60 kWh from the grid, and 6 L of diesel with 9.9 kWh each.
  near('energy', 60 + 59.4, 'kWh');
  // 60 kWh of 0.5 kg, and 6 L of 2.7 kg.
  near('emissions', 0.0462, 'tCO2e');
  near('cue', 46.2 / 48, 'kgCO2e/kWh');
  // 120 L over 48 kWh of IT.
  near('wue', 2.5, 'm3/MWh');
  const { pue } = (await running.get(`/api/v1/sites/dc-1/kpis?${span}`)) as { pue: { value: number } };
  t.ok(Math.abs(pue.value - 119.4 / 48) < 1e-9);

  const series = async (point: string): Promise<unknown> =>
    running.get(`/api/v1/points/dc-1/${point}/series?step=PT1H&${span}`);
  t.match(await series('mains-water'), { unit: 'L', intervals: [{ energyWh: 120, measuredS: 3600 }] });
  t.match(await series('tank'), { unit: 'L', intervals: [{ measuredS: 3600 }] });
  const fedBack = { energyWh: null, exportWh: 300, meanW: null, measuredS: 0, missingS: 3600, quality: 'missing' };
  t.match(await series('roof'), { unit: 'Wh', intervals: [fedBack] });
});
