import t from 'tap';
import { hall, NOW_MS, station, FakeFigures } from './fake-figures.ts';
import { apiOf } from './serve.ts';

t.test('health is a status, and the reason where it is bad', async (t) => {
  const figures = new FakeFigures();
  const api = apiOf(t, figures);
  const good = await api.inject('/healthz');
  t.equal(good.statusCode, 200);
  t.same(good.json(), { status: 'ok' });
  figures.problem = 'the disk is full';
  const bad = await api.inject('/healthz');
  t.equal(bad.statusCode, 503);
  t.same(bad.json(), { status: 'failing', reason: 'the disk is full' });
});

t.test('live figures, with the gap to the target, and null for what is unknown', async (t) => {
  const figures = new FakeFigures();
  const api = apiOf(t, figures);
  const expected = {
    site: 'dc-1',
    at: '2026-10-05T06:03:18Z',
    totalW: 1250,
    itW: 1000,
    ratio: 1.25,
    byRole: { utility: 1250, it: 1000, cooling: null },
    stale: ['crac-1'],
    target: { id: 'gb-40879-grade-2-1.3', metric: 'pue', value: 1.3, name: 'GB 40879-2021, grade 2' },
    gapW: -50,
    totalFrom: 'supply',
    level: 'ups-output',
  };
  t.same((await api.inject('/api/v1/sites/dc-1/live')).json(), expected);
  const [first, second] = (await api.inject('/api/v1/sites')).json();
  t.same(first.live, expected);
  t.match(first, { site: 'dc-1', name: 'Demo hall', kind: 'data-centre', simulated: true, target: expected.target });
  t.match(second, {
    site: 'bs-1',
    kind: 'base-station',
    simulated: false,
    target: null,
    live: { gapW: null, level: null },
  });
  figures.itW = null;
  t.match((await api.inject('/api/v1/sites/dc-1/live')).json(), { itW: null, ratio: null, gapW: null });
});

t.test('a series has an entry for every interval, with nulls where nothing is known', async (t) => {
  const api = apiOf(t, new FakeFigures());
  const query = 'from=2026-10-05T06:01:30Z&to=2026-10-05T06:06:00Z&step=PT1M';
  const { intervals, ...about } = (await api.inject(`/api/v1/sites/dc-1/series?${query}`)).json();
  const itLevel = { level: 'ups-output', category: 1, reason: 'the only level that is measured' };
  t.same(about, { site: 'dc-1', step: 'PT1M', timezone: 'Asia/Shanghai', itLevel });
  t.same(
    intervals.map(({ start, coverage }: { start: string; coverage: number | null }) => [start.slice(11, 16), coverage]),
    [
      ['06:01', 1],
      ['06:02', 1],
      ['06:03', 1],
      ['06:04', null],
      ['06:05', null],
    ],
  );
  const [minute] = intervals;
  t.match(minute, { end: '2026-10-05T06:02:00Z', estimatedShare: 0, byRole: { cooling: 200 / 60 } });
  t.ok(Math.abs(minute.pue - 1.25) < 1e-12);
  t.same(minute.paired, { totalWh: minute.totalWh, itWh: minute.itWh });
  t.same(intervals[4], {
    start: '2026-10-05T06:05:00Z',
    end: '2026-10-05T06:06:00Z',
    totalWh: null,
    itWh: null,
    pue: null,
    coverage: null,
    estimatedShare: null,
    byRole: { utility: null, it: null, cooling: null },
    paired: { totalWh: null, itWh: null },
    seconds: {
      total: { measuredS: 0, estimatedS: 0, missingS: 0 },
      it: { measuredS: 0, estimatedS: 0, missingS: 0 },
    },
  });
});

t.test('a series without a range is the last hours, up to now', async (t) => {
  const api = apiOf(t, new FakeFigures());
  const lengths = await Promise.all(
    ['PT1M', 'PT15M', 'PT1H', 'P1D', 'P1M', 'P1Y'].map(async (step) => {
      const { intervals } = (await api.inject(`/api/v1/sites/bs-1/series?step=${step}`)).json();
      t.ok(Date.parse(intervals.at(-1).start) <= NOW_MS && Date.parse(intervals.at(-1).end) > NOW_MS, step);
      return intervals.length;
    }),
  );
  t.same(lengths, [181, 97, 169, 31, 13, 6]);
  const { intervals } = (await api.inject('/api/v1/sites/bs-1/series?step=P1D')).json();
  t.equal(intervals[0].start.slice(11), '18:15:00Z', 'midnight in Kathmandu');
  t.equal(intervals.at(-2).pue, null, 'a base station has no PUE');
});

