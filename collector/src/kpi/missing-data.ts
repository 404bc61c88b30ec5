import type { LevelSum } from './level.ts';
import { pueOf } from './pue.ts';

/** Sums of a part of a period, such as one of its days. */
export interface PartSum {
  readonly sum: Pick<LevelSum, 'pairedTotalWh' | 'pairedItWh' | 'pairedMs' | 'estimatedMs'>;
  /** Time of the part that is over, ms. */
  readonly elapsedMs: number;
}

/** A part measured for less than this share of itself says little about how much a ratio may vary. */
const LEAST_SHARE = 0.5;

/**
 * Standard uncertainty of a PUE, absolute, from what was not measured: Wattmark's own model. With coverage c, the PUE of the
 * whole period is c·R + (1 − c)·R', R measured and R' not. R' is taken to lie anywhere within R ± D, with D the greatest distance
 * from R of any part of the period (its days, hours or quarter-hours) that was measured for at least half of itself:
 * u = (1 − c)·D/√3. The IT load of the time not measured is taken to be that of the time measured.
 * @returns null where it is unknown, because fewer than two parts can be told apart; 0 for a period measured throughout.
 */
export function missingDataUncertainty(
  pue: number | null,
  coverage: number | null,
  parts: readonly PartSum[],
): number | null {
  if (pue === null || coverage === null) return null;
  if (coverage >= 1) return 0;
  const ratios = parts
    .filter(({ sum, elapsedMs }) => sum.pairedMs >= LEAST_SHARE * elapsedMs)
    .map(({ sum }) => pueOf(sum))
    .filter((ratio) => ratio !== null);
  if (ratios.length < 2) return null;
  const greatest = Math.max(...ratios.map((ratio) => Math.abs(ratio - pue)));
  return ((1 - coverage) * greatest) / Math.sqrt(3);
}
