import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';

/** Instruments that were replaced, as their agents announced. */
export function checkMeters({ site, notes, span, asOfMs }: Inspection): Observation[] {
  const ids = new Map(site.points.map(({ pointId, point }) => [pointId, point]));
  return notes.meters.flatMap(({ pointId, atMs, before, after }): Observation[] => {
    const point = ids.get(pointId);
    const isWithin = atMs >= span.fromMs && atMs < span.toMs && (asOfMs === null || atMs <= asOfMs);
    if (point === undefined || !isWithin) return [];
    const facts = `The instrument of ${point} has the serial number ${after}; until then it had ${before}.`;
    return [{ kind: 'meter-replaced', severity: 'notice', points: [point], span: { fromMs: atMs, toMs: atMs }, facts }];
  });
}
