import type { GaugeInterval } from '../accounting/interval.ts';
import { PointColumns } from '../accounting/point-columns.ts';
import { type Kind, kinds, newestLine } from '../influx/kinds.ts';
import type { Names } from '../influx/names.ts';
import type { DatabaseRole } from '../influx/schema.ts';
import { GaugeColumns } from './gauge-columns.ts';

/** Rows column by column, with numbers instead of names: little more than a copy, where making lines takes many times as long. */
export interface PackedRows {
  readonly content: PointContent | 'gauge-minutes';
  readonly rows: number;
  readonly bytes: Uint8Array;
}

export interface Lines {
  readonly database: DatabaseRole;
  readonly lines: readonly string[];
}

type PointContent = 'point-minutes' | 'point-quarters';

const pointKinds = { 'point-minutes': kinds.pointMinute, 'point-quarters': kinds.pointQuarter } as const;

/** Before the columns: f64 when the rows were recorded, u32 checksum of their points' names, both little endian. */
const HEAD_BYTES = 12;

/** @param rows without room to spare. */
export function packPoints(content: PointContent, rows: PointColumns, recordedMs: number, names: Names): PackedRows {
  return { content, rows: rows.length, bytes: pack(rows, recordedMs, names) };
}

export function packGauges(rows: readonly GaugeInterval[], recordedMs: number, names: Names): PackedRows {
  return { content: 'gauge-minutes', rows: rows.length, bytes: pack(GaugeColumns.of(rows), recordedMs, names) };
}

/**
 * The lines of rows, in their order, and the database that they are for.
 * @throws RangeError where points have not the names that they had when the rows were packed.
 */
export function linesOf({ content, rows, bytes }: PackedRows, names: Names): Lines {
  const head = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  // Copied, because columns must begin at a multiple of eight.
  const columns = new Uint8Array(bytes.subarray(HEAD_BYTES)).buffer;
  const lines = <Row extends { readonly startMs: number }>(kind: Kind<Row>, found: Columns & Iterable<Row>): Lines => {
    if (checksumOf(found, names) !== head.getUint32(8, true)) throw new RangeError('points have got other names');
    const recordedMs = head.getFloat64(0, true);
    const { database } = kind.measurement;
    return { database, lines: Array.from(found, (row) => newestLine(kind, { row, recordedMs }, names)) };
  };
  return content === 'gauge-minutes'
    ? lines(kinds.gaugeMinute, new GaugeColumns(columns, rows))
    : lines(pointKinds[content], new PointColumns(columns));
}

interface Columns {
  readonly pointIds: Int32Array;
}

function pack(columns: Columns & { readonly buffer: ArrayBuffer }, recordedMs: number, names: Names): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + columns.buffer.byteLength);
  bytes.writeDoubleLE(recordedMs, 0);
  bytes.writeUInt32LE(checksumOf(columns, names), 8);
  bytes.set(new Uint8Array(columns.buffer), HEAD_BYTES);
  return bytes;
}

/** Of the names of rows' points: numbers mean something else in another evidence log. @throws RangeError where one has none. */
function checksumOf({ pointIds }: Columns, names: Names): number {
  let checksum = 0;
  for (const pointId of pointIds) checksum = (Math.imul(checksum, 31) + names.pointChecksum(pointId)) >>> 0;
  return checksum;
}
