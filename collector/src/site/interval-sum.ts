import { energyRoles } from '@wattmark/shared/roles';
import { type GaugeQuarter, knowsDrawn, type PointInterval } from '../accounting/interval.ts';
import { keptWh } from '../accounting/kept-numbers.ts';
import {
  LEVEL_COUNT,
  type LevelEnergies,
  overheadParts,
  type PartEnergies,
  type SiteInterval,
  type SiteSum,
} from './site.ts';

/**
 * The mutable sum of one point's intervals. In an array of its own kind, because sums of milliseconds outgrow small integers:
 * as properties, which change their kind on the way, they made adding four times as slow.
 */
export class PointSum {
  readonly #pointId: number;
  #startMs: number;
  /**
   * Energy, estimated and exported energy, the three times, least and greatest power (NaN where none was sampled), and what was
   * exported while nothing is known of the energy drawn.
   */
  readonly #sums = new Float64Array([0, 0, 0, 0, 0, 0, Number.NaN, Number.NaN, 0]);

  constructor(pointId: number, startMs: number) {
    this.#pointId = pointId;
    this.#startMs = startMs;
  }

  get startMs(): number {
    return this.#startMs;
  }

  /** Begins another sum in the same memory. */
  restart(startMs: number): void {
    this.#startMs = startMs;
    this.#sums.fill(0).fill(Number.NaN, 6, 8);
  }

  add(row: PointInterval): void {
    const sums = this.#sums as Sums;
    sums[0] += row.energyWh;
    sums[1] += row.estimatedWh;
    sums[knowsDrawn(row) ? 2 : 8] += row.exportWh;
    sums[3] += row.measuredMs;
    sums[4] += row.estimatedMs;
    sums[5] += row.bridgedMs;
    if (row.minW !== null && !(row.minW >= sums[6])) sums[6] = row.minW;
    if (row.maxW !== null && !(row.maxW <= sums[7])) sums[7] = row.maxW;
  }

  /** Drawn and fed back are of the same time, so that one may be taken off the other; without any drawn, all fed back. */
  value(): PointInterval {
    const [energyWh, estimatedWh, pairedWh, measuredMs, estimatedMs, bridgedMs, minW, maxW, loneWh] = this
      .#sums as Sums;
    return {
      pointId: this.#pointId,
      startMs: this.#startMs,
      energyWh: keptWh(energyWh),
      estimatedWh: keptWh(estimatedWh),
      exportWh: keptWh(knowsDrawn({ measuredMs, estimatedMs }) ? pairedWh : loneWh),
      minW: Number.isNaN(minW) ? null : minW,
      maxW: Number.isNaN(maxW) ? null : maxW,
      measuredMs,
      estimatedMs,
      bridgedMs,
    };
  }
}

/** Their number is known. */
type Sums = Float64Array & [number, number, number, number, number, number, number, number, number];

/** What a site's interval says, whichever site and interval it is. */
export type Energies = Omit<SiteInterval, 'siteId' | 'partial' | 'startMs'>;

/** Both intervals as one. A sum of known members stays known, with the time that it covers; null stays null, never zero. */
export function addEnergies(a: Energies, b: Energies): Energies {
  return {
    supplyWh: addKnown(a.supplyWh, b.supplyWh),
    supplyMs: a.supplyMs + b.supplyMs,
    levels: a.levels.map((level, index) => addLevels(level, b.levels[index] as LevelEnergies)),
    roleWh: a.roleWh.map((wh, index) => addKnown(wh, b.roleWh[index] ?? null)),
    overhead: a.overhead.map((part, index) => addParts(part, b.overhead[index] as PartEnergies)),
  };
}

/**
 * Sums of intervals between successive boundaries (ascending). Intervals outside are left out, and a span without any has no sum.
 * Rows are added up in the order in which they come.
 */
export interface SumsBetween<Row, Sum> {
  add(rows: Iterable<Row>): void;
  /** In the order of time, then of points, then of channels. */
  values(): Sum[];
}

/** Of points' intervals. */
export class PointSums implements SumsBetween<PointInterval, PointInterval> {
  readonly #spans: Spans<Map<number, PointSum>>;

  constructor(boundariesMs: readonly number[]) {
    this.#spans = new Spans(boundariesMs);
  }

