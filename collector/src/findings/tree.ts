import type { Site, SitePoint } from '../site/site.ts';

/** A point and one that it feeds. */
export interface Edge {
  readonly parent: SitePoint;
  readonly child: SitePoint;
}

/** A site's electrical tree, as `feeds` say it. */
export interface Tree {
  readonly childrenOf: (point: SitePoint) => readonly SitePoint[];
  readonly parentsOf: (point: SitePoint) => readonly SitePoint[];
  /** Every point below, however far; the point itself only where it is part of a cycle. */
  readonly below: (point: SitePoint) => ReadonlySet<SitePoint>;
  readonly edges: readonly Edge[];
  readonly unknown: readonly { readonly parent: SitePoint; readonly child: string }[];
}

export function treeOf({ points }: Pick<Site, 'points'>): Tree {
  const byId = new Map(points.map((point) => [point.point, point]));
  const edges: Edge[] = [];
  const unknown: { parent: SitePoint; child: string }[] = [];
  const children = new Map(points.map((point): [SitePoint, SitePoint[]] => [point, []]));
  const parents = new Map(points.map((point): [SitePoint, SitePoint[]] => [point, []]));
  for (const parent of points) {
    for (const id of new Set(parent.feeds)) {
      const child = byId.get(id);
      if (child === undefined) {
        unknown.push({ parent, child: id });
        continue;
      }
      edges.push({ parent, child });
      children.get(parent)?.push(child);
      parents.get(child)?.push(parent);
    }
  }
  const childrenOf = (point: SitePoint): readonly SitePoint[] => children.get(point) ?? [];
  const parentsOf = (point: SitePoint): readonly SitePoint[] => parents.get(point) ?? [];
  const below = (point: SitePoint): ReadonlySet<SitePoint> => {
    const reached = new Set<SitePoint>();
    const open = [...childrenOf(point)];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      open.push(...childrenOf(next));
    }
    return reached;
  };
  return { childrenOf, parentsOf, below, edges, unknown };
}

/** Parents that share a child, directly or over others, with all their children; groups of one parent are left out. */
export function sharedGroups({
  edges,
  childrenOf,
  parentsOf,
}: Tree): { parents: SitePoint[]; children: SitePoint[] }[] {
  const groups: { parents: SitePoint[]; children: SitePoint[] }[] = [];
  const seen = new Set<SitePoint>();
  for (const { parent } of edges) {
    if (seen.has(parent)) continue;
    const parents = new Set([parent]);
    const children = new Set<SitePoint>();
    for (const one of parents) {
      seen.add(one);
      for (const child of childrenOf(one)) {
        children.add(child);
        for (const other of parentsOf(child)) parents.add(other);
      }
    }
    if (parents.size > 1) groups.push({ parents: [...parents], children: [...children] });
  }
  return groups;
}
