import type { Reading } from '@wattmark/shared/messages';
import type { DatedReadings, NoData } from '../../source.ts';
import { judge } from '../support/outcome.ts';
import type { Line } from './line.ts';
import { withStep } from './pace.ts';
import { nameKey, pointKey, type Progress } from './progress.ts';
import { type Cell, createRowReader, type Row, type Slot, splitLine, valueOf } from './row.ts';
import type { CsvConfig } from './settings.ts';
import type { ReadTime } from './time.ts';

/** A row's time may be ahead of the host's clock by what a collector takes, ms. */
export const MAX_AHEAD_MS = 300_000;

/** What lines say, and what was left out of them. */
export interface Interpreted {
  readonly dated: readonly DatedReadings[];
  readonly noData: readonly NoData[];
  /** Rows that could not be read. */
  readonly bad: number;
  /** Rows that are not newer than what was read before of their points. */
  readonly stale: number;
  readonly progress: Progress;
}

export interface Interpreter {
  readonly config: CsvConfig;
  readonly slots: readonly Slot[];
  readonly readTime: ReadTime;
}

/**
 * Reads what lines say that follow those of `progress`.
 * @param nowMs UTC milliseconds
 * @throws Error where the header does not have a column that is configured
 */
export function interpret(
  interpreter: Interpreter,
  lines: readonly Line[],
  progress: Progress,
  nowMs: number,
): Interpreted {
  const { config, slots, readTime } = interpreter;
  const split = (text: string): string[] => splitLine(text, config.delimiter);
  let { header, steps } = progress;
  const times = { ...progress.times };
  const problems = new Problems(slots);
  const dated: DatedReadings[] = [];
  let stale = 0;
  const rowReader = (text: string | null) => createRowReader(config, slots, text === null ? null : split(text));
  let readRow = header === null && config.header ? null : rowReader(header);
  for (const { text, number } of lines) {
    if (text.trim() === '' || (config.comment !== undefined && text.startsWith(config.comment))) continue;
    if (readRow === null) {
      header = text;
      readRow = rowReader(text);
      continue;
    }
    try {
      const row = readRow(split(text));
      if (row.cells.length === 0) continue;
      const before = times[nameKey(row.name)] ?? Number.NEGATIVE_INFINITY;
      const at = timely(readTime(row.time.trim(), before), nowMs);
      if (at <= before || row.cells.some(({ slot }) => at < (times[pointKey(slot.point)] ?? at))) {
        stale++;
        continue;
      }
      steps = withStep(steps, Number.isFinite(before) ? at - before : 0);
      times[nameKey(row.name)] = at;
      for (const { slot } of row.cells) times[pointKey(slot.point)] = at;
      const readings = readingsOf(row, config, (cell, reason) => problems.addCell(number, cell.slot, reason));
      if (readings.length > 0) dated.push({ at, readings });
    } catch (error) {
      problems.addRow(number, (error as Error).message);
    }
  }
  return {
    dated,
    noData: problems.noData(),
    bad: problems.rows,
    stale,
    progress: { ...progress, header, times, steps },
  };
}

/** @throws Error where the row is of the future. */
function timely(at: number, nowMs: number): number {
  if (at - nowMs <= MAX_AHEAD_MS) return at;
  const aheadH = ((at - nowMs) / 3_600_000).toFixed(1);
  throw new Error(`${new Date(at).toISOString()} is ${aheadH} h ahead of this host's clock: is the timezone right?`);
}

function readingsOf(row: Row, { decimal }: CsvConfig, refuse: (cell: Cell, reason: string) => void): Reading[] {
  return row.cells.flatMap((cell): Reading[] => {
    try {
      const { point, channel, quality } = cell.slot;
      const outcome = judge(point, channel, valueOf(cell, decimal), quality);
      if (!('reason' in outcome)) return [outcome];
      refuse(cell, outcome.reason);
    } catch (error) {
      refuse(cell, (error as Error).message);
    }
    return [];
  });
}

/** What could not be read, for each channel the first of it with its line and how many more there are. */
class Problems {
  rows = 0;
  readonly #slots: readonly Slot[];
  readonly #found = new Map<Slot, { first: string; count: number }>();

  constructor(slots: readonly Slot[]) {
    this.#slots = slots;
  }

  addCell(line: number, slot: Slot, reason: string): void {
    const found = this.#found.get(slot);
    if (found === undefined) this.#found.set(slot, { first: `line ${line}: ${reason}`, count: 1 });
    else found.count++;
  }

  /** Nobody knows which channels a row was about that could not be read. */
  addRow(line: number, reason: string): void {
    this.rows++;
    for (const slot of this.#slots) this.addCell(line, slot, reason);
  }

  noData(): NoData[] {
    return [...this.#found].map(([{ point, channel }, { first, count }]) => ({
      point,
      channel,
      reason: count === 1 ? first : `${first} (and ${count - 1} more like it)`,
    }));
  }
}
