import { balanceOf, type LevelPlan, partialBalancesOf, planOf } from '../../site/balance.ts';
import { type Comparison, compare, excessWh, together, type Weighted } from '../comparison.ts';
import { countedSets } from '../counted.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';
import { runsOf } from '../runs.ts';
import { limits } from '../thresholds.ts';
import { duration, energy } from '../wording.ts';
import { assumption } from './children.ts';

/**
 * The load against the supply, hour by hour: IT energy beyond the total by more than the limits of error of all their meters
 * (a ratio below 1), of the site and of its parts, and a supply that gives nothing while IT runs.
 */
export function checkRatio(inspection: Inspection): Observation[] {
  const { site } = inspection;
  const balance = balanceOf(site);
  const { total } = planOf(balance);
  const ofParts = partialBalancesOf(site).flatMap(({ partial, levels }) =>
    ofPart(inspection, partial, levels[0] as LevelPlan),
  );
  if (balance.totalFrom !== 'supply') return ofParts;
  const ofSite = countedSets(site).flatMap(({ side, points, name }) => {
    if (side !== 'load') return [];
    const load = points.map((point) => ({ point, weight: point.factor }));
    return [...beyond(inspection, total, load, name, pointsOf(load, total)), ...dead(inspection, total, load, name)];
  });
  return [...ofSite, ...ofParts];
}

/** Its total stands first: its IT points may be those of the whole site. */
function ofPart(inspection: Inspection, part: string | null, { total, it }: LevelPlan): Observation[] {
  return beyond(inspection, total, it, `the IT energy of the part ${part}`, pointsOf(total, it));
}

function beyond(
  inspection: Inspection,
  total: readonly Weighted[],
  load: readonly Weighted[],
  name: string,
  points: readonly string[],
): Observation[] {
  const runs = runsOf(inspection.hours, ({ steps }) => {
    const found = compare(inspection, steps, total, load, { needsAll: true, skipsDead: true });
    return found === null ? undefined : excessWh(found) > 0 ? found : null;
  });
  return runs.map(({ span, found }): Observation => {
    const { aboveWh, belowWh, limitWh, comparedMs, assumed } = together(found);
    const facts =
      `${name} was ${energy(belowWh)}, and the total ${energy(aboveWh)} in the same ${duration(comparedMs)}: a ratio of ` +
      `${(aboveWh / belowWh).toFixed(3)}. The accuracies explain a difference of ${energy(limitWh)}.${assumption(assumed)}`;
    const severity = assumed.size === 0 ? 'error' : 'warning';
    return { kind: 'it-beyond-total', severity, points, span, facts: capital(facts) };
  });
}

/** A supply that is dead for longer than a battery lasts is a meter that is dead. */
function dead(
  inspection: Inspection,
  total: readonly Weighted[],
  load: readonly Weighted[],
  name: string,
): Observation[] {
  const steps = inspection.steps.map((step, index) => ({ ...step, index }));
  const runs = runsOf(steps, ({ index }): Comparison | null | undefined => {
    const found = compare(inspection, [index], total, load, { needsAll: true, skipsDead: false });
    if (found === null) return;
    return found.belowWh > 0 && found.aboveWh < limits.deadSupply * found.belowWh ? found : null;
  });
  return runs.map(({ span, found }): Observation => {
    const { aboveWh, belowWh, comparedMs } = together(found);
    const severity = comparedMs > limits.batteryBridgeMs ? 'error' : 'warning';
    const facts = `The supply gave ${energy(aboveWh)} in ${duration(comparedMs)}, while ${name} was ${energy(belowWh)}.`;
    return { kind: 'supply-dead', severity, points: pointsOf(total, load), span, facts };
  });
}

function pointsOf(one: readonly Weighted[], other: readonly Weighted[]): string[] {
  return [...one, ...other].map(({ point }) => point.point);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
