import { createHash } from 'node:crypto';
import {
  CorruptLogError,
  type Frame,
  type LogPosition,
  readSegmentLog,
  SegmentLog,
} from '@wattmark/shared/segment-log';

/**
 * The evidence log: every accepted message, append-only and hash-chained. A frame is the SHA-256 of the previous frame's hash
 * and its own body, followed by the body: changing, removing or reordering anything breaks every hash after it.
 */

export const HASH_BYTES = 32;
const SEGMENT_BYTES = 64 * 1024 * 1024;

/** A place in the log, between two frames. */
export interface Cursor {
  /** Number of frames before this place. */
  readonly position: number;
  readonly log: LogPosition;
  /** Hash of the frame before this place, hexadecimal. */
  readonly hash: string;
}

export interface EvidenceFrame {
  readonly body: Uint8Array;
  /** The place after this frame. */
  readonly next: Cursor;
}

/** A frame whose hash does not follow from what is before it. */
export class BrokenChainError extends Error {
  override name = 'BrokenChainError';
  readonly position: number;
  constructor(position: number, log: LogPosition) {
    super(`record ${position} (segment ${log.segment}, byte ${log.offset}) does not follow from the records before it`);
    this.position = position;
  }
}

export class EvidenceLog {
  readonly #log: SegmentLog;

  private constructor(log: SegmentLog) {
    this.#log = log;
  }

  /** @throws CorruptLogError where the newest segment is damaged otherwise than by a torn write at its end. */
  static async open(directory: string): Promise<EvidenceLog> {
    return new EvidenceLog(await SegmentLog.open(directory, { segmentBytes: SEGMENT_BYTES, singleFrames: true }));
  }

  /** The beginning of the log. */
  get start(): Cursor {
    return beginning;
  }

  /** Bytes of a torn write that was cut off when the log was opened; its messages were never acknowledged. */
  get cutBytes(): number {
    return this.#log.cutBytes;
  }

  get bytes(): number {
    return this.#log.segments().reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /**
   * Appends one frame after `head` and resolves when it is on disk.
   * @throws the file system's error; then nothing was appended and `head` still is the end.
   */
  async append(head: Cursor, body: Uint8Array): Promise<EvidenceFrame> {
    const hash = chain(Buffer.from(head.hash, 'hex'), body);
    const end = await this.#log.append([Buffer.concat([hash, body])]);
    return { body, next: { position: head.position + 1, log: end, hash: hash.toString('hex') } };
  }

  /**
   * The frames after `from`, each checked against the chain.
   * @throws BrokenChainError or CorruptLogError at the first frame that is not what was written.
   */
  read(from: Cursor = this.start): AsyncGenerator<EvidenceFrame> {
    return check(this.#log.read(from.log), from);
  }

  async close(): Promise<void> {
    await this.#log.close();
  }
}

/** The frames after `from` of a log that somebody else may be appending to; throws as `read` does. */
export function readEvidence(directory: string, from: Cursor = beginning): AsyncGenerator<EvidenceFrame> {
  return check(readSegmentLog(directory, from.log), from);
}

/** The beginning of every log. */
export const beginning: Cursor = { position: 0, log: { segment: 1, offset: 8 }, hash: '0'.repeat(2 * HASH_BYTES) };

async function* check(frames: AsyncIterable<Frame>, from: Cursor): AsyncGenerator<EvidenceFrame> {
  let { position } = from;
  let previous: Uint8Array = Buffer.from(from.hash, 'hex');
  for await (const frame of frames) {
    if (frame.payload.length <= HASH_BYTES) throw new CorruptLogError(frame.position, 'a record without content');
    const body = frame.payload.subarray(HASH_BYTES);
    const hash = chain(previous, body);
    if (hash.compare(frame.payload, 0, HASH_BYTES) !== 0) throw new BrokenChainError(position, frame.position);
    position++;
    previous = hash;
    yield { body, next: { position, log: frame.next, hash: hash.toString('hex') } };
  }
}

function chain(previous: Uint8Array, body: Uint8Array): Buffer {
  return createHash('sha256').update(previous).update(body).digest();
}
