import type { Channel } from '@wattmark/shared/channels';
import type { Meter, Reading } from '@wattmark/shared/messages';
import type { Role } from '@wattmark/shared/roles';
import type { CheckedSource, Look } from '../check.ts';
import { implausible } from '../tick-message.ts';

/** Of a history, only its end tells how an instrument is wired and read today. */
const MAX_ROWS = 100;

export type Values = Readonly<Partial<Record<Channel, number>>>;

/** What one point said at one instant, UTC milliseconds: values that were measured and are plausible. */
export interface SeenRow {
  readonly at: number;
  readonly values: Values;
}

/** One point as a check saw it. */
export interface SeenPoint {
  readonly point: string;
  /** Label of its source. */
  readonly source: string;
  readonly role: Role | null;
  /** Section of the instrument's profile, where the operator named one. */
  readonly section: string | null;
  readonly ratedPowerW: number | null;
  readonly energyModulusWh: number | null;
  readonly meter: Meter;
  /** In the order of their times. */
  readonly rows: readonly SeenRow[];
}

/** The points of a source with everything that they said while it was checked. */
export function seenPoints({ configured, points, looks }: CheckedSource): SeenPoint[] {
  const said = new Map([...pointsIn(configured.settings)].map((entry) => [entry.point, entry]));
  const rows = rowsIn(looks);
  return points.map(({ point, role, energyModulusWh, meter }) => ({
    point,
    source: configured.label,
    role: role ?? null,
    section: said.get(point)?.from ?? null,
    ratedPowerW: said.get(point)?.ratedPower ?? null,
    energyModulusWh: energyModulusWh ?? null,
    meter: meter ?? {},
    rows: (rows.get(point) ?? []).slice(-MAX_ROWS),
  }));
}

/** The values of a channel, in the order of their times. */
export function valuesOf({ rows }: SeenPoint, channel: Channel): number[] {
  return rows.flatMap(({ values }) => values[channel] ?? []);
}

/**
 * The step in which an instrument counts, as far as its values tell: their last digit that is not 0. Seven digits are
 * all that a 32-bit float holds. Where only 0 was seen, the step is not known and infinite.
 */
export function stepOf(values: readonly number[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...values.map((value) => 10 ** lastPlace(value)));
}

/** Digits of a value that say something: 3 of 1,240, 5 of 230.13. */
export function digitsOf(value: number): number {
  return significand(value).length;
}

function lastPlace(value: number): number {
  if (value === 0) return Number.POSITIVE_INFINITY;
  const exponent = Number(value.toExponential(6).split('e')[1]);
  return exponent - (significand(value).length - 1);
}

function significand(value: number): string {
  const [digits = ''] = Math.abs(value).toExponential(6).split('e');
  return digits.replace('.', '').replace(/0+$/, '');
}

/** Of each point that was read, a row for each time. */
function rowsIn(looks: readonly Look[]): Map<string, SeenRow[]> {
  const rows = new Map<string, SeenRow[]>();
  for (const { at, sample } of looks) {
    for (const group of [...(sample?.dated ?? []), { at, readings: sample?.readings ?? [] }]) {
      for (const [point, values] of valuesIn(group.readings)) {
        const own = rows.get(point) ?? [];
        rows.set(point, own);
        own.push({ at: group.at, values });
      }
    }
  }
  return rows;
}

function valuesIn(readings: readonly Reading[]): Map<string, Partial<Record<Channel, number>>> {
  const values = new Map<string, Partial<Record<Channel, number>>>();
  for (const [point, channel, value, quality] of readings) {
    if (quality === 'estimated' || implausible(channel, value) !== null) continue;
    const own = values.get(point) ?? {};
    values.set(point, own);
    own[channel] = value;
  }
  return values;
}

interface ConfiguredPoint {
  readonly point: string;
  readonly from?: string;
  readonly ratedPower?: number;
}

/** Every object with a key `point`, at any depth of a source's settings. */
function* pointsIn(settings: unknown): Generator<ConfiguredPoint> {
  if (typeof settings !== 'object' || settings === null) return;
  if ('point' in settings && typeof settings.point === 'string') yield settings as ConfiguredPoint;
  for (const value of Object.values(settings)) yield* pointsIn(value);
}
