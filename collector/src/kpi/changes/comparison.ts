import { overheadParts } from '../../site/site.ts';
import type { Target } from '../targets.ts';
import { percent } from '../verdict.ts';
import { type ByPart, decompose, mapParts, type Part, type Powers, parts } from './decomposition.ts';
import { loadResponse, type Told } from './load-response.ts';
import type { MeasuredPeriod } from './measured-period.ts';
import { type DesignShares, gapToTarget } from './target-gap.ts';

/** One part of a difference of PUEs. */
export interface PartChange {
  readonly part: 'it-load' | Part;
  /** Mean power in the paired time, of the reference and of the period; of a target there is none. */
  readonly referenceW: number | null;
  readonly powerW: number;
  /** What it adds to the PUE of the reference (to a target: what the design allows) and of the period; IT adds nothing. */
  readonly reference: number | null;
  readonly contribution: number | null;
  /** Its part of the difference, PUE points; null where nobody said how the design divides the overhead. */
  readonly points: number | null;
}

/** A difference of PUEs and its parts, which add up to it; or the reason why there is none. */
export type Comparison =
  | {
      readonly change: number;
      readonly parts: readonly PartChange[];
      /** Parts that are not told apart: their energy is among the losses. */
      readonly merged: readonly Part[];
      /** Null against a target. */
      readonly load: Told | null;
      readonly reason: null;
    }
  | { readonly change: null; readonly reason: string };

export type Compared = Extract<Comparison, { reason: null }>;

/** Why a period's PUE differs from that of another, as far as the two are alike. */
export function comparePeriods(before: MeasuredPeriod, after: MeasuredPeriod): Comparison {
  const reason = lackOf(before) ?? lackOf(after) ?? unlikeness(before, after);
  if (reason !== null) return { change: null, reason };
  const merged = mergedParts([before, after]);
  const powersBefore = powersOf(before, merged);
  const powersAfter = powersOf(after, merged);
  const { change, itLoad, overhead } = decompose(powersBefore, powersAfter);
  const changes = partsOf(overhead).map(([part, points]) => ({
    part,
    referenceW: powersBefore.overheadW[part] ?? null,
    powerW: powersAfter.overheadW[part] ?? 0,
    reference: (powersBefore.overheadW[part] ?? 0) / powersBefore.itW,
    contribution: (powersAfter.overheadW[part] ?? 0) / powersAfter.itW,
    points,
  }));
  const ofLoad = { part: 'it-load' as const, reference: null, contribution: null, points: itLoad };
  const load = overlap(before, after)
    ? { response: null, reason: 'the periods overlap' }
    : loadResponse({ powers: powersBefore, days: before.days }, { powers: powersAfter, days: after.days }, itLoad);
  return {
    change,
    parts: [{ ...ofLoad, referenceW: powersBefore.itW, powerW: powersAfter.itW }, ...changes],
    merged,
    load,
    reason: null,
  };
}

/** How far a period's PUE is from a target, part by part. */
export function compareWithTarget(measured: MeasuredPeriod, target: Target, shares: DesignShares | null): Comparison {
  const reason = lackOf(measured);
  if (reason !== null) return { change: null, reason };
  const merged = mergedParts([measured]);
  const powers = powersOf(measured, merged);
  const { gap, contribution, allowance } = gapToTarget(powers, target.value, shares);
  const gaps = partsOf(contribution).map(([part, value]) => {
    const allowed = allowance?.[part] ?? null;
    const points = allowed === null ? null : value - allowed;
    return {
      part,
      referenceW: null,
      powerW: powers.overheadW[part] ?? 0,
      reference: allowed,
      contribution: value,
      points,
    };
  });
  return { change: gap, parts: gaps, merged, load: null, reason: null };
}

/** Why a period says too little about itself, or null. */
function lackOf({ period, coverage, leastCoverage, itWh }: MeasuredPeriod): string | null {
  if (coverage === null) return `${period.name} has not begun`;
  if (coverage < leastCoverage) {
    const found = `coverage of ${period.name} is ${percent(coverage)} of the time elapsed`;
    return `${found}; an explanation needs ${percent(leastCoverage)}`;
  }
  return itWh > 0 ? null : `no IT energy was used in ${period.name} while both sides were measured`;
}

/** Why two periods cannot be compared, or null. */
function unlikeness(before: MeasuredPeriod, after: MeasuredPeriod): string | null {
  if (before.level === after.level) return null;
  const at = ({ period, level }: MeasuredPeriod): string => `${level ?? 'no level that is known'} in ${period.name}`;
  const found = `IT energy is taken at ${at(before)} and at ${at(after)}`;
  return `${found}: PUEs of different categories are not compared; name the level in the site file (itLevel)`;
}

function overlap({ period: a }: MeasuredPeriod, { period: b }: MeasuredPeriod): boolean {
  return a.fromMs < b.toMs && b.fromMs < a.toMs;
}

/** What is not known in each of the periods is told apart in none of them. */
function mergedParts(periods: readonly MeasuredPeriod[]): Part[] {
  return overheadParts.filter((part) => periods.some(({ meteredWh }) => meteredWh[part] === null));
}

const HOUR_MS = 3_600_000;

function powersOf({ pairedMs, totalWh, itWh, meteredWh }: MeasuredPeriod, merged: readonly Part[]): Powers {
  const hours = pairedMs / HOUR_MS;
  const told = overheadParts.filter((part) => !merged.includes(part));
  const toldWh = Object.fromEntries(told.map((part) => [part, meteredWh[part] ?? 0])) satisfies ByPart;
  const lossesWh = told.reduce((rest, part) => rest - (meteredWh[part] ?? 0), totalWh - itWh);
  return { itW: itWh / hours, overheadW: mapParts({ ...toldWh, losses: lossesWh }, (wh) => wh / hours) };
}

function partsOf(byPart: ByPart): (readonly [Part, number])[] {
  return parts.flatMap((part) => {
    const value = byPart[part];
    return value === undefined ? [] : [[part, value] as const];
  });
}
