import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { packRows, unpackRows } from '../accounting/packed-rows.ts';
import type { RefoldJob } from './job.ts';
import { type RefoldedAccount, type Refolding, refoldLog } from './refold-log.ts';

/**
 * `refoldLog` in a thread of its own: reading a month of a large site's log takes seconds, in which messages must go on being
 * taken. The next slice of rows is asked for when the last one was used, so that a slow disk does not fill the memory.
 */

type Answer =
  | { readonly rows: Float64Array }
  | { readonly accounts: readonly RefoldedAccount[] }
  | { readonly failure: string };

/** A thread runs what is compiled, also where the rest of the program runs from its sources: it has no loader for those. */
const COMPILED = new URL('../../dist/restatement/refold-worker.js', import.meta.url);

/** Memory of the thread, MiB: the accounts of the points and a frame of the log. */
const MAX_HEAP_MIB = 512;

export async function* refoldInWorker(job: RefoldJob): Refolding {
  const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MIB };
  const worker = new Worker(COMPILED, { workerData: job, resourceLimits, execArgv: [] });
  try {
    for (;;) {
      const [answer] = (await once(worker, 'message')) as [Answer];
      if ('failure' in answer) throw new Error(answer.failure);
      if ('accounts' in answer) return answer.accounts;
      yield unpackRows(answer.rows);
      worker.postMessage('next');
    }
  } finally {
    await worker.terminate();
  }
}

async function answerParent(job: RefoldJob): Promise<void> {
  const say = (answer: Answer, moved: readonly ArrayBuffer[] = []): void => parentPort?.postMessage(answer, moved);
  const rows = refoldLog(job);
  try {
    let next = await rows.next();
    for (; next.done !== true; next = await rows.next()) {
      const asked = once(parentPort as NonNullable<typeof parentPort>, 'message');
      const rows = packRows(next.value);
      say({ rows }, [rows.buffer]);
      await asked;
    }
    say({ accounts: next.value });
  } catch (error) {
    say({ failure: (error as Error).message });
  }
}

if (!isMainThread) await answerParent(workerData as RefoldJob);
