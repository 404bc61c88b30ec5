import { closeSync, createReadStream, openSync, type ReadStream, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** The bytes of a file of history, which may be compressed with gzip. */

/** A file that cannot be read; `message` names it. */
export class HistoryError extends Error {
  override name = 'HistoryError';
}

export interface HistoryFile {
  /** @throws HistoryError where the file cannot be read to its end */
  readonly chunks: AsyncIterable<Buffer>;
  /** Bytes of the file that were read, compressed ones where it is. */
  bytesRead(): number;
}

const CHUNK_BYTES = 1_048_576;

/** @throws HistoryError where there is no such file to read */
export function openHistory(file: string): HistoryFile {
  try {
    const isCompressed = isGzip(file);
    const source = createReadStream(file, { highWaterMark: CHUNK_BYTES });
    return { chunks: chunksOf(file, source, isCompressed), bytesRead: () => source.bytesRead };
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function* chunksOf(file: string, source: ReadStream, isCompressed: boolean): AsyncGenerator<Buffer> {
  try {
    const gunzip = isCompressed ? createGunzip({ chunkSize: CHUNK_BYTES }) : null;
    if (gunzip !== null) source.once('error', (error) => gunzip.destroy(error)).pipe(gunzip);
    for await (const chunk of gunzip ?? source) yield chunk as Buffer;
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    source.destroy();
  }
}

function unreadable(file: string, error: unknown): HistoryError {
  return new HistoryError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
}

/** RFC 1952: a gzip file begins with these two bytes. */
function isGzip(file: string): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const magic = Buffer.alloc(2);
    return readSync(descriptor, magic, 0, 2, 0) === 2 && magic.readUInt16BE() === 0x1f8b;
  } finally {
    closeSync(descriptor);
  }
}
