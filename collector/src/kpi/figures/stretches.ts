import { type PointInterval, QUARTER_MS, type Span } from '../../accounting/interval.ts';
import type { Figures } from '../../figures.ts';
import type { Site, SitePoint, SiteSum } from '../../site/site.ts';
import { balanceOf } from '../../site/balance.ts';
import { sumSiteIntervals } from '../../site/interval-sum.ts';
import { boundaries } from '../boundaries.ts';
import { atLevel, type LevelChoice, type LevelSum } from '../level.ts';
import { choiceOver, type Knowledge, knownUntilMs } from '../site-kpis.ts';

/**
 * A part of a period in which several quantities are compared: a day of the site where everything was measured throughout, else
 * one of its quarter-hours. A stretch never reaches over midnight, so that whatever changes from a date on is constant in it.
 */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined where nothing of the site is known. */
  readonly site: SiteEnergies | undefined;
  readonly point: (pointId: number) => PointInterval | undefined;
}

/** What of a site's sums is compared here. */
export type SiteEnergies = Pick<
  LevelSum,
  'totalWh' | 'totalMs' | 'itWh' | 'itMs' | 'pairedTotalWh' | 'pairedItWh' | 'pairedMs'
>;

/** How much of something there was in a stretch, and for how long of it that is measured; null where nothing is known. */
export type Side = (stretch: Stretch) => { readonly amount: number; readonly measuredMs: number } | null;

/** Sums of several sides over the same time. */
export interface Together {
  /** In the order of the sides. */
  readonly sums: readonly number[];
  readonly measuredMs: number;
  readonly stretches: readonly Stretch[];
}

/** A stretch counts where at most this is missing of it: 1.2 s a minute of a quarter-hour, as where minutes are paired. */
const SLACK_MS = 18_000;

/** The stretches of a period, with the level that IT is taken at in all of them. */
export interface Stretches {
  readonly stretches: readonly Stretch[];
  readonly level: LevelChoice;
  /** The site's sums between successive midnights and the other instants asked for. */
  readonly sums: readonly SiteSum[];
}

/**
 * The stretches of a period of a site that has begun, as far as it is known, with the sums of these points: two questions for
 * the days, and two more for each run of days with gaps.
 */
export async function readStretches(
  figures: Figures,
  site: Site,
  pointIds: readonly number[],
  period: Span,
  knowledge: Knowledge,
  alsoAtMs: readonly number[] = [],
): Promise<Stretches> {
  const endMs = Math.min(period.toMs, Math.ceil(knownUntilMs(knowledge) / QUARTER_MS) * QUARTER_MS);
  const known = { fromMs: period.fromMs, toMs: endMs };
  const inside = boundaries(known, 'P1D', site.timezone).filter((ms) => ms > known.fromMs && ms < known.toMs);
  const read = (boundariesMs: readonly number[], alsoMs: readonly number[] = []): Promise<Sums> =>
    readSums(figures, site, pointIds, boundariesMs, alsoMs, knowledge.asOfMs);
  const other = alsoAtMs.filter((ms) => ms > known.fromMs && ms < known.toMs);
  const sumsOfDays = await read([known.fromMs, ...inside, known.toMs], other);
  const { sites: sums } = sumsOfDays;
  const level = choiceOver(balanceOf(site), sums, period, knowledge);
  const days = stretchesOf(sumsOfDays, level);
  const ragged = days.filter((day) => isRagged(day, pointIds));
  const grainMs = grainOf(ragged, pointIds.length + 1);
  if (grainMs === null) return { stretches: days, level, sums };
  const parts = await Promise.all(
    runsOf(ragged).map(async (run) => {
      const starts = run.flatMap((day) => startsOf(day, grainMs));
      // Between days that are not neighbours lie those that are known already.
      const edges = [...new Set([...starts, ...run.map((day) => day.endMs)])].sort((a, b) => a - b);
      const wanted = new Set(starts);
      return stretchesOf(await read(edges), level).filter(({ startMs }) => wanted.has(startMs));
    }),
  );
  const whole = days.filter((day) => !ragged.includes(day));
  return { stretches: [...whole, ...parts.flat()].sort((a, b) => a.startMs - b.startMs), level, sums };
}

/** Most runs of days with gaps that are read one by one; more of them are read in one go, with all that lies between. */
const MAX_RUNS = 12;

/** Days that follow one another, together. */
function runsOf(days: readonly Stretch[]): (readonly Stretch[])[] {
  const runs: Stretch[][] = [];
  for (const day of days) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1)?.endMs === day.startMs) last.push(day);
    else runs.push([day]);
  }
  return runs.length <= MAX_RUNS ? runs : [days];
}

