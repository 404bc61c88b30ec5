import type { Level } from '@wattmark/shared/roles';
import type { Figures } from '../../figures.ts';
import { type Balance, balanceOf, levelOf } from '../../site/balance.ts';
import {
  type LevelEnergies,
  type OverheadPart,
  overheadParts,
  type PartEnergies,
  type Site,
  type SiteSum,
} from '../../site/site.ts';
import { boundaries } from '../boundaries.ts';
import { atLevel, type LevelSum } from '../level.ts';
import type { Period } from '../period.ts';
import { coverageOf } from '../pue.ts';
import { choiceOver, type Knowledge, knownUntilMs, leastCoverageOf } from '../site-kpis.ts';
import type { DayPowers } from './load-response.ts';

/** Energies of a period, of the time alone in which total and IT were both measured. */
export interface MeasuredPeriod {
  readonly period: Period;
  readonly isComplete: boolean;
  readonly totalFrom: Balance['totalFrom'];
  readonly level: Level | null;
  /** Into `SiteSum.levels`. */
  readonly levelIndex: number;
  /** Paired over elapsed time; null before the period began. */
  readonly coverage: number | null;
  /** What the site needs of it to be explained. */
  readonly leastCoverage: number;
  readonly pairedMs: number;
  readonly totalWh: number;
  readonly itWh: number;
  /** Null where a part was measured too little, or has no point at all. */
  readonly meteredWh: Readonly<Record<OverheadPart, number | null>>;
  /** The days that are measured well enough to show how the overhead goes with the load. */
  readonly days: readonly DayPowers[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What is measured for a lesser share of the paired time is not known well enough to stand for all of it. */
const LEAST_SHARE = 0.9;

/**
 * Measures periods of a site day by day, with IT at one level in all of them where there is one that suffices for each; else
 * each has the level of its own figures.
 * @throws RangeTooLargeError
 */
export async function measurePeriods(
  figures: Figures,
  site: Site,
  periods: readonly Period[],
  knowledge: Knowledge,
): Promise<MeasuredPeriod[]> {
  const balance = balanceOf(site);
  const recorded = await Promise.all(
    periods.map(async (period) => {
      const sums = await figures.siteSums(site, dayBoundaries(period, site.timezone), knowledge.asOfMs);
      return { period, sums };
    }),
  );
  const common = balance.complete.find((index) =>
    recorded.every(({ period, sums }) => {
      const pairedMs = add(sums, ({ levels }) => (levels[index] as LevelEnergies).pairedMs);
      return (coverageOf(pairedMs, period.fromMs, period.toMs, knownUntilMs(knowledge)) ?? 0) >= leastCoverageOf(site);
    }),
  );
  return recorded.map(({ period, sums }) =>
    measure(balance, period, sums, common ?? choiceOver(balance, sums, period, knowledge).index, knowledge),
  );
}

function measure(
  { site, totalFrom }: Balance,
  period: Period,
  days: readonly SiteSum[],
  level: number,
  knowledge: Knowledge,
): MeasuredPeriod {
  const knownMs = knownUntilMs(knowledge);
  const sums = days.map((day) => atLevel(day, level));
  const pairedMs = add(sums, (sum) => sum.pairedMs);
  const meteredWh = overheadParts.map((part, index) => {
    const ofPart = days.map(({ overhead }) => overhead[index] as PartEnergies);
    return [part, pairedEnergyWh(ofPart, sums)] as const;
  });
  return {
    period,
    isComplete: period.toMs <= knownMs,
    totalFrom,
    level: levelOf(site, level),
    levelIndex: level,
    coverage: coverageOf(pairedMs, period.fromMs, period.toMs, knownMs),
    leastCoverage: leastCoverageOf(site),
    pairedMs,
    totalWh: add(sums, (sum) => sum.pairedTotalWh),
    itWh: add(sums, (sum) => sum.pairedItWh),
    meteredWh: Object.fromEntries(meteredWh) as Record<OverheadPart, number | null>,
    days: sums.filter((sum) => sum.pairedMs >= LEAST_SHARE * DAY_MS).map(dayPowers),
  };
}

/** The local days of a period, the first and the last cut to it. */
function dayBoundaries({ fromMs, toMs }: Period, timezone: string): number[] {
  const inner = boundaries({ fromMs, toMs }, 'P1D', timezone).filter((ms) => ms > fromMs && ms < toMs);
  return [fromMs, ...inner, toMs];
}

/**
 * Energy of a part in the paired time: day by day its mean power times the day's paired time. Days on which it is measured too
 * little count with the mean of the others, as long as they are few.
 */
function pairedEnergyWh(days: readonly PartEnergies[], sums: readonly LevelSum[]): number | null {
  let [energyWh, knownMs] = [0, 0];
  sums.forEach(({ pairedMs }, day) => {
    const part = days[day] as PartEnergies;
    if (part.measuredMs <= 0 || part.measuredMs < LEAST_SHARE * pairedMs) return;
    energyWh += (part.energyWh / part.measuredMs) * pairedMs;
    knownMs += pairedMs;
  });
  const pairedMs = add(sums, (sum) => sum.pairedMs);
  return knownMs <= 0 || knownMs < LEAST_SHARE * pairedMs ? null : energyWh * (pairedMs / knownMs);
}

function dayPowers({ pairedMs, pairedTotalWh, pairedItWh }: LevelSum): DayPowers {
  const hours = pairedMs / HOUR_MS;
  return { itW: pairedItWh / hours, overheadW: (pairedTotalWh - pairedItWh) / hours };
}

function add<S>(sums: readonly S[], of: (sum: S) => number): number {
  return sums.reduce((total, sum) => total + of(sum), 0);
}
