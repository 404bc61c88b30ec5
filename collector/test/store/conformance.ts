import type { Channel } from '@wattmark/shared/channels';
import { energyRoles } from '@wattmark/shared/roles';
import fc from 'fast-check';
import type { Test } from 'tap';
import type { GaugeInterval, PointInterval } from '../../src/accounting/interval.ts';
import { MINUTE_MS, QUARTER_MS } from '../../src/accounting/interval.ts';
import { noLevel, noPart, nothing } from '../../src/site/interval-sum.ts';
import { sumPointIntervals } from '../../src/site/interval-sum.ts';
import type { SiteInterval } from '../../src/site/site.ts';
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
  await store.writePointMinutes(batch.minutes ?? [], batch.recordedMs);
  await store.writeGaugeMinutes(batch.gauges ?? [], batch.recordedMs);
  await store.writePointQuarters(batch.quarters ?? [], batch.recordedMs);
  await store.writeSiteQuarters(batch.sites ?? [], batch.recordedMs);
  await store.commit(batch.position);
}

export async function readAllBack(
  store: Store,
  fromMs: number,
  toMs: number,
  ids: number[] | null,
): Promise<PointInterval[]> {
  const rows: PointInterval[] = [];
  for await (const some of store.readBack({ fromMs, toMs }, ids)) rows.push(...some);
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
  check('what is written is read, to the last bit', whatIsWrittenIsRead);
  check('the newest row wins', theNewestRowWins);
  check('a row recorded earlier does not win by being written later', anEarlierRecordDoesNotWin);
  check('as of a time, only what was recorded by then is known', asOf);
  check('a rollback leaves nothing', aRollbackLeavesNothing);
  check('nothing is visible to readers before the commit', nothingIsVisibleBeforeTheCommit);
  check('a failed write can be rolled back and written again', aFailedWrite);
  check('read back is in order of minutes, newest rows only', readBackIsOrdered);
  check('sums of quarters follow the boundaries', sumsFollowTheBoundaries);
  check('single quarter-hours are read alone', quartersAreRead);
  check('sums of site quarters keep null apart from zero', siteSumsKeepNull);
  check('sums are the same however often they are asked for', sumsAreDeterministic);
  check('sums are of the newest quarter-hours, however many were restated and when', sumsOfRestated);
  check('gauges are rolled up to means over any span of quarter-hours', gaugesAreRolledUp);
  check('many reads at once are all answered', manyReadsAtOnce);
}

const anEmptyStoreKnowsNothing: Body = async (t, store) => {
  t.equal(await store.progress(), 0);
  t.same(await store.pointMinutes([1, 2], hour, null), []);
  t.same(await store.pointMinutes([], hour, null), []);
  t.same(await store.gaugeMinutes(1, hour, null), []);
  t.same(await store.pointSumsOf([1], [T0, T0 + QUARTER_MS], null), []);
  t.same(await store.siteSums(1, [T0, T0 + QUARTER_MS], null), []);
  t.same(await store.siteSums(1, [T0], null), []);
  t.same(await store.gaugeMeansOf([1], 'utilisation', hour, null), []);
  t.same(await store.gaugeMeansOf([], 'utilisation', hour, null), []);
};

const wh = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
const w = fc.option(wh, { nil: null });
const ms = fc.integer({ min: 0, max: MINUTE_MS });

const whatIsWrittenIsRead: Body = async (t, store) => {
  let position = 0;
  const row = fc.record({
    pointId: fc.integer({ min: 1, max: 5 }),
    startMs: fc.integer({ min: 0, max: 59 }).map((minute) => T0 + minute * MINUTE_MS),
    energyWh: wh,
    estimatedWh: wh,
    exportWh: wh,
    minW: w,
    maxW: w,
    measuredMs: ms,
    estimatedMs: ms,
    bridgedMs: ms,
  });
  const expected = new Map<string, PointInterval>();
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
      position++;
      await writeBatch(store, { position, recordedMs: T0 + position, minutes: rows });
      for (const one of rows) expected.set(`${one.startMs} ${one.pointId}`, one);
      const sorted = [...expected.values()].sort((a, b) => a.startMs - b.startMs || a.pointId - b.pointId);
      t.strictSame(JSON.stringify(await store.pointMinutes([1, 2, 3, 4, 5], hour, null)), JSON.stringify(sorted));
    }),
    { numRuns: 30 },
  );
  const gauge = { pointId: 1, channel: 'voltage', startMs: T0, min: 229.1, mean: 230.4, max: 231, samples: 6 } as const;
  const hot = { ...gauge, channel: 'temperature', min: -3, mean: 21.12345678901234, max: 40 } as const;
  await writeBatch(store, { position: position + 1, recordedMs: T0, gauges: [gauge, hot] });
  t.strictSame(await store.gaugeMinutes(1, hour, null), [hot, gauge]);
};

