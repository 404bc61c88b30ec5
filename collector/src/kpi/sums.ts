import { isEmpty, MINUTE_MS, type PointInterval, QUARTER_MS, type Span } from '../accounting/interval.ts';
import { siteMinutes as minutesOfSite } from '../site/balance.ts';
import { sumPointIntervals, sumSiteIntervals } from '../site/interval-sum.ts';
import type { Site, SiteSum } from '../site/site.ts';
import type { Store } from '../store/store.ts';

/** Where sums come from: what is committed, and what is newer. */
export interface Sources {
  readonly store: Store;
  /** Newest minutes of these points that are not in the store yet; one that is in the store too is newer here. */
  readonly openRows: (pointIds: readonly number[], span: Span) => readonly PointInterval[];
  /** Every row before this instant is in a quarter-hour of the store. */
  readonly rolledUpToMs: number;
}

const HOUR_MS = 3_600_000;

/** A point's minutes, including those not stored yet unless `asOfMs` asks for the past. */
export function pointMinutes(
  sources: Sources,
  pointId: number,
  span: Span,
  asOfMs: number | null,
): Promise<PointInterval[]> {
  return minutes(sources, [pointId], span, asOfMs);
}

/** A site's minutes, including those not stored yet unless `asOfMs` asks for the past. */
export async function siteMinutes(sources: Sources, site: Site, span: Span, asOfMs: number | null): Promise<SiteSum[]> {
  const rows = await minutes(sources, pointIdsOf(site), span, asOfMs);
  return minutesOfSite(site, rows).map(({ siteId: _, ...minute }) => ({
    ...minute,
    endMs: minute.startMs + MINUTE_MS,
  }));
}

/** Points' sums between successive boundaries on quarter-hours: rolled up where they are, minutes where they are not. */
export async function pointSumsOf(
  sources: Sources,
  pointIds: readonly number[],
  boundariesMs: readonly number[],
  asOfMs: number | null,
): Promise<PointInterval[]> {
  const { rolledUp, tail } = split(boundariesMs, rolledUpToMs(sources, asOfMs));
  const sums = (await sources.store.pointSumsOf(pointIds, rolledUp, asOfMs)).filter((row) => !isEmpty(row));
  if (tail === null) return sums;
  return sumPointIntervals([...sums, ...(await minutes(sources, pointIds, tail, asOfMs))], boundariesMs);
}

/**
 * Points' single quarter-hours, given in order of time, by the same rule and in the same order; one of which nothing is known
 * is not there.
 */
export async function pointQuarters(
  sources: Sources,
  pointIds: readonly number[],
  startsMs: readonly number[],
  asOfMs: number | null,
): Promise<PointInterval[]> {
  const atMs = rolledUpToMs(sources, asOfMs);
  const newer = startsMs.filter((ms) => ms >= atMs);
  const rolledUp = startsMs.filter((ms) => ms < atMs);
  const quarters = (await sources.store.pointQuarters(pointIds, rolledUp, asOfMs)).filter((row) => !isEmpty(row));
  const [fromMs, lastMs] = [newer[0], newer.at(-1)];
  if (fromMs === undefined || lastMs === undefined) return quarters;
  const rows = await minutes(sources, pointIds, { fromMs, toMs: lastMs + QUARTER_MS }, asOfMs);
  const asked = new Set(newer);
  const edges = new Set(newer.flatMap((ms) => [ms, ms + QUARTER_MS]));
  const sums = sumPointIntervals(rows, [...edges]);
  return [...quarters, ...sums.filter(({ startMs }) => asked.has(startMs))];
}

/** A site's sums between successive boundaries on quarter-hours: rolled up where they are, minutes where they are not. */
export async function siteSums(
  sources: Sources,
  site: Site,
  boundariesMs: readonly number[],
  asOfMs: number | null,
): Promise<SiteSum[]> {
  const { rolledUp, tail } = split(boundariesMs, rolledUpToMs(sources, asOfMs));
  const sums = await sources.store.siteSums(site.siteId, rolledUp, asOfMs);
  if (tail === null) return sums;
  const rows = await minutes(sources, pointIdsOf(site), tail, asOfMs);
  return sumSiteIntervals([...sums, ...minutesOfSite(site, rows)], boundariesMs);
}

/**
 * As known at `asOfMs`, quarter-hours that ended shortly before were not rolled up yet, and their minutes are asked instead:
 * a batch rolls up what has ended, and in an hour there is a batch unless the collector stood still.
 */
function rolledUpToMs(sources: Sources, asOfMs: number | null): number {
  if (asOfMs === null) return sources.rolledUpToMs;
  return Math.min(sources.rolledUpToMs, Math.floor((asOfMs - HOUR_MS) / QUARTER_MS) * QUARTER_MS);
}

/** The boundaries up to the instant, and the span from there on; null where the boundaries end before it. */
function split(boundariesMs: readonly number[], atMs: number): { rolledUp: readonly number[]; tail: Span | null } {
  const fromMs = boundariesMs[0];
  const toMs = boundariesMs.at(-1);
  if (fromMs === undefined || toMs === undefined || toMs <= atMs) return { rolledUp: boundariesMs, tail: null };
  const before = boundariesMs.filter((ms) => ms < atMs);
  return { rolledUp: before.length === 0 ? [] : [...before, atMs], tail: { fromMs: Math.max(fromMs, atMs), toMs } };
}

/** In order of time; rows that are still open replace those in the store. */
async function minutes(
  { store, openRows }: Sources,
  pointIds: readonly number[],
  span: Span,
  asOfMs: number | null,
): Promise<PointInterval[]> {
  // Before the store is asked: a row that is committed meanwhile would otherwise be in neither.
  const open = asOfMs === null ? openRows(pointIds, span) : [];
  const stored = await store.pointMinutes(pointIds, span, asOfMs);
  const rows = new Map(stored.map((row) => [keyOf(row), row]));
  for (const row of open) rows.set(keyOf(row), row);
  const known = [...rows.values()].filter((row) => !isEmpty(row));
  return known.sort((a, b) => a.startMs - b.startMs || a.pointId - b.pointId);
}

function keyOf({ pointId, startMs }: PointInterval): string {
  return `${pointId} ${startMs}`;
}

function pointIdsOf(site: Site): number[] {
  return site.points.flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
}
