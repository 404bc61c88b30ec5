import { MINUTE_MS } from './interval.ts';

/**
 * One minute of one point while it is being filled. Energy from samples is *provisional* while the point has a
 * register: the register's next movement says how much it really was, and the samples only how it was spread.
 */
export class Bucket {
  /** Begins as a number: V8 would make a new object of every other one that it holds, had it been undefined for a moment. */
  startMs = 0;
  /** Final measured energy, Wh, and its time. */
  energyWh = 0;
  measuredMs = 0;
  /** Energy from samples that a register has yet to confirm, Wh, and its time. */
  provisionalWh = 0;
  provisionalMs = 0;
  estimatedWh = 0;
  estimatedMs = 0;
  exportWh = 0;
  bridgedMs = 0;
  /** Least and greatest sampled power, W; NaN before the first sample. */
  minW = Number.NaN;
  maxW = Number.NaN;
  /** Whether it holds anything that was not handed on yet. */
  changed = false;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  /**
   * Begins another minute in the same memory: a new object for each minute of each point would keep the garbage
   * collector busy.
   */
  restart(startMs: number): void {
    this.startMs = startMs;
    this.energyWh = 0;
    this.measuredMs = 0;
    this.provisionalWh = 0;
    this.provisionalMs = 0;
    this.estimatedWh = 0;
    this.estimatedMs = 0;
    this.exportWh = 0;
    this.bridgedMs = 0;
    this.minW = Number.NaN;
    this.maxW = Number.NaN;
    this.changed = false;
  }

  get endMs(): number {
    return this.startMs + MINUTE_MS;
  }

  sample(powerW: number): void {
    if (!(powerW >= this.minW)) this.minW = powerW;
    if (!(powerW <= this.maxW)) this.maxW = powerW;
  }

  /** Samples stand as they are: no register will say more. */
  confirm(): void {
    this.energyWh += this.provisionalWh;
    this.measuredMs += this.provisionalMs;
    this.provisionalWh = 0;
    this.provisionalMs = 0;
  }

  /** Whether nothing is known of the minute. */
  get isEmpty(): boolean {
    return this.measuredMs + this.provisionalMs + this.estimatedMs < 0.5 && this.exportWh === 0;
  }
}

/** Takes a minute that is finished or has changed; the bucket is used again afterwards. */
export type BucketSink = (pointId: number, bucket: Bucket) => void;

/** Start of the minute that contains `ms`. */
export function minuteOf(ms: number): number {
  return ms - (ms % MINUTE_MS);
}
