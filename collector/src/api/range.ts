import { type Static, Type } from 'typebox';
import { boundaries, type Step, steps } from '../kpi/boundaries.ts';
import { parseInstant, parsePeriod, parseSpan, type Period, periodBetween } from '../kpi/period.ts';
import { type Knowledge, knownUntilMs } from '../kpi/site-kpis.ts';
import { instant, object } from './contract.ts';
import { Problem } from './problems.ts';

export const asOf = Type.Optional(
  Type.String({ description: 'as known at this instant (ISO 8601), without what was restated later' }),
);

/** Which intervals of a series are asked for. */
export const rangeQuery = object({
  from: Type.Optional(Type.String({ description: 'ISO 8601; by default some time before `to` that suits the step' })),
  to: Type.Optional(Type.String({ description: 'ISO 8601; by default now' })),
  step: Type.Optional(Type.Enum(steps, { description: 'by default PT1M' })),
  asOf,
});

export const intervalFields = { start: instant, end: instant };

export interface Range {
  readonly step: Step;
  /** Ends of the intervals, ascending; intervals that the span touches are whole. */
  readonly boundariesMs: readonly number[];
  readonly asOfMs: number | null;
  /** The instant up to which anything can be known. */
  readonly knownMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const defaultSpanMs = {
  PT1M: 3 * HOUR_MS,
  PT15M: DAY_MS,
  PT1H: 7 * DAY_MS,
  P1D: 30 * DAY_MS,
  P1M: 365 * DAY_MS,
  P1Y: 5 * 365 * DAY_MS,
} as const satisfies Record<Step, number>;

/** @throws PeriodError, RangeTooLargeError */
export function rangeOf(query: Static<typeof rangeQuery>, timezone: string, nowMs: number): Range {
  const { step = 'PT1M' } = query;
  const knowledge = knowledgeOf(query.asOf, nowMs);
  const to = query.to ?? new Date(nowMs).toISOString();
  const from = query.from ?? new Date(parseInstant(to, 'to') - defaultSpanMs[step]).toISOString();
  const boundariesMs = boundaries(parseSpan(from, to), step, timezone);
  return { step, boundariesMs, asOfMs: knowledge.asOfMs, knownMs: knownUntilMs(knowledge) };
}

/** How a query names a period: in words, or by its two ends. */
interface AskedPeriod {
  readonly period?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The keys of a query that name a period, in the words of its answer. */
type PeriodKeys = readonly [period: string, from: string, to: string];

/**
 * The period that a query names; the usual one where it names none.
 * @throws PeriodError, Problem
 */
export function periodOf(asked: AskedPeriod, timezone: string, nowMs: number, usual = 'today'): Period {
  return namedPeriodOf(asked, timezone, nowMs) ?? parsePeriod(usual, timezone, nowMs);
}

/**
 * The period that a query names; null where it names none.
 * @throws PeriodError, Problem
 */
export function namedPeriodOf(
  { period, from, to }: AskedPeriod,
  timezone: string,
  nowMs: number,
  keys: PeriodKeys = ['period', 'from', 'to'],
): Period | null {
  const isSpan = from !== undefined || to !== undefined;
  if (period !== undefined && isSpan)
    throw new Problem('invalid-request', `either ${keys[0]}, or ${keys[1]} and ${keys[2]}`);
  if (period !== undefined) return parsePeriod(period, timezone, nowMs);
  if (!isSpan) return null;
  if (from === undefined || to === undefined)
    throw new Problem('invalid-request', `${keys[1]} and ${keys[2]} are required together`);
  return periodBetween(from, to);
}

/** As of an instant that is not over yet is simply what is known now. */
export function knowledgeOf(asOfText: string | undefined, nowMs: number): Knowledge {
  const asOfMs = asOfText === undefined ? null : parseInstant(asOfText, 'asOf');
  return { nowMs, asOfMs: asOfMs !== null && asOfMs < nowMs ? asOfMs : null };
}

/** One answer for each interval of a range, from those sums that there are. */
export function fill<S extends { readonly startMs: number }, A>(
  boundariesMs: readonly number[],
  sums: readonly S[],
  answer: (startMs: number, endMs: number, sum: S | undefined) => A,
): A[] {
  const byStart = new Map(sums.map((sum) => [sum.startMs, sum]));
  return boundariesMs
    .slice(1)
    .map((endMs, index) => [boundariesMs[index] as number, endMs] as const)
    .map(([startMs, endMs]) => answer(startMs, endMs, byStart.get(startMs)));
}

export function spanOf(boundariesMs: readonly number[]): { fromMs: number; toMs: number } {
  return { fromMs: boundariesMs[0] as number, toMs: boundariesMs.at(-1) as number };
}
