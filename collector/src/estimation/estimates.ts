import { netWhOf, QUARTER_MS, type Span } from '../accounting/interval.ts';
import type { Figures } from '../figures.ts';
import { atLevel, type LevelSum } from '../kpi/level.ts';
import type { Balance, LevelPlan, Term } from '../site/balance.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { daysAround, LEAST_GAP_MS, quartersWithGaps } from './days.ts';
import { type FilledQuarters, fillQuarters } from './point-fills.ts';
import { QuarterReader } from './quarter-reader.ts';
import type { EstimationMethod, EstimationSettings } from './settings.ts';

/** `reading`: the meter or its agent itself said that it estimates. */
export type EstimateMethod = EstimationMethod | 'reading';

/** What the missing time of one quarter-hour is estimated to hold. */
export interface Estimate {
  readonly startMs: number;
  /** Net energy (drawn less fed back), Wh. */
  readonly energyWh: number;
  /** The time that is not measured, all of which is estimated. */
  readonly ms: number;
  readonly methods: readonly EstimateMethod[];
}

/** What is known, and of when. */
export interface Known {
  /** Null: now. */
  readonly asOfMs: number | null;
  /** The instant up to which anything can be known. */
  readonly knownMs: number;
}

/** A side's measured energy, and the time for which it is measured. */
export interface Measured {
  readonly energyWh: number | null;
  readonly ms: number;
}

/** The sides of a site's ratio. */
export const sides = ['total', 'it'] as const;
export type Side = (typeof sides)[number];

/** What one answer takes the sides of a site to be: their points, and what is measured of them in a sum of the site. */
export interface SitePlan {
  readonly terms: Readonly<Record<Side, readonly Term[]>>;
  readonly measuredOf: (sum: SiteSum, side: Side) => Measured;
}

/** The sides at one of the site's measuring levels. */
export function sitePlan({ levels }: Balance, index: number): SitePlan {
  const terms = levels[index] as LevelPlan;
  return { terms, measuredOf: (sum, side) => measuredIn(atLevel(sum, index), side) };
}

/** One side of a sum. */
export function measuredIn(sum: LevelSum, side: Side): Measured {
  return side === 'total' ? { energyWh: sum.totalWh, ms: sum.totalMs } : { energyWh: sum.itWh, ms: sum.itMs };
}

/**
 * Estimates of what is missing of a point in a span, quarter-hour by quarter-hour, in order of time; computed anew from what
 * was known each time, so that nothing that was measured is ever replaced.
 * @throws EstimationLimitError
 */
export async function pointEstimates(
  figures: Figures,
  site: Site,
  settings: EstimationSettings,
  pointId: number,
  span: Span,
  { asOfMs, knownMs }: Known,
): Promise<Estimate[]> {
  const { historyWeeks } = settings;
  const edges = daysAround(span, historyWeeks, knownMs);
  if (edges.length === 0) return [];
  const days = await figures.pointSumsOf([pointId], edges, asOfMs);
  const coveredMs = new Map(days.map((day) => [day.startMs, day.measuredMs + day.estimatedMs]));
  const starts = quartersWithGaps(edges, coveredMs, span, historyWeeks);
  if (starts.length === 0) return [];
  const { fillOf } = await fillQuarters(new QuarterReader(figures, asOfMs), site, settings, [pointId], starts);
  return starts.flatMap((startMs) => {
    const fill = fillOf(pointId, startMs);
    return fill === undefined ? [] : [{ startMs, energyWh: fill.energyWh, ms: fill.missingMs, methods: [fill.method] }];
  });
}

/**
 * The same for the sides of a site. A side's quarter-hour is estimated where every one of its points is measured or filled
 * throughout; otherwise its missing time stays missing.
 * @throws EstimationLimitError
 */
export async function siteEstimates(
  figures: Figures,
  site: Site,
  settings: EstimationSettings,
  { terms, measuredOf }: SitePlan,
  span: Span,
  { asOfMs, knownMs }: Known,
): Promise<Record<Side, Estimate[]>> {
  const estimates: Record<Side, Estimate[]> = { total: [], it: [] };
  const { historyWeeks } = settings;
  const edges = daysAround(span, historyWeeks, knownMs);
  if (edges.length === 0) return estimates;
  const days = await figures.siteSums(site, edges, asOfMs);
  const reader = new QuarterReader(figures, asOfMs);
  for (const side of sides) {
    // What a point that never said anything would have measured nobody can say.
    if (terms[side].length === 0 || terms[side].some(({ point }) => point.pointId === null)) continue;
    const coveredMs = new Map(days.map((day) => [day.startMs, measuredOf(day, side).ms]));
    const sums = await reader.site(site, quartersWithGaps(edges, coveredMs, span, historyWeeks));
    const gaps = new Map(
      [...sums].map(([startMs, sum]) => [startMs, sum === null ? nothing : measuredOf(sum, side)] as const),
    );
    for (const [startMs, { ms }] of gaps) if (QUARTER_MS - ms < LEAST_GAP_MS) gaps.delete(startMs);
    const starts = [...gaps.keys()];
    const filled = await fillQuarters(reader, site, settings, pointIdsOf(terms[side]), starts);
    estimates[side] = starts.flatMap(
      (startMs) => sideEstimate(terms[side], startMs, gaps.get(startMs) as Measured, filled) ?? [],
    );
  }
  return estimates;
}

const nothing: Measured = { energyWh: null, ms: 0 };

/** What the side's points drew in the quarter-hour, less what of it the site's own sum holds already. */
export function sideEstimate(
  terms: readonly Term[],
  startMs: number,
  measured: Measured,
  { rowOf, fillOf }: FilledQuarters,
): Estimate | null {
  let energyWh = -(measured.energyWh ?? 0);
  const methods = new Set<EstimateMethod>();
  for (const { point, weight } of terms) {
    const pointId = point.pointId as number;
    const row = rowOf(pointId, startMs);
    const fill = fillOf(pointId, startMs);
    const knownMs = (row?.measuredMs ?? 0) + (row?.estimatedMs ?? 0) + (fill?.missingMs ?? 0);
    if (QUARTER_MS - knownMs >= LEAST_GAP_MS) return null;
    const knownWh = (row === undefined ? null : netWhOf(row)) ?? 0;
    energyWh += weight * (knownWh + (fill?.energyWh ?? 0));
    if (fill !== undefined) methods.add(fill.method);
    if (row !== undefined && row.estimatedMs > 0) methods.add('reading');
  }
  // The sum on record was made of other points than those that count now: nobody knows what is missing of it.
  if (methods.size === 0) return null;
  return { startMs, energyWh, ms: QUARTER_MS - measured.ms, methods: [...methods].sort() };
}

function pointIdsOf(terms: readonly Term[]): number[] {
  return [...new Set(terms.map(({ point }) => point.pointId as number))];
}
