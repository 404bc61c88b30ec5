import type { Room } from './rig/room.ts';

/** What is required of a value. */
export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** One value that a figure measured. */
export interface Outcome {
  readonly what: string;
  readonly value: number;
  /** Unit of the value, its bound and its limit; empty for a ratio. */
  readonly unit: string;
  /** Null where the value is only told. */
  readonly required: Bound | null;
  /** What this machine allows at best, measured in the same run; null where that is what the value is compared with already. */
  readonly limit: { readonly what: string; readonly value: number } | null;
}

export interface FigureOptions {
  /** Length of figures that watch something over time; null for each one's own. */
  readonly minutes: number | null;
  /** Length of the history that is imported; null for the figure's own. */
  readonly days: number | null;
}

/** One thing that is measured. */
export interface Figure {
  readonly name: string;
  /** What is measured and how, in a few sentences. */
  readonly about: string;
  /** How long it takes, at most. */
  minutes(options: FigureOptions): number;
  run(room: Room, options: FigureOptions): Promise<readonly Outcome[]>;
}

export function isMet({ value, required }: Outcome): boolean {
  if (required === null) return true;
  return 'atLeast' in required ? value >= required.atLeast : value <= required.atMost;
}
