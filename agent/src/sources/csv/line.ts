import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Bytes read at a time, and the longest line. */
const CHUNK_BYTES = 262_144;

/** Bytes at either end of what was read by which a file is known again. */
const MARK_BYTES = 1_024;

export type Encoding = 'utf-8' | 'latin1';

/** How far the files were read. */
export interface Place {
  readonly file: string;
  /** Bytes read. */
  readonly offset: number;
  /** Lines read. */
  readonly line: number;
  /**
   * Of what was read, its beginning and its end. A file that begins and goes on like that is the same one, even where it
   * was copied anew; any other was put in its place, even where its inode is the same.
   */
  readonly mark: string;
}

export interface Line {
  readonly text: string;
  /** Its number in the file, from 1. */
  readonly number: number;
}

/** Lines of one file. */
export interface Lines {
  readonly lines: readonly Line[];
  /** After the lines. */
  readonly place: Place;
  /** Bytes of the file after them. */
  readonly bytesLeft: number;
  /** False where the lines are the first ones of their file. */
  readonly isGoingOn: boolean;
}

/** The files of a path whose last part may hold `*`, in the order of their names. */
export async function filesOf(path: string): Promise<string[]> {
  const pattern = basename(path);
  if (!pattern.includes('*')) return [path];
  const directory = dirname(path);
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const matches = new RegExp(`^${parts.join('.*')}$`);
  const names = await readdir(directory);
  return names
    .filter((name) => matches.test(name))
    .sort()
    .map((name) => join(directory, name));
}

/**
 * Reads complete lines on from `place`, over to the next file where one is done; none where there is nothing new.
 * @param files in the order in which they follow each other
 * @param place where to go on; null at the very beginning
 * @throws NodeJS.ErrnoException where a file cannot be read
 */
export async function readLines(
  files: readonly string[],
  place: Place | null,
  encoding: Encoding,
  maxLines: number,
): Promise<Lines | null> {
  const index = place === null ? 0 : files.findIndex((file) => file >= place.file);
  const file = files[index];
  if (file === undefined) return null;
  const isLast = index === files.length - 1;
  const lines = await readFrom(file, place?.file === file ? place : null, { encoding, maxLines, isDone: !isLast });
  return lines.lines.length === 0 && !isLast ? readLines(files.slice(index + 1), null, encoding, maxLines) : lines;
}

interface Reading {
  readonly encoding: Encoding;
  readonly maxLines: number;
  /** Whether nobody writes to the file any more, so that its last line needs no end. */
  readonly isDone: boolean;
}

async function readFrom(file: string, place: Place | null, reading: Reading): Promise<Lines> {
  const handle = await open(file);
  try {
    const isGoingOn = place !== null && (await markOf(handle, place.offset)) === place.mark;
    const start = isGoingOn ? place : { offset: 0, line: 0 };
    const chunk = await bytesAt(handle, start.offset, CHUNK_BYTES);
    const { size } = await handle.stat();
    const ends = endsOf(chunk, reading.maxLines, reading.isDone && start.offset + chunk.length >= size);
    const lines = ends.map((end, index): Line => {
      const bytes = chunk.subarray(ends[index - 1] ?? 0, end);
      return { text: textOf(bytes, reading.encoding, start.offset + index === 0), number: start.line + index + 1 };
    });
    const offset = start.offset + (ends.at(-1) ?? 0);
    const mark = await markOf(handle, offset);
    const next = { file, offset, line: start.line + lines.length, mark };
    return { lines, place: next, bytesLeft: Math.max(0, size - offset), isGoingOn };
  } finally {
    await handle.close();
  }
}

/** Where lines end, behind their last byte. A chunk that is full and has no end of a line counts as one. */
function endsOf(chunk: Buffer, maxLines: number, isDone: boolean): number[] {
  const ends: number[] = [];
  let end = chunk.indexOf('\n') + 1;
  while (end > 0 && ends.length < maxLines) {
    ends.push(end);
    end = chunk.indexOf('\n', end) + 1;
  }
  const last = ends.at(-1) ?? 0;
  const isRest = ends.length < maxLines && last < chunk.length;
  if (isRest && (isDone || (ends.length === 0 && chunk.length === CHUNK_BYTES))) ends.push(chunk.length);
  return ends;
}

function textOf(bytes: Buffer, encoding: Encoding, isFirst: boolean): string {
  const text = bytes.toString(encoding).replace(/\r?\n$/, '');
  return isFirst ? text.replace(/^\uFEFF/, '') : text;
}

async function markOf(handle: FileHandle, offset: number): Promise<string> {
  const hash = createHash('sha256');
  hash.update(await bytesAt(handle, 0, Math.min(offset, MARK_BYTES)));
  hash.update(await bytesAt(handle, Math.max(0, offset - MARK_BYTES), Math.min(offset, MARK_BYTES)));
  return hash.digest('hex').slice(0, 32);
}

async function bytesAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
