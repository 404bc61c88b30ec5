import { type ByPart, mapParts, type Part, type Powers, parts, sumOf } from './decomposition.ts';

/** A PUE beyond its target, in PUE points; negative is room left. */
export interface TargetGap {
  readonly gap: number;
  /** What each part adds to the PUE: its power over that of IT. */
  readonly contribution: ByPart;
  /** What the design allows each part; null where nobody said how the overhead was designed to divide. */
  readonly allowance: ByPart | null;
}

/** How the overhead divides by design; only the proportion counts. */
export type DesignShares = Readonly<Record<Part, number>>;

/**
 * The gap to a target: overhead above (target − 1) · IT. The design's shares divide the overhead that the target allows; a
 * part that is not told apart leaves its share to the losses, among which its energy is.
 */
export function gapToTarget(powers: Powers, target: number, shares: DesignShares | null): TargetGap {
  const contribution = mapParts(powers.overheadW, (powerW) => powerW / powers.itW);
  const allowance = shares === null ? null : allowanceOf(contribution, target - 1, shares);
  return { gap: 1 + sumOf(contribution) - target, contribution, allowance };
}

function allowanceOf(told: ByPart, allowed: number, shares: DesignShares): ByPart {
  const merged = parts.filter((part) => told[part] === undefined).reduce((sum, part) => sum + shares[part], 0);
  const all = sumOf(shares);
  return mapParts(told, (_, part) => (allowed * (shares[part] + (part === 'losses' ? merged : 0))) / all);
}
