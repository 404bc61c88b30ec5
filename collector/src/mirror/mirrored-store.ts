import type { Channel } from '@wattmark/shared/channels';
import type { GaugeDay, GaugeInterval, GaugeQuarter, PointDay, PointInterval, Span } from '../accounting/interval.ts';
import { PointColumns } from '../accounting/point-columns.ts';
import { type Kind, kinds, newestLine } from '../influx/kinds.ts';
import type { Names } from '../influx/names.ts';
import type { SiteDay, SiteInterval } from '../site/site.ts';
import type { MadeDay, Store } from '../store/store.ts';
import { MAX_LINES } from './batch.ts';
import type { LineQueue } from './line-queue.ts';
import { Outbox } from './outbox.ts';
import { type PackedRows, packGauges, packPoints } from './packed-rows.ts';

/**
 * A store whose writes are queued for mirrors, too. What a transaction writes is on disk in the queues before it is committed, so
 * that no crash can leave it out; one that is rolled back is written again with the same values, and does no harm there.
 */
export class MirroredStore implements Store {
  readonly #store: Store;
  readonly #names: Names;
  readonly #outbox: Outbox;

  constructor(store: Store, queues: readonly Pick<LineQueue, 'append'>[], names: Names) {
    this.#store = store;
    this.#names = names;
    this.#outbox = new Outbox(queues);
  }

  begin(): Promise<void> {
    this.#outbox.clear();
    return this.#store.begin();
  }

  async commit(position: number): Promise<void> {
    await this.#outbox.flush();
    await this.#store.commit(position);
  }

  rollback(): Promise<void> {
    this.#outbox.clear();
    return this.#store.rollback();
  }

  async writePointMinutes(rows: PointColumns, recordedMs: number): Promise<void> {
    await this.#addPoints('point-minutes', rows, recordedMs);
    await this.#store.writePointMinutes(rows, recordedMs);
  }

  async writeGaugeMinutes(rows: readonly GaugeInterval[], recordedMs: number): Promise<void> {
    for (let at = 0; at < rows.length; at += MAX_LINES)
      await this.#addRows(packGauges(rows.slice(at, at + MAX_LINES), recordedMs, this.#names));
    await this.#store.writeGaugeMinutes(rows, recordedMs);
  }

  async writePointQuarters(rows: readonly PointInterval[], recordedMs: number): Promise<void> {
    await this.#addPoints('point-quarters', PointColumns.of(rows), recordedMs);
    await this.#store.writePointQuarters(rows, recordedMs);
  }

  async writeSiteQuarters(rows: readonly SiteInterval[], recordedMs: number): Promise<void> {
    await this.#add(kinds.siteQuarter, rows.filter(isWhole), recordedMs);
    await this.#add(kinds.partQuarter, rows.filter(isPart), recordedMs);
    await this.#store.writeSiteQuarters(rows, recordedMs);
  }

  async writeGaugeQuarters(rows: readonly GaugeQuarter[], recordedMs: number): Promise<void> {
    await this.#add(kinds.gaugeQuarter, rows, recordedMs);
    await this.#store.writeGaugeQuarters(rows, recordedMs);
  }

  async writePointDays(rows: readonly PointDay[], recordedMs: number): Promise<void> {
    await this.#add(kinds.pointDay, rows, recordedMs);
    await this.#store.writePointDays(rows, recordedMs);
  }

  async writeSiteDays(rows: readonly SiteDay[], recordedMs: number): Promise<void> {
    await this.#add(kinds.siteDay, rows.filter(isWhole), recordedMs);
    await this.#add(kinds.partDay, rows.filter(isPart), recordedMs);
    await this.#store.writeSiteDays(rows, recordedMs);
  }

  async writeGaugeDays(rows: readonly GaugeDay[], recordedMs: number): Promise<void> {
    await this.#add(kinds.gaugeDay, rows, recordedMs);
    await this.#store.writeGaugeDays(rows, recordedMs);
  }

