import type { Span } from '../accounting/interval.ts';
import type { InfluxClient, Rejection } from './client.ts';
import { Frontier } from './frontier.ts';
import { type Kind, newestLine, supersededLine, type Version } from './kinds.ts';
import { writeLines } from './line-writer.ts';
import type { Names } from './names.ts';
import { type RowReader, type Selection, VersionMap } from './reader.ts';
import type { IntervalMeasurement } from './schema.ts';

/** Where a table's rows come from and go to. */
export interface TableParts {
  readonly client: InfluxClient;
  readonly reader: RowReader;
  readonly names: Names;
  readonly onRejected: (rejection: Rejection) => void;
}

/** Earlier versions are looked for in spans of so many intervals: not everything between rows that lie far apart is read. */
const INTERVALS_LOOKED_AT = 1500;

/**
 * The rows of one measurement, with those of the transaction under way, which are kept in memory until they are flushed. Before
 * a row is replaced, the version that is there is copied; written in this order, a crash in between loses none.
 */
export class Table<Row extends { readonly startMs: number }> {
  readonly #kind: Kind<Row>;
  readonly #parts: TableParts;
  readonly #selectionOf: (rows: readonly Row[]) => Selection;
  readonly #frontier: Frontier<Row>;
  #pending: VersionMap<Row>;
  #pendingRows = 0;

  /** `newestMs`: how far the measurement was written before. */
  constructor(kind: Kind<Row>, parts: TableParts, newestMs: number, selectionOf: (rows: readonly Row[]) => Selection) {
    this.#kind = kind;
    this.#parts = parts;
    this.#selectionOf = selectionOf;
    this.#frontier = new Frontier(kind, newestMs);
    this.#pending = new VersionMap(kind);
  }

  get measurement(): IntervalMeasurement {
    return this.#kind.measurement;
  }

  /** The newest beginning of any row written. */
  get newestMs(): number {
    return this.#frontier.highestMs;
  }

  /** Rows taken since the last flush, counted as often as they were given. */
  get pendingRows(): number {
    return this.#pendingRows;
  }

  take(rows: Iterable<Row> & { readonly length: number }, recordedMs: number): void {
    for (const row of rows) this.#pending.add({ row, recordedMs });
    this.#pendingRows += rows.length;
  }

  forget(): void {
    this.#pending = new VersionMap(this.#kind);
    this.#pendingRows = 0;
  }

  /** Rows that begin in a span, as known at an instant (null: the newest), in order; those under way are not among them. */
  async committed(selection: Selection, span: Span, asOfMs: number | null): Promise<Row[]> {
    return this.#ordered(await this.#parts.reader.rows(this.#kind, selection, span, asOfMs));
  }

  /** The newest rows that begin in a span, in order, as the transaction under way sees them. */
  async current(selection: Selection, span: Span, isWanted: (row: Row) => boolean): Promise<Row[]> {
    const stored = await this.#parts.reader.rows(this.#kind, selection, span, null);
    return this.withPending(stored, span, isWanted);
  }

  /** Stored rows together with those under way, which are newer. */
  withPending(stored: readonly Version<Row>[], span: Span, isWanted: (row: Row) => boolean): Row[] {
    const pending = this.#pending.within(span);
    if (pending.length === 0) return this.#ordered(stored.filter(({ row }) => isWanted(row)));
    const rows = new VersionMap<Row>(this.#kind);
    for (const version of [...stored, ...pending]) if (isWanted(version.row)) rows.add(version);
    return this.#ordered(rows.all());
  }

  /** The beginnings of rows under way in a span. */
  pendingStarts({ fromMs, toMs }: Span): number[] {
    return [...this.#pending.starts()].filter((ms) => ms >= fromMs && ms < toMs);
  }

  /**
   * Brings everything pending to the server.
   * @returns what was written.
   * @throws InfluxError
   */
  async flush(): Promise<readonly Version<Row>[]> {
    if (this.#pendingRows === 0) return [];
    const pending = this.#pending.all();
    const { newest, superseded } = await this.#settle(pending);
    await this.#write(superseded, (version) => supersededLine(this.#kind, version, this.#parts.names));
    await this.#write(newest, (version) => newestLine(this.#kind, version, this.#parts.names));
    this.forget();
    for (const { row } of newest) this.#frontier.note(row);
    return newest;
  }

  async #write(versions: readonly Version<Row>[], lineOf: (version: Version<Row>) => string): Promise<void> {
    const { client, reader, onRejected } = this.#parts;
    const lines = function* (): Generator<string> {
      for (const version of versions) yield lineOf(version);
    };
    await writeLines(client, reader.database(this.#kind.measurement.database), lines(), onRejected);
  }

  /** Which of the rows are newest, and which versions are no longer. */
  async #settle(
    pending: readonly Version<Row>[],
  ): Promise<{ newest: readonly Version<Row>[]; superseded: readonly Version<Row>[] }> {
    const repeated = pending.filter(({ row }) => !this.#frontier.isNew(row));
    if (repeated.length === 0) return { newest: pending, superseded: [] };
    const before = await this.#before(repeated.map(({ row }) => row));
    const newest: Version<Row>[] = [];
    const superseded: Version<Row>[] = [];
    for (const version of pending) {
      const old = before.get(version.row);
      if (old === undefined || old.recordedMs <= version.recordedMs) newest.push(version);
      else superseded.push(version);
      if (old !== undefined && old.recordedMs < version.recordedMs) superseded.push(old);
    }
    return { newest, superseded };
  }

  /** The versions that the server has of some rows. */
  async #before(rows: readonly Row[]): Promise<VersionMap<Row>> {
    const known = new VersionMap<Row>(this.#kind);
    const lengthMs = INTERVALS_LOOKED_AT * this.#kind.measurement.lengthMs;
    const groups = new Map<number, Row[]>();
    for (const row of rows) {
      const index = Math.floor(row.startMs / lengthMs);
      const group = groups.get(index);
      if (group === undefined) groups.set(index, [row]);
      else group.push(row);
    }
    for (const group of groups.values()) {
      const [firstMs, lastMs] = edgesOf(group);
      const span = { fromMs: firstMs, toMs: lastMs + 1 };
      const found = await this.#parts.reader.rows(this.#kind, this.#selectionOf(group), span, null);
      for (const version of found) known.add(version);
    }
    return known;
  }

  #ordered(versions: readonly Version<Row>[]): Row[] {
    const rows = versions.map(({ row }) => row);
    return rows.sort((a, b) => a.startMs - b.startMs || this.#kind.compare(a, b));
  }
}

function edgesOf(rows: readonly { readonly startMs: number }[]): [firstMs: number, lastMs: number] {
  return rows.reduce<[number, number]>(
    ([first, last], { startMs }) => [Math.min(first, startMs), Math.max(last, startMs)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
