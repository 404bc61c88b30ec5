import type { PointInterval, Span } from '../accounting/interval.ts';
import { MAX_BRIDGE_MS } from '../accounting/point-account.ts';
import type { Figures } from '../figures.ts';
import { boundaries } from '../kpi/boundaries.ts';
import { isoTime } from '../kpi/period.ts';
import { type SiteKpis, siteKpis } from '../kpi/site-kpis.ts';
import { sumPointIntervals } from '../site/interval-sum.ts';
import type { Site } from '../site/site.ts';
import type { RecordedCorrection } from './book.ts';
import { type Measured, measuredOf } from './measured.ts';

/** What a correction did to the figures that were known when it was put on record. */
export interface Effect {
  /** Whole days of the site's time zone, the last one up to the correction: those whose energies it changed. */
  readonly span: Span;
  readonly points: readonly { readonly point: string; readonly before: Measured; readonly after: Measured }[];
  /** The site's figures over the same time. */
  readonly siteBefore: SiteKpis;
  readonly siteAfter: SiteKpis;
}

const DAY_MS = 86_400_000;
/** Days looked through one by one; of longer times, months. */
const MAX_DAYS = 3_000;

/** @returns null where the entry concerns no energy. */
export async function effectOf(figures: Figures, site: Site, correction: RecordedCorrection): Promise<Effect | null> {
  const { span: touched, recordedMs } = correction;
  if (touched === null) return null;
  const concerned = { fromMs: touched.fromMs, toMs: Math.min(touched.toMs, recordedMs) };
  const edgesMs = edgesAbout(concerned, recordedMs, site.timezone);
  const points = site.points.filter(({ point, pointId }) => pointId !== null && correction.points.includes(point));
  const pointIds = points.flatMap(({ pointId }) => pointId ?? []);
  const known = await figures.pointSumsOf(pointIds, edgesMs, recordedMs - 1);
  const now = await figures.pointSumsOf(pointIds, edgesMs, recordedMs);
  const span = changedSpan(edgesMs, known, now) ?? wholeSteps(edgesMs, concerned);
  const period = { ...span, name: `${isoTime(span.fromMs)}/${isoTime(span.toMs)}` };
  const asOf = (asOfMs: number): Promise<SiteKpis> => siteKpis(figures, site, period, { nowMs: recordedMs, asOfMs });
  return {
    span,
    points: points.map(({ point, pointId }) => {
      const isOwn = (row: PointInterval): boolean => row.pointId === pointId;
      return { point, before: sumOver(known.filter(isOwn), span), after: sumOver(now.filter(isOwn), span) };
    }),
    siteBefore: await asOf(recordedMs - 1),
    siteAfter: await asOf(recordedMs),
  };
}

/** Boundaries of the steps in which something can have changed: a register carries energy over so much time at most. */
function edgesAbout({ fromMs, toMs }: Span, recordedMs: number, timezone: string): number[] {
  const step = toMs - fromMs > MAX_DAYS * DAY_MS ? 'P1M' : 'P1D';
  const begin = fromMs - MAX_BRIDGE_MS;
  return boundaries(
    { fromMs: begin, toMs: Math.max(begin + 1, Math.min(toMs + MAX_BRIDGE_MS, recordedMs)) },
    step,
    timezone,
  );
}

/** From the first to the last step that differs; null where none does. */
function changedSpan(
  edgesMs: readonly number[],
  a: readonly PointInterval[],
  b: readonly PointInterval[],
): Span | null {
  const keyOf = ({ pointId, startMs }: PointInterval): string => `${pointId} ${startMs}`;
  const before = new Map(a.map((row) => [keyOf(row), row]));
  const after = new Map(b.map((row) => [keyOf(row), row]));
  const differing = [...a, ...b].filter(
    (row) => !isSame(measuredOf(before.get(keyOf(row))), measuredOf(after.get(keyOf(row)))),
  );
  if (differing.length === 0) return null;
  const [firstMs, lastMs] = differing.reduce(
    ([first, last], { startMs }) => [Math.min(first, startMs), Math.max(last, startMs)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  return { fromMs: firstMs, toMs: edgesMs[edgesMs.indexOf(lastMs) + 1] as number };
}

function isSame(a: Measured, b: Measured): boolean {
  const isSameEnergy = a.energyWh === b.energyWh && a.exportWh === b.exportWh;
  return isSameEnergy && a.measuredMs === b.measuredMs && a.estimatedMs === b.estimatedMs;
}

/** The steps that a span touches, at least the first one. */
function wholeSteps(edgesMs: readonly number[], { fromMs, toMs }: Span): Span {
  const first = edgesMs.findLastIndex((ms) => ms <= fromMs);
  const last = edgesMs.findIndex((ms, index) => index > first && ms >= toMs);
  return { fromMs: edgesMs[first] as number, toMs: edgesMs.at(last) as number };
}

function sumOver(rows: readonly PointInterval[], { fromMs, toMs }: Span): Measured {
  return measuredOf(sumPointIntervals(rows, [fromMs, toMs])[0]);
}
