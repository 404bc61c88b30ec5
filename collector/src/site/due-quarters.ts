import { QUARTER_MS, type Span } from '../accounting/interval.ts';
import { pointIdsOf } from './day-queue.ts';
import type { Site } from './site.ts';

/** Whose quarter-hour must be computed: a site's, or a point's that belongs to none. */
type Owner = Site | number;

/** Quarter-hours to be computed, by their beginning; null: for everybody. */
export type Due = Map<number, Set<Owner> | null>;

/** Successive quarter-hours that are due for the same owners. */
export interface Run {
  readonly span: Span;
  readonly pointIds: readonly number[] | null;
}

/**
 * Quarter-hours of points computed before they are written. The store takes what it is given in this thread: so many within some
 * 20 ms.
 */
const MAX_QUARTERS_AT_ONCE = 25_000;

export function addOwner(due: Due, quarterMs: number, owner: Owner): void {
  const owners = due.get(quarterMs) ?? new Set<Owner>();
  due.set(quarterMs, owners.add(owner));
}

/** Successive quarter-hours that are due for the same owners together, as long as they are not too many. */
export function runsOf(due: Due): Run[] {
  const runs: { span: Span; owners: Set<Owner> | null; pointIds: readonly number[] | null }[] = [];
  for (const [fromMs, owners] of [...due].sort(([a], [b]) => a - b)) {
    const toMs = fromMs + QUARTER_MS;
    const last = runs.at(-1);
    if (
      last !== undefined &&
      last.span.toMs === fromMs &&
      fits(last.span, last.pointIds) &&
      same(last.owners, owners)
    ) {
      runs[runs.length - 1] = { ...last, span: { fromMs: last.span.fromMs, toMs } };
    } else {
      runs.push({ span: { fromMs, toMs }, owners, pointIds: owners === null ? null : [...owners].flatMap(idsOf) });
    }
  }
  return runs;
}

function fits(span: Span, pointIds: readonly number[] | null): boolean {
  const quarters = (span.toMs - span.fromMs) / QUARTER_MS;
  return pointIds !== null && (quarters + 1) * pointIds.length <= MAX_QUARTERS_AT_ONCE;
}

function same(a: Set<Owner> | null, b: Set<Owner> | null): boolean {
  if (a === null || b === null) return a === b;
  return a.size === b.size && [...a].every((owner) => b.has(owner));
}

/** A span in runs of the same size, for some points. */
export function runsOfSpan({ fromMs, toMs }: Span, pointIds: readonly number[]): Run[] {
  const stepMs = QUARTER_MS * Math.max(1, Math.floor(MAX_QUARTERS_AT_ONCE / pointIds.length));
  const count = Math.max(0, Math.ceil((toMs - fromMs) / stepMs));
  return Array.from({ length: count }, (_, index) => {
    const startMs = fromMs + index * stepMs;
    return { span: { fromMs: startMs, toMs: Math.min(toMs, startMs + stepMs) }, pointIds };
  });
}

function idsOf(owner: Owner): readonly number[] {
  return typeof owner === 'number' ? [owner] : pointIdsOf(owner);
}
