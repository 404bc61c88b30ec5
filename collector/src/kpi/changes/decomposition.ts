import { overheadParts } from '../../site/site.ts';

/** What a site uses beside its IT, as far as it can be told apart; `losses` is the rest: power losses and what has no meter. */
export const parts = [...overheadParts, 'losses'] as const;
export type Part = (typeof parts)[number];

/** A figure for each part that is told apart. Periods that are compared tell the same parts apart. */
export type ByPart = Readonly<Partial<Record<Part, number>>>;

/** Mean powers over the time in which total and IT were both measured, so that periods of different length compare. */
export interface Powers {
  /** Greater than 0; in a base station the telecom load. */
  readonly itW: number;
  readonly overheadW: ByPart;
}

/** A difference of two PUEs, in PUE points; `itLoad` and the parts add up to `change`. */
export interface Decomposition {
  readonly change: number;
  /** What comes from another IT load under the same overhead. */
  readonly itLoad: number;
  /** What comes from another power of each part under the same IT load. */
  readonly overhead: ByPart;
}

/**
 * Why a PUE changed: the Shapley value of PUE − 1 = Σ overhead ÷ IT over the IT load and each part's power, that is the mean
 * effect of a factor's change over all orders in which the factors can have changed. Each part enters by a product of two
 * factors only, its power and 1 ÷ IT, so that the mean over all orders is that of two.
 */
export function decompose(before: Powers, after: Powers): Decomposition {
  const overhead = mapParts(before.overheadW, (beforeW, part) =>
    ownEffect(before, after, (after.overheadW[part] ?? 0) - beforeW),
  );
  const meanOverheadW = (overheadOf(before) + overheadOf(after)) / 2;
  return {
    change: overheadOf(after) / after.itW - overheadOf(before) / before.itW,
    itLoad: meanOverheadW * (1 / after.itW - 1 / before.itW),
    overhead,
  };
}

/** What a difference of overhead powers is worth in PUE points, at the mean of both periods' 1 ÷ IT. */
export function ownEffect(before: Powers, after: Powers, differenceW: number): number {
  return (differenceW * (1 / before.itW + 1 / after.itW)) / 2;
}

/** Power of everything but IT, W. */
export function overheadOf({ overheadW }: Powers): number {
  return sumOf(overheadW);
}

export function sumOf(byPart: ByPart): number {
  return parts.reduce((sum, part) => sum + (byPart[part] ?? 0), 0);
}

/** The same parts with other figures. */
export function mapParts(byPart: ByPart, map: (value: number, part: Part) => number): ByPart {
  return Object.fromEntries(
    parts.flatMap((part) => {
      const value = byPart[part];
      return value === undefined ? [] : [[part, map(value, part)]];
    }),
  );
}
