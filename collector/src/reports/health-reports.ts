import { liveOf } from '../api/live.ts';
import type { AgentFigures, Figures, Health } from '../figures.ts';
import { integer, type Measurement } from '../influx/schema.ts';
import { targetsOf } from '../kpi/site-targets.ts';
import type { Site } from '../site/site.ts';
import { reported, rolePower } from './measurements.ts';
import { type Report, reportOf } from './report.ts';

/** A site as it is. */
export function liveReport(figures: Figures, site: Site, timeMs: number): Report {
  const { totalW, itW, ratio, gapW, stale, byRole } = liveOf(figures, site);
  const roles = Object.entries(byRole).map(([role, powerW]) => [rolePower(role), powerW] as const);
  const values = {
    total_w: totalW,
    it_w: itW,
    ratio,
    gap_w: gapW,
    stale_points: stale.length,
    ...Object.fromEntries(roles),
  };
  return reportOf(reported.live, { tags: { group: site.group, site: site.site }, values, timeMs });
}

const states = { online: 1, offline: 0, unknown: null } as const;

export function agentReport(figures: AgentFigures, timeMs: number): Report {
  const { group, site, agent, state, lastSeenMs, seq, lost, duplicates, rejected } = figures;
  const values = {
    up: states[state],
    lag_ms: lastSeenMs === null ? null : Math.max(0, Math.round(timeMs - lastSeenMs)),
    seq,
    lost,
    duplicates,
    rejected,
    clock_skew_ms: figures.clockSkewMs === null ? null : Math.round(figures.clockSkewMs),
    spool_depth: figures.spoolDepth,
    software: figures.software,
  };
  return reportOf(reported.agent, { tags: { group, site, agent }, values, timeMs });
}

/** The collector's own health. Whatever it counts is a field; a field for each reason of rejection is beside the sum. */
export function collectorReport(
  { problem, counters, gauges, rejected, mirrors }: Health,
  collector: string,
  timeMs: number,
): Report {
  const { rss, heapUsed } = process.memoryUsage();
  const reasons = Object.entries(rejected).map(([reason, count]) => [`rejected_${fieldName(reason)}`, count] as const);
  const values: Record<string, number> = {
    healthy: problem === null ? 1 : 0,
    ...counters,
    ...gauges,
    rejected: reasons.reduce((sum, [, count]) => sum + count, 0),
    ...Object.fromEntries(reasons),
    mirror_queue_bytes: mirrors.reduce((sum, { queueBytes }) => sum + queueBytes, 0),
    mirror_behind_ms: Math.max(0, ...mirrors.map(({ behindMs }) => behindMs)),
    mirror_dropped: mirrors.reduce((sum, { droppedLines }) => sum + droppedLines, 0),
    rss_bytes: rss,
    heap_bytes: heapUsed,
  };
  const fields = Object.keys(values).map((name) => integer(name, ''));
  const measurement: Measurement = { ...reported.collector, fields };
  return reportOf(measurement, { tags: { collector }, values, timeMs });
}

/** Reasons come from a table, and are made names all the same. */
function fieldName(reason: string): string {
  return reason.replaceAll(/[^a-z0-9]+/gi, '_');
}

/** A site as it is described now. */
export function siteReport(site: Site): Report {
  const { group, name, kind, timezone } = site;
  const { main } = targetsOf(site);
  const values = {
    name,
    kind,
    timezone,
    target: main?.id ?? null,
    target_value: main?.value ?? null,
    metric: main?.metric ?? null,
  };
  return reportOf(reported.siteInfo, { tags: { group, site: site.site }, values, timeMs: 0 });
}
