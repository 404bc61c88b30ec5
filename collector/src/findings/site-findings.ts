import { QUARTER_MS, type Span } from '../accounting/interval.ts';
import type { Figures } from '../figures.ts';
import { boundaries, RangeTooLargeError, type Step, usualLengthMs } from '../kpi/boundaries.ts';
import { type Knowledge, knownUntilMs } from '../kpi/site-kpis.ts';
import type { Site } from '../site/site.ts';
import { acknowledge, type Resets } from './acknowledgement.ts';
import { checkAlternates } from './checks/alternates.ts';
import { checkAgents } from './checks/agents.ts';
import { checkChildren, checkEfficiency } from './checks/children.ts';
import { checkDoubleCount } from './checks/double-count.ts';
import { checkFeedBack } from './checks/feed-back.ts';
import { checkFeeds } from './checks/feeds.ts';
import { checkIncidents } from './checks/incidents.ts';
import { checkMeters } from './checks/meters.ts';
import { checkRatio } from './checks/ratio.ts';
import { checkRegisters } from './checks/registers.ts';
import { checkSilence } from './checks/silence.ts';
import { checkUncounted } from './checks/uncounted.ts';
import { type Finding, findingOf, type Observation, sortFindings } from './finding.ts';
import { type Inspection, inspectionOf } from './inspection.ts';

/** Looks at one thing, and says what is wrong with it. */
type Check = (inspection: Inspection) => Observation[];

const checks: readonly Check[] = [
  checkChildren,
  checkEfficiency,
  checkDoubleCount,
  checkUncounted,
  checkFeeds,
  checkAlternates,
  checkRatio,
  checkSilence,
  checkRegisters,
  checkFeedBack,
  checkIncidents,
  checkMeters,
  checkAgents,
];

/** What is wrong with a site's measurement in a period, worst first. */
export async function siteFindings(
  figures: Figures,
  site: Site,
  period: Span,
  knowledge: Knowledge,
): Promise<Finding[]> {
  const inspection = await gather(figures, site, period, knowledge);
  return acknowledge(inspect(inspection), figures.corrections(site), knowledge.asOfMs, resetsOf(inspection));
}

/** Two resets of one incident are not told apart, and no single replacement explains them. */
function resetsOf({ site, notes }: Inspection): Resets {
  const ids = new Map(site.points.map(({ point, pointId }) => [point, pointId]));
  return (point) =>
    notes.incidents
      .filter(({ kind, pointId, count }) => kind === 'reset' && count === 1 && pointId === ids.get(point))
      .map(({ fromMs }) => fromMs)
      .sort((a, b) => a - b);
}

/** All checks, one after the other. */
export function inspect(inspection: Inspection): Finding[] {
  return sortFindings(checks.flatMap((check) => check(inspection)).map(findingOf));
}

async function gather(
  figures: Figures,
  site: Site,
  { fromMs, toMs }: Span,
  { asOfMs, nowMs }: Knowledge,
): Promise<Inspection> {
  const knownMs = knownUntilMs({ asOfMs, nowMs });
  // Minutes of a quarter-hour still running have come from some points and not from others.
  const endMs = Math.floor(Math.min(toMs, knownMs) / QUARTER_MS) * QUARTER_MS;
  const span = { fromMs, toMs: Math.max(fromMs, endMs) };
  const edgesMs = edgesOf(span, site);
  const pointIds = site.points.flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
  const [firstMs] = edgesMs;
  const rows = firstMs === undefined ? [] : await figures.pointSumsOf(pointIds, edgesMs, asOfMs);
  const agents = figures.agents();
  return inspectionOf({
    site,
    span: { fromMs, toMs: Math.min(toMs, knownMs) },
    edgesMs,
    daysMs: firstMs === undefined ? [] : boundaries({ fromMs: firstMs, toMs: endMs }, 'P1D', site.timezone),
    rows,
    notes: figures.notes(site),
    agents: asOfMs === null ? agents.filter((agent) => agent.site === site.site) : [],
    agentNames: agents.map(({ agent }) => agent),
    asOfMs,
  });
}

/** Steps of each length that one inspection may have; finer ones say better when something was so. */
const MOST_STEPS = 800;
/** Sums of points and steps. */
const MOST_ROWS = 200_000;
const MOST_DAILY_ROWS = 2_000_000;

/** Boundaries of the whole steps within a span. */
function edgesOf(span: Span, { points, timezone }: Site): number[] {
  const { fromMs, toMs } = span;
  if (toMs <= fromMs) return [];
  const count = (step: Step): number => Math.ceil((toMs - fromMs) / usualLengthMs[step]);
  const fits = (step: Step): boolean => count(step) <= MOST_STEPS && count(step) * points.length <= MOST_ROWS;
  const step = (['PT15M', 'PT1H'] as const).find(fits) ?? 'P1D';
  if (step === 'P1D' && count(step) * points.length > MOST_DAILY_ROWS) {
    throw new RangeTooLargeError(`the range has more than ${MOST_DAILY_ROWS} days of points: ask for a shorter range`);
  }
  const edges = boundaries(span, step, timezone).filter((ms) => ms >= fromMs && ms <= toMs);
  return edges.length < 2 ? [] : edges;
}
