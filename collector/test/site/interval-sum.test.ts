import assert from 'node:assert/strict';
import { energyRoles } from '@wattmark/shared/roles';
import fc from 'fast-check';
import t from 'tap';
import {
  type GaugeQuarter,
  knowsDrawn,
  MINUTE_MS,
  type PointInterval,
  QUARTER_MS,
} from '../../src/accounting/interval.ts';
import { siteMinutes } from '../../src/site/balance.ts';
import {
  addEnergies,
  type Energies,
  GaugeSums,
  noLevel,
  noPart,
  nothing,
  PointSum,
  sumPointIntervals,
  sumSiteIntervals,
} from '../../src/site/interval-sum.ts';
import { QuarterFold, quarterOf, SiteIndex } from '../../src/site/quarter-fold.ts';
import { point, row, site, T0 } from './example.ts';

const at = (minute: number): number => T0 + minute * MINUTE_MS;

const powerW = fc.option(fc.integer({ min: -5, max: 5 }));
const someRow = fc
  .record({
    pointId: fc.integer({ min: 1, max: 3 }),
    minute: fc.integer({ min: -5, max: 45 }),
    energyWh: fc.integer({ min: -9, max: 9 }),
    estimatedWh: fc.nat(9),
    exportWh: fc.nat(9),
    minW: powerW,
    maxW: powerW,
    measuredMs: fc.constantFrom(0, 20_000, 60_000),
    estimatedMs: fc.constantFrom(0, 0, 10_000),
    bridgedMs: fc.nat(9),
  })
  .map(({ pointId, minute, energyWh, ...more }) => row(pointId, energyWh, more, minute));

const someEdges = fc
  .uniqueArray(fc.integer({ min: -3, max: 43 }), { minLength: 1, maxLength: 5 })
  .map((minutes) => minutes.toSorted((a, b) => a - b).map(at));

const total = (rows: readonly PointInterval[], of: (row: PointInterval) => number): number =>
  rows.reduce((sum, one) => sum + of(one), 0);

/** Null where no row has one. */
const extreme = (of: (...values: number[]) => number, values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : of(...known);
};

function sumOf(rows: readonly PointInterval[], startMs: number): PointInterval {
  const drawn = rows.filter(knowsDrawn);
  return {
    pointId: rows[0]?.pointId ?? -1,
    startMs,
    energyWh: total(rows, (one) => one.energyWh),
    estimatedWh: total(rows, (one) => one.estimatedWh),
    exportWh: total(drawn.length > 0 ? drawn : rows, (one) => one.exportWh),
    minW: extreme(
      Math.min,
      rows.map(({ minW }) => minW),
    ),
    maxW: extreme(
      Math.max,
      rows.map(({ maxW }) => maxW),
    ),
    measuredMs: total(rows, (one) => one.measuredMs),
    estimatedMs: total(rows, (one) => one.estimatedMs),
    bridgedMs: total(rows, (one) => one.bridgedMs),
  };
}

/** Spans between boundaries with what lies in each. */
const spansOf = <Row extends { startMs: number }>(rows: readonly Row[], edges: readonly number[]): [number, Row[]][] =>
  edges
    .slice(0, -1)
    .map((fromMs, index) => [
      fromMs,
      rows.filter(({ startMs }) => startMs >= fromMs && startMs < (edges[index + 1] as number)),
    ]);

t.test('the sums between boundaries are of what lies between them, in whichever order it comes', async () => {
  fc.assert(
    fc.property(fc.array(someRow, { maxLength: 60 }), someEdges, (rows, edges) => {
      const expected = spansOf(rows, edges).flatMap(([startMs, inSpan]) =>
        [1, 2, 3]
          .map((pointId) => inSpan.filter((one) => one.pointId === pointId))
          .filter((own) => own.length > 0)
          .map((own) => sumOf(own, startMs)),
      );
      assert.deepEqual(sumPointIntervals(rows, edges), expected);
    }),
  );
});

t.test('another sum in the same memory begins with nothing', async () => {
  fc.assert(
    fc.property(fc.array(someRow, { minLength: 1 }), fc.array(someRow, { minLength: 1 }), (before, after) => {
      const sum = new PointSum(7, at(0));
      for (const one of before) sum.add(one);
      sum.restart(at(15));
      assert.equal(sum.startMs, at(15));
      for (const one of after) sum.add(one);
      assert.deepEqual(sum.value(), { ...sumOf(after, at(15)), pointId: 7 });
    }),
  );
});

t.test('gauges’ sums are of each point and channel', async () => {
  const quarter = fc.record({
    pointId: fc.integer({ min: 1, max: 3 }),
    channel: fc.constantFrom('utilisation' as const, 'temperature' as const),
    startMs: fc.integer({ min: -5, max: 45 }).map(at),
    sum: fc.nat(9),
    minutes: fc.nat(15),
  });
  fc.assert(
    fc.property(fc.array(quarter), someEdges, (rows, edges) => {
      const sums = new GaugeSums(edges);
      sums.add(rows.slice(0, 9));
      sums.add(rows.slice(9));
      const expected = spansOf<GaugeQuarter>(rows, edges).flatMap(([startMs, inSpan]) =>
        [1, 2, 3].flatMap((pointId) =>
          (['temperature', 'utilisation'] as const)
            .map((channel) => inSpan.filter((one) => one.pointId === pointId && one.channel === channel))
            .filter((own) => own.length > 0)
            .map((own) => ({
              ...(own[0] as GaugeQuarter),
              startMs,
              sum: own.reduce((sum, one) => sum + one.sum, 0),
              minutes: own.reduce((sum, one) => sum + one.minutes, 0),
            })),
        ),
      );
      assert.deepEqual(sums.values(), expected);
    }),
  );
});

