import type { SitePoint } from '../../site/site.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';
import { runsOf } from '../runs.ts';
import { limits } from '../thresholds.ts';

/**
 * Points whose power is negative while their register counts what is drawn alone: what flows back is taken off nowhere, since a
 * register beats samples.
 */
export function checkFeedBack(inspection: Inspection): Observation[] {
  return inspection.site.points.flatMap((point): Observation[] => {
    if (point.role === null || inspection.register(point) === undefined || isExportRead(inspection, point)) return [];
    const rows = inspection.steps.map((_, step) => inspection.row(point, step));
    const noiseW = limits.deadSupply * Math.max(0, ...rows.map((row) => row?.maxW ?? 0));
    const runs = runsOf(
      inspection.steps.map((step, index) => ({ ...step, leastW: rows[index]?.minW ?? null })),
      ({ leastW }) => (leastW === null ? undefined : leastW < -noiseW ? leastW : null),
    );
    return runs.map(({ span, found }): Observation => {
      const facts =
        `The power of ${point.point} was negative, down to ${Math.round(Math.min(...found))} W, its register ` +
        'counts what is drawn alone, and no register of what is fed back is read.';
      return { kind: 'feed-back-unmetered', severity: 'warning', points: [point.point], span, facts };
    });
  });
}

function isExportRead(inspection: Inspection, point: SitePoint): boolean {
  if (point.quantity !== 'energy' || point.channels.includes('energy-export')) return true;
  return inspection.steps.some((_, step) => (inspection.row(point, step)?.exportWh ?? 0) > 0);
}
