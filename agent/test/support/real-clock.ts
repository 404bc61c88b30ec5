import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

export const realClock: Clock = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  sleep: (delayMs, signal) =>
    sleep(delayMs, undefined, signal === undefined ? {} : { signal }).then(
      () => {},
      () => {},
    ),
};
