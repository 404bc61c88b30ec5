import { Bucket, type BucketSink, minuteOf } from './bucket.ts';
import { MINUTE_MS, type Span } from './interval.ts';
import { minutesOfSpan } from './minutes-of-span.ts';
import type { Quantity } from './quantity.ts';
import { judgeRegister, limitsOf } from './register.ts';
import { overlapMs, spread } from './spread.ts';

/**
 * The energy account of one metering point: folds its readings, in the order of their own times, into minutes.
 *
 * - Samples are integrated by the trapezoid rule between neighbours no further apart than the greatest gap; means of
 *   intervals, by the rectangle.
 * - A register beats samples: its difference is booked exactly, and the samples since its last movement say only how
 *   the energy was spread. While it has not moved (its steps may be coarse), the samples stand provisionally.
 * - Time that only a register spans beyond the greatest gap is *bridged*: measured in total, estimated in profile.
 * - After a register reset nothing is known but what samples cover.
 */

/** The longest gap that a register bridges: 31 days. */
export const MAX_BRIDGE_MS: number = 31 * 24 * 60 * MINUTE_MS;

/** Minutes kept waiting for a register to move; beyond it the oldest stands as sampled, and the register is credited with it. */
const MAX_HELD = 15;

/** The same where a register is read by hand, which is seldom: as many as are bridged. */
export const MAX_HELD_BY_HAND: number = MAX_BRIDGE_MS / MINUTE_MS;

const NONE: Bucket[] = [];

export interface Sample {
  readonly atMs: number;
  readonly powerW: number;
}

export type Outcome = 'booked' | 'late' | 'reset' | 'gap';

export class PointAccount {
  readonly pointId: number;
  /** Neighbouring samples further apart than this leave a gap, ms. */
  maxGapMs: number;
  /** What the register counts; energies are in its unit. */
  quantity: Quantity = 'energy';
  /** Value at which the register wraps to zero, Wh; null where none is declared. */
  modulusWh: number | null = null;
  sampleAtMs = Number.NaN;
  sampleW = Number.NaN;
  sampleEstimated = false;
  /** Time and value of the register when it last moved. */
  registerAtMs = Number.NaN;
  registerWh = Number.NaN;
  /** Energy since then that was already finalised as sampled. */
  creditWh = 0;
  exportAtMs = Number.NaN;
  exportWh = Number.NaN;
  greatestW = 0;
  /** The longest gap that a register bridges now, ms: each minute of it becomes a row. */
  maxBridgeMs: number = MAX_BRIDGE_MS;
  maxHeld = MAX_HELD;
  /** End of the latest minute that has left memory: it cannot be added to any more. */
  evictedToMs = 0;
  current: Bucket | null = null;
  /** Minutes before the current one that the register may still change, oldest first. */
  held: Bucket[] = NONE;

  constructor(pointId: number, maxGapMs: number) {
    this.pointId = pointId;
    this.maxGapMs = maxGapMs;
  }

  get hasRegister(): boolean {
    return !Number.isNaN(this.registerAtMs);
  }

  /** A sample of active power, W. */
  power(atMs: number, powerW: number, estimated: boolean, sink: BucketSink): Outcome {
    if (atMs <= this.sampleAtMs) return 'late';
    const gapMs = atMs - this.sampleAtMs;
    const usable = gapMs <= this.maxGapMs;
    if (usable) this.#integrate(atMs, powerW, estimated || this.sampleEstimated, sink);
    this.#sampled(atMs, powerW, estimated);
    return usable || Number.isNaN(gapMs) ? 'booked' : 'gap';
  }

  /**
   * The mean of active power over a span, W: a rectangle P̄·Δt, not one end of a trapezoid. Means leave a gap wherever one does
   * not begin where the last one ended.
   */
  mean({ fromMs, toMs }: Span, powerW: number, estimated: boolean, sink: BucketSink): Outcome {
    if (fromMs < this.sampleAtMs) return 'late';
    const isGap = fromMs > this.sampleAtMs;
    this.sampleAtMs = fromMs;
    this.sampleW = powerW;
    this.#integrate(toMs, powerW, estimated, sink);
    this.#sampled(toMs, powerW, estimated);
    return isGap ? 'gap' : 'booked';
  }

  /** Integrates up to an instant between the last sample and the next one. */
  interpolate(atMs: number, next: Sample, sink: BucketSink): void {
    const gapMs = next.atMs - this.sampleAtMs;
    if (!(gapMs <= this.maxGapMs)) return;
    const powerW = this.sampleW + ((next.powerW - this.sampleW) * (atMs - this.sampleAtMs)) / gapMs;
    this.power(atMs, powerW, this.sampleEstimated, sink);
  }

