import {
  type GaugeInterval,
  type IntervalBatch,
  MINUTE_MS,
  QUARTER_MS,
  type Redescribed,
  type RestatedBatch,
  type Span,
} from '../accounting/interval.ts';
import type { PointColumns } from '../accounting/point-columns.ts';
import type { Store } from '../store/store.ts';
import { DayQueue, pointIdsOf, type ZoneProgress } from './day-queue.ts';
import { makeDays } from './day-rows.ts';
import { addOwner, type Due, runsOf, runsOfSpan } from './due-quarters.ts';
import { rolledUpChannels, rollUpGauges } from './gauge-fold.ts';
import { quarterOf, SiteIndex } from './quarter-fold.ts';
import { QuarterWriter } from './quarter-writer.ts';
import type { Site } from './site.ts';
import { TouchedDays } from './touched-days.ts';

/** What a rollup must remember across a restart. */
export interface RollupState {
  /** Beginnings of quarter-hours that have rows and are not rolled up, because they have not ended. */
  readonly openQuarters: readonly number[];
  /** How far the local days are made. */
  readonly days: readonly ZoneProgress[];
  /** Time of the last batch. */
  readonly recordedMs: number;
  /** Corrections that could not be worked in; the rows are as they were without them. */
  readonly missing: readonly MissingCorrection[];
}

export interface MissingCorrection {
  readonly id: string;
  readonly reason: string;
}

/**
 * A quarter-hour counts as ended so long after its end: its last minute closes a little later at each agent, and without
 * patience every such batch would restate the quarter-hour of every site.
 */
const GRACE_MS = 60_000;

/**
 * Writes batches to the store, each in one transaction together with the quarter-hours that it completes or restates, and with
 * the local days of which it restates any. A quarter-hour still running is rolled up once, when it has ended; one that has ended
 * is recomputed for the sites that a late row belongs to, and for no other. Days that have ended are made in portions, batch by
 * batch. Which are which depends on the batches alone, so a replay writes the same rows.
 */
export class Rollup {
  #openQuarters: ReadonlySet<number>;
  #days: DayQueue;
  #recordedMs: number;
  readonly #missing: MissingCorrection[];

  constructor(state: RollupState = { openQuarters: [], days: [], recordedMs: 0, missing: [] }) {
    this.#openQuarters = new Set(state.openQuarters);
    this.#days = new DayQueue(state.days);
    this.#recordedMs = state.recordedMs;
    this.#missing = [...state.missing];
  }

  /** Corrections that could not be worked in. */
  get missing(): readonly MissingCorrection[] {
    return this.#missing;
  }

