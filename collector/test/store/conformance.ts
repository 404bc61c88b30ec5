import type { Channel } from '@wattmark/shared/channels';
import { energyRoles } from '@wattmark/shared/roles';
import fc from 'fast-check';
import type { Test } from 'tap';
import type {
  GaugeDay,
  GaugeInterval,
  GaugeQuarter,
  PointDay,
  PointInterval,
  Span,
} from '../../src/accounting/interval.ts';
import { keptW, keptWh } from '../../src/accounting/kept-numbers.ts';
import { MINUTE_MS, QUARTER_MS } from '../../src/accounting/interval.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { noPart, nothing } from '../../src/site/interval-sum.ts';
import { overheadParts, type SiteDay, type SiteInterval } from '../../src/site/site.ts';
import type { Store } from '../../src/store/store.ts';

/** 2026-03-01T00:00:00Z, a quarter-hour's beginning. */
export const T0 = Date.UTC(2026, 2, 1);

export function pointRow(pointId: number, startMs: number, energyWh: number): PointInterval {
  const measured = { measuredMs: MINUTE_MS, estimatedMs: 0, bridgedMs: 0 };
  return { pointId, startMs, energyWh, estimatedWh: 0, exportWh: 0, minW: null, maxW: null, ...measured };
}

/** A quarter-hour of a site whose IT is measured at the output of its PDUs. */
export function siteRow(siteId: number, startMs: number, totalWh: number | null, itWh: number | null): SiteInterval {
  const paired = totalWh !== null && itWh !== null;
  const level = {
    partsWh: null,
    partsMs: 0,
    itWh,
    itMs: itWh === null ? 0 : QUARTER_MS,
    pairedTotalWh: paired ? totalWh : 0,
    pairedItWh: paired ? itWh : 0,
    pairedMs: paired ? QUARTER_MS : 0,
    estimatedMs: 0,
  };
  return {
    siteId,
    partial: null,
    startMs,
    supplyWh: totalWh,
    supplyMs: totalWh === null ? 0 : QUARTER_MS,
    levels: nothing.levels.map((none, index) => (index === 2 ? level : none)),
    roleWh: energyRoles.map((role) => (role === 'utility' ? totalWh : role === 'it' ? itWh : null)),
    overhead: [{ energyWh: (itWh ?? 0) / 4, measuredMs: itWh === null ? 0 : QUARTER_MS }, noPart, noPart],
  };
}

interface Batch {
  readonly position: number;
  readonly recordedMs: number;
  readonly minutes?: readonly PointInterval[];
  readonly gauges?: readonly GaugeInterval[];
  readonly quarters?: readonly PointInterval[];
  readonly sites?: readonly SiteInterval[];
}

export async function writeBatch(store: Store, batch: Batch): Promise<void> {
  await store.begin();
  await store.writePointMinutes(PointColumns.of(batch.minutes ?? []), batch.recordedMs);
  await store.writeGaugeMinutes(batch.gauges ?? [], batch.recordedMs);
  await store.writePointQuarters(batch.quarters ?? [], batch.recordedMs);
  await store.writeSiteQuarters(batch.sites ?? [], batch.recordedMs);
  await store.commit(batch.position);
}

/** The newest rows read back, in the order of time and then of points. */
export async function readAllBack(
  store: Store,
  fromMs: number,
  toMs: number,
  ids: number[] | null,
): Promise<PointInterval[]> {
  const newest = new Map<string, PointInterval>();
  for await (const some of store.readBack({ fromMs, toMs }, ids)) {
    for (const row of some) if (ids?.includes(row.pointId) ?? true) newest.set(`${row.startMs} ${row.pointId}`, row);
  }
  return [...newest.values()].sort((a, b) => a.startMs - b.startMs || a.pointId - b.pointId);
}

async function gather<Row>(portions: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const some of portions) rows.push(...some);
  return rows;
}

const hour = { fromMs: T0, toMs: T0 + 60 * MINUTE_MS };

type Body = (t: Test, store: Store) => Promise<void>;

