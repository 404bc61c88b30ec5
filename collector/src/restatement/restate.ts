import type { PointColumns } from '../accounting/point-columns.ts';
import type { Correction } from '../corrections/change.ts';
import type { Fold } from '../fold.ts';
import type { Recorder } from '../recorder.ts';
import { type RefoldJob, refoldJobOf } from './job.ts';
import type { RefoldedAccount, Refolding } from './refold-log.ts';

/** Accounts a part of the log again, here or in another thread. */
export type RefoldRun = (job: RefoldJob) => Refolding;

/** Where the log is, and who reads it again. */
export interface Restater {
  /** The evidence log's directory. */
  readonly directory: string;
  readonly refold: RefoldRun;
}

/** The evidence that a correction concerns could not be accounted again; the store has nothing to do with it. */
export class RefoldError extends Error {
  override name = 'RefoldError';
  /** The correction's. */
  readonly id: string;
  readonly reason: string;
  constructor(id: string, cause: Error) {
    super(`correction ${id} is on record, but cannot be worked in: ${cause.message}`, { cause });
    this.id = id;
    this.reason = cause.message;
  }
}

/**
 * Brings the store and the fold to what a correction makes of the readings that are on record. The fold stands at the
 * correction's record and must not go on until this is done.
 * @throws RefoldError where the readings cannot be accounted again: then everything is as it was without the correction
 */
export async function restate(
  fold: Fold,
  recorder: Pick<Recorder, 'restate'>,
  correction: Correction,
  { directory, refold }: Restater,
): Promise<void> {
  const { siteId, recordedMs } = correction;
  const change = fold.corrections.effectOf(correction);
  const { position } = fold.cursor;
  if (change?.kind === 'structure') {
    const redescribed = { siteId, fromMs: change.from, virtualIds: fold.registry.virtualIdsOf(siteId) };
    return recorder.restate({ position, recordedMs, redescribed }, noRows);
  }
  const job = change === undefined ? null : refoldJobOf(fold, directory, siteId, change, fold.corrections);
  if (job === null) return;
  let accounts: readonly RefoldedAccount[] = [];
  const rows = async function* (): AsyncGenerator<PointColumns> {
    try {
      accounts = yield* refold(job);
    } catch (error) {
      throw new RefoldError(correction.id, error as Error);
    }
  };
  await recorder.restate({ position, recordedMs, redescribed: null }, rows);
  for (const { pointId, state } of accounts) if (state !== null) fold.accounting.replace(pointId, state);
}

async function* noRows(): AsyncGenerator<PointColumns> {}
