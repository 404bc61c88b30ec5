import type { Channel } from '@wattmark/shared/channels';
import type { GaugeDay, GaugeInterval, GaugeQuarter, PointDay, PointInterval, Span } from '../accounting/interval.ts';
import type { PointColumns } from '../accounting/point-columns.ts';
import type { SiteDay, SiteInterval } from '../site/site.ts';

/** A local day of a site that has its rows: a point of the site, or a part of it, without one is unknown for all of it. */
export interface MadeDay {
  readonly siteId: number;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Where rows of three lengths are kept: minutes, quarter-hours and local days. A store only hands them back; all adding up is
 * done by its readers, so that every store gives the same figures. Rows are absolute values and are only ever appended: of
 * several rows of one interval (of the same beginning and end) the one recorded last wins, of those recorded at once the one
 * written last, and "as known at `asOfMs`" looks only at rows recorded by then (null: at all). Rows are handed back to the last
 * bit as they were written, in the order of time, then of points, then of channels. A row belongs to a span where it begins in
 * it.
 *
 * Writes come from one writer, in this order: `begin`, any number of writes and reads back, `commit`. Reads back see what the
 * transaction under way wrote; other reads may come at any time and see what was committed last. Those who ask bound what one
 * answer holds.
 */
export interface Store {
  /** Position in the evidence log whose consequences are all in the store; 0 for an empty store. */
  progress(): Promise<number>;

  begin(): Promise<void>;
  writePointMinutes(rows: PointColumns, recordedMs: number): Promise<void>;
  writeGaugeMinutes(rows: readonly GaugeInterval[], recordedMs: number): Promise<void>;
  writePointQuarters(rows: readonly PointInterval[], recordedMs: number): Promise<void>;
  writeSiteQuarters(rows: readonly SiteInterval[], recordedMs: number): Promise<void>;
  writeGaugeQuarters(rows: readonly GaugeQuarter[], recordedMs: number): Promise<void>;
  /** A site's day has a row of the whole site, even where nothing is known: it says that the day is made. */
  writeSiteDays(rows: readonly SiteDay[], recordedMs: number): Promise<void>;
  writePointDays(rows: readonly PointDay[], recordedMs: number): Promise<void>;
  writeGaugeDays(rows: readonly GaugeDay[], recordedMs: number): Promise<void>;
  /** Makes all writes since `begin` visible at once, with the position they reach. */
  commit(position: number): Promise<void>;
  /** Forgets the writes since `begin`. */
  rollback(): Promise<void>;

  /**
   * Minutes of these points or (null) of all, in batches of bounded size, in any order. There may be others among them: of other
   * points, and older versions, but of those the newest comes last. A batch holds until the next one is asked for.
   */
  readBack(span: Span, pointIds: readonly number[] | null): AsyncIterable<PointColumns>;
  /** Newest minutes of gauges, of some channels, ordered by minute. */
  readBackGauges(
    span: Span,
    pointIds: readonly number[] | null,
    channels: readonly Channel[],
  ): AsyncIterable<readonly GaugeInterval[]>;
  /** Quarter-hours of which there are minutes of these points; null without any. */
  extent(pointIds: readonly number[]): Promise<Span | null>;
  readBackPointQuarters(pointIds: readonly number[], span: Span): Promise<PointInterval[]>;
  /** Of the sites and of their parts. */
  readBackSiteQuarters(siteIds: readonly number[], span: Span): Promise<SiteInterval[]>;
  readBackGaugeQuarters(pointIds: readonly number[], span: Span): Promise<GaugeQuarter[]>;
  /** The sites' days that are made and overlap with the span, whichever their time zone was. */
  readBackMadeDays(siteIds: readonly number[], span: Span): Promise<MadeDay[]>;

  pointMinutes(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]>;
  pointQuarters(pointIds: readonly number[], span: Span, asOfMs: number | null): Promise<PointInterval[]>;
  /** In portions, to be gone through without asking for anything else meanwhile: a year of a hall is some ten thousand rows. */
  pointDays(pointIds: readonly number[], span: Span, asOfMs: number | null): AsyncIterable<readonly PointDay[]>;
  /** Of the whole site (`partial` null), or of one of its parts. */
  siteQuarters(siteId: number, partial: string | null, span: Span, asOfMs: number | null): Promise<SiteInterval[]>;
  siteDays(siteId: number, partial: string | null, span: Span, asOfMs: number | null): Promise<SiteDay[]>;
  /** The site's days that are made and begin before an instant. */
  madeDays(siteId: number, beforeMs: number, asOfMs: number | null): Promise<MadeDay[]>;
  gaugeMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<GaugeInterval[]>;
  gaugeQuarters(
    pointIds: readonly number[],
    channel: Channel,
    span: Span,
    asOfMs: number | null,
  ): Promise<GaugeQuarter[]>;
  gaugeDays(pointIds: readonly number[], channel: Channel, span: Span, asOfMs: number | null): Promise<GaugeDay[]>;

  close(): Promise<void>;
}
