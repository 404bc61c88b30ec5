import type { Channel } from '@wattmark/shared/channels';
import type { GaugeDay, GaugeInterval, GaugeQuarter, PointDay, PointInterval } from '../accounting/interval.ts';
import { QUARTER_MS } from '../accounting/interval.ts';
import { atLevel } from '../kpi/level.ts';
import type { SiteDay, SiteInterval } from '../site/site.ts';
import type { MadeDay } from '../store/store.ts';
import type { Series } from './client.ts';
import { type FieldValues, gaugeValues, lineOf, pointValues, siteValues, supersededLineOf } from './lines.ts';
import type { Names } from './names.ts';
import { type CellReader, readPoint, readSite, siteCells } from './rows.ts';
import { type IntervalMeasurement, intervals } from './schema.ts';

/** A row as it was recorded. */
export interface Version<Row> {
  readonly row: Row;
  readonly recordedMs: number;
}

/** Whose row it is: a number where that suffices, which is quicker to find. */
export type Owner = number | string;

/** Rows of one measurement, and how they are read. */
export interface Readable<Row extends { readonly startMs: number }> {
  readonly measurement: IntervalMeasurement;
  /** The fields that a row is read from, after the time. */
  readonly fields: readonly string[];
  /** Of all rows with one beginning the one that this is a version of. */
  owner(row: Row): Owner;
  /** How to read rows of a series; null where nothing here has its tags. */
  reader(tags: Series['tags'], names: Names): CellReader<Row> | null;
}

/** Rows of one measurement: how they become lines, and lines rows. */
export interface Kind<Row extends { readonly startMs: number }> extends Readable<Row> {
  tags(row: Row, names: Names): string;
  values(row: Row, recordedMs: number, names: Names): FieldValues;
  /** Beside the beginning, where several rows of one series may have the same. */
  offsetNs(row: Row): number;
  /** In the order of owners. */
  compare(a: Row, b: Row): number;
}

/** The line of a row's newest version. */
export function newestLine<Row extends { readonly startMs: number }>(
  kind: Kind<Row>,
  { row, recordedMs }: Version<Row>,
  names: Names,
): string {
  const values = kind.values(row, recordedMs, names);
  return lineOf(kind.measurement, kind.tags(row, names), values, row.startMs, kind.offsetNs(row));
}

