import { accuracyClasses, roles } from '@wattmark/shared/roles';
import { type Static, Type } from 'typebox';
import { quantities } from '../accounting/quantity.ts';
import { type RecordedCorrection, touching } from '../corrections/book.ts';
import { type Explained, type ExplainedPoint, explain } from '../kpi/explanation.ts';
import { type PartialKpis, partialKpis } from '../kpi/partial-kpis.ts';
import { isoTime } from '../kpi/period.ts';
import { seeOf, seeUncertainty } from '../kpi/see.ts';
import { type SiteKpis, siteKpis } from '../kpi/site-kpis.ts';
import type { Site } from '../site/site.ts';
import { instant, nullable, object, type RouteParts, requireSite, share, siteParams, wattHours } from './contract.ts';
import { kpisQuery } from './kpis.ts';
import { knowledgeOf, periodOf } from './range.ts';
import { itLevelAnswer, itLevelOf, pairedEnergy, pairedOf } from './series.ts';

const flags = [
  'virtual',
  'corrected',
  'estimated',
  'bridged',
  'simulated',
  'no-class',
  'assumed-transformer',
  'gaps',
  'silent',
] as const;

const countedPoint = object({
  point: Type.String(),
  name: Type.String(),
  role: nullable(Type.Enum(roles)),
  totalWeight: Type.Number({ description: 'what a Wh of the point adds to the total; 0 where it is not in it' }),
  itWeight: Type.Number({ description: 'the same for the IT energy' }),
  carrier: Type.String(),
  quantity: Type.Enum(quantities, { description: 'what `energy` counts: Wh, L or kg' }),
  energy: nullable(Type.Number({ description: 'drawn less fed back, in the unit of the quantity' })),
  constantWh: nullable(
    Type.Number({ description: 'the part of `energy` that is a virtual point’s assumed constant power' }),
  ),
  totalWh: wattHours,
  itWh: wattHours,
  measuredS: Type.Number(),
  bridgedS: Type.Number({ description: 'part of the measured, whose profile is estimated' }),
  estimatedS: Type.Number(),
  missingS: Type.Number(),
  accuracyClass: nullable(Type.Enum(Object.keys(accuracyClasses))),
  meterPercent: nullable(Type.Number({ description: 'limit of error of the meter, per cent' })),
  transformerPercents: Type.Array(Type.Number()),
  commonCause: nullable(Type.String({ description: 'points of one name share their error' })),
  uncertainty: nullable(
    Type.Number({ description: 'the point’s own part, expanded (k = 2), in the unit of the figure' }),
  ),
  flags: Type.Array(Type.Enum(flags)),
});

const countedPoints = {
  points: Type.Array(countedPoint),
  instruments: Type.Array(countedPoint, { description: 'behind virtual points, with the weights that come out' }),
};

const explainAnswer = object({
  site: Type.String(),
  period: object({ name: Type.String(), start: instant, end: instant, complete: Type.Boolean() }),
  metric: Type.Enum(['pue', 'see']),
  value: nullable(Type.Number()),
  uncertainty: nullable(Type.Number({ description: 'expanded (k = 2), absolute' })),
  coverage: share,
  leastCoverage: Type.Number({ description: 'that a verdict needs, of every month' }),
  months: Type.Array(object({ name: Type.String(), coverage: Type.Number() })),
  paired: pairedEnergy,
  pairedS: Type.Number({ description: 'time in which both sides were measured together' }),
  totalFrom: nullable(Type.Enum(['supply', 'parts'])),
  itLevel: itLevelAnswer,
  ...countedPoints,
  partials: Type.Array(
    object({
      id: Type.String(),
      name: Type.String(),
      value: nullable(Type.Number()),
      paired: pairedEnergy,
      ...countedPoints,
    }),
    { description: 'how the partial PUEs of the site’s parts were made' },
  ),
  corrections: Type.Array(Type.String(), { description: 'ids of the corrections that hold and touch the period' }),
});

export function registerExplain({ api, figures, now }: RouteParts): void {
  const schema = {
    summary: 'How a period’s figure was made: the points that count, with what was measured of each',
    tags: ['sites'],
    params: siteParams,
    querystring: kpisQuery,
    response: { 200: explainAnswer },
  };
  api.get('/api/v1/sites/:site/kpis/explain', { schema }, async ({ params, query }) => {
    const site = requireSite(figures, params.site);
    const nowMs = now();
    const period = periodOf(query, site.timezone, nowMs);
    const knowledge = knowledgeOf(query.asOf, nowMs);
    const corrections = touching(figures.corrections(site), period, knowledge.asOfMs);
    const kpis = await siteKpis(figures, site, period, knowledge);
    return answer(site, kpis, await partialKpis(figures, site, kpis, knowledge), corrections);
  });
}

