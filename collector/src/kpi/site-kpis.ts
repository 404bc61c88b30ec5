import { energyRoles, type Role } from '@wattmark/shared/roles';
import type { Span } from '../accounting/interval.ts';
import type { Figures } from '../figures.ts';
import { type Balance, balanceOf, type LevelPlan, partialBalancesOf } from '../site/balance.ts';
import { sumSiteIntervals } from '../site/interval-sum.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { boundaries, type Step, usualLengthMs } from './boundaries.ts';
import { type Contributions, contributionsOf, type Intervals, readIntervals } from './contributions.ts';
import { atLevel, chooseLevel, emptySum, type LevelChoice, type LevelSum } from './level.ts';
import { missingDataUncertainty } from './missing-data.ts';
import { isLongerThanMonth, monthsOf, type Period } from './period.ts';
import { coverageOf, pueOf } from './pue.ts';
import { type Uncertainty, pueUncertainty } from './uncertainty.ts';
import { LEAST_COVERAGE, type MonthCoverage } from './verdict.ts';

/** What is known, and when: `asOfMs` null is everything up to now. */
export interface Knowledge {
  readonly nowMs: number;
  readonly asOfMs: number | null;
}

/** What a period of a site amounts to, before it is held against anything. */
export interface SiteKpis {
  readonly period: Period;
  readonly isComplete: boolean;
  readonly balance: Balance;
  /** The level of IT that all figures are taken at. */
  readonly itLevel: LevelChoice;
  readonly sum: LevelSum;
  /** Total over load energy of the paired time; a base station's SEE is its reciprocal. */
  readonly pue: number | null;
  /** Of `pue`. */
  readonly uncertainty: Uncertainty;
  readonly contributions: Contributions;
  /** Sums of the points that count, here or in a part of the site. */
  readonly intervals: Intervals;
  /** Usual times between the readings of imports in the period, ms, by number of the point. */
  readonly imported: ReadonlyMap<number, number>;
  readonly coverage: number | null;
  /** Elapsed time of the period, ms. */
  readonly elapsedMs: number;
  /** Of a period longer than a month. */
  readonly months: readonly MonthCoverage[];
  readonly leastCoverage: number;
}

/** The instant up to which anything can be known. */
export function knownUntilMs({ nowMs, asOfMs }: Knowledge): number {
  return Math.min(nowMs, asOfMs ?? nowMs);
}

/** Least share of every month that must be measured for a verdict. */
export function leastCoverageOf(site: Site): number {
  return site.file.coverage ?? LEAST_COVERAGE;
}

/** A site's figures over a period: one question about the site and one about its points, however long it is. */
export async function siteKpis(figures: Figures, site: Site, period: Period, knowledge: Knowledge): Promise<SiteKpis> {
  const { fromMs, toMs } = period;
  const knownMs = knownUntilMs(knowledge);
  const balance = balanceOf(site);
  const parts = await figures.siteSums(site, partBoundaries(period, site.timezone), knowledge.asOfMs);
  const itLevel = choiceOver(balance, parts, period, knowledge);
  const sum = sumOver(parts, period, itLevel);
  const pue = pueOf(sum);
  const coverage = coverageOf(sum.pairedMs, fromMs, toMs, knownMs);
  const plan = balance.levels[itLevel.index] as LevelPlan;
  const plans = [plan, ...partialBalancesOf(site).flatMap(({ levels }) => levels)];
  const intervals = await readIntervals(figures, site, plans, period, knowledge.asOfMs);
  const contributions = contributionsOf(site, plan, intervals);
  const ofParts = parts.map((part) => ({
    sum: atLevel(part, itLevel.index),
    elapsedMs: Math.min(part.endMs, knownMs) - part.startMs,
  }));
  return {
    period,
    isComplete: toMs <= knownMs,
    balance,
    itLevel,
    sum,
    pue,
    uncertainty: pueUncertainty(pue, contributions.errors, missingDataUncertainty(pue, coverage, ofParts)),
    contributions,
    intervals,
    imported: figures.importedIntervals(site, period, knowledge.asOfMs),
    coverage,
    elapsedMs: Math.max(0, Math.min(toMs, knownMs) - fromMs),
    months: monthCoverages(site, parts, itLevel, period, knownMs),
    leastCoverage: leastCoverageOf(site),
  };
}

/** The level of IT for all figures of one answer, from sums that cover its span. */
export function choiceOver(
  balance: Balance,
  sums: readonly SiteSum[],
  { fromMs, toMs }: Span,
  knowledge: Knowledge,
): LevelChoice {
  const elapsedMs = Math.min(toMs, knownUntilMs(knowledge)) - fromMs;
  return chooseLevel(balance, { sums, elapsedMs, leastCoverage: leastCoverageOf(balance.site) });
}

/** Energy by role for the roles that the site has; null is unknown. IT of a data centre is that of the level of the answer. */
export function energyByRole(
  { kind, points }: Site,
  { itWh, roleWh }: Pick<LevelSum, 'itWh' | 'roleWh'>,
): Partial<Record<Role, number | null>> {
  const energyOf = (role: Role, index: number): number | null =>
    role === 'it' && kind === 'data-centre' ? itWh : (roleWh[index] ?? null);
  const present = energyRoles.flatMap((role, index) =>
    points.some((point) => point.role === role) ? [[role, energyOf(role, index)] as const] : [],
  );
  return Object.fromEntries(present);
}

const DAY_MS = 86_400_000;
const MAX_DAYS = 4_000;

/**
 * Ends of the parts by which a period is asked for: local days, of which months are made; hours of a period of a few days, and
 * quarter-hours of one of a few hours, so that their variation tells what the time not measured may have been.
 */
export function partBoundaries(span: Span, timezone: string): number[] {
  const { fromMs, toMs } = span;
  const inner = boundaries(span, partStep(toMs - fromMs), timezone).filter((ms) => ms > fromMs && ms < toMs);
  return [fromMs, ...inner, toMs];
}

function partStep(lengthMs: number): Step {
  if (lengthMs > MAX_DAYS * DAY_MS) return 'P1M';
  if (lengthMs >= 7 * DAY_MS) return 'P1D';
  return lengthMs >= 12 * usualLengthMs.PT1H ? 'PT1H' : 'PT15M';
}

function sumOver(parts: readonly SiteSum[], { fromMs, toMs }: Span, { index }: LevelChoice): LevelSum {
  const [sum] = sumSiteIntervals(parts, [fromMs, toMs]);
  return sum === undefined ? emptySum(fromMs, toMs) : atLevel(sum, index);
}

/** A part of a month that is shorter than this is judged with its period, not by itself. */
const LEAST_PART_MS = DAY_MS;

/** Coverage of each month of a period longer than one. */
function monthCoverages(
  { timezone }: Site,
  parts: readonly SiteSum[],
  level: LevelChoice,
  period: Period,
  knownMs: number,
): MonthCoverage[] {
  if (!isLongerThanMonth(period, timezone)) return [];
  const months = monthsOf(period, timezone).filter(
    ({ fromMs, toMs }) => Math.min(toMs, knownMs) - fromMs >= LEAST_PART_MS,
  );
  return months.map((month) => {
    const { pairedMs } = sumOver(parts, month, level);
    return { name: month.name, coverage: coverageOf(pairedMs, month.fromMs, month.toMs, knownMs) ?? 0 };
  });
}
