import type { DatabaseRole } from '../influx/schema.ts';
import { type Batch, batchOf, batchOfRows, MAX_LINES } from './batch.ts';
import type { LineQueue } from './line-queue.ts';
import type { PackedRows } from './packed-rows.ts';

/** Rows that are held before they are queued, 6 MB: the disk is asked once for all of a transaction, unless it is a huge one. */
const MAX_ROWS = 100_000;

/** Gathers lines and rows and brings them to queues in batches, made once for all. Whoever adds flushes when it is full. */
export class Outbox {
  readonly #queues: readonly Pick<LineQueue, 'append'>[];
  readonly #lines: Record<DatabaseRole, string[]> = { kept: [], minutes: [] };
  #packed: PackedRows[] = [];
  #rows = 0;

  constructor(queues: readonly Pick<LineQueue, 'append'>[]) {
    this.#queues = queues;
  }

  get isFull(): boolean {
    return this.#lines.kept.length >= MAX_LINES || this.#lines.minutes.length >= MAX_LINES || this.#rows >= MAX_ROWS;
  }

  add(database: DatabaseRole, line: string): void {
    this.#lines[database].push(line);
  }

  /** At most as many rows as a batch may have. */
  addRows(packed: PackedRows): void {
    this.#packed.push(packed);
    this.#rows += packed.rows;
  }

  /** Resolves when everything is on disk, or lost there. */
  async flush(): Promise<void> {
    const { kept, minutes } = this.#lines;
    const packed = this.#packed;
    this.clear();
    const batches: Batch[] = [];
    // One after the other: threads that compress are also those that write the evidence log.
    for (const rows of packed) batches.push(await batchOfRows(rows));
    if (minutes.length > 0) batches.push(await batchOf('minutes', minutes));
    if (kept.length > 0) batches.push(await batchOf('kept', kept));
    if (batches.length > 0) await Promise.all(this.#queues.map((queue) => queue.append(batches)));
  }

  clear(): void {
    this.#lines.kept = [];
    this.#lines.minutes = [];
    this.#packed = [];
    this.#rows = 0;
  }
}
