import type { CountedPoint } from './contributions.ts';
import type { SiteKpis } from './site-kpis.ts';
import { pointUncertainties } from './uncertainty.ts';

/** A point, and what it does to the figure. */
export interface ExplainedPoint extends CountedPoint {
  /** Elapsed time of the period of which nothing is known, ms. */
  readonly missingMs: number;
  /** The point's own part of the figure's uncertainty, expanded, in PUE points; null where unknown, or of a virtual point. */
  readonly uncertainty: number | null;
}

/** A figure that can be explained. */
export type Explained = Pick<SiteKpis, 'contributions' | 'pue' | 'elapsedMs'>;

/** How a period's figure was made: the points that count on each side, and the instruments behind virtual points. */
export function explain({ contributions, pue, elapsedMs }: Explained): {
  readonly points: readonly ExplainedPoint[];
  readonly instruments: readonly ExplainedPoint[];
} {
  const { points, instruments, errors } = contributions;
  const uncertainties = pointUncertainties(pue, errors);
  const explained = (point: CountedPoint): ExplainedPoint => {
    const knownMs = (point.interval?.measuredMs ?? 0) + (point.interval?.estimatedMs ?? 0);
    const uncertainty = point.site.virtual === null ? (uncertainties.get(point.point) ?? null) : null;
    return { ...point, missingMs: Math.max(0, elapsedMs - knownMs), uncertainty };
  };
  return { points: points.map(explained), instruments: instruments.map(explained) };
}
