import { energyRoles, type Level, levels, type Role, supplyRoles } from '@wattmark/shared/roles';
import { isEmpty, type PointInterval } from '../accounting/interval.ts';
import type { Site, SiteInterval, SitePoint } from './site.ts';

/**
 * A point that counts, and how: its net energy (drawn less fed back) times `weight` is its contribution to a sum; so is its
 * power, which is negative when it flows back. A battery among the supply has a negative weight: what it is charged with has
 * come through the supply and is not used yet, what it gives is used without having come through the supply.
 */
export interface Term {
  readonly point: SitePoint;
  readonly weight: number;
}

/** Which points make up a site's energies; made once for each version of a site, and used by intervals and live figures alike. */
export interface Balance {
  readonly site: Site;
  /** The supply with its batteries, or the parts. The sum of all terms is the total; with one of them unknown it is unknown. */
  readonly total: readonly Term[];
  /** Null where the site's points allow no total at all. */
  readonly totalFrom: 'supply' | 'parts' | null;
  /** IT (in a base station: telecom) points at one level; together with another level they would count the same energy twice. */
  readonly it: readonly Term[];
  /** The level of `it`; null where nobody said. */
  readonly level: Level | null;
  /** Whether a battery's charge and discharge are metered, so that an outage of the supply bends nothing. */
  readonly batteryMetered: boolean;
  /** All points that have a role, in the order of `energyRoles`. */
  readonly byRole: readonly (readonly Term[])[];
}

/** The plan by which a site's points add up. */
export function balanceOf(site: Site): Balance {
  const byRole = energyRoles.map((role) => site.points.filter((point) => point.role === role).map(termOf));
  const of = (role: Role): readonly Term[] => byRole[energyRoles.indexOf(role)] ?? [];
  const { terms: itTerms, level } = atOneLevel(of('it'), site.itLevel);
  const it = site.kind === 'base-station' ? of('telecom') : itTerms;
  const supply = supplyRoles.flatMap(of);
  const batteries = of('battery').map(({ point, weight }) => ({ point, weight: -weight }));
  // Without its main load a sum of parts would be a small number that looks like a total.
  const parts =
    it.length === 0 ? [] : [...itTerms, ...(['telecom', 'cooling', 'lighting', 'other'] as const).flatMap(of)];
  const fromSupply = supply.length > 0;
  return {
    site,
    total: fromSupply ? [...supply, ...batteries] : parts,
    totalFrom: fromSupply ? 'supply' : parts.length > 0 ? 'parts' : null,
    it,
    level: site.kind === 'base-station' ? null : level,
    batteryMetered: batteries.length > 0,
    byRole,
  };
}

/** The row of a point in the minute in question, by the point's number. */
export type RowOf = (pointId: number) => PointInterval | undefined;

/** Measured times that differ by less are taken to be the same: a tick may fall to either side of a minute's end. */
const SAME_TIME_MS = 1200;

/** A supply that gives less than this share of the IT energy gives nothing: the rest is its meter's own noise. */
const DEAD_SUPPLY_SHARE = 0.01;

/**
 * A site's energies in the minute that begins at `startMs`, from its points' rows of that minute; null where
 * there is no row of any of the site's points.
 */
export function siteMinute(balance: Balance, startMs: number, rowOf: RowOf): SiteInterval | null {
  const { site } = balance;
  if (!site.points.some(({ pointId }) => pointId !== null && rowOf(pointId) !== undefined)) return null;
  const total = side(balance.total, rowOf);
  const it = side(balance.it, rowOf);
  const paired = total !== null && it !== null && isPair(balance, total, it);
  const pairedMs = paired ? Math.min(total.measuredMs, it.measuredMs) : 0;
  return {
    siteId: site.siteId,
    startMs,
    totalWh: total?.energyWh ?? null,
    itWh: it?.energyWh ?? null,
    totalMs: total?.measuredMs ?? 0,
    itMs: it?.measuredMs ?? 0,
    pairedTotalWh: paired ? total.energyWh : 0,
    pairedItWh: paired ? it.energyWh : 0,
    pairedMs,
    estimatedMs: paired ? Math.min(pairedMs, Math.max(total.bridgedMs, it.bridgedMs)) : 0,
    roleWh: balance.byRole.map((terms) => roleWh(terms, rowOf)),
  };
}

