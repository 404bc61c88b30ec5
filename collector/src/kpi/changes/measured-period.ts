import { energyRoles, type Level, type Role } from '@wattmark/shared/roles';
import type { PointInterval } from '../../accounting/interval.ts';
import type { Figures } from '../../figures.ts';
import { type Balance, balanceOf, type Term } from '../../site/balance.ts';
import type { Site } from '../../site/site.ts';
import { boundaries } from '../boundaries.ts';
import { atLevel, type LevelSum } from '../level.ts';
import type { Period } from '../period.ts';
import { coverageOf } from '../pue.ts';
import { choiceOver, type Knowledge, knownUntilMs } from '../site-kpis.ts';
import type { Part } from './decomposition.ts';
import type { DayPowers } from './load-response.ts';

/** Parts of the overhead that have roles, and so can have meters. */
export const meteredParts = ['cooling', 'lighting', 'other'] as const satisfies readonly Part[];
export type MeteredPart = (typeof meteredParts)[number];

/** Energies of a period, of the time alone in which total and IT were both measured. */
export interface MeasuredPeriod {
  readonly period: Period;
  readonly isComplete: boolean;
  readonly totalFrom: Balance['totalFrom'];
  readonly level: Level | null;
  /** Paired over elapsed time; null before the period began. */
  readonly coverage: number | null;
  readonly pairedMs: number;
  readonly totalWh: number;
  readonly itWh: number;
  /** Null where a part was measured too little, or has no point at all. */
  readonly meteredWh: Readonly<Record<MeteredPart, number | null>>;
  /** The days that are measured well enough to show how the overhead goes with the load. */
  readonly days: readonly DayPowers[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What is measured for a lesser share of the paired time is not known well enough to stand for all of it. */
const LEAST_SHARE = 0.9;

/** Measures a period of a site, day by day. @throws RangeTooLargeError */
export async function measurePeriod(
  figures: Figures,
  site: Site,
  period: Period,
  knowledge: Knowledge,
): Promise<MeasuredPeriod> {
  const balance = balanceOf(site);
  const boundariesMs = dayBoundaries(period, site.timezone);
  const termsOf = partTerms(balance);
  const points = Object.values(termsOf).flat();
  const ids = points.flatMap(({ point }) => (point.pointId === null ? [] : [point.pointId]));
  const [recorded, rows] = await Promise.all([
    figures.siteSums(site, boundariesMs, knowledge.asOfMs),
    ids.length === 0 ? [] : figures.pointSumsOf(ids, boundariesMs, knowledge.asOfMs),
  ]);
  const { index, level } = choiceOver(balance, recorded, period, knowledge);
  const sums = recorded.map((sum) => atLevel(sum, index));
  const rowOf = new Map(rows.map((row) => [keyOf(row.pointId, row.startMs), row]));
  const knownMs = knownUntilMs(knowledge);
  const pairedMs = add(sums, (sum) => sum.pairedMs);
  const meteredWh = (part: MeteredPart): number | null => pairedEnergyWh(termsOf[part], sums, rowOf);
  return {
    period,
    isComplete: period.toMs <= knownMs,
    totalFrom: balance.totalFrom,
    level,
    coverage: coverageOf(pairedMs, period.fromMs, period.toMs, knownMs),
    pairedMs,
    totalWh: add(sums, (sum) => sum.pairedTotalWh),
    itWh: add(sums, (sum) => sum.pairedItWh),
    meteredWh: { cooling: meteredWh('cooling'), lighting: meteredWh('lighting'), other: meteredWh('other') },
    days: sums.filter((sum) => sum.pairedMs >= LEAST_SHARE * DAY_MS).map(dayPowers),
  };
}

/** The local days of a period, the first and the last cut to it. */
function dayBoundaries({ fromMs, toMs }: Period, timezone: string): number[] {
  const inner = boundaries({ fromMs, toMs }, 'P1D', timezone).filter((ms) => ms > fromMs && ms < toMs);
  return [fromMs, ...inner, toMs];
}

/** District cooling comes in as supply, and is used for nothing but cooling. */
const partRoles = {
  cooling: ['cooling', 'district-cooling'],
  lighting: ['lighting'],
  other: ['other'],
} as const satisfies Record<MeteredPart, readonly Role[]>;

/** The points of each part; in a data centre, telecom load is one of the other loads. */
function partTerms({ site, byRole }: Balance): Record<MeteredPart, readonly Term[]> {
  const of = (role: Role): readonly Term[] => byRole[energyRoles.indexOf(role)] ?? [];
  return {
    cooling: partRoles.cooling.flatMap(of),
    lighting: partRoles.lighting.flatMap(of),
    other: [...partRoles.other.flatMap(of), ...(site.kind === 'data-centre' ? of('telecom') : [])],
  };
}

/** Points' days, by `keyOf`. */
type Rows = ReadonlyMap<string, PointInterval>;

function keyOf(pointId: number | null, startMs: number): string {
  return `${pointId} ${startMs}`;
}

/**
 * Energy of a part in the paired time: day by day its mean power times the day's paired time. Days on which one of its points
 * is not measured count with the mean of the others, as long as they are few.
 */
function pairedEnergyWh(terms: readonly Term[], sums: readonly LevelSum[], rows: Rows): number | null {
  if (terms.length === 0) return null;
  let [energyWh, knownMs] = [0, 0];
  for (const { startMs, pairedMs } of sums) {
    const powerW = powerOf(terms, pairedMs, ({ point: { pointId } }) => rows.get(keyOf(pointId, startMs)));
    if (powerW === null) continue;
    energyWh += (powerW * pairedMs) / HOUR_MS;
    knownMs += pairedMs;
  }
  const pairedMs = add(sums, (sum) => sum.pairedMs);
  return knownMs <= 0 || knownMs < LEAST_SHARE * pairedMs ? null : energyWh * (pairedMs / knownMs);
}

/** Mean net power of points by their measured time alone; null where one of them is measured too little. */
function powerOf(
  terms: readonly Term[],
  pairedMs: number,
  rowOf: (term: Term) => PointInterval | undefined,
): number | null {
  let powerW = 0;
  for (const term of terms) {
    const row = rowOf(term);
    if (row === undefined || row.measuredMs <= 0 || row.measuredMs < LEAST_SHARE * pairedMs) return null;
    powerW += (term.weight * (row.energyWh - row.estimatedWh - row.exportWh) * HOUR_MS) / row.measuredMs;
  }
  return powerW;
}

function dayPowers({ pairedMs, pairedTotalWh, pairedItWh }: LevelSum): DayPowers {
  const hours = pairedMs / HOUR_MS;
  return { itW: pairedItWh / hours, overheadW: (pairedTotalWh - pairedItWh) / hours };
}

function add(sums: readonly LevelSum[], of: (sum: LevelSum) => number): number {
  return sums.reduce((total, sum) => total + of(sum), 0);
}
