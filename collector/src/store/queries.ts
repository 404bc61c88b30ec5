import { energyRoles } from '@wattmark/shared/roles';
import { noLevel } from '../site/interval-sum.ts';
import { LEVEL_COUNT, overheadParts } from '../site/site.ts';
import {
  gaugeMinute,
  gaugeQuarter,
  levelColumns,
  overheadColumns,
  pointMinute,
  pointQuarter,
  ROLE_COLUMN,
  rolledUpChannels,
  siteQuarter,
} from './tables.ts';

/**
 * The questions put to the store. Parameters: `$from`, `$to` and `$boundaries` in minutes since 1970, `$recorded` in UTC
 * milliseconds. Rows lie roughly in order of time, so that the condition on `minute` skips most of a table unread.
 */

const known = 'minute >= $from AND minute < $to AND recorded <= $recorded';

/** Of several rows of one interval the one recorded last wins; of those recorded at once the one written last. */
const newest = (key: string): string =>
  `QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY recorded DESC, rowid DESC) = 1`;

/** Half a day: its 48 quarter-hours are the bits of a BIGINT. */
const HALF_DAY = 'minute // 720';

/**
 * Half days in which some quarter-hour of some point or site has several rows: they have fewer different quarter-hours than rows.
 * Counting bits costs a tenth of looking for the newest row of each.
 */
const restated = (table: string, owner: string, id: string): string => `
  SELECT DISTINCT ${HALF_DAY} FROM ${table} WHERE ${owner} AND ${known} GROUP BY ${id}, ${HALF_DAY}
  HAVING count(*) > bit_count(bit_or(1::BIGINT << (minute // 15 % 48)))`;

/**
 * The newest rows of points' or a site's quarter-hours. Only the rows of half days with restatements are compared with each
 * other, by row number: in two thirds of a window's time.
 */
const newestQuarters = (table: string, owner: string, id: string): string => {
  const isRestated = `${HALF_DAY} IN (${restated(table, owner, id)})`;
  return `
  SELECT * FROM ${table} WHERE ${owner} AND ${known} AND NOT ${isRestated}
  UNION ALL
  SELECT * FROM ${table} WHERE ${owner} AND minute >= $from AND minute < $to AND rowid IN (
    SELECT arg_max(rowid, recorded::HUGEINT * 1000000000000 + rowid) FROM ${table}
    WHERE ${owner} AND ${known} AND ${isRestated} GROUP BY ${id}, minute)`;
};

/** Energies in whole microwatt-hours: integers add up to the same figure whichever thread adds them first. */
function sumOf(column: string): string {
  return column.includes('_wh') ? `sum(${column}::DECIMAL(18, 6))::DOUBLE` : `sum(${column})::DOUBLE`;
}

const columnsOf = (table: { columns: readonly { name: string }[] }): string =>
  table.columns.map((column) => column.name).join(', ');

export const progressQuery = 'SELECT coalesce(max(position), 0)::DOUBLE FROM progress';

/** Every point's minute; one minute at a time, so that the order need not be made. */
export const minutesOfAllQuery = `
  SELECT ${columnsOf(pointMinute)} FROM point_minute WHERE ${known} ${newest('point, minute')} ORDER BY point`;

export const minutesQuery = `
  SELECT ${columnsOf(pointMinute)} FROM point_minute
  WHERE ${known} AND point IN (SELECT unnest($points::INTEGER[]))
  ${newest('point, minute')} ORDER BY minute, point`;

/** The same where no minute has several rows, in half the time. */
export const singleMinutesQuery = `
  SELECT ${columnsOf(pointMinute)} FROM point_minute
  WHERE ${known} AND point IN (SELECT unnest($points::INTEGER[])) ORDER BY minute, point`;

/** How many times two hours of a point have more rows than different minutes, of which each is a bit of a number. */
export const restatedMinutesQuery = `
  SELECT count(*) FROM (
    SELECT 1 FROM point_minute WHERE ${known} AND point IN (SELECT unnest($points::INTEGER[]))
    GROUP BY point, minute // 120 HAVING count(*) > bit_count(bit_or(1::HUGEINT << (minute % 120))))`;

/** First and last minute of which there is a row. */
export const extentQuery = `
  SELECT min(minute), max(minute) FROM point_minute WHERE ${known} AND point IN (SELECT unnest($points::INTEGER[]))`;

export const gaugesQuery = `
  SELECT ${columnsOf(gaugeMinute)} FROM gauge_minute WHERE point = $point AND ${known}
  ${newest('channel, minute')} ORDER BY minute, channel`;

/** Condition that a row is of one of the points asked for. */
const ofPoints = 'point IN (SELECT unnest($points::INTEGER[]))';

