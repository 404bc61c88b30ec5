import { type Static, Type } from 'typebox';
import { sitePlan } from '../estimation/estimates.ts';
import type { Figures } from '../figures.ts';
import { isoTime, lengthOf, type Period, parsePeriod, periodBetween } from '../kpi/period.ts';
import { categoryOf, derivativeOf, estimatedShareOf, notationOf } from '../kpi/pue.ts';
import { baselineFigure, seeOf, seeUncertainty } from '../kpi/see.ts';
import { energyByRole, type Knowledge, knownUntilMs, type SiteKpis, siteKpis } from '../kpi/site-kpis.ts';
import { verdicts } from '../kpi/verdict.ts';
import type { Site } from '../site/site.ts';
import {
  byRole,
  instant,
  nullable,
  object,
  type RouteParts,
  requireSite,
  share,
  siteParams,
  wattHours,
} from './contract.ts';
import { estimationAnswer, sidesAnswer, sidesOf } from './estimates.ts';
import { Problem } from './problems.ts';
import { asOf, knowledgeOf } from './range.ts';
import { itLevelAnswer, itLevelOf, pairedEnergy, pairedOf } from './series.ts';

export const kpisQuery = object({
  period: Type.Optional(
    Type.String({ description: '2026, 2026-10, 2026-10-05, today, this-month or this-year in the site’s time zone' }),
  ),
  from: Type.Optional(Type.String({ description: 'ISO 8601, on a quarter-hour; with `to`, instead of `period`' })),
  to: Type.Optional(Type.String()),
  asOf,
});

const uncertainty = nullable(
  Type.Number({ description: 'expanded (k = 2), absolute, from the meters’ accuracy classes' }),
);
const derivative = Type.Enum(['annual', 'interim'], { description: 'annual: twelve months that are over' });

const pueFigure = object({
  value: nullable(Type.Number()),
  category: nullable(Type.Enum([1, 2, 3])),
  notation: Type.String(),
  derivative,
  uncertainty,
  coverage: share,
});

const seeFigure = object({ value: nullable(Type.Number()), derivative, uncertainty, coverage: share });

const baseline = object({
  value: nullable(Type.Number()),
  unit: Type.Literal('kWh/d'),
  reference: Type.Number(),
  change: nullable(Type.Number({ description: 'relative: -0.2 is a fifth less than the reference' })),
  source: Type.String(),
});

const target = object({
  id: Type.String(),
  metric: Type.Literal('pue'),
  value: Type.Number(),
  name: Type.String(),
  source: Type.String(),
  kind: Type.Enum(['design', 'measured-year', 'average']),
});

const kpisAnswer = object({
  site: Type.String(),
  period: object({ name: Type.String(), start: instant, end: instant, complete: Type.Boolean() }),
  pue: Type.Optional(pueFigure),
  see: Type.Optional(seeFigure),
  baseline: Type.Optional(nullable(baseline)),
  totalWh: wattHours,
  itWh: wattHours,
  paired: pairedEnergy,
  byRole,
  target: nullable(target),
  verdict: nullable(Type.Enum(verdicts)),
  reason: Type.String({ description: 'why the verdict is what it is, in words' }),
  estimatedShare: share,
  totalFrom: nullable(Type.Enum(['supply', 'parts'])),
  itLevel: itLevelAnswer,
  estimation: estimationAnswer,
  ...sidesAnswer,
});

export function registerKpis({ api, figures, now }: RouteParts): void {
  const schema = {
    summary: 'A period’s PUE (a base station’s SEE) with its verdict',
    tags: ['sites'],
    params: siteParams,
    querystring: kpisQuery,
    response: { 200: kpisAnswer },
  };
  api.get('/api/v1/sites/:site/kpis', { schema }, async ({ params, query }) => {
    const site = requireSite(figures, params.site);
    const nowMs = now();
    const period = periodOf(query, site.timezone, nowMs);
    const knowledge = knowledgeOf(query.asOf, nowMs);
    const kpis = await siteKpis(figures, site, period, knowledge);
    return { ...answer(site, kpis), ...(await sidesOfPeriod(figures, site, kpis, knowledge)) };
  });
}

/** The period that a query names, today where it names none. */
export function periodOf({ period, from, to }: Static<typeof kpisQuery>, timezone: string, nowMs: number): Period {
  const isSpan = from !== undefined || to !== undefined;
  if (period !== undefined && isSpan) throw new Problem('invalid-request', 'either period, or from and to');
  if (!isSpan) return parsePeriod(period ?? 'today', timezone, nowMs);
  if (from === undefined || to === undefined) throw new Problem('invalid-request', 'from and to are required together');
  return periodBetween(from, to);
}

async function sidesOfPeriod(
  figures: Figures,
  site: Site,
  { period: { fromMs, toMs }, balance, itLevel, sum }: SiteKpis,
  knowledge: Knowledge,
): Promise<Pick<Static<typeof kpisAnswer>, SideKeys>> {
  const asked = { boundariesMs: [fromMs, toMs], asOfMs: knowledge.asOfMs, knownMs: knownUntilMs(knowledge) };
  const { estimation, sides } = await sidesOf(figures, site, sitePlan(balance, itLevel.index), [sum], asked);
  return { ...estimation, ...sides(fromMs) };
}

type SideKeys = 'estimation' | keyof typeof sidesAnswer;

function answer(site: Site, kpis: SiteKpis): Omit<Static<typeof kpisAnswer>, SideKeys> {
  const { period, isComplete, sum, judgement } = kpis;
  return {
    site: site.site,
    period: { name: period.name, start: isoTime(period.fromMs), end: isoTime(period.toMs), complete: isComplete },
    ...(site.kind === 'base-station' ? seeOfSite(site, kpis) : { pue: pueOfSite(site, kpis) }),
    totalWh: sum.totalWh,
    itWh: sum.itWh,
    paired: pairedOf(sum),
    byRole: energyByRole(site, sum.roleWh),
    target: kpis.target === null ? null : targetOf(kpis.target),
    verdict: judgement.verdict,
    reason: judgement.reason,
    estimatedShare: estimatedShareOf(sum),
    totalFrom: kpis.balance.totalFrom,
    itLevel: itLevelOf(kpis.itLevel),
  };
}

function targetOf({ id, metric, value, name, source, kind }: NonNullable<SiteKpis['target']>): Static<typeof target> {
  return { id, metric, value, name, source, kind };
}

function pueOfSite(site: Site, { period, isComplete, itLevel, pue, ...kpis }: SiteKpis): Static<typeof pueFigure> {
  const length = lengthOf(period, site.timezone);
  const category = categoryOf(itLevel.level);
  return {
    value: pue,
    category,
    notation: notationOf(category, length, isComplete),
    derivative: derivativeOf(length, isComplete),
    uncertainty: kpis.uncertainty,
    coverage: kpis.coverage,
  };
}

function seeOfSite(
  site: Site,
  { period, isComplete, sum, pue, ...kpis }: SiteKpis,
): { see: Static<typeof seeFigure>; baseline: Static<typeof baseline> | null } {
  return {
    see: {
      value: seeOf(pue),
      derivative: derivativeOf(lengthOf(period, site.timezone), isComplete),
      uncertainty: pue === null ? null : seeUncertainty(pue, kpis.uncertainty),
      coverage: kpis.coverage,
    },
    baseline: site.baseline === null ? null : baselineFigure(site.baseline, sum),
  };
}
