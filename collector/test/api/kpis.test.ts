import t from 'tap';
import { emptySiteFile, type SiteFile } from '../../src/site/site-file.ts';
import type { Site } from '../../src/site/site.ts';
import { FakeFigures, hall, station } from './fake-figures.ts';
import { apiOf } from './serve.ts';

const MONTH = 'period=2025-11';
const sinceMs = Date.parse('2025-10-01T00:00:00Z');
const newYearMs = Date.parse('2024-12-31T16:00:00Z');

function withFile(site: Site, file: Partial<SiteFile>): Site {
  return { ...site, file: { ...emptySiteFile({ site: site.site, group: 'default' }), ...file } };
}

async function ask(t: Parameters<typeof apiOf>[0], figures: FakeFigures, path: string) {
  const answer = await apiOf(t, figures).inject(path);
  t.equal(answer.statusCode, 200, answer.body.slice(0, 200));
  return answer.json();
}

t.test('a figure carries all that must be said beside the number', async (t) => {
  const { pue, design, provisional } = await ask(
    t,
    new FakeFigures({ sinceMs: newYearMs }),
    '/api/v1/sites/dc-1/kpis?period=2025',
  );
  t.match(pue, {
    symbol: 'PUE',
    notation: 'PUE1,YC',
    derivative: 'annual',
    averagingPeriod: 'P1Y',
    interval: 'PT1M',
    boundary: 'the whole site; total metered at the supply (1 point), IT at ups-output (1 point)',
    edition: { title: 'EN 50600-4-2:2016', note: /ISO\/IEC 30134-2:2016 .* withdrawn/ },
    coverage: 1,
    estimatedShare: 0,
    uncertaintyParts: {
      coverageFactor: 2,
      commonCause: 0,
      resolution: 0,
      missingData: 0,
      withoutClass: [],
      assumedTransformers: ['utility-a', 'ups-1'],
    },
  });
  t.equal(pue.uncertaintyParts.meters, pue.uncertaintyParts.transformers);
  t.same([design, provisional], [null, false]);
  const month = await ask(t, new FakeFigures({ sinceMs }), '/api/v1/sites/dc-1/kpis?period=2025-11');
  t.match(month, { pue: { symbol: 'iPUE', averagingPeriod: 'P1M' }, verdict: 'met', provisional: true });
  const see = (await ask(t, new FakeFigures({ sinceMs }), `/api/v1/sites/bs-1/kpis?${MONTH}`)).see;
  t.match(see, {
    edition: { title: 'ITU-T L.1350' },
    boundary: /telecom \(1 point\)/,
    uncertaintyParts: { meters: Number },
  });
  t.ok(Math.abs(see.uncertainty - Math.hypot(see.uncertaintyParts.meters, see.uncertaintyParts.transformers)) < 1e-9);
});

t.test('time not measured makes a figure more uncertain, and one part alone says nothing', async (t) => {
  const morning = (ms: number): boolean => new Date(ms).getUTCHours() < 1;
  const gappy = new FakeFigures({ sinceMs, isMissing: morning });
  const { pue } = await ask(t, gappy, '/api/v1/sites/dc-1/kpis?period=2025-11-05');
  t.equal(
    pue.uncertaintyParts.missingData !== null && pue.uncertaintyParts.missingData < 1e-9,
    true,
    'a constant ratio',
  );
  const only = new FakeFigures({ sinceMs, isMissing: (ms) => new Date(ms).getUTCMinutes() >= 15 });
  const hour = 'from=2025-11-05T06:00:00Z&to=2025-11-05T07:00:00Z';
  t.match(await ask(t, only, `/api/v1/sites/dc-1/kpis?${hour}`), {
    pue: { uncertainty: null, uncertaintyParts: { missingData: null, meters: Number } },
  });
});

