import { emptyInterval, isEmpty, MINUTE_MS, type Span } from '../accounting/interval.ts';
import type { Store } from '../store/store.ts';
import { pointIdsOf } from './day-queue.ts';
import type { Run } from './due-quarters.ts';
import { rollUpGauges } from './gauge-fold.ts';
import { nothing } from './interval-sum.ts';
import { MinuteGrid } from './minute-grid.ts';
import { QuarterFold, type Quarters, type SiteIndex } from './quarter-fold.ts';
import type { Site } from './site.ts';

/**
 * Minutes of points that are read back at once, 23 MB: those of the longest run of quarter-hours, so that the store is asked once
 * for each, or a minute of everything.
 */
const GRID_ROWS = 375_000;

/** Computes quarter-hours from the minutes that the transaction under way sees, and writes them into it. */
export class QuarterWriter {
  readonly #store: Store;
  readonly #index: SiteIndex;
  readonly #recordedMs: number;
  /** Of the run before: most are for the same points. */
  #grid: MinuteGrid | null = null;

  constructor(store: Store, index: SiteIndex, recordedMs: number) {
    this.#store = store;
    this.#index = index;
    this.#recordedMs = recordedMs;
  }

  /** @param isWritten whether a point's own quarter-hours are written; those of its site always are */
  async write(run: Run, isWritten?: (pointId: number) => boolean): Promise<void> {
    await this.#put(await this.#fold(run, isWritten));
    if (run.pointIds === null) await rollUpGauges(this.#store, run.span, null, this.#recordedMs);
  }

  /**
   * Those of a site that is described anew: its own, those of its parts and of these points. What is in the store of a point or
   * part that the description no longer makes is taken back.
   */
  async rewrite(site: Site, span: Span, pointIds: readonly number[]): Promise<void> {
    const { points, sites } = await this.#fold({ span, pointIds: pointIdsOf(site) }, (id) => pointIds.includes(id));
    const keyOf = ({ partial, startMs }: { partial: string | null; startMs: number }): string =>
      `${startMs} ${partial}`;
    const madePoints = new Set(points.map(({ pointId, startMs }) => `${startMs} ${pointId}`));
    const madeSites = new Set(sites.map(keyOf));
    const oldPoints = await this.#store.readBackPointQuarters(pointIds, span);
    const oldSites = await this.#store.readBackSiteQuarters([site.siteId], span);
    const noPoints = oldPoints
      .filter((row) => !isEmpty(row) && !madePoints.has(`${row.startMs} ${row.pointId}`))
      .map(({ pointId, startMs }) => emptyInterval(pointId, startMs));
    const noSites = oldSites
      .filter((row) => !madeSites.has(keyOf(row)))
      .map(({ siteId, partial, startMs }) => ({ ...nothing, siteId, partial, startMs }));
    await this.#put({ points: [...points, ...noPoints], sites: [...sites, ...noSites] });
  }

  async #fold({ span, pointIds }: Run, isWritten?: (pointId: number) => boolean): Promise<Quarters> {
    const fold = new QuarterFold(this.#index, isWritten);
    const most = pointIds === null ? 1 : Math.max(1, Math.floor(GRID_ROWS / pointIds.length));
    const minutes = Math.min(most, (span.toMs - span.fromMs) / MINUTE_MS);
    const grid = this.#gridOf(pointIds, minutes);
    for (let { fromMs } = span; fromMs < span.toMs; fromMs += minutes * MINUTE_MS) {
      grid.clear(fromMs);
      const step = { fromMs, toMs: Math.min(span.toMs, fromMs + minutes * MINUTE_MS) };
      for await (const rows of this.#store.readBack(step, pointIds)) grid.put(rows);
      grid.forEach(
        (row) => fold.add(row),
        () => fold.endMinute(),
      );
    }
    return fold.finish();
  }

  #gridOf(pointIds: readonly number[] | null, minutes: number): MinuteGrid {
    if (pointIds === null) return new MinuteGrid(null, minutes);
    if (this.#grid?.isOf(pointIds, minutes) !== true) this.#grid = new MinuteGrid(pointIds, minutes);
    return this.#grid;
  }

  async #put({ points, sites }: Quarters): Promise<void> {
    await this.#store.writePointQuarters(points, this.#recordedMs);
    await this.#store.writeSiteQuarters(sites, this.#recordedMs);
  }
}