/** What every store must do; `open` gives an empty one. */
export function conformsToStore(t: Test, open: (t: Test) => Promise<Store>): void {
  const check = (name: string, body: Body): void =>
    void t.test(name, async (t) => {
      const store = await open(t);
      await body(t, store);
      await store.close();
    });
  check('an empty store knows nothing', anEmptyStoreKnowsNothing);
  check('the newest row wins', theNewestRowWins);
  check('a row recorded earlier does not win by being written later', anEarlierRecordDoesNotWin);
  check('a rollback leaves nothing', aRollbackLeavesNothing);
  check('nothing is visible to readers before the commit', nothingIsVisibleBeforeTheCommit);
  check('a failed write can be rolled back and written again', aFailedWrite);
  check('minutes are read back as the transaction sees them, the newest last', minutesAreReadBack);
  check('minutes tell from when to when a point has any', minutesHaveAnExtent);
  check('days are made where the whole site has a row, whatever is in it', daysAreMade);
  check('many rows of an answer are all there, the newest of each', manyRowsAreRead);
  check('many reads at once are all answered', manyReadsAtOnce);
  for (const kind of kinds)
    check(`${kind.name}: what is written is read, to the last bit, and as it was known at a time`, (t, store) =>
      whatIsWrittenIsRead(t, store, kind),
    );
}

const anEmptyStoreKnowsNothing: Body = async (t, store) => {
  t.equal(await store.progress(), 0);
  t.equal(await store.extent([1]), null);
  for (const { name, read } of kinds) t.same(await read(store, hour, null), [], name);
  t.same(await store.madeDays(1, T0, null), []);
  t.same(await store.pointMinutes([], hour, null), []);
  t.same(await store.pointQuarters([], hour, null), []);
  t.same(await gather(store.pointDays([], hour, null)), []);
  t.same(await store.gaugeQuarters([], 'utilisation', hour, null), []);
  t.same(await store.gaugeDays([], 'utilisation', hour, null), []);
  await store.begin();
  t.equal(await store.extent([]), null);
  t.same(await store.readBackPointQuarters([], hour), []);
  t.same(await store.readBackSiteQuarters([], hour), []);
  t.same(await store.readBackGaugeQuarters([], hour), []);
  t.same(await store.readBackMadeDays([], hour), []);
  await store.rollback();
};

const POINTS = [1, 2, 3];
const SITES = [1, 2];
const PARTS = [null, 'hall-a'];
const CHANNELS = ['utilisation', 'voltage'] as const satisfies readonly Channel[];

const wh = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
const w = fc.option(wh, { nil: null });
const ms = fc.integer({ min: 0, max: 25 * 3_600_000 });

const kept = wh.map(keptWh);
const keptPower = wh.map(keptW);
const energies = { energyWh: kept, estimatedWh: kept, exportWh: kept };
/** Where power was sampled there are both. */
const powers = fc.oneof(fc.record({ minW: keptPower, maxW: keptPower }), fc.constant({ minW: null, maxW: null }));
const pointFields = {
  pointId: fc.constantFrom(...POINTS),
  ...energies,
  measuredMs: ms,
  estimatedMs: ms,
  bridgedMs: ms,
};
const pointRows = (startMs: fc.Arbitrary<number>): fc.Arbitrary<PointInterval> =>
  fc.tuple(fc.record({ ...pointFields, startMs }), powers).map(([row, both]) => ({ ...row, ...both }));
const gaugeFields = { pointId: fc.constantFrom(...POINTS), channel: fc.constantFrom(...CHANNELS) };
const gaugeSums = { ...gaugeFields, sum: wh, minutes: fc.integer({ min: 1, max: 1500 }) };
const level = fc.record({
  partsWh: w,
  partsMs: ms,
  itWh: w,
  itMs: ms,
  pairedTotalWh: wh,
  pairedItWh: wh,
  pairedMs: ms,
  estimatedMs: ms,
});
const part = fc.record({ energyWh: wh, measuredMs: ms });
const listOf = <T>(of: fc.Arbitrary<T>, length: number): fc.Arbitrary<T[]> =>
  fc.array(of, { minLength: length, maxLength: length });
const siteFields = {
  siteId: fc.constantFrom(...SITES),
  partial: fc.constantFrom(...PARTS),
  supplyWh: w,
  supplyMs: ms,
  levels: listOf(level, nothing.levels.length),
  roleWh: listOf(w, energyRoles.length),
  overhead: listOf(part, overheadParts.length),
};

