import { QUARTER_MS } from '../accounting/interval.ts';

/** Part of a question about many points and a long time. */
export interface Portion {
  readonly pointIds: readonly number[];
  /** Successive boundaries, two at least; between those asked for there may be others, where a span is divided. */
  readonly boundariesMs: readonly number[];
}

/** Time is not divided further: rows lie in order of time, so that a question reads little beside its own. */
const LEAST_QUARTERS = 96;

/**
 * Divides a question into some of which none has to hold more quarter-hours of points at once, in the order of time and then of
 * points. Time is divided before points, since each question about points reads the rows of all others of that time, too. A span
 * may fall into several portions, whose sums are to be added up.
 */
export function portionsOf(pointIds: readonly number[], boundariesMs: readonly number[], most: number): Portion[] {
  const sorted = [...new Set(pointIds)].sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  const longestMs = Math.max(LEAST_QUARTERS, Math.floor(most / sorted.length)) * QUARTER_MS;
  const together = Math.max(1, Math.floor((most * QUARTER_MS) / longestMs));
  return runsOf(divided(boundariesMs, longestMs), longestMs).flatMap((run) =>
    Array.from({ length: Math.ceil(sorted.length / together) }, (_, part) => ({
      pointIds: sorted.slice(part * together, (part + 1) * together),
      boundariesMs: run,
    })),
  );
}

/** The boundaries with as many between them as it takes for none to be further apart. */
function divided(boundariesMs: readonly number[], longestMs: number): number[] {
  const edges = boundariesMs.slice(0, 1);
  for (const endMs of boundariesMs.slice(1)) {
    for (let ms = (edges.at(-1) as number) + longestMs; ms < endMs; ms += longestMs) edges.push(ms);
    edges.push(endMs);
  }
  return edges;
}

/** Successive spans together, as long as that is not too long. */
function runsOf(edges: readonly number[], longestMs: number): number[][] {
  const runs: number[][] = [];
  for (let from = 0; from + 1 < edges.length; ) {
    let to = from + 1;
    while (to + 1 < edges.length && (edges[to + 1] as number) - (edges[from] as number) <= longestMs) to++;
    runs.push(edges.slice(from, to + 1));
    from = to;
  }
  return runs;
}
