import { setImmediate } from 'node:timers/promises';
import { channels } from '@wattmark/shared/channels';
import { Temporal } from 'temporal-polyfill';
import { MAX_GAP_INTERVALS } from '../accounting/accounting.ts';
import type { Bucket, BucketSink } from '../accounting/bucket.ts';
import type { Use } from '../accounting/history.ts';
import type { Span } from '../accounting/interval.ts';
import { startOf, zoned } from '../kpi/boundaries.ts';
import type { BlockSpool } from './block-spool.ts';
import { bookPoint, type Outcomes } from './booking.ts';
import { isMean, type Mapping, type Series } from './mapping.ts';
import type { HistoryReader, SeriesCount } from './reader.ts';

/** What an import is made of, and what would be booked: what a dry run says. */

/** Time between two readings that is no energy's, or of a register only. */
export interface Gaps {
  readonly count: number;
  readonly totalMs: number;
  /** Null where there is none. */
  readonly longest: Span | null;
}

export interface SeriesSummary {
  readonly series: Series;
  readonly count: SeriesCount;
  /** From the first reading to the last, whose interval is part of it; null without readings. */
  readonly span: Span | null;
  readonly gaps: Gaps;
}

/** Energy of a point in a month of the site's calendar. */
export interface MonthEnergy {
  /** `2026-01` */
  readonly month: string;
  readonly span: Span;
  readonly energyWh: number;
  readonly exportWh: number;
  readonly measuredMs: number;
  /** Of quality estimated. */
  readonly estimatedMs: number;
}

export interface PointSummary {
  readonly point: string;
  readonly months: readonly MonthEnergy[];
  /** What became of the readings of power and energy; `reset` is a register that fell or jumped. */
  readonly outcomes: Outcomes;
}

export interface ImportSummary {
  readonly rows: number;
  readonly readings: number;
  readonly series: readonly SeriesSummary[];
  readonly points: readonly PointSummary[];
}

/**
 * Goes through all blocks of an import, point by point, and lets others have their turn in between.
 * @param timezone whose months the energy is added up in
 * @param onProgress is told how many points are done
 */
export async function summarise(
  mapping: Mapping,
  reader: HistoryReader,
  spool: BlockSpool,
  timezone: string,
  onProgress: (points: number) => void,
): Promise<ImportSummary> {
  const series: SeriesSummary[] = [];
  for (const [index, one] of mapping.series.entries()) {
    const steps = new Steps(one, mapping.intervalMs);
    for (const { atMs } of spool.blocks(index)) steps.add(atMs);
    series.push({ series: one, count: reader.counts[index] as SeriesCount, span: steps.span, gaps: steps.gaps });
    await setImmediate();
  }
  const points: PointSummary[] = [];
  for (const point of new Set(mapping.series.map((one) => one.point))) {
    onProgress(points.length);
    const months = new Months(timezone);
    const readings = mapping.series.flatMap((one, place) => {
      const use = useOf(one);
      return one.point === point && use !== null ? [{ use, blocks: spool.blocks(place) }] : [];
    });
    const outcomes = bookPoint(readings, mapping.intervalMs, months.sink);
    points.push({ point, months: months.all, outcomes });
    await setImmediate();
  }
  const readings = reader.counts.reduce((sum, count) => sum + count.readings, 0);
  return { rows: reader.rows, readings, series, points };
}

/** What a series does to its point's account; null for what never becomes energy. */
function useOf({ channel }: Series): Use | null {
  if (channel === 'energy-export') return 'export';
  if (channel === 'energy') return 'register';
  return channels[channel].kind === 'power' ? 'power' : null;
}

/** The times of one series. */
class Steps {
  readonly #lengthMs: number;
  readonly #maxMs: number;
  #fromMs = Number.NaN;
  #toMs = Number.NaN;
  #count = 0;
  #totalMs = 0;
  #longest: Span | null = null;

  constructor({ kind }: Series, intervalMs: number) {
    this.#lengthMs = isMean(kind) ? intervalMs : 0;
    this.#maxMs = isMean(kind) ? 0 : MAX_GAP_INTERVALS * intervalMs;
  }

  get span(): Span | null {
    return Number.isNaN(this.#fromMs) ? null : { fromMs: this.#fromMs, toMs: this.#toMs };
  }

  get gaps(): Gaps {
    return { count: this.#count, totalMs: this.#totalMs, longest: this.#longest };
  }

  add(atMs: Float64Array): void {
    if (this.span === null) this.#toMs = this.#fromMs = atMs[0] ?? Number.NaN;
    for (const ms of atMs) {
      const gapMs = ms - this.#toMs;
      if (gapMs > this.#maxMs) {
        this.#count++;
        this.#totalMs += gapMs;
        if (this.#longest === null || gapMs > this.#longest.toMs - this.#longest.fromMs)
          this.#longest = { fromMs: this.#toMs, toMs: ms };
      }
      this.#toMs = ms + this.#lengthMs;
    }
  }
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** Minutes added up to months. */
class Months {
  readonly #timezone: string;
  readonly #months = new Map<number, Mutable<MonthEnergy>>();
  #current: Mutable<MonthEnergy> | null = null;

  constructor(timezone: string) {
    this.#timezone = timezone;
  }

  readonly sink: BucketSink = (_, bucket: Bucket) => {
    const month = this.#monthOf(bucket.startMs);
    const { energyWh, provisionalWh, estimatedWh, exportWh, measuredMs, provisionalMs, estimatedMs } = bucket;
    month.energyWh += energyWh + provisionalWh + estimatedWh;
    month.exportWh += exportWh;
    month.measuredMs += measuredMs + provisionalMs;
    month.estimatedMs += estimatedMs;
  };

  /** Oldest first. */
  get all(): MonthEnergy[] {
    return [...this.#months.values()].sort((a, b) => a.span.fromMs - b.span.fromMs);
  }

  #monthOf(ms: number): Mutable<MonthEnergy> {
    const current = this.#current;
    if (current !== null && ms >= current.span.fromMs && ms < current.span.toMs) return current;
    const first = zoned(ms, this.#timezone).toPlainDate().with({ day: 1 });
    const span = {
      fromMs: startOf(first, this.#timezone),
      toMs: startOf(first.add({ months: 1 }), this.#timezone),
    };
    const known = this.#months.get(span.fromMs);
    const month = known ?? {
      month: Temporal.PlainYearMonth.from(first).toString(),
      span,
      energyWh: 0,
      exportWh: 0,
      measuredMs: 0,
      estimatedMs: 0,
    };
    this.#months.set(span.fromMs, month);
    this.#current = month;
    return month;
  }
}
