import { type Static, Type } from 'typebox';
import { QUARTER_MS } from '../accounting/interval.ts';
import type { Finding } from '../findings/finding.ts';
import { type FindingKind, kinds, severities } from '../findings/kinds.ts';
import { siteFindings } from '../findings/site-findings.ts';
import { startOf, zoned } from '../kpi/boundaries.ts';
import { isoTime, type Period } from '../kpi/period.ts';
import { instant, nullable, object, type RouteParts, requireSite, siteParams } from './contract.ts';
import { asOf, knowledgeOf, namedPeriodOf } from './range.ts';

const query = object({
  period: Type.Optional(Type.String({ description: 'as for kpis; by default the last seven days, today included' })),
  from: Type.Optional(Type.String({ description: 'ISO 8601, on a quarter-hour; with `to`, instead of `period`' })),
  to: Type.Optional(Type.String()),
  asOf,
});

const finding = object({
  id: Type.String({ description: 'the same whenever the same is found' }),
  kind: Type.Enum(Object.keys(kinds) as FindingKind[]),
  severity: Type.Enum(severities),
  points: Type.Array(Type.String(), { description: 'the point that it is about first' }),
  agent: nullable(Type.String()),
  from: nullable(instant),
  to: nullable(instant),
  explanation: Type.String({ description: 'what is wrong, with numbers, and what to do' }),
  acknowledged: nullable(object({ by: Type.String(), reason: Type.String(), at: instant })),
});

const findingsAnswer = object({
  site: Type.String(),
  period: object({ name: Type.String(), start: instant, end: instant }),
  findings: Type.Array(finding),
});

export function registerFindings({ api, figures, now }: RouteParts): void {
  const schema = {
    summary: 'What is wrong with a site’s measurement',
    description: 'Worst first. Findings without a time hold now, whatever the period.',
    tags: ['sites'],
    params: siteParams,
    querystring: query,
    response: { 200: findingsAnswer },
  };
  api.get('/api/v1/sites/:site/findings', { schema }, async ({ params, query }) => {
    const site = requireSite(figures, params.site);
    const nowMs = now();
    const period = namedPeriodOf(query, site.timezone, nowMs) ?? lastDays(site.timezone, nowMs);
    const findings = await siteFindings(figures, site, period, knowledgeOf(query.asOf, nowMs));
    return {
      site: site.site,
      period: { name: period.name, start: isoTime(period.fromMs), end: isoTime(period.toMs) },
      findings: findings.map(answer),
    };
  });
}

const DAYS = 7;

/** Whole days, so that what goes on from day to day keeps its beginning while the day lasts. */
function lastDays(timezone: string, nowMs: number): Period {
  const first = zoned(nowMs, timezone)
    .toPlainDate()
    .subtract({ days: DAYS - 1 });
  return { name: 'last-7-days', fromMs: startOf(first, timezone), toMs: Math.ceil(nowMs / QUARTER_MS) * QUARTER_MS };
}

function answer({ span, acknowledged, points, ...rest }: Finding): Static<typeof finding> {
  return {
    ...rest,
    points: [...points],
    from: span === null ? null : isoTime(span.fromMs),
    to: span === null ? null : isoTime(span.toMs),
    acknowledged: acknowledged && {
      by: acknowledged.by,
      reason: acknowledged.reason,
      at: isoTime(acknowledged.atMs),
    },
  };
}
