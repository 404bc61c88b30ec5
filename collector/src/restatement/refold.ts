import { Accounting } from '../accounting/accounting.ts';
import type { Adjustments, EnteredReading } from '../accounting/adjustments.ts';
import { MINUTE_MS, type Span } from '../accounting/interval.ts';
import { ColumnWriter, type PointColumns } from '../accounting/point-columns.ts';
import { Bucket, minuteOf } from '../accounting/bucket.ts';
import { type Use, WINDOW_MS } from '../accounting/history.ts';
import type { Sample } from '../accounting/point-account.ts';
import type { Quantity } from '../accounting/quantity.ts';
import { type SlotUse, useOf } from '../accounting/slot.ts';
import type { Catalogue, SlotKey } from '../evidence/catalogue.ts';
import { ensureColumns, type MessageHead, newColumns, type ReadingColumns } from '../evidence/record.ts';
import { MinuteSet } from './minute-set.ts';

/** A point whose readings are accounted again. */
export interface RefoldedPoint {
  readonly pointId: number;
  readonly intervalMs: number;
  readonly modulusWh: number | null;
  readonly quantity: Quantity;
  /** Whose readings count, if it was last heard of then; null where nobody's do. */
  readonly owner: { readonly agentId: number; readonly seenMs: number } | null;
  /** What corrections make of its readings, the new one included. */
  readonly adjustments: Adjustments;
}

export interface RefoldRequest {
  readonly points: readonly RefoldedPoint[];
  /** The time that a correction concerns. */
  readonly span: Span;
  /** The instant up to which minutes are over, UTC ms. */
  readonly closedMs: number;
  /** The register of which a value is entered, or taken back; null where none is. */
  readonly register: EnteredReading['use'] | null;
}

/** A time of a point of which readings told. */
export type Told = Span & { readonly pointId: number };

const DAY_MS = 86_400_000;

/** What is still to be seen of a point. */
interface Progress {
  readonly point: RefoldedPoint;
  readonly entered: EnteredReading[];
  /** First minute that may be another; NaN until readings of the span come. */
  cutMs: number;
  /** End of the last minute that may be another; infinite until the account has gone past the span. */
  endMs: number;
  /** The last reading of the point, or the last register value entered: nothing was told of what is later. */
  lastMs: number;
  /** Time of the newest reading when the account had gone past that end; infinite before. */
  passedMs: number;
  /** How long after that a reading may still be put in its place before it. */
  lateMs: number;
  /** Whether nothing before that end can change any more, so that the account is right already where it is in use. */
  isPast: boolean;
  /** What told of the span, and may be void or taken back: until it tells again, the others are booked otherwise than before. */
  readonly told: Set<SlotUse>;
  readonly minutes: MinuteSet;
}

/**
 * Accounts some points' readings again, from some time before a span until nothing in it can change any more, and gives the
 * minutes that may be others than before. The same rules as the first time, but with corrections: readings that are void are
 * left out, entered registers put in, factors applied.
 */
export class Refold {
  readonly #accounting: Accounting;
  readonly #request: RefoldRequest;
  readonly #progress = new Map<number, Progress>();
  readonly #slots: readonly SlotKey[];
  readonly #columns = newColumns(256);
  readonly #rows = new ColumnWriter();

