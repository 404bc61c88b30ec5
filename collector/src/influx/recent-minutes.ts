import type { PointInterval, Span } from '../accounting/interval.ts';
import { MINUTE_MS } from '../accounting/interval.ts';
import { PointColumns } from '../accounting/point-columns.ts';
import type { Version } from './kinds.ts';

/** Minutes older than this, by the newest one, have been rolled up and are not needed. */
const KEPT_MS = 40 * MINUTE_MS;

/** 96 MB: 40 minutes of 40,000 points, 16 of 100,000. */
const MOST_ROWS = 1_600_000;

/** Rows of one minute that were recorded at once. */
interface Block {
  readonly recordedMs: number;
  readonly columns: PointColumns;
}

/**
 * The minutes written last, in columns, so that the quarter-hour they make need not be asked back from the server. Complete
 * from an instant on: every row of a minute since then is here.
 */
export class RecentMinutes {
  /** By minute, in the order in which they were written. */
  readonly #blocks = new Map<number, Block[]>();
  #rows = 0;
  #completeFromMs: number;

  /** `newestMs` is the newest minute that was written before. */
  constructor(newestMs: number) {
    this.#completeFromMs = newestMs + MINUTE_MS;
  }

  /** Minutes from here on are all here. */
  get completeFromMs(): number {
    return this.#completeFromMs;
  }

  /** Takes rows just written; of a point's minute the one added last counts. */
  add(versions: readonly Version<PointInterval>[]): void {
    const packed = new Map<string, Version<PointInterval>[]>();
    for (const version of versions) {
      const { row, recordedMs } = version;
      if (row.startMs < this.#completeFromMs) continue;
      const key = `${row.startMs} ${recordedMs}`;
      const known = packed.get(key);
      if (known === undefined) packed.set(key, [version]);
      else known.push(version);
    }
    for (const some of packed.values()) {
      const [{ row, recordedMs }] = some as [Version<PointInterval>];
      const columns = PointColumns.of(some.map((version) => version.row));
      this.#blocks.set(row.startMs, [...(this.#blocks.get(row.startMs) ?? []), { recordedMs, columns }]);
      this.#rows += some.length;
    }
    this.#forget();
  }

  /** The rows of a minute of these points or (null) of all. */
  rowsOf(startMs: number, wanted: ReadonlySet<number> | null): Version<PointInterval>[] {
    const rows = new Map<number, Version<PointInterval>>();
    for (const block of this.#blocks.get(startMs) ?? []) {
      for (const row of block.columns) {
        if (wanted?.has(row.pointId) ?? true) rows.set(row.pointId, { row, recordedMs: block.recordedMs });
      }
    }
    return [...rows.values()];
  }

  /** The minutes of a span that have rows. */
  minutesOf({ fromMs, toMs }: Span): number[] {
    return [...this.#blocks.keys()].filter((ms) => ms >= fromMs && ms < toMs);
  }

  #forget(): void {
    const minutes = [...this.#blocks.keys()].sort((a, b) => a - b);
    const newestMs = minutes.at(-1) ?? 0;
    for (const startMs of minutes) {
      if (startMs >= newestMs - KEPT_MS && this.#rows <= MOST_ROWS) return;
      for (const block of this.#blocks.get(startMs) ?? []) this.#rows -= block.columns.length;
      this.#blocks.delete(startMs);
      this.#completeFromMs = startMs + MINUTE_MS;
    }
  }
}
