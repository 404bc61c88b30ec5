import t from 'tap';
import type { GaugeDay, GaugeQuarter, PointDay, PointInterval, Span } from '../../src/accounting/interval.ts';
import type { DueDay } from '../../src/site/day-queue.ts';
import { makeDays } from '../../src/site/day-rows.ts';
import { nothing } from '../../src/site/interval-sum.ts';
import type { SiteDay, SiteInterval } from '../../src/site/site.ts';
import type { Store } from '../../src/store/store.ts';
import { row, T0 } from './example.ts';

const DAY_MS = 86_400_000;
const day = (days: number): number => T0 + days * DAY_MS;
const within =
  ({ fromMs, toMs }: Span) =>
  ({ startMs }: { readonly startMs: number }): boolean =>
    startMs >= fromMs && startMs < toMs;

interface Known {
  readonly points?: readonly PointInterval[];
  readonly sites?: readonly SiteInterval[];
  readonly gauges?: readonly GaugeQuarter[];
}

/** A store of quarter-hours that takes days, and notes what is read together. */
function storeOf({ points = [], sites = [], gauges = [] }: Known = {}) {
  const read: unknown[] = [];
  const made = {
    sites: [] as SiteDay[],
    points: [] as PointDay[],
    gauges: [] as GaugeDay[],
    recordedMs: [] as number[],
  };
  const store = {
    readBackSiteQuarters: async (siteIds: readonly number[], span: Span) => {
      read.push([siteIds, (span.fromMs - T0) / DAY_MS, (span.toMs - T0) / DAY_MS]);
      return sites.filter(within(span)).filter(({ siteId }) => siteIds.includes(siteId));
    },
    readBackPointQuarters: async (pointIds: readonly number[], span: Span) =>
      points.filter(within(span)).filter(({ pointId }) => pointIds.includes(pointId)),
    readBackGaugeQuarters: async (pointIds: readonly number[], span: Span) =>
      gauges.filter(within(span)).filter(({ pointId }) => pointIds.includes(pointId)),
    writeSiteDays: async (rows: readonly SiteDay[], recordedMs: number) => {
      made.sites.push(...rows);
      made.recordedMs.push(recordedMs);
    },
    writePointDays: async (rows: readonly PointDay[], recordedMs: number) => {
      made.points.push(...rows);
      made.recordedMs.push(recordedMs);
    },
    writeGaugeDays: async (rows: readonly GaugeDay[], recordedMs: number) => {
      made.gauges.push(...rows);
      made.recordedMs.push(recordedMs);
    },
  } as unknown as Store;
  return { store, read, made };
}

const due = (siteId: number, from: number, to: number, pointIds: readonly number[]): DueDay => ({
  siteId,
  span: { fromMs: day(from), toMs: day(to) },
  pointIds,
});

const siteRow = (siteId: number, days: number, supplyWh: number, partial: string | null = null): SiteInterval => ({
  ...nothing,
  siteId,
  partial,
  startMs: day(days),
  supplyWh,
});

const pointRow = (pointId: number, days: number, energyWh: number): PointInterval =>
  row(pointId, energyWh, { startMs: day(days) });

