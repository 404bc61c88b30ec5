import type { Site } from '../site/site.ts';
import type { OwnTarget } from './site-keys.ts';
import { findTarget, type MainTarget, metrics, type Target } from './targets.ts';

/** What a site file says of its targets. */
interface NamedTargets {
  readonly target?: string | undefined;
  readonly targets?: readonly (string | OwnTarget)[] | undefined;
}

/** The targets of a site: the main one, which its verdict is about, and the others that its file names. */
export function targetsOf({ target, file }: Pick<Site, 'target' | 'file'>): {
  readonly main: MainTarget | null;
  readonly others: readonly Target[];
} {
  const named = namedTargets(file.targets);
  const main = target === null ? null : (named.find(({ id }) => id === target) ?? findTarget(target) ?? null);
  return { main: main !== null && isMain(main) ? main : null, others: named.filter((other) => other.id !== target) };
}

/** Whether a site file's `target` is one that a site can be about: in the catalogue, or among the file's own `targets`. */
export function isMainTarget({ target, targets }: NamedTargets): boolean {
  if (target === undefined) return true;
  const found = namedTargets(targets).find(({ id }) => id === target) ?? findTarget(target);
  return found !== undefined && isMain(found);
}

function isMain(target: Target): target is MainTarget {
  return target.metric === 'pue' || target.metric === 'see';
}

/** A file that was put on record by an older version has no such key; an entry that has left the catalogue is left out. */
function namedTargets(targets: NamedTargets['targets']): Target[] {
  return (targets ?? []).flatMap((entry) => (typeof entry === 'string' ? (findTarget(entry) ?? []) : ownTarget(entry)));
}

/** A site's own target in the shape of the catalogue's. */
function ownTarget({ id, metric, value, source, ...more }: OwnTarget): Target {
  const { unit, direction } = metrics[metric];
  return {
    id,
    name: more.name ?? id,
    metric,
    unit,
    direction: more.direction ?? direction,
    value,
    kind: more.kind ?? 'measured-year',
    scope: more.scope ?? 'this site',
    ...(more.itLoadFactor !== undefined && { itLoadFactor: more.itLoadFactor }),
    source,
    status: 'in-force',
    validFrom: more.validFrom ?? '2000-01-01',
    validTo: more.validTo ?? null,
  };
}
