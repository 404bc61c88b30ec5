import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteWriter } from '../evidence/bytes.ts';
import { type Block, decodeBlock, encodeBlock, type ReadingForm } from './block.ts';
import { HistoryError } from './history-file.ts';
import type { Batch } from './reader.ts';

/**
 * The blocks of an import on disk, so that a history of any length and order can be gone through point by point. Its file has no
 * name any more once it is open, and is gone with the process.
 */

/** Most bytes that a spool may have: some four thousand million readings. */
const MAX_BYTES = 16 * 2 ** 30;

interface Place {
  readonly offset: number;
  readonly length: number;
}

export class BlockSpool {
  readonly #forms: readonly ReadingForm[];
  readonly #places: readonly Place[][];
  readonly #file: number;
  readonly #out = new ByteWriter();
  #bytes = 0;

  /** @param forms what the readings of each series are */
  constructor(forms: readonly ReadingForm[]) {
    this.#forms = forms;
    this.#places = forms.map(() => []);
    const directory = mkdtempSync(join(tmpdir(), 'wattmark-import-'));
    this.#file = openSync(join(directory, 'blocks'), 'w+');
    rmSync(directory, { recursive: true });
  }

  /** Bytes of all blocks. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws HistoryError where the disk is full, or the history longer than a spool may be */
  add({ series, ...readings }: Batch): void {
    const bytes = encodeBlock({ ...readings, ...(this.#forms[series] as ReadingForm) }, this.#out);
    if (this.#bytes + bytes.length > MAX_BYTES)
      throw new HistoryError('these are too many readings at once: import them in parts');
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at, bytes.length - at, this.#bytes + at);
    } catch (error) {
      throw new HistoryError(`the readings cannot be kept in ${tmpdir()} meanwhile: ${(error as Error).message}`);
    }
    this.#places[series]?.push({ offset: this.#bytes, length: bytes.length });
    this.#bytes += bytes.length;
  }

  /** The blocks of a series, in the order of their times. */
  *blocks(series: number): Generator<Block> {
    for (const bytes of this.encoded(series)) yield decodeBlock(bytes);
  }

  /** The same as bytes. */
  *encoded(series: number): Generator<Buffer> {
    for (const { offset, length } of this.#places[series] ?? []) {
      const bytes = Buffer.allocUnsafe(length);
      for (let at = 0; at < length; ) at += readSync(this.#file, bytes, at, length - at, offset + at);
      yield bytes;
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
