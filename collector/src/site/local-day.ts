import { Temporal } from 'temporal-polyfill';
import type { Span } from '../accounting/interval.ts';

const DAY_MS = 86_400_000;

/** The local day that holds an instant: from the first instant of its date to that of the next one; 23, 24 or 25 hours. */
export function localDayOf(ms: number, timezone: string): Span {
  const date = zoned(ms, timezone).toPlainDate();
  const startOf = (day: Temporal.PlainDate): number => day.toZonedDateTime({ timeZone: timezone }).epochMilliseconds;
  const fromMs = startOf(date);
  for (let next = date.add({ days: 1 }); ; next = next.add({ days: 1 })) {
    // A zone that crossed the date line has a date that never was.
    if (startOf(next) > fromMs) return { fromMs, toMs: startOf(next) };
  }
}

/** Beginnings of local days, in order of time: from the one that holds the span's beginning to the first at or after its end. */
export function midnightsAbout({ fromMs, toMs }: Span, timezone: string): number[] {
  let day = localDayOf(fromMs, timezone);
  const midnights = [day.fromMs];
  while ((midnights.at(-1) as number) < toMs) {
    midnights.push(day.toMs);
    let ms = day.toMs;
    const changeMs = changeAfter(ms, timezone);
    for (; ms < toMs && ms + DAY_MS < changeMs; midnights.push(ms)) ms += DAY_MS;
    day = localDayOf(ms, timezone);
  }
  return midnights;
}

/** Those within a span, its ends included. */
export function midnightsIn(span: Span, timezone: string): number[] {
  return midnightsAbout(span, timezone).filter((ms) => ms >= span.fromMs && ms <= span.toMs);
}

/**
 * When the clocks are next changed after a midnight: until then days follow one another every 24 hours, and asking the calendar
 * for each would take a year 10 ms. The midnight itself where the clocks are changed at it, so that the day begins later.
 */
function changeAfter(ms: number, timezone: string): number {
  const midnight = zoned(ms, timezone);
  if (midnight.hour !== 0 || midnight.minute !== 0) return ms;
  return midnight.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
}

function zoned(ms: number, timezone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone);
}
