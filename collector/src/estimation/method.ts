import { type PointInterval, QUARTER_MS } from '../accounting/interval.ts';
import type { LocalCalendar } from './calendar.ts';
import { LEAST_GAP_MS } from './days.ts';
import type { EstimationSettings } from './settings.ts';

/** A quarter-hour of a point with time in it of which nothing is known. */
export interface Gap {
  readonly pointId: number;
  readonly startMs: number;
  readonly missingMs: number;
}

/** What methods go by. */
export interface Rules {
  readonly settings: EstimationSettings;
  readonly calendar: LocalCalendar;
  /** Number of the point that stands in for another; null where there is none. */
  readonly alternateOf: (pointId: number) => number | null;
}

/** A quarter-hour of a point as measured; undefined where there is none, or where a method did not say that it needs it. */
export type RowAt = (pointId: number, startMs: number) => PointInterval | undefined;

/** The quarter-hours of points that a method looks at, by the points' numbers. */
export type Needs = (pointId: number, startMs: number) => void;

/** A way of filling gaps: a pure function of what was measured, so that the same evidence gives the same estimate. */
export interface Method {
  readonly needs: (gap: Gap, needs: Needs) => void;
  /** Mean net power (drawn less fed back) in the gap, W; null where the method cannot say. */
  readonly powerW: (gap: Gap, rowAt: RowAt) => number | null;
}

/** A method by the rules of one answer; `rowAt` is the same throughout the answer. */
export type MethodOf = (rules: Rules) => Method;

/** A quarter-hour speaks for its neighbours and for other days where so much of its profile is measured: our own choice. */
const REFERENCE_SHARE = 0.9;

const HOUR_MS = 3_600_000;

/** Mean measured net power of a quarter-hour, W; null where too little of its profile is measured. */
export function referenceW(row: PointInterval | undefined): number | null {
  if (row === undefined || row.measuredMs - row.bridgedMs < REFERENCE_SHARE * QUARTER_MS) return null;
  return (row.energyWh - row.estimatedWh - row.exportWh) / (row.measuredMs / HOUR_MS);
}

/** Time of a quarter-hour of which nothing is known; 0 where it is too short to be a gap. */
export function missingMs(row: PointInterval | undefined): number {
  const ms = row === undefined ? QUARTER_MS : QUARTER_MS - row.measuredMs - row.estimatedMs;
  return ms < LEAST_GAP_MS ? 0 : ms;
}

/** Energy of a mean power, Wh. */
export function energyWh(powerW: number, durationMs: number): number {
  return powerW * (durationMs / HOUR_MS);
}
