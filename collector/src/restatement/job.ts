import type { Adjustments } from '../accounting/adjustments.ts';
import type { Span } from '../accounting/interval.ts';
import { MAX_BRIDGE_MS } from '../accounting/point-account.ts';
import { type CorrectionBook, enteredOf } from '../corrections/book.ts';
import { type Change, isPointChange, type PointChange, spanOf } from '../corrections/change.ts';
import { leadOf, reachOf } from '../corrections/reach.ts';
import type { PointKey, SiteKey, SlotKey } from '../evidence/catalogue.ts';
import type { Cursor } from '../evidence/evidence-log.ts';
import type { Fold } from '../fold.ts';
import { type ImportedSeries, spanOfImport } from '../import/import-book.ts';
import type { RefoldedPoint, RefoldRequest, Told } from './refold.ts';

/** Everything that accounting readings again needs; plain data, so that another thread can do it. */
export interface RefoldJob {
  /** The evidence log's. */
  readonly directory: string;
  readonly catalogue: {
    readonly sites: readonly SiteKey[];
    readonly points: readonly PointKey[];
    readonly slots: readonly SlotKey[];
  };
  readonly request: RefoldRequest;
  /** The part of the log with the agents' readings; null where they are not concerned. `until` is a number of records. */
  readonly agents: { readonly from: Cursor; readonly until: number } | null;
  /** Imported series of the points, import by import; of one minute the last one counts. */
  readonly imports: readonly (readonly ImportedSeries[])[];
  /** Those of them of which single readings change, so that the span reaches to the readings beside them. */
  readonly reaching: readonly (readonly ImportedSeries[])[];
  /** Times of which imported readings told before; agents' are seen while they are read. */
  readonly told: readonly Told[];
}

/**
 * How long before a span readings are folded, so that the account is as it was when the span began. A register that stood
 * still, or a point that was silent, for longer than that begins anew there.
 */
const LEAD_MS = 86_400_000;

/** What corrections make of readings, the one in question included. */
export type Corrected = Pick<CorrectionBook, 'adjustmentsOf' | 'imports'>;

/** What has to be accounted again for a change, or for taking it back; null where nothing has. */
export function refoldJobOf(
  fold: Fold,
  directory: string,
  siteId: number,
  change: Change,
  corrected: Corrected,
): RefoldJob | null {
  if (isPointChange(change)) return jobOfPoint(fold, directory, siteId, change, corrected);
  return change.kind === 'import' ? jobOfImport(fold, directory, change.import, corrected) : null;
}

function jobOfPoint(
  fold: Fold,
  directory: string,
  siteId: number,
  change: PointChange,
  corrected: Corrected,
): RefoldJob | null {
  const pointId = fold.catalogue.pointId(siteId, change.point);
  if (pointId === undefined) return null;
  const adjustments = corrected.adjustmentsOf(siteId, change.point);
  const span = reachOf(spanOf(change), adjustments);
  const register = enteredOf(change)?.use ?? null;
  return jobOf(fold, directory, [pointId], { span, register, isOfReadings: change.kind !== 'factor' }, corrected);
}

/** An import that counts lies over what is there, and takes nothing back; one that no longer does leaves what lies below. */
function jobOfImport(fold: Fold, directory: string, id: string, corrected: Corrected): RefoldJob | null {
  const made = fold.imports.find(id);
  if (made === undefined || made.series.length === 0) return null;
  const pointIds = [...new Set(made.series.map(({ pointId }) => pointId))];
  const extent = { span: spanOfImport(made), register: null, isOfReadings: false };
  const job = jobOf(fold, directory, pointIds, extent, corrected);
  if (corrected.imports.at(-1) === id) return { ...job, agents: null, imports: [made.series], told: [] };
  return { ...job, told: made.series };
}

/** Everything that imports tell of some points, and nothing else. */
export function importedJobOf(fold: Fold, directory: string, pointIds: readonly number[]): RefoldJob {
  const span = { fromMs: 0, toMs: Number.POSITIVE_INFINITY };
  const job = jobOf(fold, directory, pointIds, { span, register: null, isOfReadings: false }, fold.corrections);
  return { ...job, agents: null, told: [] };
}

interface Extent extends Pick<RefoldRequest, 'span' | 'register'> {
  /** Whether single readings change, and not whole minutes. */
  readonly isOfReadings: boolean;
}

function jobOf(
  fold: Fold,
  directory: string,
  pointIds: readonly number[],
  { span, register, isOfReadings }: Extent,
  corrected: Corrected,
): RefoldJob {
  const { sites, points, slots } = fold.catalogue;
  // Of points that no agent reads the log has nothing: their registers may still have been read off by hand.
  const isRead = slots.some(({ pointId }) => pointIds.includes(pointId));
  const entered = pointIds.map((pointId) => adjustmentsOf(fold, pointId, corrected).entered);
  const all = corrected.imports.map((id) =>
    (fold.imports.find(id)?.series ?? []).filter(({ pointId }) => pointIds.includes(pointId)),
  );
  const reaching = isOfReadings ? seriesIn(all, span) : [];
  const leadMs = reaching.length === 0 ? LEAD_MS : LEAD_MS + MAX_BRIDGE_MS;
  const sinceMs = Math.min(...entered.map((ofPoint) => leadOf(span.fromMs, ofPoint))) - leadMs;
  const from = fold.marks.placeOf(sinceMs);
  // Later ones as well: what agents' readings make of the span may reach beyond it, into time that only an import knows.
  const imports = seriesIn(all, { fromMs: sinceMs, toMs: Number.POSITIVE_INFINITY });
  return {
    directory,
    catalogue: { sites, points, slots },
    request: {
      points: pointIds.map((pointId) => refoldedPoint(fold, pointId, sinceMs, corrected)),
      span,
      closedMs: fold.closedMs,
      register,
    },
    agents: from === undefined ? null : { from, until: isRead ? fold.cursor.position : 0 },
    imports,
    reaching,
    told: imports.flat(),
  };
}

/** The series of each import that tell of a span. */
function seriesIn(imports: readonly (readonly ImportedSeries[])[], { fromMs, toMs }: Span): ImportedSeries[][] {
  return imports
    .map((series) => series.filter((one) => one.fromMs < toMs && one.toMs >= fromMs))
    .filter((series) => series.length > 0);
}

/** With the register values entered since an instant, and with those before it that carry energy across it. */
function refoldedPoint(fold: Fold, pointId: number, sinceMs: number, corrected: Corrected): RefoldedPoint {
  const adjustments = adjustmentsOf(fold, pointId, corrected);
  const leadMs = leadOf(sinceMs, adjustments.entered);
  const entered = adjustments.entered.filter(({ atMs }) => atMs >= leadMs);
  const agentId = fold.accounting.owner(pointId);
  const owner = agentId === undefined ? null : { agentId, seenMs: sinceMs };
  return { pointId, ...fold.instrumentOf(pointId), owner, adjustments: { ...adjustments, entered } };
}

function adjustmentsOf(fold: Fold, pointId: number, corrected: Corrected): Adjustments {
  const key = fold.catalogue.points[pointId];
  if (key === undefined) throw new RangeError(`point ${pointId} is not defined`);
  return corrected.adjustmentsOf(key.siteId, key.point);
}
