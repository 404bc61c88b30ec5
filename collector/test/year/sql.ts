import type { Change } from '../../src/corrections/change.ts';

/**
 * The accounting as questions to a database, written from docs/accounting.md and docs/auditor.md: window functions pair each
 * reading with the one before it, and the energy between them is divided among the minutes.
 *
 * Not covered, and not in the plan: registers that stand still while samples say that energy flows.
 */

/** Neighbouring samples further apart leave a gap: three intervals of a minute. */
const MAX_GAP_MS = 180_000;

export const makeMinuteTable = `
  CREATE TABLE minute (point INTEGER, minute BIGINT, wh DOUBLE, estimated_wh DOUBLE, export_wh DOUBLE,
    ms BIGINT, estimated_ms BIGINT, bridged_ms BIGINT)`;

export interface PointQuestion {
  readonly pointId: number;
  readonly hasPower: boolean;
  /** Whether a register tells drawn and fed back apart, so that samples below zero count as zero. */
  readonly isOneWay: boolean;
  /** Those that concern the point. */
  readonly changes: readonly Change[];
}

/** The rows of `minute` for one point. */
export function minutesQuery({ pointId, hasPower, isOneWay, changes }: PointQuestion): string {
  const voids = changes.flatMap((change) =>
    change.kind === 'void' ? [`AND NOT (taken >= ${change.from} AND taken < ${change.to})`] : [],
  );
  const swaps = changes.flatMap((change) => (change.kind === 'replacement' ? [change] : []));
  const factors = changes.flatMap((change) =>
    change.kind === 'factor' ? [`CASE WHEN minute * 60000 >= ${change.from} THEN ${change.factor} ELSE 1 END`] : [],
  );
  const factor = ['1', ...factors].join(' * ');
  const own = (channel: number): string =>
    `FROM reading WHERE point = ${pointId} AND channel = ${channel} ${voids.join(' ')}`;
  const watt = (column: string): string => (isOneWay ? `greatest(0, ${column})` : column);
  return `
  INSERT INTO minute
  WITH
  -- A sample read between two others where the meter was replaced.
  measured AS (SELECT taken, value AS w, estimated AS est ${own(0)}),
  sample AS (SELECT * FROM measured ${swaps.map(({ at }) => `UNION ALL ${interpolated(at)}`).join(' ')}),
  pair AS (
    SELECT lag(taken) OVER o AS t0, taken AS t1, lag(w) OVER o AS w0, w AS w1, est OR lag(est) OVER o AS est
    FROM sample WINDOW o AS (ORDER BY taken)),
  cut AS (
    SELECT *, unnest(range(t0 // 60000, (t1 - 1) // 60000 + 1)) AS minute FROM pair WHERE t1 - t0 <= ${MAX_GAP_MS}),
  piece AS (
    SELECT minute, t0, t1, w0, w1, est, greatest(t0, minute * 60000) AS a, least(t1, (minute + 1) * 60000) AS b FROM cut),
  line AS (
    SELECT minute, t0, est, b - a AS ms,
      w0 + (w1 - w0) * (a - t0) / (t1 - t0) AS wa, w0 + (w1 - w0) * (b - t0) / (t1 - t0) AS wb FROM piece),
  part AS (SELECT minute, t0, est, ms, (${watt('wa')} + ${watt('wb')}) / 2 * ms / 3.6e6 AS wh FROM line),
  -- A register's reading ends one step and begins the next, with another value where the meter was replaced.
  counted AS (
    SELECT taken, value AS ends, value AS begins ${own(1)}
    ${swaps.map(({ at, oldLast, newFirst }) => `UNION ALL SELECT ${at}, ${oldLast}, ${newFirst}`).join(' ')}),
  step AS (SELECT lag(taken) OVER o AS t0, taken AS t1, ends - lag(begins) OVER o AS wh FROM counted WINDOW o AS (ORDER BY taken)),
  booked AS (SELECT * FROM step WHERE ${plausible(hasPower)}),
  back AS (
    SELECT lag(taken) OVER o AS t0, taken AS t1, value - lag(value) OVER o AS wh FROM (SELECT taken, value ${own(2)})
    WINDOW o AS (ORDER BY taken)),
  given AS (SELECT * FROM back WHERE wh > 0 AND ${plausible(hasPower)}),
  sampled AS (SELECT t0, sum(wh) AS all_wh, sum(ms) AS all_ms FROM part GROUP BY t0),
  share AS (
    SELECT minute, CASE WHEN est THEN 0 ELSE ms END AS ms, CASE WHEN est THEN ms ELSE 0 END AS estimated_ms,
      CASE WHEN est THEN part.wh ELSE 0 END AS estimated_wh, 0 AS bridged_ms, 0 AS export_wh,
      CASE WHEN booked.t0 IS NULL THEN part.wh
        WHEN all_wh > 0 THEN part.wh * (booked.wh / all_wh)
        ELSE booked.wh * ms / all_ms END AS wh
    FROM part LEFT JOIN booked USING (t0) JOIN sampled USING (t0)
    UNION ALL
    SELECT minute, overlap, 0, 0, CASE WHEN t1 - t0 > ${MAX_GAP_MS} THEN overlap ELSE 0 END, 0, wh * overlap / (t1 - t0)
    FROM (${evenly('booked')}) WHERE t0 NOT IN (SELECT t0 FROM sampled)
    UNION ALL
    SELECT minute, 0, 0, 0, 0, wh * overlap / (t1 - t0), 0 FROM (${evenly('given')}))
  SELECT ${pointId}, minute, sum(wh) * (${factor}), sum(estimated_wh) * (${factor}), sum(export_wh) * (${factor}),
    sum(ms), sum(estimated_ms), sum(bridged_ms)
  FROM share GROUP BY minute`;
}

