import { energyRoles, type Level, levels, type Role, supplyRoles } from '@wattmark/shared/roles';
import { knowsDrawn, type PointInterval } from '../accounting/interval.ts';
import { whPerUnit } from './conversion.ts';
import { completeLevels } from './level-tree.ts';
import { noLevel, noPart } from './interval-sum.ts';
import { addVirtualRows, SAME_TIME_MS, type VirtualPlan, virtualPlansOf } from './virtual-rows.ts';
import {
  type LevelEnergies,
  overheadParts,
  type PartEnergies,
  type Site,
  type SiteInterval,
  type SitePoint,
} from './site.ts';

/**
 * A point that counts, and how: its net energy (drawn less fed back; litres or kilograms of a fuel) times `weight` is its
 * contribution to a sum in Wh; so is its power, which is negative when it flows back. A battery among the supply has a negative
 * weight: what it is charged with has come through the supply and is not used yet, what it gives is used without having come
 * through the supply.
 */
export interface Term {
  readonly point: SitePoint;
  readonly weight: number;
}

/** The two sides of the ratio at one measuring level. */
export interface LevelPlan {
  /** IT (in a base station: telecom) points of the level; together with another level they would count the same energy twice. */
  readonly it: readonly Term[];
  /** The supply with its batteries, or the parts. With one of them unknown the sum is unknown. */
  readonly total: readonly Term[];
}

/** Which points make up a site's energies; made once for each version of a site, and used by intervals and live figures alike. */
export interface Balance {
  readonly site: Site;
  /** Id of the part of the site that it is of; null for the whole site. */
  readonly partial: string | null;
  /** Null where the site's points allow no total at all. */
  readonly totalFrom: 'supply' | 'parts' | null;
  /** In the order of `SiteInterval.levels`. */
  readonly levels: readonly LevelPlan[];
  /** Indices of the levels that measure all of the IT, the deepest first; never empty. What the site file names stands alone. */
  readonly complete: readonly number[];
  /** Whether a battery's charge and discharge are metered, so that an outage of the supply bends nothing. */
  readonly batteryMetered: boolean;
  /** The points that are made of others, each after its members. */
  readonly virtual: readonly VirtualPlan[];
  /** Points that have a role, in the order of `energyRoles`; of IT those of the level that counts now: levels hold each other. */
  readonly byRole: readonly (readonly Term[])[];
  /** Points of the loads beside the IT, in the order of `overheadParts`. */
  readonly overhead: readonly (readonly Term[])[];
}

/** The plan by which a site's points add up. */
export function balanceOf(site: Site): Balance {
  const counted = site.points.filter((point) => !isMeteredBehind(point, site));
  const termOf = (point: SitePoint): Term => termAt(site, point);
  const byRole: (readonly Term[])[] = energyRoles.map((role) =>
    counted.filter((point) => point.role === role).map(termOf),
  );
  const of = (role: Role): readonly Term[] => byRole[energyRoles.indexOf(role)] ?? [];
  const supply = supplyRoles.flatMap(of);
  const batteries = of('battery').map(({ point, weight }) => ({ point, weight: -weight }));
  const isStation = site.kind === 'base-station';
  const itLevels = atEachLevel(of('it'));
  const complete = completeLevels(site);
  const countedIt = itLevels[complete[0] as number] ?? [];
  const rest = (isStation ? (['cooling', 'lighting', 'other'] as const) : restRoles).flatMap(of);
  const loads = isStation ? [of('telecom'), [], [], []] : itLevels;
  // A load that is the main one of the other kind of site.
  const foreign = isStation ? countedIt : of('telecom');
  const others = isStation ? [...foreign, ...rest] : rest;
  const fromSupply = supply.length > 0;
  const plans = loads.map((it) => ({ it, total: fromSupply ? [...supply, ...batteries] : partsOf(it, others) }));
  return {
    site,
    partial: null,
    totalFrom: fromSupply ? 'supply' : plans.some(({ total }) => total.length > 0) ? 'parts' : null,
    levels: plans,
    complete: isStation ? [0] : complete,
    batteryMetered: batteries.length > 0,
    virtual: virtualPlansOf(site),
    byRole: byRole.with(energyRoles.indexOf('it'), countedIt),
    // District cooling comes in as supply, and is used for nothing but cooling.
    overhead: [[...of('cooling'), ...of('district-cooling')], of('lighting'), [...of('other'), ...foreign]],
  };
}

/**
 * The plans by which the points of a site's parts add up: each has a total and IT of its own, and no roles or levels. Their ratio
 * is a partial PUE (ISO/IEC 30134-2 names the derivative; its form (E_sub + E_IT) ÷ E_IT from memory).
 */
export function partialBalancesOf(site: Site): readonly Balance[] {
  const byName = new Map(site.points.map((point) => [point.point, point]));
  const termsOf = (names: readonly string[]): readonly Term[] =>
    names.flatMap((name) => byName.get(name) ?? []).map((point) => termAt(site, point));
  return (site.file.partials ?? []).map(({ id, total, it }) => ({
    site,
    partial: id,
    totalFrom: 'supply',
    levels: [{ total: termsOf(total), it: termsOf(it) }, noPlan, noPlan, noPlan],
    complete: [0],
    batteryMetered: false,
    virtual: virtualPlansOf(site),
    byRole: energyRoles.map(() => []),
    overhead: overheadParts.map(() => []),
  }));
}

/** The level that counts now: the deepest one that measures all of the IT. */
export function planOf(balance: Balance): LevelPlan & { readonly level: Level | null } {
  const index = balance.complete[0] as number;
  return { ...(balance.levels[index] as LevelPlan), level: levelOf(balance.site, index) };
}