function answer(
  site: Site,
  kpis: SiteKpis,
  parts: readonly PartialKpis[],
  corrections: readonly RecordedCorrection[],
): Static<typeof explainAnswer> {
  const { period, isComplete, sum, pue, uncertainty } = kpis;
  const isStation = site.kind === 'base-station';
  const ofFigure = (value: number | null): number | null =>
    isStation && pue !== null ? seeUncertainty(pue, value) : value;
  const corrected = new Set(corrections.flatMap((correction) => correction.points));
  const explained = (
    of: Explained,
    figure = ofFigure,
  ): Pick<Static<typeof explainAnswer>, 'points' | 'instruments'> => {
    const { points, instruments } = explain(of);
    const answered = (point: ExplainedPoint): Static<typeof countedPoint> => ({
      ...pointOf(point, corrected.has(point.point)),
      uncertainty: figure(point.uncertainty),
    });
    return { points: points.map(answered), instruments: instruments.map(answered) };
  };
  return {
    site: site.site,
    period: { name: period.name, start: isoTime(period.fromMs), end: isoTime(period.toMs), complete: isComplete },
    metric: isStation ? 'see' : 'pue',
    value: isStation ? seeOf(pue) : pue,
    uncertainty: ofFigure(uncertainty.value),
    coverage: kpis.coverage,
    leastCoverage: kpis.leastCoverage,
    months: [...kpis.months],
    paired: pairedOf(sum),
    pairedS: sum.pairedMs / 1000,
    totalFrom: kpis.balance.totalFrom,
    itLevel: itLevelOf(kpis.itLevel),
    ...explained(kpis),
    partials: parts.map(({ id, name, pue: value, contributions, paired: ofPart }) => ({
      id,
      name,
      value,
      paired: pairedOf(ofPart),
      ...explained({ contributions, pue: value, elapsedMs: kpis.elapsedMs }, (one) => one),
    })),
    corrections: corrections.map(({ id }) => id),
  };
}

function pointOf(counted: ExplainedPoint, isCorrected: boolean): Omit<Static<typeof countedPoint>, 'uncertainty'> {
  const { site, interval, energyWh, totalWeight, itWeight, chain } = counted;
  const times = { measuredMs: 0, bridgedMs: 0, estimatedMs: 0, ...interval };
  const weighted = (weight: number): number | null => (energyWh === null || weight === 0 ? null : energyWh * weight);
  return {
    point: site.point,
    name: site.name,
    role: site.role,
    totalWeight,
    itWeight,
    carrier: site.carrier,
    quantity: site.quantity,
    energy: energyWh,
    constantWh: counted.constantWh,
    totalWh: weighted(totalWeight),
    itWh: weighted(itWeight),
    measuredS: times.measuredMs / 1000,
    bridgedS: times.bridgedMs / 1000,
    estimatedS: times.estimatedMs / 1000,
    missingS: counted.missingMs / 1000,
    accuracyClass: site.accuracyClass,
    meterPercent: chain.meterPercent,
    transformerPercents: [...chain.transformerPercents],
    commonCause: chain.commonCause,
    flags: flagsOf(counted, isCorrected),
  };
}

/** A tick may fall to either side of a period's end. */
const LEAST_GAP_MS = 1_200;

function flagsOf({ site, interval, chain, missingMs }: ExplainedPoint, isCorrected: boolean): (typeof flags)[number][] {
  const isMeasured = site.virtual === null;
  const holds = {
    virtual: !isMeasured,
    corrected: isCorrected,
    estimated: (interval?.estimatedMs ?? 0) > 0,
    bridged: (interval?.bridgedMs ?? 0) > 0,
    simulated: site.simulated,
    'no-class': isMeasured && chain.meterPercent === null,
    'assumed-transformer': isMeasured && chain.isTransformerAssumed,
    gaps: interval !== null && missingMs > LEAST_GAP_MS,
    silent: interval === null,
  };
  return flags.filter((flag) => holds[flag]);
}
