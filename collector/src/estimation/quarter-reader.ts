import { type PointInterval, QUARTER_MS } from '../accounting/interval.ts';
import type { Figures } from '../figures.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { EstimationLimitError, MAX_ROWS } from './limit.ts';

/** Quarter-hours that lie no further apart are asked for together. */
const APART_MS = 3 * 3_600_000;

/** Rows in one question: what the store groups at once lies in its memory. */
const MAX_ROWS_AT_ONCE = 200_000;

/** A question costs about as much as so many of its rows. */
const ROWS_PER_QUESTION = 1000;

/** Successive quarter-hours, both ends included, and the points asked for. */
interface Run {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly pointIds: number[];
}

/** Reads single quarter-hours for one answer, up to a limit. */
export class QuarterReader {
  readonly #figures: Figures;
  readonly #asOfMs: number | null;
  #rowsLeft = MAX_ROWS;

  constructor(figures: Figures, asOfMs: number | null) {
    this.#figures = figures;
    this.#asOfMs = asOfMs;
  }

  /**
   * Quarter-hours of points, by number and beginning, with others that lie among them; one that is not known is not there.
   * @throws EstimationLimitError
   */
  async points(needed: ReadonlyMap<number, ReadonlySet<number>>): Promise<Map<number, Map<number, PointInterval>>> {
    const found = new Map<number, Map<number, PointInterval>>();
    const runs = runsOfPoints(needed);
    for (const { pointIds, ...run } of runs) this.#spend(pointIds.length * lengthOf(run));
    for (const { pointIds, ...run } of runs) {
      for (const row of await this.#figures.pointSumsOf(pointIds, edgesOf(run), this.#asOfMs)) {
        const rows = found.get(row.pointId) ?? new Map<number, PointInterval>();
        found.set(row.pointId, rows.set(row.startMs, row));
      }
    }
    return found;
  }

  /**
   * A site's quarter-hours, by their beginning; null where nothing is known of one.
   * @throws EstimationLimitError
   */
  async site(site: Site, starts: readonly number[]): Promise<Map<number, SiteSum | null>> {
    const found = new Map<number, SiteSum | null>(starts.map((ms) => [ms, null]));
    for (const run of runsOf(starts)) {
      this.#spend(lengthOf(run));
      for (const sum of await this.#figures.siteSums(site, edgesOf(run), this.#asOfMs)) {
        if (found.has(sum.startMs)) found.set(sum.startMs, sum);
      }
    }
    return found;
  }

  #spend(rows: number): void {
    this.#rowsLeft -= rows + ROWS_PER_QUESTION;
    if (this.#rowsLeft < 0) throw new EstimationLimitError('there are too many gaps in it');
  }
}

/** Points whose gaps are at the same times, such as those of one agent, are asked for together. */
function runsOfPoints(needed: ReadonlyMap<number, ReadonlySet<number>>): Run[] {
  const runs = new Map<string, Run>();
  for (const [pointId, starts] of needed) {
    for (const { firstMs, lastMs } of runsOf(starts)) {
      const key = `${firstMs} ${lastMs}`;
      const run = runs.get(key);
      if (run === undefined) runs.set(key, { firstMs, lastMs, pointIds: [pointId] });
      else run.pointIds.push(pointId);
    }
  }
  return [...runs.values()].flatMap(split);
}

function split({ pointIds, ...run }: Run): Run[] {
  const count = Math.max(1, Math.floor(MAX_ROWS_AT_ONCE / lengthOf(run)));
  const parts = Math.ceil(pointIds.length / count);
  return Array.from({ length: parts }, (_, part) => ({
    ...run,
    pointIds: pointIds.slice(part * count, (part + 1) * count),
  }));
}

type Stretch = Omit<Run, 'pointIds'>;

function runsOf(starts: Iterable<number>): Stretch[] {
  const runs: { firstMs: number; lastMs: number }[] = [];
  for (const ms of [...starts].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last === undefined || ms - last.lastMs > APART_MS) runs.push({ firstMs: ms, lastMs: ms });
    else last.lastMs = ms;
  }
  return runs;
}

function lengthOf({ firstMs, lastMs }: Stretch): number {
  return (lastMs - firstMs) / QUARTER_MS + 1;
}

function edgesOf(run: Stretch): number[] {
  return Array.from({ length: lengthOf(run) + 1 }, (_, index) => run.firstMs + index * QUARTER_MS);
}
