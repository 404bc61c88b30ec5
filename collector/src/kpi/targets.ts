import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Span } from '../accounting/interval.ts';
import { midnightOf } from './boundaries.ts';

/** The figures that a target can be for: their units, and which way is better. */
export const metrics = {
  pue: { unit: '1', direction: 'at-most' },
  see: { unit: '1', direction: 'at-least' },
  'baseline-change': { unit: '1', direction: 'at-most' },
  wue: { unit: 'm3/MWh', direction: 'at-most' },
  cue: { unit: 'kgCO2e/kWh', direction: 'at-most' },
  ref: { unit: '1', direction: 'at-least' },
  erf: { unit: '1', direction: 'at-least' },
  ere: { unit: '1', direction: 'at-most' },
  cer: { unit: '1', direction: 'at-least' },
  iteusv: { unit: '%', direction: 'at-least' },
} as const satisfies Record<string, { readonly unit: string; readonly direction: 'at-most' | 'at-least' }>;
export type Metric = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as readonly Metric[];

/**
 * What the publisher compares with the value: what a site is designed for, a year of it as measured, any period as measured, or
 * the average of many sites. A measured period against a value that is meant for something else is a verdict of its own, and
 * says so.
 */
export const targetKinds = ['design', 'measured-year', 'measured', 'average'] as const;

export const directions = ['at-most', 'at-least'] as const;
export const targetStatuses = ['in-force', 'draft'] as const;

const text = v.pipe(v.string(), v.minLength(1));
const date = v.pipe(v.string(), v.isoDate());
const share = v.pipe(v.number(), v.gtValue(0), v.maxValue(1));

/** A value that a site can be held against, with the place where it was published. */
const targetSchema = v.strictObject({
  id: text,
  name: text,
  metric: v.picklist(metricNames),
  unit: text,
  direction: v.picklist(directions),
  value: v.number(),
  kind: v.picklist(targetKinds),
  scope: text,
  /** IT load over the designed one at which the value holds. */
  itLoadFactor: v.optional(share),
  source: text,
  status: v.picklist(targetStatuses),
  /** Dates of the publisher's own calendar; `validTo` is the first day on which the value no longer holds, null for none. */
  validFrom: date,
  validTo: v.nullable(date),
});

export type Target = Readonly<v.InferOutput<typeof targetSchema>>;

/** A site's first target is for the figure that the site is about. */
export type MainTarget = Target & { readonly metric: 'pue' | 'see' };

/** The catalogue of targets. A value that changes is a new entry: what an older verdict was held against stays readable. */
export const catalogue: { readonly edition: string; readonly targets: readonly Target[] } = v.parse(
  v.strictObject({ edition: date, targets: v.array(targetSchema) }),
  JSON.parse(readFileSync(join(import.meta.dirname, 'targets.json'), 'utf8')),
);

/** The target of this id, or undefined where the catalogue has none. */
export function findTarget(id: string): Target | undefined {
  return catalogue.targets.find((target) => target.id === id);
}

/** How much of a span a target is in force for; days are those of the site's time zone. */
export function validityIn(
  { status, validFrom, validTo }: Target,
  { fromMs, toMs }: Span,
  timezone: string,
): 'throughout' | 'partly' | 'never' | 'draft' {
  if (status === 'draft') return 'draft';
  const beginsMs = midnightOf(validFrom, timezone);
  const endsMs = validTo === null ? Number.POSITIVE_INFINITY : midnightOf(validTo, timezone);
  if (endsMs <= fromMs || beginsMs >= toMs) return 'never';
  return beginsMs <= fromMs && toMs <= endsMs ? 'throughout' : 'partly';
}
