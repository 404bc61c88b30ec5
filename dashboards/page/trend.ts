import type { Interval, Site } from './contract.ts';

/** One interval as the trend shows it; `value` is its PUE or SEE. */
export interface TrendInterval {
  readonly startMs: number;
  readonly endMs: number;
  readonly value: number | null;
  readonly totalWh: number | null;
  readonly itWh: number | null;
  readonly coverage: number | null;
  readonly estimatedShare: number | null;
}

/**
 * A series ready to be drawn. Each known interval is a level from its start to its end; neighbours are joined, and a gap
 * is a null between them, so that nothing is ever drawn where nothing is known.
 */
export interface Trend {
  /** Unix time in seconds, ascending. */
  readonly xs: readonly number[];
  readonly ys: readonly (number | null)[];
  /** Without holes from the first to the last interval: what the collector left out stands here as unknown. */
  readonly intervals: readonly TrendInterval[];
}

export type TrendMetric = 'pue' | 'see';

export function metricOf(kind: Site['kind']): TrendMetric {
  return kind === 'base-station' ? 'see' : 'pue';
}

/**
 * Intervals before the first known one are left out: they are not a gap, but the time before the site existed here. Where
 * the newest one closed more than an interval ago, a gap runs from there to the present, `nowMs`.
 */
export function trendOf(series: readonly Interval[], metric: TrendMetric, nowMs: number): Trend {
  const closed = withHoles(series.map((interval) => trendInterval(interval, metric)));
  const last = closed.at(-1);
  const isBehind = last !== undefined && nowMs - last.endMs > 2 * (last.endMs - last.startMs);
  const intervals = isBehind ? [...closed, hole(last.endMs, nowMs)] : closed;
  const xs: number[] = [];
  const ys: (number | null)[] = [];
  for (const { startMs, endMs, value } of intervals) {
    xs.push(startMs / 1000, endMs / 1000);
    ys.push(value, value);
  }
  return { xs, ys, intervals };
}

/** The interval at an instant, or null outside the trend. */
export function intervalAt(trend: Trend, timeMs: number): TrendInterval | null {
  return trend.intervals.find(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs) ?? null;
}

/** Spans in which nothing is known, neighbours joined. */
export function gapsOf(trend: Trend): readonly { readonly startMs: number; readonly endMs: number }[] {
  const gaps: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs, value } of trend.intervals) {
    if (value !== null) continue;
    const last = gaps.at(-1);
    if (last?.endMs === startMs) last.endMs = endMs;
    else gaps.push({ startMs, endMs });
  }
  return gaps;
}

function trendInterval(interval: Interval, metric: TrendMetric): TrendInterval {
  const startMs = Date.parse(interval.start);
  const endMs = Date.parse(interval.end);
  return {
    startMs,
    endMs,
    value: isTooThin(interval, endMs - startMs) ? null : ratioOf(interval, metric),
    totalWh: interval.totalWh,
    itWh: interval.itWh,
    coverage: interval.coverage,
    estimatedShare: interval.estimatedShare,
  };
}

/** In some seconds of a minute, one step of a register weighs more than what the ratio is to show. */
function isTooThin({ coverage }: Interval, durationMs: number): boolean {
  return durationMs <= 60_000 && coverage !== null && coverage < 0.1;
}

function ratioOf({ pue, paired }: Interval, metric: TrendMetric): number | null {
  return metric === 'pue' ? pue : siteEfficiency(paired);
}

/** SEE: telecom over site energy (ITU-T L.1350), of the time in which both were measured. */
function siteEfficiency(paired: Interval['paired']): number | null {
  if (!paired || paired.itWh === null || !paired.totalWh) return null;
  return paired.itWh / paired.totalWh;
}

function withHoles(intervals: readonly TrendInterval[]): readonly TrendInterval[] {
  const isKnown = ({ value, totalWh, itWh }: TrendInterval) => value !== null || totalWh !== null || itWh !== null;
  const first = intervals.findIndex(isKnown);
  const filled: TrendInterval[] = [];
  for (const interval of first < 0 ? [] : intervals.slice(first)) {
    const before = filled.at(-1);
    if (before !== undefined && before.endMs < interval.startMs) filled.push(hole(before.endMs, interval.startMs));
    filled.push(interval);
  }
  return filled;
}

function hole(startMs: number, endMs: number): TrendInterval {
  return { startMs, endMs, value: null, totalWh: null, itWh: null, coverage: 0, estimatedShare: null };
}
