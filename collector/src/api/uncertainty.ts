import { type Static, Type } from 'typebox';
import { COVERAGE_FACTOR, type Uncertainty } from '../kpi/uncertainty.ts';
import { nullable, object } from './contract.ts';

const part = (description: string) => nullable(Type.Number({ description }));

/** Where a figure's uncertainty comes from; all expanded, in the unit of the figure. */
export const uncertaintyAnswer = object({
  coverageFactor: Type.Literal(COVERAGE_FACTOR),
  meters: part('from the meters’ accuracy classes'),
  transformers: part('from the classes of current and voltage transformers'),
  commonCause: part('from points that share an error'),
  resolution: part('from the steps of registers'),
  missingData: part('from the time not measured: Wattmark’s own model'),
  ifIndependent: part('the whole, if no two points shared an error'),
  withoutClass: Type.Array(Type.String(), { description: 'points whose meter has no accuracy class' }),
  assumedTransformers: Type.Array(Type.String(), {
    description: 'points whose current transformer is taken to be of the meter’s own class',
  }),
});

/** @param scale from the PUE's uncertainty to that of the figure. */
export function uncertaintyOf(uncertainty: Uncertainty, scale = 1): Static<typeof uncertaintyAnswer> {
  const { parts, ifIndependent, withoutClass, assumedTransformers } = uncertainty;
  const scaled = (value: number | null): number | null => (value === null ? null : value * scale);
  return {
    coverageFactor: COVERAGE_FACTOR,
    meters: scaled(parts.meters),
    transformers: scaled(parts.transformers),
    commonCause: scaled(parts.commonCause),
    resolution: scaled(parts.resolution),
    missingData: scaled(parts.missingData),
    ifIndependent: scaled(ifIndependent),
    withoutClass: [...withoutClass],
    assumedTransformers: [...assumedTransformers],
  };
}
