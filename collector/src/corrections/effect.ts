import type { PointInterval, Span } from '../accounting/interval.ts';
import { MAX_BRIDGE_MS } from '../accounting/point-account.ts';
import type { Figures } from '../figures.ts';
import { boundaries } from '../kpi/boundaries.ts';
import { isoTime } from '../kpi/period.ts';
import { type SiteKpis, siteKpis } from '../kpi/site-kpis.ts';
import type { Site } from '../site/site.ts';
import type { RecordedCorrection } from './book.ts';
import { isPointChange, spanOf } from './change.ts';
import { addMeasured, type Measured, measuredOf, nothingMeasured } from './measured.ts';

/** What a correction did to the figures that were known when it was put on record. */
export interface Effect {
  /** Whole days of the site's time zone, the last one up to the correction: those whose energies it changed. */
  readonly span: Span;
  readonly point: string;
  readonly before: Measured;
  readonly after: Measured;
  /** The site's figures over the same time. */
  readonly siteBefore: SiteKpis;
  readonly siteAfter: SiteKpis;
}

const DAY_MS = 86_400_000;
/** Days looked through one by one; of longer times, months. */
const MAX_DAYS = 3_000;

/** @returns null where the entry concerns no energy. */
export async function effectOf(figures: Figures, site: Site, correction: RecordedCorrection): Promise<Effect | null> {
  const { effective, recordedMs } = correction;
  const pointId = isPointChange(effective)
    ? site.points.find(({ point }) => point === effective.point)?.pointId
    : undefined;
  if (!isPointChange(effective) || pointId == null) return null;
  const concerned = spanOf(effective);
  const spanMs = Math.max(0, Math.min(concerned.toMs, recordedMs) - concerned.fromMs);
  // A register carries energy to it, and from it, over so much time at most.
  const fromMs = concerned.fromMs - MAX_BRIDGE_MS;
  const toMs = Math.max(fromMs + 1, Math.min(concerned.toMs + MAX_BRIDGE_MS, recordedMs));
  const step = spanMs > MAX_DAYS * DAY_MS ? 'P1M' : 'P1D';
  const edgesMs = boundaries({ fromMs, toMs }, step, site.timezone);
  const known = await figures.pointSumsOf([pointId], edgesMs, recordedMs - 1);
  const now = await figures.pointSumsOf([pointId], edgesMs, recordedMs);
  const span = changedSpan(edgesMs, known, now) ?? wholeSteps(edgesMs, concerned);
  const period = { ...span, name: `${isoTime(span.fromMs)}/${isoTime(span.toMs)}` };
  const asOf = (asOfMs: number): Promise<SiteKpis> => siteKpis(figures, site, period, { nowMs: recordedMs, asOfMs });
  return {
    span,
    point: effective.point,
    before: sumOver(known, span),
    after: sumOver(now, span),
    siteBefore: await asOf(recordedMs - 1),
    siteAfter: await asOf(recordedMs),
  };
}

/** From the first to the last step that differs; null where none does. */
function changedSpan(
  edgesMs: readonly number[],
  a: readonly PointInterval[],
  b: readonly PointInterval[],
): Span | null {
  const before = new Map(a.map((row) => [row.startMs, row]));
  const after = new Map(b.map((row) => [row.startMs, row]));
  const differs = edgesMs.slice(0, -1).map((ms) => !isSame(measuredOf(before.get(ms)), measuredOf(after.get(ms))));
  const first = differs.indexOf(true);
  if (first < 0) return null;
  return { fromMs: edgesMs[first] as number, toMs: edgesMs[differs.lastIndexOf(true) + 1] as number };
}

function isSame(a: Measured, b: Measured): boolean {
  return a.energyWh === b.energyWh && a.measuredMs === b.measuredMs && a.estimatedMs === b.estimatedMs;
}

/** The steps that a span touches, at least the first one. */
function wholeSteps(edgesMs: readonly number[], { fromMs, toMs }: Span): Span {
  const first = Math.max(
    0,
    edgesMs.findLastIndex((ms) => ms <= fromMs),
  );
  const last = edgesMs.findIndex((ms, index) => index > first && ms >= toMs);
  return { fromMs: edgesMs[first] as number, toMs: edgesMs.at(last) as number };
}

function sumOver(rows: readonly PointInterval[], { fromMs, toMs }: Span): Measured {
  return rows
    .filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
    .map(measuredOf)
    .reduce(addMeasured, nothingMeasured);
}
