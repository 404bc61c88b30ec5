import type { Channel } from '@wattmark/shared/channels';
import {
  type GaugeMean,
  type GaugeQuarter,
  isEmpty,
  MINUTE_MS,
  type PointInterval,
  QUARTER_MS,
  type Span,
} from '../accounting/interval.ts';
import { type Balance, balanceOf, minutesOf as minutesOfBalance, partialBalancesOf } from '../site/balance.ts';
import {
  type Energies,
  GaugeSums,
  PointSums,
  SiteSums,
  sumPointIntervals,
  sumSiteIntervals,
} from '../site/interval-sum.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { type Ledger, sumByDays } from './day-sums.ts';
import { atLevel, type LevelSum } from './level.ts';
import { measuredIdsOf, minutesOf, type SiteZone, type Sources } from './minutes.ts';

const HOUR_MS = 3_600_000;

/** Points of one site that are added up at once: so many in one day are as many rows as are held. */
const MAX_POINTS = 1_000;

/** Sums between successive boundaries on quarter-hours of points of one site, in the order of time and then of points. */
export async function pointSumsOf(
  sources: Sources,
  pointIds: readonly number[],
  boundariesMs: readonly number[],
  asOfMs: number | null,
): Promise<PointInterval[]> {
  const [first] = pointIds;
  const site = first === undefined ? undefined : sources.siteOf(first);
  if (site === undefined) return [];
  const { store } = sources;
  const sums: PointInterval[][] = [];
  for (const some of slicesOf(pointIds, MAX_POINTS)) {
    const ledger = {
      ...ledgerOf(sources, site, asOfMs),
      width: some.length,
      days: (span: Span) => store.pointDays(some, span, asOfMs),
      quarters: (span: Span) => quartersOf(sources, some, span, asOfMs),
      sums: (boundaries: readonly number[]) => new PointSums(boundaries),
    };
    sums.push(await sumByDays<PointInterval, PointInterval>(ledger, boundariesMs));
  }
  return sums
    .flat()
    .filter((row) => !isEmpty(row))
    .sort(inOrder);
}

/**
 * Single quarter-hours of points of one site, given in order of time, by the same rule and in the same order; one of which
 * nothing is known is not there.
 */
export async function pointQuarters(
  sources: Sources,
  pointIds: readonly number[],
  startsMs: readonly number[],
  asOfMs: number | null,
): Promise<PointInterval[]> {
  const asked = new Set(startsMs);
  const rows: PointInterval[] = [];
  for (const span of runsOf(startsMs, pointIds.length)) {
    for (const row of await quartersOf(sources, pointIds, span, asOfMs)) {
      if (asked.has(row.startMs) && !isEmpty(row)) rows.push(row);
    }
  }
  return rows;
}

/** Points' means of a channel over its quarter-hours in a span, in the order of points. */
export async function gaugeMeansOf(
  sources: Sources,
  pointIds: readonly number[],
  channel: Channel,
  { fromMs, toMs }: Span,
  asOfMs: number | null,
): Promise<GaugeMean[]> {
  const [first] = pointIds;
  const site = first === undefined ? undefined : sources.siteOf(first);
  if (site === undefined) return [];
  const { store } = sources;
  const means: GaugeMean[] = [];
  for (const some of slicesOf(pointIds, MAX_POINTS)) {
    const ledger = {
      ...ledgerOf(sources, site, asOfMs),
      width: some.length,
      days: (span: Span) => inOne(store.gaugeDays(some, channel, span, asOfMs)),
      quarters: (span: Span) => store.gaugeQuarters(some, channel, span, asOfMs),
      sums: (boundaries: readonly number[]) => new GaugeSums(boundaries),
    };
    const sums = await sumByDays<GaugeQuarter, GaugeQuarter>(ledger, [fromMs, toMs]);
    for (const { pointId, sum, minutes } of sums)
      means.push({ pointId, mean: sum / minutes, measuredMs: minutes * MINUTE_MS });
  }
  return means.sort((a, b) => a.pointId - b.pointId);
}

/** A site's sums between successive boundaries on quarter-hours. */
export async function siteSums(
  sources: Sources,
  site: Site,
  boundariesMs: readonly number[],
  asOfMs: number | null,
): Promise<SiteSum[]> {
  return sumsOf(sources, balanceOf(site), boundariesMs, asOfMs);
}

/**
 * Sums of one part of a site between successive boundaries on quarter-hours: total and IT are paired minute by minute, as those
 * of the whole site. Their ratio is the part's pPUE.
 * @throws RangeError where the site has no such part.
 */
export async function partialSums(
  sources: Sources,
  { site, partial }: { readonly site: Site; readonly partial: string },
  boundariesMs: readonly number[],
  asOfMs: number | null,
): Promise<LevelSum[]> {
  const balance = partialBalancesOf(site).find((candidate) => candidate.partial === partial);
  if (balance === undefined) throw new RangeError(`${site.site} has no part ${partial}`);
  const sums = await sumsOf(sources, balance, boundariesMs, asOfMs);
  return sums.map((sum) => atLevel(sum, 0));
}

