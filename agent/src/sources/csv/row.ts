import type { Channel } from '@wattmark/shared/channels';
import type { Quality } from '@wattmark/shared/messages';
import { scaleOf } from '@wattmark/shared/units';
import { parse } from 'csv-parse/sync';
import { combine } from '../support/combine.ts';
import { decimalIn } from '../support/decimal.ts';
import type { Column, CsvConfig } from './settings.ts';

/** One channel of one point, and where its values come from. */
export interface Slot {
  readonly point: string;
  readonly channel: Channel;
  readonly scale: number;
  readonly quality: Quality;
  readonly column: Column | undefined;
  readonly name: string | undefined;
}

/** What a row says, as texts. */
export interface Row {
  readonly time: string;
  /** What its value is of, in a file that says so in a column; else the same for all rows. */
  readonly name: string;
  readonly cells: readonly Cell[];
}

export interface Cell {
  readonly slot: Slot;
  readonly text: string;
}

export function slotsOf({ points }: CsvConfig): Slot[] {
  return points.flatMap(({ point, channels, estimated }) =>
    channels.map(([channel, { column, name, ...stated }]) => ({
      point,
      channel,
      scale: scaleOf(channel, stated),
      quality: estimated === undefined ? 'measured' : 'estimated',
      column,
      name,
    })),
  );
}

/** The texts between the delimiters of a line. @throws Error where its quotes do not close. */
export function splitLine(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter).map((field) => field.trim());
  const rows: string[][] = parse(text, { delimiter, relax_column_count: true, trim: true });
  return rows[0] ?? [];
}

/**
 * How rows below a header are read; null where the file has none.
 * @throws Error naming a column that the header does not have.
 */
export function createRowReader(
  config: CsvConfig,
  slots: readonly Slot[],
  header: readonly string[] | null,
): (fields: readonly string[]) => Row {
  const { time, long } = config;
  const timeAt = time.column.map((column) => indexOf(column, header));
  const join = (fields: readonly string[], places: readonly number[]): string =>
    places.map((place) => fields[place] ?? '').join(' ');
  if (long === undefined) {
    const places = slots.map((slot) => ({ slot, place: indexOf(slot.column ?? '', header) }));
    return (fields) => ({
      time: join(fields, timeAt),
      name: '',
      cells: places.map(({ slot, place }) => ({ slot, text: fields[place] ?? '' })),
    });
  }
  const nameAt = long.name.map((column) => indexOf(column, header));
  const valueAt = indexOf(long.value, header);
  return (fields) => {
    const name = join(fields, nameAt);
    const text = fields[valueAt] ?? '';
    const cells = slots.filter((slot) => slot.name === name).map((slot) => ({ slot, text }));
    return { time: join(fields, timeAt), name, cells };
  };
}

/** The cell's value in its channel's unit. @throws Error saying what the cell holds instead of a number. */
export function valueOf({ slot, text }: Cell, decimal: '.' | ','): number {
  if (text === '') throw new Error('the cell is empty');
  const plain = decimal === ',' ? text.replace(/^([^.,]*),([^.,]*)$/, '$1.$2') : text;
  const number = decimalIn(plain);
  if (number === null || (decimal === ',' && text.includes('.'))) {
    throw new Error(`"${text.slice(0, 40)}" is not a number with a decimal ${decimal === ',' ? 'comma' : 'point'}`);
  }
  return combine(slot, [number]);
}

function indexOf(column: Column, header: readonly string[] | null): number {
  if (typeof column === 'number') return column - 1;
  const index = header?.indexOf(column) ?? -1;
  if (index === -1)
    throw new Error(`the header has no column ${column}; it has: ${(header ?? []).join(', ').slice(0, 200)}`);
  return index;
}
