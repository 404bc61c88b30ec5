import type { Channel } from '@wattmark/shared/channels';
import { factorOf, isAbout, say, timesOf } from './factor.ts';
import type { Finding } from './finding.ts';
import { type SeenPoint, stepOf, valuesOf } from './seen.ts';
import { thresholds } from './thresholds.ts';

/** Energy registers: their direction, and what they count beside what the power of the same time makes. */
export function judgeRegisters(points: readonly SeenPoint[]): Finding[] {
  return points.flatMap((point) => {
    const backwards = (['energy', 'energy-export'] as const).flatMap((channel) => judgeDirection(point, channel));
    if (backwards.length > 0) return backwards;
    const both = point.rows.filter(({ values }) => values.energy !== undefined && values.power !== undefined);
    return judgeCount({ ...point, rows: both });
  });
}

function judgeDirection(point: SeenPoint, channel: Channel): Finding[] {
  const values = valuesOf(point, channel);
  const step = Math.min(stepOf(values), Number.MAX_VALUE);
  const falls = values.flatMap((to, index) => {
    const from = values[index - 1];
    return from !== undefined && to < from - step && !isRollover(point, channel, from, to) ? [{ from, to }] : [];
  });
  const [first] = falls;
  if (first === undefined) return [];
  const finding = { about: point.point, message: `${channel} fell from ${first.from} to ${first.to} Wh` };
  if (first.to < first.from / 100) {
    const remedy =
      'the meter was restarted or its register reset; is another register, which keeps its value, to be had?';
    return [{ ...finding, code: 'register-reset', severity: 'warning', remedy }];
  }
  const remedy =
    'a register only grows: is it the net of two directions, or is a current transformer the wrong way round?';
  return [{ ...finding, code: 'register-backwards', severity: 'error', remedy }];
}

function isRollover({ energyModulusWh }: SeenPoint, channel: Channel, from: number, to: number): boolean {
  return channel === 'energy' && energyModulusWh !== null && energyModulusWh - from + to < energyModulusWh / 100;
}

/** What flowed while the register was watched, by the power that was read beside it. */
interface Flow {
  /** Wh, positive; `channel` is the register that should have counted it. */
  readonly dueWh: number;
  readonly channel: 'energy' | 'energy-export';
  readonly spanMs: number;
}

/** Null where power changed its direction. */
function flowOf({ rows }: SeenPoint): Flow | null {
  const powers = rows.map(({ values }) => values.power ?? 0);
  const isDrawn = powers.every((power) => power > 0);
  if (rows.length < 2 || !(isDrawn || powers.every((power) => power < 0))) return null;
  const dueWh = rows.reduce((sum, { at }, index) => {
    const before = rows[index - 1];
    const meanW = ((powers[index] ?? 0) + (powers[index - 1] ?? 0)) / 2;
    return before === undefined ? sum : sum + (meanW * (at - before.at)) / 3_600_000;
  }, 0);
  const spanMs = (rows.at(-1)?.at ?? 0) - (rows[0]?.at ?? 0);
  return { dueWh: Math.abs(dueWh), channel: isDrawn ? 'energy' : 'energy-export', spanMs };
}

/** @param point with the rows that have both power and register */
function judgeCount(point: SeenPoint): Finding[] {
  const flow = flowOf(point);
  if (flow === null) return [];
  const values = valuesOf(point, flow.channel);
  const countedWh = growthOf(values);
  if (values.length < 2 || isDelivery(point, flow)) return [];
  return countedWh <= 0 ? judgeStillness(point, flow, values) : judgeRatio(point, flow, countedWh, values);
}

/** What a panel, a generator or a battery delivers is positive power to one meter, and export to another. */
function isDelivery(point: SeenPoint, { dueWh, channel }: Flow): boolean {
  const isSupply = point.role === 'solar' || point.role === 'generator' || point.role === 'battery';
  return isSupply && growthOf(valuesOf(point, opposite[channel])) > dueWh / 2;
}

const opposite = { energy: 'energy-export', 'energy-export': 'energy' } as const;

function judgeStillness(point: SeenPoint, { dueWh, channel, spanMs }: Flow, values: readonly number[]): Finding[] {
  const stepWh = Math.min(stepOf(values), Number.MAX_VALUE);
  const isDue = spanMs >= thresholds.stillRegisterMs && dueWh >= thresholds.stillRegisterSteps * stepWh;
  if (!isDue) return [];
  const message = `${channel} stands still while ${say(dueWh, 'Wh')} flowed`;
  const other = opposite[channel];
  if (growthOf(valuesOf(point, other)) > dueWh / 2) {
    const remedy = 'power and register count opposite ways: is a current transformer the wrong way round?';
    return [
      {
        code: 'register-direction',
        severity: 'error',
        about: point.point,
        message: `${message} and ${other} counts`,
        remedy,
      },
    ];
  }
  const remedy =
    'is it the right register? Read power alone (channels: [power]) rather than a register that does not count';
  return [{ code: 'register-still', severity: 'error', about: point.point, message, remedy }];
}

function judgeRatio(point: SeenPoint, flow: Flow, countedWh: number, values: readonly number[]): Finding[] {
  const { dueWh, channel, spanMs } = flow;
  // The smallest growth that was seen may be the register's step; the last digit only seems to be.
  const stepWh = Math.max(stepOf(values), smallestGrowth(values));
  const lag = thresholds.registerLagMs / spanMs;
  const tolerance = thresholds.agreement + lag + stepWh / Math.max(countedWh, dueWh);
  const ratio = countedWh / dueWh;
  if (tolerance > thresholds.disagreement || isAbout(ratio, 1, tolerance)) return [];
  const message = `${channel} counted ${say(countedWh, 'Wh')} while power makes ${say(dueWh, 'Wh')}`;
  const ct = point.meter.ctRatio ?? 1;
  if (ct !== 1 && (isAbout(ratio, ct, tolerance) || isAbout(ratio * ct, 1, tolerance))) {
    const remedy = 'register or power is of the secondary side: set the meter, or the scale in the profile';
    const text = `${message}: the CT ratio of ${ct} is in one of them and not in the other`;
    return [{ code: 'ct-ratio', severity: 'error', about: point.point, message: text, remedy }];
  }
  const factor = factorOf(ratio, tolerance);
  if (factor?.kind === 'decimal') {
    const text = `${message}: ${factor.words} it. Wh and kWh confused?`;
    const remedy = 'compare with the display; correct the scale in the profile';
    return [{ code: 'register-scale', severity: 'error', about: point.point, message: text, remedy }];
  }
  if (isAbout(ratio, 1, thresholds.disagreement)) return [];
  const remedy = 'do both belong to the same phases and the same CTs? Watch longer (--watch 10m) to be sure';
  return [
    {
      code: 'register-mismatch',
      severity: 'warning',
      about: point.point,
      message: `${message}: ${timesOf(ratio)} it`,
      remedy,
    },
  ];
}

function growthOf(values: readonly number[]): number {
  return (values.at(-1) ?? 0) - (values[0] ?? 0);
}

function smallestGrowth(values: readonly number[]): number {
  const growths = values.map((value, index) => value - (values[index - 1] ?? value)).filter((growth) => growth > 0);
  return Math.min(Number.POSITIVE_INFINITY, ...growths);
}
