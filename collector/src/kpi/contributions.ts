import type { PointInterval, Span } from '../accounting/interval.ts';
import type { Figures } from '../figures.ts';
import type { Balance, LevelPlan, Term } from '../site/balance.ts';
import type { SitePoint } from '../site/site.ts';
import { chainsOf } from './metering-chain.ts';
import type { Contribution } from './uncertainty.ts';

/** A counted point with what was measured of it. */
export interface CountedPoint extends Contribution {
  readonly site: SitePoint;
  /** Null where nothing of the point is known in the period. */
  readonly interval: PointInterval | null;
}

/** The points that count at a level, each once, with their energies over a span. */
export async function contributionsOf(
  figures: Figures,
  { site, levels }: Balance,
  level: number,
  { fromMs, toMs }: Span,
  { asOfMs }: { readonly asOfMs: number | null },
): Promise<CountedPoint[]> {
  const { total, it } = levels[level] as LevelPlan;
  const counted = new Map<string, SitePoint>([...total, ...it].map(({ point }) => [point.point, point]));
  const pointIds = [...counted.values()].flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
  const intervals = await figures.pointSumsOf(pointIds, [fromMs, toMs], asOfMs);
  const byId = new Map(intervals.map((interval) => [interval.pointId, interval]));
  const chainOf = chainsOf(site);
  return [...counted.values()].map((point) => {
    const interval = point.pointId === null ? null : (byId.get(point.pointId) ?? null);
    return {
      site: point,
      point: point.point,
      interval,
      energyWh: interval === null ? null : interval.energyWh - interval.exportWh,
      totalWeight: weightIn(total, point),
      itWeight: weightIn(it, point),
      chain: chainOf(point),
    };
  });
}

function weightIn(terms: readonly Term[], of: SitePoint): number {
  return terms.reduce((sum, { point, weight }) => (point === of ? sum + weight : sum), 0);
}
