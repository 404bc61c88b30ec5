import { netWhOf, type PointInterval, type Span } from '../accounting/interval.ts';
import type { MeteringChain } from '../kpi/metering-chain.ts';
import type { SitePoint } from '../site/site.ts';
import type { Inspection } from './inspection.ts';
import { limits } from './thresholds.ts';

/** Energies of two sides over the same time. */
export interface Comparison {
  /** What should be at least as much: parents, the supply. */
  readonly aboveWh: number;
  readonly belowWh: number;
  /** How much the two may differ by the limits of error of their meters, Wh. */
  readonly limitWh: number;
  readonly comparedMs: number;
  /** Points whose accuracy class nobody knows, so that one was assumed. */
  readonly assumed: ReadonlySet<string>;
}

/** A point and how much of it counts. */
export interface Weighted {
  readonly point: SitePoint;
  readonly weight: number;
}

/** One side's energy in one step, with its limit of error, or null where it cannot be compared. */
interface Amount {
  readonly energyWh: number;
  readonly limitWh: number;
}

/**
 * Limit of error of one metering chain, relative: meter and transformers in quadrature. A meter without a class is taken to be of
 * the coarsest, and so is its transformer where nothing is said of it. Held against each other, limits add up: what exceeds them
 * is no error of measurement.
 */
export function chainLimit({
  meterPercent,
  transformerPercents,
}: Pick<MeteringChain, 'meterPercent' | 'transformerPercents'>): number {
  const meter = meterPercent ?? 100 * limits.assumedClass;
  const isUnknown = meterPercent === null && transformerPercents.length === 0;
  return Math.hypot(meter, ...(isUnknown ? [meter] : transformerPercents)) / 100;
}

export interface CompareOptions {
  /** Whether a step needs all of `below`; otherwise points that were not measured in it are left out: they can only add. */
  readonly needsAll: boolean;
  /** Whether steps are left out in which `above` gives nothing while `below` draws: a battery carries the load. */
  readonly skipsDead: boolean;
}

/**
 * Adds up two sides over those steps in which both were measured throughout. A step of each register is a limit of error,
 * too, as is what flowed in the little time that one of them may have missed.
 * @returns null where there is no such step.
 */
export function compare(
  inspection: Inspection,
  steps: readonly number[],
  above: readonly Weighted[],
  below: readonly Weighted[],
  { needsAll, skipsDead }: CompareOptions,
): Comparison | null {
  const sum = { aboveWh: 0, belowWh: 0, limitWh: 0, comparedMs: 0 };
  const used = new Map<SitePoint, number>();
  for (const step of steps) {
    const span = inspection.steps[step] as Span;
    const upper = add(inspection, step, above, true, used);
    const lower = upper === null ? null : add(inspection, step, below, needsAll, used);
    if (upper === null || lower === null) continue;
    if (skipsDead && upper.energyWh < limits.deadSupply * lower.energyWh) continue;
    sum.aboveWh += upper.energyWh;
    sum.belowWh += lower.energyWh;
    sum.limitWh += upper.limitWh + lower.limitWh;
    sum.comparedMs += span.toMs - span.fromMs;
  }
  if (sum.comparedMs === 0) return null;
  for (const [point, weight] of used) sum.limitWh += weight * stepWh(inspection, point);
  const assumed = [...used.keys()].filter((point) => inspection.chain(point).meterPercent === null);
  return { ...sum, assumed: new Set(assumed.map(({ point }) => point)) };
}

/** Both together, of two stretches of time. */
export function together(comparisons: readonly Comparison[]): Comparison {
  const sum = { aboveWh: 0, belowWh: 0, limitWh: 0, comparedMs: 0 };
  const assumed = new Set<string>();
  for (const one of comparisons) {
    sum.aboveWh += one.aboveWh;
    sum.belowWh += one.belowWh;
    sum.limitWh += one.limitWh;
    sum.comparedMs += one.comparedMs;
    for (const point of one.assumed) assumed.add(point);
  }
  return { ...sum, assumed };
}

/** By how much the lower side exceeds what the upper one can have given, Wh; at most 0 where it does not. */
export function excessWh({ aboveWh, belowWh, limitWh }: Comparison): number {
  return belowWh - aboveWh - limitWh;
}

function add(
  inspection: Inspection,
  step: number,
  side: readonly Weighted[],
  needsAll: boolean,
  used: Map<SitePoint, number>,
): Amount | null {
  const span = inspection.steps[step] as Span;
  const measured: Weighted[] = [];
  let energyWh = 0;
  let limitWh = 0;
  for (const { point, weight } of side) {
    const row = inspection.row(point, step);
    if (row === undefined || !isWhole(inspection, point, row, span)) {
      if (needsAll || mayFeedBack(point)) return null;
      continue;
    }
    const netWh = weight * (row.energyWh - row.exportWh);
    const missedShare = Math.max(0, 1 - row.measuredMs / (span.toMs - span.fromMs));
    energyWh += netWh;
    limitWh += Math.abs(netWh) * missedShare;
    for (const { point: instrument, factor } of inspection.instruments(point)) {
      const read = inspection.row(instrument, step);
      const readWh = weight * factor * (read === undefined ? 0 : (netWhOf(read) ?? 0));
      limitWh += Math.abs(readWh) * chainLimit(inspection.chain(instrument));
      measured.push({ point: instrument, weight: Math.abs(weight * factor) });
    }
  }
  if (measured.length === 0) return null;
  for (const { point, weight } of measured) used.set(point, weight);
  return { energyWh, limitWh };
}

/** Whether a step was measured throughout. A bridged profile is none, except of a register whose ordinary steps are bridged. */
function isWhole(inspection: Inspection, point: SitePoint, row: PointInterval, { fromMs, toMs }: Span): boolean {
  if (row.estimatedMs > 0 || row.measuredMs < limits.wholeStep * (toMs - fromMs)) return false;
  return row.bridgedMs === 0 || stepMs(inspection, point) > 3 * point.intervalMs;
}

/** Points that give energy, too: without them the sum of the others may be anything. */
function mayFeedBack({ role }: SitePoint): boolean {
  return role === 'solar' || role === 'generator' || role === 'battery';
}

/** By how much a point's register moves at once, Wh; 0 where it has none. */
function stepWh(inspection: Inspection, point: SitePoint): number {
  const note = inspection.register(point);
  return note === undefined || Number.isNaN(note.stepWh) ? 0 : note.stepWh;
}

/** How long a point's register stands still, ms; 0 where it has none. */
function stepMs(inspection: Inspection, point: SitePoint): number {
  const note = inspection.register(point);
  return note === undefined || !(note.meanW > 0) ? 0 : (note.stepWh * 3_600_000) / note.meanW;
}
