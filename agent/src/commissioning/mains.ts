import { say } from './factor.ts';
import type { Finding } from './finding.ts';
import { type SeenPoint, valuesOf } from './seen.ts';
import { thresholds } from './thresholds.ts';

/** What the grid cannot be: its frequency, and the voltage of an alternating current. */
export function judgeMains(points: readonly SeenPoint[]): Finding[] {
  return points.flatMap((point) => [...judgeFrequency(point), ...judgeVoltage(point)]);
}

function judgeFrequency(point: SeenPoint): Finding[] {
  const frequencies = valuesOf(point, 'frequency');
  const last = frequencies.at(-1);
  // 0 Hz is how an input without voltage, or a direct current, is told.
  if (last === undefined || frequencies.some((value) => value === 0 || isOfGrid(value))) return [];
  const factor = [10, 100, 0.1, 0.01].find((value) => isOfGrid(last / value));
  const remedy = factor === undefined ? 'is it the right register?' : 'correct the scale in the profile';
  const hint = factor === undefined ? '' : `: factor ${factor}?`;
  return [
    { code: 'frequency', severity: 'warning', about: point.point, message: `frequency is ${last} Hz${hint}`, remedy },
  ];
}

function isOfGrid(frequencyHz: number): boolean {
  return frequencyHz >= thresholds.leastFrequencyHz && frequencyHz <= thresholds.mostFrequencyHz;
}

/** Means of three phases of 230 V of which one or two are at 0 V; no grid has these voltages. */
const missingPhases = [
  { fromV: 142, toV: 165, words: 'two thirds of 230 V: is one of three phases missing?' },
  { fromV: 70, toV: 83, words: 'a third of 230 V: are two of three phases missing?' },
];

function judgeVoltage(point: SeenPoint): Finding[] {
  const rows = point.rows.filter(({ values }) => isAlternating(values) && values.voltage !== undefined);
  const last = rows.at(-1)?.values.voltage;
  if (last === undefined) return [];
  const always = (is: (voltage: number, current: number) => boolean): boolean =>
    rows.every(({ values }) => is(Math.abs(values.voltage ?? 0), Math.abs(values.current ?? 0)));
  const missing = missingPhases.find(({ fromV, toV }) => always((voltage) => voltage >= fromV && voltage <= toV));
  if (missing !== undefined) {
    const message = `voltage is ${say(last, 'V')}, ${missing.words}`;
    const remedy = 'look at the fuses and wires of the voltage inputs';
    return [{ code: 'phase-missing', severity: 'warning', about: point.point, message, remedy }];
  }
  if (!always((voltage, current) => voltage < thresholds.leastVoltageV && current >= thresholds.loadedPhaseA))
    return [];
  const isDead = last === 0;
  return [
    {
      code: 'voltage',
      severity: isDead ? 'error' : 'warning',
      about: point.point,
      message: `voltage is ${say(last, 'V')} while current flows`,
      remedy: isDead
        ? 'the voltage inputs are not connected, or their fuses are blown: without them there is no power either'
        : 'look for a factor of 10 or 100 in the profile, or the ratio of the voltage transformer',
    },
  ];
}

/** Direct current has neither; a profile of it names neither. */
function isAlternating({ frequency, 'power-factor': powerFactor }: SeenPoint['rows'][number]['values']): boolean {
  return (frequency ?? 0) > 0 || powerFactor !== undefined;
}
