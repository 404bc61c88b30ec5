import fc from 'fast-check';
import t from 'tap';
import { QUARTER_MS } from '../../src/accounting/interval.ts';
import { addOwner, type Due, type Run, runsOf, runsOfSpan } from '../../src/site/due-quarters.ts';
import { point, site, T0 } from './example.ts';

const at = (quarter: number): number => T0 + quarter * QUARTER_MS;

const hall = site([point(1, 'utility'), point(null, null), point(2, 'it')]);
const other = site([point(3, 'it')], { siteId: 2 });
/** So many points that five quarter-hours of them are computed at once. */
const large = site(Array.from({ length: 5_000 }, (_, index) => point(100 + index, 'it')));

/** Quarters from and to, and the points; null for all. */
const told = (runs: readonly Run[]): unknown[] =>
  runs.map(({ span, pointIds }) => [
    (span.fromMs - T0) / QUARTER_MS,
    (span.toMs - T0) / QUARTER_MS,
    pointIds === null || pointIds.length > 9 ? (pointIds?.length ?? null) : pointIds,
  ]);

t.test('successive quarter-hours of the same owners are computed together', async (t) => {
  const due: Due = new Map();
  for (const quarter of [4, 1, 2, 3]) addOwner(due, at(quarter), hall);
  addOwner(due, at(2), hall);
  addOwner(due, at(3), other);
  addOwner(due, at(4), 77);
  for (const quarter of [6, 8]) addOwner(due, at(quarter), other);
  t.same(told(runsOf(due)), [
    [1, 3, [1, 2]],
    [3, 4, [1, 2, 3]],
    [4, 5, [1, 2, 77]],
    [6, 7, [3]],
    [8, 9, [3]],
  ]);
});

t.test('owners are the same in whichever order, and of the same number are not all the same', async (t) => {
  const due: Due = new Map();
  for (const owner of [hall, other]) addOwner(due, at(0), owner);
  for (const owner of [other, hall]) addOwner(due, at(1), owner);
  for (const owner of [hall, 9]) addOwner(due, at(2), owner);
  addOwner(due, at(3), hall);
  t.same(told(runsOf(due)), [
    [0, 2, [1, 2, 3]],
    [2, 3, [1, 2, 9]],
    [3, 4, [1, 2]],
  ]);
});

t.test('what is due for everybody is computed one by one', async (t) => {
  const due: Due = new Map([
    [at(0), null],
    [at(1), null],
  ]);
  addOwner(due, at(2), hall);
  due.set(at(3), null);
  t.same(told(runsOf(due)), [
    [0, 1, null],
    [1, 2, null],
    [2, 3, [1, 2]],
    [3, 4, null],
  ]);
});

t.test('no more than 25,000 quarter-hours of points are computed at once', async (t) => {
  const due: Due = new Map();
  for (let quarter = 0; quarter < 7; quarter++) addOwner(due, at(quarter), large);
  t.same(told(runsOf(due)), [
    [0, 5, 5_000],
    [5, 7, 5_000],
  ]);
  const ids = Array.from({ length: 5_000 }, (_, index) => index);
  t.same(told(runsOfSpan({ fromMs: at(0), toMs: at(7) }, ids)), [
    [0, 5, 5_000],
    [5, 7, 5_000],
  ]);
  t.same(
    told(
      runsOfSpan(
        { fromMs: at(0), toMs: at(2) },
        Array.from({ length: 30_000 }, (_, id) => id),
      ),
    ),
    [
      [0, 1, 30_000],
      [1, 2, 30_000],
    ],
  );
  t.same(runsOfSpan({ fromMs: at(2), toMs: at(1) }, [1]), []);
});

t.test('the runs of a span follow one another from its beginning to its end', async () => {
  fc.assert(
    fc.property(fc.nat(3_000), fc.integer({ min: 1, max: 300 }), (quarters, points) => {
      const runs = runsOfSpan(
        { fromMs: at(0), toMs: at(quarters) },
        Array.from({ length: points }, (_, id) => id),
      );
      const ends = runs.map(({ span }) => span.toMs);
      const isWhole = runs.every(({ span }, index) => span.fromMs === (ends[index - 1] ?? at(0)));
      return isWhole && (ends.at(-1) ?? at(0)) === at(quarters);
    }),
  );
});
