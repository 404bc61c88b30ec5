import { type Static, Type } from 'typebox';
import { netWhOf, type PointInterval } from '../accounting/interval.ts';
import {
  type EstimateMethod,
  type Known,
  type Measured,
  measuredIn,
  pointEstimates,
  type Side,
  type SitePlan,
  siteEstimates,
} from '../estimation/estimates.ts';
import { byInterval, type IntervalEstimate } from '../estimation/intervals.ts';
import { EstimationLimitError } from '../estimation/limit.ts';
import { type EstimationSettings, estimationMethods } from '../estimation/settings.ts';
import type { Figures } from '../figures.ts';
import type { LevelSum } from '../kpi/level.ts';
import type { Site } from '../site/site.ts';
import { nullable, object, wattHours } from './contract.ts';
import { spanOf } from './range.ts';

/** What answers say of estimates: beside what is measured, never instead of it. */

const methodNames = [...estimationMethods, 'reading'] as const satisfies readonly EstimateMethod[];

const estimated = object({
  energyWh: nullable(Type.Number({ description: 'Wh, drawn less fed back, of time that is not measured' })),
  seconds: Type.Number({ description: 'how much of the time that is not measured is estimated' }),
  methods: Type.Array(Type.Enum(methodNames), { description: '`reading`: the meter itself said that it estimates' }),
  withEstimatesWh: wattHours,
});
type Estimated = Static<typeof estimated>;

/** A point's estimate in an interval; absent where the site's file asks for none. */
export const estimatedAnswer = Type.Optional(estimated);

const estimation = object({
  methods: Type.Array(Type.Enum(estimationMethods), {
    description: 'those asked for, in the order in which they are tried',
  }),
  linearMaxMinutes: Type.Integer(),
  historyWeeks: Type.Integer(),
  problem: nullable(Type.String({ description: 'why this answer has no estimates, in words' })),
});
type Estimation = Static<typeof estimation>;

/** By what rules an answer's estimates are made; absent where the site's file asks for none. */
export const estimationAnswer = Type.Optional(estimation);

const sideSeconds = object({
  measuredS: Type.Number(),
  estimatedS: Type.Number({ description: 'filled because the site’s file asks for it; no coverage' }),
  missingS: Type.Number({ description: 'elapsed, and neither measured nor estimated' }),
});

/** How the elapsed time of each side divides, and what of it is estimated. */
export const sidesAnswer = {
  seconds: object({ total: sideSeconds, it: sideSeconds }),
  estimated: Type.Optional(object({ total: estimated, it: estimated })),
};

interface Sides {
  readonly seconds: Readonly<Record<Side, Static<typeof sideSeconds>>>;
  readonly estimated?: Readonly<Record<Side, Estimated>>;
}

/** What an answer spans, and when that is known. */
type Asked = Known & { readonly boundariesMs: readonly number[] };

/**
 * The sides of each interval of a site's answer, by its beginning. `estimation` is to be spread into the answer: it is empty
 * where the site's file asks for no estimates, which takes no questions to the store.
 */
export async function sidesOf(
  figures: Figures,
  site: Site,
  plan: SitePlan,
  sums: readonly LevelSum[],
  asked: Asked,
): Promise<{ estimation: { estimation?: Estimation }; sides: (startMs: number) => Sides }> {
  const { settings, problem, result } = await attempt(site, (settings) =>
    siteEstimates(figures, site, settings, plan, spanOf(asked.boundariesMs), asked),
  );
  const sumAt = new Map(sums.map((sum) => [sum.startMs, sum]));
  const measuredOf = (side: Side, startMs: number): Measured => {
    const sum = sumAt.get(startMs);
    return sum === undefined ? nothing : measuredIn(sum, side);
  };
  const estimatesOf = (side: Side): Map<number, IntervalEstimate> =>
    byInterval(result?.[side] ?? [], asked.boundariesMs, (startMs) => MINUTE_MS - measuredOf(side, startMs).ms);
  const estimates = { total: estimatesOf('total'), it: estimatesOf('it') };
  const elapsedMs = elapsed(asked);
  const sides = (startMs: number): Sides => {
    const secondsIn = (side: Side) =>
      secondsOf(elapsedMs(startMs), measuredOf(side, startMs).ms, estimates[side].get(startMs)?.ms ?? 0);
    const estimatedIn = (side: Side) => withMeasured(estimates[side].get(startMs), measuredOf(side, startMs).energyWh);
    const seconds = { total: secondsIn('total'), it: secondsIn('it') };
    if (result === null) return { seconds };
    return { seconds, estimated: { total: estimatedIn('total'), it: estimatedIn('it') } };
  };
  return { estimation: estimationOf(settings, problem), sides };
}

