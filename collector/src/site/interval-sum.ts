import { energyRoles } from '@wattmark/shared/roles';
import type { PointInterval } from '../accounting/interval.ts';
import {
  LEVEL_COUNT,
  type LevelEnergies,
  overheadParts,
  type PartEnergies,
  type SiteInterval,
  type SiteSum,
} from './site.ts';

/** The mutable sum of one point's intervals. */
export class PointSum {
  readonly #pointId: number;
  readonly #startMs: number;
  #energyWh = 0;
  #estimatedWh = 0;
  #exportWh = 0;
  #minW: number | null = null;
  #maxW: number | null = null;
  #measuredMs = 0;
  #estimatedMs = 0;
  #bridgedMs = 0;

  constructor(pointId: number, startMs: number) {
    this.#pointId = pointId;
    this.#startMs = startMs;
  }

  add(row: PointInterval): void {
    this.#energyWh += row.energyWh;
    this.#estimatedWh += row.estimatedWh;
    this.#exportWh += row.exportWh;
    if (row.minW !== null) this.#minW = Math.min(this.#minW ?? row.minW, row.minW);
    if (row.maxW !== null) this.#maxW = Math.max(this.#maxW ?? row.maxW, row.maxW);
    this.#measuredMs += row.measuredMs;
    this.#estimatedMs += row.estimatedMs;
    this.#bridgedMs += row.bridgedMs;
  }

  value(): PointInterval {
    return {
      pointId: this.#pointId,
      startMs: this.#startMs,
      energyWh: this.#energyWh,
      estimatedWh: this.#estimatedWh,
      exportWh: this.#exportWh,
      minW: this.#minW,
      maxW: this.#maxW,
      measuredMs: this.#measuredMs,
      estimatedMs: this.#estimatedMs,
      bridgedMs: this.#bridgedMs,
    };
  }
}

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
 * Sums of points' intervals between successive boundaries (ascending), in the order of time and then of points; intervals
 * outside are left out, and a span without any has no sum.
 */
export function sumPointIntervals(rows: Iterable<PointInterval>, boundariesMs: readonly number[]): PointInterval[] {
  const sums = new Map<string, PointSum>();
  for (const row of rows) {
    const startMs = boundariesMs[spanOf(row.startMs, boundariesMs)];
    if (startMs === undefined) continue;
    const key = `${startMs} ${row.pointId}`;
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, (sum = new PointSum(row.pointId, startMs)));
    sum.add(row);
  }
  return [...sums.values()].map((sum) => sum.value()).sort((a, b) => a.startMs - b.startMs || a.pointId - b.pointId);
}

/** Sums of one site's intervals between successive boundaries, as `sumPointIntervals` does it. */
export function sumSiteIntervals(
  rows: Iterable<Energies & { readonly startMs: number }>,
  boundariesMs: readonly number[],
): SiteSum[] {
  const sums = new Map<number, Energies>();
  for (const row of rows) {
    const index = spanOf(row.startMs, boundariesMs);
    if (index < 0) continue;
    const sum = sums.get(index);
    sums.set(index, sum === undefined ? row : addEnergies(sum, row));
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([index, sum]) => ({
      ...addEnergies(sum, nothing),
      startMs: boundariesMs[index] as number,
      endMs: boundariesMs[index + 1] as number,
    }));
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
