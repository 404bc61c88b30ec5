import { levels } from '@wattmark/shared/roles';
import { type Static, Type } from 'typebox';
import type { Comparison, PartChange } from '../kpi/changes/comparison.ts';
import { parts } from '../kpi/changes/decomposition.ts';
import type { MeasuredPeriod } from '../kpi/changes/measured-period.ts';
import type { Rates } from '../kpi/changes/rates.ts';
import { changesBetween, gapOf, type SiteChanges } from '../kpi/changes/site-changes.ts';
import { isoTime } from '../kpi/period.ts';
import type { MainTarget } from '../kpi/targets.ts';
import type { Site } from '../site/site.ts';
import {
  instant,
  nullable,
  object,
  type RouteParts,
  requireSite,
  share,
  siteParams,
  targetOf,
  targetSummary,
  wattHours,
  watts,
} from './contract.ts';
import { Problem } from './problems.ts';
import { asOf, knowledgeOf, namedPeriodOf, periodOf } from './range.ts';

const span = 'ISO 8601, on a quarter-hour';

const changesQuery = object({
  period: Type.Optional(Type.String({ description: 'the period to explain, as in kpis; this-month by default' })),
  from: Type.Optional(Type.String({ description: `${span}; with \`to\`, instead of \`period\`` })),
  to: Type.Optional(Type.String()),
  against: Type.Optional(Type.String({ description: 'the period to compare with, or `target`' })),
  againstFrom: Type.Optional(Type.String({ description: `${span}; with \`againstTo\`, instead of \`against\`` })),
  againstTo: Type.Optional(Type.String()),
  asOf,
});

const ratioPoints = nullable(Type.Number({ description: 'in points of the ratio' }));

const side = object({
  name: Type.String(),
  start: instant,
  end: instant,
  complete: Type.Boolean(),
  value: nullable(Type.Number({ description: 'total over IT energy of the paired time' })),
  level: nullable(Type.Enum(levels, { description: 'at which IT energy is taken; null where nobody said' })),
  coverage: share,
  paired: object({ totalWh: wattHours, itWh: wattHours }),
});

const partAnswer = object({
  part: Type.Enum(['it-load', ...parts]),
  points: ratioPoints,
  energyWh: nullable(Type.Number({ description: 'points times the IT energy of the period, Wh' })),
  cost: nullable(Type.Number({ description: 'of this energy, in `currency`' })),
  co2T: nullable(Type.Number({ description: 'of this energy, t' })),
  before: object({ powerW: watts, ratio: ratioPoints }, 'of the period compared with; ratio: of a target, by design'),
  after: object({ powerW: watts, ratio: ratioPoints }),
});

const rate = object({
  perKwh: nullable(Type.Number()),
  reason: nullable(Type.String({ description: 'why there is none' })),
});

const ratesAnswer = object({
  currency: nullable(Type.String()),
  price: rate,
  emissions: object(rate.properties, 'kg of CO2 by the factor of the grid'),
});

const loadAnswer = object({
  slope: Type.Number({ description: 'W of overhead for each W of IT, from day to day' }),
  slopeUncertainty: Type.Number({ description: 'k = 2' }),
  days: Type.Integer(),
  followed: Type.Number({ description: 'points: overhead that followed the IT load' }),
  net: Type.Number({ description: 'points: the IT load altogether' }),
  uncertainty: Type.Number({ description: 'of both, points, k = 2' }),
});

const changesAnswer = object({
  site: Type.String(),
  metric: Type.Enum(['pue', 'total-over-telecom']),
  period: side,
  against: nullable(side),
  target: nullable(targetSummary),
  change: ratioPoints,
  energyWh: nullable(Type.Number({ description: 'change times the IT energy of the period, Wh' })),
  cost: nullable(Type.Number({ description: 'of this energy, in `currency`' })),
  co2T: nullable(Type.Number({ description: 'of this energy, t' })),
  rates: nullable(ratesAnswer),
  parts: Type.Array(partAnswer, { description: 'they add up to the change; empty where there is none' }),
  merged: Type.Array(Type.Enum(parts), { description: 'not told apart for want of measurements: among the losses' }),
  loadResponse: nullable(loadAnswer),
  loadReason: nullable(Type.String({ description: 'why there is no loadResponse' })),
  reason: nullable(Type.String({ description: 'why there is no change' })),
  sentences: Type.Array(Type.String()),
});