t.test('several targets, each with its own verdict; the design value is held against the design target', async (t) => {
  const own = { id: 'board', metric: 'pue', value: 1.2, kind: 'measured', source: 'decision of the board' } as const;
  const water = { id: 'wue', metric: 'wue', value: 1.8, source: 'contract' } as const;
  const site = withFile(
    { ...hall, target: 'miit-design-pue-1.3' },
    {
      targets: ['gb-40879-grade-1-1.2', 'eu-label-a-1.15', 'enefg-new-erf-0.1', water, own],
      designPue: { value: 1.28, source: 'design report' },
    },
  );
  const kpis = await ask(t, new FakeFigures({ sites: [site], sinceMs }), `/api/v1/sites/dc-1/kpis?${MONTH}`);
  t.match(kpis, { target: { id: 'miit-design-pue-1.3', direction: 'at-most', status: 'in-force' }, verdict: 'met' });
  t.match(kpis.reason, /a verdict of its own/);
  t.match(kpis.design, {
    symbol: 'dPUE',
    value: 1.28,
    itLoadFactor: null,
    judgement: { verdict: 'met', reason: 'the design value 1.28 does not exceed 1.3' },
  });
  t.match(kpis.targets, [
    { id: 'gb-40879-grade-1-1.2', verdict: 'missed', design: null },
    { id: 'eu-label-a-1.15', verdict: null, reason: /draft/ },
    { id: 'enefg-new-erf-0.1', metric: 'erf', verdict: null, reason: /not in force/ },
    { id: 'wue', verdict: 'insufficient-data', reason: /no point has the role water/ },
    { id: 'board', scope: 'this site', unit: '1', verdict: 'missed', provisional: false },
  ]);
});

t.test('a site’s own target is its main one, with the threshold of its file', async (t) => {
  const own = { id: 'board', metric: 'pue', value: 1.26, source: 'decision of the board' } as const;
  const site = { ...withFile(hall, { targets: [own], coverage: 1 }), target: 'board' };
  const isMissing = (ms: number): boolean => ms === Date.parse('2025-11-05T06:00:00Z');
  const figures = new FakeFigures({ sites: [site], sinceMs, isMissing });
  const kpis = await ask(t, figures, '/api/v1/sites/dc-1/kpis?period=2025-11');
  t.match(kpis, { target: { id: 'board', value: 1.26 }, verdict: 'insufficient-data', targets: [] });
  t.match(kpis.reason, /a verdict needs 100 %/);
  t.match(await ask(t, figures, '/api/v1/sites/dc-1/live'), { target: { id: 'board', value: 1.26 }, gapW: -10 });
});

t.test('a base station is held against SEE and its baseline', async (t) => {
  const see = { id: 'see', metric: 'see', value: 0.75, kind: 'measured', source: 'contract' } as const;
  const site = { ...withFile(station, { targets: [see, 'miit-5g-energy-2019'] }), target: 'see' };
  const kpis = await ask(t, new FakeFigures({ sites: [site], sinceMs }), `/api/v1/sites/bs-1/kpis?${MONTH}`);
  t.match(kpis, { target: { metric: 'see' }, verdict: 'met', reason: /0.800 ± 0.00\d lies above 0.75/ });
  t.match(kpis.targets, [{ id: 'miit-5g-energy-2019', verdict: 'missed', reason: /-0.040 exceeds -0.2/ }]);
  t.match(await ask(t, new FakeFigures({ sites: [site] }), '/api/v1/sites/bs-1/live'), { gapW: null });
});