/** Sums over those stretches in which every one of the sides was measured throughout. */
export function sumTogether(stretches: readonly Stretch[], sides: readonly Side[]): Together {
  const sums = sides.map(() => 0);
  const counted: Stretch[] = [];
  for (const stretch of stretches) {
    const found = sides.map((side) => side(stretch));
    if (!found.every((one) => one !== null && isWhole(stretch, one.measuredMs))) continue;
    found.forEach((one, index) => (sums[index] = (sums[index] as number) + (one?.amount ?? 0)));
    counted.push(stretch);
  }
  return { sums, measuredMs: counted.reduce((ms, { startMs, endMs }) => ms + endMs - startMs, 0), stretches: counted };
}

/** Site's total energy, Wh. */
export const totalWh: Side = ({ site }) =>
  site === undefined || site.totalWh === null ? null : { amount: site.totalWh, measuredMs: site.totalMs };

/** Site's IT energy, Wh. */
export const itWh: Side = ({ site }) =>
  site === undefined || site.itWh === null ? null : { amount: site.itWh, measuredMs: site.itMs };

/** The sum of what points drew, in their own unit; unknown where one of them is. */
export function drawnBy(
  points: readonly SitePoint[],
  amountOf = (_: SitePoint, row: PointInterval) => row.energyWh,
): Side {
  return ({ startMs, endMs, point: rowOf }) => {
    let amount = 0;
    let measuredMs = endMs - startMs;
    for (const point of points) {
      const row = point.pointId === null ? undefined : rowOf(point.pointId);
      if (row === undefined) return null;
      amount += amountOf(point, row);
      measuredMs = Math.min(measuredMs, row.measuredMs);
    }
    return { amount, measuredMs };
  };
}

interface Sums {
  readonly boundariesMs: readonly number[];
  /** Of the spans between the boundaries, or of parts of them. */
  readonly sites: readonly SiteSum[];
  readonly points: readonly PointInterval[];
}

async function readSums(
  figures: Figures,
  site: Site,
  pointIds: readonly number[],
  boundariesMs: readonly number[],
  alsoMs: readonly number[],
  asOfMs: number | null,
): Promise<Sums> {
  const all = [...new Set([...boundariesMs, ...alsoMs])].sort((a, b) => a - b);
  const [sites, points] = await Promise.all([
    figures.siteSums(site, all, asOfMs),
    pointIds.length === 0 ? [] : figures.pointSumsOf(pointIds, boundariesMs, asOfMs),
  ]);
  return { boundariesMs, sites, points };
}

function stretchesOf({ boundariesMs, sites, points }: Sums, level: LevelChoice): Stretch[] {
  const bySpan = sumSiteIntervals(sites, boundariesMs);
  const siteAt = new Map(bySpan.map((sum) => [sum.startMs, atLevel(sum, level.index)]));
  const pointsAt = new Map<number, Map<number, PointInterval>>();
  for (const row of points) {
    const at = pointsAt.get(row.startMs) ?? new Map<number, PointInterval>();
    pointsAt.set(row.startMs, at.set(row.pointId, row));
  }
  return boundariesMs.slice(0, -1).map((startMs, index) => {
    const at = pointsAt.get(startMs);
    const endMs = boundariesMs[index + 1] as number;
    return { startMs, endMs, site: siteAt.get(startMs), point: (pointId) => at?.get(pointId) };
  });
}

function isWhole({ startMs, endMs }: Stretch, measuredMs: number): boolean {
  return endMs - startMs - measuredMs <= SLACK_MS;
}

/** Whether something was measured for a part of the day, so that its quarter-hours may say more than it does. */
function isRagged(day: Stretch, pointIds: readonly number[]): boolean {
  const times = [day.site?.totalMs, day.site?.itMs, ...pointIds.map((pointId) => day.point(pointId)?.measuredMs)];
  return times.some((ms = 0) => ms > 0 && !isWhole(day, ms));
}

/** Most sums of points and site that the days with gaps are read in. */
const MAX_SUMS = 100_000;

/** Length of the parts of days with gaps: quarter-hours, hours where those would be too many, or null for none. */
function grainOf(ragged: readonly Stretch[], members: number): number | null {
  const spanMs = ragged.reduce((ms, { startMs, endMs }) => ms + endMs - startMs, 0);
  if (spanMs === 0) return null;
  return [QUARTER_MS, 4 * QUARTER_MS].find((grainMs) => (spanMs / grainMs) * members <= MAX_SUMS) ?? null;
}

function startsOf({ startMs, endMs }: Stretch, grainMs: number): number[] {
  return Array.from({ length: Math.ceil((endMs - startMs) / grainMs) }, (_, index) => startMs + index * grainMs);
}
