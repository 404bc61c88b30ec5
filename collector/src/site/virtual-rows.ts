import { emptyInterval, knowsDrawn, MINUTE_MS, type PointInterval } from '../accounting/interval.ts';
import type { Site, SitePoint } from './site.ts';

/** How one virtual point's minutes are made. */
export interface VirtualPlan {
  readonly pointId: number;
  /** Null where a member cannot be added: its number is not known, or it counts another quantity. */
  readonly members: readonly { readonly pointId: number; readonly factor: number }[] | null;
  readonly constantW: number;
}

/** Row of a point in the minute in question, by the point's number. */
type RowOf = (pointId: number) => PointInterval | undefined;

/** Measured times that differ by less are taken to be the same: a tick may fall to either side of a minute's end. */
export const SAME_TIME_MS = 1200;

/** The virtual points of a site, each after those that it is made of. */
export function virtualPlansOf({ points }: Site): readonly VirtualPlan[] {
  if (points.every(({ virtual }) => virtual === null)) return [];
  const byName = new Map(points.map((point) => [point.point, point]));
  const plans = new Map<string, VirtualPlan | null>();
  const visit = (point: SitePoint): void => {
    if (point.virtual === null || plans.has(point.point)) return;
    plans.set(point.point, null);
    for (const [name] of point.virtual.sum) {
      const member = byName.get(name);
      if (member !== undefined) visit(member);
    }
    // A map keeps the place of the first setting; the plan belongs behind its members.
    plans.delete(point.point);
    plans.set(point.point, planOf(point, point.virtual, byName));
  };
  for (const point of points) visit(point);
  return [...plans.values()].filter((plan) => plan !== null);
}

/** The plans that one point needs, its own last; none for a point that is measured. */
export function plansBehind(pointId: number, plans: readonly VirtualPlan[]): readonly VirtualPlan[] {
  const needed = new Set([pointId]);
  const behind = plans.toReversed().filter((plan) => {
    if (!needed.has(plan.pointId)) return false;
    for (const member of plan.members ?? []) needed.add(member.pointId);
    return true;
  });
  return behind.reverse();
}

/** Makes the rows of one minute of all plans, in their order. */
export function addVirtualRows(
  plans: readonly VirtualPlan[],
  startMs: number,
  rowOf: RowOf,
  add: (row: PointInterval) => void,
): void {
  for (const plan of plans) {
    const row = virtualRow(plan, startMs, rowOf);
    if (row !== null) add(row);
  }
}

function planOf(
  { pointId, quantity }: SitePoint,
  { sum, constantW }: NonNullable<SitePoint['virtual']>,
  byName: ReadonlyMap<string, SitePoint>,
): VirtualPlan | null {
  if (pointId === null) return null;
  const members = sum.flatMap(([name, factor]) => {
    const member = byName.get(name);
    return member === undefined || member.pointId === null || member.quantity !== quantity
      ? []
      : [{ pointId: member.pointId, factor }];
  });
  return { pointId, members: members.length === sum.length ? members : null, constantW };
}

/**
 * A virtual point's minute: null where no member is known of it, empty where one is missing. Time counts as measured that is
 * measured of all; time that is known of some members only makes the minute an estimated one, since its energy is of another
 * time than it says.
 */
function virtualRow({ pointId, members, constantW }: VirtualPlan, startMs: number, rowOf: RowOf): PointInterval | null {
  if (members === null || members.every((member) => rowOf(member.pointId) === undefined)) return null;
  const row = emptyInterval(pointId, startMs);
  const times = { measuredMs: MINUTE_MS, knownMs: MINUTE_MS, mostMs: 0, bridgedMs: 0 };
  const sum = { energyWh: 0, estimatedWh: 0, exportWh: 0 };
  for (const { pointId: memberId, factor } of members) {
    const member = rowOf(memberId);
    if (member === undefined || !knowsDrawn(member)) return row;
    const knownMs = member.measuredMs + member.estimatedMs;
    times.measuredMs = Math.min(times.measuredMs, member.measuredMs);
    times.knownMs = Math.min(times.knownMs, knownMs);
    times.mostMs = Math.max(times.mostMs, knownMs);
    times.bridgedMs = Math.max(times.bridgedMs, member.bridgedMs);
    // What is taken off has no direction of its own.
    sum.energyWh += factor * (factor < 0 ? member.energyWh - member.exportWh : member.energyWh);
    sum.exportWh += factor < 0 ? 0 : factor * member.exportWh;
    sum.estimatedWh += factor * member.estimatedWh;
  }
  const isUneven = times.mostMs - times.knownMs > SAME_TIME_MS;
  const endMs = isUneven ? times.mostMs : times.knownMs;
  return {
    ...row,
    ...sum,
    energyWh: sum.energyWh + (constantW * times.knownMs) / 3_600_000,
    measuredMs: times.measuredMs,
    estimatedMs: endMs - times.measuredMs,
    bridgedMs: Math.min(times.bridgedMs, times.measuredMs),
  };
}
