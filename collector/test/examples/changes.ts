import { decompose, type Powers } from '../../src/kpi/changes/decomposition.ts';
import { type DayPowers, loadResponse } from '../../src/kpi/changes/load-response.ts';
import { type DesignShares, gapToTarget } from '../../src/kpi/changes/target-gap.ts';

interface Pair {
  readonly before: Powers;
  readonly after: Powers;
}

interface Days extends Pair {
  /** Each day's IT and overhead power. */
  readonly daysBefore: readonly (readonly [number, number])[];
  readonly daysAfter: readonly (readonly [number, number])[];
}

interface Gap {
  readonly powers: Powers;
  readonly target: number;
  readonly shares: DesignShares;
}

export const examples = {
  'pue-change': ({ before, after }: Pair) => decompose(before, after),
  'pue-change-load': ({ before, after, daysBefore, daysAfter }: Days) => {
    const { itLoad } = decompose(before, after);
    const days = (pairs: Days['daysBefore']): DayPowers[] => pairs.map(([itW, overheadW]) => ({ itW, overheadW }));
    return loadResponse({ powers: before, days: days(daysBefore) }, { powers: after, days: days(daysAfter) }, itLoad)
      .response;
  },
  'pue-target-gap': ({ powers, target, shares }: Gap) => gapToTarget(powers, target, shares),
};
