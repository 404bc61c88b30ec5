import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a sender must know to leave the way to others. */
export interface Pace {
  /** Only differences mean anything. */
  nowMs(): number;
  /** Waits so long, and tells whether the thread that takes messages was busy for more than half of it. */
  wasBusyFor(ms: number, signal: AbortSignal): Promise<boolean>;
}

const BUSY = 0.5;

/** The thread that this runs in: whatever holds messages up there, be it ingest, questions or a correction, counts. */
export const threadPace: Pace = {
  nowMs: () => performance.now(),
  async wasBusyFor(ms, signal) {
    const before = performance.eventLoopUtilization();
    await sleep(ms, undefined, { signal });
    return performance.eventLoopUtilization(before).utilization > BUSY;
  },
};