t.test('what is known of a site adds up, and what is not stays unknown', async (t) => {
  const level = { ...noLevel, partsWh: 1, partsMs: 2, itWh: 3, itMs: 4, pairedTotalWh: 5, pairedItWh: 6 };
  const known: Energies = {
    supplyWh: 10,
    supplyMs: 20,
    levels: [{ ...level, pairedMs: 7, estimatedMs: 8 }, noLevel],
    roleWh: [1, null, 3],
    overhead: [{ energyWh: 4, measuredMs: 5 }, noPart],
  };
  const unknown: Energies = {
    supplyWh: null,
    supplyMs: 1,
    levels: [noLevel, { ...level, itWh: null }],
    roleWh: [null, null, 4],
    overhead: [noPart, { energyWh: 1, measuredMs: 1 }],
  };
  const sum = {
    supplyWh: 10,
    supplyMs: 21,
    levels: [known.levels[0], unknown.levels[1]],
    roleWh: [1, null, 7],
    overhead: [
      { energyWh: 4, measuredMs: 5 },
      { energyWh: 1, measuredMs: 1 },
    ],
  };
  t.strictSame(addEnergies(known, unknown), sum);
  t.strictSame(addEnergies(unknown, known), sum);
  t.strictSame(addEnergies(known, known), {
    supplyWh: 20,
    supplyMs: 40,
    levels: [
      {
        partsWh: 2,
        partsMs: 4,
        itWh: 6,
        itMs: 8,
        pairedTotalWh: 10,
        pairedItWh: 12,
        pairedMs: 14,
        estimatedMs: 16,
      },
      noLevel,
    ],
    roleWh: [2, null, 6],
    overhead: [{ energyWh: 8, measuredMs: 10 }, noPart],
  });
  const level0 = { partsWh: null, partsMs: 0, itWh: null, itMs: 0, pairedTotalWh: 0, pairedItWh: 0 };
  const none = { ...level0, pairedMs: 0, estimatedMs: 0 };
  t.strictSame(nothing, {
    supplyWh: null,
    supplyMs: 0,
    levels: [none, none, none, none],
    roleWh: energyRoles.map(() => null),
    overhead: Array.from({ length: 3 }, () => ({ energyWh: 0, measuredMs: 0 })),
  });
});

const hall = site([
  point(1, 'utility'),
  point(2, 'it', { point: 'it' }),
  point(9, 'cooling', { point: 'rest', virtual: { sum: [['it', 0.5]], constantW: 60 } }),
]);

t.test('the quarter-hours folded from minutes are the sums of these, of points and of their site', async () => {
  fc.assert(
    fc.property(fc.array(someRow, { maxLength: 40 }), (some) => {
      const rows = [...new Map(some.map((one) => [`${one.pointId} ${one.startMs}`, one])).values()];
      rows.sort((a, b) => a.startMs - b.startMs || a.pointId - b.pointId);
      const fold = new QuarterFold(new SiteIndex([hall]), (pointId) => pointId !== 2);
      for (const one of rows) fold.add(one);
      const { points, sites } = fold.finish();
      const edges = [-1, 0, 1, 2, 3, 4].map((quarter) => T0 + quarter * QUARTER_MS);
      const expected = sumPointIntervals(rows, edges).filter(({ pointId }) => pointId !== 2);
      assert.deepEqual(
        points.filter(({ pointId }) => pointId !== 9),
        expected,
      );
      assert.deepEqual(
        sites.map(({ siteId: _, partial: __, ...one }) => ({ ...one, endMs: one.startMs + QUARTER_MS })),
        sumSiteIntervals(siteMinutes(hall, rows), edges),
      );
    }),
  );
});

t.test('quarter-hours of sites and of their parts are in the order of their numbers and names', async (t) => {
  const partials = ['b', 'a'].map((id) => ({ id, total: ['utility-1'], it: ['it'] }));
  const file = { ...hall.file, partials };
  const late = site([point(5, 'utility'), point(6, 'it')], { siteId: 12 });
  const fold = new QuarterFold(new SiteIndex([late, { ...hall, file }, site([point(7, 'it')], { siteId: 2 })]));
  for (const one of [row(7, 1), row(5, 1), row(6, 1), row(1, 1), row(2, 1)]) fold.add(one);
  t.same(
    fold.finish().sites.map(({ siteId, partial }) => [siteId, partial]),
    [
      [1, null],
      [1, 'a'],
      [1, 'b'],
      [2, null],
      [12, null],
    ],
  );
});

t.test('minutes that go back are refused, and a quarter-hour begins where it does', async (t) => {
  const fold = new QuarterFold(new SiteIndex([hall]));
  fold.add(row(1, 1, {}, 5));
  fold.add(row(2, 1, {}, 5));
  t.throws(() => fold.add(row(1, 1, {}, 4)), { message: 'minutes out of order' });
  t.same([quarterOf(at(15)), quarterOf(at(15) - 1)], [at(15), at(0)]);
});
