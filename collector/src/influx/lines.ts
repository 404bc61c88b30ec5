import { energyRoles } from '@wattmark/shared/roles';
import type { GaugeInterval, PointInterval } from '../accounting/interval.ts';
import type { LevelSum } from '../kpi/level.ts';
import { noPart } from '../site/interval-sum.ts';
import { type LevelEnergies, overheadParts, type SiteSum } from '../site/site.ts';
import {
  type IntervalMeasurement,
  levelFields,
  type Measurement,
  roleField,
  supersededBy,
  type Tag,
} from './schema.ts';

/** Values of fields by their names; null is left out. */
export type FieldValues = Readonly<Record<string, number | string | null>>;

const NS_PER_MS = 1_000_000n;

/**
 * One line of InfluxDB's line protocol, its time in nanoseconds: that of an instant, and less than a millisecond beside it.
 * Source: https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
 * @param tags as `tagsOf` makes them.
 * @throws RangeError where nothing but null is left, or a number is not finite.
 */
export function lineOf(
  measurement: Measurement,
  tags: string,
  values: FieldValues,
  timeMs: number,
  offsetNs = 0,
): string {
  return assemble(measurement.name, measurement, tags, values, nanoseconds(timeMs, offsetNs));
}

/**
 * The line that keeps a row which a restatement replaces. Its time lies within the interval, as many nanoseconds after the start
 * as the row was recorded milliseconds after it, so that versions do not overwrite each other: two of a minute would, if they had
 * been recorded 694 days apart to the millisecond.
 */
export function supersededLineOf(
  measurement: IntervalMeasurement,
  tags: string,
  values: FieldValues,
  startMs: number,
  recordedMs: number,
  besideNs = 0,
): string {
  const lengthNs = measurement.lengthMs * 1e6;
  const offsetNs = (((recordedMs - startMs + besideNs) % lengthNs) + lengthNs) % lengthNs;
  const timeNs = String(BigInt(startMs) * NS_PER_MS + BigInt(offsetNs));
  const line = assemble(supersededBy(measurement), measurement, tags, values, '');
  return `${line.slice(0, -1)},start_ms=${startMs}i ${timeNs}`;
}

/** Tags of a series, escaped, in the order of the measurement's table. */
export function tagsOf(values: Readonly<Partial<Record<Tag, string>>>): string {
  let tags = '';
  for (const [tag, value] of Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)))
    tags += `,${tag}=${escapeTag(value)}`;
  return tags;
}

/** Fields of a point's interval. */
export function pointValues(row: PointInterval, recordedMs: number): FieldValues {
  return {
    energy_wh: row.energyWh,
    estimated_wh: row.estimatedWh,
    export_wh: row.exportWh,
    min_w: row.minW,
    max_w: row.maxW,
    measured_ms: row.measuredMs,
    estimated_ms: row.estimatedMs,
    bridged_ms: row.bridgedMs,
    recorded_ms: recordedMs,
    absent: bitsOf(pointBits(row)),
  };
}

export function gaugeValues({ min, mean, max, samples }: GaugeInterval, recordedMs: number): FieldValues {
  return { min, mean, max, samples, recorded_ms: recordedMs };
}

/** What a site's interval is, level by level, and beside it as it is at the level that counts for it. */
export function siteValues(row: SiteSum, counted: LevelSum, level: number, recordedMs: number): FieldValues {
  const values: Record<string, number | null> = {
    total_wh: counted.totalWh,
    total_ms: counted.totalMs,
    it_wh: counted.itWh,
    it_ms: counted.itMs,
    paired_total_wh: counted.pairedTotalWh,
    paired_it_wh: counted.pairedItWh,
    paired_ms: counted.pairedMs,
    estimated_ms: counted.estimatedMs,
    level,
    length_ms: row.endMs - row.startMs,
    supply_wh: row.supplyWh,
    supply_ms: row.supplyMs,
    recorded_ms: recordedMs,
    absent: bitsOf(siteBits(row)),
  };
  energyRoles.forEach((role, index) => (values[roleField(role)] = row.roleWh[index] ?? null));
  overheadParts.forEach((part, index) => {
    const { energyWh, measuredMs } = row.overhead[index] ?? noPart;
    // Written even where nothing was measured: InfluxQL has no word for "or else 0", and total less parts would be unknown.
    values[`overhead_${part}_wh`] = energyWh;
    values[`overhead_${part}_ms`] = measuredMs;
  });
  row.levels.forEach((energies, index) => {
    if (isNoLevel(energies)) return;
    for (const name of levelFields) values[`l${index}_${name}`] = energies[levelKeys[name]];
  });
  return values;
}

/** Which property of a level a field holds. */
export const levelKeys: Readonly<Record<(typeof levelFields)[number], keyof LevelEnergies>> = {
  parts_wh: 'partsWh',
  parts_ms: 'partsMs',
  it_wh: 'itWh',
  it_ms: 'itMs',
  paired_total_wh: 'pairedTotalWh',
  paired_it_wh: 'pairedItWh',
  paired_ms: 'pairedMs',
  estimated_ms: 'estimatedMs',
};

/** What a restatement may take back, in the order of the bits of `absent`. */
function pointBits({ minW, maxW }: PointInterval): (number | null)[] {
  return [minW, maxW];
}

/** The same of a site: supply, roles, then of each level itself, its parts and its IT. */
function siteBits({ supplyWh, roleWh, levels }: SiteSum): (number | null)[] {
  return [supplyWh, ...roleWh, ...levels.flatMap((level) => [isNoLevel(level) ? null : 0, level.partsWh, level.itWh])];
}

/** Bit i is set where value i is null. Not by bit operations: there may be more than 32. */
function bitsOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((bits, value, index) => (value === null ? bits + 2 ** index : bits), 0);
}

function isNoLevel({ partsMs, itMs, pairedMs, partsWh, itWh }: LevelEnergies): boolean {
  return partsWh === null && itWh === null && partsMs === 0 && itMs === 0 && pairedMs === 0;
}

function nanoseconds(timeMs: number, offsetNs: number): string {
  return timeMs === 0 ? String(offsetNs) : `${timeMs}${String(offsetNs).padStart(6, '0')}`;
}

function assemble(name: string, { fields }: Measurement, tags: string, values: FieldValues, timeNs: string): string {
  let text = '';
  for (const { name: field, before, after } of fields) {
    const value = values[field];
    if (value === null || value === undefined) continue;
    text += before + (typeof value === 'string' ? quoted(value) : finite(value)) + after;
  }
  if (text === '') throw new RangeError(`${name}: a row without any value`);
  return `${name}${tags} ${text.slice(1)} ${timeNs}`;
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written`);
  return value;
}

/** Line protocol knows no escaped line break, and a backslash at the end of a tag would escape what follows it. */
function escapeTag(value: string): string {
  const plain = value.replaceAll(/[\r\n\t]/g, ' ').replace(/\\+$/, '');
  return plain === '' ? '-' : plain.replaceAll(/[,= ]/g, '\\$&');
}
