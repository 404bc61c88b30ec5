import { QUARTER_MS, type Span } from '../accounting/interval.ts';
import { EstimationLimitError, MAX_DAYS } from './limit.ts';

/**
 * Gaps are looked for in stretches of 24 hours first: a year without any has few of them, and is done. The time before the
 * span, as far as any method looks back, tells which gaps nothing could fill.
 */

const DAY_MS = 86_400_000;

/** A quarter-hour is filled so long after its end: its last readings are still on their way. */
const SETTLE_MS = 60_000;

/** Shorter times without a measurement are no gap: a tick may fall to either side of a minute's end. */
export const LEAST_GAP_MS = 1000;

/**
 * Stretches of 24 hours, the last one cut, by their edges; none where nothing of the span can be filled yet.
 * @throws EstimationLimitError
 */
export function daysAround({ fromMs, toMs }: Span, historyWeeks: number, knownMs: number): number[] {
  const beginMs = quarterOf(fromMs);
  const endMs = Math.min(quarterOf(toMs + QUARTER_MS - 1), quarterOf(knownMs - SETTLE_MS));
  if (endMs <= beginMs) return [];
  if (endMs - beginMs > MAX_DAYS * DAY_MS) throw new EstimationLimitError(`the range has more than ${MAX_DAYS} days`);
  const edges: number[] = [];
  for (let ms = beginMs - historyWeeks * 7 * DAY_MS; ms < endMs; ms += DAY_MS) edges.push(ms);
  return [...edges, endMs];
}

/**
 * The quarter-hours of those days in the span in which time is missing.
 * @param coveredMs the time covered in each day, by its beginning; days of which nothing is known are missing
 */
export function quartersWithGaps(
  edges: readonly number[],
  coveredMs: ReadonlyMap<number, number>,
  span: Span,
  historyWeeks: number,
): number[] {
  const reach = historyWeeks * 7 + 1;
  const quarters: number[] = [];
  let lastKnown = Number.NEGATIVE_INFINITY;
  for (const [index, endMs] of edges.slice(1).entries()) {
    const startMs = edges[index] as number;
    const covered = coveredMs.get(startMs) ?? 0;
    if (covered > 0) lastKnown = index;
    if (startMs < quarterOf(span.fromMs) || endMs - startMs - covered < LEAST_GAP_MS) continue;
    // Every method needs something measured before the gap, and none looks further back.
    if (index - lastKnown > reach) continue;
    for (let ms = startMs; ms < endMs; ms += QUARTER_MS) quarters.push(ms);
  }
  return quarters;
}

function quarterOf(ms: number): number {
  return Math.floor(ms / QUARTER_MS) * QUARTER_MS;
}
