import type { Channel } from '@wattmark/shared/channels';
import type { Quality, SourcesReport } from '@wattmark/shared/messages';
import type { Level, Role } from '@wattmark/shared/roles';
import type { GaugeInterval, GaugeMean, PointInterval, Span } from './accounting/interval.ts';
import type { RecordedCorrection } from './corrections/book.ts';
import type { SiteNotes } from './findings/notes.ts';
import type { LevelSum } from './kpi/level.ts';
import type { EnergyCount } from './site/energy-counters.ts';
import type { MirrorState } from './mirror/mirror.ts';
import type { Site, SiteSum } from './site/site.ts';

/** A site's figures at this moment. Null is unknown. */
export interface Live {
  readonly site: string;
  /** Time of the newest reading; null before the first. */
  readonly atMs: number | null;
  readonly totalW: number | null;
  readonly itW: number | null;
  /** Total over IT power, instantaneous; not a PUE, which is a ratio of energies. */
  readonly ratio: number | null;
  readonly byRole: Readonly<Partial<Record<Role, number | null>>>;
  /** Points of the balance whose last reading is older than three of their intervals. */
  readonly stale: readonly string[];
  /** Whether the total is the supply metered, or the sum of the parts for want of supply meters. */
  readonly totalFrom: 'supply' | 'parts' | null;
  /** The level at which IT power is taken: the deepest that measures all of the IT. Null where nobody said, and of a station. */
  readonly level: Level | null;
}

export interface ChannelValue {
  readonly channel: Channel;
  readonly value: number;
  readonly quality: Quality;
  readonly atMs: number;
}

export type AgentState = 'online' | 'offline' | 'unknown';

export interface AgentFigures {
  readonly agent: string;
  readonly site: string;
  readonly group: string;
  readonly state: AgentState;
  readonly lastSeenMs: number | null;
  readonly epoch: string | null;
  readonly seq: number | null;
  /** Messages that the agent itself lost, by its births. */
  readonly lost: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Arrival time less the newest message's own time, where that message was not from a backlog; null before any. */
  readonly clockSkewMs: number | null;
  readonly spoolDepth: number | null;
  readonly software: string | null;
  /** How its sources do, as it said last; null where it says nothing of them. */
  readonly sources: SourcesReport | null;
}

/** The collector's own health. Counters count since the process started. */
export interface Health {
  /** Null while all is well; otherwise what is wrong, in words for an operator. */
  readonly problem: string | null;
  readonly counters: Readonly<Record<string, number>>;
  /** Messages rejected, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  readonly mirrors: readonly MirrorState[];
}

/** Everything that the API, the page and the metrics read; the only door from them into the collector. */
export interface Figures {
  sites(): readonly Site[];
  site(site: string): Site | undefined;
  live(site: string): Live;
  /** What a site has used, as a counter that never goes back; null before anything is known. */
  energy(site: Site): EnergyCount | null;
  /** The last value of each channel of a point; empty before any. */
  channelValues(site: string, point: string): readonly ChannelValue[];
  /** In the order of their numbers. */
  agents(): readonly AgentFigures[];
  /** What was noted of a site's readings, clocks and registers. */
  notes(site: Site): SiteNotes;
  /** What was put on record about a site's readings afterwards, oldest first. */
  corrections(site: Site): readonly RecordedCorrection[];
  /** The longest time between two readings, ms, of each point of a site in the imports that touch a span, by number. */
  importedIntervals(site: Site, span: Span, asOfMs: number | null): ReadonlyMap<number, number>;
  health(): Health;
  /** Calls back at most once a second per site with the id of a site whose live figures changed. Returns the unsubscriber. */
  onLive(listener: (site: string) => void): () => void;
  /** A site's minutes, including those not stored yet. At most 2,880. */
  siteMinutes(site: Site, span: Span, asOfMs: number | null): Promise<SiteSum[]>;
  /** A site's sums between successive boundaries (on quarter-hours), including minutes not rolled up yet. */
  siteSums(site: Site, boundariesMs: readonly number[], asOfMs: number | null): Promise<SiteSum[]>;
  /**
   * Sums of one part of a site (`partials` of its file) between successive boundaries (on quarter-hours): its pPUE is total over
   * IT energy of the paired time. Throws RangeError where the site has no such part.
   */
  partialSums(site: Site, partial: string, boundariesMs: readonly number[], asOfMs: number | null): Promise<LevelSum[]>;
  pointMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<PointInterval[]>;
  /** Points' sums between successive boundaries (on quarter-hours), in the order of time and then of points. */
  pointSumsOf(
    pointIds: readonly number[],
    boundariesMs: readonly number[],
    asOfMs: number | null,
  ): Promise<PointInterval[]>;
  /** Points' single quarter-hours, given in order of time, in the order of time and then of points. */
  pointQuarters(
    pointIds: readonly number[],
    startsMs: readonly number[],
    asOfMs: number | null,
  ): Promise<PointInterval[]>;
  gaugeMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<GaugeInterval[]>;
  /**
   * Points' means of a channel that is rolled up, over a span on quarter-hours: of those that have ended, in the order of
   * points.
   */
  gaugeMeansOf(pointIds: readonly number[], channel: Channel, span: Span, asOfMs: number | null): Promise<GaugeMean[]>;
}
