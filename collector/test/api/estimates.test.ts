import t from 'tap';
import type { EstimationSettings } from '../../src/estimation/settings.ts';
import type { Site } from '../../src/site/site.ts';
import { rules } from '../estimation/history.ts';
import { FakeFigures, hall, NOW_MS } from './fake-figures.ts';
import { apiOf } from './serve.ts';

const HOUR_MS = 3_600_000;
const sinceMs = NOW_MS - 400 * 24 * HOUR_MS;
const gapMs = Date.parse('2026-09-16T07:00:00Z');

/** The supply is silent for 45 minutes, IT for five hours. */
const isMissing = (ms: number, pointId: number): boolean =>
  (pointId === 1 && ms >= gapMs && ms < gapMs + 0.75 * HOUR_MS) ||
  (pointId === 2 && ms >= gapMs && ms < gapMs + 5 * HOUR_MS);

function asking(estimation: EstimationSettings | undefined, points: Site['file']['points'] = []): Site {
  return { ...hall, file: { ...hall.file, estimation, points } };
}

const series = '/api/v1/sites/dc-1/series?step=PT1H&from=2026-09-16T06:00:00Z&to=2026-09-16T09:00:00Z';

t.test('without a request nothing is estimated, and no question is asked for it', async (t) => {
  const figures = new FakeFigures({ sinceMs, isMissing });
  const { intervals, ...about } = (await apiOf(t, figures).inject(series)).json();
  t.notOk('estimation' in about || 'estimated' in intervals[1]);
  t.same(intervals[1].seconds, {
    total: { measuredS: 900, estimatedS: 0, missingS: 2700 },
    it: { measuredS: 0, estimatedS: 0, missingS: 3600 },
  });
  t.equal(figures.asked.length, 1);
});

t.test('estimates stand beside what is measured, by side and with their methods', async (t) => {
  const off = apiOf(t, new FakeFigures({ sinceMs, isMissing }));
  const on = apiOf(t, new FakeFigures({ sinceMs, isMissing, sites: [asking(rules)] }));
  const { intervals, estimation } = (await on.inject(series)).json();
  t.same(estimation, { methods: rules.methods, linearMaxMinutes: 60, historyWeeks: 3, problem: null });
  t.same(intervals[1].seconds, {
    total: { measuredS: 900, estimatedS: 2700, missingS: 0 },
    it: { measuredS: 0, estimatedS: 3600, missingS: 0 },
  });
  t.same(intervals[1].estimated, {
    total: { energyWh: 937.5, seconds: 2700, methods: ['linear'], withEstimatesWh: 1250 },
    it: { energyWh: 1000, seconds: 3600, methods: ['similar-days'], withEstimatesWh: 1000 },
  });
  t.same(intervals[0].estimated.total, { energyWh: null, seconds: 0, methods: [], withEstimatesWh: 1250 });
  const measured = (await off.inject(series)).json().intervals;
  for (const [index, { estimated: _, seconds: __, ...interval }] of intervals.entries()) {
    const { seconds: ___, ...same } = measured[index];
    t.same(interval, same, 'PUE, coverage and energies do not know of estimates');
  }
});

t.test('a period has the same sums, and the same PUE and verdict as without', async (t) => {
  const figures = (sites: Site[]) => apiOf(t, new FakeFigures({ sinceMs, isMissing, sites }));
  const url = '/api/v1/sites/dc-1/kpis?period=2026-09';
  const { estimation, estimated, seconds, ...on } = (await figures([asking(rules)]).inject(url)).json();
  const { seconds: _, ...off } = (await figures([hall]).inject(url)).json();
  t.same(on, off);
  t.equal(estimation.problem, null);
  t.match(estimated.it, { energyWh: 5000, seconds: 18_000, methods: ['similar-days'], withEstimatesWh: 720_000 });
  t.same(seconds.it, { measuredS: 715 * 3600, estimatedS: 18_000, missingS: 0 });
});

t.test('a minute has its part of its quarter-hour’s estimate', async (t) => {
  const figures = new FakeFigures({ sinceMs, isMissing, sites: [asking(rules)] });
  const url = '/api/v1/points/dc-1/utility-a/series?from=2026-09-16T06:59:00Z&to=2026-09-16T07:02:00Z';
  const { intervals, estimation } = (await apiOf(t, figures).inject(url)).json();
  t.equal(estimation.problem, null);
  t.match(intervals[0], { quality: 'measured', missingS: 0, estimated: { energyWh: null, seconds: 0 } });
  t.match(intervals[1], { quality: 'missing', energyWh: null, coverage: 0, missingS: 0 });
  t.match(intervals[1].estimated, { energyWh: 1250 / 60, seconds: 60, methods: ['linear'] });
});

t.test('another point stands in where the site’s file says so, and methods not asked for are not used', async (t) => {
  const only: EstimationSettings = { ...rules, methods: ['alternate'] };
  const url = '/api/v1/points/dc-1/ups-1/series?step=PT1H&from=2026-09-16T07:00:00Z&to=2026-09-16T09:00:00Z';
  const answer = async (site: Site) => {
    const api = apiOf(t, new FakeFigures({ sinceMs, isMissing, sites: [site] }));
    return (await api.inject(url)).json().intervals;
  };
  const [partly, whole] = await answer(asking(only, [{ point: 'ups-1', alternate: 'utility-a' }]));
  t.match(partly, { missingS: 2700, estimated: { energyWh: 250, seconds: 900, methods: ['alternate'] } });
  t.match(whole, { missingS: 0, estimated: { energyWh: 1000, seconds: 3600 } });
  const [none] = await answer(asking(only));
  t.match(none, { missingS: 3600, estimated: { energyWh: null, seconds: 0, methods: [], withEstimatesWh: null } });
  const [unknown] = await answer(asking(only, [{ point: 'ups-1', alternate: 'nobody' }]));
  t.equal(unknown.missingS, 3600);
});

t.test('beyond the limit what is measured is answered, and why there are no estimates', async (t) => {
  const figures = new FakeFigures({ sinceMs, sites: [asking(rules)] });
  const { statusCode, body } = await apiOf(t, figures).inject(
    '/api/v1/sites/dc-1/series?step=P1Y&from=2010-01-01T00:00:00Z&to=2026-10-01T00:00:00Z',
  );
  const { estimation, intervals } = JSON.parse(body);
  t.equal(statusCode, 200);
  t.match(estimation.problem, /the range has more than 3700 days; ask for a shorter range/);
  t.notOk('estimated' in intervals[0]);
});
