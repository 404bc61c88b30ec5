import type { Clock } from './clock.ts';

/** Lets one waiter sleep until somebody has news. A call of `wake` while nobody waits is remembered. */
export class Wake {
  readonly #clock: Clock;
  #pending = false;
  #waiting: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#pending = true;
    this.#waiting?.abort();
  }

  /** Resolves at the next `wake`, or after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    if (!this.#pending && timeoutMs > 0) {
      this.#waiting = new AbortController();
      await this.#clock.sleep(timeoutMs, this.#waiting.signal);
      this.#waiting = null;
    }
    this.#pending = false;
  }
}
