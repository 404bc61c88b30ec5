import t from 'tap';
import { QUARTER_MS } from '../../src/accounting/interval.ts';
import { DayQueue } from '../../src/site/day-queue.ts';
import { TouchedDays } from '../../src/site/touched-days.ts';
import type { MadeDay, Store } from '../../src/store/store.ts';
import { point, site, T0 } from './example.ts';

const DAY_MS = 86_400_000;

/** Days since T0. */
const day = (days: number): number => T0 + days * DAY_MS;

const hall = site([point(1, 'utility'), point(null, null), point(2, 'it')]);
const other = site([point(3, 'it')], { siteId: 0 });

/** A store with these days of the hall, and what it was asked for. */
function storeOf(days: readonly (readonly [from: number, to: number, siteId?: number])[]) {
  const asked: unknown[] = [];
  const store = {
    readBackMadeDays: async (
      siteIds: readonly number[],
      span: { fromMs: number; toMs: number },
    ): Promise<MadeDay[]> => {
      asked.push([siteIds, (span.fromMs - T0) / DAY_MS, (span.toMs - T0) / DAY_MS]);
      return days.map(([from, to, siteId = 1]) => ({ siteId, startMs: day(from), endMs: day(to) }));
    },
  } as unknown as Store;
  return { store, asked };
}

/** Days up to that one have had their turn. */
const passed = (days: number): DayQueue => new DayQueue([{ timezone: 'UTC', dayMs: day(days), nextSiteId: 0 }]);

async function due(
  quarters: readonly (readonly [days: number, of?: typeof hall])[],
  made: readonly (readonly [from: number, to: number, siteId?: number])[] = [],
  queue = passed(1_000),
  isChanged?: (pointId: number) => boolean,
): Promise<unknown[]> {
  const touched = new TouchedDays();
  for (const [days, of = hall] of quarters) touched.add(of, day(days));
  const all = await touched.due(storeOf(made).store, queue, isChanged);
  return all.map(({ siteId, span, pointIds }) => [
    siteId,
    (span.fromMs - T0) / DAY_MS,
    (span.toMs - T0) / DAY_MS,
    pointIds,
  ]);
}

const both = [1, 2];

t.test('days with rows are made again where one of their quarter-hours is touched', async (t) => {
  const quarter = QUARTER_MS / DAY_MS;
  t.same(await due([[3.5]], [[3, 4]]), [[1, 3, 4, both]]);
  t.same(await due([[3], [4 - quarter]], [[3, 4]]), [[1, 3, 4, both]]);
  t.same(await due([[5]], [[4, 5]], passed(5)), [], 'its end is the next one’s');
  t.same(await due([[3.5]], [[3, 4]], passed(1_000), (id) => id === 2), [[1, 3, 4, [2]]], 'of what changed');
  t.same(
    await due(
      [[3], [6]],
      [
        [3, 4],
        [4, 5],
        [5, 6],
        [6, 7],
      ],
    ),
    [
      [1, 3, 4, both],
      [1, 6, 7, both],
    ],
  );
  // Made in two time zones.
  t.same(
    await due(
      [[3.5]],
      [
        [3, 4],
        [2.75, 3.75],
      ],
    ),
    [
      [1, 2.75, 3.75, both],
      [1, 3, 4, both],
    ],
  );
  t.same(await due([[3.5]], [[3, 4, 7]], passed(3)), [], 'of another site');
});

t.test('days without rows are made where their turn is over, with all points', async (t) => {
  t.same(await due([[3.5]], [], passed(4), () => false), [[1, 3, 4, both]]);
  t.same(await due([[3.5]], [], passed(3.9)), [], 'under way');
  t.same(await due([[3.5]], [], new DayQueue([])), [], 'a zone that is new');
  t.same(await due([]), []);
});

t.test('holes of up to 31 days are made with the days about them', async (t) => {
  const days = (await due([[2], [5.5]])).map((one) => (one as number[])[1]);
  t.same(days, [2, 3, 4, 5]);
  t.same((await due([[2], [3.5], [3.7]])).length, 2);
  t.same((await due([[2], [3]])).length, 2, 'the first quarter-hour of a day is of that day');
  t.same((await due([[5.5], [2]])).length, 4, 'in whichever order they come');
  t.same((await due([[0.5], [32]])).length, 33);
  t.same(await due([[0.5], [32.01]]), [
    [1, 0, 1, both],
    [1, 32, 33, both],
  ]);
  t.same((await due([[2], [5.5]], [], passed(4))).length, 2, 'as far as they have passed');
});

t.test('the store is asked once for all sites, in their order', async (t) => {
  const touched = new TouchedDays();
  touched.add(hall, day(7));
  touched.add(other, day(3));
  touched.add(hall, day(5));
  const { store, asked } = storeOf([]);
  const all = await touched.due(store, passed(6));
  t.same(asked, [[[0, 1], 3, 7 + QUARTER_MS / DAY_MS]]);
  t.same(
    all.map(({ siteId, pointIds }) => [siteId, pointIds]),
    [
      [0, [3]],
      [1, [1, 2]],
    ],
  );
  t.same(await new TouchedDays().due(store, passed(6)), []);
  t.equal(asked.length, 1, 'and not without need');
});
