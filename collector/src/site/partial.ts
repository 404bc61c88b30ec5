import { id } from '@wattmark/shared/config';
import { limits } from '@wattmark/shared/messages';
import * as v from 'valibot';

/** Parts of a site with a boundary of their own, such as a hall in a mixed-use building: for partial PUEs. */

const MAX_PARTIALS = 100;

const points = v.pipe(v.array(id), v.minLength(1, 'must name a point'), v.maxLength(1000));

/** Entries of a site file. */
export const partialKeys = {
  partials: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          id,
          name: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength))),
          /** Points through which all energy comes into the part, that of its IT included. */
          total: points,
          it: points,
        }),
      ),
      v.maxLength(MAX_PARTIALS),
    ),
  ),
} as const;

interface File {
  readonly partials?:
    | readonly { readonly id: string; readonly total: readonly string[]; readonly it: readonly string[] }[]
    | undefined;
  readonly points: readonly { readonly point: string; readonly virtual?: unknown }[];
}

/** What the parts of a site file cannot be, in words. */
export function partialProblems({ partials = [], points: known }: File): string[] {
  const names = new Set(known.map(({ point }) => point));
  return partials.flatMap(({ id: part, total, it }, index) => [
    ...(partials.findIndex(({ id: other }) => other === part) < index ? [`the part ${part} stands twice`] : []),
    ...[...total, ...it]
      .filter((name) => !names.has(name))
      .map(
        (name) => `the part ${part}: ${name} is none of the points of this file; add it, if only as {point: ${name}}`,
      ),
    ...[total, it]
      .flatMap((side) => side.filter((name, place) => side.indexOf(name) < place))
      .map((name) => `the part ${part}: ${name} would count twice`),
  ]);
}
