import { type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/**
 * One file of a segment log: the eight bytes `WATTLOG1` and then frames: u32 length, u32 CRC-32 of the payload (both
 * little endian), payload.
 */

const MAGIC = Buffer.from('WATTLOG1', 'latin1');
/** Where a segment's first frame begins. */
export const HEADER_BYTES = 8;
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

/** The bytes at `position` are not a frame: somebody changed the file, or the disk did. */
export class CorruptLogError extends Error {
  override name = 'CorruptLogError';
  readonly position: LogPosition;
  constructor(position: LogPosition, reason: string) {
    super(`segment ${position.segment}, byte ${position.offset}: ${reason}`);
    this.position = position;
  }
}

/**
 * A segment ends in the middle of a frame: at the end of a log a write that is under way, or that a crash cut short.
 */
export class TornFrameError extends CorruptLogError {
  override name = 'TornFrameError';
  constructor(position: LogPosition) {
    super(position, 'the last frame is cut short');
  }
}

/** The segment that is being written. */
export interface Tail {
  readonly file: FileHandle;
  readonly segment: number;
  readonly offset: number;
  readonly cutBytes: number;
}

export function segmentPath(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(8, '0')}.log`);
}

export async function listSegments(directory: string): Promise<Map<number, number>> {
  const sizes = new Map<number, number>();
  for (const name of (await readdir(directory)).sort()) {
    const number = /^(\d{8})\.log$/.exec(name)?.[1];
    if (number !== undefined) sizes.set(Number(number), (await stat(join(directory, name))).size);
  }
  return sizes;
}

export async function createSegment(directory: string, segment: number): Promise<Tail> {
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

/**
 * Opens the last segment. A crash may leave it without its header or with half a frame: both are cut back to what is
 * whole.
 */
export async function recoverSegment(directory: string, segment: number, singleFrames: boolean): Promise<Tail> {
  const path = segmentPath(directory, segment);
  const { size } = await stat(path);
  if (size < HEADER_BYTES) return { ...(await createSegment(directory, segment)), cutBytes: size };
  let offset = HEADER_BYTES;
  try {
    for await (const frame of readSegment(path, segment, HEADER_BYTES, size)) offset = frame.next.offset;
  } catch (error) {
    if (!(error instanceof CorruptLogError) || error.position.offset === 0) throw error;
    if (singleFrames && (await isFollowed(path, offset, size))) throw error;
  }
  const file = await open(path, 'r+');
  try {
    if (offset < size) await file.truncate(offset);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { file, segment, offset, cutBytes: size - offset };
}

/** Whether there is anything behind the frame at `offset`, by its own length. */
async function isFollowed(path: string, offset: number, size: number): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const header = await readChunk(file, offset, 8);
    const length = header.length < 8 ? 0 : header.readUInt32LE(0);
    return length > 0 && offset + 8 + length < size;
  } finally {
    await file.close();
  }
}

/** @param chunkBytes read at once, where a frame is not longer */
export async function* readSegment(
  path: string,
  segment: number,
  begin: number,
  limit: number,
  chunkBytes: number = READ_CHUNK_BYTES,
): AsyncGenerator<Frame> {
  const file = await open(path, 'r');
  try {
    await checkMagic(file, segment);
    let offset = begin;
    let chunk: Buffer = Buffer.alloc(0);
    let at = 0;
    while (offset < limit) {
      const need = frameBytes(chunk, at, { segment, offset });
      if (need > limit - offset) throw new TornFrameError({ segment, offset });
      if (need > chunk.length - at) {
        chunk = await readChunk(file, offset, Math.min(Math.max(need, chunkBytes), limit - offset));
        at = 0;
        if (chunk.length < need) throw new TornFrameError({ segment, offset });
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

export function encodeFrames(payloads: readonly Uint8Array[]): Buffer {
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

export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
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