/** Statement that makes quarter-hours of gauges' minutes; of all points, or of those asked for. */
export const rollUpGauges = (isOfAll: boolean): string => `
  INSERT INTO ${gaugeQuarter.name}
  SELECT point, channel, minute - minute % 15 AS quarter, sum(mean::DECIMAL(18, 6))::DOUBLE, count(*)::INTEGER, $recorded
  FROM (
    SELECT point, channel, minute, mean FROM ${gaugeMinute.name}
    WHERE ${known} AND channel IN (${rolledUpChannels.map((channel) => `'${channel}'`).join(', ')})
      ${isOfAll ? '' : `AND ${ofPoints}`}
    ${newest('point, channel, minute')})
  GROUP BY point, channel, quarter ORDER BY quarter, point, channel`;

export const gaugeMeansQuery = `
  WITH quarter AS (${newestQuarters(gaugeQuarter.name, `channel = $channel AND ${ofPoints}`, 'point')})
  SELECT point, sum(sum::DECIMAL(18, 6))::DOUBLE / sum(minutes)::DOUBLE, sum(minutes)::DOUBLE
  FROM quarter GROUP BY point ORDER BY point`;

/**
 * The span between two boundaries that each quarter-hour belongs to, as far as the table has any: a join with it takes a fraction
 * of an ASOF join's time.
 */
const spansOf = (table: string): string => `
  SELECT start, unnest(range(greatest(start, first), least(following, last + 1), 15))::INTEGER AS minute
  FROM (
    SELECT start, lead(start, 1, $to) OVER (ORDER BY start) AS following
    FROM (SELECT unnest($boundaries::INTEGER[]) AS start)),
    (SELECT min(minute) AS first, max(minute) AS last FROM ${table})`;

export const pointSumsQuery = `
  WITH quarter AS (${newestQuarters(pointQuarter.name, ofPoints, 'point')}), span AS (${spansOf(pointQuarter.name)})
  SELECT point, span.start, ${['energy_wh', 'estimated_wh', 'export_wh'].map(sumOf).join(', ')},
    min(min_w) AS min_w, max(max_w) AS max_w, ${['measured_ms', 'estimated_ms', 'bridged_ms'].map(sumOf).join(', ')}
  FROM quarter JOIN span ON quarter.minute = span.minute
  GROUP BY point, span.start ORDER BY span.start, point`;

/** The elements of an array's column; SQL counts them from 1. */
const elements = (column: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${column}[${index + 1}]`);

const energies = ['supply_wh', 'it_wh[1]', ...elements(ROLE_COLUMN, energyRoles.length)];

/** Single quarter-hours of points; those between them are not read. */
export const pointQuartersQuery = `
  SELECT ${columnsOf(pointQuarter)} FROM ${pointQuarter.name}
  WHERE ${known} AND ${ofPoints} AND minute IN (SELECT unnest($minutes::INTEGER[]))
  ${newest('point, minute')} ORDER BY minute, point`;

/** Sums of everything in a site's quarter-hours; of a level that is not among those given, what no level amounts to. */
const siteSums = (levels: readonly number[]): string =>
  [
    sumOf('supply_wh'),
    sumOf('supply_ms'),
    ...levelColumns.flatMap(({ name, key }) =>
      elements(name, LEVEL_COUNT).map((column, index) =>
        levels.includes(index) ? sumOf(column) : String(noLevel[key]),
      ),
    ),
    ...overheadColumns.flatMap(({ name }) => elements(name, overheadParts.length).map(sumOf)),
    ...elements(ROLE_COLUMN, energyRoles.length).map(sumOf),
  ].join(', ');

/** Condition that a row is of the site, or of the part of it, asked for. */
const OF_SITE = 'site = $site AND partial = $partial';

/** For each level, whether IT was measured at it at all. */
export const levelsQuery = `
  SELECT ${elements('it_ms', LEVEL_COUNT)
    .map((column) => `coalesce(max(${column}), 0) > 0`)
    .join(', ')}
  FROM ${siteQuarter.name} WHERE ${OF_SITE} AND ${known}`;

/** A site has one level or two: adding up the others as well would take half as long again. */
export const siteSumsQuery = (levels: readonly number[]): string => `
  WITH quarter AS (${newestQuarters(siteQuarter.name, OF_SITE, 'site')}), span AS (${spansOf(siteQuarter.name)})
  SELECT span.start, ${siteSums(levels)}
  FROM quarter JOIN span ON quarter.minute = span.minute
  GROUP BY span.start
  HAVING coalesce(${energies.map((column) => `sum(${column})`).join(', ')}) IS NOT NULL
  ORDER BY span.start`;
