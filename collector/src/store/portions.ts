import { QUARTER_MS } from '../accounting/interval.ts';

/** Part of a question about many points and a long time. */
export interface Portion {
  readonly pointIds: readonly number[];
  /** Successive boundaries, two at least. */
  readonly boundariesMs: readonly number[];
}

/**
 * Divides a question into some of which none has to hold more quarter-hours of points at once, in the order of time and then of
 * points. Of one span between two boundaries the time is not divided: its sum would fall apart.
 */
export function portionsOf(pointIds: readonly number[], boundariesMs: readonly number[], most: number): Portion[] {
  const sorted = [...new Set(pointIds)].sort((a, b) => a - b);
  const portions: Portion[] = [];
  for (let from = 0; from + 1 < boundariesMs.length; ) {
    let to = from + 1;
    while (to + 1 < boundariesMs.length && quarters(boundariesMs, from, to + 1) * sorted.length <= most) to++;
    const together = Math.max(1, Math.floor(most / quarters(boundariesMs, from, to)));
    for (let at = 0; at < sorted.length; at += together) {
      portions.push({ pointIds: sorted.slice(at, at + together), boundariesMs: boundariesMs.slice(from, to + 1) });
    }
    from = to;
  }
  return portions;
}

function quarters(boundariesMs: readonly number[], from: number, to: number): number {
  return ((boundariesMs[to] as number) - (boundariesMs[from] as number)) / QUARTER_MS;
}
