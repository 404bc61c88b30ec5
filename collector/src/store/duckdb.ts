import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import type { Channel } from '@wattmark/shared/channels';
import {
  type GaugeInterval,
  type GaugeMean,
  MINUTE_MS,
  QUARTER_MS,
  type PointInterval,
  type Span,
} from '../accounting/interval.ts';
import type { SiteInterval, SiteSum } from '../site/site.ts';
import { quarterOf } from '../site/quarter-fold.ts';
import { appendRows, decodeGaugeMeans, decodeGauges, decodePoints, decodeSites } from './chunks.ts';
import { between, known, list, type Parameters, spanOf, typesOf } from './parameters.ts';
import { portionsOf } from './portions.ts';
import { sumPointIntervals } from '../site/interval-sum.ts';
import {
  gaugeMeansQuery,
  gaugesQuery,
  minutesOfAllQuery,
  minutesQuery,
  extentQuery,
  pointQuartersQuery,
  restatedMinutesQuery,
  singleMinutesQuery,
  pointSumsQuery,
  progressQuery,
  rollUpGauges,
  levelsQuery,
  siteSumsQuery,
} from './queries.ts';
import { connectWriter } from './schema.ts';
import type { Store } from './store.ts';
import { gaugeMinute, pointMinute, pointQuarter, siteQuarter, type Table, WHOLE_SITE } from './tables.ts';

export interface DuckdbOptions {
  /** Memory for DuckDB's buffers, MiB; what does not fit is spilled to a directory beside the file. */
  readonly memoryMiB?: number;
  readonly threads?: number;
}

/** Rows that one step of `readBack` asks for: a minute of everything, or longer for fewer points. */
const READ_BACK_ROWS = 100_000;

/** Quarter-hours of points summed at once: DuckDB's memory holds some more, but not the year of a hall. */
const MAX_SUMMED_QUARTERS = 500_000;

/** As far as minutes are counted. */
const ALWAYS: Span = { fromMs: 0, toMs: (2 ** 31 - 1) * MINUTE_MS };

/** Reads that may wait for their turn; a further one fails instead of piling up. */
const MAX_WAITING_READS = 1000;

/**
 * The embedded store: one DuckDB file. Safe against `kill -9` and a loss of power at any instant: what was committed is there.
 * @throws StoreError where the file is in use, is not a store, or was made by another version.
 */
export async function openDuckdbStore(file: string, options: DuckdbOptions = {}): Promise<Store> {
  await mkdir(dirname(file), { recursive: true });
  const { instance, writer } = await connectWriter(file, options.memoryMiB ?? 48, options.threads ?? 2);
  return new DuckdbStore(instance, writer, await instance.connect());
}

class DuckdbStore implements Store {
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #reader: DuckDBConnection;
  /** A connection answers one question at a time; those that wait do so here and not in the thread pool. */
  #lastRead: Promise<unknown> = Promise.resolve();
  #waitingReads = 0;
  #inTransaction = false;

  constructor(instance: DuckDBInstance, writer: DuckDBConnection, reader: DuckDBConnection) {
    this.#instance = instance;
    this.#writer = writer;
    this.#reader = reader;
  }

  async progress(): Promise<number> {
    const [position] = await this.#read(progressQuery, {}, (chunk) => chunk.getColumnValues(0) as number[]);
    return position as number;
  }

  async begin(): Promise<void> {
    await this.#writer.run('BEGIN TRANSACTION');
    this.#inTransaction = true;
  }

  async writePointMinutes(rows: readonly PointInterval[], recordedMs: number): Promise<void> {
    await this.#write(pointMinute, rows, recordedMs);
  }

  async writeGaugeMinutes(rows: readonly GaugeInterval[], recordedMs: number): Promise<void> {
    await this.#write(gaugeMinute, rows, recordedMs);
  }

  async writePointQuarters(rows: readonly PointInterval[], recordedMs: number): Promise<void> {
    await this.#write(pointQuarter, rows, recordedMs);
  }

  async writeSiteQuarters(rows: readonly SiteInterval[], recordedMs: number): Promise<void> {
    await this.#write(siteQuarter, rows, recordedMs);
  }

  async rollUpGauges(span: Span, pointIds: readonly number[] | null, recordedMs: number): Promise<void> {
    this.#requireTransaction();
    const parameters = { ...known(span, recordedMs), ...(pointIds === null ? {} : { points: list(pointIds) }) };
    await this.#writer.run(rollUpGauges(pointIds === null), parameters, typesOf(parameters));
  }

  async *readBack(span: Span, pointIds: readonly number[] | null): AsyncGenerator<readonly PointInterval[]> {
    if (pointIds === null) {
      for (let fromMs = span.fromMs; fromMs < span.toMs; fromMs += MINUTE_MS)
        yield* this.#stream(minutesOfAllQuery, known({ fromMs, toMs: fromMs + MINUTE_MS }, null));
      return;
    }
    const points = list(pointIds);
    const [first, last] = await this.#ask(extentQuery, { ...known(span, null), points });
    if (first == null || last == null) return;
    const stepMs = MINUTE_MS * Math.max(1, Math.floor(READ_BACK_ROWS / Math.max(1, pointIds.length)));
    for (let fromMs = first * MINUTE_MS; fromMs <= last * MINUTE_MS; fromMs += stepMs) {
      const parameters = { ...known({ fromMs, toMs: Math.min(span.toMs, fromMs + stepMs) }, null), points };
      const [restated] = await this.#ask(restatedMinutesQuery, parameters);
      yield* this.#stream(restated === 0 ? singleMinutesQuery : minutesQuery, parameters);
    }
  }

