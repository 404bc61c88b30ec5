import type { DatabaseRole } from '../influx/schema.ts';
import { batchOf, MAX_LINES } from './line-batch.ts';
import type { LineQueue } from './line-queue.ts';

/** Gathers lines and brings them to queues in batches, made once for all of them. Whoever adds lines flushes when it is full. */
export class LineBatcher {
  readonly #queues: readonly Pick<LineQueue, 'append'>[];
  readonly #lines: Record<DatabaseRole, string[]> = { kept: [], minutes: [] };

  constructor(queues: readonly Pick<LineQueue, 'append'>[]) {
    this.#queues = queues;
  }

  get isFull(): boolean {
    return this.#lines.kept.length >= MAX_LINES || this.#lines.minutes.length >= MAX_LINES;
  }

  add(database: DatabaseRole, line: string): void {
    this.#lines[database].push(line);
  }

  /** Resolves when the lines are on disk, or lost there. */
  async flush(): Promise<void> {
    const { kept, minutes } = this.#lines;
    this.clear();
    const filled = (
      [
        ['minutes', minutes],
        ['kept', kept],
      ] as const
    ).filter(([, lines]) => lines.length > 0);
    if (filled.length === 0) return;
    const batches = await Promise.all(filled.map(([database, lines]) => batchOf(database, lines)));
    await Promise.all(this.#queues.map((queue) => queue.append(batches)));
  }

  clear(): void {
    this.#lines.kept = [];
    this.#lines.minutes = [];
  }
}
