import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lockDirectory } from '@wattmark/shared/directory-lock';
import type { Logger } from '@wattmark/shared/logger';
import { type Cursor, EvidenceLog } from './evidence/evidence-log.ts';
import { Fold } from './fold.ts';
import type { InfluxTarget } from './influx/client.ts';
import type { Known } from './influx/names.ts';
import { openInfluxStore } from './influx/store.ts';
import type { Recorder } from './recorder.ts';
import { foldFrame } from './restatement/fold-frame.ts';
import { RefoldError, type Restater } from './restatement/restate.ts';
import { EnergyCounters } from './site/energy-counters.ts';
import { Rollup } from './site/rollup.ts';
import { readSnapshot } from './snapshot.ts';
import { openDuckdbStore } from './store/duckdb.ts';
import { StoreError } from './store/schema.ts';
import type { Store } from './store/store.ts';

/** Where things lie in the data directory. */
export const evidenceDirectory = (data: string): string => join(data, 'evidence');
export const storeFile = (data: string): string => join(data, 'intervals.duckdb');

/** What a collector goes on with. */
export interface Restored {
  readonly evidence: EvidenceLog;
  readonly store: Store;
  readonly fold: Fold;
  readonly rollup: Rollup;
  readonly energy: EnergyCounters;
  /** Position up to which the store is complete. */
  readonly progress: number;
}

/**
 * Opens the data directory with the last snapshot; `fold.cursor` tells where the log has to be folded from. The store is opened
 * first, which keeps a second collector away from the log.
 * @param target the InfluxDB that the store is in; null for the embedded one.
 * @throws StoreError, InfluxError or ConfigError, each of which says what to do.
 */
export async function restore(data: string, log: Logger, target: InfluxTarget | null = null): Promise<Restored> {
  let fold: Fold | null = null;
  const store =
    target === null ? await openDuckdbStore(storeFile(data)) : await openStore(data, target, log, () => fold);
  try {
    const progress = await store.progress();
    const evidence = await EvidenceLog.open(evidenceDirectory(data));
    if (evidence.cutBytes > 0) {
      log.warn({ bytes: evidence.cutBytes }, 'cut a half-written record off the evidence log; it was not acknowledged');
    }
    const restored = await fromSnapshot(data, progress, evidence.start, log);
    fold = restored.fold;
    return { evidence, store, progress, ...restored };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Folds what was logged after the snapshot; intervals that the store lacks go to the recorder.
 * @returns the number of records.
 * @throws StoreError where the log ends before the store: a part of the log is missing.
 */
export async function catchUp(
  { evidence, store, fold, progress }: Restored,
  recorder: Recorder,
  restater: Restater,
): Promise<number> {
  const from = fold.cursor.position;
  for await (const frame of evidence.read(fold.cursor)) {
    await foldFrame(frame, fold, recorder, restater).catch((error: unknown) => {
      // The recorder says that it is left out.
      if (!(error instanceof RefoldError)) throw error;
    });
  }
  const { position } = fold.cursor;
  if (position < progress) {
    // Going on would count new records from there, and the recorder would take them for stored.
    await Promise.all([evidence.close(), store.close()]);
    throw new StoreError(
      `the evidence log ends at record ${position}, but the store has been written up to record ${progress}: ` +
        'a part of the log is missing; put it back, or run `wattmark-collector replay --replace` to go on without it',
    );
  }
  return fold.cursor.position - from;
}

/**
 * A store elsewhere, which one process at a time may write: that which has the data directory.
 * @throws InfluxError or ConfigError, each of which says what to do.
 */
export async function openStore(
  data: string,
  target: InfluxTarget,
  log: Logger,
  folded: () => Fold | null,
): Promise<Store> {
  await mkdir(data, { recursive: true });
  const release = await lockDirectory(data, (pid) => `the process with PID ${pid} uses this directory: stop it first`);
  const known = (): Known => {
    const fold = folded();
    if (fold === null) throw new Error('the store is asked before there is a fold');
    return { catalogue: fold.catalogue, site: (siteId) => fold.registry.site(siteId) };
  };
  try {
    return await openInfluxStore({ target, known, log, release });
  } catch (error) {
    await release();
    throw error;
  }
}

async function fromSnapshot(
  data: string,
  progress: number,
  start: Cursor,
  log: Logger,
): Promise<Pick<Restored, 'fold' | 'rollup' | 'energy'>> {
  const snapshot = await readSnapshot(data);
  if ('missing' in snapshot) {
    log.info({ reason: snapshot.missing }, 'no snapshot: folding the evidence log from its beginning');
  } else if (snapshot.fold.cursor.position > progress) {
    log.warn('the store is older than the snapshot: folding the evidence log from its beginning');
  } else {
    const energy = EnergyCounters.load(snapshot.energy);
    return { fold: Fold.load(snapshot.fold), rollup: new Rollup(snapshot.rollup), energy };
  }
  return { fold: new Fold(start), rollup: new Rollup(), energy: new EnergyCounters() };
}
