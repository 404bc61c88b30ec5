import type { Logger } from '@wattmark/shared/logger';
import type { IntervalBatch, PointInterval, RestatedBatch, Span } from './accounting/interval.ts';
import { PointColumns } from './accounting/point-columns.ts';
import type { Fold } from './fold.ts';
import type { EnergyCounters, EnergyCountersState } from './site/energy-counters.ts';
import type { Rollup } from './site/rollup.ts';
import type { Site } from './site/site.ts';
import { RefoldError } from './restatement/restate.ts';
import { encodeFold, writeSnapshot } from './snapshot.ts';
import type { Store } from './store/store.ts';

export interface RecorderParts {
  readonly fold: Fold;
  readonly store: Store;
  readonly rollup: Rollup;
  readonly energy: EnergyCounters;
  /** Where snapshots go. */
  readonly directory: string;
  /** Position up to which the store is complete already. */
  readonly progress: number;
  readonly log: Logger;
}

/** Time between snapshots, by the log's own clock. */
const SNAPSHOT_MS = 300_000;

/** The first one after a restart waits so long: to answer again is more urgent than a shorter next start. */
const FIRST_SNAPSHOT_MS = 60_000;

/**
 * Batches that may wait for the store before the fold waits too: some whatever is in them, and as many as have no more rows than
 * this, 30 MB of points, so that an outage of the store leaves the figures of most collectors alive for hours.
 */
const LEAST_WAITING = 8;
const MAX_WAITING_ROWS = 500_000;
const RETRY_MS = 1_000;

/** Times that evidence is read again for a correction before the collector goes on without it. */
const REFOLD_ATTEMPTS = 3;

interface Waiting {
  readonly batch: IntervalBatch;
  readonly sites: readonly Site[];
  /** The fold, encoded, and the counters as they were when the batch was closed; null where no snapshot is due. */
  state: { readonly fold: Uint8Array; readonly energy: EnergyCountersState } | null;
}

