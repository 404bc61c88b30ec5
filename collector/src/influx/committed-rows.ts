import type { Channel } from '@wattmark/shared/channels';
import type { GaugeDay, GaugeInterval, GaugeQuarter, PointDay, PointInterval, Span } from '../accounting/interval.ts';
import type { SiteDay, SiteInterval } from '../site/site.ts';
import type { MadeDay, Store } from '../store/store.ts';
import { madeDay } from './kinds.ts';
import type { Names } from './names.ts';
import { ReadGate } from './read-gate.ts';
import type { RowReader, Selection } from './reader.ts';
import type { Table } from './table.ts';
import type { Tables } from './tables.ts';

type Reads =
  | 'pointMinutes'
  | 'pointQuarters'
  | 'pointDays'
  | 'siteQuarters'
  | 'siteDays'
  | 'madeDays'
  | 'gaugeMinutes'
  | 'gaugeQuarters'
  | 'gaugeDays';

/** What readers of the store ask, as known at an instant; a few questions at a time. */
export class CommittedRows implements Pick<Store, Reads> {
  readonly #tables: Tables;
  readonly #reader: RowReader;
  readonly #names: Names;
  readonly #gate = new ReadGate();

  constructor(tables: Tables, reader: RowReader, names: Names) {
    this.#tables = tables;
    this.#reader = reader;
    this.#names = names;
  }

  pointMinutes(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]> {
    return this.#ofPoints(this.#tables.pointMinute, pointIds, {}, span, asOfMs);
  }

  pointQuarters(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]> {
    return this.#ofPoints(this.#tables.pointQuarter, pointIds, {}, span, asOfMs);
  }

  async *pointDays(
    pointIds: readonly number[],
    span: Span,
    asOfMs: number | null,
  ): AsyncGenerator<readonly PointDay[]> {
    yield await this.#ofPoints(this.#tables.pointDay, pointIds, {}, span, asOfMs);
  }

  siteQuarters(siteId: number, partial: string | null, span: Span, asOfMs: number | null): Promise<SiteInterval[]> {
    const { siteQuarter, partQuarter } = this.#tables;
    return this.#ofSite(partial === null ? siteQuarter : partQuarter, siteId, partial, span, asOfMs);
  }

  siteDays(siteId: number, partial: string | null, span: Span, asOfMs: number | null): Promise<SiteDay[]> {
    const { siteDay, partDay } = this.#tables;
    return this.#ofSite(partial === null ? siteDay : partDay, siteId, partial, span, asOfMs);
  }

  async madeDays(siteId: number, beforeMs: number, asOfMs: number | null): Promise<MadeDay[]> {
    const selection = this.#names.selectionOfSites([siteId]);
    const span = { fromMs: 0, toMs: beforeMs };
    const days = await this.#gate.pass(() => this.#reader.rows(madeDay, selection, span, asOfMs));
    return days.map(({ row }) => row).sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
  }

  gaugeMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<GaugeInterval[]> {
    return this.#ofPoints(this.#tables.gaugeMinute, [pointId], {}, span, asOfMs);
  }

  gaugeQuarters(
    pointIds: readonly number[],
    channel: Channel,
    span: Span,
    asOfMs: number | null,
  ): Promise<GaugeQuarter[]> {
    return this.#ofPoints(this.#tables.gaugeQuarter, pointIds, { channel: [channel] }, span, asOfMs);
  }

  gaugeDays(pointIds: readonly number[], channel: Channel, span: Span, asOfMs: number | null): Promise<GaugeDay[]> {
    return this.#ofPoints(this.#tables.gaugeDay, pointIds, { channel: [channel] }, span, asOfMs);
  }

  async #ofPoints<Row extends { readonly startMs: number; readonly pointId: number }>(
    table: Table<Row>,
    pointIds: readonly number[],
    beside: Selection,
    span: Span,
    asOfMs: number | null,
  ): Promise<Row[]> {
    if (pointIds.length === 0 || span.fromMs >= span.toMs) return [];
    const wanted = new Set(pointIds);
    const selection = { ...this.#names.selectionOf(pointIds), ...beside };
    const rows = await this.#gate.pass(() => table.committed(selection, span, asOfMs));
    return rows.filter(({ pointId }) => wanted.has(pointId));
  }

  async #ofSite<Row extends SiteInterval>(
    table: Table<Row>,
    siteId: number,
    partial: string | null,
    span: Span,
    asOfMs: number | null,
  ): Promise<Row[]> {
    if (span.fromMs >= span.toMs) return [];
    const selection = { ...this.#names.selectionOfSites([siteId]), ...(partial !== null && { part: [partial] }) };
    return this.#gate.pass(() => table.committed(selection, span, asOfMs));
  }
}
