import { id } from '@wattmark/shared/config';
import * as v from 'valibot';
import { directions, findTarget, metricNames, targetKinds } from './targets.ts';

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(500));
const date = v.pipe(v.string(), v.isoDate());
const loadFactor = v.pipe(v.number(), v.gtValue(0), v.maxValue(1));

const ownTarget = v.strictObject({
  id: v.pipe(
    id,
    v.check((name) => findTarget(name) === undefined, 'is the id of a target in the catalogue: take another'),
  ),
  name: v.optional(text),
  metric: v.picklist(metricNames),
  value: v.pipe(v.number(), v.minValue(-1), v.maxValue(1_000)),
  direction: v.optional(v.picklist(directions)),
  kind: v.optional(v.picklist(targetKinds)),
  scope: v.optional(text),
  source: text,
  itLoadFactor: v.optional(loadFactor),
  validFrom: v.optional(date),
  validTo: v.optional(date),
});

const named = v.pipe(
  v.string(),
  v.check((name) => findTarget(name) !== undefined, 'is not in the catalogue of targets'),
);

const MAX_TARGETS = 50;

/** Not a union, whose message would not say what is wrong with the one or the other. */
const target = v.lazy((input): typeof named | typeof ownTarget => (typeof input === 'string' ? named : ownTarget));

/** What a site file says about verdicts. */
export const verdictKeys = {
  /** Targets beside the main one: ids in the catalogue, or own ones. */
  targets: v.optional(v.pipe(v.array(target), v.maxLength(MAX_TARGETS))),
  /** Least share of every month that must be measured for a verdict. */
  coverage: v.optional(v.pipe(v.number(), v.minValue(0.5), v.maxValue(1))),
  designPue: v.optional(
    v.strictObject({
      value: v.pipe(v.number(), v.minValue(1), v.maxValue(10)),
      source: text,
      itLoadFactor: v.optional(loadFactor),
    }),
  ),
};

export type OwnTarget = v.InferOutput<typeof ownTarget>;
