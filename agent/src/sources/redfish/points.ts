import type { PointDeclaration } from '@wattmark/shared/messages';
import { declarePoint, type PointConfig } from '../../point-config.ts';
import { slugOf } from '../support/slug.ts';
import { type ChassisPlan, plainPath } from './survey.ts';

/** Room for what the points of chassis and power supplies append to the configured id. */
export const LONGEST_POINT = 36;
const LONGEST_SLUG = 18;

/** A chassis with the ids of its points. */
export interface NamedChassis {
  readonly plan: ChassisPlan;
  readonly point: string;
  /** False for a part of another chassis, whose energy is in that one's already. */
  readonly isWhole: boolean;
  /** Of its power supplies, in their order. */
  readonly supplyPoints: readonly string[];
}

/** The only chassis, or the only one that is no part of another, takes the configured id; others append theirs. */
export function nameChassis(point: string, plans: readonly ChassisPlan[]): readonly NamedChassis[] {
  const paths = new Set(plans.map(({ path }) => plainPath(path)));
  const hasMachine = plans.some(({ isComponent }) => !isComponent);
  const isWhole = ({ containers, isComponent }: ChassisPlan) =>
    !(isComponent && hasMachine) && !containers.some((container) => paths.has(plainPath(container)));
  const whole = plans.filter(isWhole);
  const taken = new Set<string>();
  return plans.map((plan) => {
    const isTheOne = plans.length === 1 || (whole.length === 1 && whole[0] === plan);
    const own = isTheOne ? point : `${point}-${untaken(slugOf(plan.id, LONGEST_SLUG) || 'chassis', taken)}`;
    const supplyPoints = plan.supplies.map((_, index) => `${own}-psu-${index + 1}`);
    return { plan, point: own, isWhole: isWhole(plan), supplyPoints };
  });
}

/** The announcements; only whole chassis have the configured role. */
export function declareChassis(
  chassis: readonly NamedChassis[],
  config: Omit<PointConfig, 'from' | 'channels'>,
  facts: { readonly intervalMs: number; readonly simulated: boolean },
): readonly PointDeclaration[] {
  return chassis.flatMap(({ plan, point, isWhole, supplyPoints }) => {
    const all = { source: 'redfish', ...facts, ...(Object.keys(plan.meter).length > 0 && { meter: plan.meter }) };
    const words = isWhole ? config : {};
    const isConfigured = point === config.point;
    const name = isConfigured || config.name === undefined ? config.name : `${config.name} ${plan.id}`;
    const own = { ...words, point, ...(name !== undefined && { name }) };
    return [
      declarePoint(own, { ...all, channels: chassisChannels(plan) }),
      ...plan.supplies.map(({ channels }, index) =>
        declarePoint({ point: supplyPoints[index] ?? point }, { ...all, channels }),
      ),
    ];
  });
}

export function chassisChannels({ total, hasEnergy }: ChassisPlan): readonly ('power' | 'energy')[] {
  return [...(total !== null ? (['power'] as const) : []), ...(hasEnergy ? (['energy'] as const) : [])];
}

function untaken(slug: string, taken: Set<string>): string {
  let free = slug;
  for (let number = 2; taken.has(free); number++) free = `${slug.slice(0, LONGEST_SLUG - 3)}-${number}`;
  taken.add(free);
  return free;
}
