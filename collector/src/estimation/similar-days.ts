import { type MethodOf, referenceW, type RowAt } from './method.ts';

/** Fewer days make no mean: our own choice. */
const LEAST_DAYS = 3;

/**
 * The mean of the same local time on the days of the weeks before that are working days, or weekends, as this one is. A
 * site's holidays are not known.
 */
export const similarDays: MethodOf = ({ settings, calendar }) => {
  // Many points are silent at the same time.
  const found = new Map<number, number[][]>();
  const similar = (startMs: number): number[][] => {
    let days = found.get(startMs);
    if (days === undefined) found.set(startMs, (days = calendar.similar(startMs, settings.historyWeeks * 7)));
    return days;
  };
  return {
    needs({ pointId, startMs }, needs) {
      for (const day of similar(startMs)) for (const ms of day) needs(pointId, ms);
    },
    powerW({ pointId, startMs }, rowAt) {
      const powersW = similar(startMs)
        .map((quarters) => meanOfDay(pointId, quarters, rowAt))
        .filter((powerW) => powerW !== null);
      return powersW.length < LEAST_DAYS ? null : mean(powersW);
    },
  };
};

/** On a day on which clocks go back the same local time comes twice. */
function meanOfDay(pointId: number, quarters: readonly number[], rowAt: RowAt): number | null {
  const powersW = quarters.map((ms) => referenceW(rowAt(pointId, ms))).filter((powerW) => powerW !== null);
  return powersW.length === 0 ? null : mean(powersW);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
