import type { EnteredReading } from './adjustments.ts';
import { Bucket, type BucketSink } from './bucket.ts';
import { MAX_HELD_BY_HAND, type Outcome, type PointAccount, type Sample } from './point-account.ts';
import { loadPoint, NumberReader, NumberWriter, savePoint } from './state.ts';

/**
 * Recent readings of a point whose publisher does not number its messages, so that they may come in any order. A reading that
 * comes late is put in its place and the account is folded again from before it; the minutes it touches are restated.
 */

/** How far back a late reading may reach, ms. */
export const WINDOW_MS = 3_600_000;

/** How many readings are kept for it. */
const MAX_ENTRIES = 800;

/** What a reading does to an account, in the order in which those of one instant are folded. */
export const uses = ['power', 'export', 'register'] as const;
export type Use = (typeof uses)[number];

export interface Entry {
  readonly atMs: number;
  readonly use: Use;
  readonly value: number;
  readonly estimated: boolean;
}

export interface HistoryState {
  readonly pointId: number;
  readonly before: Float64Array;
  readonly entries: readonly Entry[];
  readonly handedOnMs: readonly number[];
}

/** Books one reading on an account. */
export function book(
  account: PointAccount,
  use: Use,
  atMs: number,
  value: number,
  estimated: boolean,
  sink: BucketSink,
): Outcome {
  if (use === 'power') return account.power(atMs, value, estimated, sink);
  if (use === 'export') return account.exportRegister(atMs, value);
  return account.register(atMs, value, estimated, sink);
}

/**
 * Books a register value that somebody read off; readings of its time and later must not be booked yet. What samples say until
 * then belongs to the time before, and needs the next one: null where there is none.
 */
export function bookEntered(
  account: PointAccount,
  { atMs, use, value, nextFirst }: EnteredReading,
  next: Sample | null,
  sink: BucketSink,
): void {
  if (next !== null) account.interpolate(atMs, next, sink);
  account.maxHeld = MAX_HELD_BY_HAND;
  book(account, use, atMs, value, false, sink);
  if (nextFirst !== null) account.replaceMeter(atMs, use, nextFirst);
}

function bookEntry(account: PointAccount, { use, atMs, value, estimated }: Entry, sink: BucketSink): Outcome {
  return book(account, use, atMs, value, estimated, sink);
}

export class History {
  /** The account as it was before the oldest entry. */
  #before: PointAccount;
  readonly #entries: Entry[] = [];
  /** Minutes handed on since then: each must be handed on again, if only as empty, where a late reading changes what was said. */
  #handedOnMs = new Set<number>();

  constructor(account: PointAccount) {
    this.#before = copy(account);
    // What was handed on before is handed on again, where a late reading takes back what was said of it since.
    for (const bucket of this.#before.held) bucket.changed = true;
    if (this.#before.current !== null) this.#before.current.changed = true;
  }

  static load({ pointId, before, entries, handedOnMs }: HistoryState): History {
    const history = new History(loadPoint(pointId, new NumberReader(before)));
    history.#entries.push(...entries);
    history.#handedOnMs = new Set(handedOnMs);
    return history;
  }

  save(): HistoryState {
    const before = new NumberWriter();
    savePoint(this.#before, before);
    return {
      pointId: this.#before.pointId,
      before: before.toArray(),
      entries: [...this.#entries],
      handedOnMs: [...this.#handedOnMs],
    };
  }

  /**
   * Books a reading in its place.
   * @returns the account to go on with (another one where the reading came late), and what became of the reading.
   */
  add(account: PointAccount, entry: Entry, sink: BucketSink): { account: PointAccount; outcome: Outcome } {
    const place = this.#placeOf(entry);
    if (place === null) return { account, outcome: 'late' };
    this.#entries.splice(place, 0, entry);
    if (place === this.#entries.length - 1) {
      const outcome = bookEntry(account, entry, sink);
      this.#trim();
      return { account, outcome };
    }
    const refolded = copy(this.#before);
    refolded.maxGapMs = account.maxGapMs;
    refolded.maxBridgeMs = account.maxBridgeMs;
    refolded.modulusWh = account.modulusWh;
    const again = new Set<number>();
    const note: BucketSink = (_, { startMs }) => void again.add(startMs);
    const handOn: BucketSink = (pointId, bucket) => {
      note(pointId, bucket);
      sink(pointId, bucket);
    };
    for (const earlier of this.#entries) bookEntry(refolded, earlier, handOn);
    refolded.open(note);
    for (const startMs of this.#handedOnMs) if (!again.has(startMs)) sink(account.pointId, new Bucket(startMs));
    return { account: refolded, outcome: 'booked' };
  }

  /** To be told of every interval that the account hands on. */
  noteHandedOn(startMs: number): void {
    this.#handedOnMs.add(startMs);
  }

  /** Where an entry belongs; null where it is there already or reaches back too far. */
  #placeOf(entry: Entry): number | null {
    const last = this.#entries.at(-1);
    if (last !== undefined && entry.atMs <= last.atMs - WINDOW_MS) return null;
    let place = this.#entries.length;
    for (; place > 0; place--) {
      const order = compare(entry, this.#entries[place - 1] as Entry);
      if (order === 0) return null;
      if (order > 0) break;
    }
    return place === 0 && this.#isFull() ? null : place;
  }

  #isFull(): boolean {
    return this.#entries.length >= MAX_ENTRIES;
  }

  #trim(): void {
    const newestMs = this.#entries.at(-1)?.atMs ?? 0;
    let count = 0;
    for (const entry of this.#entries) {
      if (entry.atMs > newestMs - WINDOW_MS && this.#entries.length - count <= MAX_ENTRIES) break;
      bookEntry(this.#before, entry, ignore);
      count++;
    }
    if (count === 0) return;
    this.#entries.splice(0, count);
    const reachMs = this.#before.evictedToMs;
    for (const startMs of this.#handedOnMs) if (startMs < reachMs) this.#handedOnMs.delete(startMs);
  }
}

function compare(a: Entry, b: Entry): number {
  return a.atMs - b.atMs || uses.indexOf(a.use) - uses.indexOf(b.use);
}

function copy(account: PointAccount): PointAccount {
  const numbers = new NumberWriter();
  savePoint(account, numbers);
  return loadPoint(account.pointId, new NumberReader(numbers.toArray()));
}

const ignore: BucketSink = () => {};
