import { setImmediate } from 'node:timers/promises';
import type { PointInterval } from '../accounting/interval.ts';
import type { Site } from '../site/site.ts';
import { LocalCalendar } from './calendar.ts';
import { type Fill, GapFiller } from './fill.ts';
import { type Gap, missingMs } from './method.ts';
import type { QuarterReader } from './quarter-reader.ts';
import type { EstimationSettings } from './settings.ts';

const DAY_MS = 86_400_000;

/** Quarter-hours of points as measured, and what fills them. */
export interface FilledQuarters {
  readonly rowOf: (pointId: number, startMs: number) => PointInterval | undefined;
  /** Undefined where nothing is missing, or nothing fills it. */
  readonly fillOf: (pointId: number, startMs: number) => Fill | undefined;
}

/**
 * Estimates what is missing of points in quarter-hours. Only points with gaps, and those that stand in for them, are looked at
 * beyond the quarter-hours themselves.
 * @throws EstimationLimitError
 */
export async function fillQuarters(
  reader: QuarterReader,
  site: Site,
  settings: EstimationSettings,
  pointIds: readonly number[],
  starts: readonly number[],
): Promise<FilledQuarters> {
  const asked = new Set(starts);
  const rows = await reader.points(new Map(pointIds.map((pointId) => [pointId, asked])));
  const rowOf = (pointId: number, startMs: number): PointInterval | undefined => rows.get(pointId)?.get(startMs);
  const gaps = pointIds
    .flatMap((pointId) =>
      starts.map((startMs) => ({ pointId, startMs, missingMs: missingMs(rowOf(pointId, startMs)) })),
    )
    .filter((gap) => gap.missingMs > 0);
  const fills = gaps.length === 0 ? new Map<string, Fill>() : await fillGaps(reader, site, settings, gaps);
  return { rowOf, fillOf: (pointId, startMs) => fills.get(keyOf(pointId, startMs)) };
}

async function fillGaps(
  reader: QuarterReader,
  site: Site,
  settings: EstimationSettings,
  gaps: readonly Gap[],
): Promise<Map<string, Fill>> {
  const times = gaps.map(({ startMs }) => startMs);
  const span = { fromMs: least(times) - settings.historyWeeks * 7 * DAY_MS, toMs: greatest(times) + DAY_MS };
  const calendar = new LocalCalendar(span, site.timezone);
  const filler = new GapFiller({ settings, calendar, alternateOf: alternatesOf(site) });
  const needed = new Map<number, Set<number>>();
  await inTurns(gaps, (gap) =>
    filler.needs(gap, (pointId, startMs) => {
      const starts = needed.get(pointId);
      if (starts === undefined) needed.set(pointId, new Set([startMs]));
      else starts.add(startMs);
    }),
  );
  const history = await reader.points(needed);
  const fills = new Map<string, Fill>();
  await inTurns(gaps, (gap) => {
    const fill = filler.fill(gap, (pointId, startMs) => history.get(pointId)?.get(startMs));
    if (fill !== null) fills.set(keyOf(gap.pointId, gap.startMs), fill);
  });
  return fills;
}

/** After so many gaps others get their turn: some milliseconds' work. */
const GAPS_PER_TURN = 500;

async function inTurns(gaps: readonly Gap[], use: (gap: Gap) => void): Promise<void> {
  for (let at = 0; at < gaps.length; at += GAPS_PER_TURN) {
    gaps.slice(at, at + GAPS_PER_TURN).forEach(use);
    await setImmediate();
  }
}

/** Which point stands in for which, by their numbers. */
function alternatesOf(site: Site): (pointId: number) => number | null {
  const idOf = new Map(site.points.map(({ point, pointId }) => [point, pointId]));
  const alternates = new Map<number, number | null>();
  for (const { point, alternate } of site.file.points) {
    const pointId = idOf.get(point) ?? null;
    if (pointId !== null && alternate !== undefined) alternates.set(pointId, idOf.get(alternate) ?? null);
  }
  return (pointId) => alternates.get(pointId) ?? null;
}

function keyOf(pointId: number, startMs: number): string {
  return `${pointId} ${startMs}`;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
