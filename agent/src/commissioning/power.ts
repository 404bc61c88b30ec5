import type { Channel } from '@wattmark/shared/channels';
import type { Finding } from './finding.ts';
import { type Factor, factorOf, isAbout, say, steady, timesOf } from './factor.ts';
import { type SeenPoint, type SeenRow, stepOf, valuesOf } from './seen.ts';
import { thresholds } from './thresholds.ts';

/** Power against voltage × current × power factor, which an instrument measures by the same inputs. */
export function judgePower(points: readonly SeenPoint[]): Finding[] {
  return points.flatMap((point) => {
    const steps = new Map(compared.map((channel) => [channel, stepOf(valuesOf(point, channel))]));
    const comparisons = point.rows.flatMap((row) => compare(row, steps) ?? []);
    const tolerance = thresholds.agreement + Math.max(0, ...comparisons.map(({ coarseness }) => coarseness));
    const ratio = steady(
      comparisons.map(({ ratio }) => ratio),
      tolerance,
    );
    const [first] = comparisons;
    if (ratio === null || first === undefined) return [];
    const finding = first.powerFactor === null ? judgeBounds(ratio, first) : judgeRatio(ratio, tolerance, first, point);
    return finding === null ? [] : [{ about: point.point, ...finding }];
  });
}

/** Power against the rating that the operator named. */
export function judgeRating(points: readonly SeenPoint[]): Finding[] {
  return points.flatMap((point): Finding[] => {
    const powers = valuesOf(point, 'power').map(Math.abs);
    const { ratedPowerW: rated } = point;
    if (rated === null || powers.length === 0) return [];
    const least = Math.min(...powers);
    const most = Math.max(...powers);
    const reads = `reads ${say(powers.at(-1) ?? 0, 'W')}, rated ${say(rated, 'W')}`;
    const finding = { about: point.point, code: 'rating' };
    if (least > rated * thresholds.impossibleLoad) {
      const message = `${reads}: ${timesOf(least / rated)} its rating`;
      return [
        { ...finding, severity: 'error', message, remedy: 'look for a factor of 10 or 1000: unit, CT ratio, profile' },
      ];
    }
    if (least > rated * thresholds.overload) {
      const remedy = 'the load is too high, ratedPower too low, or the CT ratio wrong';
      return [{ ...finding, severity: 'warning', message: `${reads}: above its rating`, remedy }];
    }
    if (most > 0 && most < rated * thresholds.leastLoad) {
      const remedy =
        'nothing to do where the load is switched off; else kW was taken for W, or the CT ratio is missing';
      return [{ ...finding, severity: 'warning', message: `${reads}: factor 1000?`, remedy }];
    }
    return [];
  });
}

interface Comparison {
  /** Of power to what it should be. */
  readonly ratio: number;
  /** Of power to voltage × current. */
  readonly share: number;
  readonly powerFactor: number | null;
  /** What power was compared with, in words. */
  readonly base: string;
  /** Of all values together, relative. */
  readonly coarseness: number;
}

type Judgement = Omit<Finding, 'about'>;

const compared = ['power', 'power-factor', 'voltage', 'current', 'apparent-power'] as const;

/** Null where the row lacks a value, or its values are too small or too coarse to say anything. */
function compare({ values }: SeenRow, steps: ReadonlyMap<Channel, number>): Comparison | null {
  const { power, voltage, current, 'power-factor': factor, 'apparent-power': apparent } = values;
  const isProduct = voltage !== undefined && current !== undefined;
  const apparentVA = isProduct ? Math.abs(voltage * current) : apparent;
  if (power === undefined || apparentVA === undefined || apparentVA === 0) return null;
  if (Math.max(apparentVA, Math.abs(power)) < thresholds.leastApparentVA) return null;
  if (factor !== undefined && Math.abs(factor) < 1e-6) return null;
  const unused: readonly Channel[] = isProduct ? ['apparent-power'] : ['voltage', 'current'];
  const coarseness = compared.reduce((sum, channel) => {
    const value = values[channel] ?? 0;
    // A power of 0 has no digits to judge, and is its own finding.
    return value === 0 || unused.includes(channel) ? sum : sum + (steps.get(channel) ?? 0) / Math.abs(value);
  }, 0);
  if (coarseness > thresholds.coarsest) return null;
  const share = Math.abs(power) / apparentVA;
  const base = isProduct ? 'voltage × current' : 'apparent power';
  if (factor === undefined) return { ratio: share, share, powerFactor: null, base, coarseness };
  const ratio = share / Math.abs(factor);
  return { ratio, share, powerFactor: factor, base: `${base} × power factor`, coarseness };
}