const start = (lengthMs: number): fc.Arbitrary<number> => fc.nat(9).map((index) => T0 + index * lengthMs);
/** Days of a zone and of another, of which some begin at the same instant and end at different ones. */
const day = fc.nat(5).chain((index) =>
  fc.constantFrom(23, 24, 25).map((hours) => {
    const startMs = T0 + index * 24 * 3_600_000;
    return { startMs, endMs: startMs + hours * 3_600_000 };
  }),
);

interface Row {
  readonly startMs: number;
  readonly endMs?: number;
  readonly pointId?: number;
  readonly channel?: Channel;
  readonly siteId?: number;
  readonly partial?: string | null;
}

/** One table: what its rows may be, how they are written, and how all of them are read, owner after owner. */
interface Kind<R extends Row = Row> {
  readonly name: string;
  readonly row: fc.Arbitrary<R>;
  readonly write: (store: Store, rows: readonly R[], recordedMs: number) => Promise<void>;
  readonly read: (store: Store, span: Span, asOfMs: number | null) => Promise<readonly R[]>;
  /** As the transaction under way sees them; null where nobody needs that. */
  readonly readBack: ((store: Store, span: Span) => Promise<readonly R[]>) | null;
  /** What an answer is of; the others follow one another in it. */
  readonly owner: (row: R) => string;
}

async function each<T, R>(items: readonly T[], read: (item: T) => Promise<readonly R[]>): Promise<R[]> {
  const rows: R[] = [];
  for (const item of items) rows.push(...(await read(item)));
  return rows;
}

const ofAllSites = <R>(read: (siteId: number, partial: string | null) => Promise<readonly R[]>): Promise<R[]> =>
  each(SITES, (siteId) => each(PARTS, (partial) => read(siteId, partial)));
const siteOf = ({ siteId, partial }: Row): string => `${siteId} ${partial ?? ''}`;
const none = (): string => '';

/** Hides of which rows a kind is: they are only handed on. */
function kind<R extends Row>(of: Kind<R>): Kind {
  return of as unknown as Kind;
}

const kinds: readonly Kind[] = [
  kind<PointInterval>({
    name: 'minutes of points',
    row: pointRows(start(MINUTE_MS)),
    write: (store, rows, recordedMs) => store.writePointMinutes(PointColumns.of(rows), recordedMs),
    read: (store, span, asOfMs) => store.pointMinutes(POINTS, span, asOfMs),
    readBack: (store, { fromMs, toMs }) => readAllBack(store, fromMs, toMs, POINTS),
    owner: none,
  }),
  kind<PointInterval>({
    name: 'quarter-hours of points',
    row: pointRows(start(QUARTER_MS)),
    write: (store, rows, recordedMs) => store.writePointQuarters(rows, recordedMs),
    read: (store, span, asOfMs) => store.pointQuarters(POINTS, span, asOfMs),
    readBack: (store, span) => store.readBackPointQuarters(POINTS, span),
    owner: none,
  }),
  kind<PointDay>({
    name: 'days of points',
    row: fc.tuple(pointRows(fc.constant(0)), day).map(([row, span]) => ({ ...row, ...span })),
    write: (store, rows, recordedMs) => store.writePointDays(rows, recordedMs),
    read: (store, span, asOfMs) => gather(store.pointDays(POINTS, span, asOfMs)),
    readBack: null,
    owner: none,
  }),
  kind<SiteInterval>({
    name: 'quarter-hours of sites',
    row: fc.record({ ...siteFields, startMs: start(QUARTER_MS) }),
    write: (store, rows, recordedMs) => store.writeSiteQuarters(rows, recordedMs),
    read: (store, span, asOfMs) => ofAllSites((siteId, partial) => store.siteQuarters(siteId, partial, span, asOfMs)),
    readBack: async (store, span) => {
      const rows = await store.readBackSiteQuarters(SITES, span);
      return ofAllSites(async (siteId, partial) =>
        rows.filter((row) => row.siteId === siteId && row.partial === partial),
      );
    },
    owner: siteOf,
  }),
  kind<SiteDay>({
    name: 'days of sites',
    row: fc.tuple(fc.record(siteFields), day).map(([row, span]) => ({ ...row, ...span })),
    write: (store, rows, recordedMs) => store.writeSiteDays(rows, recordedMs),
    read: (store, span, asOfMs) => ofAllSites((siteId, partial) => store.siteDays(siteId, partial, span, asOfMs)),
    readBack: null,
    owner: siteOf,
  }),
  kind<GaugeInterval>({
    name: 'minutes of gauges',
    row: fc.record({
      ...gaugeFields,
      startMs: start(MINUTE_MS),
      min: wh,
      mean: wh,
      max: wh,
      samples: fc.integer({ min: 1, max: 60 }),
    }),
    write: (store, rows, recordedMs) => store.writeGaugeMinutes(rows, recordedMs),
    read: (store, span, asOfMs) => each(POINTS, (pointId) => store.gaugeMinutes(pointId, span, asOfMs)),
    readBack: (store, span) => each(POINTS, (pointId) => gather(store.readBackGauges(span, [pointId], CHANNELS))),
    owner: ({ pointId }) => `${pointId}`,
  }),
  kind<GaugeQuarter>({
    name: 'quarter-hours of gauges',
    row: fc.record({ ...gaugeSums, startMs: start(QUARTER_MS) }),
    write: (store, rows, recordedMs) => store.writeGaugeQuarters(rows, recordedMs),
    read: (store, span, asOfMs) => each(CHANNELS, (channel) => store.gaugeQuarters(POINTS, channel, span, asOfMs)),
    readBack: async (store, span) => {
      const rows = await store.readBackGaugeQuarters(POINTS, span);
      return each(CHANNELS, async (channel) => rows.filter((row) => row.channel === channel));
    },
    owner: ({ channel }) => channel,
  }),
  kind<GaugeDay>({
    name: 'days of gauges',
    row: fc.tuple(fc.record(gaugeSums), day).map(([row, span]) => ({ ...row, ...span })),
    write: (store, rows, recordedMs) => store.writeGaugeDays(rows, recordedMs),
    read: (store, span, asOfMs) => each(CHANNELS, (channel) => store.gaugeDays(POINTS, channel, span, asOfMs)),
    readBack: null,
    owner: ({ channel }) => channel,
  }),
];

