import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #wallMs: number;
  #monotonicMs = 1_000;
  readonly #sleepers = new Set<Sleeper>();

  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** How many wait for it. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { dueMs: this.#monotonicMs + delayMs, wake: done };
      const sleepers = this.#sleepers;
      function done(): void {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', done);
        resolve();
      }
      signal?.addEventListener('abort', done);
      this.#sleepers.add(sleeper);
    });
  }

  /** Somebody sets the wall clock. */
  jump(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Lets time pass, waking each sleeper at its time and letting it run until it waits again. */
  async pass(durationMs: number): Promise<void> {
    await settle();
    const endMs = this.#monotonicMs + durationMs;
    for (;;) {
      const next = Math.min(...[...this.#sleepers].map(({ dueMs }) => dueMs));
      if (next > endMs) break;
      this.#moveTo(Math.max(next, this.#monotonicMs));
      for (const sleeper of this.#sleepers) if (sleeper.dueMs <= this.#monotonicMs) sleeper.wake();
      await settle();
    }
    this.#moveTo(endMs);
    await settle();
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

/** Lets everything run that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
