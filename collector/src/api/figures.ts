import { type Static, Type } from 'typebox';
import { definitionOf, type Figure, type FigureId, figureIds } from '../kpi/figures/figure.ts';
import { siteFigures } from '../kpi/figures/site-figures.ts';
import { isoTime } from '../kpi/period.ts';
import { knownUntilMs } from '../kpi/site-kpis.ts';
import { instant, nullable, object, type RouteParts, requireSite, share, siteParams } from './contract.ts';
import { kpisQuery } from './kpis.ts';
import { knowledgeOf, periodOf } from './range.ts';

const text = nullable(Type.String());

const figure = object({
  name: Type.String(),
  value: nullable(Type.Number()),
  unit: Type.String(),
  reason: nullable(Type.String({ description: 'why there is no value, and what to do; null where there is one' })),
  coverage: share,
  inputs: Type.Array(
    object({
      name: Type.String(),
      value: Type.Number(),
      unit: Type.String(),
      source: nullable(Type.String({ description: 'of what was not measured' })),
    }),
  ),
  notes: Type.Array(Type.String()),
  definition: object({ formula: Type.String(), standard: text, edition: text, source: Type.String() }),
});

const figuresAnswer = object({
  site: Type.String(),
  period: object({ name: Type.String(), start: instant, end: instant, complete: Type.Boolean() }),
  figures: Type.Record(Type.Enum(figureIds), figure),
});

export function registerFigures({ api, figures, now }: RouteParts): void {
  const schema = {
    summary: 'A period’s figures beside PUE: carbon, water, renewables, reuse, cooling, utilisation, cost',
    tags: ['sites'],
    params: siteParams,
    querystring: kpisQuery,
    response: { 200: figuresAnswer },
  };
  api.get('/api/v1/sites/:site/figures', { schema }, async ({ params, query }) => {
    const site = requireSite(figures, params.site);
    const nowMs = now();
    const period = periodOf(query, site.timezone, nowMs);
    const knowledge = knowledgeOf(query.asOf, nowMs);
    const found = await siteFigures(figures, site, period, knowledge);
    const { name, fromMs, toMs } = period;
    const complete = toMs <= knownUntilMs(knowledge);
    const answers = figureIds.map((id) => [id, answer(id, found[id])] as const);
    return {
      site: site.site,
      period: { name, start: isoTime(fromMs), end: isoTime(toMs), complete },
      figures: Object.fromEntries(answers) as Static<typeof figuresAnswer>['figures'],
    };
  });
}

function answer(id: FigureId, { value, unit, reason, coverage, inputs, notes }: Figure): Static<typeof figure> {
  const { name, formula, standard, edition, source } = definitionOf(id);
  const definition = { formula, standard, edition, source };
  return { name, value, unit, reason, coverage, inputs: [...inputs], notes: [...notes], definition };
}
