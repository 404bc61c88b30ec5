import { MAX_GAP_INTERVALS } from '../accounting/accounting.ts';
import type { BucketSink } from '../accounting/bucket.ts';
import { book, type Use, uses } from '../accounting/history.ts';
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
 * Books a whole history of one point on an account of its own.
 * @param intervalMs usual time between two readings; samples further apart than three of them leave a gap
 * @param sink is called once for each minute
 */
export function bookPoint(readings: readonly PointReadings[], intervalMs: number, sink: BucketSink): Outcomes {
  const history = new PointHistory(
    0,
    intervalMs,
    readings.map(({ use }) => use),
  );
  const blocks = readings.map((one) => one.blocks[Symbol.iterator]());
  while (!history.isDone) {
    for (const channel of history.starved()) {
      const next = blocks[channel]?.next();
      history.feed(channel, next?.done === false ? next.value : null);
    }
    history.bookUntil(Number.POSITIVE_INFINITY, sink);
  }
  history.close(sink);
  return history.outcomes;
}

/**
 * A history of one point while it is being booked: the readings of all its channels in the order in which they were final, so
 * that a register finds the profile that it is spread by. Blocks are fed as they are asked for.
 */
export class PointHistory {
  readonly #account: PointAccount;
  readonly #channels: Cursor[];
  readonly outcomes: Outcomes = { booked: 0, late: 0, reset: 0, gap: 0 };

  constructor(pointId: number, intervalMs: number, channels: readonly Use[]) {
    this.#account = new PointAccount(pointId, MAX_GAP_INTERVALS * intervalMs);
    this.#channels = channels.map((use) => new Cursor(use));
  }

  /** Whether every reading is booked. */
  get isDone(): boolean {
    return this.#channels.every(({ isEnded }) => isEnded);
  }

  /** Channels that need their next block, by their place. */
  starved(): number[] {
    return [...this.#channels.keys()].filter((channel) => this.#channels[channel]?.isStarved);
  }

  /** Gives a channel its next block; null where there is none. */
  feed(channel: number, block: Block | null): void {
    this.#channels[channel]?.feed(block);
  }

  /** Books what was final before an instant, until a channel needs its next block. */
  bookUntil(endMs: number, sink: BucketSink, isVoid: (atMs: number) => boolean = () => false): void {
    for (;;) {
      let first: Cursor | null = null;
      for (const cursor of this.#channels) {
        if (cursor.isStarved) return;
        if (!cursor.isEnded && (first === null || cursor.isBefore(first))) first = cursor;
      }
      if (first === null || first.finalMs >= endMs) return;
      if (!isVoid(first.atMs)) this.outcomes[first.book(this.#account, sink)]++;
      first.next();
    }
  }

  /** Hands on what is left. */
  close(sink: BucketSink): void {
    this.#account.close(Number.POSITIVE_INFINITY, sink);
  }
}

/** Goes through the readings of one channel. */
class Cursor {
  readonly #use: Use;
  #block: Block | null = null;
  #index = 0;
  isEnded = false;
  /** Time of the reading, and when it was final: the mean of an interval is at its end. */
  atMs = 0;
  finalMs = 0;

  constructor(use: Use) {
    this.#use = use;
  }

  get isStarved(): boolean {
    return this.#block === null && !this.isEnded;
  }

  feed(block: Block | null): void {
    this.#block = block;
    this.#index = 0;
    if (block === null) this.isEnded = true;
    else this.#look(block);
  }

  next(): void {
    const block = this.#block as Block;
    if (++this.#index < block.atMs.length) this.#look(block);
    else this.#block = null;
  }

  /** Of one instant, power comes first, then the registers, as within a message. */
  isBefore(other: Cursor): boolean {
    if (this.finalMs !== other.finalMs) return this.finalMs < other.finalMs;
    return uses.indexOf(this.#use) < uses.indexOf(other.#use);
  }

  book(account: PointAccount, sink: BucketSink): Outcome {
    const { values, isMean, isEstimated } = this.#block as Block;
    const { atMs, finalMs } = this;
    const value = values[this.#index] ?? 0;
    return isMean
      ? account.mean({ fromMs: atMs, toMs: finalMs }, value, isEstimated, sink)
      : book(account, this.#use, atMs, value, isEstimated, sink);
  }

  #look({ atMs, isMean, intervalMs }: Block): void {
    this.atMs = atMs[this.#index] ?? 0;
    this.finalMs = this.atMs + (isMean ? intervalMs : 0);
  }
}
