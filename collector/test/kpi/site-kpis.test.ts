import t from 'tap';
import { energyRoles } from '@wattmark/shared/roles';
import { partialKpis } from '../../src/kpi/partial-kpis.ts';
import { type Period, periodBetween } from '../../src/kpi/period.ts';
import {
  choiceOver,
  energyByRole,
  knownUntilMs,
  type Knowledge,
  leastCoverageOf,
  partBoundaries,
  siteKpis,
} from '../../src/kpi/site-kpis.ts';
import { balanceOf } from '../../src/site/balance.ts';
import type { Site } from '../../src/site/site.ts';
import { FakeFigures, hall, NOW_MS } from '../api/fake-figures.ts';
import { byRole, point } from '../site/example.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const T0 = Date.parse('2026-10-05T00:00:00Z');
const now: Knowledge = { nowMs: NOW_MS, asOfMs: null };
const utc: Site = { ...hall, timezone: 'UTC' };

function hours(from: number, to: number): Period {
  return periodBetween(new Date(T0 + from * HOUR_MS).toISOString(), new Date(T0 + to * HOUR_MS).toISOString());
}

t.test('what is known ends now, or as of the time asked for', async (t) => {
  t.same([now, { nowMs: 100, asOfMs: 40 }, { nowMs: 100, asOfMs: 900 }].map(knownUntilMs), [NOW_MS, 40, 100]);
  t.equal(leastCoverageOf(hall), 0.9);
  t.equal(leastCoverageOf({ ...hall, file: { ...hall.file, coverage: 0.75 } }), 0.75);
});

t.test('a period is asked for in quarter-hours, hours, days or months, by its length', async (t) => {
  const parts = (fromH: number, lengthH: number, timezone = 'UTC'): number[] => {
    const fromMs = T0 + fromH * HOUR_MS;
    const edges = partBoundaries({ fromMs, toMs: fromMs + lengthH * HOUR_MS }, timezone);
    return edges.map((ms) => (ms - fromMs) / HOUR_MS);
  };
  t.same(parts(0, 1), [0, 0.25, 0.5, 0.75, 1]);
  t.same(parts(0, 11.75).length, 48, 'quarter-hours');
  t.same(parts(0, 12).length, 13, 'hours from half a day on');
  t.same(parts(0.5, 12), [0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5, 12]);
  t.same(parts(0, 7 * 24 - 1).length, 168);
  t.same(parts(0, 7 * 24), [0, 24, 48, 72, 96, 120, 144, 168], 'days from a week on');
  t.same(parts(0, 7 * 24, 'Asia/Shanghai'), [0, 16, 40, 64, 88, 112, 136, 160, 168]);
  t.equal(parts(0, 4000 * 24).length, 4001);
  t.equal(parts(0, 4001 * 24).length, 1 + 132, 'months of eleven years');
});

t.test('a period’s figures, as far as it is over', async (t) => {
  const figures = new FakeFigures({ sites: [utc] });
  const running = await siteKpis(figures, utc, hours(6, 12), now);
  t.match(running, { pue: 1.25, isComplete: false, coverage: 1, elapsedMs: NOW_MS - T0 - 6 * HOUR_MS, months: [] });
  t.match(running.uncertainty.parts, { missingData: 0 });
  const over = await siteKpis(figures, utc, hours(2, 6), now);
  t.match(over, { isComplete: true, elapsedMs: 4 * HOUR_MS, itLevel: { level: 'ups-output', reason: /only level/ } });
  t.match(await siteKpis(figures, utc, { ...hours(2, 6), toMs: NOW_MS }, now), { isComplete: true });
  const future = await siteKpis(figures, utc, hours(8, 9), now);
  t.match(future, { pue: null, coverage: null, elapsedMs: 0, sum: { startMs: T0 + 8 * HOUR_MS, totalWh: null } });
  const asOf = await siteKpis(figures, utc, hours(2, 6), { nowMs: NOW_MS, asOfMs: T0 + 4 * HOUR_MS });
  t.match(asOf, { isComplete: false, elapsedMs: 2 * HOUR_MS });
});

t.test('what was not measured may differ as much as the parts that were', async (t) => {
  // IT is silent in the first quarter-hour of each hour, and cooling besides in the second of the first.
  const figures = new FakeFigures({ sites: [utc], isMissing: (ms, id) => id === 2 && ms % HOUR_MS === 0 });
  const kpis = await siteKpis(figures, utc, hours(2, 6), now);
  t.match(kpis, { coverage: 0.75, uncertainty: { parts: { missingData: 0 } } }, 'all parts are alike');
  const once = new FakeFigures({ sites: [utc], isMissing: (ms) => ms < T0 + 6 * HOUR_MS });
  const single = await siteKpis(once, utc, hours(5, 7), now);
  t.equal(single.uncertainty.parts.missingData, null, 'three minutes of a part that has just begun are one part');
});

