import type { Step } from './contract.ts';
import type { Zone } from './zone.ts';

export type RangeId = '3h' | '24h' | '7d' | '30d' | '12m';

export interface TrendRange {
  readonly id: RangeId;
  readonly label: string;
  readonly step: Step;
  readonly refreshMs: number;
  /** The span to ask for, on boundaries of the step: local ones for days and months. */
  window(nowMs: number, zone: Zone): TrendWindow;
}

export interface TrendWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const trendRanges: readonly TrendRange[] = [
  { id: '3h', label: '3 h', step: 'PT1M', refreshMs: 15_000, window: fixedWindow(3 * HOUR_MS, MINUTE_MS) },
  { id: '24h', label: '24 h', step: 'PT15M', refreshMs: MINUTE_MS, window: fixedWindow(DAY_MS, 15 * MINUTE_MS) },
  { id: '7d', label: '7 d', step: 'PT1H', refreshMs: 5 * MINUTE_MS, window: fixedWindow(7 * DAY_MS, HOUR_MS) },
  { id: '30d', label: '30 d', step: 'P1D', refreshMs: 5 * MINUTE_MS, window: dayWindow },
  { id: '12m', label: '12 months', step: 'P1M', refreshMs: 15 * MINUTE_MS, window: monthWindow },
];

function fixedWindow(spanMs: number, stepMs: number) {
  return (nowMs: number): TrendWindow => {
    const toMs = Math.ceil(nowMs / stepMs) * stepMs;
    return { fromMs: toMs - spanMs, toMs };
  };
}

/** Midnights are found from noon and from beyond the day's end, because a day can have 23 or 25 hours. */
function dayWindow(nowMs: number, zone: Zone): TrendWindow {
  const todayMs = zone.dayStart(nowMs);
  return { fromMs: zone.dayStart(todayMs - 29 * DAY_MS + 12 * HOUR_MS), toMs: zone.dayStart(todayMs + 36 * HOUR_MS) };
}

function monthWindow(nowMs: number, zone: Zone): TrendWindow {
  return { fromMs: zone.monthStart(nowMs, -11), toMs: zone.monthStart(nowMs, 1) };
}
