import { type Level, levels } from '@wattmark/shared/roles';
import { Temporal } from 'temporal-polyfill';
import { MINUTE_MS } from '../accounting/interval.ts';
import type { LevelSum } from './level.ts';
import type { PeriodLength } from './period.ts';

/** Where IT energy is measured: 1 at the output of the UPS, 2 at that of the PDU, 3 at the equipment (ISO/IEC 30134-2). */
export type Category = 1 | 2 | 3;

/** `annual` covers twelve months that are over; anything shorter is `interim`. */
export type Derivative = 'annual' | 'interim';

type Paired = Pick<LevelSum, 'pairedTotalWh' | 'pairedItWh' | 'pairedMs' | 'estimatedMs'>;

/** PUE of the time in which both sides were measured: a ratio of sums. Null where there is no such time or no IT energy. */
export function pueOf({ pairedTotalWh, pairedItWh, pairedMs }: Paired): number | null {
  return pairedMs > 0 && pairedItWh > 0 ? pairedTotalWh / pairedItWh : null;
}

/** Share of the elapsed part of an interval, 0 to 1; null before it began. */
export function coverageOf(measuredMs: number, fromMs: number, toMs: number, knownMs: number): number | null {
  const elapsedMs = Math.min(toMs, knownMs) - fromMs;
  return elapsedMs <= 0 ? null : Math.min(1, measuredMs / elapsedMs);
}

/** Share of the paired time in which some counted point was bridged, 0 to 1; null where there is none. */
export function estimatedShareOf({ estimatedMs, pairedMs }: Paired): number | null {
  return pairedMs > 0 ? estimatedMs / pairedMs : null;
}

/** The category that a level of IT metering makes; null where nobody said at which level. */
export function categoryOf(level: Level | null): Category | null {
  return level === null ? null : ((levels.indexOf(level) + 1) as Category);
}

export function derivativeOf(length: PeriodLength | null, isComplete: boolean): Derivative {
  return length === 'year' && isComplete ? 'annual' : 'interim';
}

/** What a figure is called: PUE is a year that is over; a shorter one is an interim PUE, a part of a site has a partial PUE. */
export const symbols = { annual: 'PUE', interim: 'iPUE', partial: 'pPUE', design: 'dPUE' } as const satisfies Record<
  Derivative | 'partial' | 'design',
  string
>;

const lengthDurations = { year: 'P1Y', month: 'P1M', week: 'P1W', day: 'P1D' } as const satisfies Record<
  PeriodLength,
  string
>;

/** The averaging period as an ISO 8601 duration; null for none of the calendar, or one that is not over. */
export function averagingPeriodOf(length: PeriodLength | null, isComplete: boolean): string | null {
  return length === null || !isComplete ? null : lengthDurations[length];
}

/**
 * The measuring interval of a figure as an ISO 8601 duration: that of its point which is read least often, but no less than the
 * base interval.
 * @param intervalsMs of the instruments that count
 */
export function measuringIntervalOf(intervalsMs: readonly number[]): string {
  const seconds = Math.ceil(Math.max(MINUTE_MS, ...intervalsMs) / 1000);
  return Temporal.Duration.from({ seconds }).round({ largestUnit: 'hours' }).toString();
}

/** Readings no further apart than this are continuous measurement. */
const CONTINUOUS_MS = 900_000;

const lengthLetters = { year: 'Y', month: 'M', week: 'W', day: 'D' } as const satisfies Record<PeriodLength, string>;

/**
 * The figure's name with its category, averaging period and measuring interval, such as `PUE2,YC`. `C` is continuous: every
 * instrument is read at least every 15 minutes; else `D`, at least daily, which is the longest interval that a point can have. A
 * period that is not over, or none of the calendar, has no letters, and a PUE whose level nobody said is bare. After The Green
 * Grid's white paper 49, from memory: to be checked before it is cited.
 * @param intervalsMs of the instruments that count
 */
export function notationOf(
  category: Category | null,
  length: PeriodLength | null,
  isComplete: boolean,
  intervalsMs: readonly number[],
): string {
  if (category === null) return 'PUE';
  if (length === null || !isComplete) return `PUE${category}`;
  const isContinuous = intervalsMs.every((intervalMs) => intervalMs <= CONTINUOUS_MS);
  return `PUE${category},${lengthLetters[length]}${isContinuous ? 'C' : 'D'}`;
}
