import { bySite, lastOf, type Scope, selectOf } from './scope.ts';

/** Rows of `wattmark_kpi`: figures as the collector has judged them. */
export interface KpiRows {
  /** `pue` or `see`, or several as a regular expression: `pue|see`. */
  readonly metric: string;
  /** `24h`, `30d`, `12mo`, `month` or `year`, or several. */
  readonly period: string;
  readonly scope: Scope;
}

/** Fields of a row and the names they get. */
export type Columns = Readonly<Record<string, string>>;

/**
 * A rolling period's row is written once an hour or a day: a site that has had none for so long has no newest figure, only an
 * old one.
 */
const newestTime = lastOf('3d');

/**
 * Fields of each site's newest row. `last` is asked for the coverage, which every row has: asked for the value, it would
 * pass over a row whose value is unknown, and show an older one. Null where the newest row has no such field.
 */
export function newestKpi(rows: KpiRows, columns: Columns): string {
  const coverage = columns['coverage'] === undefined ? '' : ` AS ${quoted(columns['coverage'])}`;
  const others = Object.entries(columns).filter(([field]) => field !== 'coverage');
  const fields = [`last("coverage")${coverage}`, ...others.map(([field, name]) => `"${field}" AS ${quoted(name)}`)];
  return `SELECT ${fields.join(', ')} FROM "wattmark_kpi" WHERE ${where(rows)} AND ${newestTime} ${bySite}, "period"`;
}

/** One field of each site's newest row, and nothing else: for panels that show all that they get. */
export function newestValue(rows: KpiRows, field: string, name: string): string {
  const newest = newestKpi(rows, { [field]: name });
  return selectOf(quoted(name), newest, newestTime, bySite);
}

/** One number of all sites' newest coverages, such as `min("coverage")`. */
export function ofNewestCoverages(rows: KpiRows, selector: string, name: string): string {
  return selectOf(`${selector} AS ${quoted(name)}`, newestKpi(rows, { coverage: 'coverage' }), newestTime);
}

/** All rows of the time shown. */
export function kpiRows(rows: KpiRows, columns: Columns): string {
  const fields = Object.entries(columns).map(([field, name]) => `"${field}" AS ${quoted(name)}`);
  return `SELECT ${fields.join(', ')} FROM "wattmark_kpi" WHERE ${where(rows)} AND $timeFilter ${bySite}, "period"`;
}

/** How many sites have this verdict now; no series where none has. */
export function sitesOfVerdict(rows: KpiRows, code: number): string {
  const newest = newestKpi(rows, { verdict_code: 'code' });
  return selectOf('count("code")', newest, `"code" = ${code} AND ${newestTime}`);
}

function where({ metric, period, scope }: KpiRows): string {
  return `${isOne('metric', metric)} AND ${isOne('period', period)} AND ${scope}`;
}

function isOne(tag: string, values: string): string {
  return values.includes('|') ? `"${tag}" =~ /^(${values})$/` : `"${tag}" = '${values}'`;
}

function quoted(name: string): string {
  return `"${name}"`;
}
