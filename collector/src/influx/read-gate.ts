/** Questions that a server is asked at once, and those that may wait; a further one fails instead of piling up. */
const MOST_AT_ONCE = 4;
const MOST_WAITING = 1000;

/** Lets a few through at a time, in the order in which they come. */
export class ReadGate {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws Error where too many wait already. */
  async pass<Answer>(read: () => Promise<Answer>): Promise<Answer> {
    if (this.#waiting.length >= MOST_WAITING) throw new Error('too many reads of the store at once');
    if (this.#running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await read();
    } finally {
      const next = this.#waiting.shift();
      // Whoever is next takes the place over.
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
