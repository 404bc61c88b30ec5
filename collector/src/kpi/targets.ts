import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** Values that a site can be held against, each with the place where it was published. */
const targetSchema = v.strictObject({
  id: v.string(),
  name: v.string(),
  metric: v.literal('pue'),
  value: v.pipe(v.number(), v.minValue(1)),
  /**
   * What the publisher compares with the value: the value a site is designed for, a year of it as measured, or the average
   * of many sites. A measured period against a value that is meant for something else is a verdict of its own, and says so.
   */
  kind: v.picklist(['design', 'measured-year', 'average']),
  scope: v.string(),
  source: v.string(),
  /** Dates of the publisher's own calendar; `validTo` is the first day on which the value no longer holds, null for none. */
  validFrom: v.pipe(v.string(), v.isoDate()),
  validTo: v.nullable(v.pipe(v.string(), v.isoDate())),
});

export type Target = Readonly<v.InferOutput<typeof targetSchema>>;

/** The catalogue of targets. A value that changes is a new entry: what an older verdict was held against stays readable. */
export const targets: readonly Target[] = v.parse(
  v.array(targetSchema),
  JSON.parse(readFileSync(join(import.meta.dirname, 'targets.json'), 'utf8')),
);

/** The target of this id, or undefined where the catalogue has none. */
export function findTarget(id: string): Target | undefined {
  return targets.find((target) => target.id === id);
}
