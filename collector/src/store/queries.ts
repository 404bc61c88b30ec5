import { energyRoles } from '@wattmark/shared/roles';
import { J_PER_WH } from '../accounting/kept-numbers.ts';
import { LEVEL_COUNT, overheadParts } from '../site/site.ts';
import {
  gaugeDay,
  gaugeMinute,
  gaugeQuarter,
  levelColumns,
  overheadColumns,
  pointDay,
  pointMinute,
  pointQuarter,
  ROLE_COLUMN,
  siteDay,
  siteQuarter,
} from './tables.ts';

/**
 * The questions put to the store. Parameters: `$from` and `$to` in minutes since 1970, `$recorded` in UTC milliseconds. Rows lie
 * roughly in order of time, so that the condition on `minute` skips most of a table unread.
 */

const known = 'minute >= $from AND minute < $to AND recorded <= $recorded';

/** Conditions that a row is of one of the points, or of the site or the part of it, asked for. */
const ofPoints = 'point IN (SELECT unnest($points::INTEGER[]))';
const ofSite = 'site = $site AND partial = $partial';
const ofSites = 'site IN (SELECT unnest($sites::INTEGER[]))';
const ofChannels = 'channel IN (SELECT unnest($channels::VARCHAR[]))';

/** Of several rows of one interval the one recorded last wins; of those recorded at once the one written last. */
const newest = (key: string): string =>
  `QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY recorded DESC, rowid DESC) = 1`;

/** Versions of one interval lie behind each other, the newest last: `newestOf` takes that, in a third of a window's time. */
const versions = (key: string): string => `ORDER BY ${key}, recorded, rowid`;

/** A number that may be null; a vector with a null in it is looked through bit by bit. */
const orNaN = (column: string): string => `coalesce(${column}, 'NaN'::DOUBLE)`;

/** Joules as watt-hours. */
const asWh = (column: string): string => `${column} / ${J_PER_WH}`;

const asked = (column: string): string =>
  column.endsWith('_j') ? asWh(column) : column.endsWith('_w') ? orNaN(column) : column;

const columnsOf = (table: { columns: readonly { name: string }[] }): string =>
  table.columns.map(({ name }) => asked(name)).join(', ');

/** The elements of an array's column; SQL counts them from 1. */
const elements = (column: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => orNaN(`${column}[${index + 1}]`));

const siteColumns = [
  'site',
  'partial',
  'minute',
  orNaN('supply_wh'),
  'supply_ms',
  ...levelColumns.flatMap(({ name }) => elements(name, LEVEL_COUNT)),
  ...overheadColumns.flatMap(({ name }) => elements(name, overheadParts.length)),
  ...elements(ROLE_COLUMN, energyRoles.length),
].join(', ');

export const progressQuery = 'SELECT coalesce(max(position), 0)::DOUBLE FROM progress';

/**
 * Every version of minutes, and when each was recorded, of all points with numbers between two: a list of them would take longer.
 * DuckDB keeps the order in which they were written.
 */
export const minuteVersionsQuery = `
  SELECT ${columnsOf(pointMinute)}, recorded::DOUBLE AS recorded FROM ${pointMinute.name}
  WHERE ${known} AND point BETWEEN $first AND $last`;

/** The same in the order in which they were recorded, in six times the time. */
export const sortedVersionsQuery = `${minuteVersionsQuery} ORDER BY ${pointMinute.name}.recorded, rowid`;

export const minutesQuery = `
  SELECT ${columnsOf(pointMinute)} FROM ${pointMinute.name}
  WHERE ${known} AND ${ofPoints} ${newest('point, minute')} ORDER BY minute, point`;

/** First and last minute of which there is a row. */
export const extentQuery = `SELECT min(minute), max(minute) FROM ${pointMinute.name} WHERE ${known} AND ${ofPoints}`;

export const pointQuartersQuery = `
  SELECT ${columnsOf(pointQuarter)} FROM ${pointQuarter.name} WHERE ${known} AND ${ofPoints} ${versions('minute, point')}`;

export const pointDaysQuery = `
  SELECT ${columnsOf(pointDay)} FROM ${pointDay.name} WHERE ${known} AND ${ofPoints} ${versions('minute, point, until')}`;

export const siteQuartersQuery = `
  SELECT ${siteColumns} FROM ${siteQuarter.name} WHERE ${known} AND ${ofSite} ${versions('minute')}`;

export const siteQuartersOfAllQuery = `
  SELECT ${siteColumns} FROM ${siteQuarter.name} WHERE ${known} AND ${ofSites} ${versions('minute, site, partial')}`;

export const siteDaysQuery = `
  SELECT ${siteColumns}, until FROM ${siteDay.name} WHERE ${known} AND ${ofSite} ${versions('minute, until')}`;

export const madeDaysQuery = `
  SELECT DISTINCT site, minute, until FROM ${siteDay.name} WHERE ${known} AND ${ofSite} ORDER BY minute, until`;

export const madeDaysOfAllQuery = `
  SELECT DISTINCT site, minute, until FROM ${siteDay.name}
  WHERE minute < $to AND until > $from AND recorded <= $recorded AND partial = $partial AND ${ofSites}
  ORDER BY minute, until, site`;

/** All channels of a point. */
export const gaugesQuery = `
  SELECT ${columnsOf(gaugeMinute)} FROM ${gaugeMinute.name}
  WHERE ${known} AND point = $point ${versions('minute, channel')}`;

export const gaugesOfAllQuery = `
  SELECT ${columnsOf(gaugeMinute)} FROM ${gaugeMinute.name}
  WHERE ${known} AND ${ofChannels} ${versions('minute, point, channel')}`;

export const gaugesOfQuery = `
  SELECT ${columnsOf(gaugeMinute)} FROM ${gaugeMinute.name}
  WHERE ${known} AND ${ofPoints} AND ${ofChannels} ${versions('minute, point, channel')}`;

export const gaugeQuartersQuery = `
  SELECT ${columnsOf(gaugeQuarter)} FROM ${gaugeQuarter.name}
  WHERE ${known} AND ${ofPoints} AND channel = $channel ${versions('minute, point')}`;

export const gaugeQuartersOfAllQuery = `
  SELECT ${columnsOf(gaugeQuarter)} FROM ${gaugeQuarter.name}
  WHERE ${known} AND ${ofPoints} ${versions('minute, point, channel')}`;

export const gaugeDaysQuery = `
  SELECT ${columnsOf(gaugeDay)} FROM ${gaugeDay.name}
  WHERE ${known} AND ${ofPoints} AND channel = $channel ${versions('minute, point, until')}`;