t.test('the level is chosen by the time that has elapsed', async (t) => {
  const sums = await new FakeFigures({ sites: [utc] }).siteSums(utc, [T0, NOW_MS], null);
  const balance = balanceOf({
    ...utc,
    points: [
      ...utc.points.map((one) => (one.point === 'ups-1' ? { ...one, feeds: ['pdu-1'] } : one)),
      point(9, 'it', { point: 'pdu-1', level: 'pdu-output' }),
    ],
  });
  const reason = (toMs: number): string => choiceOver(balance, sums, { fromMs: T0, toMs }, now).reason;
  t.match(reason(NOW_MS), /deepest/);
  t.equal(reason(NOW_MS + DAY_MS), reason(NOW_MS), 'what is to come is no gap');
});

t.test('months of a longer period have their own coverage, but for a part of a day', async (t) => {
  const sinceMs = Date.parse('2026-08-30T00:00:00Z');
  const figures = new FakeFigures({ sites: [utc], sinceMs, isMissing: (ms) => ms % (4 * HOUR_MS) === 0 });
  const months = async (from: string, to: string): Promise<unknown[]> =>
    (await siteKpis(figures, utc, periodBetween(`${from}Z`, `${to}Z`), now)).months.map(({ name, coverage }) => [
      name,
      coverage,
    ]);
  t.same(await months('2026-08-31T00:00:00', '2026-10-02T00:00:00'), [
    ['2026-08', 15 / 16],
    ['2026-09', 15 / 16],
    ['2026-10', 15 / 16],
  ]);
  t.same(await months('2026-08-31T00:15:00', '2026-10-01T23:45:00'), [['2026-09', 15 / 16]]);
  t.same(await months('2026-09-01T00:00:00', '2026-10-01T00:00:00'), [], 'a month alone');
  const open = await months('2026-09-01T00:00:00', '2026-12-01T00:00:00');
  t.match(
    open,
    [
      ['2026-09', 15 / 16],
      ['2026-10', Number],
    ],
    'of the time elapsed',
  );
  t.equal(open.length, 2, 'a month that has not begun has none');
  t.same(await months('2026-05-01T00:00:00', '2026-07-01T00:00:00'), [
    ['2026-05', 0],
    ['2026-06', 0],
  ]);
});

t.test('energy is told for the roles that a site has', async (t) => {
  t.equal(energyRoles.includes('lighting'), true);
  const roleWh = byRole({ utility: 5, lighting: 9, it: 4 });
  t.strictSame(energyByRole(utc, { itWh: 4, roleWh }), { utility: 5, it: 4, cooling: null });
  t.strictSame(energyByRole(utc, { itWh: null, roleWh: [] }), { utility: null, it: null, cooling: null });
  t.match(energyByRole(utc, { itWh: 3, roleWh }), { it: 3 }, 'IT is that of the level which the answer takes');
  const station: Site = { ...utc, kind: 'base-station' };
  t.match(energyByRole(station, { itWh: 3, roleWh }), { it: 4 }, 'what a base station calls load is telecom');
});

t.test('a part of a site has its own PUE, by the sums of its points', async (t) => {
  const partials = [
    { id: 'west', name: 'West wing', total: ['utility-a'], it: ['ups-1'] },
    { id: 'east', total: ['utility-a'], it: ['crac-1'] },
  ];
  const site = { ...utc, file: { ...utc.file, partials } };
  const figures = new FakeFigures({ sites: [site], isMissing: (ms, id) => id === 3 && ms % HOUR_MS === 0 });
  const parts = async (of: Site, period: Period) =>
    partialKpis(figures, of, await siteKpis(figures, of, period, now), now);
  t.same(await parts(utc, hours(2, 6)), []);
  const [west, east] = await parts(site, hours(2, 6));
  t.match(west, {
    id: 'west',
    name: 'West wing',
    pue: 1.25,
    coverage: 1,
    paired: { pairedTotalWh: 5000, pairedItWh: 4000, pairedMs: 4 * HOUR_MS, estimatedMs: 0 },
    uncertainty: { value: Number, withoutClass: [] },
  });
  t.match(east, { id: 'east', name: 'east', pue: 6.25, coverage: 0.75, uncertainty: { parts: { missingData: 0 } } });
  class Estimated extends FakeFigures {
    override async partialSums(...question: Parameters<FakeFigures['partialSums']>) {
      return (await super.partialSums(...question)).map((sum) => ({ ...sum, estimatedMs: 5 }));
    }
  }
  const kpis = await siteKpis(figures, site, hours(2, 6), now);
  const [estimated] = await partialKpis(new Estimated({ sites: [site] }), site, kpis, now);
  t.equal(estimated?.paired.estimatedMs, 16 * 5, 'of sixteen quarter-hours');
  const begun = await parts(site, hours(6, 7));
  t.match(begun[1], { coverage: 0, uncertainty: { parts: { missingData: null } } });
  const [, none] = await parts(site, hours(8, 9));
  t.match(none, { pue: null, coverage: null, paired: { pairedTotalWh: 0, pairedMs: 0 } });
});
