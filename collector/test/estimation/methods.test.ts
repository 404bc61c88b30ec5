import fc from 'fast-check';
import t from 'tap';
import { QUARTER_MS } from '../../src/accounting/interval.ts';
import type { EstimationSettings } from '../../src/estimation/settings.ts';
import { fillsOf, quarter, quartersBetween, rules, WEDNESDAY } from './history.ts';

const DAY_MS = 86_400_000;
const only = (...methods: EstimationSettings['methods']): EstimationSettings => ({ ...rules, methods });
const closeTo = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

t.test('linear is exact where power is a straight line, and serves no gap longer than it may', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -5000, max: 50_000 }),
      fc.integer({ min: -300, max: 300 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 15, max: 120 }),
      (startW, slopeW, length, linearMaxMinutes) => {
        const powerW = (index: number): number => startW + slopeW * index;
        const rows = [0, 1, 2]
          .flatMap((index) => [index - 3, index + length])
          .map((index) => quarter(1, WEDNESDAY + index * QUARTER_MS, powerW(index)));
        const toMs = WEDNESDAY + length * QUARTER_MS;
        const fills = fillsOf(rows, WEDNESDAY, toMs, { ...only('linear'), linearMaxMinutes });
        if (length * 15 > linearMaxMinutes) return fills.length === 0;
        return (
          fills.length === length &&
          fills.every(({ energyWh, method }, index) => method === 'linear' && closeTo(energyWh, powerW(index) / 4))
        );
      },
    ),
  );
});

t.test(
  'linear needs both neighbours, and counts the missing time of those that are whole but for a moment',
  async (t) => {
    const before = quarter(1, WEDNESDAY - QUARTER_MS, 1000, { measuredMs: 840_000 });
    const after = quarter(1, WEDNESDAY + 4 * QUARTER_MS, 1000);
    const toMs = WEDNESDAY + 4 * QUARTER_MS;
    t.same(fillsOf([before], WEDNESDAY, toMs, only('linear')), [], 'the gap has not ended');
    t.same(fillsOf([before, after], WEDNESDAY, toMs, only('linear')), [], '61 minutes');
    const [own] = fillsOf([before], before.startMs, WEDNESDAY, only('linear'));
    t.match(own, { missingMs: 60_000, energyWh: 1000 / 60 }, 'a minute of a quarter-hour has its mean power');
  },
);

t.test('a quarter-hour whose profile is estimated is no neighbour', async (t) => {
  const bridged = quarter(1, WEDNESDAY - QUARTER_MS, 5000, { bridgedMs: QUARTER_MS });
  const measured = quarter(1, WEDNESDAY - 2 * QUARTER_MS, 1000);
  const after = quarter(1, WEDNESDAY + QUARTER_MS, 1000);
  const [fill] = fillsOf([measured, bridged, after], WEDNESDAY, WEDNESDAY + QUARTER_MS, only('linear'));
  t.equal(fill?.energyWh, 250);
});

t.test('similar days are exact where working days and weekends repeat', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 192, maxLength: 192 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 95 }),
      fc.integer({ min: 1, max: 899 }),
      (profileW, weekday, slot, missingS) => {
        const isWeekend = (ms: number): boolean => [0, 6].includes(new Date(ms).getUTCDay());
        const powerW = (ms: number): number =>
          profileW[((ms % DAY_MS) / QUARTER_MS) * 2 + (isWeekend(ms) ? 1 : 0)] as number;
        const gapMs = WEDNESDAY + weekday * DAY_MS + slot * QUARTER_MS;
        const past = quartersBetween(gapMs - 21 * DAY_MS, gapMs).map((ms) => quarter(1, ms, powerW(ms)));
        const partly = quarter(1, gapMs, 0, { measuredMs: 900_000 - missingS * 1000 });
        const [fill] = fillsOf([...past, partly], gapMs, gapMs + QUARTER_MS, only('similar-days'));
        return fill !== undefined && closeTo(fill.energyWh, (powerW(gapMs) * missingS) / 3600);
      },
    ),
    { numRuns: 30 },
  );
});

