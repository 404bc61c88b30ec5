import type { Channel } from '@wattmark/shared/channels';
import type { GaugeInterval } from '../accounting/interval.ts';

/** Bytes of a row: four numbers of 8 bytes, three of 4. */
const ROW_BYTES = 44;

/** Minutes of gauges column by column in one piece of memory, with the names of their channels behind it. */
export class GaugeColumns implements Iterable<GaugeInterval> {
  readonly buffer: ArrayBuffer;
  readonly length: number;
  readonly pointIds: Int32Array;
  readonly #startMs: Float64Array;
  readonly #min: Float64Array;
  readonly #mean: Float64Array;
  readonly #max: Float64Array;
  readonly #samples: Int32Array;
  /** Which of the names a row's channel is. */
  readonly #channels: Int32Array;

  /** @param length rows in it; what is behind them are names, separated by spaces. */
  constructor(buffer: ArrayBuffer, length: number) {
    const wide = (column: number): Float64Array => new Float64Array(buffer, column * 8 * length, length);
    const narrow = (column: number): Int32Array => new Int32Array(buffer, (32 + column * 4) * length, length);
    this.buffer = buffer;
    this.length = length;
    [this.#startMs, this.#min, this.#mean, this.#max] = [wide(0), wide(1), wide(2), wide(3)];
    [this.pointIds, this.#samples, this.#channels] = [narrow(0), narrow(1), narrow(2)];
  }

  static of(rows: readonly GaugeInterval[]): GaugeColumns {
    const channels = [...new Set(rows.map(({ channel }) => channel))];
    const names = new TextEncoder().encode(channels.join(' '));
    const columns = new GaugeColumns(new ArrayBuffer(rows.length * ROW_BYTES + names.length), rows.length);
    new Uint8Array(columns.buffer).set(names, rows.length * ROW_BYTES);
    for (const [at, row] of rows.entries()) columns.#set(at, row, channels.indexOf(row.channel));
    return columns;
  }

  *[Symbol.iterator](): Generator<GaugeInterval> {
    const channels = new TextDecoder().decode(this.buffer.slice(this.length * ROW_BYTES)).split(' ') as Channel[];
    for (let at = 0; at < this.length; at++) {
      yield {
        pointId: this.pointIds[at] as number,
        channel: channels[this.#channels[at] as number] as Channel,
        startMs: this.#startMs[at] as number,
        min: this.#min[at] as number,
        mean: this.#mean[at] as number,
        max: this.#max[at] as number,
        samples: this.#samples[at] as number,
      };
    }
  }

  #set(at: number, row: GaugeInterval, channel: number): void {
    this.pointIds[at] = row.pointId;
    this.#channels[at] = channel;
    this.#startMs[at] = row.startMs;
    this.#min[at] = row.min;
    this.#mean[at] = row.mean;
    this.#max[at] = row.max;
    this.#samples[at] = row.samples;
  }
}
