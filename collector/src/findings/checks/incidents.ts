import type { Incident } from '../../accounting/incident-book.ts';
import type { SitePoint } from '../../site/site.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';
import { limits } from '../thresholds.ts';
import { amount, count, duration, energy } from '../wording.ts';

/** Resets, gaps, late readings and readings of two agents, as the accounting noted them. */
export function checkIncidents(inspection: Inspection): Observation[] {
  const { site, notes, span, asOfMs } = inspection;
  const points = new Map(site.points.map((point) => [point.pointId, point]));
  return notes.incidents.flatMap((incident): Observation[] => {
    const point = points.get(incident.pointId);
    const isWithin = incident.toMs >= span.fromMs && incident.fromMs < span.toMs;
    if (point === undefined || !isWithin || (asOfMs !== null && incident.receivedMs > asOfMs)) return [];
    const found = observe(incident, point, inspection.agentNames[incident.agentId] ?? 'an agent');
    return found === null
      ? []
      : [{ points: [point.point], span: { fromMs: incident.fromMs, toMs: incident.toMs }, ...found }];
  });
}

function observe(
  incident: Incident,
  { point, quantity }: SitePoint,
  agent: string,
): Pick<Observation, 'kind' | 'severity' | 'facts'> | null {
  const { kind, fromMs, toMs, beforeWh, afterWh } = incident;
  const times = `${count(incident.count, 'reading')} in ${duration(toMs - fromMs)}`;
  if (kind === 'reset') {
    // Where a register wraps can be declared of energy alone.
    const modulusWh = quantity === 'energy' ? modulusOf(beforeWh, afterWh) : null;
    const values = `from ${amount(beforeWh, quantity)} to ${amount(afterWh, quantity)}`;
    if (modulusWh === null) {
      const facts = `The register of ${point} went ${values} (${count(incident.count, 'time')}).`;
      return { kind: 'register-reset', severity: 'warning', facts };
    }
    const wrap = `as one that wraps at ${energy(modulusWh)} (${modulusWh} Wh) does`;
    const lost = `${energy(modulusWh - beforeWh + afterWh)} were not counted`;
    const facts = `The register of ${point} went ${values}, ${wrap}: ${lost}.`;
    return { kind: 'register-rollover', severity: 'warning', facts };
  }
  if (incident.count < limits.noteworthyReadings) return null;
  if (kind === 'gap')
    return { kind: 'sample-gaps', severity: 'notice', facts: `Samples of ${point}: ${times} came after a gap.` };
  if (kind === 'late') {
    return {
      kind: 'readings-late',
      severity: 'notice',
      facts: `Readings of ${point} by ${agent}: ${times} were left out.`,
    };
  }
  const facts = `${agent} reports ${point}, which another agent reports already: ${times} were left out.`;
  return { kind: 'two-agents', severity: 'warning', facts };
}

/** Where counters wrap: at powers of ten, and where 32 bits end, in the units in which meters count. */
const moduliWh = [
  ...Array.from({ length: 9 }, (_, index) => 10 ** (index + 5)),
  ...[2 ** 31, 2 ** 32].flatMap((bits) => [1, 10, 100, 1000].map((unit) => bits * unit)),
].sort((a, b) => a - b);

/** A wrap is at most so far before and behind its modulus, relative to it; a reset seldom is. */
const NEAR = 0.01;

/** The value at which a register seems to have wrapped, Wh, or null. */
export function modulusOf(beforeWh: number, afterWh: number): number | null {
  const isNear = (modulusWh: number): boolean =>
    beforeWh < modulusWh && beforeWh >= (1 - NEAR) * modulusWh && afterWh <= NEAR * modulusWh;
  return moduliWh.find(isNear) ?? null;
}
