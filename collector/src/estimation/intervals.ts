import { QUARTER_MS } from '../accounting/interval.ts';
import type { Estimate, EstimateMethod } from './estimates.ts';

/** The estimated part of an interval. */
export interface IntervalEstimate {
  readonly energyWh: number;
  readonly ms: number;
  readonly methods: readonly EstimateMethod[];
}

/**
 * Quarter-hours' estimates by the intervals between successive boundaries, by the intervals' beginnings: an interval of whole
 * quarter-hours has their sum, a minute that part of its quarter-hour's estimate which its own missing time makes. An interval
 * in which nothing is estimated is not there.
 * @param quarters in order of time
 * @param missingMsOf unmeasured time of an interval; asked only of those that are shorter than a quarter-hour
 */
export function byInterval(
  quarters: readonly Estimate[],
  boundariesMs: readonly number[],
  missingMsOf: (startMs: number) => number,
): Map<number, IntervalEstimate> {
  const found = new Map<number, IntervalEstimate>();
  let next = 0;
  for (const [index, endMs] of boundariesMs.slice(1).entries()) {
    const startMs = boundariesMs[index] as number;
    while (next < quarters.length && (quarters[next] as Estimate).startMs + QUARTER_MS <= startMs) next++;
    const inside: Estimate[] = [];
    for (let at = next; at < quarters.length && (quarters[at] as Estimate).startMs < endMs; at++) {
      inside.push(quarters[at] as Estimate);
    }
    const [first] = inside;
    if (first === undefined) continue;
    if (endMs - startMs >= QUARTER_MS) found.set(startMs, sumOf(inside));
    else if (missingMsOf(startMs) > 0) found.set(startMs, partOf(first, missingMsOf(startMs)));
  }
  return found;
}

function partOf({ energyWh, ms, methods }: Estimate, missingMs: number): IntervalEstimate {
  return { energyWh: (energyWh * missingMs) / ms, ms: missingMs, methods };
}

function sumOf(quarters: readonly Estimate[]): IntervalEstimate {
  return {
    energyWh: quarters.reduce((sum, { energyWh }) => sum + energyWh, 0),
    ms: quarters.reduce((sum, { ms }) => sum + ms, 0),
    methods: [...new Set(quarters.flatMap(({ methods }) => methods))].sort(),
  };
}
