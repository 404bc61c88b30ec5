import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '@wattmark/shared/config';
import { lockDirectory } from '@wattmark/shared/directory-lock';
import type { Logger } from '@wattmark/shared/logger';
import { CorruptLogError, SegmentLog } from '@wattmark/shared/segment-log';
import { createEpoch, EPOCH_RANDOM_BYTES, epochTimeMs } from './epoch.ts';
import { readIndex, type SpoolIndex } from './spool-index.ts';
import type { Numbering } from './spool-numbering.ts';
import { readSpoolState, type SpoolState, writeSpoolState } from './spool-state.ts';

/** What lies in a spool's directory: `state.json`, and beside it a directory of segments named after the epoch. */
export interface SpoolFiles {
  readonly stateFile: string;
  readonly state: SpoolState;
  readonly log: SegmentLog;
  readonly index: SpoolIndex;
  /** Lets another process have the directory. */
  readonly release: () => Promise<void>;
}

/** The least size of a segment, and the share of the spool that goes when the oldest has to go. */
const LEAST_SEGMENT_BYTES = 256 * 1024;
const SEGMENTS = 32;

export interface SpoolFilesOptions {
  readonly directory: string;
  readonly maxBytes: number;
  /** UTC milliseconds, for the name of a new epoch. */
  readonly nowMs: number;
  readonly log: Logger;
}

/**
 * Opens the spool in `directory`, or creates it. Without a usable state nobody knows which sequence numbers were
 * used: then a new epoch begins, and the messages of those before are counted as lost.
 * @throws ConfigError where the directory cannot be written to or another process uses it.
 */
export async function openSpoolFiles(options: SpoolFilesOptions): Promise<SpoolFiles> {
  const release = await claim(options.directory);
  const stateFile = join(options.directory, 'state.json');
  let state = (await readSpoolState(stateFile)) ?? (await beginEpoch(stateFile, options));
  const segmentBytes = Math.max(LEAST_SEGMENT_BYTES, Math.floor(options.maxBytes / SEGMENTS));
  const open = (): Promise<SegmentLog> => SegmentLog.open(join(options.directory, state.epoch), { segmentBytes });
  const log = await open().catch(async (error: unknown) => {
    if (!(error instanceof CorruptLogError)) throw error;
    options.log.error({ err: error }, 'the newest segment of the spool is not one');
    state = await beginEpoch(stateFile, options);
    return open();
  });
  if (log.cutBytes > 0) options.log.info({ bytes: log.cutBytes }, 'cut off a torn write at the end of the spool');
  const index = await readIndex(log, (error) => options.log.error({ err: error }, 'a part of the spool is damaged'));
  for (const epoch of await epochsIn(options.directory)) {
    if (epoch !== state.epoch && epoch !== state.renewed?.epoch)
      await rm(join(options.directory, epoch), { recursive: true, force: true });
  }
  return { stateFile, state, log, index, release };
}

/** Writes the state of a new epoch, which sorts behind every one that has left a directory, whatever the clock says. */
async function beginEpoch(stateFile: string, options: SpoolFilesOptions): Promise<SpoolState> {
  const former = await epochsIn(options.directory);
  let lost = 0;
  for (const epoch of former) lost += await countMessages(join(options.directory, epoch), options);
  const epoch = await makeEpoch(options.directory, options.nowMs);
  const state = { epoch, firstSeq: 1, nextSeq: 1, lost };
  await writeSpoolState(stateFile, state);
  if (former.length > 0) options.log.error({ lost, epoch }, 'the state of the spool is unusable: a new epoch begins');
  return state;
}

/**
 * Publishes what is owed under a new epoch, from 1 on. The one thing that changes on disk is the state, as a whole:
 * whatever happens, there is the old epoch with everything owed, or the new one with the same.
 * @throws the file system's error; then nothing has changed.
 */
export async function renewState(files: SpoolFiles, state: SpoolState, nowMs: number): Promise<Numbering> {
  const directory = dirname(files.stateFile);
  const epoch = await makeEpoch(directory, nowMs);
  const renewed = { epoch, after: state.firstSeq - 1 };
  try {
    await writeSpoolState(files.stateFile, { ...state, renewed });
  } catch (error) {
    await rmdir(join(directory, epoch)).catch(() => {});
    throw error;
  }
  return renewed;
}

/**
 * Names an epoch that sorts behind every one before, and makes the directory that keeps it so after a state is lost.
 * Writing the state then syncs the directory's entry.
 */
async function makeEpoch(directory: string, nowMs: number): Promise<string> {
  const newestMs = Math.max(-1, ...(await epochsIn(directory)).map((epoch) => epochTimeMs(epoch) ?? -1));
  const epoch = createEpoch(Math.max(nowMs, newestMs + 1), randomBytes(EPOCH_RANDOM_BYTES));
  await mkdir(join(directory, epoch));
  return epoch;
}

/** @throws ConfigError where the directory cannot be made or written to, or another process uses it. */
async function claim(directory: string): Promise<() => Promise<void>> {
  try {
    await mkdir(directory, { recursive: true });
    return await lockDirectory(directory, usedBy);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(directory, [`${(error as Error).message}; set spool.path to where the agent may write`]);
  }
}

async function epochsIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && epochTimeMs(entry.name) !== null).map(({ name }) => name);
}

/** Messages that can still be read in the log of a former epoch, the acknowledged ones among them. */
async function countMessages(directory: string, options: SpoolFilesOptions): Promise<number> {
  let count = 0;
  try {
    const log = await SegmentLog.open(directory, { segmentBytes: LEAST_SEGMENT_BYTES });
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

function usedBy(pid: string): string {
  return `the agent with PID ${pid} uses this spool: stop it, or give each agent a spool.path of its own`;
}
