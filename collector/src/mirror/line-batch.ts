import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { LogPosition } from '@wattmark/shared/segment-log';
import type { DatabaseRole } from '../influx/schema.ts';

/** Lines of one database, as they are sent: line protocol, compressed by gzip. */
export interface LineBatch {
  readonly database: DatabaseRole;
  readonly lines: number;
  readonly body: Uint8Array;
}

/** A batch in a queue. */
export interface QueuedBatch extends LineBatch {
  /** Lines that were queued before it, since the queue began. */
  readonly linesBefore: number;
  /** When it was queued, UTC ms. */
  readonly queuedMs: number;
  /** Position of the batch that follows. */
  readonly next: LogPosition;
}

/** Lines of one batch: InfluxData recommends 5,000 to 10,000 (docs.influxdata.com, "Optimize writes to InfluxDB"). */
export const MAX_LINES = 5_000;

const roles: readonly DatabaseRole[] = ['kept', 'minutes'];

/** Databases by the number that stands for them on disk, u32 lines, f64 lines before, f64 time of queueing, all little endian. */
const HEAD_BYTES = 21;

const compress = promisify(gzip);

/** Compresses lines in another thread. */
export async function batchOf(database: DatabaseRole, lines: readonly string[]): Promise<LineBatch> {
  // Measured with minutes of points: 7 ms for 5,000 lines instead of the 12 ms of level 6, for a seventh more bytes.
  return { database, lines: lines.length, body: await compress(lines.join('\n'), { level: 1 }) };
}

export function encodeBatch({ database, lines, body }: LineBatch, linesBefore: number, queuedMs: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  bytes.writeUInt8(roles.indexOf(database), 0);
  bytes.writeUInt32LE(lines, 1);
  bytes.writeDoubleLE(linesBefore, 5);
  bytes.writeDoubleLE(queuedMs, 13);
  bytes.set(body, HEAD_BYTES);
  return bytes;
}

export function decodeBatch(payload: Uint8Array, next: LogPosition): QueuedBatch {
  const head = Buffer.from(payload.buffer, payload.byteOffset, HEAD_BYTES);
  return {
    database: roles[head.readUInt8(0)] ?? 'kept',
    lines: head.readUInt32LE(1),
    linesBefore: head.readDoubleLE(5),
    queuedMs: head.readDoubleLE(13),
    body: payload.subarray(HEAD_BYTES),
    next,
  };
}
