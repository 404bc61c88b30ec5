import { QUARTER_MS, type Span } from '../accounting/interval.ts';
import { startOf, zoned } from '../kpi/boundaries.ts';
import { type Period, parsePeriod } from '../kpi/period.ts';

/** Periods that figures are reported of. */
export type PeriodTag = '24h' | '30d' | '12mo' | 'month' | 'year';

/** A period, and the time of its row. */
export interface ReportedPeriod {
  readonly tag: PeriodTag;
  readonly period: Period;
  /** A month's and a year's own start; the end of the 24 hours; the start of the last day of 30 days and of 12 months. */
  readonly timeMs: number;
}

const HOUR_MS = 3_600_000;

/** Minutes are closed so long after their end. */
const GRACE_MS = 150_000;

/** Months before this one that are reported of, one at a visit, so that what late data changed reaches them, too. */
const PAST_MONTHS = 24;

/** The periods that change with the time; days, months and years are the site's own. */
export function currentPeriods(timezone: string, nowMs: number): ReportedPeriod[] {
  const hourMs = Math.floor((nowMs - GRACE_MS) / HOUR_MS) * HOUR_MS;
  const today = zoned(nowMs - GRACE_MS, timezone).toPlainDate();
  const toMs = startOf(today, timezone);
  const lastDayMs = startOf(today.subtract({ days: 1 }), timezone);
  return [
    { tag: '24h', period: { name: '24h', fromMs: hourMs - 24 * HOUR_MS, toMs: hourMs }, timeMs: hourMs },
    {
      tag: '30d',
      period: { name: '30d', fromMs: startOf(today.subtract({ days: 30 }), timezone), toMs },
      timeMs: lastDayMs,
    },
    {
      tag: '12mo',
      period: { name: '12mo', fromMs: startOf(today.subtract({ months: 12 }), timezone), toMs },
      timeMs: lastDayMs,
    },
    calendarPeriod('month', today.toString().slice(0, 7), timezone, nowMs),
    calendarPeriod('year', today.toString().slice(0, 4), timezone, nowMs),
  ];
}

/** Days, today included, whose findings are reported. */
const FINDING_DAYS = 7;

export function findingsPeriod(timezone: string, nowMs: number): Span {
  const first = zoned(nowMs, timezone)
    .toPlainDate()
    .subtract({ days: FINDING_DAYS - 1 });
  return { fromMs: startOf(first, timezone), toMs: Math.ceil(nowMs / QUARTER_MS) * QUARTER_MS };
}

/** Another period of the past at each visit, and after some visits the same ones again. */
export function pastPeriod(timezone: string, nowMs: number, visit: number): ReportedPeriod {
  const today = zoned(nowMs - GRACE_MS, timezone).toPlainDate();
  const index = visit % (PAST_MONTHS + 1);
  if (index === PAST_MONTHS) return calendarPeriod('year', String(today.year - 1), timezone, nowMs);
  const month = today.with({ day: 1 }).subtract({ months: index + 1 });
  return calendarPeriod('month', month.toString().slice(0, 7), timezone, nowMs);
}

/** The months and years of the time from an instant to now; of the months only those that are reported of. */
export function periodsSince(fromMs: number, timezone: string, nowMs: number): ReportedPeriod[] {
  const today = zoned(nowMs, timezone).toPlainDate();
  const oldest = today.with({ day: 1 }).subtract({ months: PAST_MONTHS });
  const periods: ReportedPeriod[] = [];
  let month = today.with({ day: 1 });
  for (; startOf(month.add({ months: 1 }), timezone) > fromMs; month = month.subtract({ months: 1 })) {
    if (month.toString() < oldest.toString()) break;
    periods.push(calendarPeriod('month', month.toString().slice(0, 7), timezone, nowMs));
  }
  const years = new Set(periods.map(({ period }) => period.name.slice(0, 4)));
  return [...periods, ...[...years].map((year) => calendarPeriod('year', year, timezone, nowMs))];
}

function calendarPeriod(tag: 'month' | 'year', name: string, timezone: string, nowMs: number): ReportedPeriod {
  const period = parsePeriod(name, timezone, nowMs);
  return { tag, period, timeMs: period.fromMs };
}
