/** Steps from which the time between two rows is learnt. */
const MAX_STEPS = 20;

/** Longest time between two rows that can be announced, ms: a day. */
const MAX_PACE_MS = 86_400_000;

/** Steps between rows, ms, with one more where there is room for it. */
export function withStep(steps: readonly number[], stepMs: number): readonly number[] {
  return steps.length < MAX_STEPS && stepMs > 0 ? [...steps, stepMs] : steps;
}

/** The usual one of some steps, ms; null where there is none. */
export function paceOf(steps: readonly number[]): number | null {
  const median = [...steps].sort((a, b) => a - b)[Math.floor((steps.length - 1) / 2)];
  return median === undefined ? null : Math.min(MAX_PACE_MS, Math.max(1_000, Math.round(median)));
}
