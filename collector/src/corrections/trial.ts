import { minuteOf } from '../accounting/bucket.ts';
import { knowsDrawn, MINUTE_MS, type PointInterval, type Span } from '../accounting/interval.ts';
import type { Figures } from '../figures.ts';
import type { Fold } from '../fold.ts';
import { boundaries, zoned } from '../kpi/boundaries.ts';
import type { Period } from '../kpi/period.ts';
import { refoldJobOf } from '../restatement/job.ts';
import type { Restater } from '../restatement/restate.ts';
import type { Site } from '../site/site.ts';
import type { CorrectionEntry } from './change.ts';
import { addMeasured, type Measured, measuredOf, nothingMeasured, subtractMeasured } from './measured.ts';

/** What an entry would change, in a month of the site's time zone. */
export interface TrialMonth {
  readonly period: Period;
  readonly before: Measured;
  readonly after: Measured;
}

/** What an entry would change of a point. */
export interface TrialPoint {
  readonly point: string;
  /** From the first to the last minute accounted again; null where none is. */
  readonly span: Span | null;
  readonly months: readonly TrialMonth[];
}

export interface TrialParts {
  readonly fold: Fold;
  readonly restater: Restater;
  readonly figures: Pick<Figures, 'pointMinutes' | 'pointSumsOf'>;
}

const DAY_MS = 86_400_000;

/**
 * Accounts the readings again as if an entry were on record, beside the accounts in use. Changes nothing. Minutes that are not
 * handed on yet, such as those of a backlog that has just come, and the one under way are in it, as they are in what is known.
 * @param nowMs UTC ms
 * @returns the points whose energies would be others; none where the entry concerns no readings
 */
export async function tryEntry(
  { fold, restater, figures }: TrialParts,
  { siteId, timezone }: Site,
  entry: CorrectionEntry,
  nowMs: number,
): Promise<TrialPoint[]> {
  const change = fold.corrections.effectOf(entry);
  const book = fold.corrections.with(siteId, entry);
  const recorded = change === undefined ? null : refoldJobOf(fold, restater.directory, siteId, change, book);
  if (recorded === null) return [];
  const closedMs = Math.max(recorded.request.closedMs, minuteOf(nowMs) + MINUTE_MS);
  const job = { ...recorded, request: { ...recorded.request, closedMs } };
  const ofPoints = new Map(job.request.points.map(({ pointId }) => [pointId, new TrialMinutes()]));
  for await (const rows of restater.refold(job)) for (const row of rows) ofPoints.get(row.pointId)?.set(row);
  const tried: TrialPoint[] = [];
  for (const [pointId, minutes] of ofPoints) {
    const point = fold.catalogue.points[pointId]?.point ?? '';
    tried.push({ point, span: minutes.span, months: await monthsOf(figures, pointId, minutes, timezone) });
  }
  return tried;
}

async function monthsOf(
  figures: TrialParts['figures'],
  pointId: number,
  minutes: TrialMinutes,
  timezone: string,
): Promise<TrialMonth[]> {
  const { span } = minutes;
  if (span === null) return [];
  const edgesMs = boundaries(span, 'P1M', timezone);
  const sums = await figures.pointSumsOf([pointId], edgesMs, null);
  const months: TrialMonth[] = [];
  for (const [index, toMs] of edgesMs.slice(1).entries()) {
    const month = { fromMs: edgesMs[index] as number, toMs };
    const known = sums.find(({ startMs }) => startMs === month.fromMs);
    const before = measuredOf(known);
    // As in the month's own sum: with energy drawn goes what was fed back in the same minutes, and without any all of it.
    const isPaired = known !== undefined && knowsDrawn(known);
    const measuredIn = (row: Measured | undefined): Measured =>
      row === undefined || (isPaired && !knowsDrawn(row)) ? nothingMeasured : measuredOf(row);
    const touched = { fromMs: Math.max(month.fromMs, span.fromMs), toMs: Math.min(toMs, span.toMs) };
    const minutesOf = (day: Span): Promise<PointInterval[]> => figures.pointMinutes(pointId, day, null);
    const difference = await differenceIn(touched, minutes, minutesOf, measuredIn);
    const name = zoned(month.fromMs, timezone).toString().slice(0, 7);
    months.push({ period: { ...month, name }, before, after: addMeasured(before, difference) });
  }
  return months;
}

/** Energies of a minute that would be: drawn and fed back, and its times. */
const VALUES = 4;

/** Minutes as they would be, 45 KiB a day; of several rows of a minute the last one counts. */
class TrialMinutes {
  readonly #days = new Map<number, Float64Array>();
  #fromMs = Number.POSITIVE_INFINITY;
  #toMs = Number.NEGATIVE_INFINITY;

  set({ startMs, energyWh, exportWh, measuredMs, estimatedMs }: PointInterval): void {
    const dayMs = Math.floor(startMs / DAY_MS) * DAY_MS;
    let values = this.#days.get(dayMs);
    if (values === undefined)
      this.#days.set(dayMs, (values = new Float64Array((DAY_MS / MINUTE_MS) * VALUES).fill(Number.NaN)));
    values.set([energyWh, exportWh, measuredMs, estimatedMs], ((startMs - dayMs) / MINUTE_MS) * VALUES);
    this.#fromMs = Math.min(this.#fromMs, startMs);
    this.#toMs = Math.max(this.#toMs, startMs + MINUTE_MS);
  }

  get span(): Span | null {
    return this.#fromMs < this.#toMs ? { fromMs: this.#fromMs, toMs: this.#toMs } : null;
  }

  /** Null for a minute that would stay as it is. */
  get(startMs: number): Measured | null {
    const dayMs = Math.floor(startMs / DAY_MS) * DAY_MS;
    const index = ((startMs - dayMs) / MINUTE_MS) * VALUES;
    const [energyWh = Number.NaN, exportWh = 0, measuredMs = 0, estimatedMs = 0] =
      this.#days.get(dayMs)?.subarray(index, index + VALUES) ?? [];
    return Number.isNaN(energyWh) ? null : { energyWh, exportWh, measuredMs, estimatedMs };
  }
}

/** What a month would be more than it is: the sum over the minutes accounted again. */
async function differenceIn(
  month: Span,
  minutes: TrialMinutes,
  known: (span: Span) => Promise<readonly PointInterval[]>,
  measuredIn: (row: Measured | undefined) => Measured,
): Promise<Measured> {
  let difference = nothingMeasured;
  for (let fromMs = month.fromMs; fromMs < month.toMs; fromMs += DAY_MS) {
    const day = { fromMs, toMs: Math.min(fromMs + DAY_MS, month.toMs) };
    const before = new Map((await known(day)).map((row) => [row.startMs, row]));
    for (let startMs = day.fromMs; startMs < day.toMs; startMs += MINUTE_MS) {
      const after = minutes.get(startMs);
      if (after !== null)
        difference = addMeasured(difference, subtractMeasured(measuredIn(after), measuredIn(before.get(startMs))));
    }
  }
  return difference;
}
