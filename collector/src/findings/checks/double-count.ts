import type { Role } from '@wattmark/shared/roles';
import { netWhOf } from '../../accounting/interval.ts';
import type { SitePoint } from '../../site/site.ts';
import { compare, excessWh } from '../comparison.ts';
import { type CountedSet, countedSets } from '../counted.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';
import { amount, names } from '../wording.ts';

/** Energy that is in a sum twice, or in one to which it does not belong. */
export function checkDoubleCount(inspection: Inspection): Observation[] {
  const sets = countedSets(inspection.site);
  return [
    ...distinct(sets.flatMap((set) => fedWithin(inspection, set))),
    ...distinct(sets.flatMap((set) => sameInstrument(inspection, set))),
    ...otherLoads(inspection),
  ];
}

/** Points of one sum of which one feeds the other. */
function fedWithin(inspection: Inspection, { name, points }: CountedSet): Observation[] {
  const members = new Set(points);
  const above = new Map<SitePoint, SitePoint[]>();
  for (const parent of points) {
    for (const child of inspection.tree.below(parent)) {
      if (child !== parent && members.has(child)) above.set(child, [...(above.get(child) ?? []), parent]);
    }
  }
  return [...above].map(([child, parents]): Observation => {
    const list = parents.map(({ point }) => point);
    const facts =
      `${child.point} is fed by ${names(list)}, and all of them count in ${name}: ` +
      `its energy${known(inspection, child)} is in the sum twice.`;
    return { kind: 'counted-twice', severity: 'error', points: [child.point, ...list], span: null, facts };
  });
}

/** Points of one sum with the serial number or the name of another, and its energy. */
function sameInstrument(inspection: Inspection, { name, points }: CountedSet): Observation[] {
  const known = new Map<string, SitePoint>();
  return points.flatMap((point): Observation[] => {
    for (const key of identities(point)) {
      const other = known.get(key);
      if (other !== undefined && isSameEnergy(inspection, other, point)) {
        const facts =
          `${other.point} and ${point.point} both count in ${name}, have the same ${key.split(' ')[0]}, ` +
          'and drew the same energy within their accuracies.';
        return [
          { kind: 'same-instrument', severity: 'warning', points: [point.point, other.point], span: null, facts },
        ];
      }
      known.set(key, other ?? point);
    }
    return [];
  });
}

function identities({ point, name, meter }: SitePoint): string[] {
  const serial = meter?.serial === undefined ? [] : [`serial ${meter.manufacturer} ${meter.model} ${meter.serial}`];
  return name === '' || name === point ? serial : [...serial, `name ${name}`];
}

function isSameEnergy(inspection: Inspection, one: SitePoint, other: SitePoint): boolean {
  const options = { needsAll: true, skipsDead: false };
  const all = inspection.steps.map((_, index) => index);
  const a = compare(inspection, all, [{ point: one, weight: 1 }], [{ point: other, weight: 1 }], options);
  if (a === null || a.belowWh <= 0 || a.aboveWh <= 0) return false;
  return excessWh(a) <= 0 && excessWh({ ...a, aboveWh: a.belowWh, belowWh: a.aboveWh }) <= 0;
}

const otherRoles: readonly (Role | null)[] = ['cooling', 'lighting', 'other'];

/** IT points that feed what is not IT: fans of air conditioners on the UPS are the usual case. */
function otherLoads(inspection: Inspection): Observation[] {
  return inspection.site.points.flatMap((point): Observation[] => {
    if (point.role !== 'it') return [];
    const loads = [...inspection.tree.below(point)].filter(({ role }) => otherRoles.includes(role));
    return loads.map((load) => {
      const fed = `${load.point} (${load.role})${known(inspection, load)}`;
      const facts = `${point.point} counts as IT and feeds ${fed}, which is none.`;
      return {
        kind: 'other-load-inside-it',
        severity: 'warning',
        points: [load.point, point.point],
        span: null,
        facts,
      };
    });
  });
}

/** A point's energy in the period in brackets; nothing where it is unknown. */
function known(inspection: Inspection, point: SitePoint): string {
  const rows = inspection.steps.flatMap((_, step) => inspection.row(point, step) ?? []);
  const net = rows.flatMap((row) => netWhOf(row) ?? []);
  if (net.length === 0) return '';
  const sum = net.reduce((total, wh) => total + wh, 0);
  return ` (${amount(sum, point.quantity)} in the period)`;
}

/** The first of those about one point. */
function distinct(observations: readonly Observation[]): Observation[] {
  const seen = new Set<string>();
  return observations.filter(({ points: [subject = ''] }) => !seen.has(subject) && seen.add(subject));
}
