import { type Level, levels } from '@wattmark/shared/roles';
import { balanceOf, levelOf } from '../../site/balance.ts';
import type { SitePoint } from '../../site/site.ts';
import type { Observation } from '../finding.ts';
import type { Inspection } from '../inspection.ts';
import type { Tree } from '../tree.ts';

/** IT points whose energy is in none of the IT energies, or not in all that may be taken: nobody would miss it. */
export function checkUncounted({ site, tree }: Inspection): Observation[] {
  const it = site.points.filter(({ role }) => role === 'it');
  const levelled = it.filter(({ level }) => level !== null);
  if (site.kind === 'base-station' || levelled.length === 0) return [];
  const used = balanceOf(site).complete.flatMap((index) => levelOf(site, index) ?? []);
  const present = used.filter((level) => levelled.some((point) => point.level === level));
  return [
    ...(present.length > 0 ? [] : [withoutPoint(site.itLevel, levelled)]),
    ...it.filter(({ level }) => level === null).map(withoutLevel),
    ...levelled.flatMap((point) => present.flatMap((level) => fedPast(tree, point, level))),
  ];
}

/** Only a site file can name a level that no point has. */
function withoutPoint(level: Level | null, it: readonly SitePoint[]): Observation {
  return observe(it, `The site file takes IT at ${level}, and no IT point has that level: there is no IT energy.`);
}

function withoutLevel(point: SitePoint): Observation {
  return observe([point], `${point.point} counts as IT and has no level, as others have: it is in no IT energy.`);
}

/** Where nobody said what feeds a point, nobody knows. */
function fedPast(tree: Tree, point: SitePoint, level: Level): Observation[] {
  if (levels.indexOf(level) >= levels.indexOf(point.level as Level) || tree.parentsOf(point).length === 0) return [];
  const above = new Set([point]);
  for (const one of above) for (const parent of tree.parentsOf(one)) above.add(parent);
  if ([...above].some(({ role, level: at }) => role === 'it' && at === level)) return [];
  const facts =
    `${point.point} (${point.level}) is fed by no IT point at ${level}: where IT is taken at that level, its energy is ` +
    'left out.';
  return [observe([point], facts)];
}

function observe(points: readonly SitePoint[], facts: string): Observation {
  return { kind: 'it-uncounted', severity: 'warning', points: points.map(({ point }) => point), span: null, facts };
}
