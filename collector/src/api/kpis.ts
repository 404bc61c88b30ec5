import { type Static, Type } from 'typebox';
import { touching } from '../corrections/book.ts';
import { sitePlan } from '../estimation/estimates.ts';
import type { Figures } from '../figures.ts';
import { isoTime } from '../kpi/period.ts';
import { partialKpis } from '../kpi/partial-kpis.ts';
import { estimatedShareOf } from '../kpi/pue.ts';
import { energyByRole, type Knowledge, knownUntilMs, type SiteKpis, siteKpis } from '../kpi/site-kpis.ts';
import { type SiteVerdicts, siteVerdicts } from '../kpi/target-verdicts.ts';
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
import {
  judgedTarget,
  judgedTargetOf,
  judgementAnswer,
  judgementOf,
  targetAnswer,
  targetAnswerOf,
} from './judged-target.ts';
import {
  baselineAnswer,
  baselineOfSite,
  designFigure,
  designOfSite,
  partialFigure,
  partialOf,
  pueFigure,
  pueOfSite,
  seeFigure,
  seeOfSite,
} from './kpi-figures.ts';
import { asOf, knowledgeOf, periodOf } from './range.ts';
import { itLevelAnswer, itLevelOf, pairedEnergy, pairedOf } from './series.ts';

/** Which period a figure is asked for. */
export const kpisQuery = object({
  period: Type.Optional(
    Type.String({ description: '2026, 2026-10, 2026-10-05, today, this-month or this-year in the site’s time zone' }),
  ),
  from: Type.Optional(Type.String({ description: 'ISO 8601, on a quarter-hour; with `to`, instead of `period`' })),
  to: Type.Optional(Type.String()),
  asOf,
});

const kpisAnswer = object({
  site: Type.String(),
  period: object({ name: Type.String(), start: instant, end: instant, complete: Type.Boolean() }),
  pue: Type.Optional(pueFigure),
  see: Type.Optional(seeFigure),
  baseline: Type.Optional(nullable(baselineAnswer)),
  design: Type.Optional(nullable(designFigure)),
  totalWh: wattHours,
  itWh: wattHours,
  paired: pairedEnergy,
  byRole,
  target: nullable(targetAnswer),
  ...judgementAnswer.properties,
  targets: Type.Array(judgedTarget, { description: 'the site’s other targets, each with its own verdict' }),
  estimatedShare: share,
  totalFrom: nullable(Type.Enum(['supply', 'parts'])),
  itLevel: itLevelAnswer,
  estimation: estimationAnswer,
  ...sidesAnswer,
  partials: Type.Array(partialFigure, { description: 'partial PUEs of the site’s parts' }),
  corrections: Type.Array(Type.String(), { description: 'ids of the corrections that hold and touch the period' }),
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
    const verdicts = await siteVerdicts(figures, site, kpis, knowledge);
    const sides = await sidesOfPeriod(figures, site, kpis, knowledge);
    const corrections = touching(figures.corrections(site), period, knowledge.asOfMs).map(({ id }) => id);
    const parts = await partialKpis(figures, site, kpis, knowledge);
    const partials = parts.map((part) => partialOf(site, kpis, part));
    return { ...answer(site, kpis, verdicts), ...sides, partials, corrections };
  });
}

async function sidesOfPeriod(
  figures: Figures,
  site: Site,
  { period: { fromMs, toMs }, balance, itLevel, sum }: SiteKpis,
  knowledge: Knowledge,
): Promise<Omit<Pick<Static<typeof kpisAnswer>, SideKeys>, 'corrections' | 'partials'>> {
  const asked = { boundariesMs: [fromMs, toMs], asOfMs: knowledge.asOfMs, knownMs: knownUntilMs(knowledge) };
  const { estimation, sides } = await sidesOf(figures, site, sitePlan(balance, itLevel.index), [sum], asked);
  return { ...estimation, ...sides(fromMs) };
}

type SideKeys = 'corrections' | 'partials' | 'estimation' | keyof typeof sidesAnswer;

function answer(site: Site, kpis: SiteKpis, verdicts: SiteVerdicts): Omit<Static<typeof kpisAnswer>, SideKeys> {
  const { period, isComplete, sum } = kpis;
  const { main, others } = verdicts;
  return {
    site: site.site,
    period: { name: period.name, start: isoTime(period.fromMs), end: isoTime(period.toMs), complete: isComplete },
    ...(site.kind === 'base-station'
      ? { see: seeOfSite(site, kpis), baseline: baselineOfSite(site, kpis) }
      : { pue: pueOfSite(site, kpis), design: designOfSite(site, verdicts) }),
    totalWh: sum.totalWh,
    itWh: sum.itWh,
    paired: pairedOf(sum),
    byRole: energyByRole(site, sum),
    target: main === null ? null : targetAnswerOf(main.target),
    ...judgementOf(main?.judgement ?? NO_TARGET),
    targets: others.map(judgedTargetOf),
    estimatedShare: estimatedShareOf(sum),
    totalFrom: kpis.balance.totalFrom,
    itLevel: itLevelOf(kpis.itLevel),
  };
}

const NO_TARGET = { verdict: null, reason: 'no target is set for this site', provisional: false } as const;
