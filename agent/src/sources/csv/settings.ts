import { byChannel, unitEntries } from '@wattmark/shared/units';
import * as v from 'valibot';
import { pointEntries, simulated } from '../../point-config.ts';
import { durationBetween } from '../../source-config.ts';
import { pointList } from '../support/point-list.ts';
import { isTimezone } from './time.ts';

/** A column by its name in the header, or by its place, counted from 1. */
const column = v.union([v.pipe(v.string(), v.nonEmpty()), v.pipe(v.number(), v.integer(), v.minValue(1))]);

/** One column, or several whose texts belong together. */
const columns = v.pipe(
  v.union([column, v.pipe(v.array(column), v.nonEmpty())]),
  v.transform((one) => (Array.isArray(one) ? one : [one])),
);

const { channels: _, ...namedEntries } = pointEntries;

const point = v.strictObject({
  ...namedEntries,
  /** How the figures are estimated that were not measured. */
  estimated: v.optional(v.pipe(v.string(), v.nonEmpty())),
  channels: byChannel(
    v.strictObject({
      ...unitEntries,
      column: v.optional(column),
      // YAML reads the number of a meter as a number.
      name: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String))),
    }),
  ),
});

export const csvSchema = v.pipe(
  v.strictObject({
    path: v.pipe(
      v.string(),
      v.nonEmpty(),
      v.regex(/^[^*]*(\/[^/]*|[^/]*)$/, 'may hold * only in the name of the file, not of a directory'),
    ),
    delimiter: v.optional(v.pipe(v.string(), v.length(1, 'must be one character')), ','),
    decimal: v.optional(v.picklist(['.', ',']), '.'),
    header: v.optional(v.boolean(), true),
    comment: v.optional(v.pipe(v.string(), v.nonEmpty())),
    encoding: v.optional(v.picklist(['utf-8', 'latin1']), 'utf-8'),
    time: v.strictObject({
      column: columns,
      format: v.optional(v.pipe(v.string(), v.nonEmpty()), 'iso'),
      timezone: v.optional(
        v.pipe(v.string(), v.check(isTimezone, 'must be an IANA time zone, as Europe/Berlin')),
        'UTC',
      ),
    }),
    /** Where a row holds one value, and says in a column what of. */
    long: v.optional(v.strictObject({ name: columns, value: column })),
    /** Time between two rows. */
    every: v.optional(durationBetween(1_000, 86_400_000, 'must be between 1s and 1d')),
    simulated,
    points: pointList(point),
  }),
  v.check(({ long, points }) => {
    const key = long === undefined ? 'column' : 'name';
    return points.every(({ channels }) =>
      channels.every(([, stated]) => stated[key] !== undefined && (stated.column === undefined || key === 'column')),
    );
  }, 'each channel needs its column, or with long its name (and no column)'),
  v.check(({ header, time, long, points }) => {
    const values = points.flatMap(({ channels }) => channels.flatMap(([, stated]) => stated.column ?? []));
    const named = [...time.column, ...(long === undefined ? values : [...long.name, long.value])];
    return header || named.every((one) => typeof one === 'number');
  }, 'without a header, columns have no names: count them from 1'),
);

export type CsvConfig = v.InferOutput<typeof csvSchema>;
export type Column = v.InferOutput<typeof column>;