  /** @param catalogue with every slot that the log speaks of */
  constructor(catalogue: Catalogue, request: RefoldRequest) {
    this.#accounting = new Accounting(catalogue);
    this.#slots = catalogue.slots;
    this.#request = request;
    for (const point of request.points) {
      const { pointId, adjustments, owner } = point;
      this.#accounting.describe(pointId, point.intervalMs, point.modulusWh, point.quantity);
      this.#accounting.adjusted.set(pointId, adjustments);
      if (owner !== null) this.#accounting.assign(pointId, owner.agentId, owner.seenMs);
      this.#progress.set(pointId, {
        point,
        entered: [...adjustments.entered],
        cutMs: Number.NaN,
        endMs: Number.POSITIVE_INFINITY,
        lastMs: Math.max(...adjustments.entered.map(({ atMs }) => atMs)),
        passedMs: Number.POSITIVE_INFINITY,
        lateMs: 0,
        isPast: false,
        told: new Set<SlotUse>(request.register === null ? [] : [request.register]),
        minutes: new MinuteSet(),
      });
    }
  }

  /** Whether nothing that comes later can change a minute of the span. */
  get isSettled(): boolean {
    return [...this.#progress.values()].every(({ isPast }) => isPast);
  }

  /** Takes one message's readings; those of other points are passed over. */
  readings(head: MessageHead, all: ReadingColumns): void {
    const concerned = this.#own(all, head.atMs);
    if (concerned.size === 0) return;
    for (const progress of concerned) this.#prepare(progress, head);
    this.#accounting.apply(head, this.#columns);
    if (head.atMs >= this.#request.span.toMs) for (const progress of concerned) this.#settle(progress);
  }

  /** Books what the readings so far have finished. */
  advance(): void {
    this.#addConcerned(this.#accounting.take().points);
  }

  /** Books the rest of the readings. */
  end(): void {
    // No sample comes after these.
    this.#columns.count = 0;
    for (const progress of this.#progress.values()) this.#enterUntil(progress, this.#request.closedMs);
    this.#addConcerned(this.#accounting.close(this.#request.closedMs).points);
  }

  /** Whether some of a time may be accounted anew. Only after `end`. */
  concerns({ pointId, fromMs }: Told): boolean {
    const { cutMs, endMs } = this.#progress.get(pointId) as Progress;
    return fromMs < this.#request.span.toMs || (!Number.isNaN(cutMs) && fromMs < endMs);
  }

  /** Takes an imported minute, if it is within the span or in what agents' readings make of it. */
  imported(pointId: number, bucket: Bucket): void {
    const { span } = this.#request;
    const { startMs } = bucket;
    const progress = this.#progress.get(pointId);
    if (progress === undefined) return;
    const isWithin = startMs < span.toMs && startMs + MINUTE_MS > span.fromMs;
    if (!isWithin && !(startMs >= progress.cutMs && startMs < progress.endMs)) return;
    progress.minutes.add(startMs);
    this.#rows.addBucket(pointId, bucket, this.#accounting.adjusted.factorAt(pointId, startMs));
  }

  /**
   * Adds an empty minute for each of which nothing is known any more, where readings told of it before: those of agents within
   * their part of the span, and those of times that are given. Comes up for air after each day.
   */
  *takeBack(told: readonly Told[]): Generator<void> {
    const { span } = this.#request;
    const overMs = minuteOf(this.#request.closedMs);
    const spans = told.map(({ pointId, fromMs, toMs }) => ({
      pointId,
      fromMs: minuteOf(Math.max(fromMs, span.fromMs)),
      toMs: Math.min(toMs, span.toMs, overMs),
    }));
    const spanEndMs = Number.isFinite(span.toMs) ? span.toMs : Number.NEGATIVE_INFINITY;
    for (const [pointId, { cutMs, endMs, lastMs }] of this.#progress) {
      // Without any reading there was nothing to take back.
      if (Number.isNaN(cutMs)) continue;
      spans.push({ pointId, fromMs: cutMs, toMs: Math.min(endMs, Math.max(lastMs, spanEndMs), overMs) });
    }
    const toMs = Math.max(...spans.map((one) => one.toMs));
    for (let dayMs = Math.min(...spans.map(({ fromMs }) => fromMs)); dayMs < toMs; dayMs += DAY_MS) {
      for (const one of spans) this.#addEmpty(one, dayMs);
      yield;
    }
  }

  /** The portions of minutes that are full. */
  take(): PointColumns[] {
    return this.#rows.take();
  }

  /** The rest of the minutes as well. Of two of the same time the later one counts. */
  finish(): PointColumns[] {
    return this.#rows.finish();
  }

  /** Accounts that the span still matters to, for going on with; null for points that are past it. */
  accounts(): { readonly pointId: number; readonly state: Float64Array | null }[] {
    return [...this.#progress].map(([pointId, { isPast }]) => ({
      pointId,
      state: isPast ? null : this.#accounting.saveAccount(pointId),
    }));
  }

  /** Keeps the readings of its own points; says which points have any. */
  #own(all: ReadingColumns, atMs: number): Set<Progress> {
    const { fromMs, toMs } = this.#request.span;
    const concerned = new Set<Progress>();
    const columns = ensureColumns(this.#columns, all.count);
    columns.count = 0;
    for (let i = 0; i < all.count; i++) {
      const slot = all.slots[i] as number;
      const { pointId, channel } = this.#slots[slot] as SlotKey;
      const progress = this.#progress.get(pointId);
      if (progress === undefined) continue;
      if (atMs >= fromMs && atMs < toMs) progress.told.add(useOf(channel, progress.point.quantity));
      concerned.add(progress);
      columns.slots[columns.count] = slot;
      columns.values[columns.count] = all.values[i] as number;
      columns.estimated[columns.count++] = all.estimated[i] as number;
    }
    return concerned;
  }

  #prepare(progress: Progress, { atMs, seq }: MessageHead): void {
    if (seq === 0) progress.lateMs = WINDOW_MS;
    progress.lastMs = Math.max(progress.lastMs, atMs);
    const { fromMs } = this.#request.span;
    const isVoid = this.#accounting.adjusted.isVoided(progress.point.pointId, atMs);
    const isWaited = isVoid && progress.entered.some((one) => one.atMs <= atMs);
    if (atMs >= fromMs) this.#cut(progress, isWaited);
    else if (atMs > fromMs - progress.lateMs) progress.cutMs = Math.min(progress.cutMs, minuteOf(atMs));
    // Void readings are as if they had never come: what was entered waits for the next one.
    if (!isVoid) this.#enterUntil(progress, atMs);
  }

  /**
   * At the minute of the last reading before the span: what lies between it and the next one is accounted anew, but for minutes
   * that have left memory, which nothing changes any more. A value entered before the span carries no change across its
   * beginning: the span would reach back to it.
   * @param isWaited whether one that was entered before waits for another reading now, by which all since the one before changes
   */
  #cut(progress: Progress, isWaited: boolean): void {
    if (!Number.isNaN(progress.cutMs)) return;
    const { pointId, adjustments } = progress.point;
    const isEntered = (ms: number): boolean => adjustments.entered.some(({ atMs }) => atMs === ms);
    const known = this.#reached(pointId).filter((ms) => isWaited || !isEntered(ms));
    const { evictedToMs } = this.#accounting.account(pointId);
    progress.cutMs = minuteOf(Math.max(evictedToMs, Math.min(this.#request.span.fromMs, ...known)));
  }

  /** Books the values entered up to the time of the message under way. */
  #enterUntil(progress: Progress, atMs: number): void {
    for (let next = progress.entered[0]; next !== undefined && next.atMs <= atMs; next = progress.entered[0]) {
      progress.entered.shift();
      if (next.atMs >= this.#request.span.fromMs) this.#cut(progress, false);
      this.#accounting.enter(progress.point.pointId, next, this.#sampleOf(progress, atMs));
    }
  }

  /** The point's sample in the message under way; null where there is none. */
  #sampleOf({ point: { pointId } }: Progress, atMs: number): Sample | null {
    const { count, slots, values } = this.#columns;
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[slots[i] as number] as SlotKey;
      if (slot.pointId === pointId && slot.channel === 'power') return { atMs, powerW: values[i] as number };
    }
    return null;
  }

  #settle(progress: Progress): void {
    const reached = this.#reached(progress.point.pointId, progress.told);
    const [oldestMs, newestMs] = [Math.min(...reached), Math.max(...reached)];
    if (reached.length === 0 || oldestMs < this.#request.span.toMs) return;
    progress.endMs = Math.min(progress.endMs, minuteOf(newestMs) + MINUTE_MS);
    if (oldestMs >= progress.endMs) progress.passedMs = Math.min(progress.passedMs, newestMs);
    progress.isPast = newestMs >= progress.passedMs + progress.lateMs;
  }

  /** Up to when each of a point's channels is accounted; of those that nothing is known of, only the ones that told before. */
  #reached(pointId: number, told?: ReadonlySet<SlotUse>): number[] {
    const { sampleAtMs: power, registerAtMs: register, exportAtMs } = this.#accounting.account(pointId);
    return Object.entries({ power, register, export: exportAtMs }).flatMap(([use, ms]) =>
      Number.isNaN(ms) ? (told?.has(use as Use) ? [Number.NEGATIVE_INFINITY] : []) : [ms],
    );
  }

  /** Of minutes that may be others than before, and no more than that. */
  #addConcerned(rows: PointColumns): void {
    for (let at = 0; at < rows.length; at++) {
      const progress = this.#progress.get(rows.pointIds[at] as number) as Progress;
      const startMs = (rows.minutes[at] as number) * MINUTE_MS;
      if (!(startMs >= progress.cutMs) || startMs >= progress.endMs) continue;
      progress.minutes.add(startMs);
      this.#rows.addFrom(rows, at);
    }
  }

  #addEmpty({ pointId, fromMs, toMs }: Told, dayMs: number): void {
    const { minutes } = this.#progress.get(pointId) as Progress;
    const endMs = Math.min(toMs, dayMs + DAY_MS);
    for (let startMs = Math.max(fromMs, dayMs); startMs < endMs; startMs += MINUTE_MS) {
      if (minutes.has(startMs)) continue;
      minutes.add(startMs);
      this.#rows.addBucket(pointId, new Bucket(startMs), 1);
    }
  }
}
