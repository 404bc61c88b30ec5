import type { MeteringChain } from './metering-chain.ts';

/** A counted point's place in a ratio of two sums. */
export interface Contribution {
  readonly point: string;
  /** Net energy, Wh; null where it is unknown. */
  readonly energyWh: number | null;
  /** What a Wh of the point adds to the total, and to the IT energy; 0 where the point is not in it. */
  readonly totalWeight: number;
  readonly itWeight: number;
  readonly chain: MeteringChain;
}

/** Where an uncertainty comes from. The squares of the parts add up to the square of the whole. */
export const uncertaintyParts = ['meters', 'transformers', 'commonCause', 'resolution', 'missingData'] as const;
type UncertaintyPart = (typeof uncertaintyParts)[number];

/** Expanded (k = 2), absolute: in the unit of the figure. Null is unknown. */
export interface Uncertainty {
  readonly value: number | null;
  readonly parts: Readonly<Record<UncertaintyPart, number | null>>;
  /** What the whole would be if no two points shared an error: a group on both sides of the ratio makes it narrower. */
  readonly ifIndependent: number | null;
  /** Points whose meter has no accuracy class. */
  readonly withoutClass: readonly string[];
  /** Points whose current transformer is taken to be of the meter's own class. */
  readonly assumedTransformers: readonly string[];
}

/** Coverage factor of an expanded uncertainty: about 95 % of a normal distribution. */
export const COVERAGE_FACTOR = 2;

/** A limit of error is the half-width of a rectangular distribution. */
const RECTANGULAR = 1 / Math.sqrt(3);

/** A register's two readings are each cut by up to one step: the difference has a triangular distribution of that half-width. */
const TRIANGULAR = 1 / Math.sqrt(6);

/** Standard uncertainty of one metering chain, relative: its members add in quadrature. Null where the class is unknown. */
export function chainUncertainty({ meterPercent, transformerPercents }: MeteringChain): number | null {
  return meterPercent === null ? null : (RECTANGULAR / 100) * Math.hypot(meterPercent, ...transformerPercents);
}

/**
 * Uncertainty of PUE = T/I. With eᵢ the energy of a point, aᵢ and bᵢ its weights in T and I, and δᵢ its relative error, to first
 * order δPUE/PUE = Σ sᵢδᵢ with the sensitivity sᵢ = eᵢ·(aᵢ/T − bᵢ/I). This holds whichever points are on which side: for a meter
 * on both it is the covariance of the two sides. Independent errors add in quadrature; those of a group with a common cause are
 * one error, and add with their signs before they are squared.
 * @param missingData standard uncertainty from missing data, absolute; null where it is unknown.
 */
export function pueUncertainty(
  pue: number | null,
  contributions: readonly Contribution[],
  missingData: number | null,
): Uncertainty {
  const withoutClass = contributions.filter(({ chain }) => chain.meterPercent === null).map(({ point }) => point);
  const assumed = contributions.filter(({ chain }) => chain.isTransformerAssumed).map(({ point }) => point);
  const known = { withoutClass, assumedTransformers: assumed };
  const shares = sensitivities(contributions);
  const ofMissing = missingData === null ? null : COVERAGE_FACTOR * missingData;
  if (pue === null || shares === null || shares.some(({ s, u }) => u === null && s !== 0)) {
    const parts = { meters: null, transformers: null, commonCause: null, resolution: null, missingData: ofMissing };
    return { value: null, parts, ifIndependent: null, ...known };
  }
  const scale = COVERAGE_FACTOR * Math.abs(pue);
  const alone = shares.filter(({ chain }) => chain.commonCause === null);
  const transformersOf = ({ chain, s }: Share): number =>
    (s * RECTANGULAR * Math.hypot(...chain.transformerPercents)) / 100;
  const parts = {
    meters: scale * Math.hypot(...alone.map(({ s, chain }) => (s * RECTANGULAR * (chain.meterPercent ?? 0)) / 100)),
    transformers: scale * Math.hypot(...alone.map(transformersOf)),
    commonCause: scale * Math.hypot(...groupErrors(shares)),
    resolution: scale * Math.hypot(...shares.map(({ d, chain }) => d * TRIANGULAR * chain.resolutionWh)),
    missingData: ofMissing,
  };
  const independent = scale * Math.hypot(...shares.map(({ s, u }) => s * (u ?? 0)));
  const whole = (meters: readonly number[]): number | null =>
    ofMissing === null ? null : Math.hypot(...meters, parts.resolution, ofMissing);
  return {
    value: whole([parts.meters, parts.transformers, parts.commonCause]),
    parts,
    ifIndependent: whole([independent]),
    ...known,
  };
}

/** One point's own part of a PUE's uncertainty, expanded and absolute, by its id; null where its class is unknown. */
export function pointUncertainties(
  pue: number | null,
  contributions: readonly Contribution[],
): ReadonlyMap<string, number | null> {
  const shares = pue === null ? null : sensitivities(contributions);
  const of = ({ s, u }: Share): number | null =>
    u === null || pue === null ? null : COVERAGE_FACTOR * Math.abs(pue * s) * u;
  return new Map((shares ?? []).map((share) => [share.point, of(share)]));
}

interface Share {
  readonly point: string;
  readonly chain: MeteringChain;
  /** Relative change of the ratio with one Wh of the point, and with its energy as a whole. */
  readonly d: number;
  readonly s: number;
  /** Standard uncertainty of the chain, relative. */
  readonly u: number | null;
}

/** Null where an energy is unknown or a side has none. */
function sensitivities(contributions: readonly Contribution[]): Share[] | null {
  let total = 0;
  let it = 0;
  for (const { energyWh, totalWeight, itWeight } of contributions) {
    if (energyWh === null) return null;
    total += energyWh * totalWeight;
    it += energyWh * itWeight;
  }
  if (total === 0 || it === 0) return null;
  return contributions.map(({ point, energyWh, totalWeight, itWeight, chain }) => {
    const d = totalWeight / total - itWeight / it;
    return { point, chain, d, s: d * (energyWh ?? 0), u: chainUncertainty(chain) };
  });
}

/** The error of each group that has a common cause, relative: its members' errors with their signs. */
function groupErrors(shares: readonly Share[]): number[] {
  const errors = new Map<string, number>();
  for (const { chain, s, u } of shares) {
    if (chain.commonCause !== null) errors.set(chain.commonCause, (errors.get(chain.commonCause) ?? 0) + s * (u ?? 0));
  }
  return [...errors.values()];
}