/** By owner, and then in the order of time, points, channels and ends. */
function inOrder(owner: Kind['owner'], a: Row, b: Row): number {
  const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
  return (
    byText(owner(a), owner(b)) ||
    a.startMs - b.startMs ||
    (a.pointId ?? 0) - (b.pointId ?? 0) ||
    byText(a.channel ?? '', b.channel ?? '') ||
    (a.endMs ?? 0) - (b.endMs ?? 0)
  );
}

/** Fields in one order, numbers to the last bit. */
function exactly(rows: readonly Row[]): string {
  return JSON.stringify(rows.map((row) => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
}

async function whatIsWrittenIsRead(t: Test, store: Store, { row, write, read, readBack, owner }: Kind): Promise<void> {
  const everything = { fromMs: T0, toMs: T0 + 10 * 86_400_000 };
  const written: { readonly row: Row; readonly recordedMs: number }[] = [];
  const newest = (span: Span, asOfMs: number): Row[] => {
    const rows = new Map<string, { readonly row: Row; readonly recordedMs: number }>();
    for (const one of written) {
      const { startMs, endMs, pointId, channel, siteId, partial } = one.row;
      const key = [startMs, endMs, pointId, channel, siteId, partial].join();
      if (one.recordedMs > asOfMs || startMs < span.fromMs || startMs >= span.toMs) continue;
      if (one.recordedMs >= (rows.get(key)?.recordedMs ?? 0)) rows.set(key, one);
    }
    return [...rows.values()].map((one) => one.row).sort((a, b) => inOrder(owner, a, b));
  };
  const batch = fc.record({
    rows: fc.array(row, { maxLength: 30 }),
    recorded: fc.nat(9),
    asOf: fc.nat(9),
    cut: fc.nat(10),
  });
  let position = 0;
  await fc.assert(
    fc.asyncProperty(batch, async ({ rows, recorded, asOf, cut }) => {
      const recordedMs = T0 + recorded;
      await store.begin();
      await write(store, rows, recordedMs);
      for (const one of rows) written.push({ row: one, recordedMs });
      if (readBack !== null)
        t.equal(exactly(await readBack(store, everything)), exactly(newest(everything, Infinity)), 'read back');
      await store.commit(++position);
      t.equal(exactly(await read(store, everything, null)), exactly(newest(everything, Infinity)));
      const some = { fromMs: T0 + MINUTE_MS, toMs: T0 + cut * 12 * 3_600_000 + 5 * QUARTER_MS };
      t.equal(exactly(await read(store, some, T0 + asOf)), exactly(newest(some, T0 + asOf)), 'as of a time');
    }),
    { numRuns: 12, endOnFailure: true },
  );
}

const theNewestRowWins: Body = async (t, store) => {
  await writeBatch(store, { position: 1, recordedMs: T0, minutes: [pointRow(1, T0, 1), pointRow(1, T0, 2)] });
  t.same(
    await store.pointMinutes([1], hour, null),
    [pointRow(1, T0, 2)],
    'of those recorded at once, the last written',
  );
  await writeBatch(store, { position: 2, recordedMs: T0, minutes: [pointRow(1, T0, 3)] });
  t.same(await store.pointMinutes([1], hour, null), [pointRow(1, T0, 3)]);
  await writeBatch(store, { position: 3, recordedMs: T0 + 1, minutes: [pointRow(1, T0, 0)] });
  t.same(await store.pointMinutes([1], hour, null), [pointRow(1, T0, 0)]);
  t.equal(await store.progress(), 3);
};

const anEarlierRecordDoesNotWin: Body = async (t, store) => {
  await writeBatch(store, { position: 1, recordedMs: T0 + 5000, minutes: [pointRow(1, T0, 7)] });
  await writeBatch(store, { position: 2, recordedMs: T0 + 1000, minutes: [pointRow(1, T0, 8)] });
  t.same(await store.pointMinutes([1], hour, null), [pointRow(1, T0, 7)]);
};

const aRollbackLeavesNothing: Body = async (t, store) => {
  await writeBatch(store, { position: 1, recordedMs: T0, minutes: [pointRow(1, T0, 1)] });
  await store.begin();
  await store.writePointMinutes(PointColumns.of([pointRow(1, T0, 2)]), T0 + 1);
  await store.writeSiteQuarters([siteRow(1, T0, 2, 1)], T0 + 1);
  await store.writeSiteDays([{ ...siteRow(1, T0, 2, 1), endMs: T0 + 86_400_000 }], T0 + 1);
  await store.rollback();
  await store.rollback();
  t.same(await store.pointMinutes([1], hour, null), [pointRow(1, T0, 1)]);
  t.same(await store.siteQuarters(1, null, hour, null), []);
  t.same(await store.madeDays(1, hour.toMs, null), []);
  t.equal(await store.progress(), 1);
};

const nothingIsVisibleBeforeTheCommit: Body = async (t, store) => {
  await store.begin();
  await store.writePointMinutes(PointColumns.of([pointRow(1, T0, 5)]), T0);
  t.same(await store.pointMinutes([1], hour, null), []);
  t.same(await readAllBack(store, hour.fromMs, hour.toMs, null), [pointRow(1, T0, 5)], 'but the writer sees it');
  await store.commit(9);
  t.same(await store.pointMinutes([1], hour, null), [pointRow(1, T0, 5)]);
  t.equal(await store.progress(), 9);
};

const aFailedWrite: Body = async (t, store) => {
  await t.rejects(store.writePointMinutes(PointColumns.of([pointRow(1, T0, 5)]), T0), 'a write needs a transaction');
  await store.begin();
  const broken = { ...pointRow(1, T0, 5), measuredMs: 'long' as unknown as number, startMs: Number.NaN, pointId: {} };
  await store.writePointMinutes(PointColumns.of([broken as unknown as PointInterval]), T0).catch(() => {});
  await store.rollback();
  await writeBatch(store, { position: 1, recordedMs: T0, minutes: [pointRow(1, T0, 6)] });
  t.same(await store.pointMinutes([1], hour, null), [pointRow(1, T0, 6)]);
};

const minutesAreReadBack: Body = async (t, store) => {
  const old = [2, 0, 1].map((minute) => pointRow(1, T0 + minute * MINUTE_MS, minute));
  await writeBatch(store, { position: 1, recordedMs: T0, minutes: [...old, pointRow(2, T0, 100)] });
  await store.begin();
  await store.writePointMinutes(
    PointColumns.of([pointRow(1, T0 + MINUTE_MS, 11), pointRow(3, T0 + 15 * MINUTE_MS, 1)]),
    T0 + 1,
  );
  const quarter = (ids: number[] | null): Promise<PointInterval[]> => readAllBack(store, T0, T0 + QUARTER_MS, ids);
  t.same(
    (await quarter([1])).map((row) => row.energyWh),
    [0, 11, 2],
  );
  const all = await quarter(null);
  t.same(
    all.map((row) => row.startMs),
    all.map((row) => row.startMs).sort((a, b) => a - b),
  );
  t.same(
    all.map((row) => row.energyWh).sort((a, b) => a - b),
    [0, 2, 11, 100],
  );
  await store.rollback();
};

const minutesHaveAnExtent: Body = async (t, store) => {
  const minutes = [pointRow(1, T0 + 16 * MINUTE_MS, 1), pointRow(2, T0 + 95 * MINUTE_MS, 1)];
  await writeBatch(store, { position: 1, recordedMs: T0, minutes });
  t.same(await store.extent([1, 2]), { fromMs: T0 + QUARTER_MS, toMs: T0 + 7 * QUARTER_MS });
  t.same(await store.extent([1]), { fromMs: T0 + QUARTER_MS, toMs: T0 + 2 * QUARTER_MS });
  t.equal(await store.extent([3]), null);
};

const daysAreMade: Body = async (t, store) => {
  const at = (hours: number): number => T0 + hours * 3_600_000;
  const dayOf = (siteId: number, from: number, to: number, partial: string | null = null): SiteDay => {
    return { ...nothing, siteId, partial, startMs: at(from), endMs: at(to) };
  };
  const write = async (position: number, days: readonly SiteDay[]): Promise<void> => {
    await store.begin();
    await store.writeSiteDays(days, T0 + position);
    await store.commit(position);
  };
  await write(1, [dayOf(1, 0, 24), dayOf(1, 24, 47), dayOf(2, 8, 32), dayOf(1, 48, 72, 'hall-a')]);
  await write(2, [dayOf(1, 24, 47), dayOf(1, 24, 48)]);
  const first = { siteId: 1, startMs: at(0), endMs: at(24) };
  const short = { siteId: 1, startMs: at(24), endMs: at(47) };
  const usual = { siteId: 1, startMs: at(24), endMs: at(48) };
  t.strictSame(await store.madeDays(1, at(100), null), [first, short, usual]);
  t.strictSame(await store.madeDays(1, at(100), T0 + 1), [first, short]);
  t.strictSame(await store.madeDays(1, at(24), null), [first]);
  t.strictSame(await store.madeDays(1, at(100), T0), []);
  const overlapping = await store.readBackMadeDays([1, 2, 3], { fromMs: at(24), toMs: at(25) });
  t.strictSame(overlapping, [{ siteId: 2, startMs: at(8), endMs: at(32) }, short, usual]);
  t.strictSame(await store.readBackMadeDays([1], { fromMs: at(23), toMs: at(24) }), [first]);
};

const manyRowsAreRead: Body = async (t, store) => {
  const at = (index: number): number => T0 + index * QUARTER_MS;
  const rows = Array.from({ length: 9_000 }, (_, index) => pointRow(1 + (index % 3), at(Math.floor(index / 3)), index));
  await writeBatch(store, { position: 1, recordedMs: T0, quarters: rows });
  const again = rows.filter((_, index) => index % 2 === 0).map((row) => ({ ...row, energyWh: -row.energyWh }));
  await writeBatch(store, { position: 2, recordedMs: T0 + 1, quarters: again });
  const span = { fromMs: T0, toMs: at(3_000) };
  const expected = rows.map((row, index) => (index % 2 === 0 ? -row.energyWh : row.energyWh));
  const found = await store.pointQuarters([3, 2, 1], span, null);
  t.ok(
    found.every(({ energyWh }, index) => energyWh === expected[index]),
    'each its newest version, in order',
  );
  t.equal(found.length, 9_000);
  t.strictSame(
    (await store.pointQuarters([1, 2, 3], span, T0)).map(({ energyWh }) => energyWh),
    [...rows.keys()],
  );
};

const manyReadsAtOnce: Body = async (t, store) => {
  await writeBatch(store, { position: 1, recordedMs: T0, minutes: [1, 2, 3].map((id) => pointRow(id, T0, id)) });
  const asked = Array.from({ length: 200 }, (_, i) => 1 + (i % 3));
  const answers = await Promise.all(asked.map((id) => store.pointMinutes([id], hour, null)));
  t.same(
    answers.map((rows) => rows[0]?.energyWh),
    asked,
  );
};
