import { energyRoles, type Role } from '@wattmark/shared/roles';
import type { Span } from '../accounting/interval.ts';
import type { Figures } from '../figures.ts';
import { type Balance, balanceOf, type LevelPlan, type Term } from '../site/balance.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { atLevel, chooseLevel, emptySum, type LevelChoice, type LevelSum } from './level.ts';
import { isLongerThanMonth, monthsOf, type Period } from './period.ts';
import { coverageOf, pueOf } from './pue.ts';
import { findTarget, type Target } from './targets.ts';
import { type Contribution, pueUncertainty } from './uncertainty.ts';
import { type Judgement, judge, LEAST_COVERAGE, type MonthCoverage } from './verdict.ts';

/** What is known, and when: `asOfMs` null is everything up to now. */
export interface Knowledge {
  readonly nowMs: number;
  readonly asOfMs: number | null;
}

/** Everything that a period of a site amounts to, before it is put into an answer's shape. */
export interface SiteKpis {
  readonly period: Period;
  readonly isComplete: boolean;
  readonly balance: Balance;
  /** The level of IT that all figures are taken at. */
  readonly itLevel: LevelChoice;
  readonly sum: LevelSum;
  /** Total over load energy of the paired time; a base station's SEE is its reciprocal. */
  readonly pue: number | null;
  /** Expanded (k = 2), absolute. */
  readonly uncertainty: number | null;
  readonly coverage: number | null;
  readonly target: Target | null;
  readonly judgement: Judgement;
}

/** The instant up to which anything can be known. */
export function knownUntilMs({ nowMs, asOfMs }: Knowledge): number {
  return Math.min(nowMs, asOfMs ?? nowMs);
}

/** A site's figures over a period. */
export async function siteKpis(figures: Figures, site: Site, period: Period, knowledge: Knowledge): Promise<SiteKpis> {
  const { fromMs, toMs } = period;
  const knownMs = knownUntilMs(knowledge);
  const balance = balanceOf(site);
  const sums = await figures.siteSums(site, [fromMs, toMs], knowledge.asOfMs);
  const itLevel = choiceOver(balance, sums, period, knowledge);
  const sum = sums[0] === undefined ? emptySum(fromMs, toMs) : atLevel(sums[0], itLevel.index);
  const pue = pueOf(sum);
  const uncertainty =
    pue === null ? null : await uncertaintyOf(figures, balance, itLevel.index, pue, period, knowledge.asOfMs);
  const coverage = coverageOf(sum.pairedMs, fromMs, toMs, knownMs);
  const target = site.target === null ? null : (findTarget(site.target) ?? null);
  const months = target === null ? [] : await monthCoverages(figures, site, itLevel.index, period, knowledge);
  const judgement =
    site.kind === 'base-station' && target !== null
      ? { verdict: null, reason: 'the target is a PUE, which is not defined for a base station' }
      : judge(target, { pue, uncertainty, coverage, months });
  return { period, isComplete: toMs <= knownMs, balance, itLevel, sum, pue, uncertainty, coverage, target, judgement };
}

/** The level of IT for all figures of one answer, from sums that cover its span. */
export function choiceOver(
  balance: Balance,
  sums: readonly SiteSum[],
  { fromMs, toMs }: Span,
  knowledge: Knowledge,
): LevelChoice {
  const elapsedMs = Math.min(toMs, knownUntilMs(knowledge)) - fromMs;
  return chooseLevel(balance, { sums, elapsedMs, leastCoverage: LEAST_COVERAGE });
}

/** Energy by role for the roles that the site has; null is unknown. */
export function energyByRole(site: Site, roleWh: SiteSum['roleWh']): Partial<Record<Role, number | null>> {
  const present = energyRoles.flatMap((role, index) =>
    site.points.some((point) => point.role === role) ? [[role, roleWh[index] ?? null] as const] : [],
  );
  return Object.fromEntries(present);
}

async function uncertaintyOf(
  figures: Figures,
  { totalFrom, levels }: Balance,
  level: number,
  pue: number,
  span: Span,
  asOfMs: number | null,
): Promise<number | null> {
  const { total, it } = levels[level] as LevelPlan;
  const counted = [...new Set([...total, ...it])];
  // Sums of many points are not asked for where the answer is known to be unknown.
  if (totalFrom === null || counted.some(({ point }) => point.accuracyClass === null)) return null;
  const contribution = async ({ point, weight }: Term): Promise<Contribution> => {
    const boundariesMs = [span.fromMs, span.toMs];
    const [sum] = point.pointId === null ? [] : await figures.pointSumsOf([point.pointId], boundariesMs, asOfMs);
    const energyWh = sum === undefined ? null : weight * (sum.energyWh - sum.exportWh);
    return { point: point.point, energyWh, accuracyClass: point.accuracyClass };
  };
  const [ofTotal, ofIt] = await Promise.all([total, it].map((terms) => Promise.all(terms.map(contribution))));
  return pueUncertainty(pue, totalFrom, { total: ofTotal ?? [], it: ofIt ?? [] });
}

/** A part of a month that is shorter than this is judged with its period, not by itself. */
const LEAST_PART_MS = 86_400_000;

/** Coverage of each month of a period longer than one. */
async function monthCoverages(
  figures: Figures,
  site: Site,
  level: number,
  period: Period,
  knowledge: Knowledge,
): Promise<MonthCoverage[]> {
  if (!isLongerThanMonth(period, site.timezone)) return [];
  const knownMs = knownUntilMs(knowledge);
  const months = monthsOf(period, site.timezone).filter(
    ({ fromMs, toMs }) => Math.min(toMs, knownMs) - fromMs >= LEAST_PART_MS,
  );
  const last = months.at(-1);
  if (last === undefined) return [];
  const boundariesMs = [...months.map(({ fromMs }) => fromMs), last.toMs];
  const sums = await figures.siteSums(site, boundariesMs, knowledge.asOfMs);
  return months.map(({ name, fromMs, toMs }) => {
    const pairedMs = sums.find(({ startMs }) => startMs === fromMs)?.levels[level]?.pairedMs ?? 0;
    return { name, coverage: coverageOf(pairedMs, fromMs, toMs, knownMs) ?? 0 };
  });
}