const sumsOfRestated: Body = async (t, store) => {
  const quarter = fc.record({
    pointId: fc.integer({ min: 1, max: 3 }),
    quarter: fc.nat(299),
    energyWh: fc.integer({ min: -1000, max: 1000 }),
  });
  const batch = fc.record({ rows: fc.array(quarter, { maxLength: 60 }), recorded: fc.nat(9) });
  const written: { pointId: number; startMs: number; energyWh: number; recordedMs: number }[] = [];
  const boundaries = [0, 17, 96, 100, 192, 300].map((index) => T0 + index * QUARTER_MS);
  let position = 0;
  await fc.assert(
    fc.asyncProperty(batch, fc.option(fc.nat(9), { nil: null }), async ({ rows, recorded }, asOf) => {
      const recordedMs = T0 + recorded;
      const made = rows.map((one) => ({ ...one, startMs: T0 + one.quarter * QUARTER_MS, recordedMs }));
      const quarters = made.map(({ pointId, startMs, energyWh }) => pointRow(pointId, startMs, energyWh));
      await writeBatch(store, { position: ++position, recordedMs, quarters });
      written.push(...made);
      const newest = new Map<string, (typeof written)[number]>();
      for (const one of written) {
        const key = `${one.pointId} ${one.startMs}`;
        if (asOf !== null && one.recordedMs > T0 + asOf) continue;
        if (one.recordedMs >= (newest.get(key)?.recordedMs ?? 0)) newest.set(key, one);
      }
      const expected = sumPointIntervals(
        [...newest.values()].map((one) => pointRow(one.pointId, one.startMs, one.energyWh)),
        boundaries,
      );
      const found = await store.pointSumsOf([1, 2, 3], boundaries, asOf === null ? null : T0 + asOf);
      t.strictSame(JSON.stringify(found), JSON.stringify(expected));
    }),
    { numRuns: 40 },
  );
};

const gaugesAreRolledUp: Body = async (t, store) => {
  const gauge = (pointId: number, minute: number, mean: number, channel: Channel = 'utilisation'): GaugeInterval => {
    return { pointId, channel, startMs: T0 + minute * MINUTE_MS, min: 0, mean, max: 100, samples: 6 };
  };
  const rollUp = async (position: number, gauges: readonly GaugeInterval[], ids: readonly number[] | null) => {
    await store.begin();
    await store.writeGaugeMinutes(gauges, T0 + position);
    await store.rollUpGauges(hour, ids, T0 + position);
    await store.commit(position);
  };
  await t.rejects(store.rollUpGauges(hour, null, T0), /transaction/);
  const first = [gauge(1, 0, 10), gauge(1, 14, 20), gauge(1, 15, 90), gauge(2, 3, 0), gauge(2, 3, 230, 'voltage')];
  await rollUp(1, first, null);
  t.strictSame(await store.gaugeMeansOf([1, 2, 3], 'utilisation', hour, null), [
    { pointId: 1, mean: 40, measuredMs: 3 * MINUTE_MS },
    { pointId: 2, mean: 0, measuredMs: MINUTE_MS },
  ]);
  const quarter = { fromMs: T0, toMs: T0 + QUARTER_MS };
  t.strictSame(await store.gaugeMeansOf([1], 'utilisation', quarter, null), [
    { pointId: 1, mean: 15, measuredMs: 2 * MINUTE_MS },
  ]);
  t.same(await store.gaugeMeansOf([2], 'voltage', hour, null), [], 'only what figures need is rolled up');
  await rollUp(2, [gauge(1, 14, 50), gauge(2, 3, 60)], [1]);
  t.match(await store.gaugeMeansOf([1, 2], 'utilisation', quarter, null), [{ mean: 30 }, { mean: 0 }]);
  t.match(
    await store.gaugeMeansOf([1], 'utilisation', quarter, T0 + 1),
    [{ mean: 15 }],
    'as of before, it is as it was',
  );
};

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

