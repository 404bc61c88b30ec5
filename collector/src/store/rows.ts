import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import type { Channel } from '@wattmark/shared/channels';
import { energyRoles } from '@wattmark/shared/roles';
import {
  type GaugeDay,
  type GaugeInterval,
  type GaugeQuarter,
  MINUTE_MS,
  type PointDay,
  type PointInterval,
} from '../accounting/interval.ts';
import {
  LEVEL_COUNT,
  type LevelEnergies,
  overheadParts,
  type PartEnergies,
  type SiteDay,
  type SiteInterval,
} from '../site/site.ts';
import { decodePoints, fromNaN } from './chunks.ts';
import type { MadeDay } from './store.ts';
import { levelColumns, overheadColumns, pointQuarter, WHOLE_SITE } from './tables.ts';

/** What lies in the chunks of a result, whose columns are those that its query names. */

export function decodePointDays(chunk: DuckDBDataChunk): PointDay[] {
  const until = numbers(chunk, pointQuarter.columns.length);
  const rows = decodePoints(chunk) as (PointInterval & { endMs?: number })[];
  rows.forEach((row, index) => (row.endMs = minuteAt(until, index)));
  return rows as PointDay[];
}

export function decodeGauges(chunk: DuckDBDataChunk): GaugeInterval[] {
  const [point, channel, minute] = [numbers(chunk, 0), channels(chunk), numbers(chunk, 2)];
  const [min, mean, max, samples] = [numbers(chunk, 3), numbers(chunk, 4), numbers(chunk, 5), numbers(chunk, 6)];
  return rowsOf(chunk, (row) => ({
    pointId: numberAt(point, row),
    channel: channel.getItem(row) as Channel,
    startMs: minuteAt(minute, row),
    min: numberAt(min, row),
    mean: numberAt(mean, row),
    max: numberAt(max, row),
    samples: numberAt(samples, row),
  }));
}

export function decodeGaugeQuarters(chunk: DuckDBDataChunk): GaugeQuarter[] {
  const [point, channel, minute] = [numbers(chunk, 0), channels(chunk), numbers(chunk, 2)];
  const [sum, minutes] = [numbers(chunk, 3), numbers(chunk, 4)];
  return rowsOf(chunk, (row) => ({
    pointId: numberAt(point, row),
    channel: channel.getItem(row) as Channel,
    startMs: minuteAt(minute, row),
    sum: numberAt(sum, row),
    minutes: numberAt(minutes, row),
  }));
}

export function decodeGaugeDays(chunk: DuckDBDataChunk): GaugeDay[] {
  const until = numbers(chunk, 5);
  return decodeGaugeQuarters(chunk).map((row, index) => ({ ...row, endMs: minuteAt(until, index) }));
}

export function decodeMadeDays(chunk: DuckDBDataChunk): MadeDay[] {
  const [site, minute, until] = [numbers(chunk, 0), numbers(chunk, 1), numbers(chunk, 2)];
  return rowsOf(chunk, (row) => ({
    siteId: numberAt(site, row),
    startMs: minuteAt(minute, row),
    endMs: minuteAt(until, row),
  }));
}

/** Columns before those of the levels: the site, its part, the minute and the supply. */
const FIRST_LEVEL = 5;
const FIRST_PART = FIRST_LEVEL + LEVEL_COUNT * levelColumns.length;
const FIRST_ROLE = FIRST_PART + overheadParts.length * overheadColumns.length;
const FIRST_UNTIL = FIRST_ROLE + energyRoles.length;

/** Arrays lie element by element in columns of their own. */
export function decodeSites(chunk: DuckDBDataChunk): SiteInterval[] {
  const [site, minute, supply, supplyMs] = [0, 2, 3, 4].map((index) => numbers(chunk, index)) as [
    Numbers,
    Numbers,
    Numbers,
    Numbers,
  ];
  const partial = chunk.getColumnVector(1) as DuckDBVector<string>;
  const levels = Array.from({ length: LEVEL_COUNT }, (_, level) =>
    levelColumns.map(({ key }, index) => [key, numbers(chunk, FIRST_LEVEL + index * LEVEL_COUNT + level)] as const),
  );
  const parts = overheadParts.map((_, part) =>
    overheadColumns.map(
      ({ key }, index) => [key, numbers(chunk, FIRST_PART + index * overheadParts.length + part)] as const,
    ),
  );
  const roles = energyRoles.map((_, index) => numbers(chunk, FIRST_ROLE + index));
  return rowsOf(chunk, (row) => {
    const name = partial.getItem(row) as string;
    return {
      siteId: numberAt(site, row),
      partial: name === WHOLE_SITE ? null : name,
      startMs: minuteAt(minute, row),
      supplyWh: fromNaN(supply.getItem(row)),
      supplyMs: numberAt(supplyMs, row),
      levels: levels.map((columns) => recordAt<LevelEnergies>(columns, row)),
      roleWh: roles.map((column) => fromNaN(column.getItem(row))),
      overhead: parts.map((columns) => recordAt<PartEnergies>(columns, row)),
    };
  });
}

export function decodeSiteDays(chunk: DuckDBDataChunk): SiteDay[] {
  const until = numbers(chunk, FIRST_UNTIL);
  return decodeSites(chunk).map((row, index) => ({ ...row, endMs: minuteAt(until, index) }));
}

type Numbers = DuckDBVector<number>;

function numbers(chunk: DuckDBDataChunk, index: number): Numbers {
  return chunk.getColumnVector(index) as Numbers;
}

function channels(chunk: DuckDBDataChunk): DuckDBVector<string> {
  return chunk.getColumnVector(1) as DuckDBVector<string>;
}

function numberAt(column: Numbers, row: number): number {
  return column.getItem(row) as number;
}

function minuteAt(column: Numbers, row: number): number {
  return numberAt(column, row) * MINUTE_MS;
}

function recordAt<T>(columns: readonly (readonly [keyof T, Numbers])[], row: number): T {
  const record: Partial<Record<keyof T, number | null>> = {};
  for (const [key, column] of columns) record[key] = fromNaN(column.getItem(row));
  return record as T;
}

function rowsOf<Row>(chunk: DuckDBDataChunk, row: (index: number) => Row): Row[] {
  return Array.from({ length: chunk.rowCount }, (_, index) => row(index));
}
