import { MINUTE_MS, QUARTER_MS, type Span } from '../../accounting/interval.ts';
import { boundaries, zoned } from '../boundaries.ts';

/** A price of energy and when it holds. */
export interface Rate {
  readonly name: string;
  /** Per kWh, in the tariff's currency. */
  readonly price: number;
  /** Clock times of the site, on quarter-hours; a `from` later than `to` reaches over midnight, on the days named. */
  readonly when: { readonly days?: string | undefined; readonly from: string; readonly to: string };
  /** Dates of the site; the price holds from the one on, and no longer on the other. */
  readonly validFrom?: string | undefined;
  readonly validTo?: string | undefined;
}

export interface Tariff {
  /** ISO 4217. */
  readonly currency: string;
  readonly energy: readonly Rate[];
}

/** A stretch of time, on quarter-hours, at one price; null where the tariff has none. */
export interface PriceSpan extends Span {
  readonly rate: Rate | null;
}

/** In the order of ISO 8601, Monday first. */
export const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/**
 * The prices of a span (on quarter-hours) one after the other, by what the clocks of the time zone show at the beginning of
 * each quarter-hour: of two hours that show the same time both have its price, and an hour that is left out has none. Of
 * several rates that hold, the one with the latest `validFrom` counts, and of these the first.
 */
export function priceSpans({ energy }: Tariff, span: Span, timezone: string): PriceSpan[] {
  const windows = energy.map(windowOf).sort((a, b) => (b.rate.validFrom ?? '').localeCompare(a.rate.validFrom ?? ''));
  const days = boundaries(span, 'P1D', timezone);
  const spans: { fromMs: number; toMs: number; rate: Rate | null }[] = [];
  for (const [index, startMs] of days.slice(0, -1).entries()) {
    const endMs = days[index + 1] as number;
    const start = zoned(startMs, timezone);
    const date = start.toPlainDate().toString();
    const today = windows.filter(
      ({ rate, days: on }) =>
        on.has(start.dayOfWeek) && (rate.validFrom ?? '') <= date && date < (rate.validTo ?? '9999'),
    );
    const clock = clockOf(startMs, endMs, timezone);
    for (let ms = Math.max(startMs, span.fromMs); ms < Math.min(endMs, span.toMs); ms += QUARTER_MS) {
      const minute = clock(ms);
      const rate = today.find((window) => holds(window, minute))?.rate ?? null;
      const last = spans.at(-1);
      if (last !== undefined && last.rate === rate) last.toMs = ms + QUARTER_MS;
      else spans.push({ fromMs: ms, toMs: ms + QUARTER_MS, rate });
    }
  }
  return spans;
}

/** Whether a text names days: one, a range, or several of these between commas. */
export function isDays(text: string): boolean {
  return daysOf(text) !== null;
}

interface Window {
  readonly rate: Rate;
  readonly days: ReadonlySet<number>;
  readonly fromMinute: number;
  readonly toMinute: number;
}

function windowOf(rate: Rate): Window {
  const { days, from, to } = rate.when;
  return { rate, days: daysOf(days ?? 'mon-sun') ?? new Set(), fromMinute: minuteOf(from), toMinute: minuteOf(to) };
}

function holds({ fromMinute, toMinute }: Window, minute: number): boolean {
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute;
  return minute >= fromMinute || minute < toMinute;
}

const DAY_MS = 86_400_000;

/** Minutes of the day that clocks show at an instant of it; a calendar is asked only on days on which they are changed. */
function clockOf(startMs: number, endMs: number, timezone: string): (ms: number) => number {
  if (endMs - startMs === DAY_MS) return (ms) => (ms - startMs) / MINUTE_MS;
  return (ms) => {
    const { hour, minute } = zoned(ms, timezone);
    return 60 * hour + minute;
  };
}

/** Numbers of ISO 8601, Monday is 1; null where the text is none. */
function daysOf(text: string): Set<number> | null {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first = -1, last = first, ...rest] = part
      .trim()
      .split('-')
      .map((name) => (dayNames as readonly string[]).indexOf(name));
    if (first < 0 || last < 0 || rest.length > 0) return null;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day + 1);
      if (day === last) break;
    }
  }
  return days;
}

function minuteOf(time: string): number {
  return 60 * Number(time.slice(0, 2)) + Number(time.slice(3));
}
