import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import type { Channel } from '@wattmark/shared/channels';
import {
  type GaugeDay,
  type GaugeInterval,
  type GaugeQuarter,
  MINUTE_MS,
  type PointDay,
  type PointInterval,
  QUARTER_MS,
  type Span,
} from '../accounting/interval.ts';
import { PointColumns } from '../accounting/point-columns.ts';
import { quarterOf } from '../site/quarter-fold.ts';
import type { SiteDay, SiteInterval } from '../site/site.ts';
import { appendRows, decodePoints } from './chunks.ts';
import { appendMinutes, CHUNK_ROWS, minutesOf, recordedUntil } from './minute-columns.ts';
import { known, list, type Parameters, typesOf } from './parameters.ts';
import * as query from './queries.ts';
import {
  decodeGaugeDays,
  decodeGaugeQuarters,
  decodeGauges,
  decodeMadeDays,
  decodePointDays,
  decodeSiteDays,
  decodeSites,
} from './rows.ts';
import { ReadTurns } from './read-turns.ts';
import { gatherRows } from './row-portions.ts';
import { type Decode, type Keyed, streamInParts, streamRows } from './row-stream.ts';
import { connectWriter } from './schema.ts';
import type { MadeDay, Store } from './store.ts';
import * as table from './tables.ts';

export interface DuckdbOptions {
  /** Memory for DuckDB's buffers, MiB; what does not fit is spilled to a directory beside the file. */
  readonly memoryMiB?: number;
  readonly threads?: number;
}

/** Numbers of points are INTEGERs. */
const MAX_POINT_ID = 2 ** 31 - 1;

/** As far as minutes are counted. */
const ALWAYS: Span = { fromMs: 0, toMs: (2 ** 31 - 1) * MINUTE_MS };

/**
 * The embedded store: one DuckDB file. Safe against `kill -9` and a loss of power at any instant: what was committed is there.
 * @throws StoreError where the file is in use, is not a store, or was made by another version.
 */
export async function openDuckdbStore(file: string, options: DuckdbOptions = {}): Promise<Store> {
  await mkdir(dirname(file), { recursive: true });
  const { instance, writer } = await connectWriter(file, options.memoryMiB ?? 64, options.threads ?? 2);
  return new DuckdbStore(instance, writer, await instance.connect());
}

class DuckdbStore implements Store {
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #reader: DuckDBConnection;
  readonly #turns = new ReadTurns();
  #inTransaction = false;

  constructor(instance: DuckDBInstance, writer: DuckDBConnection, reader: DuckDBConnection) {
    this.#instance = instance;
    this.#writer = writer;
    this.#reader = reader;
  }

  async progress(): Promise<number> {
    const result = await this.#reader.runAndReadAll(query.progressQuery);
    return Number(result.getRows()[0]?.[0]);
  }

  async begin(): Promise<void> {
    await this.#writer.run('BEGIN TRANSACTION');
    this.#inTransaction = true;
  }

