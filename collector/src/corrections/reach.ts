import type { Adjustments } from '../accounting/adjustments.ts';
import type { Span } from '../accounting/interval.ts';
import { MAX_BRIDGE_MS } from '../accounting/point-account.ts';

/** A span together with the times to which entered register values carry energy from it, and into it. */
export function reachOf({ fromMs, toMs }: Span, { entered }: Adjustments): Span {
  const before = entered.findLast(({ atMs }) => atMs < fromMs && atMs >= fromMs - MAX_BRIDGE_MS);
  const after = entered.find(({ atMs }) => atMs >= toMs && atMs <= toMs + MAX_BRIDGE_MS);
  return { fromMs: before?.atMs ?? fromMs, toMs: after === undefined ? toMs : after.atMs + 1 };
}