t.test('a day’s PUE with all that an auditor asks about it', async (t) => {
  const api = apiOf(t, new FakeFigures());
  const kpis = (await api.inject('/api/v1/sites/dc-1/kpis?period=today')).json();
  t.same(kpis.period, {
    name: '2026-10-05',
    start: '2026-10-04T16:00:00Z',
    end: '2026-10-05T16:00:00Z',
    complete: false,
  });
  t.match(kpis.pue, { category: 1, notation: 'PUE1', derivative: 'interim', coverage: 1 });
  // 2 × 1.25 × √2 × √2 × 0.005 / √3
  t.ok(Math.abs(kpis.pue.uncertainty - 0.0144338) < 1e-6);
  t.match(kpis, { verdict: 'met', reason: '1.250 ± 0.014 lies below 1.3', estimatedShare: 0, totalFrom: 'supply' });
  t.match(kpis.target, { id: 'gb-40879-grade-2-1.3', kind: 'measured-year', source: /GB 40879-2021/ });
  t.notOk('see' in kpis || 'baseline' in kpis);
});

t.test('a period that is over is complete, and a year of it is annual', async (t) => {
  const api = apiOf(t, new FakeFigures({ sinceMs: Date.parse('2024-12-01T00:00:00Z') }));
  const kpis = (await api.inject('/api/v1/sites/dc-1/kpis?period=2025')).json();
  t.match(kpis, {
    period: { complete: true },
    verdict: 'met',
    pue: { notation: 'PUE1,YC', derivative: 'annual', coverage: 1 },
  });
  const span = 'from=2025-09-30T16:00:00Z&to=2026-09-30T16:00:00Z';
  t.match((await api.inject(`/api/v1/sites/dc-1/kpis?${span}`)).json(), {
    pue: { notation: 'PUE1,YC', derivative: 'annual' },
  });
  t.match((await api.inject('/api/v1/sites/dc-1/kpis?period=2025-11')).json(), {
    pue: { notation: 'PUE1,MC', derivative: 'interim' },
  });
});

t.test('a year with a poor month has no verdict', async (t) => {
  const march = { fromMs: Date.parse('2026-03-05T00:00:00Z'), toMs: Date.parse('2026-03-12T00:00:00Z') };
  const isMissing = (ms: number): boolean => ms >= march.fromMs && ms < march.toMs;
  const api = apiOf(t, new FakeFigures({ sinceMs: Date.parse('2025-12-31T16:00:00Z'), isMissing }));
  const year = (await api.inject('/api/v1/sites/dc-1/kpis?period=this-year')).json();
  t.match(year, { verdict: 'insufficient-data', reason: /^coverage is 77.4 % in 2026-03; a verdict needs 90 %/ });
  t.ok(year.pue.coverage > 0.97 && year.pue.value > 1.2, 'the figure is there nonetheless');
  t.match((await api.inject('/api/v1/sites/dc-1/kpis?period=2026-03')).json(), { verdict: 'insufficient-data' });
  t.match((await api.inject('/api/v1/sites/dc-1/kpis?period=2026-04')).json(), { verdict: 'met' });
});

t.test('a base station has its SEE and its baseline instead', async (t) => {
  const api = apiOf(t, new FakeFigures());
  const kpis = (await api.inject('/api/v1/sites/bs-1/kpis?period=today')).json();
  t.notOk('pue' in kpis);
  t.ok(Math.abs(kpis.see.value - 0.8) < 1e-9);
  t.ok(Math.abs(kpis.baseline.value - 120) < 1e-9 && Math.abs(kpis.baseline.change + 0.04) < 1e-9);
  t.match(kpis.baseline, { unit: 'kWh/d', reference: 125, source: 'bills of 2019' });
  t.match(kpis, { verdict: null, reason: 'no target is set for this site' });
  const sites = [{ ...station, baseline: null, target: 'miit-design-pue-1.3' }];
  const other = (await apiOf(t, new FakeFigures({ sites })).inject('/api/v1/sites/bs-1/kpis')).json();
  t.match(other, { baseline: null, verdict: null, reason: /not defined for a base station/ });
});

t.test('without a class, a verdict by the value alone', async (t) => {
  const points = hall.points.map((point) => ({ ...point, accuracyClass: null }));
  const kpis = (
    await apiOf(t, new FakeFigures({ sites: [{ ...hall, points }] })).inject('/api/v1/sites/dc-1/kpis')
  ).json();
  t.match(kpis, {
    verdict: 'met',
    reason: /1.250 does not exceed 1.3; its uncertainty is unknown/,
    pue: { uncertainty: null },
  });
});

