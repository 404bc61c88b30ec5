import { ConfigError } from '@wattmark/shared/config';
import { type Fields, lineLimits } from './line.ts';
import type { Column, Mapping } from './mapping.ts';

/** Where the columns of one file stand, counted from 0. */
export interface Layout {
  readonly time: readonly number[];
  /** In a wide file, the column of each series. */
  readonly cells: readonly number[];
  /** In a long file, the columns that name a row's series, and the one of its value. */
  readonly name: readonly number[];
  readonly value: number;
  /** Fields that a row must have, and fields behind which it may have only empty ones. */
  readonly least: number;
  readonly most: number;
  /** Columns that the mapping does not name. */
  readonly ignored: readonly string[];
}

/** Ignored columns that are named. */
const MAX_IGNORED = 100;

/**
 * @param header the names of the columns; null where the file has none
 * @throws ConfigError naming the columns that are missing
 */
export function layoutOf(mapping: Mapping, header: readonly string[] | null, file: string): Layout {
  const problems: string[] = [];
  if (header !== null && header.length >= lineLimits.fields)
    problems.push(`the header has more than ${lineLimits.fields - 1} columns`);
  const placeOf = (column: Column): number => {
    if (typeof column === 'number') return column - 1;
    if (header === null) return Number(column) - 1;
    const place = header.indexOf(column);
    if (place === -1) problems.push(`the header has no column ${column}; it has: ${header.join(', ').slice(0, 200)}`);
    else if (header.includes(column, place + 1)) problems.push(`the header has the column ${column} twice`);
    return place;
  };
  const { time, long, series } = mapping;
  const places = {
    time: time.columns.map(placeOf),
    cells: long === null ? series.map(({ name }) => placeOf(name)) : [],
    name: long === null ? [] : long.name.map(placeOf),
    value: long === null ? 0 : placeOf(long.value),
  };
  if (problems.length > 0) throw new ConfigError(file, problems);
  const used = [...places.time, ...places.cells, ...places.name, places.value];
  const ignored = (header ?? []).filter((_, place) => !used.includes(place)).slice(0, MAX_IGNORED);
  return { ...places, least: 1 + Math.max(...used), most: header?.length ?? lineLimits.fields, ignored };
}

/** The names of the columns that stand in a line. */
export function headerOf(fields: Fields, bytes: Uint8Array): string[] {
  return Array.from({ length: fields.count }, (_, index) => fields.text(bytes, index));
}