t.test('days of points, sites, parts and gauges are the sums of their quarter-hours', async (t) => {
  const gauge = (days: number, sum: number): GaugeQuarter => ({
    pointId: 2,
    channel: 'utilisation',
    startMs: day(days),
    sum,
    minutes: 15,
  });
  const { store, made } = storeOf({
    points: [pointRow(1, 0, 5), pointRow(1, 0.5, 6), pointRow(2, 1.5, 7), pointRow(3, 0, 99), pointRow(1, 2, 99)],
    sites: [siteRow(4, 0, 10), siteRow(4, 0.25, 20), siteRow(4, 1.5, 5, 'hall'), siteRow(5, 0, 99)],
    gauges: [gauge(0, 30), gauge(0.5, 60), gauge(1, 15)],
  });
  await makeDays(store, [due(4, 0, 1, [1, 2]), due(4, 1, 2, [1, 2])], 77);
  t.match(made.points, [
    { pointId: 1, startMs: day(0), endMs: day(1), energyWh: 11 },
    { pointId: 2, startMs: day(1), endMs: day(2), energyWh: 7 },
  ]);
  t.equal(made.points.length, 2);
  t.match(made.sites, [
    { siteId: 4, partial: null, startMs: day(0), endMs: day(1), supplyWh: 30 },
    { siteId: 4, partial: null, startMs: day(1), endMs: day(2), supplyWh: null },
    { siteId: 4, partial: 'hall', startMs: day(1), endMs: day(2), supplyWh: 5 },
  ]);
  t.equal(made.sites.length, 3, 'a part where nothing is known has no row, and the site has');
  t.match(made.gauges, [
    { pointId: 2, startMs: day(0), endMs: day(1), sum: 90, minutes: 30 },
    { pointId: 2, startMs: day(1), endMs: day(2), sum: 15, minutes: 15 },
  ]);
  t.equal(made.gauges.length, 2);
  t.same(made.recordedMs, [77, 77, 77]);
});

t.test('successive days of a site are read together, or the same day of several sites, and no others', async (t) => {
  const readOf = async (...days: readonly DueDay[]): Promise<unknown[]> => {
    const { store, read } = storeOf();
    await makeDays(store, days, 0);
    return read;
  };
  t.same(await readOf(), []);
  t.same(await readOf(due(1, 0, 1, [1]), due(1, 1, 2, [1]), due(1, 2, 3, [1])), [[[1], 0, 3]]);
  t.same(await readOf(due(1, 0, 1, [1]), due(1, 2, 3, [1])), [
    [[1], 0, 1],
    [[1], 2, 3],
  ]);
  t.same(await readOf(due(1, 0, 1, [1]), due(2, 0, 1, [2]), due(3, 0, 1, [3])), [[[1, 2, 3], 0, 1]]);
  t.same(await readOf(due(1, 0, 1, [1]), due(2, 0, 1.5, [2])), [
    [[1], 0, 1],
    [[2], 0, 1.5],
  ]);
  t.same(await readOf(due(1, 0, 1, [1]), due(2, 1, 2, [2])), [
    [[1], 0, 1],
    [[2], 1, 2],
  ]);
  t.same(await readOf(due(1, 0, 1, [1]), due(1, 1, 2, [1]), due(2, 1, 2, [2])), [
    [[1], 0, 2],
    [[2], 1, 2],
  ]);
  t.same(await readOf(due(1, 0, 1, [1]), due(2, 0, 1, [2]), due(1, 1, 2, [1])), [
    [[1, 2], 0, 1],
    [[1], 1, 2],
  ]);
  t.same(await readOf(due(1, 0, 1, [1]), due(1, 2, 3, [1]), due(1, 3, 4, [1])), [
    [[1], 0, 1],
    [[1], 2, 4],
  ]);
  t.same(await readOf(due(1, 0, 1, [1]), due(2, 0.5, 1, [2])), [
    [[1], 0, 1],
    [[2], 0.5, 1],
  ]);
  t.same(await readOf(due(1, 0, 1, [1]), due(1, 0, 1, [1])), [
    [[1], 0, 1],
    [[1], 0, 1],
  ]);
});

t.test('no more than 50,000 quarter-hours of points and sites are read together', async (t) => {
  const portions = async (count: number, pointsEach: number): Promise<number> => {
    const ids = Array.from({ length: pointsEach }, (_, index) => index);
    const { store, read } = storeOf();
    await makeDays(
      store,
      Array.from({ length: count }, (_, siteId) => due(siteId, 0, 1, ids)),
      0,
    );
    return read.length;
  };
  t.equal(await portions(2, 259), 1, '49,920');
  t.equal(await portions(2, 260), 2, '50,112');
  t.equal(await portions(4, 259), 2);
  t.equal(await portions(520, 0), 1, 'each site has its own: 49,920');
  t.equal(await portions(521, 0), 2);
});
