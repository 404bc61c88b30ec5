import { type Channel, channelNames, channels } from '@wattmark/shared/channels';
import { durationMs, id, loadConfig } from '@wattmark/shared/config';
import { unitEntries, unitProblem } from '@wattmark/shared/units';
import * as v from 'valibot';
import { type Conversion, conversionOf } from './conversion.ts';
import { isTimeFormat } from './time-format.ts';

/**
 * How the columns of a file become readings, as an auditor says it in a mapping file. Nothing that would change a figure is
 * guessed: not a unit, not a time zone, not whether a power is of an instant or the mean of an interval.
 */

/** What a value of a file is. */
const valueKinds = ['sample', 'interval-mean', 'interval-energy', 'register'] as const;
export type ValueKind = (typeof valueKinds)[number];

/** Most series that one import may have. */
const MAX_SERIES = 2_000;
const MAX_HEADER_LINES = 1_000;
const MAX_INTERVAL_MS = 31 * 86_400_000;

/** One channel of one point, and how it is read. */
export interface Series {
  /** Name of its column; in a long file, what the rows of its values say. */
  readonly name: string;
  readonly point: string;
  readonly channel: Channel;
  readonly kind: ValueKind;
  /** As it is stated, for people. */
  readonly unit: string;
  readonly conversion: Conversion;
  readonly isEstimated: boolean;
}

export type Column = string | number;

export interface Mapping {
  /** One character each. */
  readonly separator: string;
  readonly decimal: '.' | ',';
  /** Lines before the first row, the last of which names the columns; 0 where columns are counted from 1. */
  readonly headerLines: number;
  /** Texts of a cell that holds no value; an empty one never does. */
  readonly missing: readonly string[];
  readonly time: { readonly columns: readonly Column[]; readonly format: string; readonly timezone: string | null };
  readonly intervalMs: number;
  /** Which end of an interval its row's time is. */
  readonly stamp: 'start' | 'end';
  /** In a long file, the columns that say what a row's value is of, and the one of the value; null for a wide one. */
  readonly long: { readonly name: readonly Column[]; readonly value: Column } | null;
  readonly series: readonly Series[];
}

/** A column by its name in the header, or by its place, counted from 1. */
const column = v.union([v.pipe(v.string(), v.nonEmpty()), v.pipe(v.number(), v.integer(), v.minValue(1))]);

const columns = v.pipe(
  v.union([column, v.pipe(v.array(column), v.nonEmpty(), v.maxLength(10))]),
  v.transform((one) => (Array.isArray(one) ? one : [one])),
);

const valueKind = v.optional(v.picklist(valueKinds));

const seriesSchema = v.strictObject({
  point: id,
  channel: v.optional(v.picklist(channelNames)),
  kind: valueKind,
  ...unitEntries,
  quality: v.optional(v.picklist(['measured', 'estimated']), 'measured'),
});

const seriesMap = v.optional(v.record(v.string(), seriesSchema));

const fileSchema = v.strictObject({
  separator: v.optional(v.pipe(v.string(), v.regex(/^[\x20-\x7e\t]$/, 'must be one character of ASCII')), ','),
  decimal: v.optional(v.picklist(['.', ',']), '.'),
  header: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_HEADER_LINES)), 1),
  missing: v.optional(v.pipe(v.array(v.string()), v.maxLength(20)), []),
  time: v.strictObject({
    column: columns,
    format: v.pipe(
      v.string(),
      v.check(isTimeFormat, 'must be iso, unix-s, unix-ms, or a pattern such as dd.MM.yyyy HH:mm'),
    ),
    timezone: v.optional(v.pipe(v.string(), v.check(isTimezone, 'must be an IANA time zone, such as Europe/Berlin'))),
  }),
  interval: v.pipe(
    durationMs,
    v.check((ms) => ms >= 1 && ms <= MAX_INTERVAL_MS, 'must be between 1ms and 31d'),
  ),
  kind: valueKind,
  stamp: v.optional(v.picklist(['start', 'end'])),
  columns: seriesMap,
  long: v.optional(v.strictObject({ name: columns, value: column })),
  series: seriesMap,
});

type MappingFile = v.InferOutput<typeof fileSchema>;
type StatedSeries = v.InferOutput<typeof seriesSchema>;

const mappingSchema = v.pipe(
  fileSchema,
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed) for (const message of problemsOf(dataset.value)) addIssue({ message });
  }),
  v.transform(mappingOf),
);

/**
 * Reads a mapping file, YAML or JSON.
 * @throws ConfigError naming every problem.
 */
export function loadMapping(file: string): Mapping {
  return loadConfig(file, mappingSchema, {});
}

/** Whether a value is the mean of an interval, in the file or after conversion. */
export function isMean(kind: ValueKind): boolean {
  return kind === 'interval-mean' || kind === 'interval-energy';
}

