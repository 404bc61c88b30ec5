import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@wattmark/shared/logger';
import { CorruptLogError, SegmentLog } from '@wattmark/shared/segment-log';
import { createEpoch, EPOCH_RANDOM_BYTES, epochTimeMs } from './epoch.ts';
import { readIndex, type SpoolIndex } from './spool-index.ts';
import { lockSpool } from './spool-lock.ts';
import { readSpoolState, type SpoolState, writeSpoolState } from './spool-state.ts';

/** What lies in a spool's directory: `state.json`, and beside it a directory of segments named after the epoch. */
export interface SpoolFiles {
  readonly stateFile: string;
  readonly state: SpoolState;
  readonly log: SegmentLog;
  readonly index: SpoolIndex;
  /** To be removed when the spool is closed; null where there is none. */
  readonly lockFile: string | null;
}

export interface SpoolFilesOptions {
  readonly directory: string;
  readonly segmentBytes: number;
  /** UTC milliseconds, for the name of a new epoch. */
  readonly nowMs: number;
  readonly log: Logger;
}

/**
 * Opens the spool in `directory`, or creates it. Without a usable state nobody knows which sequence numbers were
 * used: then a new epoch begins, and the messages of those before are counted as lost.
 * @throws ConfigError where another process uses the directory.
 */
export async function openSpoolFiles(options: SpoolFilesOptions): Promise<SpoolFiles> {
  await mkdir(options.directory, { recursive: true });
  const lockFile = await lockSpool(options.directory);
  const stateFile = join(options.directory, 'state.json');
  let state = (await readSpoolState(stateFile)) ?? (await beginEpoch(stateFile, options));
  const open = (): Promise<SegmentLog> => SegmentLog.open(join(options.directory, state.epoch), options);
  const log = await open().catch(async (error: unknown) => {
    if (!(error instanceof CorruptLogError)) throw error;
    options.log.error({ err: error }, 'the newest segment of the spool is not one');
    state = await beginEpoch(stateFile, options);
    return open();
  });
  if (log.cutBytes > 0) options.log.info({ bytes: log.cutBytes }, 'cut off a torn write at the end of the spool');
  const index = await readIndex(log, (error) => options.log.error({ err: error }, 'a part of the spool is damaged'));
  for (const epoch of await epochsIn(options.directory)) {
    if (epoch !== state.epoch) await rm(join(options.directory, epoch), { recursive: true, force: true });
  }
  return { stateFile, state, log, index, lockFile };
}

/** Writes the state of a new epoch, which sorts behind every one that has left a directory, whatever the clock says. */
async function beginEpoch(stateFile: string, options: SpoolFilesOptions): Promise<SpoolState> {
  const former = await epochsIn(options.directory);
  let lost = 0;
  for (const epoch of former) lost += await countMessages(join(options.directory, epoch), options);
  const newestMs = Math.max(-1, ...former.map((epoch) => epochTimeMs(epoch) ?? -1));
  const epoch = createEpoch(Math.max(options.nowMs, newestMs + 1), randomBytes(EPOCH_RANDOM_BYTES));
  const state = { epoch, firstSeq: 1, nextSeq: 1, lost };
  // Writing the state syncs the directory, and with it the entry of the epoch's own.
  await mkdir(join(options.directory, epoch));
  await writeSpoolState(stateFile, state);
  if (former.length > 0) options.log.error({ lost, epoch }, 'the state of the spool is unusable: a new epoch begins');
  return state;
}

async function epochsIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && epochTimeMs(entry.name) !== null).map(({ name }) => name);
}

/** Messages that can still be read in the log of a former epoch, the acknowledged ones among them. */
async function countMessages(directory: string, options: SpoolFilesOptions): Promise<number> {
  let count = 0;
  try {
    const log = await SegmentLog.open(directory, options);
    try {
      for await (const _frame of log.read()) count++;
    } finally {
      await log.close();
    }
  } catch (error) {
    options.log.error({ err: error }, 'the segments of a former epoch cannot be counted in full');
  }
  return count;
}
