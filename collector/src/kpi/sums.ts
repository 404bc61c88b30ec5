import { isEmpty, MINUTE_MS, type PointInterval, QUARTER_MS, type Span } from '../accounting/interval.ts';
import {
  type Balance,
  balanceOf,
  minutesOf,
  partialBalancesOf,
  siteMinutes as minutesOfSite,
} from '../site/balance.ts';
import { sumPointIntervals, sumSiteIntervals } from '../site/interval-sum.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { addVirtualRows, type VirtualPlan } from '../site/virtual-rows.ts';
import type { Store } from '../store/store.ts';
import { atLevel, type LevelSum } from './level.ts';

/** Where sums come from: what is committed, and what is newer. */
export interface Sources {
  readonly store: Store;
  /** Newest minutes of these points that are not in the store yet; one that is in the store too is newer here. */
  readonly openRows: (pointIds: readonly number[], span: Span) => readonly PointInterval[];
  /** How a virtual point is made of others, its own plan last; empty for a point that is measured. */
  readonly plansOf: (pointId: number) => readonly VirtualPlan[];
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
  return minutesOfSite(site, rows).map(({ siteId: _, partial: __, ...minute }) => ({
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
  return sumsOf(sources, balanceOf(site), boundariesMs, asOfMs);
}

/**
 * Sums of one part of a site between successive boundaries on quarter-hours: total and IT are paired minute by minute, as those
 * of the whole site. Their ratio is the part's pPUE.
 * @throws RangeError where the site has no such part.
 */
export async function partialSums(
  sources: Sources,
  { site, partial }: { readonly site: Site; readonly partial: string },
  boundariesMs: readonly number[],
  asOfMs: number | null,
): Promise<LevelSum[]> {
  const balance = partialBalancesOf(site).find((candidate) => candidate.partial === partial);
  if (balance === undefined) throw new RangeError(`${site.site} has no part ${partial}`);
  const sums = await sumsOf(sources, balance, boundariesMs, asOfMs);
  return sums.map((sum) => atLevel(sum, 0));
}

async function sumsOf(
  sources: Sources,
  balance: Balance,
  boundariesMs: readonly number[],
  asOfMs: number | null,
): Promise<SiteSum[]> {
  const { site, partial } = balance;
  const { rolledUp, tail } = split(boundariesMs, rolledUpToMs(sources, asOfMs));
  const sums = await sources.store.siteSums(site.siteId, rolledUp, asOfMs, partial);
  if (tail === null) return sums;
  const rows = await minutes(sources, pointIdsOf(site), tail, asOfMs);
  return sumSiteIntervals([...sums, ...minutesOf(balance, rows)], boundariesMs);
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

/** Minutes of points measured or virtual, in order of time and then of points. */
async function minutes(
  sources: Sources,
  pointIds: readonly number[],
  span: Span,
  asOfMs: number | null,
): Promise<PointInterval[]> {
  const plans = [...new Set(pointIds.flatMap((id) => sources.plansOf(id)))];
  if (plans.length === 0) return measuredMinutes(sources, pointIds, span, asOfMs);
  const made = new Set(plans.map(({ pointId }) => pointId));
  const members = plans.flatMap((plan) => (plan.members ?? []).map(({ pointId }) => pointId));
  const measured = [...new Set([...pointIds, ...members])].filter((id) => !made.has(id));
  const rows = await measuredMinutes(sources, measured, span, asOfMs);
  const wanted = new Set(pointIds);
  return withVirtual(plans, rows).filter((row) => wanted.has(row.pointId) && !isEmpty(row));
}

/** Rows of measured points, in order of time, together with those that are made of them. */
function withVirtual(plans: readonly VirtualPlan[], rows: readonly PointInterval[]): PointInterval[] {
  const all: PointInterval[] = [];
  for (let from = 0; from < rows.length; ) {
    const { startMs } = rows[from] as PointInterval;
    const at = new Map<number, PointInterval>();
    for (; rows[from]?.startMs === startMs; from++) {
      const row = rows[from] as PointInterval;
      at.set(row.pointId, row);
    }
    addVirtualRows(
      plans,
      startMs,
      (pointId) => at.get(pointId),
      (row) => at.set(row.pointId, row),
    );
    all.push(...[...at.values()].sort((a, b) => a.pointId - b.pointId));
  }
  return all;
}

/** In order of time; rows that are still open replace those in the store. */
async function measuredMinutes(
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

/** The site's minutes make those of its virtual points themselves. */
function pointIdsOf(site: Site): number[] {
  return site.points.flatMap(({ pointId, virtual }) => (pointId === null || virtual !== null ? [] : [pointId]));
}
