import { id } from '@wattmark/shared/config';
import * as v from 'valibot';

/**
 * Ways of filling a gap, in the order in which they are tried: a validated alternate meter comes first, the straight line
 * serves short gaps, similar days serve the others (a manual for validation, estimation and editing,
 * studyres.com/doc/24464021).
 */
export const estimationMethods = ['alternate', 'linear', 'similar-days'] as const;
export type EstimationMethod = (typeof estimationMethods)[number];

const estimation = v.strictObject({
  methods: v.pipe(v.array(v.picklist(estimationMethods)), v.minLength(1, 'must name at least one method')),
  /** 60 by the manual named above; California's rule of two hours is the most that is allowed here, from memory. */
  linearMaxMinutes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(120)), 60),
  /** How far back an alternate meter is validated and similar days are looked for; 3 by the manual named above. */
  historyWeeks: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)), 3),
});

export type EstimationSettings = v.InferOutput<typeof estimation>;

/** What a site's file says of estimation; without it nothing is estimated. */
export const estimationKeys = { estimation: v.optional(estimation) };

/** What a site's file says of a point's estimation. */
export const pointEstimationKeys = {
  /** The point whose energy stands in for this one's, scaled, while this one is silent. */
  alternate: v.optional(id),
};
