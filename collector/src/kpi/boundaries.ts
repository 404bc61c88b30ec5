import { Temporal } from 'temporal-polyfill';
import { MINUTE_MS, QUARTER_MS, type Span } from '../accounting/interval.ts';
import { midnightsAbout } from '../site/local-day.ts';

/** Lengths of the intervals of a series, as ISO 8601 durations. */
export const steps = ['PT1M', 'PT15M', 'PT1H', 'P1D', 'P1M', 'P1Y'] as const;
export type Step = (typeof steps)[number];

/** Days, months and years are about so long; their number in a span is estimated by it before any calendar is asked. */
export const usualLengthMs = {
  PT1M: MINUTE_MS,
  PT15M: QUARTER_MS,
  PT1H: 3_600_000,
  P1D: 86_400_000,
  P1M: 30.4 * 86_400_000,
  P1Y: 365 * 86_400_000,
} as const satisfies Record<Step, number>;

/** Most intervals that one request may ask for. */
export const maxIntervals = {
  PT1M: 2_880,
  PT15M: 4_000,
  PT1H: 4_000,
  P1D: 4_000,
  P1M: 4_000,
  P1Y: 4_000,
} as const satisfies Record<Step, number>;

/** The request's span has more intervals than may be asked for at once. */
export class RangeTooLargeError extends Error {
  override name = 'RangeTooLargeError';
}

/**
 * Instants, ascending, that divide a span into whole intervals of a step; the first and the last interval reach over the
 * span's ends where those are not boundaries themselves. Hours begin when a clock in the zone shows a full hour, days at the
 * first instant of a local date. All but minutes lie on quarter-hours, as the zones' offsets do.
 * @throws RangeTooLargeError naming the step to use instead.
 */
export function boundaries(span: Span, step: Step, timezone: string): number[] {
  checkSize(span, step);
  if (step === 'PT1M' || step === 'PT15M') return regular(span, usualLengthMs[step]);
  if (step === 'PT1H') return hours(span, timezone);
  if (step === 'P1D') return midnightsAbout(span, timezone);
  return dates(span, dateUnits[step], timezone);
}

function checkSize({ fromMs, toMs }: Span, step: Step): void {
  const fits = (other: Step): boolean => (toMs - fromMs) / usualLengthMs[other] <= maxIntervals[other];
  if (fits(step)) return;
  // Finer steps fit even less.
  const coarser = steps.find(fits);
  const advice = coarser === undefined ? 'ask for a shorter range' : `use step=${coarser}, or ask for a shorter range`;
  throw new RangeTooLargeError(`the range has more than ${maxIntervals[step]} intervals of ${step}: ${advice}`);
}

function regular({ fromMs, toMs }: Span, lengthMs: number): number[] {
  const firstMs = Math.floor(fromMs / lengthMs) * lengthMs;
  const count = Math.ceil((toMs - firstMs) / lengthMs);
  return Array.from({ length: count + 1 }, (_, index) => firstMs + index * lengthMs);
}

const HOUR_MS = usualLengthMs.PT1H;

/** A change of the clocks by half an hour makes an hour of 90 minutes; full hours stay full hours. */
function hours({ fromMs, toMs }: Span, timezone: string): number[] {
  let ms = fromMs;
  for (let restMs = pastHourMs(ms, timezone); restMs !== 0; restMs = pastHourMs(ms, timezone)) ms -= restMs;
  const result = [ms];
  while (ms < toMs) {
    do ms += HOUR_MS - pastHourMs(ms, timezone);
    while (pastHourMs(ms, timezone) !== 0);
    result.push(ms);
  }
  return result;
}

/** Time since a clock in the zone last showed a full hour, if it was not changed since. */
function pastHourMs(ms: number, timezone: string): number {
  const offsetMs = zoned(ms, timezone).offsetNanoseconds / 1e6;
  return (((ms + offsetMs) % HOUR_MS) + HOUR_MS) % HOUR_MS;
}

const dateUnits = { P1M: 'months', P1Y: 'years' } as const;

function dates({ fromMs, toMs }: Span, unit: 'months' | 'years', timezone: string): number[] {
  const date = zoned(fromMs, timezone).toPlainDate();
  const first = unit === 'months' ? date.with({ day: 1 }) : date.with({ month: 1, day: 1 });
  const result = [startOf(first, timezone)];
  for (let count = 1; (result.at(-1) as number) < toMs; count++) {
    result.push(startOf(first.add({ [unit]: count }), timezone));
  }
  return result;
}

/** The first instant of a date in a zone, UTC milliseconds. */
export function startOf(date: Temporal.PlainDate, timezone: string): number {
  return date.toZonedDateTime({ timeZone: timezone }).epochMilliseconds;
}

/** The first instant of a date such as `2026-10-05` in a zone, UTC milliseconds. */
export function midnightOf(date: string, timezone: string): number {
  return startOf(Temporal.PlainDate.from(date), timezone);
}

/** An instant as a clock in the zone shows it. */
export function zoned(ms: number, timezone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone);
}