async function sumsOf(
  sources: Sources,
  balance: Balance,
  boundariesMs: readonly number[],
  asOfMs: number | null,
): Promise<SiteSum[]> {
  const { site, partial } = balance;
  const { store } = sources;
  const ledger = {
    ...ledgerOf(sources, site, asOfMs),
    width: 1,
    days: (span: Span) => inOne(store.siteDays(site.siteId, partial, span, asOfMs)),
    quarters: (span: Span) => siteQuartersOf(sources, balance, span, asOfMs),
    sums: (boundaries: readonly number[]) => new SiteSums(boundaries),
  };
  return (await sumByDays<SiteRow, SiteSum>(ledger, boundariesMs)).filter(isKnown);
}

type SiteRow = Energies & { readonly startMs: number };

function ledgerOf(
  sources: Sources,
  { siteId, timezone }: SiteZone,
  asOfMs: number | null,
): Pick<Ledger<unknown, unknown>, 'timezone' | 'rolledUpToMs' | 'madeDays'> {
  return {
    timezone,
    rolledUpToMs: rolledUpToMs(sources, asOfMs),
    madeDays: (beforeMs) => sources.store.madeDays(siteId, beforeMs, asOfMs),
  };
}

/** Points' quarter-hours: as they are rolled up, or else added up of minutes. */
async function quartersOf(
  sources: Sources,
  pointIds: readonly number[],
  span: Span,
  asOfMs: number | null,
): Promise<PointInterval[]> {
  const { rolledUp, tail } = split(span, rolledUpToMs(sources, asOfMs));
  const quarters = rolledUp === null ? [] : await sources.store.pointQuarters(pointIds, rolledUp, asOfMs);
  if (tail === null) return quarters;
  const rows = await minutesOf(sources, pointIds, tail, asOfMs);
  return [...quarters, ...sumPointIntervals(rows, quartersFrom(tail, rows))];
}

/** A site's quarter-hours, or those of a part of it, in the same way. */
async function siteQuartersOf(
  sources: Sources,
  balance: Balance,
  span: Span,
  asOfMs: number | null,
): Promise<SiteRow[]> {
  const { site, partial } = balance;
  const { rolledUp, tail } = split(span, rolledUpToMs(sources, asOfMs));
  const quarters = rolledUp === null ? [] : await sources.store.siteQuarters(site.siteId, partial, rolledUp, asOfMs);
  if (tail === null) return quarters;
  const rows = minutesOfBalance(balance, await minutesOf(sources, measuredIdsOf(site), tail, asOfMs));
  return [...quarters, ...sumSiteIntervals(rows, quartersFrom(tail, rows))];
}

/** Boundaries of the quarter-hours from the beginning of a span to its last row, which may be long before its end. */
function quartersFrom({ fromMs }: Span, rows: readonly { readonly startMs: number }[]): number[] {
  const count = Math.floor(((rows.at(-1)?.startMs ?? fromMs) - fromMs) / QUARTER_MS) + 1;
  return Array.from({ length: count + 1 }, (_, index) => fromMs + index * QUARTER_MS);
}

/**
 * As known at `asOfMs`, quarter-hours that ended shortly before were not rolled up yet, and their minutes are asked instead:
 * a batch rolls up what has ended, and in an hour there is a batch unless the collector stood still.
 */
function rolledUpToMs(sources: Sources, asOfMs: number | null): number {
  if (asOfMs === null) return sources.rolledUpToMs;
  return Math.min(sources.rolledUpToMs, Math.floor((asOfMs - HOUR_MS) / QUARTER_MS) * QUARTER_MS);
}

/** The parts of a span before and from an instant on. */
function split({ fromMs, toMs }: Span, atMs: number): { readonly rolledUp: Span | null; readonly tail: Span | null } {
  return {
    rolledUp: fromMs < atMs ? { fromMs, toMs: Math.min(toMs, atMs) } : null,
    tail: toMs > atMs ? { fromMs: Math.max(fromMs, atMs), toMs } : null,
  };
}

/** Whether any energy of it is known; a part of a site has no roles. */
function isKnown({ supplyWh, levels, roleWh }: SiteSum): boolean {
  return supplyWh !== null || levels.some(({ itWh }) => itWh !== null) || roleWh.some((wh) => wh !== null);
}

/** Rows read in vain cost as much as one more question where they are so many. */
const ROWS_PER_QUESTION = 1_000;

/** Quarter-hours of so many points in spans that are asked for at once. */
function runsOf(startsMs: readonly number[], points: number): Span[] {
  const runs: { fromMs: number; toMs: number }[] = [];
  for (const startMs of startsMs) {
    const last = runs.at(-1);
    if (last !== undefined && ((startMs - last.toMs) / QUARTER_MS) * points <= ROWS_PER_QUESTION)
      last.toMs = startMs + QUARTER_MS;
    else runs.push({ fromMs: startMs, toMs: startMs + QUARTER_MS });
  }
  return runs;
}

async function* inOne<Row>(rows: Promise<readonly Row[]>): AsyncGenerator<readonly Row[]> {
  yield await rows;
}

function slicesOf(ids: readonly number[], most: number): (readonly number[])[] {
  return Array.from({ length: Math.ceil(ids.length / most) }, (_, index) =>
    ids.slice(index * most, (index + 1) * most),
  );
}

function inOrder(a: PointInterval, b: PointInterval): number {
  return a.startMs - b.startMs || a.pointId - b.pointId;
}
