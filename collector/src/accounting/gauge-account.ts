import type { Channel } from '@wattmark/shared/channels';
import { minuteOf } from './bucket.ts';
import { type GaugeInterval, MINUTE_MS } from './interval.ts';

/** Least, mean and greatest of one channel that is not energy, minute by minute. */
export class GaugeAccount {
  readonly pointId: number;
  readonly channel: Channel;
  atMs = Number.NaN;
  startMs = 0;
  sum = 0;
  samples = 0;
  min = 0;
  max = 0;
  changed = false;

  constructor(pointId: number, channel: Channel) {
    this.pointId = pointId;
    this.channel = channel;
  }

  sample(atMs: number, value: number, sink: (interval: GaugeInterval) => void): 'booked' | 'late' {
    if (atMs <= this.atMs) return 'late';
    this.atMs = atMs;
    const startMs = minuteOf(atMs);
    if (startMs !== this.startMs) {
      this.#emit(sink);
      this.startMs = startMs;
      this.sum = 0;
      this.samples = 0;
      this.min = value;
      this.max = value;
    }
    this.sum += value;
    this.samples++;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.changed = true;
    return 'booked';
  }

  /** Hands on the minute being filled, where it ended by `nowMs` and changed. */
  close(nowMs: number, sink: (interval: GaugeInterval) => void): void {
    if (this.startMs + MINUTE_MS <= nowMs) this.#emit(sink);
  }

  #emit(sink: (interval: GaugeInterval) => void): void {
    if (!this.changed) return;
    this.changed = false;
    const { pointId, channel, startMs, sum, samples, min, max } = this;
    sink({ pointId, channel, startMs, min, mean: sum / samples, max, samples });
  }
}
