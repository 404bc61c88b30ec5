import { netWhOf, type PointInterval, type Span } from '../accounting/interval.ts';
import type { Figures } from '../figures.ts';
import type { LevelPlan } from '../site/balance.ts';
import type { Site, SitePoint } from '../site/site.ts';
import { chainsOf, exact } from './metering-chain.ts';
import type { Contribution } from './uncertainty.ts';

/** A point with what was measured of it, and its weights in the two sides of a ratio. */
export interface CountedPoint extends Contribution {
  readonly site: SitePoint;
  /** Null where nothing of the point is known in the period. */
  readonly interval: PointInterval | null;
  /** What assumed constant powers are of the energy of a virtual point, Wh; 0 where there are none, null where it is unknown. */
  readonly constantWh: number | null;
}

export interface Contributions {
  /** The points that count, each once. */
  readonly points: readonly CountedPoint[];
  /** The instruments behind virtual points, with the weights that come out; empty where no virtual point counts. */
  readonly instruments: readonly CountedPoint[];
  /** What an uncertainty is made of: points that are measured, instruments, and the constants of virtual points. */
  readonly errors: readonly Contribution[];
}

/** Sums of points over one period, by their numbers. */
export type Intervals = ReadonlyMap<number, PointInterval>;

/** The sums of all points that are in some plan, and of the instruments behind them: one question, however many there are. */
export async function readIntervals(
  figures: Figures,
  site: Site,
  plans: readonly LevelPlan[],
  { fromMs, toMs }: Span,
  asOfMs: number | null,
): Promise<Intervals> {
  const counted = new Set(plans.flatMap(({ total, it }) => [...total, ...it].map(({ point }) => point)));
  const byName = new Map(site.points.map((point) => [point.point, point]));
  const measured = [...counted].flatMap((point) => [point, ...behind(point, 1, byName).map((member) => member.point)]);
  const pointIds = [...new Set(measured)].flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
  const intervals = await figures.pointSumsOf(pointIds, [fromMs, toMs], asOfMs);
  return new Map(intervals.map((interval) => [interval.pointId, interval]));
}

/** How the points of a plan make up the two sides of its ratio. */
export function contributionsOf(site: Site, { total, it }: LevelPlan, intervals: Intervals): Contributions {
  const byName = new Map(site.points.map((point) => [point.point, point]));
  const points = new Weights();
  for (const { point, weight } of total) points.add(point, { totalWeight: weight, itWeight: 0 });
  for (const { point, weight } of it) points.add(point, { totalWeight: 0, itWeight: weight });
  const members = new Weights();
  const measured = new Weights();
  for (const [point, weights] of points.all) {
    if (point.virtual === null) measured.add(point, weights);
    for (const { point: member, factor } of behind(point, 1, byName)) {
      members.add(member, weights, factor);
      measured.add(member, weights, factor);
    }
  }
  const chainOf = chainsOf(site);
  const counted = ({ all }: Weights): CountedPoint[] =>
    [...all].map(([point, weights]) => {
      const interval = intervalOf(point, intervals);
      const energyWh = interval === null ? null : netWhOf(interval);
      const constantW = constantWOf(point, byName);
      const constantWh = constantW === 0 ? 0 : interval === null ? null : (constantW * interval.measuredMs) / 3_600_000;
      return { site: point, point: point.point, interval, energyWh, constantWh, ...weights, chain: chainOf(point) };
    });
  const all = counted(points);
  // The constant power of a virtual point is taken to be exact.
  const constants = all
    .filter(({ constantWh }) => constantWh !== 0)
    .map((point) => ({ ...point, energyWh: point.constantWh, chain: exact }));
  return { points: all, instruments: counted(members), errors: [...counted(measured), ...constants] };
}

/** The constant power of a virtual point and of those that it is made of, W. */
function constantWOf({ virtual }: SitePoint, byName: ReadonlyMap<string, SitePoint>): number {
  const ofMembers = (virtual?.sum ?? []).map(([name, factor]) => {
    const member = byName.get(name);
    return member === undefined ? 0 : factor * constantWOf(member, byName);
  });
  return ofMembers.reduce((sum, powerW) => sum + powerW, virtual?.constantW ?? 0);
}

/**
 * Usual times between two readings of the instruments that count, ms.
 * @param imported of points, by their numbers, as imports of the period have them
 */
export function intervalsOf({ points, instruments }: Contributions, imported: ReadonlyMap<number, number>): number[] {
  const measured = [...points, ...instruments].filter(({ site }) => site.virtual === null);
  return measured.map(({ site }) => Math.max(site.intervalMs, imported.get(site.pointId ?? -1) ?? 0));
}

interface Weight {
  readonly totalWeight: number;
  readonly itWeight: number;
}

/** Weights add up where a point is met more than once. */
class Weights {
  readonly #all = new Map<SitePoint, Weight>();

  get all(): ReadonlyMap<SitePoint, Weight> {
    return this.#all;
  }

  add(point: SitePoint, more: Weight, factor = 1): void {
    const { totalWeight, itWeight } = this.#all.get(point) ?? { totalWeight: 0, itWeight: 0 };
    this.#all.set(point, {
      totalWeight: totalWeight + factor * more.totalWeight,
      itWeight: itWeight + factor * more.itWeight,
    });
  }
}

/** A measured point, and how often it counts. */
export interface Instrument {
  readonly point: SitePoint;
  readonly factor: number;
}

/** The measured points that a virtual point is made of, directly or through others; none for a measured one. */
export function behind({ virtual }: SitePoint, weight: number, byName: ReadonlyMap<string, SitePoint>): Instrument[] {
  return (virtual?.sum ?? []).flatMap(([name, factor]) => {
    const point = byName.get(name);
    if (point === undefined) return [];
    return point.virtual === null ? [{ point, factor: weight * factor }] : behind(point, weight * factor, byName);
  });
}

function intervalOf({ pointId }: Pick<SitePoint, 'pointId'>, intervals: Intervals): PointInterval | null {
  return pointId === null ? null : (intervals.get(pointId) ?? null);
}