  /** A reading of the cumulative energy register, Wh. */
  register(atMs: number, valueWh: number, estimated: boolean, sink: BucketSink): Outcome {
    if (!this.hasRegister) {
      this.#confirmAll();
      this.#anchor(atMs, valueWh);
      return 'booked';
    }
    if (atMs <= this.registerAtMs) return 'late';
    const elapsedMs = atMs - this.registerAtMs;
    const step = judgeRegister(this.registerWh, valueWh, elapsedMs, limitsOf(this));
    if (step.kind === 'reset' || elapsedMs > this.maxBridgeMs) {
      this.#confirmAll();
      this.#anchor(atMs, valueWh);
      this.#release(sink);
      return step.kind === 'reset' ? 'reset' : 'gap';
    }
    if (step.energyWh === 0 && this.#provisionalWh() > 0) return 'booked';
    // All of that time stands as sampled: what the register tells beyond it is booked when it speaks of later time.
    if (this.creditWh > 0 && atMs <= this.evictedToMs) return 'booked';
    const fromMs = this.registerAtMs;
    const owedWh = step.energyWh - this.creditWh;
    this.#anchor(atMs, valueWh);
    this.creditWh = Math.max(0, -owedWh);
    this.#book(fromMs, atMs, Math.max(0, owedWh), estimated);
    this.#release(sink);
    return 'booked';
  }

  /** A reading of the cumulative register of energy fed back, Wh; spread evenly over the time since the last one. */
  exportRegister(atMs: number, valueWh: number): Outcome {
    const previousMs = this.exportAtMs;
    if (atMs <= previousMs) return 'late';
    const elapsedMs = atMs - previousMs;
    const step = judgeRegister(this.exportWh, valueWh, elapsedMs, limitsOf(this));
    this.exportAtMs = atMs;
    this.exportWh = valueWh;
    if (Number.isNaN(previousMs)) return 'booked';
    if (step.kind === 'reset') return 'reset';
    if (step.energyWh === 0) return 'booked';
    if (elapsedMs > this.maxBridgeMs) return 'gap';
    const fromMs = Math.max(previousMs, this.evictedToMs);
    // Where all of that time has left memory, the energy is booked on the first minute that has not.
    const toMs = Math.max(atMs, fromMs + 1);
    for (const bucket of this.#minutes(fromMs, toMs)) {
      bucket.exportWh += (step.energyWh * overlapMs(bucket, { fromMs, toMs })) / (toMs - fromMs);
      bucket.changed = true;
    }
    return 'booked';
  }

  /** Another meter takes the old one's place, whose last value was booked at the same instant. */
  replaceMeter(atMs: number, use: 'register' | 'export', firstWh: number): void {
    if (use === 'register') Object.assign(this, { registerAtMs: atMs, registerWh: firstWh });
    else Object.assign(this, { exportAtMs: atMs, exportWh: firstWh });
  }

  /** Hands on what changed in minutes that ended by `nowMs`. */
  close(nowMs: number, sink: BucketSink): void {
    this.#release(sink);
    for (const bucket of this.held) this.#emit(bucket, sink);
    if (this.current !== null && this.current.endMs <= nowMs) this.#emit(this.current, sink);
  }

  /** Shows what is known and not handed on, or may still change: the minutes that a query must see beside the stored ones. */
  open(sink: BucketSink): void {
    for (const bucket of this.held) if (!bucket.isEmpty) sink(this.pointId, bucket);
    if (this.current?.isEmpty === false) sink(this.pointId, this.current);
  }

  #sampled(atMs: number, powerW: number, estimated: boolean): void {
    this.sampleAtMs = atMs;
    this.sampleW = powerW;
    this.sampleEstimated = estimated;
    if (Math.abs(powerW) > this.greatestW) this.greatestW = Math.abs(powerW);
  }

