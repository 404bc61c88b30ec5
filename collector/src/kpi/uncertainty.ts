import { type AccuracyClass, accuracyClasses } from '@wattmark/shared/roles';

/** A counted point's share in a sum. */
export interface Contribution {
  readonly point: string;
  /** Weighted net energy, Wh; null where it is unknown. */
  readonly energyWh: number | null;
  readonly accuracyClass: AccuracyClass | null;
}

export interface Contributions {
  readonly total: readonly Contribution[];
  readonly it: readonly Contribution[];
}

/** Coverage factor of an expanded uncertainty: about 95 % of a normal distribution. */
const COVERAGE_FACTOR = 2;

/**
 * Standard uncertainty of one metering chain, relative: a class's limit is the half-width of a rectangular distribution,
 * and the current transformer is taken to be of the meter's own class, so that the two add in quadrature. A meter that is
 * connected directly is better than that.
 */
export function chainUncertainty(accuracyClass: AccuracyClass): number {
  return (Math.SQRT2 * (accuracyClasses[accuracyClass] / 100)) / Math.sqrt(3);
}

/**
 * Expanded uncertainty (k = 2) of a PUE, absolute, from the accuracy of the meters alone: what was not measured is not in it.
 * Meters of the two sides are independent; where the total is the sum of parts, the IT energy stands on both sides with the
 * same error, and only the rest over the IT energy is uncertain: PUE = 1 + rest / IT.
 * @returns null where the energy or class of a counted point is unknown.
 */
export function pueUncertainty(
  pue: number,
  totalFrom: 'supply' | 'parts',
  { total, it }: Contributions,
): number | null {
  const itShare = sumUncertainty(it);
  const counted = new Set(it.map(({ point }) => point));
  const rest = totalFrom === 'supply' ? total : total.filter(({ point }) => !counted.has(point));
  const restShare = rest.length === 0 ? 0 : sumUncertainty(rest);
  if (itShare === null || restShare === null) return null;
  const scale = totalFrom === 'supply' ? pue : pue - 1;
  return COVERAGE_FACTOR * Math.abs(scale) * Math.hypot(restShare, itShare);
}

/** Relative standard uncertainty of a sum of independent meters: u² = Σ(Eᵢuᵢ)² / (ΣE)². */
function sumUncertainty(members: readonly Contribution[]): number | null {
  let sumWh = 0;
  let variance = 0;
  for (const { energyWh, accuracyClass } of members) {
    if (energyWh === null || accuracyClass === null) return null;
    sumWh += energyWh;
    variance += (energyWh * chainUncertainty(accuracyClass)) ** 2;
  }
  if (variance === 0) return 0;
  return sumWh === 0 ? null : Math.sqrt(variance) / Math.abs(sumWh);
}
