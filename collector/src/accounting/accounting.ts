import type { Catalogue } from '../evidence/catalogue.ts';
import type { MessageHead, ReadingColumns } from '../evidence/record.ts';
import { AdjustedPoints, type EnteredReading } from './adjustments.ts';
import type { BucketSink } from './bucket.ts';
import { ClockBook, type ClockBookState } from './clock-book.ts';
import { type AccountingCounters, newCounters } from './counters.ts';
import { book, bookEntered, History, type HistoryState, type Use } from './history.ts';
import { IncidentBook, type IncidentKind, type IncidentBookState } from './incident-book.ts';
import { type Closed, type GaugeInterval, MINUTE_MS, type PointInterval, type Span } from './interval.ts';
import { type OwnersState, PointOwners } from './owners.ts';
import { MAX_BRIDGE_MS, type Outcome, PointAccount, type Sample } from './point-account.ts';
import { ColumnBuffer } from './point-columns.ts';
import type { Quantity } from './quantity.ts';
import { noteNewest, type Slot, type SlotState, type SlotUse } from './slot.ts';
import { SlotBook } from './slot-book.ts';
import { loadPoint, NumberReader, NumberWriter, savePoint } from './state.ts';

/**
 * Turns readings into intervals: a fold over the evidence log that reads no clock and asks nobody. The same log gives the same
 * intervals, bit for bit.
 */

/** Neighbouring samples further apart than this many intervals of their point leave a gap. */
export const MAX_GAP_INTERVALS = 3;

/** Gap allowed for a point of which nothing is known yet. */
const DEFAULT_MAX_GAP_MS = MAX_GAP_INTERVALS * 60_000;

/** Readings from further ahead than this are kept in the log, but not accounted: the agent's clock is wrong. */
export const MAX_AHEAD_MS = 300_000;

/** Points whose late readings can be put in their place; those of further ones count as late. */
const MAX_HISTORIES = 5_000;

/**
 * Minutes that one message may make by bridging gaps: some 33 hours of 100 points. A gap beyond it stays a gap, because the
 * memory for its rows would have to be found at once.
 */
const MAX_BRIDGED_MINUTES = 200_000;

const counterOf = { late: 'late', conflict: 'conflicting', reset: 'resets', gap: 'gaps' } as const;

export interface AccountingState {
  readonly points: Float64Array;
  readonly pointCount: number;
  readonly slots: Float64Array;
  readonly slotCount: number;
  readonly owners: OwnersState;
  readonly histories: readonly HistoryState[];
  readonly counters: AccountingCounters;
  readonly incidents: IncidentBookState;
  readonly clocks: ClockBookState;
}

export class Accounting {
  readonly #points: PointAccount[] = [];
  readonly #owners = new PointOwners();
  readonly #slots: SlotBook;
  /** What corrections make of the readings from here on. */
  readonly adjusted: AdjustedPoints = new AdjustedPoints();
  /** Of points whose publishers do not number their messages. */
  readonly #histories = new Map<number, History>();
  readonly #closedPoints = new ColumnBuffer();
  #closedGauges: GaugeInterval[] = [];
  /** How many intervals waited before the message under way. */
  #backlogBefore = 0;
  readonly #pointSink: BucketSink = (pointId, bucket) => {
    this.#closedPoints.addBucket(pointId, bucket, this.adjusted.factorAt(pointId, bucket.startMs));
    if (this.#histories.size > 0) this.#histories.get(pointId)?.noteHandedOn(bucket.startMs);
  };
  readonly #gaugeSink = (interval: GaugeInterval): void => void this.#closedGauges.push(interval);
  readonly counters: AccountingCounters = newCounters();
  readonly incidents: IncidentBook = new IncidentBook();
  readonly clocks: ClockBook = new ClockBook();

  constructor(catalogue: Catalogue) {
    this.#slots = new SlotBook(catalogue, (pointId) => this.#points[pointId]?.quantity ?? 'energy');
  }

  /** Intervals finished and not yet taken by `close`. */
  get backlog(): number {
    return this.#closedPoints.columns.length + this.#closedGauges.length;
  }

