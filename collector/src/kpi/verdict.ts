import type { Target } from './targets.ts';

export const verdicts = ['met', 'missed', 'indeterminate', 'insufficient-data'] as const;
export type Verdict = (typeof verdicts)[number];

export interface Judgement {
  /** Null where there is nothing to be held against. */
  readonly verdict: Verdict | null;
  /** In plain words, with the numbers. */
  readonly reason: string;
}

export interface MonthCoverage {
  /** `2026-10` */
  readonly name: string;
  readonly coverage: number;
}

/** What a verdict on a PUE rests on. */
export interface Evidence {
  readonly pue: number | null;
  /** Expanded, absolute; null where it is unknown. */
  readonly uncertainty: number | null;
  /** Of the elapsed part of the period; null before it began. */
  readonly coverage: number | null;
  /** Each month of a period that is longer than one. */
  readonly months: readonly MonthCoverage[];
}

/** Less than this and a period says too little about itself, as a whole or in one of its months. */
export const LEAST_COVERAGE = 0.9;

/** Holds a PUE against a target. */
export function judge(target: Target | null, evidence: Evidence): Judgement {
  if (target === null) return { verdict: null, reason: 'no target is set for this site' };
  const lack = lackOf(evidence);
  if (lack !== null || evidence.pue === null) return { verdict: 'insufficient-data', reason: lack ?? NO_IT };
  const { verdict, reason } = compare(evidence.pue, evidence.uncertainty, target.value);
  return { verdict, reason: [reason, ...kindNotes[target.kind]].join('; ') };
}

const NOTHING = 'at no time were the total and the IT energy both measured';
const NO_IT = 'no IT energy was used while both sides were measured';

const kindNotes = {
  design: ['the target is a design value, held here against a measured period: a verdict of its own'],
  average: ['the target is an average over many sites, held here against one'],
  'measured-year': [],
} as const satisfies Record<Target['kind'], readonly string[]>;

/** Why the data do not suffice, or null where they do. */
function lackOf({ coverage, months }: Evidence): string | null {
  if (coverage === null) return 'the period has not begun';
  if (coverage === 0) return NOTHING;
  const least = percent(LEAST_COVERAGE);
  if (coverage < LEAST_COVERAGE)
    return `coverage is ${percent(coverage)} of the time elapsed; a verdict needs ${least}`;
  const poor = months.filter((month) => month.coverage < LEAST_COVERAGE);
  if (poor.length === 0) return null;
  const list = poor.map((month) => `${percent(month.coverage)} in ${month.name}`).join(', ');
  return `coverage is ${list}; a verdict needs ${least} in every month`;
}

function compare(pue: number, uncertainty: number | null, limit: number): { verdict: Verdict; reason: string } {
  if (uncertainty === null) {
    const verdict = pue <= limit ? 'met' : 'missed';
    const relation = verdict === 'met' ? 'does not exceed' : 'exceeds';
    const unknown = 'its uncertainty is unknown, because not every meter has an accuracy class';
    return { verdict, reason: `${digits(pue)} ${relation} ${limit}; ${unknown}` };
  }
  const band = `${digits(pue)} ± ${digits(uncertainty)}`;
  if (pue + uncertainty <= limit) return { verdict: 'met', reason: `${band} lies below ${limit}` };
  if (pue - uncertainty > limit) return { verdict: 'missed', reason: `${band} lies above ${limit}` };
  return { verdict: 'indeterminate', reason: `${limit} lies inside ${band}` };
}

function digits(value: number): string {
  return value.toFixed(3);
}

/** Cut, not rounded: 89.96 % is not 90 %. */
export function percent(share: number): string {
  return `${Math.floor(share * 1000 + 1e-9) / 10} %`;
}
