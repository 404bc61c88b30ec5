import { type FileHandle, mkdir, stat, unlink } from 'node:fs/promises';
import {
  CorruptLogError,
  createSegment,
  encodeFrames,
  type Frame,
  HEADER_BYTES,
  type LogPosition,
  listSegments,
  readSegment,
  recoverSegment,
  segmentPath,
  type Tail,
  TornFrameError,
  writeAll,
} from './segment-file.ts';

export { CorruptLogError, type Frame, type LogPosition };

/**
 * An append-only log of opaque payloads in numbered segment files: the agent's spool and the collector's evidence log.
 *
 * A frame is either whole or, at the very end of the last segment, a torn write which `open` cuts off.
 * One writer at a time; appends are not concurrent.
 */

export interface SegmentInfo {
  readonly number: number;
  readonly bytes: number;
}

export interface SegmentLogOptions {
  /** A segment that has reached this size is closed and a new one begun. */
  readonly segmentBytes: number;
  /**
   * True where every append is of one frame. What lies behind a damaged frame then proves that it was whole on disk
   * before: that is no torn write, and `open` refuses it instead of cutting it off.
   */
  readonly singleFrames?: boolean;
}

export class SegmentLog {
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #sizes: Map<number, number>;
  #file: FileHandle;
  #segment: number;
  #offset: number;
  #busy = false;
  #tailIsDirty = false;
  /** Bytes of a torn write that `open` cut off. */
  readonly cutBytes: number;

  private constructor(directory: string, segmentBytes: number, sizes: Map<number, number>, tail: Tail) {
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.#sizes = sizes;
    this.#file = tail.file;
    this.#segment = tail.segment;
    this.#offset = tail.offset;
    this.cutBytes = tail.cutBytes;
  }

  /**
   * Opens the log in `directory`, which is created where missing, and cuts off a torn last frame.
   * @throws CorruptLogError where the newest segment is not one, or is damaged where nothing was torn (see
   * `singleFrames`).
   */
  static async open(directory: string, options: SegmentLogOptions): Promise<SegmentLog> {
    await mkdir(directory, { recursive: true });
    const sizes = await listSegments(directory);
    const last = Math.max(0, ...sizes.keys());
    const tail =
      last === 0
        ? await createSegment(directory, 1)
        : await recoverSegment(directory, last, options.singleFrames === true);
    sizes.set(tail.segment, tail.offset);
    return new SegmentLog(directory, options.segmentBytes, sizes, tail);
  }

  /** Where the next frame will be written. */
  get end(): LogPosition {
    return { segment: this.#segment, offset: this.#offset };
  }

  /** The position of the oldest frame still held. */
  get start(): LogPosition {
    return { segment: Math.min(...this.#sizes.keys()), offset: HEADER_BYTES };
  }

  segments(): readonly SegmentInfo[] {
    return [...this.#sizes].sort(([a], [b]) => a - b).map(([number, bytes]) => ({ number, bytes }));
  }

  /** When a segment was written to last, UTC milliseconds by the file system's clock. */
  async writtenMs(segment: number): Promise<number> {
    return Math.floor((await stat(segmentPath(this.#directory, segment))).mtimeMs);
  }

  /**
   * Appends one frame per payload with one write and one fdatasync.
   * @returns the position after the last frame, when all are on disk.
   * @throws the file system's error (such as ENOSPC); then nothing was appended.
   */
  async append(payloads: readonly Uint8Array[]): Promise<LogPosition> {
    if (this.#busy) throw new Error('an append is already under way');
    this.#busy = true;
    try {
      if (this.#tailIsDirty) await this.#cutBack();
      if (this.#offset >= this.#segmentBytes && this.#offset > HEADER_BYTES) await this.#openNext();
      const bytes = encodeFrames(payloads);
      this.#tailIsDirty = true;
      await writeAll(this.#file, bytes, this.#offset);
      await this.#file.datasync();
      this.#tailIsDirty = false;
      this.#offset += bytes.length;
      this.#sizes.set(this.#segment, this.#offset);
      return this.end;
    } catch (error) {
      if (this.#tailIsDirty) await this.#cutBack().catch(() => {});
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  /** Begins a new segment, unless the current one is still empty. */
  async rotate(): Promise<void> {
    if (this.#offset > HEADER_BYTES) await this.#openNext();
  }

  /** Deletes the oldest segment's file. The segment being written cannot be removed: rotate first. */
  async removeSegment(number: number): Promise<void> {
    if (number === this.#segment) throw new Error(`segment ${number} is being written`);
    await unlink(segmentPath(this.#directory, number));
    this.#sizes.delete(number);
  }

  /**
   * Frames from `from` up to the end as it is when called. Payloads stay valid after the iteration.
   * @throws CorruptLogError at the first byte that is not a whole frame.
   */
  async *read(from: LogPosition = this.start): AsyncGenerator<Frame> {
    const end = this.end;
    if (from.segment > end.segment || (from.segment === end.segment && from.offset > end.offset)) {
      throw new CorruptLogError(from, `the log ends before, at segment ${end.segment}, byte ${end.offset}`);
    }
    for (const { number, bytes } of this.segments()) {
      if (number < from.segment || number > end.segment) continue;
      const begin = number === from.segment ? from.offset : HEADER_BYTES;
      const limit = number === end.segment ? end.offset : bytes;
      yield* readSegment(segmentPath(this.#directory, number), number, begin, limit);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #openNext(): Promise<void> {
    const tail = await createSegment(this.#directory, this.#segment + 1);
    await this.#file.close();
    this.#file = tail.file;
    this.#segment = tail.segment;
    this.#offset = tail.offset;
    this.#sizes.set(tail.segment, tail.offset);
  }

  async #cutBack(): Promise<void> {
    await this.#file.truncate(this.#offset);
    this.#tailIsDirty = false;
  }
}

/**
 * The payload of one frame of a log in a directory.
 * @param place where the frame begins; the end of a segment is the beginning of the next one, as `end` was before its append
 * @throws CorruptLogError where none begins there.
 */
export async function readFrame(directory: string, place: LogPosition): Promise<Uint8Array> {
  const { segment, offset } = place;
  const path = segmentPath(directory, segment);
  const { size } = await stat(path);
  if (offset === size && (await listSegments(directory)).has(segment + 1))
    return readFrame(directory, { segment: segment + 1, offset: HEADER_BYTES });
  for await (const { payload } of readSegment(path, segment, offset, size, FRAME_CHUNK_BYTES)) return payload;
  throw new TornFrameError(place);
}

/** Read at once for a single frame. */
const FRAME_CHUNK_BYTES = 1 << 16;

/**
 * Frames of a log in a directory, as its files are at this moment, without opening it for writing: also while another
 * process appends to it. A frame cut short at the very end is left out: it is being written, or a crash has torn it.
 * @param from where to begin, by default at the log's beginning.
 * @throws CorruptLogError at the first byte that is not a whole frame.
 */
export async function* readSegmentLog(
  directory: string,
  from: LogPosition = { segment: 0, offset: HEADER_BYTES },
): AsyncGenerator<Frame> {
  const segments = [...(await listSegments(directory))].filter(([number]) => number >= from.segment);
  const last = segments.at(-1)?.[0];
  for (const [number, bytes] of segments) {
    const begin = number === from.segment ? from.offset : HEADER_BYTES;
    try {
      yield* readSegment(segmentPath(directory, number), number, begin, bytes);
    } catch (error) {
      if (!(error instanceof TornFrameError) || number !== last) throw error;
    }
  }
}
