import { MAX_GAP_INTERVALS } from '../accounting/accounting.ts';
import type { EnteredReading } from '../accounting/adjustments.ts';
import type { BucketSink } from '../accounting/bucket.ts';
import { book, bookEntered, type Use, uses } from '../accounting/history.ts';
import { type Outcome, PointAccount, type Sample } from '../accounting/point-account.ts';
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
  readonly #entered: EnteredReading[];
  readonly outcomes: Outcomes = { booked: 0, late: 0, reset: 0, gap: 0 };

  /** @param entered register values that were read off meanwhile, in order of time */
  constructor(pointId: number, intervalMs: number, channels: readonly Use[], entered: readonly EnteredReading[] = []) {
    this.#account = new PointAccount(pointId, MAX_GAP_INTERVALS * intervalMs);
    this.#channels = channels.map((use) => new Cursor(use));
    this.#entered = [...entered];
  }

  /** Up to when samples, the register and that of energy fed back have told, UTC ms; NaN for what has not. */
  get toldMs(): Readonly<Record<Use, number>> {
    const { sampleAtMs, registerAtMs, exportAtMs } = this.#account;
    return { power: sampleAtMs, register: registerAtMs, export: exportAtMs };
  }

  /** When the next reading was final; infinite where there is none. No channel may be starved. */
  get nextMs(): number {
    return Math.min(...this.#channels.map(({ isEnded, finalMs }) => (isEnded ? Number.POSITIVE_INFINITY : finalMs)));
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
      this.#enterBefore(first, endMs, sink, isVoid);
      if (first === null || first.finalMs >= endMs) return;
      if (!isVoid(first.atMs)) this.outcomes[first.book(this.#account, sink)]++;
      first.next();
    }
  }

  /** Hands on what is left. */
  close(sink: BucketSink): void {
    this.#account.close(Number.POSITIVE_INFINITY, sink);
  }

  /** Enters what was read off before an instant and before the next reading is final; with null, all that is left of it. */
  #enterBefore(next: Cursor | null, endMs: number, sink: BucketSink, isVoid: (atMs: number) => boolean): void {
    for (let [entered] = this.#entered; entered !== undefined; [entered] = this.#entered) {
      if (entered.atMs >= endMs || (next !== null && !next.isAfter(entered))) return;
      this.#entered.shift();
      const power = this.#channels.find(({ use, isEnded }) => use === 'power' && !isEnded);
      const isKnown = power !== undefined && !isVoid(power.atMs);
      if (isKnown) power.bookMeanUntil(entered.atMs, this.#account, sink);
      bookEntered(this.#account, entered, isKnown ? power.sample : null, sink);
    }
  }
}

/** Goes through the readings of one channel. */
class Cursor {
  readonly use: Use;
  #block: Block | null = null;
  #index = 0;
  isEnded = false;
  /** Time of the reading, and when it was final: the mean of an interval is at its end. */
  atMs = 0;
  finalMs = 0;
  /** Beginning of what is not booked yet of a mean's interval. */
  #fromMs = 0;

  constructor(use: Use) {
    this.use = use;
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
    return uses.indexOf(this.use) < uses.indexOf(other.use);
  }

  /** Of one instant, what was read off stands for what a register said. */
  isAfter({ atMs, use }: EnteredReading): boolean {
    return this.finalMs === atMs ? uses.indexOf(this.use) >= uses.indexOf(use) : this.finalMs > atMs;
  }

  /** The reading as a sample; null where it is the mean of an interval. */
  get sample(): Sample | null {
    return this.#reading.isMean ? null : { atMs: this.atMs, powerW: this.#reading.value };
  }

  book(account: PointAccount, sink: BucketSink): Outcome {
    const { value, isMean, isEstimated } = this.#reading;
    return isMean
      ? account.mean({ fromMs: this.#fromMs, toMs: this.finalMs }, value, isEstimated, sink)
      : book(account, this.use, this.atMs, value, isEstimated, sink);
  }

  /** Books of a mean's interval what lies before an instant in it. */
  bookMeanUntil(toMs: number, account: PointAccount, sink: BucketSink): void {
    const { value, isMean, isEstimated } = this.#reading;
    if (!isMean || toMs <= this.#fromMs || toMs >= this.finalMs) return;
    account.mean({ fromMs: this.#fromMs, toMs }, value, isEstimated, sink);
    this.#fromMs = toMs;
  }

  get #reading(): { readonly value: number; readonly isMean: boolean; readonly isEstimated: boolean } {
    const { values, isMean, isEstimated } = this.#block as Block;
    return { value: values[this.#index] ?? 0, isMean, isEstimated };
  }

  #look({ atMs, isMean, intervalMs }: Block): void {
    this.atMs = this.#fromMs = atMs[this.#index] ?? 0;
    this.finalMs = this.atMs + (isMean ? intervalMs : 0);
  }
}
