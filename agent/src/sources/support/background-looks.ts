import type { Clock } from '../../clock.ts';
import { type Sample, SourceError } from '../../source.ts';
import { abandoned, untilAborted } from './abort.ts';

/** Looks that may outlast their tick. */
export interface BackgroundLooks {
  read(signal: AbortSignal): Promise<Sample>;
  close(): Promise<void>;
}

/** One look under way, or over. `done` never rejects. */
interface Look {
  readonly done: Promise<void>;
  outcome: { readonly sample: Sample | SourceError; readonly at: number; readonly tookMs: number } | null;
}

/**
 * One look at a time. What a look gives within its own tick are that tick's readings. A look that is not done by then
 * goes on, and what it gives is handed over at the next tick with the time at which it was read, never as that tick's;
 * from then on looks run between ticks, until one was fast enough for a tick again.
 * @param what is named where it did not answer in time
 */
export function createBackgroundLooks(
  what: string,
  look: (signal: AbortSignal) => Promise<Sample>,
  clock: Clock,
): BackgroundLooks {
  const closing = new AbortController();
  let current: Look | null = null;
  /** How long the last tick waited in vain, ms. */
  let patienceMs = 0;

  function begin(): Look {
    const begunMs = clock.monotonicMs();
    const settle = (sample: Sample | SourceError): void => {
      begun.outcome = { sample, at: clock.now(), tookMs: clock.monotonicMs() - begunMs };
    };
    const done = look(closing.signal).then(settle, (error: unknown) => settle(asSourceError(error)));
    const begun: Look = { done, outcome: null };
    return begun;
  }

  async function awaitLook(look: Look, signal: AbortSignal): Promise<void> {
    const fromMs = clock.monotonicMs();
    try {
      await untilAborted(signal, what, look.done);
    } catch (error) {
      patienceMs = clock.monotonicMs() - fromMs;
      throw error;
    }
  }

  return {
    async read(signal) {
      if (signal.aborted) throw abandoned(what);
      const earlier = current;
      if (earlier?.outcome != null) {
        current = earlier.outcome.tookMs < patienceMs ? null : begin();
        return handOver(earlier, true);
      }
      current ??= begin();
      const awaited = current;
      await awaitLook(awaited, signal);
      current = null;
      return handOver(awaited, earlier !== null);
    },
    async close() {
      closing.abort();
      await current?.done;
    },
  };
}

/** @throws SourceError where the look failed. */
function handOver({ outcome }: Look, isEarlier: boolean): Sample {
  if (outcome === null) throw new SourceError('retry', 'the look is not over');
  const { sample, at } = outcome;
  if (sample instanceof SourceError) throw sample;
  if (!isEarlier || sample.readings.length === 0) return sample;
  return { readings: [], dated: [{ at, readings: sample.readings }], noData: sample.noData };
}

function asSourceError(error: unknown): SourceError {
  return error instanceof SourceError ? error : new SourceError('retry', String(error));
}
