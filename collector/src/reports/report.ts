import { type FieldValues, lineOf, tagsOf } from '../influx/lines.ts';
import type { DatabaseRole, Measurement, Tag } from '../influx/schema.ts';

/** A line of a report, and the database it is for. */
export interface Report {
  readonly database: DatabaseRole;
  readonly line: string;
}

/** A report's content: when it is of, and what it says. */
export interface Content {
  readonly tags: Readonly<Partial<Record<Tag, string>>>;
  readonly values: FieldValues;
  readonly timeMs: number;
  /** Keeps reports of one series and time apart, 0 to 999,999. */
  readonly offsetNs?: number;
}

/** One line of a measurement; texts become one line, too. */
export function reportOf(measurement: Measurement, { tags, values, timeMs, offsetNs = 0 }: Content): Report {
  const plain = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.replaceAll(/[\r\n]+/g, ' ').slice(0, MAX_CHARACTERS) : value,
    ]),
  );
  return {
    database: measurement.database,
    line: lineOf(measurement, tagsOf(tags), plain, timeMs, offsetNs),
  };
}

/** A server takes texts of up to 64 KiB; nobody reads more than this in a table. */
const MAX_CHARACTERS = 2_000;
