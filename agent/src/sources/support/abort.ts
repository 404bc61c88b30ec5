import { SourceError } from '../../source.ts';

/** The failure of a read that its caller gave up. */
export function abandoned(what: string): SourceError {
  return new SourceError('retry', `${what} did not answer before the tick's deadline`);
}

/**
 * `work`, given up at once when `signal` aborts. The work itself goes on unless it watches the signal too; what
 * becomes of it then is nobody's concern any more.
 * @throws SourceError of kind `retry` on abort, and what `work` throws.
 */
export function untilAborted<T>(signal: AbortSignal, what: string, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(abandoned(what));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
