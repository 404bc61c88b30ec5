import { setImmediate } from 'node:timers/promises';
import { BIGINT, DOUBLE, type DuckDBConnection, DuckDBDataChunk, type DuckDBVector, INTEGER } from '@duckdb/node-api';
import { aboveW, joulesOf, spanW } from '../accounting/kept-numbers.ts';
import { columnKeys as keys, PointColumns } from '../accounting/point-columns.ts';
import { pointMinute } from './tables.ts';
import { doublesOf, integersOf } from './vector-items.ts';

/** DuckDB's vector size: the most rows that a chunk holds. */
export const CHUNK_ROWS = 2048;

/** The appender works in this thread: after so many chunks, about 10 ms of work, others get their turn. */
const CHUNKS_PER_TURN = 8;

const none = PointColumns.withRoomFor(0);
const types = [...keys.map((key) => (none[key] instanceof Float64Array ? DOUBLE : INTEGER)), BIGINT];

/** Appends minutes within the connection's transaction. */
export async function appendMinutes(
  connection: DuckDBConnection,
  rows: PointColumns,
  recordedMs: number,
): Promise<void> {
  if (rows.length === 0) return;
  const appender = await connection.createAppender(pointMinute.name);
  try {
    let chunk: DuckDBDataChunk | null = null;
    for (let at = 0, turn = 1; at < rows.length; at += CHUNK_ROWS, turn++) {
      const count = Math.min(CHUNK_ROWS, rows.length - at);
      // A chunk that is filled again spares its memory, but it remembers which of its values were null.
      if (chunk?.rowCount !== count) chunk = newChunk(count, recordedMs);
      const hasNull = fill(chunk, rows, at);
      appender.appendDataChunk(chunk);
      if (hasNull) chunk = null;
      if (turn % CHUNKS_PER_TURN !== 0) continue;
      appender.flushSync();
      await setImmediate();
    }
  } finally {
    appender.closeSync();
  }
}

/**
 * Rows of a result with the columns of `pointMinute`, NaN for a null.
 * @param memory where they are put, over what was there
 */
export function minutesOf(chunk: DuckDBDataChunk, memory: ArrayBuffer): PointColumns {
  const rows = new PointColumns(memory, chunk.rowCount);
  for (const [index, key] of keys.entries()) {
    const vector = chunk.getColumnVector(index);
    rows[key].set(rows[key] instanceof Float64Array ? doublesOf(vector) : integersOf(vector));
  }
  const { minW, maxW } = rows;
  for (let row = 0; row < rows.length; row++) maxW[row] = aboveW(minW[row] as number, maxW[row] as number);
  return rows;
}

/**
 * When the last row of a result was recorded that has its time of recording behind its columns; infinite where it is behind one
 * that was recorded later.
 * @param fromMs the same of the rows before
 */
export function recordedUntil(chunk: DuckDBDataChunk, fromMs: number): number {
  let lastMs = fromMs;
  for (const recordedMs of doublesOf(chunk.getColumnVector(keys.length))) {
    if (recordedMs < lastMs) return Number.POSITIVE_INFINITY;
    lastMs = recordedMs;
  }
  return lastMs;
}

function newChunk(count: number, recordedMs: number): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(types, count);
  const recorded = chunk.getColumnVector(keys.length);
  for (let row = 0; row < count; row++) recorded.setItem(row, BigInt(recordedMs));
  recorded.flush();
  return chunk;
}

/** @returns whether a value is null. */
function fill(chunk: DuckDBDataChunk, rows: PointColumns, at: number): boolean {
  let hasNull = false;
  const leastW = rows.minW.subarray(at, at + chunk.rowCount);
  for (const [index, key] of keys.entries()) {
    const vector = chunk.getColumnVector(index);
    const values = rows[key].subarray(at, at + chunk.rowCount);
    if (values instanceof Int32Array) integersOf(vector).set(values);
    else if (key === 'minW') hasNull = fillPowers(vector, values) || hasNull;
    else if (key === 'maxW') hasNull = fillPowers(vector, spansOf(leastW, values)) || hasNull;
    else fillEnergies(doublesOf(vector), values);
    vector.flush();
  }
  return hasNull;
}

function fillEnergies(energiesJ: Float64Array, energiesWh: Float64Array): void {
  for (let row = 0; row < energiesWh.length; row++) energiesJ[row] = joulesOf(energiesWh[row] as number);
}

function spansOf(leastW: Float64Array, greatestW: Float64Array): Float64Array {
  return greatestW.map((powerW, row) => spanW(leastW[row] as number, powerW));
}

/** NaN is null. @returns whether one is */
function fillPowers(vector: DuckDBVector, powersW: Float64Array): boolean {
  doublesOf(vector).set(powersW);
  let hasNull = false;
  for (let row = 0; row < powersW.length; row++) {
    if (!Number.isNaN(powersW[row])) continue;
    vector.setItem(row, null);
    hasNull = true;
  }
  return hasNull;
}
