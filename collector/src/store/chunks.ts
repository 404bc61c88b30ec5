import { setImmediate } from 'node:timers/promises';
import { type DuckDBConnection, DuckDBDataChunk, type DuckDBVector } from '@duckdb/node-api';
import type { Channel } from '@wattmark/shared/channels';
import { type GaugeInterval, type GaugeMean, MINUTE_MS, type PointInterval } from '../accounting/interval.ts';
import { LEVEL_COUNT, type LevelEnergies, overheadParts, type SiteSum } from '../site/site.ts';
import { levelColumns, overheadColumns, recordedColumn, type Table } from './tables.ts';

/** DuckDB's vector size: the most rows that a chunk holds. */
const CHUNK_ROWS = 2048;

/** The appender works in this thread: after so many chunks, about 10 ms of work, others get their turn. */
const CHUNKS_PER_TURN = 6;

/** Appends rows within the connection's transaction. */
export async function appendRows<Row>(
  connection: DuckDBConnection,
  table: Table<Row>,
  rows: readonly Row[],
  recordedMs: number,
): Promise<void> {
  if (rows.length === 0) return;
  const appender = await connection.createAppender(table.name);
  try {
    for (let at = 0, turn = 1; at < rows.length; at += CHUNK_ROWS, turn++) {
      appender.appendDataChunk(encode(table, rows, at, BigInt(recordedMs)));
      if (turn % CHUNKS_PER_TURN === 0) await setImmediate();
    }
  } finally {
    appender.closeSync();
  }
}

/** Rows of a result with the columns of `pointMinute`. */
export function decodePoints(chunk: DuckDBDataChunk): PointInterval[] {
  const column = (index: number): DuckDBVector<number> => chunk.getColumnVector(index) as DuckDBVector<number>;
  // Item by item, without lists of the columns in between: months of minutes are read through here.
  const [point, minute, energy, estimated, exported] = [column(0), column(1), column(2), column(3), column(4)];
  const [min, max, measured, estimatedMs, bridged] = [column(5), column(6), column(7), column(8), column(9)];
  return rowsOf(chunk, (row) => ({
    pointId: point.getItem(row) as number,
    startMs: (minute.getItem(row) as number) * MINUTE_MS,
    energyWh: energy.getItem(row) as number,
    estimatedWh: estimated.getItem(row) as number,
    exportWh: exported.getItem(row) as number,
    minW: min.getItem(row),
    maxW: max.getItem(row),
    measuredMs: measured.getItem(row) as number,
    estimatedMs: estimatedMs.getItem(row) as number,
    bridgedMs: bridged.getItem(row) as number,
  }));
}

/** Rows of a result with the columns of `gaugeMinute`. */
export function decodeGauges(chunk: DuckDBDataChunk): GaugeInterval[] {
  const [point, channel, minute, min, mean, max, samples] = columnsOf(chunk) as GaugeColumns;
  return rowsOf(chunk, (row) => ({
    pointId: point[row] as number,
    channel: channel[row] as Channel,
    startMs: (minute[row] as number) * MINUTE_MS,
    min: min[row] as number,
    mean: mean[row] as number,
    max: max[row] as number,
    samples: samples[row] as number,
  }));
}

/** Rows of a result with a point, its mean and the number of minutes that it is of. */
export function decodeGaugeMeans(chunk: DuckDBDataChunk): GaugeMean[] {
  const [point, mean, minutes] = columnsOf(chunk) as [Numbers, Numbers, Numbers];
  return rowsOf(chunk, (row) => ({
    pointId: point[row] as number,
    mean: mean[row] as number,
    measuredMs: (minutes[row] as number) * MINUTE_MS,
  }));
}

/** Rows of a result with a boundary and then the columns of `siteQuarter` from its third on, arrays element by element. */
export function decodeSites(chunk: DuckDBDataChunk, endMs: (startMs: number) => number): SiteSum[] {
  const [minute, supply, supplyMs, ...others] = columnsOf(chunk) as SiteColumns;
  const levels = Array.from({ length: LEVEL_COUNT }, (_, level) =>
    levelColumns.map(({ key }, index) => [key, others[index * LEVEL_COUNT + level] as Numbers] as const),
  );
  const [partsWh, partsMs] = overheadColumns.map((_, index) => {
    const from = LEVEL_COUNT * levelColumns.length + index * overheadParts.length;
    return others.slice(from, from + overheadParts.length);
  }) as [Numbers[], Numbers[]];
  const byRole = others.slice(LEVEL_COUNT * levelColumns.length + overheadParts.length * overheadColumns.length);
  return rowsOf(chunk, (row) => {
    const startMs = (minute[row] as number) * MINUTE_MS;
    return {
      startMs,
      endMs: endMs(startMs),
      supplyWh: supply[row] ?? null,
      supplyMs: supplyMs[row] as number,
      levels: levels.map((columns) => decodeLevel(columns, row)),
      overhead: overheadParts.map((_, index) => ({
        energyWh: partsWh[index]?.[row] as number,
        measuredMs: partsMs[index]?.[row] as number,
      })),
      roleWh: byRole.map((column) => column[row] ?? null),
    };
  });
}

function decodeLevel(columns: readonly (readonly [keyof LevelEnergies, Numbers])[], row: number): LevelEnergies {
  const level: Partial<Record<keyof LevelEnergies, number | null>> = {};
  for (const [key, values] of columns) level[key] = values[row] ?? null;
  return level as LevelEnergies;
}

function encode<Row>(table: Table<Row>, rows: readonly Row[], at: number, recorded: bigint): DuckDBDataChunk {
  const count = Math.min(CHUNK_ROWS, rows.length - at);
  const types = [...table.columns, recordedColumn].map((column) => column.type);
  const chunk = DuckDBDataChunk.create(types, count);
  table.columns.forEach(({ of }, index) => {
    const vector = chunk.getColumnVector(index);
    for (let row = 0; row < count; row++) vector.setItem(row, of(rows[at + row] as Row));
    vector.flush();
  });
  const vector = chunk.getColumnVector(table.columns.length);
  for (let row = 0; row < count; row++) vector.setItem(row, recorded);
  vector.flush();
  return chunk;
}

type Numbers = readonly (number | null)[];
type SiteColumns = [Numbers, Numbers, Numbers, ...Numbers[]];
type GaugeColumns = [Numbers, readonly Channel[], Numbers, Numbers, Numbers, Numbers, Numbers];

/** A chunk's columns; the query that it answers says which they are. */
function columnsOf(chunk: DuckDBDataChunk): unknown {
  return chunk.getColumns();
}

function rowsOf<Row>(chunk: DuckDBDataChunk, row: (index: number) => Row): Row[] {
  const rows: Row[] = [];
  for (let index = 0, count = chunk.rowCount; index < count; index++) rows.push(row(index));
  return rows;
}
