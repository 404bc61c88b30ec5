import type { Span } from '../accounting/interval.ts';
import { type Metric, type Target, validityIn } from './targets.ts';

export const verdicts = ['met', 'missed', 'indeterminate', 'insufficient-data'] as const;
export type Verdict = (typeof verdicts)[number];

export interface Judgement {
  /** Null where there is nothing to be held against. */
  readonly verdict: Verdict | null;
  /** In plain words, with the numbers. */
  readonly reason: string;
  /** The target is for a year, and the period is none, or not over. */
  readonly provisional: boolean;
}

export interface MonthCoverage {
  /** `2026-10` */
  readonly name: string;
  readonly coverage: number;
}

/** What a verdict on a figure rests on. */
export interface Evidence {
  readonly value: number | null;
  /** Why there is no value, in words; null where there is one. */
  readonly absence: string | null;
  /** Expanded, absolute; null where it is unknown. */
  readonly uncertainty: number | null;
  /** Of the elapsed part of the period; null before it began. Estimated energy is never part of it. */
  readonly coverage: number | null;
  /** Each month of a period that is longer than one. */
  readonly months: readonly MonthCoverage[];
}

/** The period that is judged, and by which rule. */
export interface Trial {
  readonly span: Span;
  readonly timezone: string;
  /** Whether the period is a year that is over. */
  readonly isYear: boolean;
  /** Less than this share and a period says too little about itself, as a whole or in one of its months. */
  readonly leastCoverage: number;
}

/** Wattmark's own choice, where the site file has no other. */
export const LEAST_COVERAGE = 0.9;

/** Holds a measured figure against a target. */
export function judge(target: Target, evidence: Evidence, trial: Trial): Judgement {
  const validity = validityIn(target, trial.span, trial.timezone);
  if (validity === 'draft') return without(`the target is a draft and not in force; ${dates(target)}`);
  if (validity === 'never') return without(`the target is not in force in this period; ${dates(target)}`);
  const provisional = target.kind === 'measured-year' && !trial.isYear;
  const lack = lackOf(evidence, trial.leastCoverage);
  if (lack !== null || evidence.value === null) {
    return { verdict: 'insufficient-data', reason: lack ?? evidence.absence ?? NO_VALUE, provisional };
  }
  const { verdict, reason } = compare(evidence.value, evidence.uncertainty, target);
  const notes = [
    ...kindNotes[target.kind],
    ...(provisional ? [`provisional: the target is for a year, and the period is ${notAYear(trial)}`] : []),
    ...(validity === 'partly' ? [`the target is in force for a part of the period only; ${dates(target)}`] : []),
  ];
  return { verdict, reason: [reason, ...notes].join('; '), provisional };
}

/**
 * Holds a design value against a design target: like with like. A target that holds at a certain IT load is met or missed only
 * by a design value for that load.
 */
export function judgeDesign(
  target: Target,
  design: { readonly value: number; readonly itLoadFactor?: number | undefined },
  { span, timezone }: Pick<Trial, 'span' | 'timezone'>,
): Judgement {
  const validity = validityIn(target, span, timezone);
  if (target.metric !== 'pue' || target.kind !== 'design') return without('the target is not a design value of PUE');
  if (validity === 'draft' || validity === 'never') return without(`the target is not in force; ${dates(target)}`);
  if (target.itLoadFactor !== undefined && design.itLoadFactor !== target.itLoadFactor) {
    return without(`the target holds at ${percent(target.itLoadFactor)} IT load; the design value is for another`);
  }
  const { verdict, relation } = exactly(design.value, target);
  return { verdict, reason: `the design value ${design.value} ${relation} ${target.value}`, provisional: false };
}

/** Sums of many small numbers are as good as this, and no meter is: 1.3000000000000003 does not exceed 1.3. */
export const ROUNDING = 1e-9;

const NO_VALUE = 'the figure is unknown';
const NOTHING = 'at no time were the total and the IT energy both measured';

const kindNotes = {
  design: ['the target is a design value, held here against a measured period: a verdict of its own'],
  average: ['the target is an average over many sites, held here against one'],
  'measured-year': [],
  measured: [],
} as const satisfies Record<Target['kind'], readonly string[]>;

function without(reason: string): Judgement {
  return { verdict: null, reason, provisional: false };
}

function dates({ validFrom, validTo }: Target): string {
  return validTo === null ? `it holds from ${validFrom} on` : `it holds from ${validFrom} to before ${validTo}`;
}

function notAYear({ span: { fromMs, toMs } }: Trial): string {
  return toMs - fromMs >= 365 * 86_400_000 ? 'not a year that is over' : 'shorter';
}

/** Why the data do not suffice, or null where they do. */
function lackOf({ coverage, months }: Evidence, leastCoverage: number): string | null {
  if (coverage === null) return 'the period has not begun';
  if (coverage === 0) return NOTHING;
  const least = percent(leastCoverage);
  const isShort = (share: number): boolean => share < leastCoverage - ROUNDING;
  if (isShort(coverage)) return `coverage is ${percent(coverage)} of the time elapsed; a verdict needs ${least}`;
  const poor = months.filter((month) => isShort(month.coverage));
  if (poor.length === 0) return null;
  const list = poor.map((month) => `${percent(month.coverage)} in ${month.name}`).join(', ');
  return `coverage is ${list}; a verdict needs ${least} in every month`;
}

function compare(
  value: number,
  uncertainty: number | null,
  target: Target,
): { readonly verdict: Verdict; readonly reason: string } {
  const limit = target.value;
  if (uncertainty === null) {
    const { verdict, relation } = exactly(value, target);
    return { verdict, reason: `${digits(value, limit)} ${relation} ${limit}; ${unknownUncertainty(target.metric)}` };
  }
  const band = `${digits(value, limit)} ± ${uncertainty.toFixed(3)}`;
  if (exactly(value + uncertainty, target).verdict !== exactly(value - uncertainty, target).verdict) {
    return { verdict: 'indeterminate', reason: `${limit} lies inside ${band}` };
  }
  return {
    verdict: exactly(value, target).verdict,
    reason: `${band} lies ${placeOf(value, limit)} ${limit}`,
  };
}

function placeOf(value: number, limit: number): string {
  if (Math.abs(value - limit) <= ROUNDING) return 'at';
  return value > limit ? 'above' : 'below';
}

function exactly(
  value: number,
  { value: limit, direction }: Target,
): { readonly verdict: 'met' | 'missed'; readonly relation: string } {
  if (direction === 'at-most') {
    return value <= limit + ROUNDING
      ? { verdict: 'met', relation: 'does not exceed' }
      : { verdict: 'missed', relation: 'exceeds' };
  }
  return value >= limit - ROUNDING
    ? { verdict: 'met', relation: 'reaches' }
    : { verdict: 'missed', relation: 'does not reach' };
}

function unknownUncertainty(metric: Metric): string {
  const isOfMeters = metric === 'pue' || metric === 'see';
  return isOfMeters
    ? 'its uncertainty is unknown, because not every meter has an accuracy class, or too little is known of the time not measured'
    : 'its uncertainty is not computed';
}

/** Three digits, or as many as tell the value from the limit. */
function digits(value: number, limit: number): string {
  if (Math.abs(value - limit) <= ROUNDING) return value.toFixed(3);
  const tells = (decimals: number): boolean => value.toFixed(decimals) !== limit.toFixed(decimals);
  return value.toFixed([3, 5, 7].find(tells) ?? 9);
}

/** Cut, not rounded: 89.96 % is not 90 %. */
export function percent(share: number): string {
  return `${Math.floor(share * 1000 + 1e-9) / 10} %`;
}
