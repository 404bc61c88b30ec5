import fc from 'fast-check';
import t from 'tap';
import { emptyInterval, MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import { keptW, keptWh } from '../../src/accounting/kept-numbers.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { MinuteGrid } from '../../src/site/minute-grid.ts';

const T0 = Date.UTC(2026, 0, 1);
const MINUTES = 4;

const energyWh = fc.double({ min: -1e15, max: 1e15, noNaN: true }).map(keptWh);
const powerW = fc.option(fc.double({ min: -1e15, max: 1e15, noNaN: true }).map(keptW));

const row = fc.record({
  pointId: fc.oneof(fc.nat(9), fc.nat(2_000)),
  startMs: fc.integer({ min: -1, max: MINUTES }).map((minute) => T0 + minute * MINUTE_MS),
  energyWh,
  estimatedWh: energyWh,
  exportWh: energyWh,
  minW: powerW,
  maxW: powerW,
  measuredMs: fc.nat(MINUTE_MS),
  estimatedMs: fc.nat(MINUTE_MS),
  bridgedMs: fc.nat(MINUTE_MS),
});

/** What a grid hands on, minute by minute. */
function minutesOf(grid: MinuteGrid): PointInterval[][] {
  const minutes: PointInterval[][] = [[]];
  const copyOf = (one: PointInterval): PointInterval => ({
    pointId: one.pointId,
    startMs: one.startMs,
    energyWh: one.energyWh,
    estimatedWh: one.estimatedWh,
    exportWh: one.exportWh,
    minW: one.minW,
    maxW: one.maxW,
    measuredMs: one.measuredMs,
    estimatedMs: one.estimatedMs,
    bridgedMs: one.bridgedMs,
  });
  grid.forEach(
    (one) => void minutes.at(-1)?.push(copyOf(one)),
    () => void minutes.push([]),
  );
  t.equal(minutes.length, MINUTES + 1);
  return minutes.map((rows) => rows.toSorted((a, b) => a.pointId - b.pointId));
}

t.test('a grid of all points has room for as many as there are', async (t) => {
  for (const count of [256, 257, 600, 1_100]) {
    const grid = new MinuteGrid(null, 2);
    grid.clear(T0);
    const rows = Array.from({ length: 2 * count }, (_, index) => ({
      ...emptyInterval(index % count, T0 + Math.floor(index / count) * MINUTE_MS),
      energyWh: index,
    }));
    grid.put(PointColumns.of(rows));
    const found: number[] = [];
    grid.forEach(
      ({ energyWh }) => void found.push(energyWh),
      () => {},
    );
    t.same(
      found,
      rows.map(({ energyWh }) => energyWh),
      String(count),
    );
  }
});

t.test('a grid is used again for the same points in the same order, and as many minutes', async (t) => {
  const grid = new MinuteGrid([5, 7], 3);
  t.same(
    [grid.isOf([5, 7], 3), grid.isOf([7, 5], 3), grid.isOf([5], 3), grid.isOf([5, 7, 9], 3), grid.isOf([5, 7], 4)],
    [true, false, false, false, false],
  );
  t.equal(new MinuteGrid(null, 3).isOf([], 3), false);
  t.equal(new MinuteGrid([], 3).isOf([], 3), true);
});

t.test('a grid has the last row of each place, minute by minute, however many points there are', async (t) => {
  const batches = fc.array(fc.array(row, { maxLength: 400 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(batches, fc.option(fc.uniqueArray(fc.nat(9), { minLength: 1 })), (batches, pointIds) => {
      const grid = new MinuteGrid(pointIds, MINUTES);
      for (const rows of batches) {
        const newest = new Map<string, PointInterval>();
        for (const one of rows) {
          const isWithin = one.startMs >= T0 && one.startMs < T0 + MINUTES * MINUTE_MS;
          if (isWithin && (pointIds?.includes(one.pointId) ?? true)) newest.set(`${one.startMs} ${one.pointId}`, one);
        }
        grid.clear(T0);
        const half = Math.floor(rows.length / 2);
        grid.put(PointColumns.of(rows.slice(0, half)));
        grid.put(PointColumns.of(rows.slice(half)));
        const found = minutesOf(grid);
        const expected = Array.from({ length: MINUTES + 1 }, (_, minute) =>
          [...newest.values()]
            .filter(({ startMs }) => startMs === T0 + minute * MINUTE_MS)
            .sort((a, b) => a.pointId - b.pointId),
        );
        t.strictSame(JSON.stringify(found), JSON.stringify(expected));
      }
    }),
    { numRuns: 60 },
  );
});
