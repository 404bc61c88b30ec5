import type { Bucket } from './bucket.ts';
import { MINUTE_MS, type PointInterval, type Span } from './interval.ts';
import { keptW, keptWh } from './kept-numbers.ts';

/** The columns, in the order of the store's table. */
export const columnKeys = [
  'pointIds',
  'minutes',
  'energyWh',
  'estimatedWh',
  'exportWh',
  'minW',
  'maxW',
  'measuredMs',
  'estimatedMs',
  'bridgedMs',
] as const;

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

  /** The most rows that there can be. */
  get room(): number {
    return this.pointIds.length;
  }

  get isFull(): boolean {
    return this.#length === this.room;
  }

  add(row: PointInterval): void {
    const at = this.#length++;
    this.pointIds[at] = row.pointId;
    this.minutes[at] = row.startMs / MINUTE_MS;
    this.energyWh[at] = keptWh(row.energyWh);
    this.estimatedWh[at] = keptWh(row.estimatedWh);
    this.exportWh[at] = keptWh(row.exportWh);
    this.minW[at] = keptW(row.minW ?? Number.NaN);
    this.maxW[at] = keptW(row.maxW ?? Number.NaN);
    this.measuredMs[at] = row.measuredMs;
    this.estimatedMs[at] = row.estimatedMs;
    this.bridgedMs[at] = row.bridgedMs;
  }

  /** Adds a minute as it is known now, times a factor; a negative one turns the direction round. */
  addBucket(pointId: number, bucket: Bucket, factor: number): void {
    const at = this.#length++;
    const measuredMs = Math.min(MINUTE_MS, Math.round(bucket.measuredMs + bucket.provisionalMs));
    this.pointIds[at] = pointId;
    this.minutes[at] = bucket.startMs / MINUTE_MS;
    this.energyWh[at] = keptWh((bucket.energyWh + bucket.provisionalWh + bucket.estimatedWh) * factor);
    this.estimatedWh[at] = keptWh(bucket.estimatedWh * factor);
    this.exportWh[at] = keptWh(bucket.exportWh * factor);
    this.minW[at] = keptW((factor < 0 ? bucket.maxW : bucket.minW) * factor);
    this.maxW[at] = keptW((factor < 0 ? bucket.minW : bucket.maxW) * factor);
    this.measuredMs[at] = measuredMs;
    this.estimatedMs[at] = Math.min(MINUTE_MS - measuredMs, Math.round(bucket.estimatedMs));
    this.bridgedMs[at] = Math.min(measuredMs, Math.round(bucket.bridgedMs));
  }

  /** Adds a row of other columns. */
  addFrom(from: PointColumns, index: number): void {
    this.copy(this.#length++, from, index);
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

  /** Adds some rows of other columns, within its room. */
  addPart(rows: PointColumns, from: number, to: number): void {
    for (const key of columnKeys) this[key].set(rows[key].subarray(from, to), this.#length);
    this.#length += to - from;
  }

  /** A copy of some of the rows, without room for more; `to` may lie behind the last. */
  part(from: number, to: number): PointColumns {
    const endAt = Math.min(to, this.#length);
    const part = PointColumns.withRoomFor(endAt - from);
    part.addPart(this, from, endAt);
    return part;
  }

  *[Symbol.iterator](): Generator<PointInterval> {
    for (let at = 0; at < this.#length; at++) yield this.row(at);
  }

  /** The rows of some points within a span, in the order in which they were added. */
  select(pointIds: ReadonlySet<number>, { fromMs, toMs }: Span): PointInterval[] {
    const rows: PointInterval[] = [];
    for (let at = 0; at < this.#length; at++) {
      const startMs = (this.minutes[at] as number) * MINUTE_MS;
      if (startMs >= fromMs && startMs < toMs && pointIds.has(this.pointIds[at] as number)) rows.push(this.row(at));
    }
    return rows;
  }

  row(at: number): PointInterval {
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

/** A row where it lies, as others know rows. */
export class ColumnRow implements PointInterval {
  columns: PointColumns;
  at: number;

  constructor(columns: PointColumns, at: number) {
    this.columns = columns;
    this.at = at;
  }

  get pointId(): number {
    return this.columns.pointIds[this.at] as number;
  }

  get startMs(): number {
    return (this.columns.minutes[this.at] as number) * MINUTE_MS;
  }

  get energyWh(): number {
    return this.columns.energyWh[this.at] as number;
  }

  get estimatedWh(): number {
    return this.columns.estimatedWh[this.at] as number;
  }

  get exportWh(): number {
    return this.columns.exportWh[this.at] as number;
  }

  get minW(): number | null {
    return known(this.columns.minW[this.at] as number);
  }

  get maxW(): number | null {
    return known(this.columns.maxW[this.at] as number);
  }

  get measuredMs(): number {
    return this.columns.measuredMs[this.at] as number;
  }

  get estimatedMs(): number {
    return this.columns.estimatedMs[this.at] as number;
  }

  get bridgedMs(): number {
    return this.columns.bridgedMs[this.at] as number;
  }
}

const LEAST_ROOM = 16;

/** Room that is kept for the next rows, 16 MB; a gap of weeks that is bridged needs more, but once. */
const MOST_ROOM_KEPT = 262_144;

/** Gathers rows of which nobody knows beforehand how many they are, again and again in the same memory. */
export class ColumnBuffer {
  #columns = PointColumns.withRoomFor(0);

  /** The rows gathered so far. */
  get columns(): PointColumns {
    return this.#columns;
  }

  addBucket(pointId: number, bucket: Bucket, factor: number): void {
    if (this.#columns.isFull) this.#grow();
    this.#columns.addBucket(pointId, bucket, factor);
  }

  /** Lends out the rows gathered: they hold until the next one is added. */
  take(): PointColumns {
    const taken = this.#columns;
    this.#columns = taken.room > MOST_ROOM_KEPT ? PointColumns.withRoomFor(0) : new PointColumns(taken.buffer, 0);
    return taken;
  }

  #grow(): void {
    const rows = this.#columns;
    this.#columns = PointColumns.withRoomFor(Math.max(LEAST_ROOM, 2 * rows.length));
    this.#columns.addPart(rows, 0, rows.length);
  }
}

/** Rows of one portion, 7 MiB: as many as DuckDB compresses together. */
const PORTION_ROWS = 122_880;

/** Gathers rows in portions. */
export class ColumnWriter {
  readonly #full: PointColumns[] = [];
  #last: PointColumns | null = null;

  addBucket(pointId: number, bucket: Bucket, factor: number): void {
    this.#withRoom().addBucket(pointId, bucket, factor);
  }

  addFrom(from: PointColumns, index: number): void {
    this.#withRoom().addFrom(from, index);
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

  #withRoom(): PointColumns {
    if (this.#last?.isFull === true) {
      this.#full.push(this.#last);
      this.#last = null;
    }
    return (this.#last ??= PointColumns.withRoomFor(PORTION_ROWS));
  }
}

function known(powerW: number): number | null {
  return Number.isNaN(powerW) ? null : powerW;
}
