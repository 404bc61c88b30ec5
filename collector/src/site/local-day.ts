import { Temporal } from 'temporal-polyfill';
import type { Span } from '../accounting/interval.ts';

/** The local day that holds an instant: from the first instant of its date to that of the next one; 23, 24 or 25 hours. */
export function localDayOf(ms: number, timezone: string): Span {
  const date = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone).toPlainDate();
  const startOf = (day: Temporal.PlainDate): number => day.toZonedDateTime({ timeZone: timezone }).epochMilliseconds;
  const fromMs = startOf(date);
  for (let next = date.add({ days: 1 }); ; next = next.add({ days: 1 })) {
    // A zone that crossed the date line has a date that never was.
    if (startOf(next) > fromMs) return { fromMs, toMs: startOf(next) };
  }
}

/** The beginnings of local days within a span, its ends included, in order of time. */
export function midnightsIn({ fromMs, toMs }: Span, timezone: string): number[] {
  const midnights: number[] = [];
  for (let day = localDayOf(fromMs, timezone); day.fromMs <= toMs; day = localDayOf(day.toMs, timezone)) {
    if (day.fromMs >= fromMs) midnights.push(day.fromMs);
  }
  return midnights;
}
