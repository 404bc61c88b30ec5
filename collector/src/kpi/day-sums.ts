import { QUARTER_MS, type Span } from '../accounting/interval.ts';
import type { SumsBetween } from '../site/interval-sum.ts';
import { midnightsIn } from '../site/local-day.ts';
import type { MadeDay } from '../store/store.ts';

/** Rows of one kind that belong to one site, and how they are added up. */
export interface Ledger<Row, Sum extends Row> {
  readonly timezone: string;
  /** Rows of one quarter-hour, or of one day. */
  readonly width: number;
  /** From here on nothing is rolled up; there is little, and it is asked for in one go. */
  readonly rolledUpToMs: number;
  /** The site's days before an instant whose rows are made. */
  readonly madeDays: (beforeMs: number) => Promise<readonly MadeDay[]>;
  /** In portions, which are not kept. */
  readonly days: (span: Span) => AsyncIterable<readonly (Row & Day)[]>;
  readonly quarters: (span: Span) => Promise<readonly Row[]>;
  readonly sums: (boundariesMs: readonly number[]) => SumsBetween<Row, Sum>;
}

interface Day {
  readonly startMs: number;
  readonly endMs: number;
}

/** Rows held at once. */
const MAX_ROWS = 100_000;

/**
 * Sums between successive boundaries (ascending, on quarter-hours). They are always made in the same order, of quarter-hours to
 * (parts of) local days, and of those to what was asked for: so a figure is the same to the last bit whether the days' rows are
 * made already or not. Where a day's row is made, its quarter-hours are not read.
 */
export async function sumByDays<Row, Sum extends Row>(
  ledger: Ledger<Row, Sum>,
  boundariesMs: readonly number[],
): Promise<Sum[]> {
  const sums = ledger.sums(boundariesMs);
  if (boundariesMs.length < 2) return [];
  for (const cells of portionsOf(await cellsOf(ledger, boundariesMs), ledger)) {
    if (cells[0]?.isMade === true) await addDays(ledger, cells, sums);
    else sums.add(await cellSums(ledger, cells));
  }
  return sums.values();
}

/** A part of what is asked for that lies within one local day, and whether the row of a whole day tells all of it. */
interface Cell extends Span {
  readonly isMade: boolean;
}

async function cellsOf<Row, Sum extends Row>(
  { timezone, madeDays }: Ledger<Row, Sum>,
  boundariesMs: readonly number[],
): Promise<Cell[]> {
  const span = { fromMs: boundariesMs[0] as number, toMs: boundariesMs.at(-1) as number };
  const midnights = midnightsIn(span, timezone);
  const made = midnights.length < 2 ? [] : await madeDays(span.toMs);
  const isMade = new Set(made.map(({ startMs, endMs }) => `${startMs} ${endMs}`));
  const edges = [...new Set([...boundariesMs, ...midnights])].sort((a, b) => a - b);
  return edges
    .slice(1)
    .map((toMs, index) => ({ fromMs: edges[index] as number, toMs }))
    .map((cell) => ({ ...cell, isMade: isMade.has(`${cell.fromMs} ${cell.toMs}`) }));
}

/** Successive cells that are read in one go. */
function portionsOf<Row, Sum extends Row>(
  cells: readonly Cell[],
  { width, rolledUpToMs }: Ledger<Row, Sum>,
): (readonly Cell[])[] {
  const portions: Cell[][] = [];
  let rows = 0;
  for (const cell of cells) {
    const rolledUpMs = Math.max(0, Math.min(cell.toMs, rolledUpToMs) - cell.fromMs);
    const ofCell = width * (cell.isMade ? 1 : rolledUpMs / QUARTER_MS);
    const last = portions.at(-1);
    rows += ofCell;
    if (last !== undefined && rows <= MAX_ROWS && last.at(-1)?.isMade === cell.isMade) {
      last.push(cell);
    } else {
      portions.push([cell]);
      rows = ofCell;
    }
  }
  return portions;
}

async function addDays<Row, Sum extends Row>(
  { days }: Ledger<Row, Sum>,
  cells: readonly Cell[],
  sums: SumsBetween<Row, Sum>,
): Promise<void> {
  const ends = new Map(cells.map(({ fromMs, toMs }) => [fromMs, toMs]));
  for await (const rows of days(spanOf(cells)))
    sums.add(rows.filter(({ startMs, endMs }) => ends.get(startMs) === endMs));
}

async function cellSums<Row, Sum extends Row>(
  { quarters, sums }: Ledger<Row, Sum>,
  cells: readonly Cell[],
): Promise<readonly Row[]> {
  const span = spanOf(cells);
  const sum = sums([...cells.map(({ fromMs }) => fromMs), span.toMs]);
  sum.add(await quarters(span));
  return sum.values();
}

function spanOf(cells: readonly Cell[]): Span {
  return { fromMs: (cells[0] as Cell).fromMs, toMs: (cells.at(-1) as Cell).toMs };
}
