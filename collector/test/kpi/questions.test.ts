import t from 'tap';
import type { PointInterval, Span } from '../../src/accounting/interval.ts';
import { QUARTER_MS } from '../../src/accounting/interval.ts';
import type { Sources } from '../../src/kpi/minutes.ts';
import { measuredIdsOf, minutesOf, siteMinutes } from '../../src/kpi/minutes.ts';
import { gaugeMeansOf, partialSums, pointQuarters, pointSumsOf, siteSums } from '../../src/kpi/sums.ts';
import { noLevel, nothing } from '../../src/site/interval-sum.ts';
import type { SiteInterval } from '../../src/site/site.ts';
import type { Store } from '../../src/store/store.ts';
import { byRole, point, row, site, T0 } from '../site/example.ts';

/** What the sums ask a store for, and what they make of its answers; times are quarter-hours after T0, a midnight. */

const hall = site([point(1, 'utility'), point(2, 'it')]);
const at = (quarter: number): number => T0 + quarter * QUARTER_MS;
const quarterOf = (pointId: number, quarter: number, energyWh = 1): PointInterval =>
  row(pointId, energyWh, { measuredMs: QUARTER_MS }, 15 * quarter);

/** Sources that answer with nothing unless told otherwise, and what was asked of them. */
function sourcesOf(answers: Partial<Store> = {}, more: Partial<Sources> = {}): { sources: Sources; asked: string[] } {
  const asked: string[] = [];
  const note = (what: string, { fromMs, toMs }: Span): void =>
    void asked.push(`${what} ${(fromMs - T0) / QUARTER_MS}-${(toMs - T0) / QUARTER_MS}`);
  const store: Partial<Store> = {
    async madeDays(siteId, beforeMs, asOfMs) {
      asked.push(`made before ${(beforeMs - T0) / QUARTER_MS}`);
      return (await answers.madeDays?.(siteId, beforeMs, asOfMs)) ?? [];
    },
    async *pointDays(ids, span, asOfMs) {
      note('days', span);
      if (answers.pointDays !== undefined) yield* answers.pointDays(ids, span, asOfMs);
    },
    async pointQuarters(ids, span, asOfMs) {
      note(ids.length > 3 ? `quarters of ${ids.length}` : 'quarters', span);
      return (await answers.pointQuarters?.(ids, span, asOfMs)) ?? [];
    },
    async pointMinutes(ids, span, asOfMs) {
      note('minutes', span);
      return (await answers.pointMinutes?.(ids, span, asOfMs)) ?? [];
    },
    async siteQuarters(siteId, partial, span, asOfMs) {
      note(partial ?? 'site', span);
      return (await answers.siteQuarters?.(siteId, partial, span, asOfMs)) ?? [];
    },
    gaugeQuarters: async (...question) => (await answers.gaugeQuarters?.(...question)) ?? [],
  };
  const rest = { openRows: () => [], plansOf: () => [], siteOf: () => hall, rolledUpToMs: at(1e6) };
  return { sources: { store: store as Store, ...rest, ...more }, asked };
}

async function askedFor(
  quarters: readonly number[],
  { ids = [1], asOfMs = null, ...more }: Partial<Sources> & { ids?: readonly number[]; asOfMs?: number | null } = {},
): Promise<string[]> {
  const { sources, asked } = sourcesOf({}, more);
  await pointSumsOf(sources, ids, quarters.map(at), asOfMs);
  return asked;
}

t.test('what is rolled up is asked for in quarter-hours, what is newer in minutes', async (t) => {
  t.same(await askedFor([1, 4], { rolledUpToMs: at(2) }), ['quarters 1-2', 'minutes 2-4']);
  t.same(await askedFor([1, 2], { rolledUpToMs: at(2) }), ['quarters 1-2']);
  t.same(await askedFor([2, 4], { rolledUpToMs: at(2) }), ['minutes 2-4']);
  t.same(await askedFor([], {}), []);
  t.same(await askedFor([1], {}), [], 'one boundary has no span');
  t.same(await askedFor([1, 2], { ids: [] }), []);
  t.same(await askedFor([1, 2], { siteOf: () => undefined }), [], 'a point that nobody knows');
});