  add(rows: Iterable<PointInterval>): void {
    for (const row of rows) {
      const sums = this.#spans.at(row.startMs, () => new Map());
      if (sums === null) continue;
      let sum = sums.get(row.pointId);
      if (sum === undefined) sums.set(row.pointId, (sum = new PointSum(row.pointId, this.#spans.startMs)));
      sum.add(row);
    }
  }

  values(): PointInterval[] {
    return this.#spans.all().flatMap((sums) => [...sums.values()].map((sum) => sum.value()).sort(byPoint));
  }
}

type SiteRow = Energies & { readonly startMs: number };

/** Of intervals of one site or of one of its parts. */
export class SiteSums implements SumsBetween<SiteRow, SiteSum> {
  readonly #spans: Spans<{ sum: Energies; readonly startMs: number; readonly endMs: number }>;

  constructor(boundariesMs: readonly number[]) {
    this.#spans = new Spans(boundariesMs);
  }

  add(rows: Iterable<SiteRow>): void {
    for (const row of rows) {
      const held = this.#spans.at(row.startMs, (startMs, endMs) => ({ sum: nothing, startMs, endMs }));
      if (held !== null) held.sum = addEnergies(held.sum, row);
    }
  }

  values(): SiteSum[] {
    return this.#spans.all().map(({ sum, startMs, endMs }) => ({ ...sum, startMs, endMs }));
  }
}

/** Of gauges' quarter-hours. */
export class GaugeSums implements SumsBetween<GaugeQuarter, GaugeQuarter> {
  readonly #spans: Spans<Map<string, GaugeQuarter>>;

  constructor(boundariesMs: readonly number[]) {
    this.#spans = new Spans(boundariesMs);
  }

  add(rows: Iterable<GaugeQuarter>): void {
    for (const { pointId, channel, startMs, ...more } of rows) {
      const sums = this.#spans.at(startMs, () => new Map());
      if (sums === null) continue;
      const key = `${pointId} ${channel}`;
      const { sum, minutes } = sums.get(key) ?? { sum: 0, minutes: 0 };
      const both = { sum: sum + more.sum, minutes: minutes + more.minutes };
      sums.set(key, { pointId, channel, startMs: this.#spans.startMs, ...both });
    }
  }

  values(): GaugeQuarter[] {
    const byChannel = (a: GaugeQuarter, b: GaugeQuarter): number => byPoint(a, b) || (a.channel < b.channel ? -1 : 1);
    return this.#spans.all().flatMap((sums) => [...sums.values()].sort(byChannel));
  }
}

/** Sums of points' intervals between successive boundaries. */
export function sumPointIntervals(rows: Iterable<PointInterval>, boundariesMs: readonly number[]): PointInterval[] {
  const sums = new PointSums(boundariesMs);
  sums.add(rows);
  return sums.values();
}

/** Sums of one site's intervals between successive boundaries. */
export function sumSiteIntervals(rows: Iterable<SiteRow>, boundariesMs: readonly number[]): SiteSum[] {
  const sums = new SiteSums(boundariesMs);
  sums.add(rows);
  return sums.values();
}

/** The spans between successive boundaries (ascending), with what is held of each. */
class Spans<Held> {
  readonly #boundariesMs: readonly number[];
  readonly #held: (Held | undefined)[] = [];
  #index = 0;

  constructor(boundariesMs: readonly number[]) {
    this.#boundariesMs = boundariesMs;
  }

  /** Beginning of the span asked for last. */
  get startMs(): number {
    return this.#boundariesMs[this.#index] as number;
  }

  /** What is held of the span with an instant in it, made where there is nothing yet; null outside of all spans. */
  at(ms: number, make: (startMs: number, endMs: number) => Held): Held | null {
    // Rows mostly come in order of time.
    if (!this.#holds(ms)) this.#index = spanOf(ms, this.#boundariesMs);
    if (this.#index < 0) return null;
    const endMs = this.#boundariesMs[this.#index + 1] as number;
    return (this.#held[this.#index] ??= make(this.startMs, endMs));
  }

  /** All that is held, in order of time. */
  all(): Held[] {
    return this.#held.filter((held) => held !== undefined);
  }

  #holds(ms: number): boolean {
    const endMs = this.#boundariesMs[this.#index + 1];
    return endMs !== undefined && ms < endMs && ms >= this.startMs;
  }
}

function byPoint(a: { readonly pointId: number }, b: { readonly pointId: number }): number {
  return a.pointId - b.pointId;
}

/** What a level without any point amounts to. */
export const noLevel: LevelEnergies = {
  partsWh: null,
  partsMs: 0,
  itWh: null,
  itMs: 0,
  pairedTotalWh: 0,
  pairedItWh: 0,
  pairedMs: 0,
  estimatedMs: 0,
};

/** What a part of the overhead without any measurement amounts to. */
export const noPart: PartEnergies = { energyWh: 0, measuredMs: 0 };

/** What a site without any measurement amounts to. */
export const nothing: Energies = {
  supplyWh: null,
  supplyMs: 0,
  levels: Array.from({ length: LEVEL_COUNT }, () => noLevel),
  roleWh: energyRoles.map(() => null),
  overhead: overheadParts.map(() => noPart),
};

function addLevels(a: LevelEnergies, b: LevelEnergies): LevelEnergies {
  // Most sites have one level: what is empty need not be added.
  if (b === noLevel) return a;
  if (a === noLevel) return b;
  return {
    partsWh: addKnown(a.partsWh, b.partsWh),
    partsMs: a.partsMs + b.partsMs,
    itWh: addKnown(a.itWh, b.itWh),
    itMs: a.itMs + b.itMs,
    pairedTotalWh: a.pairedTotalWh + b.pairedTotalWh,
    pairedItWh: a.pairedItWh + b.pairedItWh,
    pairedMs: a.pairedMs + b.pairedMs,
    estimatedMs: a.estimatedMs + b.estimatedMs,
  };
}

function addParts(a: PartEnergies, b: PartEnergies): PartEnergies {
  return { energyWh: a.energyWh + b.energyWh, measuredMs: a.measuredMs + b.measuredMs };
}

function addKnown(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return a + b;
}

/** Index of the span `[boundaries[i], boundaries[i + 1])` that holds `ms`, or -1. */
function spanOf(ms: number, boundaries: readonly number[]): number {
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((boundaries[middle] as number) <= ms) low = middle + 1;
    else high = middle;
  }
  return low === boundaries.length ? -1 : low - 1;
}
