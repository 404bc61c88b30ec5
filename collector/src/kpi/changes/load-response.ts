import { ownEffect, overheadOf, type Powers } from './decomposition.ts';

/** Mean powers of one day over the time in which total and IT were both measured. */
export interface DayPowers {
  readonly itW: number;
  readonly overheadW: number;
}

/** How the overhead goes with the IT load, as the days within the two periods show it. */
export interface LoadResponse {
  /** W of overhead for each W of IT. */
  readonly slope: number;
  /** Half-width of the slope's band, k = 2. */
  readonly slopeUncertainty: number;
  readonly days: number;
  /** PUE points that come from overhead following the IT load. */
  readonly followed: number;
  /** PUE points of the IT load altogether: the overhead that does not follow it, spread over another IT load. */
  readonly net: number;
  /** Of both, k = 2, in PUE points. */
  readonly uncertainty: number;
}

/** The response, or why it cannot be told. */
export type Told =
  | { readonly response: LoadResponse; readonly reason: null }
  | { readonly response: null; readonly reason: string };

/** Fewer days of a period than in a week say nothing of how it goes with the load. */
const LEAST_DAYS = 7;

/** The IT load must have varied at least so much within the periods: standard deviation over mean. */
const LEAST_VARIATION = 0.01;

/** The slope's half-width may be no more than this share of the overhead per IT energy. */
const GREATEST_UNCERTAINTY = 0.25;

/**
 * Tells the overhead that follows the IT load from the fixed one: least squares of daily overhead power on daily IT power with
 * one slope for both periods and an intercept for each, so that what changed between the periods does not bend the slope. The
 * limits under which an answer is given are Wattmark's own choice.
 */
export function loadResponse(
  before: { readonly powers: Powers; readonly days: readonly DayPowers[] },
  after: { readonly powers: Powers; readonly days: readonly DayPowers[] },
  itLoad: number,
): Told {
  const groups = [before.days, after.days];
  if (groups.some((days) => days.length < LEAST_DAYS))
    return untold(`each period needs ${LEAST_DAYS} days that are measured well enough`);
  const { slope, slopeUncertainty, variation } = fit(groups);
  if (variation < LEAST_VARIATION) return untold('the IT load hardly varied from day to day');
  const ratio = (overheadOf(before.powers) + overheadOf(after.powers)) / (before.powers.itW + after.powers.itW);
  if (slopeUncertainty > GREATEST_UNCERTAINTY * ratio)
    return untold('from day to day the overhead varied for other reasons than the IT load');
  if (slope + slopeUncertainty < 0 || slope - slopeUncertainty > ratio)
    return untold('something else, such as the weather, moved with the IT load');
  const differenceW = after.powers.itW - before.powers.itW;
  const followed = ownEffect(before.powers, after.powers, slope * differenceW);
  const uncertainty = Math.abs(ownEffect(before.powers, after.powers, slopeUncertainty * differenceW));
  const days = before.days.length + after.days.length;
  return { response: { slope, slopeUncertainty, days, followed, net: itLoad + followed, uncertainty }, reason: null };
}

interface Fit {
  readonly slope: number;
  readonly slopeUncertainty: number;
  /** Standard deviation of the IT power within the groups over its mean. */
  readonly variation: number;
}

/** Least squares with one slope and an intercept for each group. */
function fit(groups: readonly (readonly DayPowers[])[]): Fit {
  let [xx, xy, yy, sum, count] = [0, 0, 0, 0, 0];
  for (const days of groups) {
    const meanItW = mean(days.map(({ itW }) => itW));
    const meanOverheadW = mean(days.map(({ overheadW }) => overheadW));
    for (const { itW, overheadW } of days) {
      xx += (itW - meanItW) ** 2;
      xy += (itW - meanItW) * (overheadW - meanOverheadW);
      yy += (overheadW - meanOverheadW) ** 2;
      sum += itW;
      count++;
    }
  }
  const slope = xy / xx;
  const residual = Math.max(0, yy - slope * xy) / (count - groups.length - 1);
  const variation = Math.sqrt(xx / count) / (sum / count);
  return { slope, slopeUncertainty: 2 * Math.sqrt(residual / xx), variation };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function untold(reason: string): Told {
  return { response: null, reason };
}
