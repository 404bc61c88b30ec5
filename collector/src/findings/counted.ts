import { levels } from '@wattmark/shared/roles';
import { balanceOf, planOf } from '../site/balance.ts';
import type { Site, SitePoint } from '../site/site.ts';

/** Points that are added up to one figure. */
export interface CountedSet {
  readonly side: 'supply' | 'parts' | 'load';
  /** As an explanation says it. */
  readonly name: string;
  readonly points: readonly SitePoint[];
  /** Whether the figure is one of those that may be chosen, and not of a level that is incomplete. */
  readonly isUsed: boolean;
}

/** Every sum that a site's points make: the load at each level, and the total. */
export function countedSets(site: Site): CountedSet[] {
  const balance = balanceOf(site);
  const loads = balance.levels.map(({ it }, index): CountedSet => {
    const points = it.map(({ point }) => point);
    return { side: 'load', name: loadName(site, index), points, isUsed: balance.complete.includes(index) };
  });
  const total: CountedSet = {
    side: balance.totalFrom === 'supply' ? 'supply' : 'parts',
    name: balance.totalFrom === 'supply' ? 'the supply' : 'the sum of the parts',
    points: planOf(balance)
      .total.filter(({ weight }) => weight > 0)
      .map(({ point }) => point),
    isUsed: true,
  };
  return [...loads, total].filter(({ points }) => points.length > 0);
}

function loadName({ kind }: Site, index: number): string {
  if (kind === 'base-station') return 'the telecom energy';
  return index === 0 ? 'the IT energy' : `the IT energy at ${levels[index - 1]}`;
}
