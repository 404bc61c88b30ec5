import type { Baseline } from '../site/site.ts';
import type { LevelSum } from './level.ts';

const DAY_MS = 86_400_000;

/** A base station's consumption against its reference. */
export interface BaselineFigure {
  /** Mean energy per day of the time measured, kWh/d; null where none was. */
  readonly value: number | null;
  readonly unit: 'kWh/d';
  readonly reference: number;
  /** Relative change against the reference: -0.2 is a fifth less. */
  readonly change: number | null;
  /** Where the reference comes from. */
  readonly source: string;
}

/** Site energy efficiency: telecom over total energy (ITU-T L.1350); the reciprocal of what is a PUE elsewhere. */
export function seeOf(pue: number | null): number | null {
  return pue === null || pue <= 0 ? null : 1 / pue;
}

/** Uncertainty of the reciprocal, to first order: du/u is the same for both. */
export function seeUncertainty(pue: number, uncertainty: number | null): number | null {
  return uncertainty === null ? null : uncertainty / pue ** 2;
}

/** Mean daily energy against a site's configured reference. */
export function baselineFigure(
  baseline: Baseline,
  { totalWh, totalMs }: Pick<LevelSum, 'totalWh' | 'totalMs'>,
): BaselineFigure {
  const value = totalWh === null || totalMs <= 0 ? null : (totalWh / 1000) * (DAY_MS / totalMs);
  const { kwhPerDay: reference, source } = baseline;
  return { value, unit: 'kWh/d', reference, change: value === null ? null : value / reference - 1, source };
}
