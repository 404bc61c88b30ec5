import fc from 'fast-check';
import t from 'tap';
import { QUARTER_MS } from '../../src/accounting/interval.ts';
import { type Known, pointEstimates, siteEstimates, sitePlan } from '../../src/estimation/estimates.ts';
import { EstimationLimitError } from '../../src/estimation/limit.ts';
import { balanceOf } from '../../src/site/balance.ts';
import { FakeFigures, hall, NOW_MS } from '../api/fake-figures.ts';
import { rules } from './history.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR = { fromMs: Date.UTC(2025, 9, 1), toMs: Date.UTC(2026, 9, 1) };
const now: Known = { asOfMs: null, knownMs: NOW_MS };
const sinceMs = NOW_MS - 400 * DAY_MS;
const sum = (estimates: readonly { energyWh: number; ms: number }[]) =>
  estimates.reduce((all, { energyWh, ms }) => ({ energyWh: all.energyWh + energyWh, ms: all.ms + ms }), {
    energyWh: 0,
    ms: 0,
  });

const plan = sitePlan(balanceOf(hall), 1);
const estimatesOf = (figures: FakeFigures, span = YEAR, known = now, settings = rules) =>
  siteEstimates(figures, hall, settings, plan, span, known);

t.test('a year without gaps has no estimates, and takes one question', async (t) => {
  const figures = new FakeFigures({ sinceMs });
  t.same(await estimatesOf(figures), { total: [], it: [] });
  t.equal(figures.asked.length, 1);
  t.same(await pointEstimates(figures, hall, rules, 1, YEAR, now), []);
});

t.test('whatever is missing, estimates cover it and nothing else', async (t) => {
  const toMs = Date.UTC(2026, 9, 1);
  const span = { fromMs: toMs - 2 * DAY_MS, toMs };
  const quarter = fc.integer({ min: 0, max: 191 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(quarter), fc.uniqueArray(quarter), async (ofTotal, ofIt) => {
      const missing = { 1: ofTotal, 2: ofIt } as Record<number, number[]>;
      const isMissing = (ms: number, pointId: number): boolean =>
        missing[pointId]?.includes((ms - span.fromMs) / QUARTER_MS) ?? false;
      const figures = new FakeFigures({ sinceMs, isMissing });
      const { total, it } = await estimatesOf(figures, span);
      const starts = (estimates: typeof total) => estimates.map(({ startMs }) => (startMs - span.fromMs) / QUARTER_MS);
      const ascending = (quarters: number[]) => [...quarters].sort((a, b) => a - b);
      t.same(starts(total), ascending(ofTotal));
      t.same(starts(it), ascending(ofIt));
      // The powers are constant, so that every method gives the same.
      t.ok(total.every(({ energyWh, ms }) => Math.abs(energyWh - 1250 / 4) < 1e-6 && ms === QUARTER_MS));
      t.ok(it.every(({ energyWh }) => Math.abs(energyWh - 1000 / 4) < 1e-6));
      const [whole] = await figures.siteSums(hall, [span.fromMs, span.toMs], null);
      const measuredWh = whole === undefined ? null : plan.measuredOf(whole, 'total').energyWh;
      t.ok(Math.abs((measuredWh ?? 0) + sum(total).energyWh - 1250 * 48) < 1e-6, 'with the measured: the whole');
    }),
    { numRuns: 10 },
  );
});

t.test('an estimate is the same, whatever period is asked for', async (t) => {
  const gapMs = Date.UTC(2026, 8, 16, 7);
  const isMissing = (ms: number) => ms >= gapMs && ms < gapMs + 5 * HOUR_MS;
  const figures = new FakeFigures({ sinceMs, isMissing });
  const year = await pointEstimates(figures, hall, rules, 1, YEAR, now);
  t.same(sum(year), { energyWh: 5 * 1250, ms: 5 * HOUR_MS });
  const middle = { fromMs: gapMs + HOUR_MS, toMs: gapMs + 2 * HOUR_MS };
  t.same(await pointEstimates(figures, hall, rules, 1, middle, now), year.slice(4, 8));
});

t.test('what nothing can fill stays missing: before the first reading, and long after the last', async (t) => {
  const figures = new FakeFigures({ sinceMs: Date.UTC(2026, 5, 1) });
  t.same(await estimatesOf(figures, { fromMs: Date.UTC(2020, 0, 1), toMs: Date.UTC(2026, 9, 1) }), {
    total: [],
    it: [],
  });
  const endMs = Date.UTC(2026, 7, 1);
  const ended = new FakeFigures({ sinceMs, isMissing: (ms) => ms >= endMs });
  const { total } = await estimatesOf(ended);
  t.equal(total.at(0)?.startMs, endMs);
  // Midnight after 19 August in Shanghai: from then on fewer than three working days of July are within three weeks.
  t.equal(total.at(-1)?.startMs, Date.parse('2026-08-19T16:00:00Z') - QUARTER_MS);
});

t.test('a side is estimated only where all of its points are', async (t) => {
  const supply = ['a', 'b'].map((name, index) => ({ ...hall.points[0], point: name, pointId: index + 1 }));
  const site = { ...hall, points: supply as unknown as typeof hall.points };
  const isMissing = (ms: number, pointId: number) => pointId === 2 || ms % DAY_MS === 0;
  const figures = new FakeFigures({ sinceMs, isMissing });
  const plan = sitePlan(balanceOf(site), 1);
  const { total } = await siteEstimates(
    figures,
    site,
    rules,
    plan,
    { fromMs: YEAR.toMs - DAY_MS, toMs: YEAR.toMs },
    now,
  );
  t.same(total, [], 'b never said anything');
});

t.test('as known on a date nothing later is looked at, and what has not settled waits', async (t) => {
  const asOfMs = Date.UTC(2026, 8, 16, 8);
  const figures = new FakeFigures({ sinceMs, isMissing: (ms) => ms >= asOfMs - HOUR_MS });
  const span = { fromMs: asOfMs - DAY_MS, toMs: asOfMs + DAY_MS };
  const { total } = await estimatesOf(figures, span, { asOfMs, knownMs: asOfMs });
  t.ok(figures.asked.every((asked) => asked.asOfMs === asOfMs));
  t.equal(total.length, 3, 'the last quarter-hour has only just ended');
});

t.test('the work has a limit, which says what to do', async (t) => {
  const figures = new FakeFigures({ sinceMs, isMissing: (ms) => ms % HOUR_MS === 0 });
  const points = Array.from({ length: 100 }, (_, index) => ({
    ...hall.points[0],
    point: `u-${index}`,
    pointId: index,
  }));
  const site = { ...hall, points: points as unknown as typeof hall.points };
  await t.rejects(
    siteEstimates(figures, site, rules, sitePlan(balanceOf(site), 1), YEAR, now),
    /too many gaps in it; ask for a shorter range/,
  );
  const decades = { fromMs: Date.UTC(2000, 0, 1), toMs: NOW_MS };
  await t.rejects(pointEstimates(figures, hall, rules, 1, decades, now), EstimationLimitError);
});