/**
 * Brings closed intervals to the store, one batch after the other, and takes snapshots. A snapshot is written only after the
 * store has everything before it, so that a restart from it can never leave a hole.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #waiting: Waiting[] = [];
  #waitingRows = 0;
  /** Columns of a batch that is stored, whose memory the next one takes. */
  #spare: PointColumns | null = null;
  #running: Promise<void> | null = null;
  /** Null from a restart until the first batch. */
  #snapshotMs: number | null;
  #problem: string | null = null;
  #stopping = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#snapshotMs = parts.progress > 0 ? null : 0;
  }

  /** Null while the store can be written and says what is on record; otherwise why not. */
  get problem(): string | null {
    const [missing] = this.#parts.rollup.missing;
    if (this.#problem !== null || missing === undefined) return this.#problem;
    return (
      `correction ${missing.id} is on record, but could not be worked in (${missing.reason}): figures are as without it; ` +
      'when the reason is gone, stop the collector and run `wattmark-collector replay --replace`'
    );
  }

  /** Batches that wait for the store. */
  get depth(): number {
    return this.#waiting.length;
  }

  /** Whether the store is far behind: the next batch has to wait until there is room. */
  get isFull(): boolean {
    return this.#waiting.length > LEAST_WAITING && this.#waitingRows > MAX_WAITING_ROWS;
  }

  /**
   * Takes a batch just closed; a promise means that the store is far behind and the pipeline must wait.
   * @param points those of its minutes that are stored; the energy counters know of no import, and take all
   */
  record(closed: IntervalBatch, points: PointColumns): void | Promise<void> {
    const batch = { ...closed, points };
    const { fold, rollup, energy, progress } = this.#parts;
    energy.count(
      closed.points,
      (pointId) => fold.catalogue.points[pointId]?.siteId ?? 0,
      (siteId) => fold.registry.site(siteId),
    );
    if (batch.position <= progress) return rollup.skip(batch, fold.allSites());
    this.#snapshotMs ??= batch.recordedMs + FIRST_SNAPSHOT_MS - SNAPSHOT_MS;
    const due = batch.recordedMs >= this.#snapshotMs + SNAPSHOT_MS;
    if (due) this.#snapshotMs = batch.recordedMs;
    const state = due ? { fold: encodeFold(fold.save()), energy: energy.save() } : null;
    // Of the snapshots that wait for the store the newest is enough.
    if (state !== null) for (const waiting of this.#waiting) waiting.state = null;
    this.#waiting.push({ batch: { ...batch, points: this.#copyOf(points) }, sites: fold.allSites(), state });
    this.#waitingRows += rowsOf(batch);
    this.#running ??= this.#run();
    if (this.isFull) return this.#running;
  }

  /**
   * Brings what a correction changed to the store, after all that waits. `rows` is asked again where the store could not be
   * written; where the store has them already, they are only gone through.
   * @throws RefoldError where they cannot be made, however often they are asked for
   */
  async restate(batch: Omit<RestatedBatch, 'rows'>, rows: () => AsyncIterable<PointColumns>): Promise<void> {
    const { fold, rollup, store, progress } = this.#parts;
    await this.#running;
    const sites = fold.allSites();
    const work = async (): Promise<void> => {
      if (batch.position > progress) await rollup.restate(store, { ...batch, rows: rows() }, sites);
      else for await (const portion of rows()) rollup.skipRestated(portion);
    };
    for (let attempt = 1; !(await this.#isRefolded(work, attempt)); attempt++) await pause();
    // A restart should not have to do it again.
    if (batch.position > progress) this.#snapshotMs = 0;
  }

  /** Minutes that are closed and not in the store yet, oldest first. */
  waitingRows(pointIds: readonly number[], span: Span): PointInterval[] {
    const wanted = new Set(pointIds);
    return this.#waiting.flatMap(({ batch }) => batch.points.select(wanted, span));
  }

  /** The next batch brings a snapshot with it, and a store that cannot be written is not tried again and again. */
  stop(): void {
    this.#snapshotMs = 0;
    this.#stopping = true;
  }

  /** Resolves when the store has everything; after `stop` also where it cannot be written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** A new piece of memory each minute would stay until the garbage collector has another reason to run. */
  #copyOf(rows: PointColumns): PointColumns {
    const { length } = rows;
    const { room = 0, buffer } = this.#spare ?? {};
    const isFit = buffer !== undefined && room >= length && room <= 2 * length;
    // No two batches have quite as many rows.
    const copy = isFit ? new PointColumns(buffer, 0) : PointColumns.withRoomFor(length + (length >> 3));
    this.#spare = null;
    copy.addPart(rows, 0, length);
    return copy;
  }

  async #run(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { store, rollup } = this.#parts;
      const { batch, sites, state } = next;
      if (!(await this.#persist(() => rollup.record(store, batch, sites)))) break;
      this.#waiting.shift();
      this.#waitingRows -= rowsOf(batch);
      this.#spare = batch.points;
      if (state !== null) await this.#snapshot(state);
    }
    this.#running = null;
  }

  /** @throws RefoldError after the last attempt, with a snapshot on disk that knows of it */
  async #isRefolded(work: () => Promise<void>, attempt: number): Promise<boolean> {
    const { fold, rollup, energy, log } = this.#parts;
    try {
      await this.#persist(work);
      return true;
    } catch (error) {
      if (!(error instanceof RefoldError)) throw error;
      if (attempt < REFOLD_ATTEMPTS && !this.#stopping) return false;
      log.error({ message: error.message }, 'a correction is left out');
      rollup.noteMissing(error);
      // Before anything that follows is stored: a restart from an older one would take the correction for worked in.
      await this.#snapshot({ fold: encodeFold(fold.save()), energy: energy.save() });
      throw error;
    }
  }

  /** Tries until the store takes it; false where the collector stops before that. */
  async #persist(write: () => Promise<void>): Promise<boolean> {
    while (!(await this.#attempt(write))) {
      if (this.#stopping) return false;
      await pause();
    }
    return true;
  }

  async #attempt(write: () => Promise<void>): Promise<boolean> {
    const { log } = this.#parts;
    try {
      await write();
      if (this.#problem !== null) log.info('the store can be written again');
      this.#problem = null;
      return true;
    } catch (error) {
      if (error instanceof RefoldError) throw error;
      const { message } = error as Error;
      if (this.#problem === null) log.error({ message }, 'the store cannot be written; trying again');
      this.#problem = `the store cannot be written (${message}); intervals wait in memory and in the evidence log`;
      return false;
    }
  }

  async #snapshot(state: NonNullable<Waiting['state']>): Promise<void> {
    const { rollup, directory, log } = this.#parts;
    try {
      await writeSnapshot(directory, { ...state, rollup: rollup.state() });
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'no snapshot could be written; a restart will take longer');
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}

function rowsOf({ points, gauges }: IntervalBatch): number {
  return points.length + gauges.length;
}