function mappingOf(file: MappingFile): Mapping {
  const { time, long } = file;
  return {
    separator: file.separator,
    decimal: file.decimal,
    headerLines: file.header,
    missing: file.missing,
    time: { columns: time.column, format: time.format, timezone: time.timezone ?? null },
    intervalMs: file.interval,
    stamp: file.stamp ?? 'start',
    long: long ?? null,
    series: statedSeries(file).map(([name, stated]) => seriesOf(name, stated, file)),
  };
}

function statedSeries({ columns, series }: MappingFile): [string, StatedSeries][] {
  return Object.entries(columns ?? series ?? {});
}

function seriesOf(name: string, stated: StatedSeries, file: MappingFile): Series {
  const kind = kindOf(stated, file) ?? 'sample';
  const channel = channelOf(stated, file);
  return {
    name,
    point: stated.point,
    channel,
    kind,
    unit: stated.unit ?? `× ${stated.scale} ${channels[channel].unit}`,
    conversion: conversionOf(statedChannel(kind, channel), stated, kind === 'interval-energy' ? file.interval : null),
    isEstimated: stated.quality === 'estimated',
  };
}

/** What a value is, where it is said or can be only one thing. */
function kindOf(stated: StatedSeries, file: MappingFile): ValueKind | null {
  if (stated.kind !== undefined) return stated.kind;
  if (stated.channel === undefined) return file.kind ?? null;
  const { kind } = channels[stated.channel];
  if (kind === 'power') return file.kind ?? null;
  return kind === 'register' ? 'register' : 'sample';
}

function channelOf(stated: StatedSeries, file: MappingFile): Channel {
  return stated.channel ?? (kindOf(stated, file) === 'register' ? 'energy' : 'power');
}

/** The channel among whose units a value's is: the energy of an interval is stated as energy, and kept as its mean power. */
function statedChannel(kind: ValueKind, channel: Channel): Channel {
  return kind === 'interval-energy' ? 'energy' : channel;
}

const kindsOf = {
  power: ['sample', 'interval-mean', 'interval-energy'],
  register: ['register'],
  gauge: ['sample'],
} as const satisfies Record<string, readonly ValueKind[]>;

function problemsOf(file: MappingFile): string[] {
  const stated = statedSeries(file);
  const problems = layoutProblems(file, stated.length);
  const { format, timezone } = file.time;
  if (!['iso', 'unix-s', 'unix-ms'].includes(format) && timezone === undefined)
    problems.push(`time.timezone: is required, since the format ${format} says no offset`);
  const seen = new Map<string, string>();
  for (const [name, one] of stated) {
    const problem = seriesProblem(one, file);
    if (problem !== null) problems.push(`${name}: ${problem}`);
    const key = `${one.point} ${channelOf(one, file)}`;
    const other = seen.get(key);
    if (other !== undefined) problems.push(`${name}: ${other} is the ${channelOf(one, file)} of ${one.point} already`);
    seen.set(key, name);
  }
  const hasIntervals = stated.some(([, one]) => isMean(kindOf(one, file) ?? 'sample'));
  if (hasIntervals && file.stamp === undefined)
    problems.push(
      'stamp: is required with values of intervals: is the time of a row the start or the end of its interval?',
    );
  return problems;
}

function layoutProblems({ columns, series, long, header, time }: MappingFile, count: number): string[] {
  const problems: string[] = [];
  const isWide = columns !== undefined && series === undefined && long === undefined;
  const isLong = columns === undefined && series !== undefined && long !== undefined;
  if (!isWide && !isLong)
    problems.push('either columns (a column for each series), or long and series (a row for each value), is required');
  if (count === 0) problems.push('at least one series is required');
  if (count > MAX_SERIES) problems.push(`${count} series are more than ${MAX_SERIES}: import them in parts`);
  const named = [...time.column, ...(long === undefined ? [] : [...long.name, long.value])];
  const keys = columns === undefined ? [] : Object.keys(columns);
  const isPlace = (one: Column): boolean => typeof one === 'number' || /^[1-9]\d{0,4}$/.test(one);
  if (header === 0 && ![...named, ...keys].every(isPlace))
    problems.push('without a header, columns have no names: count them from 1');
  return problems;
}

function seriesProblem(one: StatedSeries, file: MappingFile): string | null {
  const kind = kindOf(one, file);
  const channel = channelOf(one, file);
  if (kind === null)
    return 'kind: is required: is its power that of the instant (sample) or the mean of the interval (interval-mean)?';
  const known: readonly ValueKind[] = kindsOf[channels[channel].kind];
  if (!known.includes(kind)) return `kind: ${channel} cannot be ${kind}, only ${known.join(', ')}`;
  if (one.unit === undefined && one.scale === undefined) return 'unit: is required';
  return unitProblem(statedChannel(kind, channel), one);
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
