import { isTime } from '@wattmark/shared/messages';
import { ByteReader, ByteWriter } from '../evidence/bytes.ts';

/**
 * A block: readings of one channel of one point as bytes, for the wire and the evidence log. Times are runs of differences, so
 * that a regular grid costs nothing per reading; values are kept exactly, as the evidence log keeps all values.
 *
 *     flags, count, interval, first time as a difference to 2000, runs of differences, values
 */

/** Limits of a block. The second follows from the first: at most 6 bytes for a time and 9 for a value. */
export const blockLimits = { readings: 65_536, bytes: 1_000_000 } as const;

/** Readings of one series, with times strictly ascending, UTC ms. */
export interface Readings {
  readonly atMs: Float64Array;
  /** In the channel's unit, finite. */
  readonly values: Float64Array;
}

/** What the readings of a series are. */
export interface ReadingForm {
  /** True where a value is the mean over `[at, at + intervalMs)`, false where it is of the instant. */
  readonly isMean: boolean;
  /** Usual time between two readings. */
  readonly intervalMs: number;
  readonly isEstimated: boolean;
}

export type Block = Readings & ReadingForm;

/** What is known of a block without its values. */
export type BlockTimes = Omit<Block, 'values'>;

const FLAG_MEAN = 1;
const FLAG_ESTIMATED = 2;
const EPOCH_MS = Date.UTC(2000);
const MAX_INTERVAL_MS = 31 * 86_400_000;

/** Fewer equal differences in a row than this stand singly: a run of its own would not be shorter. */
const LEAST_RUN = 4;

/**
 * The bytes of a block.
 * @throws RangeError where it has more readings than a block may have, or none.
 */
export function encodeBlock({ atMs, values, isMean, isEstimated, intervalMs }: Block, out = new ByteWriter()): Buffer {
  const count = atMs.length;
  if (count === 0 || count > blockLimits.readings) throw new RangeError(`a block of ${count} readings`);
  out.cut(0);
  out.byte((isMean ? FLAG_MEAN : 0) | (isEstimated ? FLAG_ESTIMATED : 0));
  out.varint(count);
  out.varint(intervalMs);
  out.varint((atMs[0] ?? 0) - EPOCH_MS);
  writeTimes(out, atMs);
  for (let i = 0; i < count; i++) out.value(values[i] ?? 0, 0);
  return out.toBytes();
}

/**
 * The block that bytes hold; they may be a stranger's.
 * @throws RangeError where they hold none.
 */
export function decodeBlock(bytes: Uint8Array): Block {
  const body = new ByteReader(bytes);
  const times = readHead(body, bytes.length);
  const count = times.atMs.length;
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const value = body.value();
    if (!Number.isFinite(value)) throw new RangeError('a value that is no number');
    values[i] = value;
  }
  if (!body.done) throw new RangeError('bytes behind the block');
  return { ...times, values };
}

/**
 * The times of the block that bytes hold, whose values were looked at before.
 * @throws RangeError where they hold none.
 */
export function decodeTimes(bytes: Uint8Array): BlockTimes {
  return readHead(new ByteReader(bytes), bytes.length);
}

function readHead(body: ByteReader, bytes: number): BlockTimes {
  if (bytes > blockLimits.bytes) throw new RangeError(`a block of ${bytes} bytes`);
  const flags = body.byte();
  const count = body.varint();
  const intervalMs = body.varint();
  if (flags > (FLAG_MEAN | FLAG_ESTIMATED)) throw new RangeError(`unknown flags ${flags}`);
  if (count === 0 || count > blockLimits.readings) throw new RangeError(`a block of ${count} readings`);
  if (intervalMs === 0 || intervalMs > MAX_INTERVAL_MS) throw new RangeError(`an interval of ${intervalMs} ms`);
  const atMs = readTimes(body, count);
  return { atMs, intervalMs, isMean: (flags & FLAG_MEAN) !== 0, isEstimated: (flags & FLAG_ESTIMATED) !== 0 };
}

/** A run is its length and one difference; differences that stand singly are their number, negative, and each of them. */
function writeTimes(out: ByteWriter, atMs: Float64Array): void {
  let singlesFrom = 1;
  let i = 1;
  while (i < atMs.length) {
    const length = runLength(atMs, i);
    if (length >= LEAST_RUN) {
      writeSingles(out, atMs, singlesFrom, i);
      out.signed(length);
      out.varint(difference(atMs, i));
      singlesFrom = i + length;
    }
    i += length;
  }
  writeSingles(out, atMs, singlesFrom, atMs.length);
}

function writeSingles(out: ByteWriter, atMs: Float64Array, from: number, to: number): void {
  if (from === to) return;
  out.signed(from - to);
  for (let i = from; i < to; i++) out.varint(difference(atMs, i));
}

/** How many equal differences follow one another from the one before reading `from` on. */
function runLength(atMs: Float64Array, from: number): number {
  const stepMs = difference(atMs, from);
  let to = from + 1;
  while (to < atMs.length && difference(atMs, to) === stepMs) to++;
  return to - from;
}

function difference(atMs: Float64Array, i: number): number {
  return (atMs[i] ?? 0) - (atMs[i - 1] ?? 0);
}

function readTimes(body: ByteReader, count: number): Float64Array {
  const atMs = new Float64Array(count);
  let ms = EPOCH_MS + body.varint();
  atMs[0] = ms;
  let i = 1;
  while (i < count) {
    const length = body.signed();
    const to = i + Math.abs(length);
    if (length === 0 || to > count) throw new RangeError(`a run of ${length} times at ${i} of ${count}`);
    let stepMs = 0;
    while (i < to) {
      if (stepMs === 0 || length < 0) stepMs = body.varint();
      if (stepMs === 0) throw new RangeError('two readings of one time');
      ms += stepMs;
      atMs[i++] = ms;
    }
  }
  if (!isTime(atMs[0]) || !isTime(ms)) throw new RangeError('readings of a time that cannot be');
  return atMs;
}
