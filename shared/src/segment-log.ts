import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/**
 * An append-only log of opaque payloads in numbered segment files: the agent's spool and the collector's evidence log.
 *
 * A segment is the eight bytes `WATTLOG1` and then frames: u32 length, u32 CRC-32 of the payload (both little
 * endian), payload. A frame is either whole or, at the very end of the last segment, a torn write which `open` cuts off.
 * One writer at a time; appends are not concurrent.
 */

const MAGIC = Buffer.from('WATTLOG1', 'latin1');
const HEADER_BYTES = 8;
const MAX_FRAME_BYTES = 1 << 28;
const READ_CHUNK_BYTES = 1 << 22;

export interface LogPosition {
  readonly segment: number;
  /** Byte offset in the segment's file. */
  readonly offset: number;
}

export interface Frame {
  readonly position: LogPosition;
  /** Position of the frame that follows. */
  readonly next: LogPosition;
  readonly payload: Uint8Array;
}

export interface SegmentInfo {
  readonly number: number;
  readonly bytes: number;
}

export interface SegmentLogOptions {
  /** A segment that has reached this size is closed and a new one begun. */
  readonly segmentBytes: number;
}

/** The bytes at `position` are not a frame: somebody changed the file, or the disk did. */
export class CorruptLogError extends Error {
  override name = 'CorruptLogError';
  readonly position: LogPosition;
  constructor(position: LogPosition, reason: string) {
    super(`segment ${position.segment}, byte ${position.offset}: ${reason}`);
    this.position = position;
  }
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

  /** Opens the log in `directory`, which is created where missing, and cuts off a torn last frame. */
  static async open(directory: string, options: SegmentLogOptions): Promise<SegmentLog> {
    await mkdir(directory, { recursive: true });
    const sizes = await listSegments(directory);
    const last = Math.max(0, ...sizes.keys());
    const tail = last === 0 ? await createSegment(directory, 1) : await recoverSegment(directory, last);
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
 * Frames of a log in a directory, as its files are at this moment, without opening it for writing: also while another process
 * appends to it.
 * @throws CorruptLogError at the first byte that is not a whole frame; at the very end this may be a write under way.
 */
export async function* readSegmentLog(directory: string): AsyncGenerator<Frame> {
  for (const [number, bytes] of await listSegments(directory)) {
    yield* readSegment(segmentPath(directory, number), number, HEADER_BYTES, bytes);
  }
}

interface Tail {
  readonly file: FileHandle;
  readonly segment: number;
  readonly offset: number;
  readonly cutBytes: number;
}

function segmentPath(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(8, '0')}.log`);
}

async function listSegments(directory: string): Promise<Map<number, number>> {
  const sizes = new Map<number, number>();
  for (const name of (await readdir(directory)).sort()) {
    const number = /^(\d{8})\.log$/.exec(name)?.[1];
    if (number !== undefined) sizes.set(Number(number), (await stat(join(directory, name))).size);
  }
  return sizes;
}

async function createSegment(directory: string, segment: number): Promise<Tail> {
  const path = segmentPath(directory, segment);
  const file = await open(path, 'w+');
  try {
    await writeAll(file, MAGIC, 0);
    await file.datasync();
    await syncDirectory(directory);
  } catch (error) {
    await file.close();
    await unlink(path).catch(() => {});
    throw error;
  }
  return { file, segment, offset: HEADER_BYTES, cutBytes: 0 };
}

/** A crash may leave the last segment without its header or with half a frame: both are cut back to what is whole. */
async function recoverSegment(directory: string, segment: number): Promise<Tail> {
  const path = segmentPath(directory, segment);
  const { size } = await stat(path);
  if (size < HEADER_BYTES) return { ...(await createSegment(directory, segment)), cutBytes: size };
  let offset = HEADER_BYTES;
  try {
    for await (const frame of readSegment(path, segment, HEADER_BYTES, size)) offset = frame.next.offset;
  } catch (error) {
    if (!(error instanceof CorruptLogError) || error.position.offset === 0) throw error;
  }
  const file = await open(path, 'r+');
  if (offset < size) await file.truncate(offset);
  return { file, segment, offset, cutBytes: size - offset };
}

async function* readSegment(path: string, segment: number, begin: number, limit: number): AsyncGenerator<Frame> {
  const file = await open(path, 'r');
  try {
    await checkMagic(file, segment);
    let offset = begin;
    let chunk: Buffer = Buffer.alloc(0);
    let at = 0;
    while (offset < limit) {
      const need = frameBytes(chunk, at, { segment, offset });
      if (need > limit - offset) throw new CorruptLogError({ segment, offset }, 'the last frame is cut short');
      if (need > chunk.length - at) {
        chunk = await readChunk(file, offset, Math.min(Math.max(need, READ_CHUNK_BYTES), limit - offset));
        at = 0;
        if (chunk.length < need) throw new CorruptLogError({ segment, offset }, 'the last frame is cut short');
        continue;
      }
      const payload = chunk.subarray(at + 8, at + need);
      if (crc32(payload) !== chunk.readUInt32LE(at + 4)) {
        throw new CorruptLogError({ segment, offset }, 'the checksum does not match');
      }
      yield { position: { segment, offset }, next: { segment, offset: offset + need }, payload };
      offset += need;
      at += need;
    }
  } finally {
    await file.close();
  }
}

/** Bytes of the frame at `at`, or of the least that must be read to know. */
function frameBytes(chunk: Buffer, at: number, position: LogPosition): number {
  if (chunk.length - at < 8) return 9;
  const length = chunk.readUInt32LE(at);
  if (length === 0 || length > MAX_FRAME_BYTES)
    throw new CorruptLogError(position, `impossible frame length ${length}`);
  return 8 + length;
}

async function checkMagic(file: FileHandle, segment: number): Promise<void> {
  const header = await readChunk(file, 0, HEADER_BYTES);
  if (!header.equals(MAGIC)) throw new CorruptLogError({ segment, offset: 0 }, 'not a segment of this log');
}

function encodeFrames(payloads: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.allocUnsafe(payloads.reduce((sum, payload) => sum + 8 + payload.length, 0));
  let at = 0;
  for (const payload of payloads) {
    if (payload.length === 0 || payload.length > MAX_FRAME_BYTES)
      throw new RangeError(`frame of ${payload.length} bytes`);
    bytes.writeUInt32LE(payload.length, at);
    bytes.writeUInt32LE(crc32(payload), at + 4);
    bytes.set(payload, at + 8);
    at += 8 + payload.length;
  }
  return bytes;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function readChunk(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
