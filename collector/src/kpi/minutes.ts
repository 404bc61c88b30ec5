import { isEmpty, MINUTE_MS, type PointInterval, type Span } from '../accounting/interval.ts';
import { siteMinutes as minutesOfSite } from '../site/balance.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { addVirtualRows, type VirtualPlan } from '../site/virtual-rows.ts';
import type { Store } from '../store/store.ts';

/** Where sums come from: what is committed, and what is newer. */
export interface Sources {
  readonly store: Store;
  /** Newest minutes of these points that are not in the store yet; one that is in the store too is newer here. */
  readonly openRows: (pointIds: readonly number[], span: Span) => readonly PointInterval[];
  /** How a virtual point is made of others, its own plan last; empty for a point that is measured. */
  readonly plansOf: (pointId: number) => readonly VirtualPlan[];
  /** The site that a point belongs to; undefined where the point is not known. */
  readonly siteOf: (pointId: number) => SiteZone | undefined;
  /** Every row before this instant is in a quarter-hour of the store. */
  readonly rolledUpToMs: number;
}

/** A site, as far as its days are concerned. */
export type SiteZone = Pick<Site, 'siteId' | 'timezone'>;

/** A point's minutes, including those not stored yet unless `asOfMs` asks for the past. */
export function pointMinutes(
  sources: Sources,
  pointId: number,
  span: Span,
  asOfMs: number | null,
): Promise<PointInterval[]> {
  return minutesOf(sources, [pointId], span, asOfMs);
}

/** A site's minutes, including those not stored yet unless `asOfMs` asks for the past. */
export async function siteMinutes(sources: Sources, site: Site, span: Span, asOfMs: number | null): Promise<SiteSum[]> {
  const rows = await minutesOf(sources, measuredIdsOf(site), span, asOfMs);
  return minutesOfSite(site, rows).map(({ siteId: _, partial: __, ...minute }) => ({
    ...minute,
    endMs: minute.startMs + MINUTE_MS,
  }));
}

/** Minutes of points measured or virtual, in order of time and then of points. */
export async function minutesOf(
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
export function measuredIdsOf(site: Site): number[] {
  return site.points.flatMap(({ pointId, virtual }) => (pointId === null || virtual !== null ? [] : [pointId]));
}
