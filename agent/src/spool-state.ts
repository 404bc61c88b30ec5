import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { limits } from '@wattmark/shared/messages';
import type { Numbering } from './spool-numbering.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const epoch = v.pipe(v.string(), v.regex(/^[0-9A-Za-z]+$/), v.maxLength(limits.epochLength));

const stateSchema = v.strictObject({
  epoch,
  firstSeq: v.pipe(count, v.minValue(1)),
  nextSeq: v.pipe(count, v.minValue(1)),
  lost: count,
  renewed: v.optional(v.strictObject({ epoch, after: count })),
});

/** What the spool knows beside the messages themselves. It may lag behind them, but never run ahead. */
export interface SpoolState {
  /** In which the log was begun; its directory is named after it. */
  readonly epoch: string;
  /** Everything before is acknowledged or lost. */
  readonly firstSeq: number;
  /** No message with this sequence number or a higher one had been written. */
  readonly nextSeq: number;
  /** Messages lost at the spool's limits since it was created. */
  readonly lost: number;
  /** Absent while messages are published as they lie in the log; the numbers above are those of the log. */
  readonly renewed?: Numbering | undefined;
}

/**
 * The state in `file`, or null where there is none or it makes no sense.
 * @throws the file system's error where the file is there and cannot be read: it may be readable later.
 */
export async function readSpoolState(file: string): Promise<SpoolState | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  try {
    const result = v.safeParse(stateSchema, JSON.parse(text));
    return result.success && isInOrder(result.output) ? result.output : null;
  } catch {
    return null;
  }
}

function isInOrder({ firstSeq, nextSeq, renewed }: SpoolState): boolean {
  return firstSeq <= nextSeq && (renewed === undefined || renewed.after < firstSeq);
}

/** Replaces the state in `file` as a whole: after a crash there is the old one or the new one. */
export async function writeSpoolState(file: string, state: SpoolState): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(JSON.stringify(state));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const directory = await open(dirname(file), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