  async #addPoints(content: 'point-minutes' | 'point-quarters', rows: PointColumns, recordedMs: number): Promise<void> {
    for (let at = 0; at < rows.length; at += MAX_LINES)
      await this.#addRows(packPoints(content, rows.part(at, at + MAX_LINES), recordedMs, this.#names));
  }

  async #addRows(packed: PackedRows): Promise<void> {
    this.#outbox.addRows(packed);
    if (this.#outbox.isFull) await this.#outbox.flush();
  }

  async #add<Row extends { readonly startMs: number }>(
    kind: Kind<Row>,
    rows: Iterable<Row>,
    recordedMs: number,
  ): Promise<void> {
    const { database } = kind.measurement;
    for (const row of rows) {
      this.#outbox.add(database, newestLine(kind, { row, recordedMs }, this.#names));
      if (this.#outbox.isFull) await this.#outbox.flush();
    }
  }

  progress(): Promise<number> {
    return this.#store.progress();
  }

  readBack(span: Span, pointIds: readonly number[] | null): AsyncIterable<PointColumns> {
    return this.#store.readBack(span, pointIds);
  }

  readBackGauges(
    span: Span,
    pointIds: readonly number[] | null,
    channels: readonly Channel[],
  ): AsyncIterable<readonly GaugeInterval[]> {
    return this.#store.readBackGauges(span, pointIds, channels);
  }

  extent(pointIds: readonly number[]): Promise<Span | null> {
    return this.#store.extent(pointIds);
  }

  readBackPointQuarters(pointIds: readonly number[], span: Span): Promise<PointInterval[]> {
    return this.#store.readBackPointQuarters(pointIds, span);
  }

  readBackSiteQuarters(siteIds: readonly number[], span: Span): Promise<SiteInterval[]> {
    return this.#store.readBackSiteQuarters(siteIds, span);
  }

  readBackGaugeQuarters(pointIds: readonly number[], span: Span): Promise<GaugeQuarter[]> {
    return this.#store.readBackGaugeQuarters(pointIds, span);
  }

  readBackMadeDays(siteIds: readonly number[], span: Span): Promise<MadeDay[]> {
    return this.#store.readBackMadeDays(siteIds, span);
  }

  pointMinutes(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]> {
    return this.#store.pointMinutes(pointIds, span, asOfMs);
  }

  pointQuarters(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]> {
    return this.#store.pointQuarters(pointIds, span, asOfMs);
  }

  pointDays(pointIds: readonly number[], span: Span, asOfMs: number | null): AsyncIterable<readonly PointDay[]> {
    return this.#store.pointDays(pointIds, span, asOfMs);
  }

  siteQuarters(siteId: number, partial: string | null, span: Span, asOfMs: number | null): Promise<SiteInterval[]> {
    return this.#store.siteQuarters(siteId, partial, span, asOfMs);
  }

  siteDays(siteId: number, partial: string | null, span: Span, asOfMs: number | null): Promise<SiteDay[]> {
    return this.#store.siteDays(siteId, partial, span, asOfMs);
  }

  madeDays(siteId: number, beforeMs: number, asOfMs: number | null): Promise<MadeDay[]> {
    return this.#store.madeDays(siteId, beforeMs, asOfMs);
  }

  gaugeMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<GaugeInterval[]> {
    return this.#store.gaugeMinutes(pointId, span, asOfMs);
  }

  gaugeQuarters(
    pointIds: readonly number[],
    channel: Channel,
    span: Span,
    asOfMs: number | null,
  ): Promise<GaugeQuarter[]> {
    return this.#store.gaugeQuarters(pointIds, channel, span, asOfMs);
  }

  gaugeDays(pointIds: readonly number[], channel: Channel, span: Span, asOfMs: number | null): Promise<GaugeDay[]> {
    return this.#store.gaugeDays(pointIds, channel, span, asOfMs);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

function isWhole({ partial }: SiteInterval): boolean {
  return partial === null;
}

function isPart(row: SiteInterval): boolean {
  return !isWhole(row);
}
