import type { Clock } from './clock.ts';

/** Longest sleep without a look at the wall clock: bounds how long a clock that was set goes unnoticed. */
const LONGEST_SLEEP_MS = 5_000;

/** A tick that comes later than this is left out: its readings would carry a time at which nothing was read. */
const MOST_LATE_MS = 2_000;

/**
 * The instants, in UTC milliseconds, at which at least one of `intervalsMs` begins, counted from the epoch.
 *
 * Sleeps run on a monotonic timer and the schedule is worked out anew after each of them, so that a wall clock set
 * forward causes no burst and one set back no silence. Ticks are aligned, but not strictly increasing.
 * @param intervalsMs is asked again after each tick, and at least every five seconds
 * @param skip is told of each pass over ticks that were due when nobody was there to see it, with the first of them
 */
export async function* ticks(
  intervalsMs: () => readonly number[],
  clock: Clock,
  signal: AbortSignal,
  skip: (at: number) => void,
): AsyncGenerator<number> {
  let next = tickAfter(clock.now(), intervalsMs());
  let last = { at: Number.NEGATIVE_INFINITY, monotonicMs: Number.NEGATIVE_INFINITY };
  while (!signal.aborted) {
    const now = clock.now();
    if (now < next) {
      next = tickAfter(now, intervalsMs());
      await clock.sleep(Math.min(next - now, LONGEST_SLEEP_MS), signal);
      continue;
    }
    const monotonicMs = clock.monotonicMs();
    const slackMs = Math.min(MOST_LATE_MS, ...intervalsMs().map((intervalMs) => intervalMs / 2));
    // A clock that is stepped back by a few milliseconds passes the same tick twice.
    const repeated = next <= last.at && monotonicMs - last.monotonicMs < slackMs;
    if (now - next > slackMs) skip(next);
    else if (!repeated) {
      last = { at: next, monotonicMs };
      yield next;
    }
    next = tickAfter(clock.now(), intervalsMs());
  }
}

function tickAfter(now: number, intervalsMs: readonly number[]): number {
  return Math.min(...intervalsMs.map((intervalMs) => (Math.floor(now / intervalMs) + 1) * intervalMs));
}