/** The same of a point: the fields of each interval, by its beginning. */
export async function fillsOf(
  figures: Figures,
  site: Site,
  pointId: number | null,
  sums: readonly PointInterval[],
  asked: Asked,
): Promise<{
  estimation: { estimation?: Estimation };
  fills: (startMs: number) => { missingS: number; estimated?: Estimated };
}> {
  const { settings, problem, result } = await attempt(site, async (settings) =>
    pointId === null ? [] : pointEstimates(figures, site, settings, pointId, spanOf(asked.boundariesMs), asked),
  );
  const sumAt = new Map(sums.map((sum) => [sum.startMs, sum]));
  const knownMs = (startMs: number): number => {
    const { measuredMs, estimatedMs } = sumAt.get(startMs) ?? { measuredMs: 0, estimatedMs: 0 };
    return measuredMs + estimatedMs;
  };
  const estimates = byInterval(result ?? [], asked.boundariesMs, (startMs) => MINUTE_MS - knownMs(startMs));
  const elapsedMs = elapsed(asked);
  const fills = (startMs: number) => {
    const estimate = estimates.get(startMs);
    const sum = sumAt.get(startMs);
    const { missingS } = secondsOf(elapsedMs(startMs), knownMs(startMs), estimate?.ms ?? 0);
    if (result === null) return { missingS };
    const energyWh = sum === undefined ? null : netWhOf(sum);
    return { missingS, estimated: withMeasured(estimate, energyWh) };
  };
  return { estimation: estimationOf(settings, problem), fills };
}

const MINUTE_MS = 60_000;

const nothing: Measured = { energyWh: null, ms: 0 };

interface Attempt<T> {
  readonly settings: EstimationSettings | undefined;
  readonly problem: string | null;
  /** Null where nothing is asked for, or the limit is reached: what is measured is answered all the same. */
  readonly result: T | null;
}

async function attempt<T>(site: Site, compute: (settings: EstimationSettings) => Promise<T>): Promise<Attempt<T>> {
  const settings = site.file.estimation;
  if (settings === undefined) return { settings, problem: null, result: null };
  try {
    return { settings, problem: null, result: await compute(settings) };
  } catch (error) {
    if (!(error instanceof EstimationLimitError)) throw error;
    return { settings, problem: error.message, result: null };
  }
}

function estimationOf(settings: EstimationSettings | undefined, problem: string | null): { estimation?: Estimation } {
  if (settings === undefined) return {};
  const methods = estimationMethods.filter((method) => settings.methods.includes(method));
  const { linearMaxMinutes, historyWeeks } = settings;
  return { estimation: { methods, linearMaxMinutes, historyWeeks, problem } };
}

/** Elapsed time of the interval that begins at one of the boundaries. */
function elapsed({ boundariesMs, knownMs }: Asked): (startMs: number) => number {
  const endOf = new Map(boundariesMs.slice(1).map((endMs, index) => [boundariesMs[index], endMs]));
  return (startMs) => Math.max(0, Math.min(endOf.get(startMs) ?? startMs, knownMs) - startMs);
}

function secondsOf(elapsedMs: number, measuredMs: number, estimatedMs: number): Static<typeof sideSeconds> {
  const missingMs = Math.max(0, elapsedMs - measuredMs - estimatedMs);
  return { measuredS: measuredMs / 1000, estimatedS: estimatedMs / 1000, missingS: missingMs / 1000 };
}

function withMeasured(estimate: IntervalEstimate | undefined, measuredWh: number | null): Estimated {
  if (estimate === undefined) return { energyWh: null, seconds: 0, methods: [], withEstimatesWh: measuredWh };
  const { energyWh, ms, methods } = estimate;
  return { energyWh, seconds: ms / 1000, methods: [...methods], withEstimatesWh: (measuredWh ?? 0) + energyWh };
}
