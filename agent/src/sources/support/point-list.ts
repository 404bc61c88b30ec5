import { limits } from '@wattmark/shared/messages';
import type { Level, Role } from '@wattmark/shared/roles';
import * as v from 'valibot';

interface NamedPoint {
  readonly point: string;
  readonly role?: Role | undefined;
  readonly level?: Level | undefined;
}

/** Schema of the points of a source whose operator says for each of them what it is read from. */
export function pointList<S extends v.GenericSchema<unknown, NamedPoint>>(point: S) {
  return v.pipe(
    v.array(point),
    v.nonEmpty('must name at least one point'),
    v.maxLength(limits.pointsPerAgent),
    v.check(
      (points) => new Set(points.map(({ point: id }) => id)).size === points.length,
      'must not name a point more than once',
    ),
    v.check(
      (points) => points.every(({ level, role }) => level === undefined || role === 'it'),
      'level is only for a point with role: it',
    ),
  );
}