export function registerChanges({ api, figures, now }: RouteParts): void {
  const schema = {
    summary: 'Why a period’s PUE differs from that of another, or from the target',
    tags: ['sites'],
    params: siteParams,
    querystring: changesQuery,
    response: { 200: changesAnswer },
  };
  api.get('/api/v1/sites/:site/changes', { schema }, async ({ params, query }) => {
    const site = requireSite(figures, params.site);
    const nowMs = now();
    const knowledge = knowledgeOf(query.asOf, nowMs);
    const { from, to, againstFrom, againstTo } = query;
    const explained = periodOf({ period: query.period, from, to }, site.timezone, nowMs, 'this-month');
    if (query.against === 'target' && againstFrom === undefined && againstTo === undefined) {
      const target = requireTarget(site);
      return answer(site, target, await gapOf(figures, site, target, explained, knowledge));
    }
    const keys = ['against', 'againstFrom', 'againstTo'] as const;
    const named = { period: query.against, from: againstFrom, to: againstTo };
    const against = namedPeriodOf(named, site.timezone, nowMs, keys);
    if (against === null)
      throw new Problem('invalid-request', 'against is required: a period such as 2026-09, or target');
    return answer(site, null, await changesBetween(figures, site, against, explained, knowledge));
  });
}

function requireTarget(site: Site): MainTarget {
  const target = targetOf(site);
  if (target?.metric === 'pue' && site.kind === 'data-centre') return target;
  const reason =
    site.kind === 'data-centre' ? 'has no target of PUE' : 'is a base station, for which a PUE is not defined';
  throw new Problem('invalid-request', `${site.site} ${reason}; name a period in against`);
}

function answer(site: Site, target: MainTarget | null, changes: SiteChanges): Static<typeof changesAnswer> {
  const { measured, reference, comparison, sentences } = changes;
  return {
    site: site.site,
    metric: site.kind === 'base-station' ? 'total-over-telecom' : 'pue',
    period: sideOf(measured),
    against: reference === null ? null : sideOf(reference),
    target: target === null ? null : { id: target.id, metric: target.metric, value: target.value, name: target.name },
    ...figuresOf(comparison, measured.itWh, changes.rates),
    sentences: [...sentences],
  };
}

function sideOf({ period, isComplete, level, coverage, totalWh, itWh, pairedMs }: MeasuredPeriod): Static<typeof side> {
  const isPaired = pairedMs > 0;
  return {
    name: period.name,
    start: isoTime(period.fromMs),
    end: isoTime(period.toMs),
    complete: isComplete,
    value: itWh > 0 ? totalWh / itWh : null,
    level,
    coverage,
    paired: { totalWh: isPaired ? totalWh : null, itWh: isPaired ? itWh : null },
  };
}

type Figures = Omit<Static<typeof changesAnswer>, 'site' | 'metric' | 'period' | 'against' | 'target' | 'sentences'>;

function figuresOf(comparison: Comparison, itWh: number, rates: Rates | null): Figures {
  const none = { loadResponse: null, loadReason: null };
  if (comparison.reason !== null)
    return { change: null, ...worthOf(null, rates), rates, parts: [], merged: [], ...none, reason: comparison.reason };
  const { change, load } = comparison;
  return {
    change,
    ...worthOf(change * itWh, rates),
    rates,
    parts: comparison.parts.map((part) => partOf(part, itWh, rates)),
    merged: [...comparison.merged],
    loadResponse: load?.response ?? null,
    loadReason: load?.reason ?? null,
    reason: null,
  };
}

/** What an energy cost and emitted by the period’s mean rates. */
function worthOf(energyWh: number | null, rates: Rates | null): Pick<Figures, 'energyWh' | 'cost' | 'co2T'> {
  const by = (perKwh: number | null | undefined): number | null =>
    energyWh === null || perKwh == null ? null : (energyWh / 1000) * perKwh;
  const co2Kg = by(rates?.emissions.perKwh);
  return { energyWh, cost: by(rates?.price.perKwh), co2T: co2Kg === null ? null : co2Kg / 1000 };
}

function partOf(change: PartChange, itWh: number, rates: Rates | null): Static<typeof partAnswer> {
  const { part, points, referenceW, powerW, reference, contribution } = change;
  return {
    part,
    points,
    ...worthOf(points === null ? null : points * itWh, rates),
    before: { powerW: referenceW, ratio: reference },
    after: { powerW, ratio: contribution },
  };
}