/** Steps that a register should never have made while samples say that energy flowed; see above. */
export function stillQuery({ pointId }: PointQuestion): string {
  return `
  WITH step AS (
    SELECT taken, value - lag(value) OVER (ORDER BY taken) AS wh FROM reading WHERE point = ${pointId} AND channel = 1),
  sample AS (
    SELECT taken, greatest(value, lag(value) OVER (ORDER BY taken)) AS w FROM reading WHERE point = ${pointId} AND channel = 0)
  SELECT count(*) FROM step JOIN sample USING (taken) WHERE wh = 0 AND w > 0`;
}

/** A linear value between the neighbours of an instant, where they are no gap. */
function interpolated(at: number): string {
  return `
    SELECT ${at}, p.w + (n.w - p.w) * (${at} - p.taken) / (n.taken - p.taken), p.est
    FROM (SELECT * FROM measured WHERE taken < ${at} ORDER BY taken DESC LIMIT 1) AS p,
      (SELECT * FROM measured WHERE taken > ${at} ORDER BY taken LIMIT 1) AS n WHERE n.taken - p.taken <= ${MAX_GAP_MS}`;
}

/** What is believed of a register: no fall, and no more than 1.1 times the greatest power believed, and 10 kWh. */
function plausible(hasPower: boolean): string {
  const believedW = hasPower ? 1e6 : 1e8;
  return `t0 IS NOT NULL AND wh >= 0 AND wh <= ${believedW} * 1.1 * (t1 - t0) / 3.6e6 + 10000`;
}

function evenly(steps: string): string {
  return `
    SELECT *, least(t1, (minute + 1) * 60000) - greatest(t0, minute * 60000) AS overlap
    FROM (SELECT *, unnest(range(t0 // 60000, (t1 - 1) // 60000 + 1)) AS minute FROM ${steps})`;
}

/** What of a site's points counts, by number. */
export interface SitePlan {
  readonly total: readonly { readonly pointId: number; readonly weight: number }[];
  /** By level. */
  readonly it: readonly (readonly number[])[];
}

/** Measured times that differ by no more are the same. */
const SAME_TIME_MS = 1200;

/** A view with one row a minute of the site: the total, and each level's energies, paired and not. */
export function siteMinutesQuery({ total, it }: SitePlan): string {
  const among = (points: readonly number[]): string => `point IN (${points.join(', ')})`;
  const weight = `CASE ${total.map(({ pointId, weight }) => `WHEN point = ${pointId} THEN ${weight}`).join(' ')} ELSE 1 END`;
  const side = (points: readonly number[], name: string): string => `
    count(*) FILTER (${among(points)} AND ms > 0) = ${points.length} AS ${name}_known,
    sum((wh - export_wh) * (${weight})) FILTER (${among(points)}) AS ${name}_wh,
    min(ms) FILTER (${among(points)}) AS ${name}_least, max(ms) FILTER (${among(points)}) AS ${name}_most,
    bool_or(estimated_ms > 0) FILTER (${among(points)}) AS ${name}_est`;
  const sides = [
    side(
      total.map(({ pointId }) => pointId),
      'total',
    ),
    ...it.map((points, level) => side(points, `it${level}`)),
  ];
  const pairs = it.map((_, level) => {
    const name = `it${level}`;
    const pair =
      `total_known AND ${name}_known AND NOT total_est AND NOT ${name}_est AND ` +
      `greatest(total_most, ${name}_most) - least(total_least, ${name}_least) <= ${SAME_TIME_MS}`;
    return `
    CASE WHEN ${name}_known THEN ${name}_wh END AS it${level}_all_wh, CASE WHEN ${name}_known THEN ${name}_least END AS it${level}_all_ms,
    CASE WHEN ${pair} THEN total_wh END AS pair${level}_total_wh, CASE WHEN ${pair} THEN ${name}_wh END AS pair${level}_it_wh,
    CASE WHEN ${pair} THEN least(total_least, ${name}_least) END AS pair${level}_ms`;
  });
  return `
  CREATE OR REPLACE TABLE site_minute AS
  SELECT minute, CASE WHEN total_known THEN total_wh END AS supply_wh, CASE WHEN total_known THEN total_least END AS supply_ms,
    ${pairs.join(', ')}
  FROM (SELECT minute, ${sides.join(', ')} FROM minute GROUP BY minute)`;
}

/** Sums of a site's minutes, in the order of `siteSumColumns`. */
export function siteSumsQuery(levels: number, fromMs: number, toMs: number): string {
  const columns = ['supply_wh', 'supply_ms'];
  for (let level = 0; level < levels; level++) {
    columns.push(`it${level}_all_wh`, `it${level}_all_ms`);
    columns.push(`pair${level}_total_wh`, `pair${level}_it_wh`, `pair${level}_ms`);
  }
  return `SELECT ${columns.map((column) => `coalesce(sum(${column}), 0)::DOUBLE`).join(', ')}
    FROM site_minute WHERE minute >= ${fromMs / 60_000} AND minute < ${toMs / 60_000}`;
}

/** Point by point: number, energy, estimated, fed back, measured, estimated and bridged time. */
export function pointSumsQuery(fromMs: number, toMs: number): string {
  const sums = ['wh', 'estimated_wh', 'export_wh', 'ms', 'estimated_ms', 'bridged_ms'].map(
    (column) => `sum(${column})`,
  );
  // Of the same time as what was drawn, where anything was.
  sums[2] = 'coalesce(sum(export_wh) FILTER (ms + estimated_ms > 0), sum(export_wh))';
  return `SELECT point, ${sums.map((sum) => `(${sum})::DOUBLE`).join(', ')}
    FROM minute WHERE minute >= ${fromMs / 60_000} AND minute < ${toMs / 60_000} GROUP BY point`;
}
