import { QUARTER_MS } from '../accounting/interval.ts';
import type { Store } from '../store/store.ts';
import type { DueDay } from './day-queue.ts';
import { GaugeSums, nothing, sumPointIntervals, sumSiteIntervals } from './interval-sum.ts';
import type { SiteDay, SiteInterval } from './site.ts';

/** Quarter-hours of points read back at once. */
const MAX_QUARTERS_AT_ONCE = 50_000;

/** Makes the rows of local days from the quarter-hours that the transaction under way sees, in bounded portions. */
export async function makeDays(store: Store, days: readonly DueDay[], recordedMs: number): Promise<void> {
  for (const portion of portionsOf(days)) await makePortion(store, portion, recordedMs);
}

/** Days whose quarter-hours are read back together: successive ones of a site, or the same one of several sites. */
function portionsOf(days: readonly DueDay[]): (readonly DueDay[])[] {
  const portions: DueDay[][] = [];
  let quarters = 0;
  for (const day of days) {
    const ofDay = quartersOf(day);
    const last = portions.at(-1);
    quarters += ofDay;
    if (last !== undefined && quarters <= MAX_QUARTERS_AT_ONCE && (isNextDay(last, day) || isNextSite(last, day))) {
      last.push(day);
    } else {
      portions.push([day]);
      quarters = ofDay;
    }
  }
  return portions;
}

function isNextDay(portion: readonly DueDay[], day: DueDay): boolean {
  return portion.every(({ siteId }) => siteId === day.siteId) && portion.at(-1)?.span.toMs === day.span.fromMs;
}

function isNextSite(portion: readonly DueDay[], { siteId, span }: DueDay): boolean {
  return portion.every(
    (other) => other.span.fromMs === span.fromMs && other.span.toMs === span.toMs && other.siteId !== siteId,
  );
}

function quartersOf({ span, pointIds }: DueDay): number {
  return ((span.toMs - span.fromMs) / QUARTER_MS) * (pointIds.length + 1);
}

/** Every site of a portion has the same days, and they follow one another. */
async function makePortion(store: Store, days: readonly DueDay[], recordedMs: number): Promise<void> {
  const ends = new Map(days.map(({ span }) => [span.fromMs, span.toMs]));
  const edges = [...ends.keys(), Math.max(...ends.values())];
  const span = { fromMs: edges[0] as number, toMs: edges.at(-1) as number };
  const endOf = (startMs: number): number => ends.get(startMs) as number;
  const siteIds = [...new Set(days.map(({ siteId }) => siteId))];
  const pointIds = [...new Set(days.flatMap((day) => day.pointIds))];
  const ofSites = siteDays(siteIds, await store.readBackSiteQuarters(siteIds, span), edges);
  await store.writeSiteDays(ofSites, recordedMs);
  const points = sumPointIntervals(await store.readBackPointQuarters(pointIds, span), edges);
  await store.writePointDays(
    points.map((row) => ({ ...row, endMs: endOf(row.startMs) })),
    recordedMs,
  );
  const gauges = new GaugeSums(edges);
  gauges.add(await store.readBackGaugeQuarters(pointIds, span));
  await store.writeGaugeDays(
    gauges.values().map((row) => ({ ...row, endMs: endOf(row.startMs) })),
    recordedMs,
  );
}

/** Those of the sites and of their parts; a site where nothing is known has rows, too. */
function siteDays(siteIds: readonly number[], quarters: readonly SiteInterval[], edges: readonly number[]): SiteDay[] {
  const byOwner = new Map(
    siteIds.map((siteId) => [`${siteId} `, { siteId, partial: null as string | null, rows: [] as SiteInterval[] }]),
  );
  for (const row of quarters) {
    const { siteId, partial } = row;
    const key = `${siteId} ${partial ?? ''}`;
    const owner = byOwner.get(key) ?? { siteId, partial, rows: [] };
    owner.rows.push(row);
    byOwner.set(key, owner);
  }
  return [...byOwner.values()].flatMap(({ siteId, partial, rows }) => {
    const sums = new Map(sumSiteIntervals(rows, edges).map((sum) => [sum.startMs, sum]));
    return edges.slice(0, -1).flatMap((startMs, index) => {
      const endMs = edges[index + 1] as number;
      const sum = sums.get(startMs) ?? (partial === null ? { ...nothing, startMs, endMs } : null);
      return sum === null ? [] : [{ ...sum, siteId, partial }];
    });
  });
}
