import { type PointInterval, QUARTER_MS } from '../accounting/interval.ts';
import type { Figures } from '../figures.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { EstimationLimitError, MAX_ROWS } from './limit.ts';

/** Quarter-hours that lie no further apart are asked for together: the store looks through all that lies between them. */
const APART_MS = 7 * 86_400_000;

/** Rows in one question: what the store sorts at once lies in its memory. */
const MAX_ROWS_AT_ONCE = 100_000;

/** Quarter-hours in one question, as many as a series of them may have. */
const MAX_STARTS = 4000;

/** A question costs about as much as so many of its rows. */
const ROWS_PER_QUESTION = 1000;

/** What one question asks for. */
interface Question {
  /** In order of time. */
  readonly starts: readonly number[];
  readonly pointIds: readonly number[];
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
   * Quarter-hours of points, by number and beginning; one that is not known is not there.
   * @throws EstimationLimitError
   */
  async points(needed: ReadonlyMap<number, ReadonlySet<number>>): Promise<Map<number, Map<number, PointInterval>>> {
    const found = new Map<number, Map<number, PointInterval>>();
    const questions = questionsOf(needed);
    for (const { pointIds, starts } of questions) this.#spend(pointIds.length * starts.length);
    for (const { pointIds, starts } of questions) {
      for (const row of await this.#figures.pointQuarters(pointIds, starts, this.#asOfMs)) {
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
    for (const cluster of clustersOf(starts)) {
      this.#spend(cluster.length);
      for (const sum of await this.#figures.siteSums(site, edgesOf(cluster), this.#asOfMs)) {
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

/** Points of which the same is needed, such as those of one agent that was silent, are asked for together. */
function questionsOf(needed: ReadonlyMap<number, ReadonlySet<number>>): Question[] {
  const questions = new Map<string, { starts: readonly number[]; pointIds: number[] }>();
  for (const [pointId, starts] of needed) {
    for (const cluster of clustersOf(starts)) {
      const key = cluster.join();
      const question = questions.get(key);
      if (question === undefined) questions.set(key, { starts: cluster, pointIds: [pointId] });
      else question.pointIds.push(pointId);
    }
  }
  return [...questions.values()].flatMap(split);
}

function split({ starts, pointIds }: Question): Question[] {
  const count = Math.max(1, Math.floor(MAX_ROWS_AT_ONCE / starts.length));
  const parts = Math.ceil(pointIds.length / count);
  return Array.from({ length: parts }, (_, part) => ({
    starts,
    pointIds: pointIds.slice(part * count, (part + 1) * count),
  }));
}

function clustersOf(starts: Iterable<number>): number[][] {
  const clusters: number[][] = [];
  for (const ms of [...starts].sort((a, b) => a - b)) {
    const last = clusters.at(-1);
    if (last === undefined || last.length >= MAX_STARTS || ms - (last.at(-1) as number) > APART_MS) clusters.push([ms]);
    else last.push(ms);
  }
  return clusters;
}

/** Boundaries around quarter-hours; what lies between them becomes a sum of its own, which nobody looks at. */
function edgesOf(starts: readonly number[]): number[] {
  const edges: number[] = [];
  for (const ms of starts) {
    if (edges.at(-1) !== ms) edges.push(ms);
    edges.push(ms + QUARTER_MS);
  }
  return edges;
}
