import { QUARTER_MS } from '../accounting/interval.ts';
import { type MethodOf, referenceW, type RowAt } from './method.ts';

const DAY_MS = 86_400_000;

/** Quarter-hours that both must have measured in the weeks before: a day. Our own choice. */
const LEAST_SHARED = 96;

/** Greatest mean deviation, relative to the energy, of what the alternate would have given in those weeks. Our own choice. */
const GREATEST_DEVIATION = 0.1;

/**
 * Another point, scaled by the ratio of sums over the time that both measured in the weeks before the gap's local day: all
 * gaps of a day are scaled alike, whatever period is asked for.
 */
export const alternate: MethodOf = ({ settings, calendar, alternateOf }) => {
  const count = (settings.historyWeeks * 7 * DAY_MS) / QUARTER_MS;
  const askedDays = new Set<string>();
  const ratios = new Map<string, number | null>();
  const windowBefore = (dayMs: number): number[] =>
    Array.from({ length: count }, (_, index) => dayMs - (count - index) * QUARTER_MS);
  return {
    needs({ pointId, startMs }, needs) {
      const other = alternateOf(pointId);
      if (other === null) return;
      needs(other, startMs);
      const dayMs = calendar.startOfDay(startMs);
      const key = `${pointId} ${dayMs}`;
      if (askedDays.has(key)) return;
      askedDays.add(key);
      for (const ms of windowBefore(dayMs)) {
        needs(pointId, ms);
        needs(other, ms);
      }
    },
    powerW({ pointId, startMs }, rowAt) {
      const other = alternateOf(pointId);
      const otherW = other === null ? null : referenceW(rowAt(other, startMs));
      if (other === null || otherW === null) return null;
      const dayMs = calendar.startOfDay(startMs);
      const key = `${pointId} ${dayMs}`;
      let ratio = ratios.get(key);
      if (ratio === undefined) {
        ratio = ratioOf(sharedPowers(pointId, other, windowBefore(dayMs), rowAt));
        ratios.set(key, ratio);
      }
      return ratio === null ? null : ratio * otherW;
    },
  };
};

/** Mean powers of a point and of its alternate in one quarter-hour, W. */
type Pair = readonly [ownW: number, otherW: number];

/**
 * The point's energy over its alternate's, from quarter-hours that both measured; null where the alternate, so scaled, would
 * not have told the point's energy well: an unsteady ratio and unlike profiles both show there.
 */
function ratioOf(pairs: readonly Pair[]): number | null {
  if (pairs.length < LEAST_SHARED) return null;
  let ownSum = 0;
  let otherSum = 0;
  for (const [ownW, otherW] of pairs) {
    ownSum += ownW;
    otherSum += otherW;
  }
  if (ownSum <= 0 || otherSum <= 0) return null;
  const ratio = ownSum / otherSum;
  let deviation = 0;
  for (const [ownW, otherW] of pairs) deviation += Math.abs(ownW - ratio * otherW);
  return deviation <= GREATEST_DEVIATION * ownSum ? ratio : null;
}

function sharedPowers(pointId: number, other: number, quarters: readonly number[], rowAt: RowAt): Pair[] {
  const pairs: Pair[] = [];
  for (const ms of quarters) {
    const ownW = referenceW(rowAt(pointId, ms));
    const otherW = referenceW(rowAt(other, ms));
    if (ownW !== null && otherW !== null) pairs.push([ownW, otherW]);
  }
  return pairs;
}
