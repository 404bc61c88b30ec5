import { type PointInterval, QUARTER_MS } from '../../src/accounting/interval.ts';
import { LocalCalendar } from '../../src/estimation/calendar.ts';
import { type Fill, GapFiller } from '../../src/estimation/fill.ts';
import { type Gap, missingMs } from '../../src/estimation/method.ts';
import type { EstimationSettings } from '../../src/estimation/settings.ts';

const DAY_MS = 86_400_000;

/** 2026-03-11T00:00:00Z, a Wednesday. */
export const WEDNESDAY = Date.UTC(2026, 2, 11);

export const rules: EstimationSettings = {
  methods: ['alternate', 'linear', 'similar-days'],
  linearMaxMinutes: 60,
  historyWeeks: 3,
};

/** A quarter-hour of a mean power, `measuredMs` of it measured. */
export function quarter(
  pointId: number,
  startMs: number,
  powerW: number,
  more: Partial<PointInterval> = {},
): PointInterval {
  const measuredMs = more.measuredMs ?? QUARTER_MS;
  const row = { pointId, startMs, energyWh: (powerW * measuredMs) / 3_600_000, measuredMs };
  return { ...row, estimatedWh: 0, exportWh: 0, minW: null, maxW: null, estimatedMs: 0, bridgedMs: 0, ...more };
}

/** Fills every gap of point 1 between two instants from the rows given; other points may stand in for it. */
export function fillsOf(
  rows: readonly PointInterval[],
  fromMs: number,
  toMs: number,
  settings: EstimationSettings = rules,
  timezone = 'UTC',
): Fill[] {
  const at = new Map(rows.map((row) => [`${row.pointId} ${row.startMs}`, row]));
  const calendar = new LocalCalendar({ fromMs: fromMs - 30 * DAY_MS, toMs: toMs + DAY_MS }, timezone);
  const filler = new GapFiller({ settings, calendar, alternateOf: (pointId) => (pointId === 1 ? 2 : null) });
  const gaps: Gap[] = [];
  for (let startMs = fromMs; startMs < toMs; startMs += QUARTER_MS) {
    const gap = { pointId: 1, startMs, missingMs: missingMs(at.get(`1 ${startMs}`)) };
    if (gap.missingMs > 0) gaps.push(gap);
  }
  // As in an answer, a method sees only what it said that it needs.
  const needed = new Set<string>();
  for (const gap of gaps) filler.needs(gap, (pointId, startMs) => needed.add(`${pointId} ${startMs}`));
  const rowAt = (pointId: number, startMs: number) => {
    const key = `${pointId} ${startMs}`;
    return needed.has(key) ? at.get(key) : undefined;
  };
  return gaps.map((gap) => filler.fill(gap, rowAt)).filter((fill) => fill !== null);
}

/** Quarter-hours from one instant to another. */
export function quartersBetween(fromMs: number, toMs: number): number[] {
  return Array.from({ length: (toMs - fromMs) / QUARTER_MS }, (_, index) => fromMs + index * QUARTER_MS);
}
