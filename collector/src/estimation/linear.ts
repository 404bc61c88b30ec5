import { QUARTER_MS } from '../accounting/interval.ts';
import { type Gap, type MethodOf, missingMs, referenceW, type RowAt } from './method.ts';

const MINUTE_MS = 60_000;

/**
 * A straight line between the mean powers of the last quarter-hour before a gap and the first one after it, each at its
 * middle. A quarter-hour that is itself measured but for a moment keeps its own mean.
 */
export const linear: MethodOf = ({ settings }) => {
  const longestMs = settings.linearMaxMinutes * MINUTE_MS;
  // A gap of the greatest length touches so many quarter-hours beside the one that is asked for.
  const reach = Math.ceil(longestMs / QUARTER_MS) + 1;
  return {
    needs({ pointId, startMs }, needs) {
      for (let steps = -reach; steps <= reach; steps++) needs(pointId, startMs + steps * QUARTER_MS);
    },
    powerW(gap, rowAt) {
      const own = referenceW(rowAt(gap.pointId, gap.startMs));
      if (own !== null) return own;
      const before = neighbour(gap, rowAt, -1, reach);
      const after = neighbour(gap, rowAt, 1, reach);
      if (before === null || after === null) return null;
      if (before.missingMs + gap.missingMs + after.missingMs > longestMs) return null;
      const share = before.steps / (before.steps + after.steps);
      return before.powerW + (after.powerW - before.powerW) * share;
    },
  };
};

interface Neighbour {
  readonly powerW: number;
  readonly steps: number;
  /** Missing from here to the neighbour, and in the neighbour itself. */
  readonly missingMs: number;
}

function neighbour({ pointId, startMs }: Gap, rowAt: RowAt, direction: -1 | 1, reach: number): Neighbour | null {
  let sumMs = 0;
  for (let steps = 1; steps <= reach; steps++) {
    const row = rowAt(pointId, startMs + direction * steps * QUARTER_MS);
    sumMs += missingMs(row);
    const powerW = referenceW(row);
    if (powerW !== null) return { powerW, steps, missingMs: sumMs };
  }
  return null;
}
