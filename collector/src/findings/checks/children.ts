import type { Role } from '@wattmark/shared/roles';
import type { SitePoint } from '../../site/site.ts';
import { findCarrier } from '../../site/conversion.ts';
import { type Comparison, compare, excessWh, together, type Weighted } from '../comparison.ts';
import type { Observation } from '../finding.ts';
import type { Cell, Inspection } from '../inspection.ts';
import type { FindingKind } from '../kinds.ts';
import { type Run, runsOf } from '../runs.ts';
import { limits } from '../thresholds.ts';
import { sharedGroups } from '../tree.ts';
import { duration, energy, names, percent } from '../wording.ts';

/** Roles whose points are not electrical, and compare with nothing that is. */
const notElectrical: readonly (Role | null)[] = ['water', 'heat-removal', 'heat-reuse', 'district-cooling'];

/** Parents that turn one kind of power into another; with a battery behind them they may give without taking for a while. */
const converters = {
  ups: { kind: 'ups-output-beyond-input', hasBattery: true },
  pdu: { kind: 'pdu-output-beyond-input', hasBattery: false },
  rectifier: { kind: 'rectifier-output-beyond-input', hasBattery: true },
} as const satisfies Partial<Record<Role, { kind: FindingKind; hasBattery: boolean }>>;

/**
 * Points that together drew more than what feeds them: Σ children − parent > Σ |Eᵢ|·limitᵢ, day by day, over the time in which
 * all were measured. Children with several parents are held against the sum of those.
 */
export function checkChildren(inspection: Inspection): Observation[] {
  const { tree, site } = inspection;
  const single = site.points.flatMap((parent) => {
    const children = tree.childrenOf(parent).filter((child) => tree.parentsOf(child).length === 1);
    return judge(inspection, [parent], children);
  });
  return [...single, ...sharedGroups(tree).flatMap(({ parents, children }) => judge(inspection, parents, children))];
}

/**
 * A UPS or rectifier that gave less than a plausible share of what it took, by more than its meters' limits of error; only
 * over the time in which every point that it feeds was measured.
 */
export function checkEfficiency(inspection: Inspection): Observation[] {
  return inspection.site.points.flatMap((parent): Observation[] => {
    const children = electrical(inspection.tree.childrenOf(parent));
    if (converterOf(parent)?.hasBattery !== true || children.length === 0) return [];
    const options = { needsAll: true, skipsDead: true };
    const runs = runsOf(inspection.days, ({ steps }) => {
      const found = compare(inspection, steps, weighted([parent]), weighted(children), options);
      if (found === null) return;
      const most = found.belowWh + found.limitWh;
      return most < limits.leastEfficiency * found.aboveWh ? found : null;
    });
    return runs.map(({ span, found }): Observation => {
      const { aboveWh, belowWh, comparedMs } = together(found);
      const share = percent(belowWh / aboveWh);
      const facts =
        `${parent.point} took ${energy(aboveWh)}, and ${ids(children)} drew ${energy(belowWh)} of it in the same ` +
        `${duration(comparedMs)}: an efficiency of ${share}, below ${percent(limits.leastEfficiency)}.`;
      return { kind: 'efficiency-implausible', severity: 'warning', points: pointsOf([parent], children), span, facts };
    });
  });
}

function judge(
  inspection: Inspection,
  allParents: readonly SitePoint[],
  allChildren: readonly SitePoint[],
): Observation[] {
  const parents = electrical(allParents);
  const children = electrical(allChildren).filter((child) => !parents.includes(child));
  const [parent] = parents;
  if (parent === undefined || parents.length < allParents.length || children.length === 0) return [];
  const converter = parents.length === 1 ? converterOf(parent) : undefined;
  const kind = parents.length > 1 ? 'children-beyond-parents' : (converter?.kind ?? 'children-beyond-parent');
  const runs = runsOf(inspection.days, (day) => {
    const found = compareDay(inspection, day, parents, children, converter?.hasBattery ?? false);
    return found === null ? undefined : excessWh(found) > 0 ? found : null;
  });
  return runs.map((run) => observe(kind, parents, children, run));
}

/** A day on battery from beginning to end is no day on battery: then the input meter is dead. */
function compareDay(
  inspection: Inspection,
  { steps }: Cell,
  parents: readonly SitePoint[],
  children: readonly SitePoint[],
  hasBattery: boolean,
): Comparison | null {
  const sides = [weighted(parents), weighted(children)] as const;
  const fed = compare(inspection, steps, ...sides, { needsAll: false, skipsDead: hasBattery });
  return fed ?? compare(inspection, steps, ...sides, { needsAll: false, skipsDead: false });
}

function observe(
  kind: FindingKind,
  parents: readonly SitePoint[],
  children: readonly SitePoint[],
  { span, found }: Run<Comparison>,
): Observation {
  const sum = together(found);
  const { aboveWh, belowWh, limitWh, comparedMs, assumed } = sum;
  // The meter of a converter is that of its input.
  const verb = kind.startsWith('children') ? 'gave' : 'took';
  const share = aboveWh > 0 ? ` (${percent(belowWh / aboveWh)})` : '';
  const facts =
    `${ids(children)} drew ${energy(belowWh)}, but ${ids(parents)} ${verb} ${energy(aboveWh)}${share} in the same ` +
    `${duration(comparedMs)}: ${energy(belowWh - aboveWh)} more, where their accuracies explain ${energy(limitWh)}.` +
    assumption(assumed);
  return {
    kind,
    severity: assumed.size === 0 ? 'error' : 'warning',
    points: pointsOf(parents, children),
    span,
    facts,
  };
}

/** Which classes were taken for granted. */
export function assumption(assumed: ReadonlySet<string>): string {
  if (assumed.size === 0) return '';
  const have = assumed.size === 1 ? 'has' : 'have';
  return ` Assumed: class ${limits.assumedClass * 100} for ${names([...assumed])}, which ${have} none.`;
}

function electrical(points: readonly SitePoint[]): SitePoint[] {
  return points.filter(({ role }) => !notElectrical.includes(role));
}

function converterOf({ role }: SitePoint): (typeof converters)[keyof typeof converters] | undefined {
  return role !== null && role in converters ? converters[role as keyof typeof converters] : undefined;
}

/** A tank feeds its generator what its fuel holds, whatever that counts in the site's balance. */
function weighted(points: readonly SitePoint[]): Weighted[] {
  return points.map((point) => ({ point, weight: findCarrier(point.carrier)?.whPerUnit ?? 1 }));
}

function ids(points: readonly SitePoint[]): string {
  return names(points.map(({ point }) => point));
}

function pointsOf(parents: readonly SitePoint[], children: readonly SitePoint[]): string[] {
  return [...parents, ...children].map(({ point }) => point);
}
