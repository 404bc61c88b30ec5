import type { Channel } from '@wattmark/shared/channels';
import type { GaugeInterval, GaugeMean, PointInterval, Span } from './accounting/interval.ts';
import { type RecordedCorrection, touching } from './corrections/book.ts';
import type { AgentFigures, ChannelValue, Figures, Health, Live } from './figures.ts';
import type { RegisterNote, SiteNotes } from './findings/notes.ts';
import type { Fold } from './fold.ts';
import { spanOfImport } from './import/import-book.ts';
import type { Ingest } from './ingest/ingest.ts';
import type { LevelSum } from './kpi/level.ts';
import { pointMinutes, type Sources, siteMinutes } from './kpi/minutes.ts';
import { gaugeMeansOf, partialSums, pointQuarters, pointSumsOf, siteSums } from './kpi/sums.ts';
import type { LiveFigures } from './live-figures.ts';
import type { MirrorState } from './mirror/mirror.ts';
import type { Recorder } from './recorder.ts';
import type { EnergyCount, EnergyCounters } from './site/energy-counters.ts';
import type { Rollup } from './site/rollup.ts';
import type { Site, SiteSum } from './site/site.ts';
import { plansBehind, type VirtualPlan, virtualPlansOf } from './site/virtual-rows.ts';
import type { Store } from './store/store.ts';

export interface FiguresParts {
  readonly fold: Fold;
  readonly ingest: Ingest;
  readonly live: LiveFigures;
  readonly recorder: Recorder;
  readonly rollup: Rollup;
  readonly energy: EnergyCounters;
  readonly store: Store;
  /** What is wrong with the collector as a whole, null while all is well. */
  readonly problem: () => string | null;
  readonly evidenceBytes: () => number;
  readonly mirrors: () => readonly MirrorState[];
}

/** The collector as its readers see it: memory and store together. */
export class CollectorFigures implements Figures {
  readonly #parts: FiguresParts;
  /** Of each version of a site. */
  readonly #plans = new WeakMap<Site, readonly VirtualPlan[]>();

  constructor(parts: FiguresParts) {
    this.#parts = parts;
  }

  sites(): readonly Site[] {
    return this.#parts.fold.allSites();
  }

  site(site: string): Site | undefined {
    const siteId = this.#parts.fold.catalogue.siteId(site);
    return siteId === undefined ? undefined : this.#parts.fold.registry.site(siteId);
  }

  live(site: string): Live {
    const found = this.site(site);
    if (found === undefined) throw new RangeError(`unknown site ${site}`);
    return this.#parts.live.live(found);
  }

  energy({ siteId }: Site): EnergyCount | null {
    return this.#parts.energy.of(siteId);
  }

  channelValues(site: string, point: string): readonly ChannelValue[] {
    const { catalogue } = this.#parts.fold;
    const siteId = catalogue.siteId(site);
    const pointId = siteId === undefined ? undefined : catalogue.pointId(siteId, point);
    if (siteId === undefined || pointId === undefined) return [];
    return this.#parts.live.channelValues(this.#parts.fold.registry.site(siteId), pointId);
  }

  agents(): readonly AgentFigures[] {
    const { catalogue, agents } = this.#parts.fold;
    return catalogue.agents.map(({ agent, siteId }, agentId) => {
      const key = catalogue.sites[siteId];
      const entry = this.#parts.ingest.entry(agentId);
      const cursor = agents[agentId];
      return {
        agent,
        site: key?.site ?? '',
        group: key?.group ?? '',
        state: entry?.state ?? 'unknown',
        lastSeenMs: entry?.seenMs ?? finite(cursor?.receivedMs),
        epoch: cursor?.epoch ?? null,
        seq: cursor?.epoch == null ? null : cursor.seq,
        lost: cursor?.lost ?? 0,
        duplicates: entry?.duplicates ?? 0,
        rejected: entry?.rejected ?? 0,
        clockSkewMs: entry?.clockSkewMs ?? null,
        spoolDepth: entry?.spoolDepth ?? null,
        software: cursor?.software ?? null,
        sources: entry?.sources ?? null,
      };
    });
  }

