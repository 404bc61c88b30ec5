import type { CountedPoint } from './contributions.ts';
import type { SiteKpis } from './site-kpis.ts';
import { pointUncertainties } from './uncertainty.ts';

/** A counted point, and what it does to the figure. */
export interface ExplainedPoint extends CountedPoint {
  /** Elapsed time of the period of which nothing is known, ms. */
  readonly missingMs: number;
  /** The point's own part of the figure's uncertainty, expanded, in PUE points; null where it is unknown. */
  readonly uncertainty: number | null;
}

/** How a period's figure was made: the points that count on each side, with what was measured of them. */
export function explain({ points, pue, elapsedMs }: Pick<SiteKpis, 'points' | 'pue' | 'elapsedMs'>): ExplainedPoint[] {
  const uncertainties = pointUncertainties(pue, points);
  return points.map((point) => {
    const knownMs = (point.interval?.measuredMs ?? 0) + (point.interval?.estimatedMs ?? 0);
    const missingMs = Math.max(0, elapsedMs - knownMs);
    return { ...point, missingMs, uncertainty: uncertainties.get(point.point) ?? null };
  });
}
