import type { Channel } from '@wattmark/shared/channels';
import type { GaugeInterval, GaugeMean, PointInterval, Span } from '../accounting/interval.ts';
import type { SiteInterval, SiteSum } from '../site/site.ts';

/**
 * Where intervals are kept. Rows are absolute values and are only ever appended: of several rows of one interval the
 * one recorded last wins, and "as known at `asOfMs`" looks only at rows recorded by then (null: at all).
 *
 * Writes come from one writer, in this order: `begin`, any number of writes and reads back, `commit`. Other reads may
 * come at any time and see what was committed last.
 */
export interface Store {
  /** Position in the evidence log whose consequences are all in the store; 0 for an empty store. */
  progress(): Promise<number>;

  begin(): Promise<void>;
  writePointMinutes(rows: readonly PointInterval[], recordedMs: number): Promise<void>;
  writeGaugeMinutes(rows: readonly GaugeInterval[], recordedMs: number): Promise<void>;
  writePointQuarters(rows: readonly PointInterval[], recordedMs: number): Promise<void>;
  writeSiteQuarters(rows: readonly SiteInterval[], recordedMs: number): Promise<void>;
  /** Writes the quarter-hours of the gauges that are rolled up, of these points or (null) of all, from their newest minutes. */
  rollUpGauges(span: Span, pointIds: readonly number[] | null, recordedMs: number): Promise<void>;
  /** Newest minutes as the transaction under way sees them, in batches of bounded size, ordered by minute. */
  readBack(span: Span, pointIds: readonly number[] | null): AsyncIterable<readonly PointInterval[]>;
  /** Quarter-hours of which there are minutes of these points, as the transaction under way sees them; null without any. */
  extent(pointIds: readonly number[]): Promise<Span | null>;
  /** Makes all writes since `begin` visible at once, with the position they reach. */
  commit(position: number): Promise<void>;
  /** Forgets the writes since `begin`. */
  rollback(): Promise<void>;

  pointMinutes(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]>;
  gaugeMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<GaugeInterval[]>;
  /** Points' means of a channel over its quarter-hours in a span (on quarter-hours), in the order of points. */
  gaugeMeansOf(pointIds: readonly number[], channel: Channel, span: Span, asOfMs: number | null): Promise<GaugeMean[]>;
  /**
   * Sums of points' quarter-hours between successive boundaries (ascending, on quarter-hours), in the order of time and then of
   * points; no row where nothing is known.
   */
  pointSumsOf(
    pointIds: readonly number[],
    boundariesMs: readonly number[],
    asOfMs: number | null,
  ): Promise<PointInterval[]>;
  /** Single quarter-hours of points, given in order of time, in the order of time and then of points. */
  pointQuarters(
    pointIds: readonly number[],
    startsMs: readonly number[],
    asOfMs: number | null,
  ): Promise<PointInterval[]>;
  /**
   * Sums of a site's quarter-hours, or of those of one of its parts, between successive boundaries (ascending, on
   * quarter-hours); no row where nothing is known.
   */
  siteSums(
    siteId: number,
    boundariesMs: readonly number[],
    asOfMs: number | null,
    partial?: string | null,
  ): Promise<SiteSum[]>;

  close(): Promise<void>;
}
