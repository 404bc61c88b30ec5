import * as v from 'valibot';
import type { Place } from './line.ts';

/** How far a source has come, and what it must know to go on. */
export interface Progress {
  /** Null before the first line. */
  readonly place: Place | null;
  /** The header of the file, as it stands there; null where it was not read yet. */
  readonly header: string | null;
  /** Time of the newest row of each name, and of the newest reading of each point, UTC milliseconds. */
  readonly times: Readonly<Record<string, number>>;
  /** Times between the first rows, ms. */
  readonly steps: readonly number[];
}

const beginning: Progress = { place: null, header: null, times: {}, steps: [] };

const schema = v.object({
  place: v.nullable(v.object({ file: v.string(), offset: v.number(), line: v.number(), mark: v.string() })),
  header: v.nullable(v.string()),
  times: v.record(v.string(), v.number()),
  steps: v.array(v.number()),
});

/** What was remembered, or the beginning where it is nothing of ours. */
export function parseProgress(remembered: unknown): Progress {
  const result = v.safeParse(schema, remembered);
  return result.success ? result.output : beginning;
}

export function nameKey(name: string): string {
  return `name ${name}`;
}

export function pointKey(point: string): string {
  return `point ${point}`;
}
