import {
  ARRAY,
  arrayValue,
  BIGINT,
  DOUBLE,
  type DuckDBArrayValue,
  type DuckDBType,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import { energyRoles } from '@wattmark/shared/roles';
import {
  type GaugeDay,
  type GaugeInterval,
  type GaugeQuarter,
  MINUTE_MS,
  type PointDay,
  type PointInterval,
} from '../accounting/interval.ts';
import { joulesOf, spanW } from '../accounting/kept-numbers.ts';
import {
  LEVEL_COUNT,
  type LevelEnergies,
  overheadParts,
  type PartEnergies,
  type SiteDay,
  type SiteInterval,
} from '../site/site.ts';

/** One column of a table: how it is declared, and its value in a row. */
export interface Column<Row> {
  readonly name: string;
  readonly type: DuckDBType;
  readonly of: (row: Row) => number | string | DuckDBArrayValue | null;
}

/**
 * A table of intervals. Every table also has `recorded`, UTC milliseconds. No primary key and no index: they cost seven
 * times the space of the rows, so that the newest row is found when it is asked for.
 */
export interface Table<Row> {
  readonly name: string;
  readonly columns: readonly Column<Row>[];
}

/** The time when an interval's row was written; constant in a batch, so that it compresses to nothing. */
export const recordedColumn = { name: 'recorded', type: BIGINT } as const;

/**
 * Energies in joules, of which there are whole microjoules: these take half the space of watt-hours. Of the greatest power there
 * is how far it lies above the least one, which is nothing where a minute has one reading.
 */
const pointColumns: readonly Column<PointInterval>[] = [
  { name: 'point', type: INTEGER, of: (row) => row.pointId },
  { name: 'minute', type: INTEGER, of: (row) => row.startMs / MINUTE_MS },
  { name: 'energy_j', type: DOUBLE, of: (row) => joulesOf(row.energyWh) },
  { name: 'estimated_j', type: DOUBLE, of: (row) => joulesOf(row.estimatedWh) },
  { name: 'export_j', type: DOUBLE, of: (row) => joulesOf(row.exportWh) },
  { name: 'min_w', type: DOUBLE, of: (row) => row.minW },
  { name: 'span_w', type: DOUBLE, of: ({ minW, maxW }) => (minW === null || maxW === null ? null : spanW(minW, maxW)) },
  { name: 'measured_ms', type: INTEGER, of: (row) => row.measuredMs },
  { name: 'estimated_ms', type: INTEGER, of: (row) => row.estimatedMs },
  { name: 'bridged_ms', type: INTEGER, of: (row) => row.bridgedMs },
];

export const pointMinute: Table<PointInterval> = { name: 'point_minute', columns: pointColumns };

export const pointQuarter: Table<PointInterval> = { name: 'point_quarter', columns: pointColumns };

/** Where a day ends depends on the time zone and on the season. */
const endColumn: Column<{ readonly endMs: number }> = {
  name: 'until',
  type: INTEGER,
  of: (row) => row.endMs / MINUTE_MS,
};

export const pointDay: Table<PointDay> = { name: 'point_day', columns: [...pointColumns, endColumn] };

export const gaugeMinute: Table<GaugeInterval> = {
  name: 'gauge_minute',
  columns: [
    { name: 'point', type: INTEGER, of: (row) => row.pointId },
    { name: 'channel', type: VARCHAR, of: (row) => row.channel },
    { name: 'minute', type: INTEGER, of: (row) => row.startMs / MINUTE_MS },
    { name: 'min', type: DOUBLE, of: (row) => row.min },
    { name: 'mean', type: DOUBLE, of: (row) => row.mean },
    { name: 'max', type: DOUBLE, of: (row) => row.max },
    { name: 'samples', type: INTEGER, of: (row) => row.samples },
  ],
};

const gaugeSumColumns: readonly Column<GaugeQuarter>[] = [
  { name: 'point', type: INTEGER, of: (row) => row.pointId },
  { name: 'channel', type: VARCHAR, of: (row) => row.channel },
  { name: 'minute', type: INTEGER, of: (row) => row.startMs / MINUTE_MS },
  { name: 'sum', type: DOUBLE, of: (row) => row.sum },
  { name: 'minutes', type: INTEGER, of: (row) => row.minutes },
];

export const gaugeQuarter: Table<GaugeQuarter> = { name: 'gauge_quarter', columns: gaugeSumColumns };

export const gaugeDay: Table<GaugeDay> = { name: 'gauge_day', columns: [...gaugeSumColumns, endColumn] };

/** The columns that hold a number for each level, in the order of `SiteInterval.levels`. */
export const levelColumns: readonly {
  readonly name: string;
  readonly type: DuckDBType;
  readonly key: keyof LevelEnergies;
}[] = [
  { name: 'parts_wh', type: DOUBLE, key: 'partsWh' },
  { name: 'parts_ms', type: INTEGER, key: 'partsMs' },
  { name: 'it_wh', type: DOUBLE, key: 'itWh' },
  { name: 'it_ms', type: INTEGER, key: 'itMs' },
  { name: 'paired_total_wh', type: DOUBLE, key: 'pairedTotalWh' },
  { name: 'paired_it_wh', type: DOUBLE, key: 'pairedItWh' },
  { name: 'paired_ms', type: INTEGER, key: 'pairedMs' },
  { name: 'estimated_ms', type: INTEGER, key: 'estimatedMs' },
];

/** The columns that hold a number for each of `overheadParts`. */
export const overheadColumns: readonly {
  readonly name: string;
  readonly type: DuckDBType;
  readonly key: keyof PartEnergies;
}[] = [
  { name: 'overhead_wh', type: DOUBLE, key: 'energyWh' },
  { name: 'overhead_ms', type: INTEGER, key: 'measuredMs' },
];

/** The column that holds a number for each of `energyRoles`. */
export const ROLE_COLUMN = 'role_wh';

/** In place of a part's id. */
export const WHOLE_SITE = '';

/** Arrays, since each column takes a quarter of a MiB of memory while it is written, however little is in it. */
const siteColumns: readonly Column<SiteInterval>[] = [
  { name: 'site', type: INTEGER, of: (row) => row.siteId },
  { name: 'partial', type: VARCHAR, of: (row) => row.partial ?? WHOLE_SITE },
  { name: 'minute', type: INTEGER, of: (row) => row.startMs / MINUTE_MS },
  { name: 'supply_wh', type: DOUBLE, of: (row) => row.supplyWh },
  { name: 'supply_ms', type: INTEGER, of: (row) => row.supplyMs },
  ...levelColumns.map(({ name, type, key }) => ({
    name,
    type: ARRAY(type, LEVEL_COUNT),
    of: ({ levels }: SiteInterval) => arrayValue(levels.map((level) => level[key])),
  })),
  ...overheadColumns.map(({ name, type, key }) => ({
    name,
    type: ARRAY(type, overheadParts.length),
    of: ({ overhead }: SiteInterval) => arrayValue(overhead.map((part) => part[key])),
  })),
  { name: ROLE_COLUMN, type: ARRAY(DOUBLE, energyRoles.length), of: (row) => arrayValue([...row.roleWh]) },
];

export const siteQuarter: Table<SiteInterval> = { name: 'site_quarter', columns: siteColumns };

export const siteDay: Table<SiteDay> = { name: 'site_day', columns: [...siteColumns, endColumn] };

/** All that follows from the evidence log alone. */
export const tables: readonly Pick<Table<never>, 'name' | 'columns'>[] = [
  pointMinute,
  gaugeMinute,
  pointQuarter,
  siteQuarter,
  gaugeQuarter,
  pointDay,
  siteDay,
  gaugeDay,
];

/** The statements that make an empty store. A file made by other statements is of another version. */
export const schema: readonly string[] = [
  ...tables.map(createTable),
  'CREATE TABLE progress (position BIGINT NOT NULL)',
];

function createTable({
  name,
  columns,
}: {
  name: string;
  columns: readonly { name: string; type: DuckDBType }[];
}): string {
  const declarations = [...columns, recordedColumn].map((column) => `${column.name} ${column.type.toString()}`);
  return `CREATE TABLE ${name} (${declarations.join(', ')})`;
}