  /**
   * Sets what is known of a point's instrument: its interval, ms, the value at which its register wraps, Wh, and which register
   * is the point's own.
   */
  describe(pointId: number, intervalMs: number, modulusWh: number | null, quantity: Quantity = 'energy'): void {
    const account = this.#point(pointId);
    account.maxGapMs = MAX_GAP_INTERVALS * intervalMs;
    account.modulusWh = modulusWh;
    if (account.quantity !== quantity) this.#recount(account, quantity);
  }

  /** Books the readings of one message. */
  apply(head: MessageHead, columns: ReadingColumns): void {
    this.clocks.note(head);
    if (head.atMs > head.receivedMs + MAX_AHEAD_MS) {
      this.counters.ahead += columns.count;
      return;
    }
    this.#backlogBefore = this.backlog;
    // Power first, so that a register reading of the same message finds the profile it is spread by, and the export register
    // before the import register, which lets go of the minutes they share.
    const powers = this.#pass(head, head.atMs, columns, 'power');
    if (powers === columns.count) return;
    this.#pass(head, head.atMs, columns, 'export');
    this.#pass(head, head.atMs, columns, 'register');
    this.#pass(head, head.atMs, columns, 'gauge');
  }

  /** Takes the intervals that changed since the last time and ended by `nowMs`. */
  close(nowMs: number): Closed {
    for (const account of this.#points) account?.close(nowMs, this.#pointSink);
    this.#slots.close(nowMs, this.#gaugeSink);
    return this.take();
  }

  /** Takes the intervals that are finished, whatever is still being filled. */
  take(): Closed {
    const closed = { points: this.#closedPoints.take(), gauges: this.#closedGauges };
    this.#closedGauges = [];
    return closed;
  }

  /** Minutes of these points that `close` has not taken, or that may still change, oldest first. */
  open(pointIds: readonly number[], span: Span): PointInterval[] {
    const wanted = new Set(pointIds);
    const filling = new ColumnBuffer();
    const sink: BucketSink = (pointId, bucket) =>
      filling.addBucket(pointId, bucket, this.adjusted.factorAt(pointId, bucket.startMs));
    for (const pointId of pointIds) this.#points[pointId]?.open(sink);
    return [this.#closedPoints, filling].flatMap(({ columns }) => columns.select(wanted, span));
  }

  /** The newest reading of a slot; undefined before any. */
  slot(slotId: number): Readonly<SlotState & Pick<Slot, 'use'>> | undefined {
    return this.#slots.find(slotId);
  }

  /** The agent whose readings count for a point; undefined before any reading. */
  owner(pointId: number): number | undefined {
    return this.#owners.of(pointId);
  }

  /** Lets an agent's readings count for a point, as if one had come at an instant. */
  assign(pointId: number, agentId: number, atMs: number): void {
    this.#owners.admit(pointId, agentId, atMs, 0);
  }

  /** Changes whenever a point gets another owner. */
  get ownership(): number {
    return this.#owners.version;
  }

  /** Books a register value that no agent sent, as `bookEntered` does it. */
  enter(pointId: number, reading: EnteredReading, next: Sample | null): void {
    bookEntered(this.#point(pointId), reading, next, this.#pointSink);
  }

  /** What a point's energy was accounted up to; NaN where nothing is known. And up to when it cannot change any more. */
  account(pointId: number): Readonly<Pick<PointAccount, 'sampleAtMs' | 'registerAtMs' | 'exportAtMs' | 'evictedToMs'>> {
    return this.#point(pointId);
  }

  /** A point's account as numbers, for `replace`. */
  saveAccount(pointId: number): Float64Array {
    const numbers = new NumberWriter();
    savePoint(this.#point(pointId), numbers);
    return numbers.toArray();
  }

  /** Goes on with another account of a point, such as corrections make it. */
  replace(pointId: number, state: Float64Array): void {
    this.#points[pointId] = loadPoint(pointId, new NumberReader(state));
    this.#histories.delete(pointId);
  }

  /** All that a later `load` needs to go on from here. Only right after `close`, when nothing waits to be taken. */
  save(): AccountingState {
    if (this.backlog > 0) throw new Error('intervals wait to be taken');
    const points = new NumberWriter();
    for (let id = 0; id < this.#points.length; id++) savePoint(this.#point(id), points);
    return {
      points: points.toArray(),
      pointCount: this.#points.length,
      slots: this.#slots.save(),
      slotCount: this.#slots.count,
      owners: this.#owners.save(),
      histories: Array.from(this.#histories.values(), (history) => history.save()),
      counters: { ...this.counters },
      incidents: this.incidents.save(),
      clocks: this.clocks.save(),
    };
  }

  /** Goes on from a saved state; the catalogue must already be as it was then. */
  load(state: AccountingState): void {
    const points = new NumberReader(state.points);
    for (let id = 0; id < state.pointCount; id++) this.#points[id] = loadPoint(id, points);
    this.#slots.load(new NumberReader(state.slots), state.slotCount);
    this.#owners.load(state.owners);
    for (const history of state.histories) this.#histories.set(history.pointId, History.load(history));
    Object.assign(this.counters, state.counters);
    this.incidents.load(state.incidents);
    this.clocks.load(state.clocks);
  }

  /**
   * Books the readings of one use; returns how many there are.
   * @param atMs the head's: read from it, it would be a new object in V8 for each reading
   */
  #pass(head: MessageHead, atMs: number, columns: ReadingColumns, use: SlotUse): number {
    let found = 0;
    for (let i = 0; i < columns.count; i++) {
      const slot = this.#slots.of(columns.slots[i] ?? 0);
      if (slot.use !== use) continue;
      found++;
      if (this.adjusted.isVoided(slot.pointId, atMs)) {
        this.counters.voided++;
        continue;
      }
      if (!this.#owners.admit(slot.pointId, slot.agentId, atMs, this.#point(slot.pointId).maxGapMs)) {
        this.#note('conflict', slot, head);
        continue;
      }
      this.#book(slot, head, atMs, columns.values[i] ?? 0, columns.estimated[i] === 1);
    }
    return found;
  }

  #book(slot: Slot, head: MessageHead, atMs: number, value: number, estimated: boolean): void {
    const outcome =
      slot.use === 'gauge'
        ? slot.gauge?.sample(atMs, value, this.#gaugeSink)
        : this.#fold(slot.pointId, slot.use, atMs, value, estimated, head.seq > 0);
    if (outcome !== undefined && outcome !== 'booked') this.#note(outcome, slot, head, value);
    if (outcome !== 'late' && !(atMs <= slot.atMs)) noteNewest(slot, atMs, value, estimated);
  }

  #note(kind: IncidentKind, slot: Slot, head: MessageHead, value = Number.NaN): void {
    this.counters[counterOf[kind]]++;
    this.incidents.note(kind, slot.pointId, head, slot.value, value);
  }

  #fold(pointId: number, use: Use, atMs: number, value: number, estimated: boolean, isNumbered: boolean): Outcome {
    const account = this.#point(pointId);
    const made = this.backlog - this.#backlogBefore;
    account.maxBridgeMs = Math.min(MAX_BRIDGE_MS, (MAX_BRIDGED_MINUTES - made) * MINUTE_MS);
    if (isNumbered) {
      // The history would not have this reading in it, and folding it again would take the reading back.
      if (this.#histories.size > 0) this.#histories.delete(pointId);
      return book(account, use, atMs, value, estimated, this.#pointSink);
    }
    const known = this.#histories.get(pointId);
    if (known === undefined && this.#histories.size >= MAX_HISTORIES) {
      return book(account, use, atMs, value, estimated, this.#pointSink);
    }
    const history = known ?? new History(account);
    if (known === undefined) this.#histories.set(pointId, history);
    const added = history.add(account, { atMs, use, value, estimated }, this.#pointSink);
    this.#points[pointId] = added.account;
    return added.outcome;
  }

  /** From here on the point counts something else: what its registers said so far means nothing any more. */
  #recount(before: PointAccount, quantity: Quantity): void {
    const { pointId, maxGapMs, modulusWh } = before;
    before.close(Number.POSITIVE_INFINITY, this.#pointSink);
    const evictedToMs = before.current?.endMs ?? before.evictedToMs;
    const account = Object.assign(new PointAccount(pointId, maxGapMs), { modulusWh, quantity, evictedToMs });
    this.#points[pointId] = account;
    this.#histories.delete(pointId);
    this.#slots.recount(pointId);
  }

  #point(pointId: number): PointAccount {
    const found = this.#points[pointId];
    if (found !== undefined) return found;
    const account = new PointAccount(pointId, DEFAULT_MAX_GAP_MS);
    this.#points[pointId] = account;
    return account;
  }
}
