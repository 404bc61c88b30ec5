import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import {
  type GaugeInterval,
  type IntervalBatch,
  knowsDrawn,
  MINUTE_MS,
  netWhOf,
  type PointInterval,
  QUARTER_MS,
  type Span,
} from '../../src/accounting/interval.ts';
import { gaugeMeansOf, pointSumsOf, siteSums } from '../../src/kpi/sums.ts';
import { siteMinutes } from '../../src/site/balance.ts';
import { addEnergies, noLevel, nothing, sumPointIntervals, sumSiteIntervals } from '../../src/site/interval-sum.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { Rollup } from '../../src/site/rollup.ts';
import type { Site, SiteInterval } from '../../src/site/site.ts';
import { openDuckdbStore } from '../../src/store/duckdb.ts';
import type { Store } from '../../src/store/store.ts';
import { stored } from '../support/stored.ts';
import { point, row, site, T0 } from './example.ts';

const hall = site([point(1, 'utility'), point(2, 'it')]);
const annex = site([point(3, 'utility'), point(4, 'it')], { siteId: 2, site: 'dc-2' });
const sites = [hall, annex];
const pointIds = [1, 2, 3, 4, 5];

/** Opens a store that also keeps a list of the quarter-hours written to it. */
async function openStore(t: Test): Promise<{ store: Store; points: PointInterval[]; sites: SiteInterval[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'rollup-'));
  const store = await openDuckdbStore(join(directory, 'store.duckdb'));
  t.teardown(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const points: PointInterval[] = [];
  const siteRows: SiteInterval[] = [];
  const { writePointQuarters, writeSiteQuarters } = store;
  store.writePointQuarters = (rows, ms) => (points.push(...rows), writePointQuarters.call(store, rows, ms));
  store.writeSiteQuarters = (rows, ms) => (siteRows.push(...rows), writeSiteQuarters.call(store, rows, ms));
  return { store, points, sites: siteRows };
}

let position = 0;
function batch(recordedMinute: number, points: readonly PointInterval[]): IntervalBatch {
  const recordedMs = T0 + recordedMinute * MINUTE_MS;
  return { position: ++position, recordedMs, points: PointColumns.of(points), gauges: [] };
}

/** Minutes `from` up to `to` of the hall: 13 Wh in, 10 Wh of IT each. */
function hallMinutes(from: number, to: number): PointInterval[] {
  return Array.from({ length: to - from }, (_, i) => [row(1, 13, {}, from + i), row(2, 10, {}, from + i)]).flat();
}

const span = (count: number): Span => ({ fromMs: T0, toMs: T0 + count * QUARTER_MS });
const quarters = (count: number): number[] => Array.from({ length: count + 1 }, (_, i) => T0 + i * QUARTER_MS);

t.test('a quarter-hour is rolled up once, a minute after it has ended', async (t) => {
  const { store, points, sites: siteRows } = await openStore(t);
  const rollup = new Rollup();
  for (let minute = 0; minute < 16; minute++)
    await rollup.record(store, batch(minute + 1, hallMinutes(minute, minute + 1)), sites);
  t.same(
    points.map(({ pointId, energyWh, measuredMs }) => [pointId, energyWh, measuredMs]),
    [
      [1, 15 * 13, QUARTER_MS],
      [2, 15 * 10, QUARTER_MS],
    ],
  );
  const level = { pairedTotalWh: 195, pairedItWh: 150, pairedMs: QUARTER_MS };
  t.match(siteRows, [{ siteId: 1, startMs: T0, supplyWh: 195, levels: { 0: level } }]);
  t.equal(siteRows.length, 1);
  t.strictSame(rollup.state(), {
    openQuarters: [T0 + QUARTER_MS],
    days: [{ timezone: 'UTC', dayMs: T0, nextSiteId: 0 }],
    recordedMs: T0 + 16 * MINUTE_MS,
    missing: [],
  });
  t.equal(rollup.rolledUpToMs, T0 + QUARTER_MS);
  t.equal(await store.progress(), position);
});

t.test('late minutes restate exactly the quarter-hours of the sites that they belong to', async (t) => {
  const { store, points, sites: siteRows } = await openStore(t);
  const rollup = new Rollup();
  const annexMinutes = hallMinutes(0, 45).map((one) => ({ ...one, pointId: one.pointId + 2 }));
  await rollup.record(store, batch(60, [...hallMinutes(0, 45), ...annexMinutes]), sites);
  t.equal(siteRows.length, 6);
  points.length = 0;
  siteRows.length = 0;
  await rollup.record(store, batch(70, [row(1, 28, {}, 20), row(2, 10, {}, 61)]), sites);
  const restated = { supplyWh: 15 * 13 + 15, levels: { 0: { itWh: 150 } } };
  t.match(siteRows, [{ siteId: 1, startMs: T0 + QUARTER_MS, ...restated }]);
  t.same(
    points.map(({ pointId, startMs }) => [pointId, startMs]),
    [
      [1, T0 + QUARTER_MS],
      [2, T0 + QUARTER_MS],
    ],
  );
  const before = await store.siteQuarters(1, null, span(4), T0 + 65 * MINUTE_MS);
  t.same(
    before.map(({ supplyWh }) => supplyWh),
    [195, 195, 195],
    'and as of before, it is as it was',
  );
});

