import { type Static, Type } from 'typebox';
import type { JudgedTarget } from '../kpi/target-verdicts.ts';
import { directions, metricNames, type Target, targetKinds, targetStatuses } from '../kpi/targets.ts';
import { type Judgement, verdicts } from '../kpi/verdict.ts';
import { nullable, object } from './contract.ts';

/** A target as the catalogue, or a site's file, has it. */
const targetFields = {
  id: Type.String(),
  name: Type.String(),
  metric: Type.Enum(metricNames),
  value: Type.Number(),
  unit: Type.String({ description: '1 for a ratio' }),
  direction: Type.Enum(directions),
  kind: Type.Enum(targetKinds, { description: 'what the publisher compares with the value' }),
  scope: Type.String(),
  itLoadFactor: nullable(Type.Number({ description: 'IT load over the designed one at which the value holds' })),
  source: Type.String(),
  status: Type.Enum(targetStatuses),
  validFrom: Type.String({ format: 'date' }),
  validTo: nullable(Type.String({ format: 'date', description: 'the first day on which it no longer holds' })),
};

const judgementFields = {
  verdict: nullable(Type.Enum(verdicts)),
  reason: Type.String({ description: 'why the verdict is what it is, in words' }),
  provisional: Type.Boolean({ description: 'the target is for a year, and the period is not a year that is over' }),
};

export const targetAnswer = object(targetFields);
export const judgementAnswer = object(judgementFields);

export const judgedTarget = object({
  ...targetFields,
  ...judgementFields,
  design: nullable(
    object(judgementFields, 'the design value that was entered, held against a design target: like with like'),
  ),
});

export function targetAnswerOf({ itLoadFactor, ...target }: Target): Static<typeof targetAnswer> {
  return { ...target, itLoadFactor: itLoadFactor ?? null };
}

export function judgementOf({ verdict, reason, provisional }: Judgement): Static<typeof judgementAnswer> {
  return { verdict, reason, provisional };
}

export function judgedTargetOf({ target, judgement, design }: JudgedTarget): Static<typeof judgedTarget> {
  return {
    ...targetAnswerOf(target),
    ...judgementOf(judgement),
    design: design === null ? null : judgementOf(design),
  };
}