/** The line that keeps a version which is no longer the newest. */
export function supersededLine<Row extends { readonly startMs: number }>(
  kind: Kind<Row>,
  { row, recordedMs }: Version<Row>,
  names: Names,
): string {
  const values = kind.values(row, recordedMs, names);
  return supersededLineOf(kind.measurement, kind.tags(row, names), values, row.startMs, recordedMs, kind.offsetNs(row));
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Days of time zones may begin at once and end at different times: one that has not 24 hours lies beside the others. */
function dayOffsetNs({ startMs, endMs }: { readonly startMs: number; readonly endMs: number }): number {
  return endMs - startMs === DAY_MS ? 0 : (endMs - startMs) / MINUTE_MS;
}

const byPoint = (a: { readonly pointId: number }, b: { readonly pointId: number }): number => a.pointId - b.pointId;

interface OfGauge {
  readonly pointId: number;
  readonly channel: Channel;
}

const byGauge = (a: OfGauge, b: OfGauge): number =>
  byPoint(a, b) || (a.channel < b.channel ? -1 : Number(a.channel > b.channel));

const pointCells = [
  'energy_wh',
  'estimated_wh',
  'export_wh',
  'min_w',
  'max_w',
  'measured_ms',
  'estimated_ms',
  'bridged_ms',
  'absent',
];

function points(measurement: IntervalMeasurement): Kind<PointInterval> {
  return {
    measurement,
    fields: pointCells,
    owner: ({ pointId }) => pointId,
    tags: ({ pointId }, names) => names.pointTags(pointId),
    values: pointValues,
    offsetNs: () => 0,
    reader(tags, names) {
      const pointId = names.pointIdOf(tags['site'] ?? '', tags['point'] ?? '');
      return pointId === undefined ? null : (cells) => readPoint(pointId, cells);
    },
    compare: byPoint,
  };
}

function gauges<Row extends OfGauge & { readonly startMs: number }>(
  measurement: IntervalMeasurement,
  fields: readonly string[],
  values: (row: Row, recordedMs: number) => FieldValues,
  read: (of: OfGauge, cells: readonly unknown[]) => Row,
): Kind<Row> {
  return {
    measurement,
    fields,
    owner: ({ pointId, channel }) => `${pointId} ${channel}`,
    tags: ({ pointId, channel }, names) => names.gaugeTags(pointId, channel),
    values,
    offsetNs: () => 0,
    reader(tags, names) {
      const pointId = names.pointIdOf(tags['site'] ?? '', tags['point'] ?? '');
      const of = { pointId: pointId as number, channel: tags['channel'] as Channel };
      return pointId === undefined ? null : (cells) => read(of, cells);
    },
    compare: byGauge,
  };
}

/** Sites and their parts lie in two measurements, so that a sum over sites does not count a part again. */
function sites(measurement: IntervalMeasurement): Kind<SiteInterval> {
  return {
    measurement,
    fields: siteCells,
    owner: ({ siteId, partial }) => (partial === null ? siteId : `${siteId} ${partial}`),
    tags: ({ siteId, partial }, names) => names.siteTags(siteId, partial),
    values: (row, recordedMs, names) => valuesOfSite({ ...row, endMs: row.startMs + QUARTER_MS }, recordedMs, names),
    offsetNs: () => 0,
    reader(tags, names) {
      const siteId = names.siteIdOf(tags['site'] ?? '');
      return siteId === undefined ? null : (cells) => readSite(siteId, tags['part'] ?? null, cells);
    },
    compare: (a, b) => a.siteId - b.siteId || compareParts(a.partial ?? '', b.partial ?? ''),
  };
}

function compareParts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function valuesOfSite(row: SiteDay, recordedMs: number, names: Names): FieldValues {
  const level = names.levelOf(row.siteId, row.partial, row);
  return siteValues(row, atLevel(row, level), level, recordedMs);
}

/** The days of what has quarter-hours: the same with an end. */
function days<Row extends { readonly startMs: number }, Day extends Row & { readonly endMs: number }>(
  quarters: Kind<Row>,
  measurement: IntervalMeasurement,
  values: Kind<Day>['values'],
): Kind<Day> {
  return {
    measurement,
    fields: [...quarters.fields, 'end_ms'],
    owner: (row) => (dayOffsetNs(row) === 0 ? quarters.owner(row) : `${quarters.owner(row)} ${row.endMs}`),
    tags: (row, names) => quarters.tags(row, names),
    values: (row, recordedMs, names) => ({ ...values(row, recordedMs, names), end_ms: row.endMs }),
    offsetNs: dayOffsetNs,
    reader(tags, names) {
      const read = quarters.reader(tags, names);
      if (read === null) return null;
      return (cells) => ({ ...read(cells), endMs: cells.at(-1) }) as unknown as Day;
    },
    compare: (a, b) => quarters.compare(a, b) || a.endMs - b.endMs,
  };
}

const gaugeSums = (row: GaugeQuarter, recordedMs: number): FieldValues => {
  return { sum: row.sum, minutes: row.minutes, recorded_ms: recordedMs };
};

const pointMinute = points(intervals.pointMinute);
const pointQuarter = points(intervals.pointQuarter);
const siteQuarter = sites(intervals.siteQuarter);
const partQuarter = sites(intervals.partQuarter);
const gaugeMinute = gauges<GaugeInterval>(
  intervals.gaugeMinute,
  ['min', 'mean', 'max', 'samples'],
  gaugeValues,
  (of, cells) => {
    const [startMs, min, mean, max, samples] = cells as [number, number, number, number, number];
    return { ...of, startMs, min, mean, max, samples };
  },
);
const gaugeQuarter = gauges<GaugeQuarter>(intervals.gaugeQuarter, ['sum', 'minutes'], gaugeSums, (of, cells) => {
  const [startMs, sum, minutes] = cells as [number, number, number];
  return { ...of, startMs, sum, minutes };
});

/** Everything that a store consists of. */
export const kinds = {
  pointMinute,
  gaugeMinute,
  pointQuarter,
  gaugeQuarter,
  siteQuarter,
  partQuarter,
  pointDay: days<PointInterval, PointDay>(pointQuarter, intervals.pointDay, pointValues),
  gaugeDay: days<GaugeQuarter, GaugeDay>(gaugeQuarter, intervals.gaugeDay, gaugeSums),
  siteDay: days<SiteInterval, SiteDay>(siteQuarter, intervals.siteDay, valuesOfSite),
  partDay: days<SiteInterval, SiteDay>(partQuarter, intervals.partDay, valuesOfSite),
};

/** Which of a site's days are made, without what is in them. */
export const madeDay: Readable<MadeDay> = {
  measurement: intervals.siteDay,
  fields: ['end_ms'],
  owner: ({ siteId, endMs }) => `${siteId} ${endMs}`,
  reader(tags, names) {
    const siteId = names.siteIdOf(tags['site'] ?? '');
    if (siteId === undefined) return null;
    return ([startMs, endMs]) => ({ siteId, startMs: startMs as number, endMs: endMs as number });
  },
};