t.test('as known on a date: the instant is passed on, and coverage is of what had elapsed', async (t) => {
  const figures = new FakeFigures();
  const api = apiOf(t, figures);
  const kpis = (await api.inject('/api/v1/sites/dc-1/kpis?period=today&asOf=2026-10-04T18:00:00Z')).json();
  t.ok(figures.asked.length > 0 && figures.asked.every(({ asOfMs }) => asOfMs === Date.parse('2026-10-04T18:00:00Z')));
  t.equal(kpis.pue.coverage, 1);
  await api.inject('/api/v1/sites/dc-1/series?asOf=2027-01-01T00:00:00Z');
  t.equal(figures.asked.at(-1)?.asOfMs, null, 'the future knows no more than now');
});

t.test('points with their last values, and which are silent', async (t) => {
  const points = (await apiOf(t, new FakeFigures()).inject('/api/v1/sites/dc-1/points')).json();
  t.same(points[0], {
    point: 'utility-a',
    name: 'Utility feed A',
    role: 'utility',
    level: null,
    feeds: ['ups-1'],
    channels: ['power'],
    carrier: 'electricity',
    unit: 'Wh',
    virtual: null,
    source: 'modbus',
    agent: 'agent-1',
    accuracyClass: '0.5S',
    meter: { manufacturer: 'Eastron', model: 'SDM630', serial: '2107', ctRatio: 40 },
    intervalMs: 10_000,
    simulated: true,
    method: null,
    stale: false,
    lastSeen: '2026-10-05T06:03:18Z',
    live: {
      power: { value: 1250, unit: 'W', quality: 'measured', at: '2026-10-05T06:03:18Z' },
      energy: { value: 92_114_503.2, unit: 'Wh', quality: 'measured', at: '2026-10-05T06:03:08Z' },
    },
  });
  t.match(points[3], {
    point: 'host-7',
    role: null,
    stale: true,
    lastSeen: null,
    live: {},
    method: 'from processor load',
  });
});

t.test('one point’s intervals and channels', async (t) => {
  const api = apiOf(t, new FakeFigures());
  const url = '/api/v1/points/dc-1/crac-1/series?from=2026-10-05T06:02:00Z&to=2026-10-05T06:05:00Z';
  const { intervals, channels, ...about } = (await api.inject(url)).json();
  t.same(about, { site: 'dc-1', point: 'crac-1', step: 'PT1M', timezone: 'Asia/Shanghai', unit: 'Wh' });
  t.match(intervals[0], {
    minW: 1,
    maxW: 2,
    measuredS: 60,
    estimatedS: 0,
    bridgedS: 0,
    coverage: 1,
    quality: 'measured',
  });
  t.ok(Math.abs(intervals[0].meanW - 200) < 1e-9);
  t.match(intervals[1], { measuredS: 20, coverage: 1 });
  t.match(intervals[2], { energyWh: null, meanW: null, coverage: null, quality: 'missing' });
  const temperature = { start: '2026-10-05T06:02:00Z', min: 21, mean: 22.5, max: 24, samples: 6 };
  t.same(channels, { temperature: { unit: '°C', intervals: [temperature] } });
  t.same((await api.inject('/api/v1/points/dc-1/crac-1/series?step=PT1H')).json().channels, {});
  const silent = (await api.inject('/api/v1/points/dc-1/host-7/series')).json();
  t.equal(silent.intervals.length, 181);
  t.ok(silent.intervals.every(({ quality }: { quality: string }) => quality === 'missing'));
});

t.test('agents', async (t) => {
  const [first, second] = (await apiOf(t, new FakeFigures()).inject('/api/v1/agents')).json();
  t.same(first, {
    agent: 'agent-1',
    site: 'dc-1',
    group: 'default',
    state: 'online',
    lastSeen: '2026-10-05T06:03:19Z',
    epoch: '01KA9X',
    seq: 42,
    lost: 7,
    duplicates: 2,
    rejected: 1,
    clockSkewMs: 120,
    spoolDepth: 3,
    software: 'wattmark-agent/0.1.0',
    sources: {
      total: 2,
      failing: [
        { source: 'modbus 192.0.2.10', state: 'absent', since: '2026-10-05T06:02:20Z', reason: 'ECONNREFUSED' },
      ],
    },
  });
  t.match(second, { state: 'unknown', lastSeen: null, spoolDepth: null });
});
