import type { Span } from '../accounting/interval.ts';

/** A stretch in which the same was found again and again. */
export interface Run<V> {
  readonly span: Span;
  readonly found: readonly V[];
}

/**
 * Joins what was found in successive cells of time. `judge` says what it found in a cell, null where all was well, which ends
 * a run, and undefined where nothing could be said, which does not.
 */
export function runsOf<C extends Span, V>(cells: readonly C[], judge: (cell: C) => V | null | undefined): Run<V>[] {
  const runs: { span: Span; found: V[] }[] = [];
  let open = false;
  for (const cell of cells) {
    const found = judge(cell);
    if (found === undefined) continue;
    if (found === null) {
      open = false;
      continue;
    }
    const last = open ? runs.at(-1) : undefined;
    if (last === undefined) runs.push({ span: { fromMs: cell.fromMs, toMs: cell.toMs }, found: [found] });
    else {
      last.span = { fromMs: last.span.fromMs, toMs: cell.toMs };
      last.found.push(found);
    }
    open = true;
  }
  return runs;
}