  notes({ siteId, points }: Site): SiteNotes {
    const { catalogue, accounting } = this.#parts.fold;
    const pointIds = points.flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
    return {
      incidents: pointIds.flatMap((pointId) => accounting.incidents.of(pointId)),
      clocks: catalogue.agentsOf(siteId).flatMap((agentId) => accounting.clocks.of(agentId)),
      registers: pointIds.flatMap((pointId) => this.#register(pointId) ?? []),
      meters: pointIds.flatMap((pointId) => this.#parts.fold.meters.of(pointId)),
    };
  }

  corrections({ siteId }: Site): readonly RecordedCorrection[] {
    const { corrections, imports, catalogue } = this.#parts.fold;
    return corrections.recorded(siteId, (id) => {
      const made = imports.find(id);
      if (made === undefined || made.series.length === 0) return null;
      const points = made.series.map(({ pointId }) => catalogue.points[pointId]?.point ?? '');
      return { points: [...new Set(points)], span: spanOfImport(made) };
    });
  }

  importedIntervals(site: Site, { fromMs, toMs }: Span, asOfMs: number | null): ReadonlyMap<number, number> {
    const { imports } = this.#parts.fold;
    const longest = new Map<number, number>();
    // Most sites have none, and their corrections are not asked for.
    if (!imports.all().some(({ siteId }) => siteId === site.siteId)) return longest;
    for (const { change } of touching(this.corrections(site), { fromMs, toMs }, asOfMs)) {
      for (const series of change.kind === 'import' ? (imports.find(change.import)?.series ?? []) : []) {
        if (series.fromMs >= toMs || series.toMs <= fromMs) continue;
        longest.set(series.pointId, Math.max(series.intervalMs, longest.get(series.pointId) ?? 0));
      }
    }
    return longest;
  }

  health(): Health {
    const { fold, ingest, recorder, energy, evidenceBytes, problem, mirrors } = this.#parts;
    const { late, ahead, conflicting, resets, gaps } = fold.accounting.counters;
    return {
      problem: problem(),
      counters: {
        messages: ingest.counters.messages,
        readings: ingest.counters.readings,
        duplicate_messages: ingest.counters.duplicates,
        early_messages: ingest.counters.early,
        lost_messages: ingest.counters.lost,
        late_readings: late,
        ahead_readings: ahead,
        conflicting_readings: conflicting,
        register_resets: resets,
        sample_gaps: gaps,
        late_site_minutes: energy.lateMinutes,
      },
      rejected: ingest.rejects.toRecord(),
      gauges: {
        sites: fold.catalogue.sites.length,
        agents: fold.catalogue.agents.length,
        points: fold.catalogue.points.length,
        evidence_frames: fold.cursor.position,
        evidence_bytes: evidenceBytes(),
        store_waiting_batches: recorder.depth,
      },
      mirrors: mirrors(),
    };
  }

  onLive(listener: (site: string) => void): () => void {
    return this.#parts.live.onLive(listener);
  }

  siteMinutes(site: Site, span: Span, asOfMs: number | null): Promise<SiteSum[]> {
    return siteMinutes(this.#sources(), site, span, asOfMs);
  }

  siteSums(site: Site, boundariesMs: readonly number[], asOfMs: number | null): Promise<SiteSum[]> {
    return siteSums(this.#sources(), site, boundariesMs, asOfMs);
  }

  partialSums(
    site: Site,
    partial: string,
    boundariesMs: readonly number[],
    asOfMs: number | null,
  ): Promise<LevelSum[]> {
    return partialSums(this.#sources(), { site, partial }, boundariesMs, asOfMs);
  }

  pointMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<PointInterval[]> {
    return pointMinutes(this.#sources(), pointId, span, asOfMs);
  }

  pointSumsOf(
    pointIds: readonly number[],
    boundariesMs: readonly number[],
    asOfMs: number | null,
  ): Promise<PointInterval[]> {
    return pointSumsOf(this.#sources(), pointIds, boundariesMs, asOfMs);
  }

  pointQuarters(
    pointIds: readonly number[],
    startsMs: readonly number[],
    asOfMs: number | null,
  ): Promise<PointInterval[]> {
    return pointQuarters(this.#sources(), pointIds, startsMs, asOfMs);
  }

  gaugeMinutes(pointId: number, span: Span, asOfMs: number | null): Promise<GaugeInterval[]> {
    return this.#parts.store.gaugeMinutes(pointId, span, asOfMs);
  }

  gaugeMeansOf(pointIds: readonly number[], channel: Channel, span: Span, asOfMs: number | null): Promise<GaugeMean[]> {
    return gaugeMeansOf(this.#sources(), pointIds, channel, span, asOfMs);
  }

  /** The energy register as the agent reports it whose readings count. */
  #register(pointId: number): RegisterNote | null {
    const { catalogue, accounting } = this.#parts.fold;
    const owner = accounting.owner(pointId);
    const slotId = owner === undefined ? undefined : catalogue.slotId(owner, pointId, 'energy');
    const state = slotId === undefined ? undefined : accounting.slot(slotId);
    if (state === undefined || Number.isNaN(state.atMs)) return null;
    const { atMs, value, stepWh, meanW } = state;
    return { pointId, atMs, valueWh: value, stepWh, meanW };
  }

  #plansOf(pointId: number): readonly VirtualPlan[] {
    const { catalogue, registry } = this.#parts.fold;
    const siteId = catalogue.points[pointId]?.siteId;
    if (siteId === undefined) return [];
    const site = registry.site(siteId);
    let plans = this.#plans.get(site);
    if (plans === undefined) this.#plans.set(site, (plans = virtualPlansOf(site)));
    return plansBehind(pointId, plans);
  }

  #sources(): Sources {
    const { store, recorder, fold, rollup } = this.#parts;
    const openRows = (pointIds: readonly number[], span: Span): PointInterval[] => [
      ...recorder.waitingRows(pointIds, span),
      ...fold.accounting.open(pointIds, span),
    ];
    const siteOf = (pointId: number): Site | undefined => {
      const siteId = fold.catalogue.points[pointId]?.siteId;
      return siteId === undefined ? undefined : fold.registry.site(siteId);
    };
    const plansOf = (pointId: number): readonly VirtualPlan[] => this.#plansOf(pointId);
    return { store, openRows, plansOf, siteOf, rolledUpToMs: rollup.rolledUpToMs };
  }
}

function finite(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