  async writePointMinutes(rows: PointColumns, recordedMs: number): Promise<void> {
    this.#requireTransaction();
    await appendMinutes(this.#writer, rows, recordedMs);
  }

  writeGaugeMinutes(rows: readonly GaugeInterval[], recordedMs: number): Promise<void> {
    return this.#write(table.gaugeMinute, rows, recordedMs);
  }

  writePointQuarters(rows: readonly PointInterval[], recordedMs: number): Promise<void> {
    return this.#write(table.pointQuarter, rows, recordedMs);
  }

  writeSiteQuarters(rows: readonly SiteInterval[], recordedMs: number): Promise<void> {
    return this.#write(table.siteQuarter, rows, recordedMs);
  }

  writeGaugeQuarters(rows: readonly GaugeQuarter[], recordedMs: number): Promise<void> {
    return this.#write(table.gaugeQuarter, rows, recordedMs);
  }

  writePointDays(rows: readonly PointDay[], recordedMs: number): Promise<void> {
    return this.#write(table.pointDay, rows, recordedMs);
  }

  writeSiteDays(rows: readonly SiteDay[], recordedMs: number): Promise<void> {
    return this.#write(table.siteDay, rows, recordedMs);
  }

  writeGaugeDays(rows: readonly GaugeDay[], recordedMs: number): Promise<void> {
    return this.#write(table.gaugeDay, rows, recordedMs);
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

  async *readBack(span: Span, pointIds: readonly number[] | null): AsyncGenerator<PointColumns> {
    const [first, last] = (pointIds ?? [0, MAX_POINT_ID]).reduce<[number, number]>(
      ([least, most], pointId) => [Math.min(least, pointId), Math.max(most, pointId)],
      [MAX_POINT_ID, 0],
    );
    const parameters = { ...known(span, null), first, last };
    const memory = PointColumns.withRoomFor(CHUNK_ROWS).buffer;
    let recordedMs = 0;
    for await (const chunk of this.#chunks(query.minuteVersionsQuery, parameters)) {
      recordedMs = recordedUntil(chunk, recordedMs);
      yield minutesOf(chunk, memory);
    }
    if (recordedMs < Number.POSITIVE_INFINITY) return;
    // Something was written after what was recorded later: that does not happen to the collector. Once more, in order.
    for await (const chunk of this.#chunks(query.sortedVersionsQuery, parameters)) yield minutesOf(chunk, memory);
  }

  async *#chunks(sql: string, parameters: Parameters): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.#writer.stream(sql, parameters, typesOf(parameters));
    for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
      if (chunk.rowCount === 0) break;
      yield chunk;
    }
  }

  readBackGauges(
    span: Span,
    pointIds: readonly number[] | null,
    channels: readonly Channel[],
  ): AsyncGenerator<readonly GaugeInterval[]> {
    const asked = { ...known(span, null), channels: list(channels) };
    return pointIds === null
      ? this.#stream(query.gaugesOfAllQuery, asked, decodeGauges)
      : this.#stream(query.gaugesOfQuery, { ...asked, points: list(pointIds) }, decodeGauges);
  }

  async extent(pointIds: readonly number[]): Promise<Span | null> {
    const [first, last] = await this.#ask(query.extentQuery, { ...known(ALWAYS, null), points: list(pointIds) });
    if (first == null || last == null) return null;
    return { fromMs: quarterOf(first * MINUTE_MS), toMs: quarterOf(last * MINUTE_MS) + QUARTER_MS };
  }

  readBackPointQuarters(pointIds: readonly number[], span: Span): Promise<PointInterval[]> {
    return this.#readBack(query.pointQuartersQuery, { ...known(span, null), points: list(pointIds) }, decodePoints);
  }

  readBackSiteQuarters(siteIds: readonly number[], span: Span): Promise<SiteInterval[]> {
    const sites = list(siteIds);
    const read = (part: Span): AsyncGenerator<SiteInterval[]> =>
      this.#stream(query.siteQuartersOfAllQuery, { ...known(part, null), sites }, decodeSites);
    return gatherRows(streamInParts(span, read));
  }

  readBackGaugeQuarters(pointIds: readonly number[], span: Span): Promise<GaugeQuarter[]> {
    const asked = { ...known(span, null), points: list(pointIds) };
    return this.#readBack(query.gaugeQuartersOfAllQuery, asked, decodeGaugeQuarters);
  }

  readBackMadeDays(siteIds: readonly number[], span: Span): Promise<MadeDay[]> {
    const asked = { ...known(span, null), partial: table.WHOLE_SITE, sites: list(siteIds) };
    return this.#readBack(query.madeDaysOfAllQuery, asked, decodeMadeDays);
  }

  async pointMinutes(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]> {
    if (pointIds.length === 0) return [];
    return this.#read(query.minutesQuery, { ...known(span, asOfMs), points: list(pointIds) }, decodePoints);
  }

  async pointQuarters(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]> {
    if (pointIds.length === 0) return [];
    return this.#read(query.pointQuartersQuery, { ...known(span, asOfMs), points: list(pointIds) }, decodePoints);
  }

  async *pointDays(
    pointIds: readonly number[],
    span: Span,
    asOfMs: number | null,
  ): AsyncGenerator<readonly PointDay[]> {
    const asked = { ...known(span, asOfMs), points: list(pointIds) };
    yield* this.#portions(query.pointDaysQuery, asked, decodePointDays);
  }

  siteQuarters(siteId: number, partial: string | null, span: Span, asOfMs: number | null): Promise<SiteInterval[]> {
    const read = (part: Span): AsyncGenerator<SiteInterval[]> =>
      this.#portions(query.siteQuartersQuery, { ...known(part, asOfMs), ...ofSite(siteId, partial) }, decodeSites);
    return gatherRows(streamInParts(span, read));
  }

  siteDays(siteId: number, partial: string | null, span: Span, asOfMs: number | null): Promise<SiteDay[]> {
    return this.#read(query.siteDaysQuery, { ...known(span, asOfMs), ...ofSite(siteId, partial) }, decodeSiteDays);
  }

  madeDays(siteId: number, beforeMs: number, asOfMs: number | null): Promise<MadeDay[]> {
    const span = { ...ALWAYS, toMs: beforeMs };
    return this.#read(query.madeDaysQuery, { ...known(span, asOfMs), ...ofSite(siteId, null) }, decodeMadeDays);
  }

  gaugeMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<GaugeInterval[]> {
    return this.#read(query.gaugesQuery, { ...known(span, asOfMs), point: pointId }, decodeGauges);
  }

  async gaugeQuarters(
    pointIds: readonly number[],
    channel: Channel,
    span: Span,
    asOfMs: number | null,
  ): Promise<GaugeQuarter[]> {
    if (pointIds.length === 0) return [];
    const asked = { ...known(span, asOfMs), points: list(pointIds), channel };
    return this.#read(query.gaugeQuartersQuery, asked, decodeGaugeQuarters);
  }

  async gaugeDays(
    pointIds: readonly number[],
    channel: Channel,
    span: Span,
    asOfMs: number | null,
  ): Promise<GaugeDay[]> {
    if (pointIds.length === 0) return [];
    const asked = { ...known(span, asOfMs), points: list(pointIds), channel };
    return this.#read(query.gaugeDaysQuery, asked, decodeGaugeDays);
  }

  async close(): Promise<void> {
    await this.rollback();
    await this.#turns.idle();
    try {
      await this.#writer.run('CHECKPOINT');
    } finally {
      this.#reader.closeSync();
      this.#writer.closeSync();
      this.#instance.closeSync();
    }
  }

  async #write<Row>(into: table.Table<Row>, rows: readonly Row[], recordedMs: number): Promise<void> {
    this.#requireTransaction();
    await appendRows(this.#writer, into, rows, recordedMs);
  }

  #requireTransaction(): void {
    if (!this.#inTransaction) throw new Error('a write outside a transaction');
  }

  /** Rows as the transaction under way sees them. */
  #stream<Row extends Keyed>(sql: string, parameters: Parameters, decode: Decode<Row>): AsyncGenerator<Row[]> {
    return streamRows(this.#writer, sql, parameters, decode);
  }

  async #readBack<Row extends Keyed>(sql: string, parameters: Parameters, decode: Decode<Row>): Promise<Row[]> {
    return gatherRows(this.#stream(sql, parameters, decode));
  }

  /** The numbers of the only row that a query gives, in the same way. */
  async #ask(sql: string, parameters: Parameters): Promise<(number | null)[]> {
    const result = await this.#writer.runAndReadAll(sql, parameters, typesOf(parameters));
    return (result.getRows()[0] ?? []).map((value) => (value === null ? null : Number(value)));
  }

  #read<Row extends Keyed>(sql: string, parameters: Parameters, decode: Decode<Row>): Promise<Row[]> {
    return gatherRows(this.#portions(sql, parameters, decode));
  }

  /** What was committed. */
  #portions<Row extends Keyed>(sql: string, parameters: Parameters, decode: Decode<Row>): AsyncGenerator<Row[]> {
    return this.#turns.take(() => streamRows(this.#reader, sql, parameters, decode));
  }
}

function ofSite(siteId: number, partial: string | null): Parameters {
  return { site: siteId, partial: partial ?? table.WHOLE_SITE };
}
