/** The sites that are chosen, whatever they are called. */
export const ofSites = '"group" =~ /^${group:regex}$/ AND "site" =~ /^${site:regex}$/';

/** All sites of the groups that are chosen. */
export const ofGroups = '"group" =~ /^${group:regex}$/';

export type Scope = typeof ofSites | typeof ofGroups;

/** A name stands for one site in one group. */
export const bySite = 'GROUP BY "group", "site"';

/**
 * The time before the end of what is shown: "now" where that is the end. A duration of InfluxQL, such as `3d`. Beside
 * `$timeFilter` it bounds what a panel of minutes or quarter-hours reads, however long the time shown is.
 */
export function lastOf(duration: string): string {
  return `time > \${__to}ms - ${duration} AND time <= \${__to}ms`;
}

/**
 * Columns of a query's answer, which is asked of the same time once more: without that InfluxDB 1.x opens every shard for the
 * outer query, which takes twenty times as long over a year.
 * @param time the bound of the inner query, or a condition on its answer and that bound.
 */
export function selectOf(columns: string, inner: string, time: string, groupBy = ''): string {
  return `SELECT ${columns} FROM (${inner}) WHERE ${time}${groupBy === '' ? '' : ` ${groupBy}`}`;
}

/** Buckets as wide as the screen wants them, of each combination of tags; what is not known in one is null. */
export function inBuckets(...tags: readonly string[]): string {
  const by = ['time($__interval)', ...tags.map((tag) => `"${tag}"`)];
  return `GROUP BY ${by.join(', ')} fill(null)`;
}
