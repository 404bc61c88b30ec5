import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type IntervalBatch, MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { siteSums } from '../../src/kpi/sums.ts';
import { Rollup } from '../../src/site/rollup.ts';
import type { Site } from '../../src/site/site.ts';
import { compareStores } from '../../src/store/comparison.ts';
import { openDuckdbStore } from '../../src/store/duckdb.ts';
import { gatherRows } from '../../src/store/row-portions.ts';
import type { Store } from '../../src/store/store.ts';
import { stored } from '../support/stored.ts';
import { point, row, site, T0 } from './example.ts';

const HOUR_MS = 3_600_000;
const hall = site([point(1, 'utility'), point(2, 'it')]);
const annex = site([point(3, 'utility'), point(4, 'it')], { siteId: 2, site: 'dc-2', timezone: 'Asia/Shanghai' });
const sites = [hall, annex];
/** 5 belongs to no site. */
const pointIds = [1, 2, 3, 4, 5];

async function openStore(t: Test): Promise<{ file: string; store: Store; close: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'rollup-days-'));
  const file = join(directory, 'store.duckdb');
  const store = await openDuckdbStore(file);
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await store.close();
    isOpen = false;
  };
  t.teardown(async () => {
    await close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { file, store, close };
}

let position = 0;
function batch(recordedMs: number, points: readonly PointInterval[]): IntervalBatch {
  return { position: ++position, recordedMs, points: PointColumns.of(points), gauges: [] };
}

/** The first minute of each quarter-hour of some hours since T0. */
function hours(from: number, to: number, energyWh = 1): PointInterval[] {
  return Array.from({ length: 4 * (to - from) }, (_, i) =>
    pointIds.map((id) => row(id, energyWh + i / 3, {}, 60 * from + 15 * i)),
  ).flat();
}

/** A batch an hour, from one on to before another, each with the readings of the hour before; the minutes count from T0. */
function hourly(from: number, to: number): IntervalBatch[] {
  return Array.from({ length: to - from }, (_, i) =>
    batch(T0 + (from + i + 1) * HOUR_MS + 90_000, hours(from + i, from + i + 1)),
  );
}

const at = (hour: number): number => T0 + hour * HOUR_MS;
async function madeOf(store: Store, siteId: number, asOfMs: number | null = null): Promise<[number, number][]> {
  const days = await store.madeDays(siteId, at(10_000), asOfMs);
  return days.map(({ startMs, endMs }) => [(startMs - T0) / HOUR_MS, (endMs - T0) / HOUR_MS]);
}

async function supplyOf(store: Store, of: Site, span: { fromMs: number; toMs: number }, asOfMs: number | null = null) {
  const days = await store.siteDays(of.siteId, null, span, asOfMs);
  const [sum] = await siteSums(stored(withoutDays(store), of), of, [span.fromMs, span.toMs], asOfMs);
  return [days.at(-1)?.supplyWh, sum?.supplyWh];
}

function withoutDays(of: Store): Store {
  return { madeDays: async () => [], siteQuarters: (...asked) => of.siteQuarters(...asked) } as Partial<Store> as Store;
}

async function* columns(rows: readonly PointInterval[]): AsyncGenerator<PointColumns> {
  yield PointColumns.of(rows);
}

t.test('a day is made when it has ended where its site is, and anew when a row of it comes late', async (t) => {
  const { store } = await openStore(t);
  const rollup = new Rollup();
  for (const one of hourly(0, 15)) await rollup.record(store, one, sites);
  t.same([await madeOf(store, 1), await madeOf(store, 2)], [[], []]);
  for (const one of hourly(15, 26)) await rollup.record(store, one, sites);
  t.same(await madeOf(store, 1), [[0, 24]]);
  t.same(await madeOf(store, 2), [[-8, 16]]);
  const whole = { fromMs: at(0), toMs: at(24) };
  const [day, sum] = await supplyOf(store, hall, whole);
  t.equal(day, sum);
  const ofPoints = await gatherRows(store.pointDays([1, 5], whole, null));
  t.same(
    ofPoints.map(({ pointId, energyWh }) => [pointId, energyWh]),
    [[1, day]],
    'a point without a site has no days',
  );
  const recordedMs = at(26) + 2 * MINUTE_MS;
  await rollup.record(store, batch(recordedMs + MINUTE_MS, [row(1, 500, {}, 65)]), sites);
  const [later, laterSum] = await supplyOf(store, hall, whole);
  t.equal(later, laterSum);
  t.equal(later, (day as number) + 500);
  t.same(await supplyOf(store, hall, whole, recordedMs), [day, sum], 'as known before, it is as it was');
  t.equal((await store.siteDays(2, null, { fromMs: at(-8), toMs: at(16) }, null)).length, 1);
});

t.test(
  'batches that are folded again leave the queue as it was, and a restart between any two the same rows',
  async (t) => {
    const [first, second] = [await openStore(t), await openStore(t)];
    const batches = hourly(0, 60);
    batches.splice(
      30,
      0,
      batch((batches[29] as IntervalBatch).recordedMs, [row(2, 77, {}, 100), row(3, 1, {}, 1_700)]),
    );
    const unbroken = new Rollup();
    let restarted = new Rollup();
    const skipped = new Rollup();
    for (const one of batches) {
      await unbroken.record(first.store, one, sites);
      restarted = new Rollup(JSON.parse(JSON.stringify(restarted.state())));
      await restarted.record(second.store, one, sites);
      skipped.skip(one, sites);
      t.strictSame(skipped.state(), unbroken.state());
    }
    t.equal((await madeOf(first.store, 1)).length, 2);
    await Promise.all([first.close(), second.close()]);
    const comparison = await compareStores(first.file, second.file);
    t.ok(comparison.every(({ differing }) => differing === 0));
    t.ok(comparison.every(({ table, rows }) => rows > 0 || table.startsWith('gauge')));
  },
);

t.test('a history that is imported has its days at once, those between included', async (t) => {
  const { store } = await openStore(t);
  const rollup = new Rollup();
  for (const one of hourly(0, 2)) await rollup.record(store, one, sites);
  // Twenty days before, a hole of five days, and a day eighty days before.
  const days = [-480, -456, -312, -1_920];
  const rows = days.flatMap((hour) => hours(hour, hour + 24, 5)).filter(({ pointId }) => pointId < 3);
  await rollup.restate(
    store,
    { position: ++position, recordedMs: at(3), redescribed: null, rows: columns(rows) },
    sites,
  );
  const made = await madeOf(store, 1);
  t.same(made[0], [-1_920, -1_896]);
  t.same(
    made.slice(1).map(([from]) => from),
    [-480, -456, -432, -408, -384, -360, -336, -312],
  );
  const [day, sum] = await supplyOf(store, hall, { fromMs: at(-456), toMs: at(-432) });
  t.equal(day, sum);
  t.ok((day ?? 0) > 480);
  const [empty] = await store.siteDays(1, null, { fromMs: at(-384), toMs: at(-360) }, null);
  t.equal(empty?.supplyWh, null, 'nothing is known of a day in the hole');
  t.same(await madeOf(store, 2), []);
});

t.test('what comes before the first batch has its days when the first batch comes', async (t) => {
  const { store } = await openStore(t);
  const rollup = new Rollup();
  const rows = columns(hours(-48, -46));
  await rollup.restate(store, { position: ++position, recordedMs: at(1), redescribed: null, rows }, sites);
  t.same(await madeOf(store, 1), []);
  await rollup.record(store, batch(at(1) + 90_000, hours(0, 1)), sites);
  t.same(await madeOf(store, 1), [
    [-48, -24],
    [-24, 0],
  ]);
  const [day, sum] = await supplyOf(store, hall, { fromMs: at(-48), toMs: at(-24) });
  t.ok((day ?? 0) > 0);
  t.equal(day, sum);
});

t.test('a site whose time zone was another has days of both, and a late row is in all that hold it', async (t) => {
  const { store } = await openStore(t);
  const rollup = new Rollup();
  for (const one of hourly(0, 26)) await rollup.record(store, one, sites);
  const moved = { ...hall, timezone: 'Asia/Shanghai' };
  for (const one of hourly(26, 50)) await rollup.record(store, one, [moved, annex]);
  t.same(await madeOf(store, 1), [
    [0, 24],
    [16, 40],
  ]);
  const late = [row(1, 1_000, {}, 60 * 20)];
  await rollup.record(store, batch(at(50) + 5 * MINUTE_MS, late), [moved, annex]);
  for (const span of [
    { fromMs: at(0), toMs: at(24) },
    { fromMs: at(16), toMs: at(40) },
  ]) {
    const known = await store.siteDays(1, null, span, null);
    const sums = await siteSums(stored(withoutDays(store), hall), hall, [span.fromMs, span.toMs], null);
    t.ok((sums[0]?.supplyWh ?? 0) > 1_000);
    const day = known.find(({ startMs }) => startMs === span.fromMs);
    t.ok(Math.abs((day?.supplyWh ?? 0) - (sums[0]?.supplyWh ?? 0)) < 1e-9);
  }
});

t.test('quarter-hours that are computed anew by another description take their days with them', async (t) => {
  const { store } = await openStore(t);
  const rollup = new Rollup();
  for (const one of hourly(0, 50)) await rollup.record(store, one, sites);
  const levelled = site([point(1, 'utility'), point(2, 'it', { level: 'pdu-output' })]);
  const redescribed = { siteId: 1, fromMs: at(30), virtualIds: [] };
  await rollup.restate(store, { position: ++position, recordedMs: at(51), redescribed, rows: columns([]) }, [
    levelled,
    annex,
  ]);
  const itOf = async (day: number): Promise<(number | null | undefined)[]> => {
    const [row] = await store.siteDays(1, null, { fromMs: at(24 * day), toMs: at(24 * day + 24) }, null);
    return [row?.levels[0]?.itMs, row?.levels[2]?.itMs];
  };
  t.same(await itOf(0), [96 * MINUTE_MS, 0]);
  t.same(await itOf(1), [24 * MINUTE_MS, 72 * MINUTE_MS]);
});
