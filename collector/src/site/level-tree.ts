import { type Level, levels } from '@wattmark/shared/roles';
import type { Site, SitePoint } from './site.ts';

/**
 * Which measuring levels hold all of a site's IT, told from its feeds. A deeper level is complete where every way down from
 * the IT points nearer the supply, past points that only distribute, ends at a point of that level; loads with a role of their
 * own (cooling, lighting) end no such way. Without feeds nobody knows, and the level nearest the supply counts.
 * @returns indices into `SiteInterval.levels`, the deepest first; what the site file names stands alone.
 */
export function completeLevels(site: Site): readonly number[] {
  const it = site.points.filter(({ role }) => role === 'it');
  const present = levels.filter((level) => it.some((point) => point.level === level));
  if (present.length === 0) return [0];
  if (site.itLevel !== null) return [indexOf(site.itLevel)];
  const complete = present.filter((level, index) => {
    const nearer = present.slice(0, index);
    const above = it.filter((point) => point.level !== null && nearer.includes(point.level));
    return above.every((point) => leadsTo(level, point, site));
  });
  return complete.map(indexOf).reverse();
}

/** Index of a level in `SiteInterval.levels`. */
export function indexOf(level: Level): number {
  return 1 + levels.indexOf(level);
}

/** Roles through which energy passes on its way to the IT; a point without a role may be anything. */
const passing: ReadonlySet<SitePoint['role']> = new Set([null, 'ups', 'pdu', 'rectifier', 'it', 'telecom']);

/** Whether a point feeds the level, and nothing of the IT but through it. */
function leadsTo(level: Level, from: SitePoint, site: Site): boolean {
  const byName = new Map(site.points.map((point) => [point.point, point]));
  const seen = new Set([from.point]);
  const waiting = [...from.feeds];
  let found = false;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const point = byName.get(name);
    // A feed to a point that does not exist leads nobody knows where.
    if (point === undefined) return false;
    if (point.role === 'it' && point.level === level) found = true;
    else if (point.feeds.length > 0) waiting.push(...point.feeds);
    else if (passing.has(point.role)) return false;
  }
  return found;
}
