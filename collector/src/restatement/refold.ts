import { Accounting } from '../accounting/accounting.ts';
import type { Adjustments, EnteredReading } from '../accounting/adjustments.ts';
import { MINUTE_MS, type Span } from '../accounting/interval.ts';
import { ColumnWriter, type PointColumns } from '../accounting/point-columns.ts';
import { Bucket, minuteOf } from '../accounting/bucket.ts';
import { WINDOW_MS } from '../accounting/history.ts';
import type { Sample } from '../accounting/point-account.ts';
import type { Quantity } from '../accounting/quantity.ts';
import type { Catalogue, SlotKey } from '../evidence/catalogue.ts';
import { ensureColumns, type MessageHead, newColumns, type ReadingColumns } from '../evidence/record.ts';
import { MinuteSet } from './minute-set.ts';

/** A point whose readings are accounted again. */
export interface RefoldedPoint {
  readonly pointId: number;
  readonly intervalMs: number;
  readonly modulusWh: number | null;
  readonly quantity: Quantity;
  /** What corrections make of its readings, the new one included. */
  readonly adjustments: Adjustments;
}

export interface RefoldRequest {
  readonly points: readonly RefoldedPoint[];
  /** The time that a correction concerns. */
  readonly span: Span;
  /** The instant up to which minutes are over, UTC ms. */
  readonly closedMs: number;
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
      const { pointId, adjustments } = point;
      this.#accounting.describe(pointId, point.intervalMs, point.modulusWh, point.quantity);
      this.#accounting.adjusted.set(pointId, adjustments);
      this.#progress.set(pointId, {
        point,
        entered: [...adjustments.entered],
        cutMs: Number.NaN,
        endMs: Number.POSITIVE_INFINITY,
        lastMs: Math.max(Number.NEGATIVE_INFINITY, ...adjustments.entered.map(({ atMs }) => atMs)),
        passedMs: Number.POSITIVE_INFINITY,
        lateMs: 0,
        isPast: false,
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
    const columns = this.#own(all);
    if (columns.count === 0) return;
    for (let i = 0; i < columns.count; i++) this.#prepare(columns.slots[i] ?? 0, head, columns);
    this.#accounting.apply(head, columns);
    if (head.atMs < this.#request.span.toMs) return;
    for (let i = 0; i < columns.count; i++) this.#settle(columns.slots[i] ?? 0);
  }

  /** Books what the readings so far have finished. */
  advance(): void {
    this.#addConcerned(this.#accounting.take().points);
  }

