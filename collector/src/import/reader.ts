import { channels } from '@wattmark/shared/channels';
import type { Readings } from './block.ts';
import { parseDecimal } from './decimal.ts';
import { HistoryError, openHistory } from './history-file.ts';
import { headerOf, type Layout, layoutOf } from './layout.ts';
import { Fields, LineCutter, LineError } from './line.ts';
import { isMean, type Mapping, type Series } from './mapping.ts';
import { NameIndex } from './name-index.ts';
import { type RejectionReason, Rejections } from './rejections.ts';
import { SeriesBuffer } from './series-buffer.ts';
import { TimeColumn } from './time-column.ts';

/**
 * Reads histories: files of rows become batches of readings, each of one series and in the order of their times. A bad value
 * does not cost the good ones beside it, nor a bad row the others.
 */

export interface Batch extends Readings {
  /** Its place among the series of the mapping. */
  readonly series: number;
}

/** What became of the values of one series. */
export interface SeriesCount {
  /** Readings that were taken. */
  readings: number;
  /** Cells that hold no value. */
  missing: number;
  /** Values that stood in the files twice. */
  duplicates: number;
  rejected: number;
  /** The first value as it stands in the file, and as it was taken; null before any. */
  example: { readonly text: string; readonly value: number } | null;
}

/** One series while it is read. */
interface Intake {
  readonly series: Series;
  readonly buffer: SeriesBuffer;
  readonly count: SeriesCount;
  /** Limits of what an instrument can plausibly say. */
  readonly min: number;
  readonly max: number;
  /** From the time of a row to the time of its reading. */
  readonly shiftMs: number;
  /** Numbers that stand for no value, as they are read. */
  readonly missing: readonly number[];
  /** Instant of the last row of the series, in a long file. */
  afterMs: number;
}

/** Names that are in the files and not in the mapping; those of them that are kept. */
const MAX_IGNORED_NAMES = 100;

