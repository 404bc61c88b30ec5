import { MINUTE_MS, type PointInterval } from './interval.ts';

/** Bytes of a row: five numbers of 8 bytes, five of 4. */
const ROW_BYTES = 60;

/**
 * Minutes of points column by column, in one piece of memory: millions of them go from thread to thread and to the store without
 * an object for each. Whoever wants rows iterates over it.
 */
export class PointColumns implements Iterable<PointInterval> {
  /** What holds the columns, to hand them to another thread without copying. */
  readonly buffer: ArrayBuffer;
  #length: number;
  readonly energyWh: Float64Array;
  readonly estimatedWh: Float64Array;
  readonly exportWh: Float64Array;
  /** NaN stands for null. */
  readonly minW: Float64Array;
  readonly maxW: Float64Array;
  readonly pointIds: Int32Array;
  /** Since 1970, UTC. */
  readonly minutes: Int32Array;
  readonly measuredMs: Int32Array;
  readonly estimatedMs: Int32Array;
  readonly bridgedMs: Int32Array;

  /** @param buffer with room for a whole number of rows, of which the first `length` are there, or all */
  constructor(buffer: ArrayBuffer, length: number = buffer.byteLength / ROW_BYTES) {
    const room = buffer.byteLength / ROW_BYTES;
    const wide = (column: number): Float64Array => new Float64Array(buffer, column * 8 * room, room);
    const narrow = (column: number): Int32Array => new Int32Array(buffer, (40 + column * 4) * room, room);
    this.buffer = buffer;
    this.#length = length;
    [this.energyWh, this.estimatedWh, this.exportWh] = [wide(0), wide(1), wide(2)];
    [this.minW, this.maxW] = [wide(3), wide(4)];
    [this.pointIds, this.minutes] = [narrow(0), narrow(1)];
    [this.measuredMs, this.estimatedMs, this.bridgedMs] = [narrow(2), narrow(3), narrow(4)];
  }

  static withRoomFor(rows: number): PointColumns {
    return new PointColumns(new ArrayBuffer(rows * ROW_BYTES), 0);
  }

  static of(rows: readonly PointInterval[]): PointColumns {
    const columns = PointColumns.withRoomFor(rows.length);
    for (const row of rows) columns.add(row);
    return columns;
  }

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length === this.energyWh.length;
  }

  add(row: PointInterval): void {
    const at = this.#length++;
    this.pointIds[at] = row.pointId;
    this.minutes[at] = row.startMs / MINUTE_MS;
    this.energyWh[at] = row.energyWh;
    this.estimatedWh[at] = row.estimatedWh;
    this.exportWh[at] = row.exportWh;
    this.minW[at] = row.minW ?? Number.NaN;
    this.maxW[at] = row.maxW ?? Number.NaN;
    this.measuredMs[at] = row.measuredMs;
    this.estimatedMs[at] = row.estimatedMs;
    this.bridgedMs[at] = row.bridgedMs;
  }

  /** Writes a row of other columns over one of its own, within its room. */
  copy(at: number, from: PointColumns, index: number): void {
    this.pointIds[at] = from.pointIds[index] as number;
    this.minutes[at] = from.minutes[index] as number;
    this.energyWh[at] = from.energyWh[index] as number;
    this.estimatedWh[at] = from.estimatedWh[index] as number;
    this.exportWh[at] = from.exportWh[index] as number;
    this.minW[at] = from.minW[index] as number;
    this.maxW[at] = from.maxW[index] as number;
    this.measuredMs[at] = from.measuredMs[index] as number;
    this.estimatedMs[at] = from.estimatedMs[index] as number;
    this.bridgedMs[at] = from.bridgedMs[index] as number;
  }

  /** A copy of some of the rows, without room for more; `to` may lie behind the last. */
  part(from: number, to: number): PointColumns {
    const part = PointColumns.withRoomFor(Math.min(to, this.#length) - from);
    for (let at = from; at < to && at < this.#length; at++) part.copy(at - from, this, at);
    return new PointColumns(part.buffer);
  }

  *[Symbol.iterator](): Generator<PointInterval> {
    for (let at = 0; at < this.#length; at++) yield this.#row(at);
  }

  #row(at: number): PointInterval {
    const known = (powerW: number): number | null => (Number.isNaN(powerW) ? null : powerW);
    return {
      pointId: this.pointIds[at] as number,
      startMs: (this.minutes[at] as number) * MINUTE_MS,
      energyWh: this.energyWh[at] as number,
      estimatedWh: this.estimatedWh[at] as number,
      exportWh: this.exportWh[at] as number,
      minW: known(this.minW[at] as number),
      maxW: known(this.maxW[at] as number),
      measuredMs: this.measuredMs[at] as number,
      estimatedMs: this.estimatedMs[at] as number,
      bridgedMs: this.bridgedMs[at] as number,
    };
  }
}

/** Rows of one portion, 7 MiB: as many as DuckDB compresses together. */
const PORTION_ROWS = 122_880;

/** Gathers rows in portions. */
export class ColumnWriter {
  readonly #full: PointColumns[] = [];
  #last: PointColumns | null = null;

  add(row: PointInterval): void {
    this.#last ??= PointColumns.withRoomFor(PORTION_ROWS);
    this.#last.add(row);
    if (!this.#last.isFull) return;
    this.#full.push(this.#last);
    this.#last = null;
  }

  /** The portions that are full. */
  take(): PointColumns[] {
    return this.#full.splice(0);
  }

  /** The rest as well. */
  finish(): PointColumns[] {
    if (this.#last !== null) this.#full.push(this.#last);
    this.#last = null;
    return this.take();
  }
}