/** The level at an index; where no point says its own, all are at the one that the site file names. */
export function levelOf(site: Site, index: number): Level | null {
  if (site.kind === 'base-station') return null;
  if (index > 0) return levels[index - 1] ?? null;
  return site.points.some(({ role, level }) => role === 'it' && level !== null) ? null : site.itLevel;
}

/** The row of a point in the minute in question, by the point's number; it holds until the next one is asked for. */
export type RowOf = (pointId: number) => PointInterval | undefined;

/** A supply that gives less than this share of the IT energy gives nothing: the rest is its meter's own noise. */
const DEAD_SUPPLY_SHARE = 0.01;

/**
 * A site's energies in the minute that begins at `startMs`, from its points' rows of that minute; null where
 * there is no row of any of the site's points.
 */
export function siteMinute(balance: Balance, startMs: number, rowOf: RowOf): SiteInterval | null {
  const { site } = balance;
  if (!site.points.some(({ pointId }) => pointId !== null && rowOf(pointId) !== undefined)) return null;
  const fromSupply = balance.totalFrom === 'supply';
  const supply = fromSupply ? side((balance.levels[0] as LevelPlan).total, rowOf) : null;
  return {
    siteId: site.siteId,
    partial: balance.partial,
    startMs,
    supplyWh: supply?.energyWh ?? null,
    supplyMs: supply?.measuredMs ?? 0,
    levels: balance.levels.map(({ it, total }) => {
      if (it.length === 0) return noLevel;
      const parts = fromSupply ? null : side(total, rowOf);
      return levelMinute(balance, fromSupply ? supply : parts, parts, side(it, rowOf));
    }),
    roleWh: balance.byRole.map((terms) => roleWh(terms, rowOf)),
    overhead: balance.overhead.map((terms) => partMinute(side(terms, rowOf))),
  };
}

/** A site's minutes in order of time, from rows of its points in any order; of two rows of one minute the later one counts. */
export function siteMinutes(site: Site, rows: Iterable<PointInterval>): SiteInterval[] {
  return minutesOf(balanceOf(site), rows);
}

/** The minutes of a site or of one of its parts, as `siteMinutes` gives them. */
export function minutesOf(balance: Balance, rows: Iterable<PointInterval>): SiteInterval[] {
  const byStart = new Map<number, Map<number, PointInterval>>();
  for (const row of rows) {
    const at = byStart.get(row.startMs) ?? new Map<number, PointInterval>();
    byStart.set(row.startMs, at.set(row.pointId, row));
  }
  return [...byStart]
    .sort(([a], [b]) => a - b)
    .map(([startMs, at]) => {
      const rowOf: RowOf = (pointId) => at.get(pointId);
      addVirtualRows(balance.virtual, startMs, rowOf, (row) => at.set(row.pointId, row));
      return siteMinute(balance, startMs, rowOf);
    })
    .filter((interval) => interval !== null);
}

const noPlan: LevelPlan = { it: [], total: [] };

function termAt({ conversion }: Site, point: SitePoint): Term {
  return { point, weight: point.factor * whPerUnit(conversion, point.carrier) };
}

/** Parts of a data centre's total beside its IT. */
const restRoles = ['telecom', 'cooling', 'lighting', 'other'] as const;

/**
 * Whether a generator's fuel is metered although the electricity that it makes is, too: counted is the electricity. A fuel point
 * without feeds is taken to be that of all generators.
 */
function isMeteredBehind({ role, quantity, feeds }: SitePoint, { points }: Site): boolean {
  if (role !== 'generator' || quantity === 'energy') return false;
  const metered = points.filter((point) => point.role === 'generator' && point.quantity === 'energy');
  return metered.some(({ point }) => feeds.length === 0 || feeds.includes(point));
}

/** The IT points whose level nobody said, and then those of each level. */
function atEachLevel(it: readonly Term[]): readonly (readonly Term[])[] {
  return [null, ...levels].map((level) => it.filter(({ point }) => point.level === level));
}

/** Without its main load a sum of parts would be a small number that looks like a total. */
function partsOf(it: readonly Term[], others: readonly Term[]): readonly Term[] {
  return it.length === 0 ? [] : [...it, ...others];
}

function levelMinute(balance: Balance, total: Side | null, parts: Side | null, it: Side | null): LevelEnergies {
  const paired = total !== null && it !== null && isPair(balance, total, it);
  const pairedMs = paired ? Math.min(total.measuredMs, it.measuredMs) : 0;
  return {
    partsWh: parts?.energyWh ?? null,
    partsMs: parts?.measuredMs ?? 0,
    itWh: it?.energyWh ?? null,
    itMs: it?.measuredMs ?? 0,
    pairedTotalWh: paired ? total.energyWh : 0,
    pairedItWh: paired ? it.energyWh : 0,
    pairedMs,
    estimatedMs: paired ? Math.min(pairedMs, Math.max(total.bridgedMs, it.bridgedMs)) : 0,
  };
}

function partMinute(part: Side | null): PartEnergies {
  if (part === null || part.isEstimated) return noPart;
  return { energyWh: part.energyWh, measuredMs: part.measuredMs };
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
  let sum = 0;
  let isKnown = false;
  for (const { point, weight } of terms) {
    const row = point.pointId === null ? undefined : rowOf(point.pointId);
    if (row === undefined || !knowsDrawn(row)) continue;
    sum += weight * row.energyWh;
    isKnown = true;
  }
  return isKnown ? sum : null;
}