t.test('as of a time, what ended less than an hour before is asked for in minutes', async (t) => {
  t.same(await askedFor([0, 8], { asOfMs: at(6.5) }), ['quarters 0-2', 'minutes 2-8']);
  t.same(await askedFor([0, 8], { asOfMs: at(6) }), ['quarters 0-2', 'minutes 2-8']);
  t.same(await askedFor([0, 8], { asOfMs: at(6), rolledUpToMs: at(1) }), ['quarters 0-1', 'minutes 1-8']);
});

t.test('minutes that end long before the span are quarter-hours first, like all others', async (t) => {
  const rows = [0, 14, 15, 31].map((minute) => row(1, 1, {}, minute));
  const { sources } = sourcesOf({ pointMinutes: async () => rows }, { rolledUpToMs: T0 });
  t.match(await pointSumsOf(sources, [1], [at(0), at(40)], null), [{ energyWh: 4, startMs: T0 }]);
  const single = await pointQuarters(sources, [1], [at(0), at(1), at(2)], null);
  t.same(
    single.map(({ startMs, energyWh }) => [(startMs - T0) / QUARTER_MS, energyWh]),
    [
      [0, 2],
      [1, 1],
      [2, 1],
    ],
  );
});

t.test('no question is for more than 100,000 quarter-hours of points, or for more than 1,000 points', async (t) => {
  const thousand = Array.from({ length: 1000 }, (_, index) => index);
  t.same((await askedFor([0, 25, 50, 75, 100, 101], { ids: thousand })).slice(-2), [
    'quarters of 1000 0-100',
    'quarters of 1000 100-101',
  ]);
  const eleven = { ids: thousand.slice(0, 11) };
  t.same(
    (await askedFor([0, 9090, 9091, 9092], eleven)).slice(1),
    ['quarters of 11 0-9090', 'quarters of 11 9090-9092'],
    '100,001 are too many',
  );
  t.same(
    (await askedFor([0, 9090, 20_000], { ...eleven, rolledUpToMs: at(9090) })).slice(1),
    ['quarters of 11 0-9090', 'minutes 9090-20000'],
    'what is not rolled up is little',
  );
  const many = Array.from({ length: 1001 }, (_, index) => 1001 - index);
  const { sources, asked } = sourcesOf({
    pointQuarters: async (ids) => [0, 1].flatMap((quarter) => ids.map((id) => quarterOf(id, quarter))),
  });
  const sums = await pointSumsOf(sources, many, [at(0), at(1), at(2)], null);
  t.same(asked, ['quarters of 1000 0-2', 'quarters 0-2']);
  t.same(
    sums.map(({ pointId, startMs }) => [(startMs - T0) / QUARTER_MS, pointId]),
    [0, 1].flatMap((quarter) => many.toReversed().map((id) => [quarter, id])),
    'in the order of time and then of points',
  );
});

t.test('a day that is made is one row, and the days beside it their quarter-hours', async (t) => {
  const day = { siteId: 1, startMs: at(96), endMs: at(192) };
  const { sources, asked } = sourcesOf({
    madeDays: async () => [day],
    async *pointDays() {
      yield [
        { ...quarterOf(1, 96, 500), endMs: at(192) },
        { ...quarterOf(1, 96, 7), endMs: at(188) },
        { ...quarterOf(2, 96, 30), endMs: at(192) },
      ];
    },
    pointQuarters: async (_, { fromMs }) => [quarterOf(1, (fromMs - T0) / QUARTER_MS, 2)],
  });
  const sums = await pointSumsOf(sources, [1, 2], [at(90), at(200)], null);
  t.same(asked, ['made before 200', 'quarters 90-96', 'days 96-192', 'quarters 192-200']);
  t.match(
    sums,
    [
      { pointId: 1, energyWh: 504 },
      { pointId: 2, energyWh: 30 },
    ],
    'a day of another length is none',
  );
  const whole = sourcesOf({ madeDays: async () => [day] });
  await pointSumsOf(whole.sources, [1], [at(96), at(192)], null);
  t.same(whole.asked, ['made before 192', 'days 96-192'], 'nothing but the day');
  t.same(await askedFor([97, 191]), ['quarters 97-191'], 'a part of a day has no row');
});

t.test('a hundred thousand days that are made are asked for at once, and no more', async (t) => {
  const thousand = Array.from({ length: 1000 }, (_, index) => index);
  const days = Array.from({ length: 102 }, (_, day) => ({
    siteId: 1,
    startMs: at(96 * day),
    endMs: at(96 * day + 96),
  }));
  const { sources, asked } = sourcesOf({ madeDays: async () => days });
  await pointSumsOf(sources, thousand, [at(0), at(96 * 102)], null);
  t.same(asked.slice(1), ['days 0-9600', 'days 9600-9792']);
});