  /** Books the rest of the readings. */
  end(): void {
    for (const progress of this.#progress.values()) this.#enterUntil(progress, this.#request.closedMs, null);
    this.#addConcerned(this.#accounting.close(this.#request.closedMs).points);
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
    const { span, closedMs } = this.#request;
    const spans = told.map(({ pointId, fromMs, toMs }) => ({
      pointId,
      fromMs: minuteOf(Math.max(fromMs, span.fromMs)),
      toMs: Math.min(toMs, span.toMs),
    }));
    const spanEndMs = Number.isFinite(span.toMs) ? span.toMs : Number.NEGATIVE_INFINITY;
    for (const [pointId, { cutMs, endMs, lastMs }] of this.#progress) {
      // Without any reading there was nothing to take back.
      if (Number.isNaN(cutMs)) continue;
      spans.push({ pointId, fromMs: cutMs, toMs: Math.min(endMs, Math.max(lastMs, spanEndMs)) });
    }
    const toMs = Math.min(closedMs, Math.max(...spans.map((one) => one.toMs)));
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

  #own(all: ReadingColumns): ReadingColumns {
    const columns = ensureColumns(this.#columns, all.count);
    let count = 0;
    for (let i = 0; i < all.count; i++) {
      const slot = all.slots[i] ?? 0;
      if (!this.#progress.has(this.#slots[slot]?.pointId ?? -1)) continue;
      columns.slots[count] = slot;
      columns.values[count] = all.values[i] ?? 0;
      columns.estimated[count] = all.estimated[i] ?? 0;
      count++;
    }
    columns.count = count;
    return columns;
  }

  #prepare(slot: number, { atMs, seq }: MessageHead, columns: ReadingColumns): void {
    const progress = this.#of(slot);
    if (progress === undefined) return;
    if (seq === 0) progress.lateMs = WINDOW_MS;
    progress.lastMs = Math.max(progress.lastMs, atMs);
    if (atMs >= this.#request.span.fromMs) this.#cut(progress);
    if (progress.entered.length > 0) this.#enterUntil(progress, atMs, this.#sampleOf(progress, atMs, columns));
  }

  /**
   * At the minute of the last reading before the span: what lies between it and the next one is accounted anew. A value entered
   * before the span carries no change across its beginning: the span would reach back to it.
   */
  #cut(progress: Progress): void {
    if (!Number.isNaN(progress.cutMs)) return;
    const { pointId, adjustments } = progress.point;
    const { fromMs } = this.#request.span;
    const { sampleAtMs, registerAtMs, exportAtMs } = this.#accounting.account(pointId);
    const isEntered = (ms: number): boolean => adjustments.entered.some(({ atMs }) => atMs === ms);
    const known = [sampleAtMs, registerAtMs, exportAtMs].filter((ms) => !Number.isNaN(ms) && !isEntered(ms));
    progress.cutMs = minuteOf(Math.min(fromMs, ...known));
  }

  /** @param sample the point's at `atMs`, null where there is none */
  #enterUntil(progress: Progress, atMs: number, sample: Sample | null): void {
    for (let next = progress.entered[0]; next !== undefined && next.atMs <= atMs; next = progress.entered[0]) {
      progress.entered.shift();
      if (next.atMs >= this.#request.span.fromMs) this.#cut(progress);
      this.#accounting.enter(progress.point.pointId, next, sample);
    }
  }

  #sampleOf({ point: { pointId } }: Progress, atMs: number, columns: ReadingColumns): Sample | null {
    for (let i = 0; i < columns.count; i++) {
      const slot = this.#slots[columns.slots[i] ?? 0];
      if (slot?.pointId === pointId && slot.channel === 'power') return { atMs, powerW: columns.values[i] ?? 0 };
    }
    return null;
  }

  #settle(slot: number): void {
    const progress = this.#of(slot);
    if (progress === undefined || progress.isPast || progress.entered.length > 0) return;
    const { toMs } = this.#request.span;
    const { sampleAtMs, registerAtMs, exportAtMs } = this.#accounting.account(progress.point.pointId);
    const latest = [sampleAtMs, registerAtMs, exportAtMs].filter((ms) => !Number.isNaN(ms));
    const newestMs = Math.max(...latest);
    if (latest.every((ms) => ms >= progress.endMs)) progress.passedMs = Math.min(progress.passedMs, newestMs);
    else if (progress.endMs === Number.POSITIVE_INFINITY && latest.every((ms) => ms >= toMs))
      progress.endMs = minuteOf(newestMs) + MINUTE_MS;
    progress.isPast = newestMs >= progress.passedMs + progress.lateMs;
  }

  /** Of minutes that may be others than before, and no more than that. */
  #addConcerned(rows: PointColumns): void {
    for (let at = 0; at < rows.length; at++) {
      const progress = this.#progress.get(rows.pointIds[at] as number);
      const startMs = (rows.minutes[at] as number) * MINUTE_MS;
      if (progress === undefined || !(startMs >= progress.cutMs) || startMs >= progress.endMs) continue;
      progress.minutes.add(startMs);
      this.#rows.addFrom(rows, at);
    }
  }

  #addEmpty({ pointId, fromMs, toMs }: Told, dayMs: number): void {
    const minutes = this.#progress.get(pointId)?.minutes;
    if (minutes === undefined) return;
    const endMs = Math.min(toMs, dayMs + DAY_MS, minuteOf(this.#request.closedMs));
    for (let startMs = Math.max(fromMs, dayMs); startMs < endMs; startMs += MINUTE_MS) {
      if (minutes.has(startMs)) continue;
      minutes.add(startMs);
      this.#rows.addBucket(pointId, new Bucket(startMs), 1);
    }
  }

  #of(slot: number): Progress | undefined {
    return this.#progress.get(this.#slots[slot]?.pointId ?? -1);
  }
}
