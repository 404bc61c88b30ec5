import { setImmediate } from 'node:timers/promises';
import { type DuckDBConnection, DuckDBDataChunk, type DuckDBVector } from '@duckdb/node-api';
import { MINUTE_MS, type PointInterval } from '../accounting/interval.ts';
import { aboveW } from '../accounting/kept-numbers.ts';
import { recordedColumn, type Table } from './tables.ts';

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

/**
 * Rows of a result with the columns of `pointMinute` or `pointQuarter`, in one plain loop: a callback for each row takes six
 * times as long.
 */
export function decodePoints(chunk: DuckDBDataChunk): PointInterval[] {
  const column = (index: number): DuckDBVector<number> => chunk.getColumnVector(index) as DuckDBVector<number>;
  const [point, minute, energy, estimated, exported] = [column(0), column(1), column(2), column(3), column(4)];
  const [least, spans, measured, estimatedMs, bridged] = [column(5), column(6), column(7), column(8), column(9)];
  const rows: PointInterval[] = [];
  for (let row = 0, count = chunk.rowCount; row < count; row++) {
    const minW = fromNaN(least.getItem(row));
    rows.push({
      pointId: point.getItem(row) as number,
      startMs: (minute.getItem(row) as number) * MINUTE_MS,
      energyWh: energy.getItem(row) as number,
      estimatedWh: estimated.getItem(row) as number,
      exportWh: exported.getItem(row) as number,
      minW,
      maxW: minW === null ? null : aboveW(minW, spans.getItem(row) as number),
      measuredMs: measured.getItem(row) as number,
      estimatedMs: estimatedMs.getItem(row) as number,
      bridgedMs: bridged.getItem(row) as number,
    });
  }
  return rows;
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

/** The queries give NaN for a null. */
export function fromNaN(value: number | null): number | null {
  return value !== value ? null : value;
}
