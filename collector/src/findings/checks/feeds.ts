import { levels } from '@wattmark/shared/roles';
import type { SitePoint } from '../../site/site.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';

/** What is wrong with `feeds` themselves: circles, ids that no point has, levels the wrong way round. */
export function checkFeeds({ site, tree }: Inspection): Observation[] {
  return [...cycles(site.points, (point) => tree.below(point)), ...unknown(tree), ...upward(tree)];
}

/** One finding for each circle: all points that reach each other. */
function cycles(points: readonly SitePoint[], below: (point: SitePoint) => ReadonlySet<SitePoint>): Observation[] {
  const reached = new Map(points.map((point) => [point, below(point)]));
  const seen = new Set<SitePoint>();
  return points.flatMap((point): Observation[] => {
    if (seen.has(point) || reached.get(point)?.has(point) !== true) return [];
    const members = points.filter((other) => reached.get(point)?.has(other) && reached.get(other)?.has(point));
    for (const member of members) seen.add(member);
    const ids = members.map(({ point: id }) => id);
    const facts =
      ids.length === 1
        ? `${ids[0]} feeds itself.`
        : `${ids.join(' → ')} → … : these points feed one another in a circle.`;
    return [{ kind: 'feeds-cycle', severity: 'error', points: ids, span: null, facts }];
  });
}

function unknown(tree: Inspection['tree']): Observation[] {
  const byParent = new Map<string, string[]>();
  for (const { parent, child } of tree.unknown) {
    byParent.set(parent.point, [...(byParent.get(parent.point) ?? []), child]);
  }
  return [...byParent].map(([parent, children]): Observation => {
    const facts = `${parent} feeds ${children.join(', ')}, which the site does not have.`;
    return { kind: 'feeds-unknown', severity: 'warning', points: [parent, ...children], span: null, facts };
  });
}

/** Energy flows from the level nearest the supply to the equipment, never back. */
function upward({ edges }: Inspection['tree']): Observation[] {
  return edges.flatMap(({ parent, child }): Observation[] => {
    if (parent.level === null || child.level === null) return [];
    if (levels.indexOf(child.level) >= levels.indexOf(parent.level)) return [];
    const facts = `${parent.point} (${parent.level}) feeds ${child.point} (${child.level}), which is nearer the supply.`;
    return [{ kind: 'feeds-upward', severity: 'warning', points: [parent.point, child.point], span: null, facts }];
  });
}
