import { id } from '@wattmark/shared/config';
import { type Level, type Role, supplyRoles } from '@wattmark/shared/roles';
import * as v from 'valibot';
import { unitOf } from '../accounting/quantity.ts';
import { quantityOf, usualCarrier } from './conversion.ts';

/**
 * Virtual points in a site file: points whose intervals are made of those of others, minute by minute. What a file may say, and
 * what it may not.
 */

const MAX_MEMBERS = 1000;

const factor = v.pipe(
  v.number(),
  v.minValue(-1000),
  v.maxValue(1000),
  v.notValue(0, 'must not be 0: leave out what does not count'),
);

/** Entries of a point in the site file. */
export const virtualPointKeys = {
  virtual: v.optional(
    v.strictObject({
      /** How often each member counts; a negative one is taken off. */
      sum: v.pipe(v.record(id, factor), v.minEntries(1, 'must name a point'), v.maxEntries(MAX_MEMBERS)),
      /** Power of what has no meter, W, such as a tenant's agreed load: an assumption that the file states. */
      constantW: v.optional(v.pipe(v.number(), v.minValue(-1e9), v.maxValue(1e9)), 0),
    }),
  ),
} as const;

interface FilePoint {
  readonly point: string;
  readonly role?: Role | null | undefined;
  readonly level?: Level | undefined;
  readonly carrier?: string | undefined;
  readonly virtual?: { readonly sum: Readonly<Record<string, number>>; readonly constantW: number } | undefined;
}

/** What the virtual points of a site file cannot be, in words. */
export function virtualPointProblems(points: readonly FilePoint[]): string[] {
  const byName = new Map(points.map((point) => [point.point, point]));
  const cycle = cycleOf(points, byName);
  if (cycle !== null) return [`virtual points are made of each other: ${cycle.join(' → ')}`];
  return points.flatMap((point) => (point.virtual === undefined ? [] : problemsOf(point, point.virtual, byName)));
}

type Points = ReadonlyMap<string, FilePoint>;

function problemsOf(point: FilePoint, { sum, constantW }: NonNullable<FilePoint['virtual']>, byName: Points): string[] {
  const problems: string[] = [];
  const unit = unitOfPoint(point);
  for (const name of Object.keys(sum)) {
    const member = byName.get(name);
    if (member === undefined) {
      problems.push(
        `${point.point}: its member ${name} is none of the points of this file; add it, if only as {point: ${name}}`,
      );
    } else if (unitOfPoint(member) !== unit) {
      problems.push(
        `${point.point}: it counts ${unit}, and its member ${name} ${unitOfPoint(member)}; give both the same carrier`,
      );
    }
  }
  if (constantW !== 0 && unit !== 'Wh')
    problems.push(`${point.point}: a constantW needs a point that counts Wh, not ${unit}`);
  for (const member of basisOf(point, byName)) problems.push(...doubleCount(point, member));
  return problems;
}

/** All points that a virtual point is made of, directly or through others. */
function basisOf(point: FilePoint, byName: Points): Iterable<FilePoint> {
  const basis = new Set<FilePoint>();
  const waiting = [point];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of Object.keys(next.virtual?.sum ?? {})) {
      const member = byName.get(name);
      if (member === undefined || basis.has(member)) continue;
      basis.add(member);
      waiting.push(member);
    }
  }
  return basis;
}

function unitOfPoint({ role = null, carrier }: FilePoint): string {
  return unitOf[quantityOf(role, carrier ?? usualCarrier(role))];
}

function doubleCount(virtual: FilePoint, member: FilePoint): string[] {
  const role = virtual.role ?? null;
  if (role === null || member.role === null) return [];
  const advice = `give ${member.point} \`role: null\` in the site file, or ${virtual.point} no role`;
  if (member.role === undefined && member.virtual === undefined) {
    return [
      `${virtual.point} is ${role} and counts its member ${member.point}, whose agent may announce a role, too: ${advice}`,
    ];
  }
  if (member.role === undefined || sideOf(role, virtual.level) !== sideOf(member.role, member.level)) return [];
  return [
    `${virtual.point} is ${role} and its member ${member.point} ${member.role}: the same energy would count twice; ${advice}`,
  ];
}

/** What a role's energy is added to; points of one side add up, and levels never do. */
function sideOf(role: Role, level: Level | undefined): string {
  if (supplyRoles.includes(role) || role === 'battery') return 'supply';
  return role === 'it' ? `it ${level ?? ''}` : role;
}

/** Names along a circle of virtual points, the first of them again at its end; null where there is none. */
function cycleOf(points: readonly FilePoint[], byName: Points): readonly string[] | null {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | null => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return null;
    for (const member of Object.keys(byName.get(name)?.virtual?.sum ?? {})) {
      const cycle = visit(member, [...path, name]);
      if (cycle !== null) return cycle;
    }
    done.add(name);
    return null;
  };
  for (const { point } of points) {
    const cycle = visit(point, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