export class HistoryReader {
  readonly #mapping: Mapping;
  readonly #time: TimeColumn;
  readonly #separator: number;
  readonly #mark: number;
  readonly #fields = new Fields();
  readonly #intakes: readonly Intake[];
  readonly #names: NameIndex;
  #ready: Batch[] = [];
  #file = '';
  #line = 0;
  /** Of the file under way; null before its header. */
  #layout: Layout | null = null;
  /** Instant of the last row, in a wide file. */
  #afterMs = Number.NEGATIVE_INFINITY;
  /** Rows that were looked at, rejected ones included. */
  rows = 0;
  readonly counts: readonly SeriesCount[];
  readonly rejections = new Rejections();
  /** Columns of a wide file, or names of a long one with the number of their rows, that the mapping does not have. */
  readonly ignored = new Map<string, number>();

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
    this.#time = new TimeColumn(mapping);
    this.#separator = mapping.separator.charCodeAt(0);
    this.#mark = mapping.decimal.charCodeAt(0);
    this.#names = new NameIndex(mapping.series.map(({ name }) => name));
    this.#intakes = mapping.series.map((series) => newIntake(series, mapping));
    this.counts = this.#intakes.map(({ count }) => count);
  }

  /**
   * Reads files one after the other, each from its beginning.
   * @param onProgress is told how many bytes of the files were read
   * @throws ConfigError where a header does not have a column of the mapping
   * @throws HistoryError where a file cannot be read, naming the place
   */
  async *read(files: readonly string[], onProgress: (bytes: number) => void): AsyncGenerator<Batch> {
    const take = (bytes: Buffer, from: number, to: number): void => this.#takeLine(bytes, from, to);
    let doneBytes = 0;
    for (const file of files) {
      this.#file = file;
      this.#line = 0;
      this.#layout = null;
      const lines = new LineCutter();
      const history = openHistory(file);
      for await (const chunk of history.chunks) {
        cut(file, () => lines.cut(chunk, take));
        onProgress(doneBytes + history.bytesRead());
        yield* this.#takeReady();
      }
      cut(file, () => lines.finish(take));
      doneBytes += history.bytesRead();
      yield* this.#takeReady();
    }
    for (const [series, { buffer }] of this.#intakes.entries()) {
      const rest = buffer.takeAll();
      if (rest.atMs.length > 0) yield { series, ...rest };
    }
  }

  #takeReady(): Batch[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  #takeLine(bytes: Buffer, from: number, to: number): void {
    this.#line++;
    if (this.#line === 1 && isUtf16(bytes)) throw new LineError('it is in UTF-16; save it as UTF-8');
    const start = this.#line === 1 && isMarked(bytes) ? from + BYTE_ORDER_MARK.length : from;
    if (this.#layout === null && this.#line < this.#mapping.headerLines) return;
    if (start === to) return;
    const isWhole = this.#fields.split(bytes, start, to, this.#separator);
    if (this.#layout === null) {
      this.#layout = this.#beginFile(bytes);
      if (this.#mapping.headerLines > 0) return;
    }
    this.rows++;
    const problem = isWhole ? shapeProblem(this.#fields, this.#layout) : 'open-quote';
    if (problem !== null) return this.#rejectRow(problem, bytes.toString('utf8', start, Math.min(to, start + 100)));
    if (this.#mapping.long === null) this.#takeWide(bytes, this.#layout);
    else this.#takeLong(bytes, this.#layout);
  }

  #beginFile(bytes: Buffer): Layout {
    const { headerLines, long } = this.#mapping;
    const layout = layoutOf(this.#mapping, headerLines > 0 ? headerOf(this.#fields, bytes) : null, this.#file);
    if (long === null) for (const name of layout.ignored) this.#ignore(name, 0);
    return layout;
  }

  #takeWide(bytes: Buffer, { time, cells }: Layout): void {
    const atMs = this.#time.instantOf(bytes, this.#fields, time, this.#afterMs);
    if (Number.isNaN(atMs)) return this.#rejectRow(this.#time.problem, this.#text(bytes, time));
    this.#afterMs = atMs;
    const { from, to } = this.#fields;
    for (let index = 0; index < cells.length; index++) {
      const cell = cells[index] ?? 0;
      this.#takeValue(index, atMs, bytes, from[cell] ?? 0, to[cell] ?? 0);
    }
  }

  #takeLong(bytes: Buffer, { time, name, value }: Layout): void {
    const { from, to } = this.#fields;
    const [first = 0] = name;
    const isOne = name.length === 1;
    const joined = isOne ? bytes : Buffer.from(this.#text(bytes, name));
    const index = this.#names.find(joined, isOne ? (from[first] ?? 0) : 0, isOne ? (to[first] ?? 0) : joined.length);
    const intake = this.#intakes[index];
    if (intake === undefined) return this.#ignore(this.#text(bytes, name), 1);
    const atMs = this.#time.instantOf(bytes, this.#fields, time, intake.afterMs);
    if (Number.isNaN(atMs)) return this.#rejectRow(this.#time.problem, this.#text(bytes, time));
    intake.afterMs = atMs;
    this.#takeValue(index, atMs, bytes, from[value] ?? 0, to[value] ?? 0);
  }

  #takeValue(index: number, rowMs: number, bytes: Buffer, from: number, to: number): void {
    const { series, buffer, count, min, max, shiftMs, missing } = this.#intakes[index] as Intake;
    if (from === to) {
      count.missing++;
      return;
    }
    const value = parseDecimal(bytes, from, to, this.#mark, series.conversion);
    if (missing.length > 0 && missing.includes(value)) {
      count.missing++;
      return;
    }
    if (!(value >= min && value <= max)) return this.#takeUnusable(index, value, bytes.toString('utf8', from, to));
    const added = buffer.add(rowMs + shiftMs, value);
    if (added === 'duplicate') count.duplicates++;
    else if (added !== 'added') this.#rejectValue(index, added, bytes.toString('utf8', from, to));
    else {
      count.readings++;
      count.example ??= { text: bytes.toString('utf8', from, to), value };
      if (buffer.isFull) this.#ready.push({ series: index, ...buffer.takeBatch() });
    }
  }

  #takeUnusable(index: number, value: number, text: string): void {
    const { count } = this.#intakes[index] as Intake;
    if (Number.isNaN(value) && this.#mapping.missing.includes(text)) count.missing++;
    else this.#rejectValue(index, Number.isNaN(value) ? 'not-a-number' : 'out-of-range', text);
  }

  /** What stands in columns, with a blank between them. */
  #text(bytes: Buffer, places: readonly number[]): string {
    return places.map((place) => this.#fields.text(bytes, place)).join(' ');
  }

  #ignore(name: string, rows: number): void {
    if (this.ignored.has(name) || this.ignored.size < MAX_IGNORED_NAMES)
      this.ignored.set(name, (this.ignored.get(name) ?? 0) + rows);
  }

  #rejectRow(reason: RejectionReason, text: string): void {
    this.rejections.add({ file: this.#file, line: this.#line, series: null, reason, text });
  }

  #rejectValue(index: number, reason: RejectionReason, text: string): void {
    const { count, series } = this.#intakes[index] as Intake;
    count.rejected++;
    this.rejections.add({ file: this.#file, line: this.#line, series: series.name, reason, text });
  }
}

function newIntake(series: Series, { missing, decimal, stamp, intervalMs, series: { length: many } }: Mapping): Intake {
  const { min, max } = channels[series.channel];
  const mark = decimal.charCodeAt(0);
  return {
    series,
    buffer: new SeriesBuffer(many),
    count: { readings: 0, missing: 0, duplicates: 0, rejected: 0, example: null },
    min,
    max,
    shiftMs: isMean(series.kind) && stamp === 'end' ? -intervalMs : 0,
    missing: missing
      .map((text) => Buffer.from(text))
      .map((bytes) => parseDecimal(bytes, 0, bytes.length, mark, series.conversion))
      .filter((value) => !Number.isNaN(value)),
    afterMs: Number.NEGATIVE_INFINITY,
  };
}

/** What is wrong with a row's number of columns; null where nothing is. */
function shapeProblem({ from, to, count }: Fields, { least, most }: Layout): RejectionReason | null {
  if (count < least) return 'too-few-columns';
  for (let place = most; place < count; place++) if (from[place] !== to[place]) return 'too-many-columns';
  return null;
}

const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];

function isMarked(bytes: Buffer): boolean {
  return BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte);
}

/** As spreadsheets save "Unicode text". */
function isUtf16([first, second]: Buffer): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** @throws HistoryError naming the file where it is no table */
function cut(file: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (error instanceof LineError) throw new HistoryError(`${file} is no table: ${error.message}`);
    throw error;
  }
}