t.test('gauges are rolled up with their quarter-hour, and late ones again', async (t) => {
  const { store } = await openStore(t);
  const rollup = new Rollup();
  const utilisation = (pointId: number, minute: number, mean: number): GaugeInterval => {
    return { pointId, channel: 'utilisation', startMs: T0 + minute * MINUTE_MS, min: 0, mean, max: 100, samples: 6 };
  };
  const record = async (recordedMinute: number, gauges: readonly GaugeInterval[]): Promise<unknown> => {
    await rollup.record(store, { ...batch(recordedMinute, []), gauges }, sites);
    const means = await gaugeMeansOf(stored(store, hall), [1, 2], 'utilisation', span(2), null);
    return means.map(({ mean }) => mean);
  };
  t.same(await record(14, [utilisation(1, 12, 10), utilisation(2, 12, 40)]), [], 'not before it has ended');
  t.equal(rollup.rolledUpToMs, T0);
  t.same(await record(16, [utilisation(1, 15, 99)]), [10, 40]);
  t.same(await record(17, [utilisation(2, 3, 80)]), [10, 60], 'a late minute restates its quarter-hour');
  t.same(await record(31, []), [54.5, 60]);
});

t.test('a point that belongs to no site has its quarter-hours too', async (t) => {
  const { store, points, sites: siteRows } = await openStore(t);
  const rollup = new Rollup();
  await rollup.record(store, batch(60, [row(5, 1, {}, 3)]), sites);
  t.match(points, [{ pointId: 5, startMs: T0, energyWh: 1 }]);
  t.same(siteRows, []);
});

t.test('an error leaves the store and the rollup as they were', async (t) => {
  const { store } = await openStore(t);
  const rollup = new Rollup();
  await rollup.record(store, batch(5, hallMinutes(0, 5)), sites);
  const state = rollup.state();
  const progress = await store.progress();
  const { writeSiteQuarters } = store;
  store.writeSiteQuarters = async () => {
    throw new Error('disk full');
  };
  const failing = batch(20, hallMinutes(5, 15));
  await t.rejects(rollup.record(store, failing, sites), { message: 'disk full' });
  t.strictSame(rollup.state(), state);
  t.equal(await store.progress(), progress);
  store.writeSiteQuarters = writeSiteQuarters;
  await rollup.record(store, failing, sites);
  t.equal((await store.siteQuarters(1, null, span(1), null))[0]?.supplyWh, 195);
});

const someRow = fc
  .tuple(
    fc.constantFrom(...pointIds),
    fc.integer({ min: 0, max: 50_000 }),
    fc.integer({ min: 0, max: 74 }),
    fc.boolean(),
  )
  .map(([id, wh, minute, whole]) =>
    row(id, wh / 64, whole ? { minW: wh, maxW: wh + 1 } : { measuredMs: 30_000 }, minute),
  );
const someBatches = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.array(someRow, { maxLength: 30 })), {
  maxLength: 12,
});

/** Batches of any rows, late, early and again; with a restart between any two of them, and with batches replayed. */
t.test('whatever comes in whichever batch, the quarter-hours are those computed from scratch', async (t) => {
  await fc.assert(
    fc.asyncProperty(someBatches, async (drawn) => {
      const directory = mkdtempSync(join(tmpdir(), 'rollup-'));
      const store = await openDuckdbStore(join(directory, 'store.duckdb'));
      const newest = new Map<string, PointInterval>();
      let rollup = new Rollup();
      const replayed = new Rollup();
      let recordedMinute = 0;
      for (const [pause, rows] of [...drawn, [200, []] as const]) {
        recordedMinute += pause;
        const one = batch(recordedMinute, [
          ...new Map(rows.map((row) => [`${row.pointId} ${row.startMs}`, row])).values(),
        ]);
        for (const row of one.points) newest.set(`${row.pointId} ${row.startMs}`, row);
        rollup = new Rollup(JSON.parse(JSON.stringify(rollup.state())));
        await rollup.record(store, one, sites);
        replayed.skip(one, sites);
        t.strictSame(replayed.state(), rollup.state());
      }
      const all = [...newest.values()].sort((a, b) => a.startMs - b.startMs);
      for (const id of pointIds) {
        const mine = all.filter(({ pointId }) => pointId === id);
        t.strictSame(
          await pointSumsOf(stored(store, hall), [id], quarters(5), null),
          sumPointIntervals(mine, quarters(5)),
        );
      }
      for (const one of sites) {
        const scratch = sumSiteIntervals(siteMinutes(one, all), quarters(5)).filter(({ roleWh }) =>
          roleWh.some((wh) => wh !== null),
        );
        t.strictSame(await siteSums(stored(store, one), one, quarters(5), null), scratch);
      }
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    }),
    { numRuns: 25 },
  );
});

