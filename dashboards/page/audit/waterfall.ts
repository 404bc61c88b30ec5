import type { ChangePart, Changes } from './contract.ts';

/** One line of a waterfall: a level where it begins and ends, or a step from one running sum to the next. */
export type WaterfallRow =
  | { readonly kind: 'level'; readonly name: string; readonly at: number }
  | { readonly kind: 'step'; readonly part: ChangePart; readonly from: number; readonly to: number };

export interface Waterfall {
  readonly rows: readonly WaterfallRow[];
  /** The axis; it need not begin at 0, because no bar stands for a level. */
  readonly low: number;
  readonly high: number;
  readonly target: number | null;
  /** Whether steps are differences from what was compared with, or what each part adds to the figure by itself. */
  readonly steps: 'differences' | 'additions';
}

/**
 * The steps from what is compared with to the figure; from 1, which is IT itself, where nobody said how the overhead is designed
 * to divide. Null where there is nothing to compare.
 */
export function waterfallOf({ period, against, target, change, parts }: Changes): Waterfall | null {
  const start = against?.value ?? target?.value ?? null;
  if (change === null || start === null || period.value === null || parts.length === 0) return null;
  const isTold = parts.every(({ points }) => points !== null);
  const first = isTold
    ? { name: against?.name ?? `target: ${target?.name}`, at: start }
    : { name: 'the load itself', at: 1 };
  let sum = first.at;
  const steps = parts.map((part): WaterfallRow => {
    const from = sum;
    sum += (isTold ? part.points : part.after.ratio) ?? 0;
    return { kind: 'step', part, from, to: sum };
  });
  const last = { kind: 'level', name: period.name, at: period.value } as const;
  const rows: WaterfallRow[] = [{ kind: 'level', ...first }, ...steps, last];
  const levels = [...rows.flatMap((row) => (row.kind === 'level' ? [row.at] : [row.from, row.to])), start];
  const [least, most] = [Math.min(...levels), Math.max(...levels)];
  const room = Math.max(most - least, LEAST_WIDTH) * ROOM;
  return {
    rows,
    low: least - room,
    high: most + room,
    target: target?.value ?? null,
    steps: isTold ? 'differences' : 'additions',
  };
}

/** So that noise does not look like news. */
const LEAST_WIDTH = 0.01;
const ROOM = 0.06;
