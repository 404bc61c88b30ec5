import { rename, rm } from 'node:fs/promises';
import { beginning, readEvidence } from './evidence/evidence-log.ts';
import { Fold } from './fold.ts';
import { evidenceDirectory, storeFile } from './restore.ts';
import { foldFrame } from './restatement/fold-frame.ts';
import { refoldLog } from './restatement/refold-log.ts';
import { Rollup } from './site/rollup.ts';
import { readSnapshot, removeSnapshot } from './snapshot.ts';
import { compareStores, type TableComparison } from './store/comparison.ts';
import { openDuckdbStore } from './store/duckdb.ts';
import { StoreError } from './store/schema.ts';
import type { Store } from './store/store.ts';

export interface Replay {
  readonly records: number;
  /** Table by table; null where there was no usable store to compare with. */
  readonly comparison: readonly TableComparison[] | null;
  /** Why there was none. */
  readonly reason: string | null;
}

export interface ReplayOptions {
  /** Put the rebuilt store in place of the old one. */
  readonly replace: boolean;
  readonly onProgress: (records: number) => void;
}

/**
 * Rebuilds the store from the evidence log alone and compares it with the one in use, row by row. The collector must not run.
 * @throws StoreError where the store is in use.
 */
export async function replay(data: string, options: ReplayOptions): Promise<Replay> {
  const file = storeFile(data);
  const rebuilt = `${file}.replay`;
  const existing = await progressOf(file);
  const until = existing.progress ?? Number.POSITIVE_INFINITY;
  await rm(rebuilt, { force: true });
  const records = await rebuild(data, rebuilt, until, options.onProgress);
  const comparison = existing.progress === null ? null : await compareStores(file, rebuilt);
  if (options.replace || existing.progress === null) {
    await rm(`${file}.wal`, { force: true });
    await rename(rebuilt, file);
    await forgetMissing(data);
  } else {
    await rm(rebuilt, { force: true });
  }
  return { records, comparison, reason: existing.reason };
}

/** The snapshot of a collector that left a correction out is without it; the rebuilt store is not. */
export async function forgetMissing(data: string): Promise<void> {
  const snapshot = await readSnapshot(data);
  if ('rollup' in snapshot && snapshot.rollup.missing.length > 0) await removeSnapshot(data);
}

/** How far the store in use reaches; null, and why, where it cannot be compared with. */
async function progressOf(file: string): Promise<{ progress: number | null; reason: string | null }> {
  try {
    const store = await openDuckdbStore(file);
    const progress = await store.progress();
    await store.close();
    return progress === 0 ? { progress: null, reason: 'the store is empty' } : { progress, reason: null };
  } catch (error) {
    if (!(error instanceof StoreError) || error.message.includes('in use')) throw error;
    return { progress: null, reason: error.message };
  }
}

/** Folds the log up to a position into a new store. */
async function rebuild(
  data: string,
  file: string,
  until: number,
  onProgress: (records: number) => void,
): Promise<number> {
  const store = await openDuckdbStore(file, { memoryMiB: 512 });
  try {
    const fold = new Fold(beginning);
    await foldInto(store, fold, data, { until, onProgress });
    return fold.cursor.position;
  } finally {
    await store.close();
  }
}

/** Folds a directory's evidence log from its beginning up to a position, and writes all that follows from it. */
export async function foldInto(
  store: Store,
  fold: Fold,
  data: string,
  { until, onProgress }: { readonly until: number; readonly onProgress: (records: number) => void },
): Promise<void> {
  const rollup = new Rollup();
  const recorder: Parameters<typeof foldFrame>[2] = {
    record: (batch, points) => rollup.record(store, { ...batch, points }, fold.allSites()),
    restate: (batch, rows) => rollup.restate(store, { ...batch, rows: rows() }, fold.allSites()),
  };
  const restater = { directory: evidenceDirectory(data), refold: refoldLog };
  for await (const frame of readEvidence(evidenceDirectory(data))) {
    if (frame.next.position > until) break;
    await foldFrame(frame, fold, recorder, restater);
    if (frame.next.position % 10_000 === 0) onProgress(frame.next.position);
  }
}
