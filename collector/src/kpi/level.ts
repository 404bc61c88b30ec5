import type { Level } from '@wattmark/shared/roles';
import type { Balance } from '../site/balance.ts';
import { levelOf } from '../site/balance.ts';
import { addEnergies, nothing } from '../site/interval-sum.ts';
import type { LevelEnergies, SiteSum } from '../site/site.ts';

/**
 * A site's sum at one measuring level: what a PUE and everything beside it is made of. Total and IT are null where not all of
 * their points were measured for any of the time; the paired sums cover exactly the minutes in which both sides were measured,
 * and only they may form a ratio.
 */
export interface LevelSum extends Omit<LevelEnergies, 'partsWh' | 'partsMs'> {
  readonly startMs: number;
  readonly endMs: number;
  readonly totalWh: number | null;
  /** Time for which the total is measured. */
  readonly totalMs: number;
  /** Energy by role in the order of `energyRoles` of @wattmark/shared/roles, Wh; null where the role has no measured point. */
  readonly roleWh: readonly (number | null)[];
}

/** The level that all figures of one answer are taken at. */
export interface LevelChoice {
  /** Into `SiteSum.levels`. */
  readonly index: number;
  /** Null where nobody said at which level. */
  readonly level: Level | null;
  /** Why this one, in words for an auditor. */
  readonly reason: string;
}

/** Sums and the time that has elapsed in them. */
export interface LevelEvidence {
  readonly sums: readonly Pick<SiteSum, 'supplyWh' | 'supplyMs' | 'levels' | 'roleWh'>[];
  /** Elapsed time of the whole period, ms; 0 before it began. */
  readonly elapsedMs: number;
  /** Share of the elapsed time, 0 to 1, that must be paired. */
  readonly leastCoverage: number;
}

/**
 * The level for a period: the one that the site file names; else the highest category (ISO/IEC 30134-2: 3 before 2 before 1)
 * that measures all of the IT and is covered; else, of those that measure all of it, the one covered most. Two levels are never
 * mixed within a period. A level that has lost all its points since is taken where nothing else was recorded.
 */
export function chooseLevel(balance: Balance, { sums, elapsedMs, leastCoverage }: LevelEvidence): LevelChoice {
  const { complete } = balance;
  const pairedMs = nothing.levels.map((_, index) =>
    sums.reduce((sum, { levels }) => sum + (levels[index] as LevelEnergies).pairedMs, 0),
  );
  const coverageOf = (index: number): number => (elapsedMs <= 0 ? 0 : (pairedMs[index] as number) / elapsedMs);
  const most = (indices: readonly number[]): number =>
    indices.reduce((best, index) => ((pairedMs[index] as number) > (pairedMs[best] as number) ? index : best));
  const covered = complete.find((index) => coverageOf(index) >= leastCoverage);
  const index = covered ?? most(complete);
  if (pairedMs[index] === 0) {
    const recorded = most([index, ...pairedMs.keys()]);
    if (recorded !== index) return choice(balance, recorded, 'the points had no other level on record in this time');
  }
  return choice(balance, index, reasonOf(balance, index, covered === undefined ? coverageOf(index) : null));
}

/** A sum at a level. At any time the total is the supply or the sum of the parts; over a period it may be one after the other. */
export function atLevel(sum: SiteSum, index: number): LevelSum {
  const { partsWh, partsMs, ...it } = sum.levels[index] as LevelEnergies;
  const totalWh = sum.supplyWh === null ? partsWh : sum.supplyWh + (partsWh ?? 0);
  const { startMs, endMs, supplyMs, roleWh } = sum;
  return { startMs, endMs, totalWh, totalMs: supplyMs + partsMs, ...it, roleWh };
}

/** What nothing measured amounts to, over any time. */
export function emptySum(startMs: number, endMs: number): LevelSum {
  return atLevel({ ...addEnergies(nothing, nothing), startMs, endMs }, 0);
}

function choice({ site }: Balance, index: number, reason: string): LevelChoice {
  return { index, level: levelOf(site, index), reason };
}

/** `coverage` is null where it suffices. */
function reasonOf({ site, complete, levels }: Balance, index: number, coverage: number | null): string {
  if (site.kind === 'base-station') return 'telecom energy of a base station';
  if (site.itLevel !== null) return 'the site file names this level';
  if (index === 0) return 'no IT point says at which level it measures';
  const present = levels.filter(({ it }) => it.length > 0).length;
  if (present === 1 || (present === 2 && levels[0]?.it.length !== 0)) return 'the only level that is measured';
  if (complete.length === 1) return 'the only level whose points are known, by the feeds, to hold all of the IT';
  if (coverage === null) return 'the deepest level that holds all of the IT and is measured for long enough';
  return `of the levels that hold all of the IT the one measured longest: ${Math.floor(coverage * 1000) / 10} % of the time`;
}
