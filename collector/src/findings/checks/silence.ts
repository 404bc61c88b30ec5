import type { Span } from '../../accounting/interval.ts';
import type { SitePoint } from '../../site/site.ts';
import { type CountedSet, countedSets } from '../counted.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';
import type { FindingKind } from '../kinds.ts';
import { runsOf } from '../runs.ts';
import { limits } from '../thresholds.ts';
import { count, duration, names, percent } from '../wording.ts';

const kindOf = {
  supply: 'supply-silent',
  load: 'level-partial',
  parts: 'part-silent',
} as const satisfies Record<CountedSet['side'], FindingKind>;

/**
 * Counted points of which nothing is known for an hour or more, since the first of the site's points was read. Those of one
 * sum that were silent for the same time are one finding.
 */
export function checkSilence(inspection: Inspection): Observation[] {
  const first = inspection.steps.findIndex((_, step) =>
    inspection.site.points.some((point) => isKnown(inspection, point, step)),
  );
  if (first < 0) return [];
  const seen = new Set<SitePoint>();
  // Of a sum of parts, the loads have been told of by then.
  return countedSets(inspection.site).flatMap((set) => {
    const points = set.points.filter((point) => !seen.has(point));
    for (const point of points) seen.add(point);
    return silences(inspection, { ...set, points }, set.points.length, first);
  });
}

function silences(inspection: Inspection, set: CountedSet, members: number, first: number): Observation[] {
  const bySpan = new Map<string, { span: Span; points: SitePoint[] }>();
  for (const point of set.points) {
    for (const { fromMs, toMs } of silentSpans(inspection, point, first)) {
      if (toMs - fromMs < limits.silenceMs) continue;
      const key = `${fromMs} ${toMs}`;
      const found = bySpan.get(key) ?? { span: { fromMs, toMs }, points: [] };
      found.points.push(point);
      bySpan.set(key, found);
    }
  }
  const lookedMs = (inspection.steps.at(-1)?.toMs ?? 0) - (inspection.steps[first]?.fromMs ?? 0);
  return [...bySpan.values()].map(({ span, points: silent }): Observation => {
    const points = silent.map(({ point }) => point);
    const silentMs = span.toMs - span.fromMs;
    const share = silentMs / lookedMs;
    const severity = set.isUsed && share > limits.silentShare ? 'error' : 'warning';
    const facts =
      `Nothing is known of ${names(points)}, ${points.length} of ${count(members, 'point')} of ${set.name}, for ` +
      `${duration(silentMs)}, ${percent(share)} of the time looked at; the sum is unknown meanwhile.` +
      silent.map((point) => causeOf(inspection, point, span)).join('');
    return { kind: kindOf[set.side], severity, points, span, facts };
  });
}

/** Why nothing is known of a point that is made of others; nothing of one that is measured. */
function causeOf(inspection: Inspection, point: SitePoint, span: Span): string {
  if (point.virtual === null) return '';
  const members = inspection.instruments(point).map((member) => member.point);
  const others = members.filter(({ quantity }) => quantity !== point.quantity);
  if (others.length > 0) return ` ${point.point} cannot be made of ${ids(others)}: the units differ.`;
  const isSilent = (member: SitePoint): boolean =>
    inspection.steps.some(
      ({ fromMs }, at) => fromMs >= span.fromMs && fromMs < span.toMs && !isKnown(inspection, member, at),
    );
  return ` Not measured of the members of ${point.point}: ${ids(members.filter(isSilent))}.`;
}

function ids(points: readonly SitePoint[]): string {
  return names(points.map(({ point }) => point));
}

function silentSpans(inspection: Inspection, point: SitePoint, first: number): Span[] {
  const steps = inspection.steps.slice(first).map((step, index) => ({ ...step, index: first + index }));
  return runsOf(steps, ({ index }) => (isKnown(inspection, point, index) ? null : true)).map(({ span }) => span);
}

function isKnown(inspection: Inspection, point: SitePoint, step: number): boolean {
  return (inspection.row(point, step)?.measuredMs ?? 0) > 0;
}
