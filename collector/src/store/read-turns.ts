/** Reads that may wait for their turn; a further one fails instead of piling up. */
const MAX_WAITING = 1000;

/** A connection answers one question at a time; those that wait do so here and not in the thread pool. */
export class ReadTurns {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** Goes through portions of rows when those who asked before have gone through theirs. */
  async *take<Row>(portions: () => AsyncIterable<Row>): AsyncGenerator<Row> {
    if (this.#waiting >= MAX_WAITING) throw new Error('too many reads of the store at once');
    this.#waiting++;
    const before = this.#last;
    let finish = (): void => {};
    this.#last = new Promise<void>((resolve) => (finish = resolve));
    try {
      await before;
      yield* portions();
    } finally {
      this.#waiting--;
      finish();
    }
  }

  /** Resolves when everybody who has asked has an answer. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