/** A site's minutes in order of time, from rows of its points in any order; of two rows of one minute the later one counts. */
export function siteMinutes(site: Site, rows: Iterable<PointInterval>): SiteInterval[] {
  const balance = balanceOf(site);
  const byStart = new Map<number, Map<number, PointInterval>>();
  for (const row of rows) {
    const at = byStart.get(row.startMs) ?? new Map<number, PointInterval>();
    byStart.set(row.startMs, at.set(row.pointId, row));
  }
  return [...byStart]
    .sort(([a], [b]) => a - b)
    .map(([startMs, at]) => siteMinute(balance, startMs, (pointId) => at.get(pointId)))
    .filter((interval) => interval !== null);
}

function termOf(point: SitePoint): Term {
  return { point, weight: point.factor };
}

/**
 * The points at the site's own choice of level, or else at the level nearest the supply, where everything below is included.
 * Points whose level nobody said count only where that is so of all: they may well be below one whose level is known.
 */
function atOneLevel(it: readonly Term[], chosen: Level | null): { terms: readonly Term[]; level: Level | null } {
  const present = levels.filter((level) => it.some(({ point }) => point.level === level));
  if (present.length === 0) return { terms: it, level: chosen };
  const level = chosen ?? (present[0] as Level);
  return { terms: it.filter(({ point }) => point.level === level), level };
}

interface Side {
  readonly energyWh: number;
  /** Least and greatest time measured, among the points. */
  readonly measuredMs: number;
  readonly mostMeasuredMs: number;
  readonly bridgedMs: number;
  readonly isEstimated: boolean;
}

/** The sum of the terms, or null where one of them was not measured for any of the time. */
function side(terms: readonly Term[], rowOf: RowOf): Side | null {
  if (terms.length === 0) return null;
  const sum = { energyWh: 0, measuredMs: Infinity, mostMeasuredMs: 0, bridgedMs: 0, isEstimated: false };
  for (const { point, weight } of terms) {
    const row = point.pointId === null ? undefined : rowOf(point.pointId);
    if (row === undefined || row.measuredMs <= 0) return null;
    sum.energyWh += weight * (row.energyWh - row.exportWh);
    sum.measuredMs = Math.min(sum.measuredMs, row.measuredMs);
    sum.mostMeasuredMs = Math.max(sum.mostMeasuredMs, row.measuredMs);
    sum.bridgedMs = Math.max(sum.bridgedMs, row.bridgedMs);
    sum.isEstimated ||= row.estimatedMs > 0;
  }
  return sum;
}

/** Whether the two sides may form a ratio: both measured throughout the same time, and the load fed by the supply. */
function isPair(balance: Balance, total: Side, it: Side): boolean {
  if (total.isEstimated || it.isEstimated) return false;
  const most = Math.max(total.mostMeasuredMs, it.mostMeasuredMs);
  if (most - Math.min(total.measuredMs, it.measuredMs) > SAME_TIME_MS) return false;
  // An outage that a battery without a meter bridges: the load ran on energy that was counted when the battery was charged.
  const isOutage = it.energyWh > 0 && total.energyWh < DEAD_SUPPLY_SHARE * it.energyWh;
  return !(isOutage && balance.totalFrom === 'supply' && !balance.batteryMetered);
}

function roleWh(terms: readonly Term[], rowOf: RowOf): number | null {
  let sum: number | null = null;
  for (const { point, weight } of terms) {
    const row = point.pointId === null ? undefined : rowOf(point.pointId);
    if (row !== undefined && !isEmpty(row)) sum = (sum ?? 0) + weight * row.energyWh;
  }
  return sum;
}