function judgeRatio(ratio: number, tolerance: number, seen: Comparison, { meter }: SeenPoint): Judgement | null {
  if (isAbout(ratio, 1, tolerance)) return null;
  const { base, share, powerFactor } = seen;
  const ct = meter.ctRatio ?? 1;
  if (ct !== 1 && (isAbout(ratio, ct, tolerance) || isAbout(ratio * ct, 1, tolerance))) {
    const message = `power is ${timesOf(ratio)} ${base}: the CT ratio of ${ct} is in one of them and not in the other`;
    return {
      code: 'ct-ratio',
      severity: 'error',
      message,
      remedy: 'compare power and current with the display of the meter',
    };
  }
  const factor = factorOf(ratio, tolerance);
  if (factor !== null) return judgeFactor(factor, base, share, powerFactor);
  if (isAbout(ratio, 1, thresholds.disagreement)) return null;
  const message =
    ratio === 0 ? `power is 0 in spite of voltage, current and power factor` : `power is ${timesOf(ratio)} ${base}`;
  const remedy = 'are the CTs on the phases of their voltages, and all of the ratio that the meter is set to?';
  return { code: 'power-mismatch', severity: 'warning', message, remedy };
}

function judgeFactor(factor: Factor, base: string, share: number, powerFactor: number | null): Judgement {
  const message = `power is ${factor.words} ${base}`;
  if (factor.kind === 'decimal') {
    // Power and apparent power agree without the power factor: it is the one that is wrong.
    if (share > 0.1 && share < 1 + thresholds.agreement) {
      const says = `power factor ${powerFactor} beside power over apparent power of ${share.toPrecision(2)}`;
      return {
        code: 'power-factor-scale',
        severity: 'warning',
        message: says,
        remedy: 'correct its scale in the profile',
      };
    }
    const taken = factor.isAbove
      ? 'W taken for kW, or current or voltage too small'
      : 'kW taken for W, or current or voltage too large';
    return {
      code: 'power-scale',
      severity: 'error',
      message: `${message}: ${taken}?`,
      remedy: 'compare with the display; correct the scale in the profile',
    };
  }
  if (factor.kind === 'root-three' && !factor.isAbove) {
    const remedy = 'nothing, where the voltage is the one between lines; power and energy are not touched by it';
    return { code: 'line-voltage', severity: 'info', message: `${message}: the voltage is between lines`, remedy };
  }
  const remedy = 'is the current the sum of the phases, and power that of the same phases? See the profile';
  return {
    code: 'phases-in-power',
    severity: 'warning',
    message: `${message}: quantities of one phase and of three?`,
    remedy,
  };
}

/** Without a power factor there are only bounds: power is never above apparent power, nor next to nothing beside it. */
function judgeBounds(ratio: number, { base, coarseness }: Comparison): Judgement | null {
  const message = `power is ${timesOf(ratio)} ${base}`;
  const code = 'power-scale';
  const remedy = 'look for a factor of 10 or 1000 in power, voltage or current: compare with the display';
  if (ratio > (1 + thresholds.disagreement) * (1 + coarseness)) {
    const severity = ratio >= 5 ? 'error' : 'warning';
    return { code, severity, message: `${message}, which it cannot exceed`, remedy };
  }
  if (ratio === 0) return { code: 'power-mismatch', severity: 'warning', message: `power is 0 beside ${base}`, remedy };
  if (ratio >= thresholds.leastPowerFactor) return null;
  return { code, severity: ratio < thresholds.leastLoad ? 'error' : 'warning', message, remedy };
}