  noteMissing({ id, reason }: MissingCorrection): void {
    if (!this.#missing.some((one) => one.id === id)) this.#missing.push({ id, reason });
  }

  state(): RollupState {
    const openQuarters = [...this.#openQuarters].sort((a, b) => a - b);
    return { openQuarters, days: this.#days.state(), recordedMs: this.#recordedMs, missing: this.#missing };
  }

  /** Every row before this instant is in a quarter-hour of the store; from here on there are only minutes. */
  get rolledUpToMs(): number {
    return Math.min(quarterOf(this.#recordedMs - GRACE_MS), ...this.#openQuarters);
  }

  /** Writes one batch. On an error nothing of it is in the store, and this rollup is as before. */
  async record(store: Store, batch: IntervalBatch, sites: readonly Site[]): Promise<void> {
    const index = new SiteIndex(sites);
    const days = this.#days.withZonesOf(sites, batch.recordedMs);
    const { openQuarters, due, lateGauges, touched } = this.#plan(batch, index, days);
    const { queue, due: dueDays } = days.advance(sites, batch.recordedMs - GRACE_MS);
    await store.begin();
    try {
      await store.writePointMinutes(batch.points, batch.recordedMs);
      await store.writeGaugeMinutes(batch.gauges, batch.recordedMs);
      const quarters = new QuarterWriter(store, index, batch.recordedMs);
      for (const run of runsOf(due)) await quarters.write(run);
      if (lateGauges !== null) await rollUpGauges(store, lateGauges.span, lateGauges.pointIds, batch.recordedMs);
      await makeDays(store, [...(await touched.due(store, days)), ...dueDays], batch.recordedMs);
      await store.commit(batch.position);
    } catch (error) {
      // The first error says what went wrong; a connection that cannot even roll back forgets the transaction when it closes.
      await store.rollback().catch(() => {});
      throw error;
    }
    this.#openQuarters = openQuarters;
    this.#days = queue;
    this.#recordedMs = batch.recordedMs;
  }

  /** Writes restated minutes, in any order, with their quarter-hours. On an error nothing of it is in the store. */
  async restate(store: Store, batch: RestatedBatch, sites: readonly Site[]): Promise<void> {
    const index = new SiteIndex(sites);
    const openQuarters = new Set(this.#openQuarters);
    const due: Due = new Map();
    const changed = new Set<number>();
    await store.begin();
    try {
      for await (const rows of batch.rows) {
        await store.writePointMinutes(rows, batch.recordedMs);
        for (const { pointId, quarterMs } of quartersOf(rows)) {
          changed.add(pointId);
          if (!hasEnded(quarterMs, this.#recordedMs)) openQuarters.add(quarterMs);
          else if (!openQuarters.has(quarterMs)) addOwner(due, quarterMs, index.siteOf(pointId) ?? pointId);
        }
      }
      const isChanged = (id: number): boolean => changed.has(id) || index.isVirtual(id);
      const quarters = new QuarterWriter(store, index, batch.recordedMs);
      for (const run of runsOf(due)) await quarters.write(run, isChanged);
      const touched = touchedBy(due);
      if (batch.redescribed !== null) {
        const site = sites.find(({ siteId }) => siteId === batch.redescribed?.siteId);
        for (const id of batch.redescribed.virtualIds) changed.add(id);
        if (site !== undefined) await this.#recompute(store, quarters, site, batch.redescribed, touched);
      }
      const days = this.#days.withZonesOf(sites, this.#recordedMs);
      await makeDays(store, await touched.due(store, days, isChanged), batch.recordedMs);
      await store.commit(batch.position);
    } catch (error) {
      await store.rollback().catch(() => {});
      throw error;
    }
    this.#openQuarters = openQuarters;
  }

  /** Computes a site's quarter-hours from an instant on again; those that have not ended wait for their own time. */
  async #recompute(
    store: Store,
    quarters: QuarterWriter,
    site: Site,
    { fromMs, virtualIds }: Redescribed,
    touched: TouchedDays,
  ): Promise<void> {
    const pointIds = pointIdsOf(site);
    const known = await store.extent(pointIds);
    if (known === null) return;
    const firstMs = quarterOf(Math.max(fromMs, known.fromMs));
    const endMs = Math.min(known.toMs, quarterOf(this.#recordedMs - GRACE_MS));
    for (const { span } of runsOfSpan({ fromMs: firstMs, toMs: endMs }, pointIds))
      await quarters.rewrite(site, span, virtualIds);
    for (let ms = firstMs; ms < endMs; ms += QUARTER_MS) touched.add(site, ms);
  }

  /** Takes note of restated minutes that are in the store already, as `skip` does of a batch. */
  skipRestated(rows: PointColumns): void {
    const open = quartersOf(rows).filter(({ quarterMs }) => !hasEnded(quarterMs, this.#recordedMs));
    this.#openQuarters = new Set([...this.#openQuarters, ...open.map(({ quarterMs }) => quarterMs)]);
  }

  /** Takes note of a batch that is in the store already, where the log is folded again after a crash. */
  skip({ points, gauges, recordedMs }: IntervalBatch, sites: readonly Site[]): void {
    const openQuarters = new Set(this.#openQuarters);
    let last = -1;
    for (let at = 0; at < points.length; at++) {
      const minute = points.minutes[at] as number;
      if (minute !== last) openQuarters.add(quarterOf(minute * MINUTE_MS));
      last = minute;
    }
    for (const { startMs } of gauges) openQuarters.add(quarterOf(startMs));
    for (const quarterMs of openQuarters) if (hasEnded(quarterMs, recordedMs)) openQuarters.delete(quarterMs);
    this.#openQuarters = openQuarters;
    this.#days = this.#days.withZonesOf(sites, recordedMs).advance(sites, recordedMs - GRACE_MS).queue;
    this.#recordedMs = recordedMs;
  }

  #plan(batch: IntervalBatch, index: SiteIndex, days: DayQueue): Plan {
    const openQuarters = new Set(this.#openQuarters);
    const due: Due = new Map();
    const { length, pointIds, minutes } = batch.points;
    for (let at = 0; at < length; at++) {
      const quarterMs = quarterOf((minutes[at] as number) * MINUTE_MS);
      if (openQuarters.has(quarterMs)) continue;
      if (!hasEnded(quarterMs, batch.recordedMs)) {
        openQuarters.add(quarterMs);
        continue;
      }
      const pointId = pointIds[at] as number;
      addOwner(due, quarterMs, index.siteOf(pointId) ?? pointId);
    }
    const touched = touchedBy(due);
    const late: GaugeInterval[] = [];
    for (const gauge of batch.gauges) {
      const quarterMs = quarterOf(gauge.startMs);
      if (openQuarters.has(quarterMs)) continue;
      if (!hasEnded(quarterMs, batch.recordedMs)) openQuarters.add(quarterMs);
      else if (rolledUpChannels.includes(gauge.channel)) late.push(gauge);
    }
    for (const { pointId, startMs } of late) {
      const site = index.siteOf(pointId);
      if (site !== undefined) touched.add(site, quarterOf(startMs));
    }
    for (const quarterMs of openQuarters) {
      if (!hasEnded(quarterMs, batch.recordedMs)) continue;
      openQuarters.delete(quarterMs);
      due.set(quarterMs, null);
      // Of days that had ended before there was any batch.
      for (const site of index.sites) {
        if (quarterMs < (days.passedMs(site.timezone) ?? 0)) touched.add(site, quarterMs);
      }
    }
    return { openQuarters, due, lateGauges: gaugesToRestate(late), touched };
  }
}

/** What a batch leaves to do. */
interface Plan {
  readonly openQuarters: ReadonlySet<number>;
  readonly due: Due;
  readonly lateGauges: { readonly span: Span; readonly pointIds: readonly number[] } | null;
  readonly touched: TouchedDays;
}

/** The span of all quarter-hours that late gauges belong to; null without any. */
function gaugesToRestate(late: readonly GaugeInterval[]): Plan['lateGauges'] {
  if (late.length === 0) return null;
  const quartersMs = late.map(({ startMs }) => quarterOf(startMs));
  const [first, last] = quartersMs.reduce(([a, b], ms) => [Math.min(a, ms), Math.max(b, ms)], [Infinity, -Infinity]);
  const pointIds = [...new Set(late.map(({ pointId }) => pointId))].sort((a, b) => a - b);
  return { span: { fromMs: first, toMs: last + QUARTER_MS }, pointIds };
}

/** The days of the sites among the owners. */
function touchedBy(due: Due): TouchedDays {
  const touched = new TouchedDays();
  for (const [quarterMs, owners] of due) {
    for (const owner of owners ?? []) if (typeof owner !== 'number') touched.add(owner, quarterMs);
  }
  return touched;
}

/** The quarter-hours that rows are of, once for all rows of one that lie together. */
function quartersOf({ length, pointIds, minutes }: PointColumns): { pointId: number; quarterMs: number }[] {
  const quarters: { pointId: number; quarterMs: number }[] = [];
  for (let at = 0; at < length; at++) {
    const pointId = pointIds[at] as number;
    const quarterMs = quarterOf((minutes[at] as number) * MINUTE_MS);
    const last = quarters.at(-1);
    if (last?.pointId !== pointId || last.quarterMs !== quarterMs) quarters.push({ pointId, quarterMs });
  }
  return quarters;
}

function hasEnded(quarterMs: number, nowMs: number): boolean {
  return quarterMs + QUARTER_MS + GRACE_MS <= nowMs;
}
