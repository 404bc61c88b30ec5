import { MAX_GAP_INTERVALS } from '../accounting/accounting.ts';
import { book, type Use, uses } from '../accounting/history.ts';
import type { BucketSink } from '../accounting/bucket.ts';
import { type Outcome, PointAccount } from '../accounting/point-account.ts';
import type { Block } from './block.ts';

/** One channel's readings of a point, from the earliest block to the latest. */
export interface PointReadings {
  readonly use: Use;
  readonly blocks: Iterable<Block>;
}

/** Readings by what became of them. */
export type Outcomes = Record<Outcome, number>;

/**
 * Books a whole history of one point on an account of its own: the readings of all its channels in the order in which they were
 * final, so that a register finds the profile that it is spread by.
 * @param intervalMs usual time between two readings; samples further apart than three of them leave a gap
 * @param sink is called once for each minute
 */
export function bookPoint(readings: readonly PointReadings[], intervalMs: number, sink: BucketSink): Outcomes {
  const outcomes: Outcomes = { booked: 0, late: 0, reset: 0, gap: 0 };
  const account = new PointAccount(0, MAX_GAP_INTERVALS * intervalMs);
  let cursors = readings.map((one) => new Cursor(one)).filter((cursor) => cursor.next());
  while (cursors.length > 0) {
    const first = cursors.length === 1 ? cursors[0] : cursors.reduce((a, b) => (b.isBefore(a) ? b : a));
    if (first === undefined) break;
    outcomes[first.book(account, sink)]++;
    if (!first.next()) cursors = cursors.filter((cursor) => cursor !== first);
  }
  account.close(Number.POSITIVE_INFINITY, sink);
  return outcomes;
}

/** Goes through the readings of one channel. */
class Cursor {
  readonly #use: Use;
  readonly #blocks: Iterator<Block>;
  #block: Block | null = null;
  #index = 0;
  /** When the reading was final: the mean of an interval is at its end. */
  #finalMs = 0;

  constructor({ use, blocks }: PointReadings) {
    this.#use = use;
    this.#blocks = blocks[Symbol.iterator]();
  }

  /** Goes to the next reading; false where there is none. */
  next(): boolean {
    this.#index++;
    if (this.#block === null || this.#index >= this.#block.atMs.length) {
      const next = this.#blocks.next();
      if (next.done === true) return false;
      this.#block = next.value;
      this.#index = 0;
    }
    const { atMs, isMean, intervalMs } = this.#block;
    this.#finalMs = (atMs[this.#index] ?? 0) + (isMean ? intervalMs : 0);
    return true;
  }

  /** Of one instant, power comes first, then the registers, as within a message. */
  isBefore(other: Cursor): boolean {
    if (this.#finalMs !== other.#finalMs) return this.#finalMs < other.#finalMs;
    return uses.indexOf(this.#use) < uses.indexOf(other.#use);
  }

  book(account: PointAccount, sink: BucketSink): Outcome {
    const { atMs, values, isMean, isEstimated } = this.#block as Block;
    const fromMs = atMs[this.#index] ?? 0;
    const value = values[this.#index] ?? 0;
    return isMean
      ? account.mean({ fromMs, toMs: this.#finalMs }, value, isEstimated, sink)
      : book(account, this.#use, fromMs, value, isEstimated, sink);
  }
}
