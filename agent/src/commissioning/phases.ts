import type { Channel } from '@wattmark/shared/channels';
import type { Role } from '@wattmark/shared/roles';
import { factorOf, isAbout, say, steady, timesOf } from './factor.ts';
import type { Finding } from './finding.ts';
import { type SeenPoint, stepOf, valuesOf } from './seen.ts';
import { isReversed } from './sign.ts';
import { thresholds } from './thresholds.ts';

/** The phases of one instrument that are points of their own, and the point of the whole where there is one. */
interface Phases {
  readonly whole: SeenPoint | null;
  readonly phases: readonly SeenPoint[];
}

/** Sections of a profile that are one phase, such as `l1`, `phase-2` or `output-l3`. */
const phaseSection = /^(?:(.+)-)?(?:l|phase-)([123])$/;

/** Sections that are all phases together, where those of the phases have no name before their number. */
export const wholeSections: readonly (string | null)[] = [null, 'total', 'device', 'pdu'];

/** One phase beside the others: its voltage, its current, its direction, and their sum beside the whole. */
export function judgePhases(points: readonly SeenPoint[]): Finding[] {
  const hasSolar = points.some(({ role }) => role === 'solar' || role === 'battery');
  return phasesIn(points).flatMap((group) => [
    ...judgeVoltages(group),
    ...judgeCurrents(group),
    ...(hasSolar ? [] : judgeDirections(group)),
    ...judgeSum(group, 'power', 'W'),
    ...judgeSum(group, 'current', 'A'),
  ]);
}

function phasesIn(points: readonly SeenPoint[]): Phases[] {
  const groups = new Map<string, SeenPoint[]>();
  for (const point of points) {
    const match = phaseSection.exec(point.section ?? '');
    if (match !== null) push(groups, `${point.source} ${match[1] ?? ''}`, point);
  }
  return [...groups].flatMap(([key, phases]) => {
    const [first] = phases;
    if (first === undefined || new Set(phases.map(({ section }) => section)).size !== phases.length) return [];
    const prefix = key.slice(first.source.length + 1);
    const sections = prefix === '' ? wholeSections : [prefix];
    const whole = points.filter(({ source, section }) => source === first.source && sections.includes(section));
    return [{ whole: whole.length === 1 ? (whole[0] ?? null) : null, phases }];
  });
}

function push<K, T>(groups: Map<K, T[]>, key: K, item: T): void {
  groups.set(key, [...(groups.get(key) ?? []), item]);
}

function judgeVoltages({ phases }: Phases): Finding[] {
  const seen = phases.map((point) => ({
    point,
    highest: Math.max(0, ...valuesOf(point, 'voltage')),
    values: valuesOf(point, 'voltage'),
  }));
  const read = seen.filter(({ values }) => values.length > 0);
  const sorted = read.map(({ highest }) => highest).sort((a, b) => a - b);
  const top = sorted.at(-1) ?? 0;
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  if (read.length < 2 || top < thresholds.leastVoltageV) return [];
  return read.flatMap(({ point, highest }): Finding[] => {
    const reads = `${say(highest, 'V')} beside ${say(middle, 'V')} on the other phases`;
    if (highest < top * thresholds.deadPhase) {
      const remedy = 'look at the fuse and the wire of that voltage input';
      return [
        { code: 'phase-missing', severity: 'error', about: point.point, message: `no voltage: ${reads}`, remedy },
      ];
    }
    if (read.length === 3 && Math.abs(highest / middle - 1) > thresholds.phaseVoltage) {
      const remedy = 'look at the voltage input, the neutral and the voltage transformer of that phase';
      return [{ code: 'phase-voltage', severity: 'warning', about: point.point, message: reads, remedy }];
    }
    return [];
  });
}

/** Roles whose phases are commonly loaded unevenly: nothing may be plugged in at one of them. */
const uneven: readonly (Role | null)[] = ['it', 'pdu', 'lighting', 'other', null];

function judgeCurrents({ whole, phases }: Phases): Finding[] {
  const read = phases.filter((point) => valuesOf(point, 'current').length > 0);
  const highest = (point: SeenPoint): number => Math.max(...valuesOf(point, 'current').map(Math.abs));
  const top = Math.max(0, ...read.map(highest));
  const loaded = read.filter((point) => highest(point) > top / 10);
  if (top < thresholds.loadedPhaseA || loaded.length < 2) return [];
  return read
    .filter((point) => highest(point) < top * thresholds.idlePhase)
    .map((point) => ({
      code: 'phase-current',
      severity: uneven.includes(whole?.role ?? point.role) ? 'info' : 'warning',
      about: point.point,
      message: `no current while the other phases carry up to ${say(top, 'A')}`,
      remedy:
        'is its current transformer plugged in and closed round the conductor? Nothing to do where nothing is connected',
    }));
}

function judgeDirections({ phases }: Phases): Finding[] {
  const reversed = phases.filter(({ rows }) => rows.length > 0 && rows.every(({ values }) => isReversed(values)));
  const drawing = phases.filter((point) => valuesOf(point, 'power').some((power) => power > thresholds.leastPowerW));
  if (drawing.length === 0) return [];
  return reversed
    .filter(({ role }) => role === null)
    .map((point) => ({
      code: 'phase-reversed',
      severity: 'error',
      about: point.point,
      message: `power is ${say(valuesOf(point, 'power').at(-1) ?? 0, 'W')} while other phases draw`,
      remedy: 'the current transformer of this phase is the wrong way round: turn it, or swap its two wires',
    }));
}

/** The whole beside the sum of its three phases, which flow in one direction. */
function judgeSum({ whole, phases }: Phases, channel: Channel, unit: string): Finding[] {
  if (whole === null || phases.length !== 3) return [];
  const ratios = whole.rows.flatMap(({ at, values }) => {
    const parts = phases.flatMap(({ rows }) => rows.find((row) => row.at === at)?.values[channel] ?? []);
    const of = values[channel];
    const sum = parts.reduce((total, part) => total + part, 0);
    const isOneWay = parts.every((part) => part >= 0) || parts.every((part) => part <= 0);
    if (of === undefined || parts.length !== 3 || !isOneWay || sum === 0) return [];
    const steps = [whole, ...phases].map((point) => stepOf(valuesOf(point, channel))).filter(Number.isFinite);
    const coarse = steps.reduce((total, step) => total + step, 0);
    return coarse > Math.abs(sum) * thresholds.coarsest ? [] : [of / sum];
  });
  const ratio = steady(ratios, thresholds.agreement);
  if (ratio === null || isAbout(ratio, 1, thresholds.disagreement)) return [];
  const factor = factorOf(ratio, thresholds.agreement);
  const value = say(valuesOf(whole, channel).at(-1) ?? 0, unit);
  return [
    {
      code: 'phase-sum',
      severity: factor?.kind === 'decimal' ? 'error' : 'warning',
      about: whole.point,
      message: `${channel} of ${value} is ${factor?.words ?? timesOf(ratio)} the sum of its phases`,
      remedy: 'compare with the display; correct the scale in the profile, or the section that the point names',
    },
  ];
}
