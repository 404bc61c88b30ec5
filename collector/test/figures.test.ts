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

const virtualSite = `
site: dc-1
points:
  - {point: feed-a, role: null, accuracyClass: 0.5S}
  - {point: feed-b, role: null, accuracyClass: 0.5S}
  - {point: ups, role: null, accuracyClass: 0.5S}
  - {point: tenant, role: null, accuracyClass: 0.5S}
  - {point: supply, role: utility, virtual: {sum: {feed-a: 1, feed-b: 1}}}
  - {point: own, role: it, level: ups-output, virtual: {sum: {ups: 1, tenant: -1}}}
gridFactors: [{from: 2025-01-01, kgPerKwh: 0.5, source: contract}]
`;

const virtualPowerW = { 'feed-a': 1000, 'feed-b': 500, ups: 1200, tenant: 200 };

/** An hour of a hall that is metered as two feeds and as a UPS less a tenant, with what each minute's reading says. */
async function virtualHall(
  t: Parameters<typeof run>[0],
  data: string,
  readingOf: (point: string, powerW: number, minute: number) => readonly unknown[] | null,
): Promise<(path: string) => Promise<unknown>> {
  const running = await run(t, data, virtualSite);
  const base = 'wattmark/v1/default/dc-1/plant';
  const points = Object.keys(virtualPowerW).map((point) => ({ point, channels: ['power'], intervalMs: MINUTE_MS }));
  const birth = { v: 1, epoch: 'E', firstSeq: 1, at: START, software: 'test', points };
  await running.client.publishAsync(`${base}/birth`, JSON.stringify(birth), { qos: 1 });
  const last = next(running.client, `${base}/ack`, acknowledges(61));
  for (let minute = 0; minute <= 60; minute++) {
    running.nowMs = START + minute * MINUTE_MS;
    const readings = Object.entries(virtualPowerW).flatMap(([point, powerW]) => {
      const reading = readingOf(point, powerW, minute);
      return reading === null ? [] : [reading];
    });
    const message = { v: 1, epoch: 'E', seq: minute + 1, at: running.nowMs, readings };
    await running.client.publishAsync(`${base}/readings`, JSON.stringify(message), { qos: 1 });
  }
  await last;
  const span = 'from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z';
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toFixed(9)) : value;
  return async (path) => {
    const answer = await running.get(`/api/v1/${path}${path.includes('?') ? '&' : '?'}${span}`);
    return JSON.parse(JSON.stringify(answer), rounded) as unknown;
  };
}

interface Kpis {
  readonly pue: { readonly value: number; readonly uncertainty: number; readonly coverage: number };
}

t.test('a sum and a difference of meters have the uncertainty of all four', async (t) => {
  const get = await virtualHall(t, scratch(t), (point, powerW) => [point, 'power', powerW]);
  const { pue } = (await get('sites/dc-1/kpis')) as Kpis;
  t.equal(pue.coverage, 1);
  t.equal(pue.value, 1.5);
  // Of each meter and its transformer, both of class 0.5S: limits of rectangles, in quadrature.
  const u = (Math.SQRT2 * 0.005) / Math.sqrt(3);
  // 1,000 and 500 of 1,500 W; 1,200 and 200 of 1,000 W, of which the difference makes more than either has.
  const expected = 2 * 1.5 * u * Math.hypot(2 / 3, 1 / 3, 1.2, 0.2);
  t.equal(pue.uncertainty, Number(expected.toFixed(9)));
  const { figures } = (await get('sites/dc-1/figures')) as { figures: Record<string, object> };
  t.match(figures, { cue: { value: 0.75, coverage: 1 }, energy: { coverage: 1 } });
});

t.test('what one member lacks the virtual point lacks, with its quality', async (t) => {
  const get = await virtualHall(t, scratch(t), (point, powerW, minute) => {
    // From minute 30 to 45 nobody reads one feed; up to minute 10 the tenant's meter estimates.
    if (point === 'feed-b' && minute > 30 && minute < 45) return null;
    return point === 'tenant' && minute <= 10 ? [point, 'power', powerW, 'estimated'] : [point, 'power', powerW];
  });
  const { pue } = (await get('sites/dc-1/kpis')) as Kpis;
  t.equal(pue.value, 1.5);
  t.equal(pue.coverage, Number((34 / 60).toFixed(9)), 'all but 15 and 11 minutes');
  const series = async (point: string): Promise<unknown> => get(`points/dc-1/${point}/series?step=PT15M`);
  const quarter = { energyWh: 375, measuredS: 900, missingS: 0, quality: 'measured' };
  const none = { energyWh: null, measuredS: 0, missingS: 900, quality: 'missing' };
  t.match(await series('supply'), { intervals: [quarter, quarter, none, quarter] });
  const estimated = { energyWh: 250, measuredS: 240, estimatedS: 660, missingS: 0, quality: 'estimated' };
  const own = { ...quarter, energyWh: 250 };
  t.match(await series('own'), { intervals: [estimated, own, own, own] });
  const { figures } = (await get('sites/dc-1/figures')) as { figures: Record<string, { coverage: number }> };
  t.match(figures, { energy: { value: 1.125, coverage: 0.75 } });
  t.equal(figures['cue']?.coverage, 0.5, 'by quarter-hours: of the first and the third a part is missing');
});