  #integrate(atMs: number, powerW: number, estimated: boolean, sink: BucketSink): void {
    if (estimated && this.hasRegister) return;
    const slope = (powerW - this.sampleW) / (atMs - this.sampleAtMs);
    let fromMs = this.hasRegister ? Math.max(this.sampleAtMs, this.registerAtMs) : this.sampleAtMs;
    let fromW = this.sampleW + slope * (fromMs - this.sampleAtMs);
    while (fromMs < atMs) {
      const { current } = this;
      const isCurrent = current !== null && fromMs >= current.startMs && fromMs < current.endMs;
      const bucket = isCurrent ? current : this.#bucketOf(minuteOf(fromMs), sink);
      const toMs = Math.min(bucket.endMs, atMs);
      const toW = toMs === atMs ? powerW : this.sampleW + slope * (toMs - this.sampleAtMs);
      this.#addSegment(bucket, toMs - fromMs, fromW, toW, estimated);
      fromMs = toMs;
      fromW = toW;
    }
  }

  #addSegment(bucket: Bucket, durationMs: number, fromW: number, toW: number, estimated: boolean): void {
    // With a register of either direction, power that flows back is the export register's: it must neither shape the
    // import profile nor be subtracted from the energy drawn as well.
    const isOneWay = this.hasRegister || !Number.isNaN(this.exportAtMs);
    const meanW = isOneWay ? (Math.max(0, fromW) + Math.max(0, toW)) / 2 : (fromW + toW) / 2;
    const energyWh = (meanW * durationMs) / 3_600_000;
    bucket.sample(fromW);
    bucket.sample(toW);
    bucket.changed = true;
    if (estimated) {
      bucket.estimatedWh += energyWh;
      bucket.estimatedMs += durationMs;
    } else {
      bucket.provisionalWh += energyWh;
      bucket.provisionalMs += durationMs;
    }
  }

  #anchor(atMs: number, valueWh: number): void {
    this.registerAtMs = atMs;
    this.registerWh = valueWh;
    this.creditWh = 0;
  }

  /** Books `energyWh` on the time from `fromMs` to `toMs`. */
  #book(fromMs: number, toMs: number, energyWh: number, estimated: boolean): void {
    const span = { fromMs: Math.max(fromMs, this.evictedToMs), toMs };
    const buckets = this.#minutes(span.fromMs, toMs);
    const sampledWh = this.#provisionalWh();
    spread(buckets, span, energyWh, { sampledWh, estimated, maxGapMs: this.maxGapMs });
  }

  #provisionalWh(): number {
    let sum = this.current?.provisionalWh ?? 0;
    for (const bucket of this.held) sum += bucket.provisionalWh;
    return sum;
  }

  #confirmAll(): void {
    for (const bucket of this.held) bucket.confirm();
    this.current?.confirm();
  }

  /** The bucket of a minute that is not the current one; one after it becomes the current one. */
  #bucketOf(startMs: number, sink: BucketSink): Bucket {
    const { current } = this;
    if (current !== null && startMs < current.startMs) {
      return this.held.find((bucket) => bucket.startMs === startMs) ?? current;
    }
    if (current !== null && this.held.length === 0 && this.#isSettled(current)) {
      this.#emit(current, sink);
      this.evictedToMs = current.endMs;
      current.restart(startMs);
      return current;
    }
    if (current !== null) {
      if (this.held.length === 0) this.held = [current];
      else this.held.push(current);
    }
    this.current = new Bucket(startMs);
    this.#release(sink);
    return this.current;
  }

  /** A bucket for every minute of the span, new ones where there was none; none of the span may have left memory. */
  #minutes(fromMs: number, toMs: number): Bucket[] {
    const { current, held } = this;
    if (held.length === 0 && current !== null && fromMs >= current.startMs && toMs <= current.endMs) return [current];
    const { span, all } = minutesOfSpan({ fromMs, toMs }, current === null ? held : [...held, current]);
    this.current = all.pop() ?? null;
    this.held = all.length === 0 ? NONE : all;
    return span;
  }

  /** Hands on and forgets the held minutes that no register reading can change any more. */
  #release(sink: BucketSink): void {
    let count = 0;
    for (const bucket of this.held) {
      if (!this.#isSettled(bucket)) {
        if (this.held.length - count <= this.maxHeld) break;
        this.creditWh += bucket.provisionalWh;
      }
      this.#emit(bucket, sink);
      this.evictedToMs = bucket.endMs;
      count++;
    }
    if (count > 0) this.held = count === this.held.length ? NONE : this.held.slice(count);
  }

  /** Whether no register reading can change a minute any more. */
  #isSettled(bucket: Bucket): boolean {
    return !this.hasRegister || bucket.endMs <= this.registerAtMs;
  }

  #emit(bucket: Bucket, sink: BucketSink): void {
    if (!bucket.changed) return;
    bucket.changed = false;
    if (!bucket.isEmpty) sink(this.pointId, bucket);
  }
}