const asOf: Body = async (t, store) => {
  const at = (day: number): number => T0 + day * 86_400_000;
  for (const [index, wh] of [10, 20, 30].entries()) {
    await writeBatch(store, {
      position: index + 1,
      recordedMs: at(index + 1),
      minutes: [pointRow(1, T0, wh)],
      quarters: [pointRow(1, T0, wh)],
      sites: [siteRow(1, T0, wh, wh / 2)],
      gauges: [{ pointId: 1, channel: 'voltage', startMs: T0, min: wh, mean: wh, max: wh, samples: 1 }],
    });
  }
  const known = async (asOfMs: number | null): Promise<unknown[]> => [
    (await store.pointMinutes([1], hour, asOfMs))[0]?.energyWh,
    (await store.pointSumsOf([1], [T0, T0 + QUARTER_MS], asOfMs))[0]?.energyWh,
    (await store.siteSums(1, [T0, T0 + QUARTER_MS], asOfMs))[0]?.supplyWh,
    (await store.gaugeMinutes(1, hour, asOfMs))[0]?.mean,
  ];
  const none = undefined;
  t.strictSame(await known(at(1) - 1), [none, none, none, none]);
  t.strictSame(await known(at(1)), [10, 10, 10, 10]);
  t.strictSame(await known(at(2) + 1), [20, 20, 20, 20]);
  t.strictSame(await known(null), [30, 30, 30, 30]);
};

const aRollbackLeavesNothing: Body = async (t, store) => {
  await writeBatch(store, { position: 1, recordedMs: T0, minutes: [pointRow(1, T0, 1)] });
  await store.begin();
  await store.writePointMinutes([pointRow(1, T0, 2)], T0 + 1);
  await store.writeSiteQuarters([siteRow(1, T0, 2, 1)], T0 + 1);
  await store.rollback();
  await store.rollback();
  t.same(await store.pointMinutes([1], hour, null), [pointRow(1, T0, 1)]);
  t.same(await store.siteSums(1, [T0, T0 + QUARTER_MS], null), []);
  t.equal(await store.progress(), 1);
};

const nothingIsVisibleBeforeTheCommit: Body = async (t, store) => {
  await store.begin();
  await store.writePointMinutes([pointRow(1, T0, 5)], T0);
  t.same(await store.pointMinutes([1], hour, null), []);
  t.same(await readAllBack(store, hour.fromMs, hour.toMs, null), [pointRow(1, T0, 5)], 'but the writer sees it');
  await store.commit(9);
  t.same(await store.pointMinutes([1], hour, null), [pointRow(1, T0, 5)]);
  t.equal(await store.progress(), 9);
};

const aFailedWrite: Body = async (t, store) => {
  await t.rejects(store.writePointMinutes([pointRow(1, T0, 5)], T0), 'a write needs a transaction');
  await store.begin();
  const broken = { ...pointRow(1, T0, 5), measuredMs: 'long' as unknown as number, startMs: Number.NaN, pointId: {} };
  await store.writePointMinutes([broken as unknown as PointInterval], T0).catch(() => {});
  await store.rollback();
  await writeBatch(store, { position: 1, recordedMs: T0, minutes: [pointRow(1, T0, 6)] });
  t.same(await store.pointMinutes([1], hour, null), [pointRow(1, T0, 6)]);
};