t.test('the sum of the quarter-hours is the sum of the minutes', async () => {
  fc.assert(
    fc.property(fc.array(someRow, { maxLength: 80 }), (rows) => {
      const minutes = siteMinutes(hall, rows);
      const byMinute = minutes.reduce((sum, minute) => addEnergies(sum, minute), nothing);
      const byQuarter = sumSiteIntervals(minutes, quarters(5)).reduce(
        (sum, quarter) => addEnergies(sum, quarter),
        nothing,
      );
      return JSON.stringify(byMinute) === JSON.stringify(byQuarter);
    }),
  );
});

/** What is known of a minute: energy drawn, fed back, both or neither; in quarters of a Wh, whose sums are exact. */
const someExport = fc
  .tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }), fc.nat(59), fc.boolean())
  .map(([drawn, fedBack, minute, isDrawnKnown]) =>
    isDrawnKnown
      ? row(1, drawn / 4, { exportWh: fedBack / 4 }, minute)
      : row(1, 0, { exportWh: fedBack / 4, measuredMs: 0 }, minute),
  );

t.test('what was fed back is of the time of what was drawn, and net energy of both', async () => {
  fc.assert(
    fc.property(fc.array(someExport, { maxLength: 40 }), (rows) => {
      const hour = [T0, T0 + 3_600_000];
      const [sum] = sumPointIntervals(sumPointIntervals(rows, quarters(4)), hour);
      const [direct] = sumPointIntervals(rows, hour);
      const paired = rows.filter(knowsDrawn);
      const of = (some: readonly PointInterval[]): number => some.reduce((wh, { exportWh }) => wh + exportWh, 0);
      const netWh = paired.reduce((wh, { energyWh, exportWh }) => wh + energyWh - exportWh, 0);
      t.strictSame(sum, direct);
      t.equal(sum?.exportWh ?? 0, paired.length > 0 ? of(paired) : of(rows));
      t.equal(sum === undefined ? null : netWhOf(sum), paired.length > 0 ? netWh : null);
    }),
  );
});

t.test('sums leave out what lies outside of the boundaries', async (t) => {
  const rows = [row(1, 1, {}, -1), row(1, 2, {}, 0), row(1, 4, {}, 29), row(1, 8, {}, 30)];
  const sums = sumPointIntervals(rows, [T0, T0 + QUARTER_MS, T0 + 2 * QUARTER_MS]);
  t.same(
    sums.map(({ startMs, energyWh }) => [startMs, energyWh]),
    [
      [T0, 2],
      [T0 + QUARTER_MS, 4],
    ],
  );
  const unknown: Site = site([point(1, 'cooling')]);
  t.match(sumSiteIntervals(siteMinutes(unknown, rows), [T0, T0 + QUARTER_MS]), [
    { supplyWh: null, levels: [noLevel, noLevel, noLevel, noLevel] },
  ]);
});

t.test('a new description reaches back to its date, and no further than there is anything', async (t) => {
  const { store, points, sites: siteRows } = await openStore(t);
  const rollup = new Rollup();
  await rollup.record(store, batch(90, hallMinutes(0, 60)), sites);
  // A minute that was written twice: the newer one counts.
  await rollup.record(store, batch(95, [row(1, 28, {}, 50)]), sites);
  const levelled = site([point(1, 'utility'), point(2, 'it', { level: 'pdu-output' })]);
  for (const fromMs of [T0 + 2 * QUARTER_MS, 0]) {
    points.length = siteRows.length = 0;
    const redescribed = { siteId: 1, fromMs, virtualIds: [] };
    const rows = (async function* (): AsyncGenerator<PointColumns> {})();
    const recordedMs = T0 + 100 * MINUTE_MS + (fromMs === 0 ? 1 : 0);
    await rollup.restate(store, { position: ++position, recordedMs, redescribed, rows }, [levelled, annex]);
    const first = fromMs === 0 ? 0 : 2;
    t.same(
      siteRows.map(({ startMs }) => (startMs - T0) / QUARTER_MS),
      [0, 1, 2, 3].slice(first),
    );
    t.same(
      siteRows.map(({ levels }) => levels[2]?.itWh),
      [150, 150, 150, 150].slice(first),
    );
    t.same(
      siteRows.map(({ supplyWh }) => supplyWh),
      [195, 195, 195, 210].slice(first),
    );
    t.same(points, [], 'those of the points are what they were');
  }
  const before = await store.siteQuarters(1, null, span(4), T0 + 99 * MINUTE_MS);
  t.same(
    before.map(({ levels }) => levels[2]?.itWh),
    [null, null, null, null],
    'and as of before, it is as it was',
  );
});
