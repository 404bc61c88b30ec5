import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { PointColumns } from '../accounting/point-columns.ts';
import type { RefoldJob } from './job.ts';
import { type RefoldedAccount, type Refolding, refoldLog } from './refold-log.ts';

/**
 * `refoldLog` in a thread of its own: reading a month of a large site's log takes seconds, in which messages must go on being
 * taken. One portion of rows is made while the last one is used and no more, so that a slow disk does not fill the memory.
 */

type Answer =
  | { readonly buffer: ArrayBuffer; readonly length: number }
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
    let next = answerOf(worker);
    for (;;) {
      const answer = await next;
      if ('failure' in answer) throw new Error(answer.failure);
      if ('accounts' in answer) return answer.accounts;
      next = answerOf(worker);
      // It may fail before anybody waits for it.
      next.catch(() => {});
      worker.postMessage('next');
      yield new PointColumns(answer.buffer, answer.length);
    }
  } finally {
    await worker.terminate();
  }
}

async function answerOf(worker: Worker): Promise<Answer> {
  const [answer] = (await once(worker, 'message')) as [Answer];
  return answer;
}

async function answerParent(job: RefoldJob): Promise<void> {
  const say = (answer: Answer, moved: readonly ArrayBuffer[] = []): void => parentPort?.postMessage(answer, moved);
  const portions = refoldLog(job);
  let asked: Promise<unknown> = Promise.resolve();
  try {
    let next = await portions.next();
    for (; next.done !== true; next = await portions.next()) {
      const { buffer, length } = next.value;
      await asked;
      asked = once(parentPort as NonNullable<typeof parentPort>, 'message');
      say({ buffer, length }, [buffer]);
    }
    say({ accounts: next.value });
  } catch (error) {
    say({ failure: (error as Error).message });
  }
}

if (!isMainThread) await answerParent(workerData as RefoldJob);