t.test('a site is one row a quarter-hour, and so is a part of it', async (t) => {
  const edges = [0, 50_001, 100_000, 100_001].map(at);
  const whole = sourcesOf();
  await siteSums(whole.sources, hall, edges, null);
  t.same(whole.asked.slice(1), ['site 0-100000', 'site 100000-100001']);
  const names = hall.points.map((one) => one.point);
  const of = (id: string, it: string[]) => ({ id, total: names, it });
  const partials = [of('west', names.slice(1)), of('east', names.slice(0, 1))];
  const split = { ...hall, file: { ...hall.file, partials } };
  const levels = [{ ...noLevel, itWh: 4 }, noLevel, noLevel, noLevel];
  const answer: SiteInterval = {
    ...nothing,
    siteId: 1,
    partial: 'east',
    startMs: T0,
    supplyWh: 5,
    supplyMs: 9,
    levels,
  };
  const { sources, asked } = sourcesOf({ siteQuarters: async () => [answer] });
  const sums = await partialSums(sources, { site: split, partial: 'east' }, [at(0), at(1)], null);
  t.same(asked, ['east 0-1']);
  t.match(sums, [{ totalWh: 5, totalMs: 9, itWh: 4 }]);
  await t.rejects(partialSums(sources, { site: split, partial: 'north' }, [at(0), at(1)], null), RangeError);
});

t.test('single quarter-hours are asked for together where little lies between them', async (t) => {
  const runs = async (points: number, starts: readonly number[]): Promise<string[]> => {
    const { sources, asked } = sourcesOf();
    await pointQuarters(sources, Array(points).fill(1), starts.map(at), null);
    return asked.map((question) => question.replace(/ of \d+/, ''));
  };
  t.same(await runs(100, [0, 1, 12]), ['quarters 0-13'], 'a thousand in vain');
  t.same(await runs(100, [0, 12]), ['quarters 0-1', 'quarters 12-13']);
  t.same(await runs(143, [0, 8]), ['quarters 0-1', 'quarters 8-9'], '1,001 in vain');
  t.same(await runs(100, [0, 12, 13]), ['quarters 0-1', 'quarters 12-14']);
  const between = [quarterOf(1, 0), quarterOf(1, 1), row(1, 0, { measuredMs: 0 }, 30)];
  const { sources } = sourcesOf({ pointQuarters: async () => between });
  t.same(await pointQuarters(sources, [1], [at(0), at(2)], null), [quarterOf(1, 0)], 'only those that were asked for');
});

t.test('a site of which anything is known has a sum', async (t) => {
  const known: readonly [string, Partial<SiteInterval>][] = [
    ['the supply', { supplyWh: 5 }],
    ['IT', { levels: [noLevel, { ...noLevel, itWh: 3 }, noLevel, noLevel] }],
    ['a role', { roleWh: byRole({ lighting: 2 }) }],
  ];
  const sumsOf = async (more: Partial<SiteInterval>): Promise<number> => {
    const answer: SiteInterval = { ...nothing, siteId: 1, partial: null, startMs: T0, ...more };
    const { sources } = sourcesOf({ siteQuarters: async () => [answer] });
    return (await siteSums(sources, hall, [at(0), at(1)], null)).length;
  };
  for (const [name, more] of known) t.equal(await sumsOf(more), 1, name);
  t.equal(await sumsOf({}), 0, 'nothing at all');
});

