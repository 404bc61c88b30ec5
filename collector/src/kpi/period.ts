import { Temporal } from 'temporal-polyfill';
import { QUARTER_MS, type Span } from '../accounting/interval.ts';
import { boundaries, startOf, zoned } from './boundaries.ts';

/** A stretch of time that figures are asked for. */
export interface Period extends Span {
  /** `2026`, `2026-10`, `2026-10-05`, or the two instants as `from/to`. */
  readonly name: string;
}

/** Calendar lengths that a period can have; only a whole one has a name in a notation. */
export type PeriodLength = 'year' | 'month' | 'week' | 'day';

/** What was asked for is not a period; the message says what would be. */
export class PeriodError extends Error {
  override name = 'PeriodError';
}

const FIRST_YEAR = 2000;
const LAST_YEAR = 2199;
const INSTANT_RULE = 'an instant such as 2026-10-05T06:00:00Z';
const PERIOD_RULE = 'a year (2026), a month (2026-10), a day (2026-10-05), today, this-month or this-year';

/**
 * The period that a text names in a site's time zone.
 * @throws PeriodError
 */
export function parsePeriod(text: string, timezone: string, nowMs: number): Period {
  const today = zoned(nowMs, timezone).toPlainDate().toString();
  const name = { today, 'this-month': today.slice(0, 7), 'this-year': today.slice(0, 4) }[text] ?? text;
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(name) ?? [];
  if (year === undefined) throw new PeriodError(`period must be ${PERIOD_RULE}`);
  const start = plainDate(name, Number(year), Number(month ?? 1), Number(day ?? 1));
  const end = start.add(day !== undefined ? { days: 1 } : month !== undefined ? { months: 1 } : { years: 1 });
  return { name, fromMs: startOf(start, timezone), toMs: startOf(end, timezone) };
}

/**
 * The period between two instants, on quarter-hours: figures of a period are sums of those.
 * @throws PeriodError
 */
export function periodBetween(from: string, to: string): Period {
  const span = parseSpan(from, to);
  for (const [key, ms] of [['from', span.fromMs] as const, ['to', span.toMs] as const]) {
    if (ms % QUARTER_MS !== 0) throw new PeriodError(`${key} must be on a quarter-hour, such as 06:00, 06:15 or 06:30`);
  }
  return { ...span, name: `${isoTime(span.fromMs)}/${isoTime(span.toMs)}` };
}

/**
 * The span between two instants.
 * @throws PeriodError
 */
export function parseSpan(from: string, to: string): Span {
  const span = { fromMs: parseInstant(from, 'from'), toMs: parseInstant(to, 'to') };
  if (span.toMs <= span.fromMs) throw new PeriodError('to must be later than from');
  return span;
}

/**
 * The instant that a text in ISO 8601 names, UTC milliseconds.
 * @throws PeriodError naming the key that the text was given for.
 */
export function parseInstant(text: string, key: string): number {
  let ms: number;
  try {
    ms = Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    throw new PeriodError(`${key} must be ${INSTANT_RULE}`);
  }
  const year = new Date(ms).getUTCFullYear();
  if (year < FIRST_YEAR || year > LAST_YEAR) throw new PeriodError(`${key}: ${yearRule}`);
  return ms;
}

/**
 * The calendar length that a period has in a time zone, or null where it has none. Days begin when their date does, which
 * is 01:00 where the clocks go forward at midnight.
 */
export function lengthOf({ fromMs, toMs }: Span, timezone: string): PeriodLength | null {
  const start = zoned(fromMs, timezone);
  const date = start.toPlainDate();
  const isWholeDays = startOf(date, timezone) === fromMs;
  const is = (duration: Temporal.DurationLike): boolean =>
    toMs === (isWholeDays ? startOf(date.add(duration), timezone) : start.add(duration).epochMilliseconds);
  if (is({ years: 1 })) return 'year';
  if (is({ months: 1 })) return 'month';
  if (is({ weeks: 1 })) return 'week';
  return is({ days: 1 }) ? 'day' : null;
}

/** Whether a span reaches beyond the same day and time of the next month. */
export function isLongerThanMonth({ fromMs, toMs }: Span, timezone: string): boolean {
  return zoned(fromMs, timezone).add({ months: 1 }).epochMilliseconds < toMs;
}

/** The months of the zone's calendar within a span, the first and the last cut to it. */
export function monthsOf(span: Span, timezone: string): Period[] {
  const edges = boundaries(span, 'P1M', timezone);
  return edges.slice(1).map((endMs, index) => {
    const startMs = edges[index] as number;
    const name = zoned(startMs, timezone).toString().slice(0, 7);
    return { name, fromMs: Math.max(startMs, span.fromMs), toMs: Math.min(endMs, span.toMs) };
  });
}

/** UTC time in ISO 8601, without a fraction where there is none: `2026-10-05T06:00:00Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

const yearRule = `only the years ${FIRST_YEAR} to ${LAST_YEAR} can be asked for`;

function plainDate(name: string, year: number, month: number, day: number): Temporal.PlainDate {
  if (year < FIRST_YEAR || year > LAST_YEAR) throw new PeriodError(yearRule);
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: 'reject' });
  } catch {
    throw new PeriodError(`${name} is not in the calendar; period must be ${PERIOD_RULE}`);
  }
}
