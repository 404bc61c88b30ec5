import type { Adjustments, EnteredReading } from '../accounting/adjustments.ts';
import type { Span } from '../accounting/interval.ts';
import { MAX_BRIDGE_MS } from '../accounting/point-account.ts';

/** Each register carries its own energy. */
const uses = ['register', 'export'] as const;

/** A span together with the times to which entered register values carry energy from it, and into it. */
export function reachOf({ fromMs, toMs }: Span, { entered }: Adjustments): Span {
  const after = uses.flatMap((use) => {
    const next = entered.find((one) => one.use === use && one.atMs >= toMs && one.atMs <= toMs + MAX_BRIDGE_MS);
    return next === undefined ? [] : [next.atMs + 1];
  });
  return { fromMs: leadOf(fromMs, entered), toMs: Math.max(toMs, ...after) };
}

/**
 * Since when values must be entered for the energy from an instant on to be right, though none of them carries a change across
 * it: the last ones before it, whose energy ends in the same minute or later.
 */
export function leadOf(fromMs: number, entered: readonly EnteredReading[]): number {
  const before = uses.flatMap(
    (use) =>
      entered.findLast((one) => one.use === use && one.atMs < fromMs && one.atMs >= fromMs - MAX_BRIDGE_MS)?.atMs ?? [],
  );
  return Math.min(fromMs, ...before);
}