  async extent(pointIds: readonly number[]): Promise<Span | null> {
    const [first, last] = await this.#ask(extentQuery, { ...known(ALWAYS, null), points: list(pointIds) });
    if (first == null || last == null) return null;
    return { fromMs: quarterOf(first * MINUTE_MS), toMs: quarterOf(last * MINUTE_MS) + QUARTER_MS };
  }

  /** Rows of points as the transaction under way sees them. */
  async *#stream(sql: string, parameters: Parameters): AsyncGenerator<readonly PointInterval[]> {
    const result = await this.#writer.stream(sql, parameters, typesOf(parameters));
    for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
      if (chunk.rowCount === 0) break;
      yield decodePoints(chunk);
    }
  }

  /** The numbers of the only row that a query gives. */
  async #ask(sql: string, parameters: Parameters): Promise<(number | null)[]> {
    const result = await this.#writer.runAndReadAll(sql, parameters, typesOf(parameters));
    return (result.getRows()[0] ?? []).map((value) => (value === null ? null : Number(value)));
  }

  async commit(position: number): Promise<void> {
    await this.#writer.run('INSERT INTO progress VALUES ($position)', { position: BigInt(position) });
    this.#inTransaction = false;
    await this.#writer.run('COMMIT');
  }

  async rollback(): Promise<void> {
    if (!this.#inTransaction) return;
    this.#inTransaction = false;
    await this.#writer.run('ROLLBACK');
  }

  async pointMinutes(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]> {
    if (pointIds.length === 0) return [];
    return this.#read(minutesQuery, { ...known(span, asOfMs), points: list(pointIds) }, decodePoints);
  }

  async gaugeMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<GaugeInterval[]> {
    return this.#read(gaugesQuery, { ...known(span, asOfMs), point: pointId }, decodeGauges);
  }

  async gaugeMeansOf(
    pointIds: readonly number[],
    channel: Channel,
    span: Span,
    asOfMs: number | null,
  ): Promise<GaugeMean[]> {
    if (pointIds.length === 0) return [];
    return this.#read(gaugeMeansQuery, { ...known(span, asOfMs), points: list(pointIds), channel }, decodeGaugeMeans);
  }

  async pointSumsOf(
    pointIds: readonly number[],
    boundariesMs: readonly number[],
    asOfMs: number | null,
  ): Promise<PointInterval[]> {
    const sums: PointInterval[][] = [];
    for (const portion of portionsOf(pointIds, boundariesMs, MAX_SUMMED_QUARTERS)) {
      const parameters = { ...between(portion.boundariesMs, asOfMs), points: list(portion.pointIds) };
      sums.push(await this.#read(pointSumsQuery, parameters, decodePoints));
    }
    return sumPointIntervals(sums.flat(), boundariesMs);
  }

  async pointQuarters(
    pointIds: readonly number[],
    startsMs: readonly number[],
    asOfMs: number | null,
  ): Promise<PointInterval[]> {
    const [fromMs, lastMs] = [startsMs[0], startsMs.at(-1)];
    if (fromMs === undefined || lastMs === undefined || pointIds.length === 0) return [];
    const minutes = list(startsMs.map((startMs) => startMs / MINUTE_MS));
    const span = { fromMs, toMs: lastMs + MINUTE_MS };
    return this.#read(pointQuartersQuery, { ...known(span, asOfMs), points: list(pointIds), minutes }, decodePoints);
  }

  async siteSums(
    siteId: number,
    boundariesMs: readonly number[],
    asOfMs: number | null,
    partial: string | null = null,
  ): Promise<SiteSum[]> {
    if (boundariesMs.length < 2) return [];
    const ends = new Map(boundariesMs.slice(1).map((endMs, index) => [boundariesMs[index], endMs]));
    const decode = (chunk: DuckDBDataChunk): SiteSum[] => decodeSites(chunk, (startMs) => ends.get(startMs) as number);
    const owner = { site: siteId, partial: partial ?? WHOLE_SITE };
    const asked = { ...known(spanOf(boundariesMs), asOfMs), ...owner };
    const isMeasured = await this.#read(levelsQuery, asked, (chunk) => chunk.getRows()[0] ?? []);
    const levels = [...isMeasured.keys()].filter((index) => isMeasured[index] === true);
    return this.#read(siteSumsQuery(levels), { ...between(boundariesMs, asOfMs), ...owner }, decode);
  }

  async close(): Promise<void> {
    await this.rollback();
    await this.#lastRead;
    try {
      await this.#writer.run('CHECKPOINT');
    } finally {
      this.#reader.closeSync();
      this.#writer.closeSync();
      this.#instance.closeSync();
    }
  }

  async #write<Row>(table: Table<Row>, rows: readonly Row[], recordedMs: number): Promise<void> {
    this.#requireTransaction();
    await appendRows(this.#writer, table, rows, recordedMs);
  }

  #requireTransaction(): void {
    if (!this.#inTransaction) throw new Error('a write outside a transaction');
  }

  async #read<Row>(sql: string, parameters: Parameters, decode: (chunk: DuckDBDataChunk) => Row[]): Promise<Row[]> {
    if (this.#waitingReads >= MAX_WAITING_READS) throw new Error('too many reads of the store at once');
    this.#waitingReads++;
    const turn = this.#lastRead.then(() => this.#answer(sql, parameters, decode));
    this.#lastRead = turn.catch(() => {});
    return turn.finally(() => this.#waitingReads--);
  }

  async #answer<Row>(sql: string, parameters: Parameters, decode: (chunk: DuckDBDataChunk) => Row[]): Promise<Row[]> {
    const result = await this.#reader.run(sql, parameters, typesOf(parameters));
    const rows: Row[] = [];
    for (const chunk of await result.fetchAllChunks()) rows.push(...decode(chunk));
    return rows;
  }
}
