import type { Adjustments } from '../accounting/adjustments.ts';
import { MAX_BRIDGE_MS } from '../accounting/point-account.ts';
import type { Span } from '../accounting/interval.ts';
import { type Change, isPointChange, spanOf } from '../corrections/change.ts';
import type { SiteKey, AgentKey, PointKey, SlotKey } from '../evidence/catalogue.ts';
import type { Cursor } from '../evidence/evidence-log.ts';
import type { Fold } from '../fold.ts';
import type { RefoldRequest } from './refold.ts';

/** Everything that accounting a part of the log again needs; plain data, so that another thread can do it. */
export interface RefoldJob {
  /** The evidence log's. */
  readonly directory: string;
  readonly from: Cursor;
  /** Number of records in the log up to which it is read. */
  readonly until: number;
  readonly catalogue: {
    readonly sites: readonly SiteKey[];
    readonly agents: readonly AgentKey[];
    readonly points: readonly PointKey[];
    readonly slots: readonly SlotKey[];
  };
  readonly request: RefoldRequest;
}

/**
 * How long before a span readings are folded, so that the account is as it was when the span began. A register that stood
 * still, or a point that was silent, for longer than that begins anew there.
 */
const LEAD_MS = 86_400_000;

/**
 * What has to be accounted again for a change to one point; null where nothing has.
 * @param adjustments what corrections make of the point's readings, that change included
 */
export function refoldJobOf(
  fold: Fold,
  directory: string,
  target: { readonly siteId: number; readonly change: Change; readonly adjustments: Adjustments },
): RefoldJob | null {
  const { siteId, change, adjustments } = target;
  if (!isPointChange(change)) return null;
  const pointId = fold.catalogue.pointId(siteId, change.point);
  if (pointId === undefined) return null;
  const span = reachOf(spanOf(change), adjustments);
  const from = fold.marks.placeOf(span.fromMs - LEAD_MS);
  if (from === undefined) return null;
  const entered = adjustments.entered.filter(({ atMs }) => atMs >= span.fromMs);
  const { sites, agents, points, slots } = fold.catalogue;
  return {
    directory,
    from,
    until: fold.cursor.position,
    catalogue: { sites, agents, points, slots },
    request: {
      points: [{ pointId, ...fold.instrumentOf(pointId), adjustments: { ...adjustments, entered } }],
      span,
      closedMs: fold.closedMs,
    },
  };
}

/** A span together with the times to which entered register values carry energy from it, and into it. */
function reachOf({ fromMs, toMs }: Span, { entered }: Adjustments): Span {
  const before = entered.findLast(({ atMs }) => atMs < fromMs && atMs >= fromMs - MAX_BRIDGE_MS);
  const after = entered.find(({ atMs }) => atMs >= toMs && atMs <= toMs + MAX_BRIDGE_MS);
  return { fromMs: before?.atMs ?? fromMs, toMs: after === undefined ? toMs : after.atMs + 1 };
}
