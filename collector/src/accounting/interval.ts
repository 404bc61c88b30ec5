import type { Channel } from '@wattmark/shared/channels';
import type { PointColumns } from './point-columns.ts';

/** The base interval: one UTC minute. Everything longer is a sum of these. */
export const MINUTE_MS = 60_000;

/**
 * The rolled-up interval. Every time zone's days begin on a quarter-hour, so local days, months and years are sums of
 * it.
 */
export const QUARTER_MS = 900_000;

/** A half-open span of UTC milliseconds. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What one metering point drew in one interval `[startMs, startMs + 1 minute)` (or a quarter-hour, where it is rolled
 * up). An interval without any energy known has no row at all: a missing row means unknown, never zero. Where a
 * restatement takes back all that was known of an interval, its newest row is empty: it covers no time, and means
 * unknown as well. Where only the register of energy fed back moved, a row says that alone, and covers no time either.
 * Numbers are as `keptWh` and `keptW` make them.
 */
export interface PointInterval {
  /** Number of the point in the catalogue. */
  readonly pointId: number;
  /** UTC milliseconds. */
  readonly startMs: number;
  /**
   * Energy drawn, Wh, measured and estimated together; negative where power flowed back and no export register tells it
   * apart.
   */
  readonly energyWh: number;
  /** The part of `energyWh` that comes from readings flagged `estimated`. */
  readonly estimatedWh: number;
  /**
   * Energy fed back by the `energy-export` register, Wh; 0 where the point has none. Beside energy drawn it is of the same time;
   * what was fed back in minutes whose energy drawn is unknown is in these minutes, and in longer intervals without any.
   */
  readonly exportWh: number;
  /** Least and greatest power sampled, W; null where no power was sampled. */
  readonly minW: number | null;
  readonly maxW: number | null;
  /** Time within the interval whose energy is measured, including `bridgedMs`. */
  readonly measuredMs: number;
  /** Time whose energy is estimated; never counts as coverage. */
  readonly estimatedMs: number;
  /** Part of `measuredMs` whose total a register measured across a gap, so that only its profile is estimated. */
  readonly bridgedMs: number;
}

/** The row that takes back what was known of an interval. */
export function emptyInterval(pointId: number, startMs: number): PointInterval {
  return {
    pointId,
    startMs,
    energyWh: 0,
    estimatedWh: 0,
    exportWh: 0,
    minW: null,
    maxW: null,
    measuredMs: 0,
    estimatedMs: 0,
    bridgedMs: 0,
  };
}

/** Whether a row takes back what was known of its interval. */
export function isEmpty(row: PointInterval): boolean {
  return !knowsDrawn(row) && row.exportWh === 0;
}

/** Whether the energy drawn is known of any of the interval; where it is not, what was fed back may still be known. */
export function knowsDrawn({ measuredMs, estimatedMs }: Pick<PointInterval, 'measuredMs' | 'estimatedMs'>): boolean {
  return measuredMs > 0 || estimatedMs > 0;
}

/** Energy drawn less energy fed back, Wh; null where nothing is known of the energy drawn. */
export function netWhOf(row: PointInterval): number | null {
  return knowsDrawn(row) ? row.energyWh - row.exportWh : null;
}

/** What a channel that is not energy did in one minute. */
export interface GaugeInterval {
  readonly pointId: number;
  readonly channel: Channel;
  readonly startMs: number;
  readonly min: number;
  /** Mean of the samples. */
  readonly mean: number;
  readonly max: number;
  readonly samples: number;
}

/** A local day of a point: the sum of its quarter-hours in the order of time. It may have 23 or 25 hours. */
export interface PointDay extends PointInterval {
  readonly endMs: number;
}

/** A gauge's quarter-hour: the sum of its minutes' means, and how many they are. */
export interface GaugeQuarter {
  readonly pointId: number;
  readonly channel: Channel;
  readonly startMs: number;
  readonly sum: number;
  readonly minutes: number;
}

/** A local day of a gauge, in the same way. */
export interface GaugeDay extends GaugeQuarter {
  readonly endMs: number;
}

/** What a channel of a point was on average over some time, every minute of which weighs the same. */
export interface GaugeMean {
  readonly pointId: number;
  readonly mean: number;
  /** The minutes that the mean is of. */
  readonly measuredMs: number;
}

/** Intervals that changed. */
export interface Closed {
  /**
   * In the order in which they changed: of two of the same minute the later one counts. They are lent, and hold until more is
   * accounted: millions of them are only counted after a restart.
   */
  readonly points: PointColumns;
  readonly gauges: readonly GaugeInterval[];
}

/** What a correction changed; `position` is that of its record. */
export interface RestatedBatch {
  readonly position: number;
  readonly recordedMs: number;
  /** Minutes, in portions. */
  readonly rows: AsyncIterable<PointColumns>;
  readonly redescribed: Redescribed | null;
}

/** A site whose quarter-hours are computed anew from an instant on, because its description is another. */
export interface Redescribed {
  readonly siteId: number;
  readonly fromMs: number;
  /** Its points that this or an earlier description makes of others: the other points' own energies stay as they are. */
  readonly virtualIds: readonly number[];
}

/**
 * The newest state of the intervals that one stretch of the evidence log changed. `recordedMs` (the collector's time at
 * the record that closed the batch) and `position` (records in the log up to and including that one) are the same on
 * every replay.
 */
export interface IntervalBatch extends Closed {
  readonly position: number;
  readonly recordedMs: number;
}
