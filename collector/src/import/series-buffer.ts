import type { Readings } from './block.ts';

/** A reading may come after so many readings of its series that are of later times; further back it is refused. */
export const REORDER_WINDOW = 1_000;

/** Readings that are handed on together: the fewest of one series, the most, and of all series, which take 16 bytes each. */
const LEAST_BATCH = 4_096;
const MOST_BATCH = 16_384;
const ALL_BATCHES = 4_000_000;

const FIRST_CAPACITY = 256;

/** What became of a reading: of one time and series, the first value stands, and another one conflicts with it. */
export type Added = 'added' | 'duplicate' | 'conflicting' | 'out-of-order';

/** Puts the readings of one series into the order of their times. */
export class SeriesBuffer {
  readonly #batch: number;
  #atMs = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #count = 0;
  /** The last reading that was taken. */
  #takenMs = Number.NEGATIVE_INFINITY;
  #taken = Number.NaN;

  /** @param series how many have a buffer */
  constructor(series: number) {
    this.#batch = Math.min(MOST_BATCH, Math.max(LEAST_BATCH, Math.floor(ALL_BATCHES / series)));
  }

  /** Whether a batch must be taken before the next reading is added. */
  get isFull(): boolean {
    return this.#count === this.#capacity;
  }

  add(atMs: number, value: number): Added {
    if (this.#count === this.#atMs.length) this.#grow();
    const earliest = Math.max(0, this.#count - REORDER_WINDOW);
    let place = this.#count;
    while (place > earliest && (this.#atMs[place - 1] ?? 0) > atMs) place--;
    const beforeMs = place > 0 ? (this.#atMs[place - 1] ?? 0) : this.#takenMs;
    if (beforeMs > atMs) return 'out-of-order';
    if (beforeMs === atMs)
      return (place > 0 ? this.#values[place - 1] : this.#taken) === value ? 'duplicate' : 'conflicting';
    if (place < this.#count) {
      this.#atMs.copyWithin(place + 1, place, this.#count);
      this.#values.copyWithin(place + 1, place, this.#count);
    }
    this.#atMs[place] = atMs;
    this.#values[place] = value;
    this.#count++;
    return 'added';
  }

  /** Takes the oldest readings, those that nothing can come before any more. */
  takeBatch(): Readings {
    return this.#take(this.#batch);
  }

  takeAll(): Readings {
    return this.#take(this.#count);
  }

  get #capacity(): number {
    return REORDER_WINDOW + this.#batch;
  }

  #take(count: number): Readings {
    const taken = { atMs: this.#atMs.slice(0, count), values: this.#values.slice(0, count) };
    if (count === 0) return taken;
    this.#takenMs = taken.atMs[count - 1] ?? 0;
    this.#taken = taken.values[count - 1] ?? 0;
    this.#atMs.copyWithin(0, count, this.#count);
    this.#values.copyWithin(0, count, this.#count);
    this.#count -= count;
    return taken;
  }

  #grow(): void {
    const capacity = Math.min(this.#capacity, 2 * this.#atMs.length);
    const atMs = new Float64Array(capacity);
    const values = new Float64Array(capacity);
    atMs.set(this.#atMs);
    values.set(this.#values);
    this.#atMs = atMs;
    this.#values = values;
  }
}
