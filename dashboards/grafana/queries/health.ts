import { bySite, inBuckets, lastOf, type Scope, selectOf } from './scope.ts';

/** The newest row of each agent; an agent of which nothing was written for so long has none. */
export function agents(scope: Scope): string {
  const fields =
    'last("lost") AS "Lost", "up" AS "State", "lag_ms" AS "Silent for", "rejected" AS "Rejected", "duplicates" AS ' +
    '"Duplicates", ' +
    '"clock_skew_ms" AS "Clock skew", "spool_depth" AS "Spool", "software" AS "Software"';
  return `SELECT ${fields} FROM "wattmark_agent" WHERE ${scope} AND ${lastOf('15m')} ${bySite}, "agent"`;
}

/** How many agents are known to be offline. */
export function offlineAgents(scope: Scope): string {
  const newest = `SELECT last("lost"), "up" FROM "wattmark_agent" WHERE ${scope} AND ${lastOf('15m')} ${bySite}, "agent"`;
  return selectOf('count("up") - sum("up") AS "offline"', newest, lastOf('15m'));
}

/** The newest live figures of each site. */
export function live(scope: Scope): string {
  const fields =
    'last("stale_points") AS "Silent points", "total_w" AS "Total power", "it_w" AS "IT power", ' +
    '"ratio" AS "Power ratio", "gap_w" AS "Above target"';
  return newestLive(scope, fields);
}

/** One of the newest live figures of each site; null where it is unknown now. */
export function liveValue(scope: Scope, field: string, name: string): string {
  const newest = newestLive(scope, `last("stale_points"), "${field}" AS "${name}"`);
  return selectOf(`"${name}"`, newest, lastOf('5m'), bySite);
}

/** Points that are silent now, of all sites together. */
export function silentPoints(scope: Scope): string {
  const newest = newestLive(scope, 'last("stale_points") AS "silent"');
  return selectOf('sum("silent") AS "silent"', newest, lastOf('5m'));
}

/** A figure of `wattmark_live` over the last two days of the time shown. */
export function liveRows(scope: Scope, selector: string): string {
  const where = `${scope} AND $timeFilter AND ${lastOf('2d')}`;
  return `SELECT ${selector} FROM "wattmark_live" WHERE ${where} ${inBuckets('group', 'site')}`;
}

/** A figure of the agents over the last two days of the time shown. */
export function agentRows(scope: Scope, selector: string): string {
  const where = `${scope} AND $timeFilter AND ${lastOf('2d')}`;
  return `SELECT ${selector} FROM "wattmark_agent" WHERE ${where} ${inBuckets('group', 'site', 'agent')}`;
}

/** One of each collector's newest figures of itself; null where it is unknown now. */
export function collectorValue(field: string, name: string): string {
  const where = `${lastOf('5m')} GROUP BY "collector"`;
  const newest = `SELECT last("healthy"), "${field}" AS "${name}" FROM "wattmark_collector" WHERE ${where}`;
  return selectOf(`"${name}"`, newest, lastOf('5m'), 'GROUP BY "collector"');
}

/** A figure of each collector itself over the last two days of the time shown. */
export function collectorRows(selector: string): string {
  return `SELECT ${selector} FROM "wattmark_collector" WHERE $timeFilter AND ${lastOf('2d')} ${inBuckets('collector')}`;
}

/** Means of a channel of each point over the last two days of the time shown. */
export function channelRows(scope: Scope, channel: string): string {
  const where = `"channel" = '${channel}' AND ${scope} AND $timeFilter AND ${lastOf('2d')}`;
  return `SELECT mean("mean") FROM "wattmark_gauge_1m" WHERE ${where} ${inBuckets('group', 'site', 'point')}`;
}

/** What checks have found wrong, by the beginning of it. */
export function findings(scope: Scope): string {
  const fields = '"text" AS "Finding", "state" AS "State", "end_ms" AS "Until", "id" AS "Id"';
  return `SELECT ${fields} FROM "wattmark_finding" WHERE ${scope} AND $timeFilter ${bySite}, "kind", "severity", "point"`;
}

/** What was put right afterwards, by the time when it was. */
export function corrections(scope: Scope): string {
  const fields =
    '"text" AS "Correction", "kind" AS "Kind", "point" AS "Point", "by" AS "By", "reason" AS "Reason", "id" AS "Id"';
  return `SELECT ${fields} FROM "wattmark_correction" WHERE ${scope} AND $timeFilter ${bySite}`;
}

function newestLive(scope: Scope, fields: string): string {
  return `SELECT ${fields} FROM "wattmark_live" WHERE ${scope} AND ${lastOf('5m')} ${bySite}`;
}