t.test('fewer than three similar days are none', async (t) => {
  const days = [1, 2].map((day) => quarter(1, WEDNESDAY - day * DAY_MS, 1000));
  const saturday = quarter(1, WEDNESDAY - 4 * DAY_MS, 1000);
  const gap = (rows: typeof days) => fillsOf(rows, WEDNESDAY, WEDNESDAY + QUARTER_MS, only('similar-days'));
  t.same(gap([...days, saturday]), []);
  t.match(gap([...days, quarter(1, WEDNESDAY - 21 * DAY_MS, 4000)]), [{ energyWh: 500 }]);
  t.same(gap([...days, quarter(1, WEDNESDAY - 22 * DAY_MS, 4000)]), [], 'too long ago');
});

t.test('an alternate gives what the ratio of sums makes of it, and comes first', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1000, max: 5000 }), { minLength: 97, maxLength: 97 }),
      fc.double({ min: 0.05, max: 20, noNaN: true }),
      (profileW, ratio) => {
        const rows = profileW.flatMap((powerW, index) => {
          const startMs = WEDNESDAY - (96 - index) * QUARTER_MS;
          const other = quarter(2, startMs, powerW);
          return startMs === WEDNESDAY ? [other] : [quarter(1, startMs, ratio * powerW), other];
        });
        const [fill] = fillsOf(rows, WEDNESDAY, WEDNESDAY + QUARTER_MS);
        const expected = (ratio * (profileW[96] as number)) / 4;
        return fill?.method === 'alternate' && Math.abs(fill.energyWh - expected) < 1e-9 * expected;
      },
    ),
  );
});

t.test('an alternate is refused where it would have told the past badly', async (t) => {
  const pairs = (ownW: (index: number) => number, count = 96) =>
    Array.from({ length: count }, (_, index) => WEDNESDAY - (count - index) * QUARTER_MS).flatMap((ms, index) => [
      quarter(1, ms, ownW(index)),
      quarter(2, ms, 1000),
    ]);
  const now = quarter(2, WEDNESDAY, 1000);
  const gap = (rows: ReturnType<typeof pairs>) =>
    fillsOf([...rows, now], WEDNESDAY, WEDNESDAY + QUARTER_MS, only('alternate')).length;
  t.equal(gap(pairs((index) => (index % 2 === 0 ? 720 : 880))), 1, 'a tenth on average');
  t.equal(gap(pairs((index) => (index % 2 === 0 ? 719 : 881))), 0, 'more than a tenth');
  t.equal(gap(pairs((index) => (index < 48 ? 600 : 1000))), 0, 'the ratio has changed');
  t.equal(gap(pairs(() => 800, 95)), 0, 'less than a day');
  t.equal(gap(pairs(() => 0)), 0, 'nothing to scale');
  const silent = pairs(() => 800);
  t.same(fillsOf(silent, WEDNESDAY, WEDNESDAY + QUARTER_MS, only('alternate')), [], 'the alternate is silent, too');
});

t.test('without a gap there is no estimate, whatever the profile', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 }), (profileW) => {
      const rows = profileW.map((powerW, index) => quarter(1, WEDNESDAY + index * QUARTER_MS, powerW));
      return fillsOf(rows, WEDNESDAY, WEDNESDAY + rows.length * QUARTER_MS).length === 0;
    }),
  );
});

t.test('a reading that the meter itself estimated is no gap, and no example for another day', async (t) => {
  const flagged = (ms: number) =>
    quarter(1, ms, 1000, { measuredMs: 0, estimatedMs: QUARTER_MS, energyWh: 250, estimatedWh: 250 });
  t.same(fillsOf([flagged(WEDNESDAY)], WEDNESDAY, WEDNESDAY + QUARTER_MS), []);
  const past = [1, 2, 7].map((day) => flagged(WEDNESDAY - day * DAY_MS));
  t.same(fillsOf(past, WEDNESDAY, WEDNESDAY + QUARTER_MS), []);
});