t.test('a gauge’s mean is of all its minutes, point by point', async (t) => {
  const gauge = (pointId: number, quarter: number, sum: number, minutes: number) => {
    return { pointId, channel: 'utilisation', startMs: at(quarter), sum, minutes } as const;
  };
  const { sources } = sourcesOf({
    gaugeQuarters: async (ids) =>
      ids.includes(1) ? [gauge(7, 0, 30, 15), gauge(1, 0, 10, 5), gauge(7, 1, 15, 10)] : [],
  });
  const span = { fromMs: at(0), toMs: at(2) };
  t.same(await gaugeMeansOf(sources, [7, 1], 'utilisation', span, null), [
    { pointId: 1, mean: 2, measuredMs: 5 * 60_000 },
    { pointId: 7, mean: 45 / 25, measuredMs: 25 * 60_000 },
  ]);
  t.same(await gaugeMeansOf(sources, [], 'utilisation', span, null), []);
  const many = Array.from({ length: 1001 }, (_, index) => index);
  const slices: number[] = [];
  const sliced = sourcesOf({
    gaugeQuarters: async (ids) => (slices.push(ids.length), ids.map((id) => gauge(id, 0, 3, 1))),
  });
  const means = await gaugeMeansOf(sliced.sources, many.toReversed(), 'utilisation', span, null);
  t.same(slices, [1000, 1]);
  t.same(
    means.map(({ pointId }) => pointId),
    many,
  );
});

t.test('minutes not stored yet count, unless the past is asked for; what was taken back does not', async (t) => {
  const stored = [row(2, 4, {}, 1), row(1, 1, {}, 1), row(1, 9, { measuredMs: 0, energyWh: 0 }, 0)];
  const { sources } = sourcesOf(
    { pointMinutes: async () => stored },
    { openRows: () => [row(1, 6, {}, 1), row(1, 2, {}, 0)] },
  );
  const minutes = async (asOfMs: number | null): Promise<unknown[]> =>
    (await minutesOf(sources, [1, 2], { fromMs: at(0), toMs: at(1) }, asOfMs)).map(({ pointId, startMs, energyWh }) => [
      (startMs - T0) / 60_000,
      pointId,
      energyWh,
    ]);
  t.same(await minutes(null), [
    [0, 1, 2],
    [1, 1, 6],
    [1, 2, 4],
  ]);
  t.same(await minutes(at(9)), [
    [1, 1, 1],
    [1, 2, 4],
  ]);
});

t.test('a virtual point’s minutes are made of those of its members, and nothing else is handed on', async (t) => {
  const plans = [
    { pointId: 8, members: [1, 2].map((pointId) => ({ pointId, factor: 1 })), constantW: 0 },
    { pointId: 5, members: [{ pointId: 8, factor: 2 }], constantW: 60 },
    { pointId: 6, members: null, constantW: 0 },
  ];
  const asked: unknown[] = [];
  const stored = [row(1, 3, {}, 0), row(2, 4, {}, 0), row(2, 6, {}, 1), row(1, 5, {}, 2), row(2, 7, {}, 2)];
  const store = {
    pointMinutes: async (ids: readonly number[]) => (asked.push(ids), stored),
  } as Partial<Store> as Store;
  const sources = { ...sourcesOf().sources, store, plansOf: (id: number) => (id === 2 ? [] : plans) };
  const span = { fromMs: at(0), toMs: at(1) };
  const made = await minutesOf(sources, [8, 2, 5, 6], span, null);
  t.same(asked, [[2, 1]], 'measured points are read, once each');
  t.same(
    made.map(({ startMs, pointId, energyWh }) => [(startMs - T0) / 60_000, pointId, energyWh]),
    [
      [0, 2, 4],
      [0, 5, 15],
      [0, 8, 7],
      [1, 2, 6],
      [2, 2, 7],
      [2, 5, 25],
      [2, 8, 12],
    ],
    'a minute in which a member is silent is none',
  );
});

t.test('a single virtual point is made as several are', async (t) => {
  const plan = { pointId: 8, members: [{ pointId: 1, factor: 3 }], constantW: 0 };
  const { sources } = sourcesOf({ pointMinutes: async () => [row(1, 2)] }, { plansOf: () => [plan] });
  t.match(await minutesOf(sources, [8], { fromMs: at(0), toMs: at(1) }, null), [{ pointId: 8, energyWh: 6 }]);
});

t.test('a site’s minutes are read of the points that are measured', async (t) => {
  const made = point(3, 'cooling', { virtual: { sum: [], constantW: 5 } });
  const mixed = site([...hall.points, made, point(null, 'lighting')]);
  t.same(measuredIdsOf(mixed), [1, 2]);
  const { sources } = sourcesOf({ pointMinutes: async () => [row(1, 13), row(2, 10)] });
  const minutes = await siteMinutes(sources, hall, { fromMs: at(0), toMs: at(1) }, null);
  t.match(minutes, [{ startMs: T0, endMs: T0 + 60_000, supplyWh: 13 }]);
});