const readBackIsOrdered: Body = async (t, store) => {
  const old = [2, 0, 1].map((minute) => pointRow(1, T0 + minute * MINUTE_MS, minute));
  await writeBatch(store, { position: 1, recordedMs: T0, minutes: [...old, pointRow(2, T0, 100)] });
  await store.begin();
  await store.writePointMinutes([pointRow(1, T0 + MINUTE_MS, 11), pointRow(3, T0 + 15 * MINUTE_MS, 1)], T0 + 1);
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

const sumsFollowTheBoundaries: Body = async (t, store) => {
  const quarters = [0, 1, 2, 3, 4, 5, 6].map((i) => ({
    ...pointRow(1, T0 + i * QUARTER_MS, 2 ** i),
    exportWh: i,
    minW: i === 0 ? null : 10 - i,
    maxW: i === 0 ? null : 10 + i,
    measuredMs: QUARTER_MS,
  }));
  await writeBatch(store, { position: 1, recordedMs: T0, quarters: [...quarters, pointRow(2, T0, 1000)] });
  const bounds = [1, 3, 4, 6, 20, 24].map((i) => T0 + i * QUARTER_MS);
  const sums = await store.pointSumsOf([1], bounds, null);
  t.same(
    sums.map((row) => [row.pointId, row.startMs, row.energyWh, row.exportWh, row.minW, row.maxW, row.measuredMs]),
    [
      [1, bounds[0], 2 + 4, 3, 8, 12, 2 * QUARTER_MS],
      [1, bounds[1], 8, 3, 7, 13, QUARTER_MS],
      [1, bounds[2], 16 + 32, 9, 5, 15, 2 * QUARTER_MS],
      [1, bounds[3], 64, 6, 4, 16, QUARTER_MS],
    ],
    'quarters before the first boundary and spans without rows are left out',
  );
  const both = await store.pointSumsOf([2, 1, 3], [T0, T0 + 2 * QUARTER_MS, T0 + 3 * QUARTER_MS], null);
  t.same(
    both.map((row) => [row.pointId, row.startMs, row.energyWh]),
    [
      [1, T0, 1 + 2],
      [2, T0, 1000],
      [1, T0 + 2 * QUARTER_MS, 4],
    ],
    'several points, in the order of time and then of points',
  );
  const [first] = await store.pointSumsOf([1], [T0, T0 + QUARTER_MS], null);
  t.equal(first?.minW, null);
};

const quartersAreRead: Body = async (t, store) => {
  const at = (i: number): number => T0 + i * QUARTER_MS;
  const quarters = [0, 1, 2, 3].flatMap((i) => [pointRow(1, at(i), i), pointRow(2, at(i), 10 + i)]);
  await writeBatch(store, { position: 1, recordedMs: T0, quarters });
  await writeBatch(store, { position: 2, recordedMs: T0 + 1, quarters: [pointRow(2, at(1), 99)] });
  const energies = async (starts: number[], asOfMs: number | null) =>
    (await store.pointQuarters([2, 1, 3], starts, asOfMs)).map((row) => [row.pointId, row.startMs, row.energyWh]);
  const first = [1, at(1), 1];
  const last = [
    [1, at(3), 3],
    [2, at(3), 13],
  ];
  t.same(await energies([at(1), at(3), at(9)], null), [first, [2, at(1), 99], ...last]);
  t.same(await energies([at(1), at(3)], T0), [first, [2, at(1), 11], ...last], 'as of a time');
  t.same(await energies([], null), []);
};

const siteSumsKeepNull: Body = async (t, store) => {
  const at = (i: number): number => T0 + i * QUARTER_MS;
  const rows = [
    siteRow(1, at(0), 15, 10),
    siteRow(1, at(1), null, 10),
    siteRow(1, at(2), null, null),
    siteRow(2, at(0), 1, 1),
  ];
  await writeBatch(store, { position: 1, recordedMs: T0, sites: rows });
  const [both, , ...rest] = await store.siteSums(1, [at(0), at(2), at(3)], null);
  t.same(rest, []);
  t.match(both, { startMs: at(0), endMs: at(2), supplyWh: 15, supplyMs: QUARTER_MS });
  const level = { partsWh: null, partsMs: 0, itWh: 20, itMs: 2 * QUARTER_MS, estimatedMs: 0 };
  const paired = { pairedTotalWh: 15, pairedItWh: 10, pairedMs: QUARTER_MS };
  t.strictSame(both?.levels, [noLevel, noLevel, { ...level, ...paired }, noLevel]);
  t.strictSame(both?.roleWh, siteRow(1, 0, 15, 20).roleWh);
  t.strictSame(both?.overhead, [{ energyWh: 5, measuredMs: 2 * QUARTER_MS }, noPart, noPart]);
  t.same(await store.siteSums(1, [at(2), at(3)], null), [], 'a row of unknowns is no row');
  const [unknownTotal] = await store.siteSums(1, [at(1), at(2)], null);
  t.strictSame([unknownTotal?.supplyWh, unknownTotal?.levels[2]?.itWh], [null, 10]);
};

const sumsAreDeterministic: Body = async (t, store) => {
  const sites = Array.from({ length: 20_000 }, (_, i) =>
    siteRow(1, T0 + i * QUARTER_MS, 1000 / (i + 3), 700 / (i + 3)),
  );
  await writeBatch(store, { position: 1, recordedMs: T0, sites });
  const boundaries = [T0, T0 + 20_000 * QUARTER_MS];
  const [first] = await store.siteSums(1, boundaries, null);
  for (let i = 0; i < 20; i++) t.strictSame((await store.siteSums(1, boundaries, null))[0], first);
  const exact = sites.reduce((sum, row) => sum + (row.supplyWh ?? 0), 0);
  t.ok(Math.abs((first?.supplyWh ?? 0) - exact) < 1e-6 * 20_000);
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