t.test('every figure opens to how it was made', async (t) => {
  const points = [
    { point: 'utility-a', ctClass: '0.2', commonCause: 'batch 7' },
    { point: 'ups-1', commonCause: 'batch 7' },
  ];
  const site = withFile(hall, { points });
  const isMissing = (ms: number): boolean => ms === Date.parse('2025-11-05T06:00:00Z');
  const figures = new FakeFigures({ sites: [site], sinceMs, isMissing });
  const query = 'period=2025-11-05';
  const explained = await ask(t, figures, `/api/v1/sites/dc-1/kpis/explain?${query}`);
  const { pue } = await ask(t, figures, `/api/v1/sites/dc-1/kpis?${query}`);
  t.match(explained, {
    site: 'dc-1',
    metric: 'pue',
    value: pue.value,
    uncertainty: pue.uncertainty,
    leastCoverage: 0.9,
    pairedS: 85_500,
    totalFrom: 'supply',
    months: [],
  });
  t.ok(pue.uncertaintyParts.commonCause > 0 && pue.uncertaintyParts.ifIndependent > pue.uncertainty);
  const [supply, it, ...others] = explained.points;
  t.same(others, [], 'cooling does not count where the supply is metered');
  t.match(supply, {
    point: 'utility-a',
    role: 'utility',
    totalWeight: 1,
    itWeight: 0,
    itWh: null,
    measuredS: 85_500,
    missingS: 900,
    transformerPercents: [0.2],
    commonCause: 'batch 7',
    flags: ['simulated', 'gaps'],
  });
  t.ok(Math.abs(supply.energy - 1250 * 23.75) < 1e-6 && supply.totalWh === supply.energy);
  t.match(supply, { carrier: 'electricity', quantity: 'energy' });
  t.same([explained.instruments, explained.corrections], [[], []]);
  t.match(it, { point: 'ups-1', totalWeight: 0, itWeight: 1, totalWh: null, flags: ['assumed-transformer', 'gaps'] });
  const quarter = 'from=2025-10-01T00:00:00Z&to=2026-01-01T00:00:00Z';
  const { months } = await ask(t, figures, `/api/v1/sites/dc-1/kpis/explain?${quarter}`);
  t.same(
    months.map(({ name }: { name: string }) => name),
    ['2025-10', '2025-11', '2025-12'],
  );
  const future = await ask(t, figures, '/api/v1/sites/dc-1/kpis/explain?period=2030');
  t.match(future, { value: null, coverage: null, points: [{ energy: null, flags: ['simulated', 'silent'] }] });
});

t.test('a long period asks once for the site and once for all its points', async (t) => {
  const figures = new FakeFigures({ sinceMs });
  let questions = 0;
  const pointSumsOf = figures.pointSumsOf.bind(figures);
  figures.pointSumsOf = (...args) => {
    questions++;
    return pointSumsOf(...args);
  };
  await ask(t, figures, `/api/v1/sites/dc-1/kpis?${MONTH}`);
  t.same([figures.asked.length, questions], [1, 1]);
});

t.test('the catalogue of targets is served', async (t) => {
  const { edition, targets } = await ask(t, new FakeFigures(), '/api/v1/targets');
  t.match(edition, /^2026/);
  t.match(
    targets.find(({ id }: { id: string }) => id === 'green-mark-gold-plus-1.46'),
    { metric: 'pue', direction: 'at-most', itLoadFactor: 0.25, status: 'in-force', validTo: null },
  );
});

t.test('parts of a site have partial PUEs, and carriers are weighed by the profile that is named', async (t) => {
  const partials = [{ id: 'hall-2', name: 'Hall 2', total: ['utility-a'], it: ['ups-1'] }];
  const figures = new FakeFigures({ sites: [withFile(hall, { partials })], sinceMs });
  const kpis = await ask(t, figures, `/api/v1/sites/dc-1/kpis?${MONTH}`);
  const electricity = { id: 'electricity', name: 'electricity', whPerUnit: 1, unit: 'Wh/Wh', weight: 1, edition: null };
  t.match(kpis.pue.conversion, { id: 'delivered', edition: 'EN 50600-4', carriers: [electricity] });
  const [partial] = kpis.partials;
  t.match(partial, { id: 'hall-2', name: 'Hall 2', symbol: 'pPUE', coverage: 1, estimatedShare: 0 });
  t.ok(Math.abs(partial.value - 1.25) < 1e-9 && Math.abs(partial.uncertainty - kpis.pue.uncertainty) < 1e-9);
  t.match(partial, { category: 1, notation: 'pPUE1,MC', interval: 'PT1M' });
  t.same((await ask(t, new FakeFigures({ sinceMs }), `/api/v1/sites/dc-1/kpis?${MONTH}`)).partials, []);
  const [made] = (await ask(t, figures, `/api/v1/sites/dc-1/kpis/explain?${MONTH}`)).partials;
  t.match(made, { id: 'hall-2', value: partial.value, paired: partial.paired, instruments: [] });
  t.match(made.points, [
    { point: 'utility-a', totalWeight: 1, itWeight: 0 },
    { point: 'ups-1', totalWeight: 0, itWeight: 1 },
  ]);
});
