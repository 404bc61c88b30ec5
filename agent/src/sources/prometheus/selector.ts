import type { Channel } from '@wattmark/shared/channels';
import { byChannel, scaleOf, unitEntries } from '@wattmark/shared/units';
import * as v from 'valibot';
import { combine } from '../support/combine.ts';
import { type Exposition, nameOf, type Series } from './exposition.ts';

const text = v.pipe(v.string(), v.nonEmpty());

/** From here on, an integer of 64 bits says that there is none: DCGM gives 2^63 - 16 and a few more (dcgm_structs.h). */
const LEAST_SENTINEL = 2 ** 63;

/** A label's value, or `/…/` for a regular expression that matches the whole of it, as in PromQL. */
const labelPattern = v.pipe(
  v.union([v.string(), v.number(), v.boolean()]),
  v.transform(String),
  v.check((pattern) => toMatcher(pattern) !== null, 'is no regular expression'),
);

/** Schema of what a point reads: for each channel which series. */
export const seriesByChannel = byChannel(
  v.pipe(
    v.strictObject({
      metric: v.pipe(text, v.regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'must be the name of a metric')),
      labels: v.optional(v.record(text, labelPattern), {}),
      /** What to do where several series match. */
      combine: v.optional(v.picklist(['sum', 'mean'])),
      /** Value of each series at which it begins at 0 again. */
      wraps: v.optional(v.pipe(v.number(), v.gtValue(0))),
      ...unitEntries,
    }),
    v.check(
      ({ combine, wraps }) => wraps === undefined || combine !== 'mean',
      'a mean of counters that wrap means nothing',
    ),
  ),
);

export type SeriesConfig = v.InferOutput<typeof seriesByChannel>[number][1];

/** Which series a channel is read from, and how. */
export interface Selector {
  readonly channel: Channel;
  readonly metric: string;
  /** The value in the channel's unit, and when it was taken. @throws Error saying why there is none. */
  value(exposition: Exposition): { readonly value: number; readonly at: number | null };
  /** Value of the channel at which it wraps, in its unit; undefined where it does not. */
  readonly modulus: number | undefined;
}

/** Channels that a counter can be. */
const cumulative: ReadonlySet<Channel> = new Set(['energy', 'energy-export', 'volume', 'mass', 'traffic']);

/** Series named in a message. */
const MOST_NAMED = 5;

export function createSelector(channel: Channel, config: SeriesConfig): Selector {
  const { metric, wraps } = config;
  const scale = scaleOf(channel, config);
  const matchers = Object.entries(config.labels).map(([label, pattern]) => ({ label, matches: toMatcher(pattern) }));

  function select(exposition: Exposition): readonly Series[] {
    const named = exposition.series.filter((series) => series.metric === metric);
    const found = named.filter(({ labels }) => matchers.every(({ label, matches }) => matches?.(labels[label] ?? '')));
    const [problem] = exposition.problems.filter((text) => text.includes(` ${metric} `));
    if (problem !== undefined) throw new Error(problem);
    if (named.length === 0) throw new Error(`the exporter has no metric ${metric}`);
    if (found.length === 0) throw new Error(`no series of ${metric} has these labels; there are: ${list(named)}`);
    if (found.length > 1 && config.combine === undefined) {
      throw new Error(`${found.length} series match: say more labels, or combine: sum or mean: ${list(found)}`);
    }
    return found;
  }

  return {
    channel,
    metric,
    modulus: wraps === undefined ? undefined : combine({ scale }, [wraps]),
    value(exposition) {
      const found = select(exposition);
      if (exposition.typeOf(metric) === 'counter' && !cumulative.has(channel))
        throw new Error(`${metric} is a counter, which only grows: read it as energy, not as ${channel}`);
      const broken = found.find(({ value }) => !Number.isFinite(value) || value >= LEAST_SENTINEL);
      if (broken !== undefined) throw new Error(`the exporter says ${broken.value} for ${nameOf(broken)}`);
      const raw = found.reduce((sum, { value }) => sum + value, 0) / (config.combine === 'mean' ? found.length : 1);
      // A sum of counters that wrap falls by the modulus whenever one does: it is a counter of the same modulus.
      const value = combine({ scale }, [wraps === undefined ? raw : raw % wraps]);
      return { value, at: timeOf(found) };
    },
  };
}

/** Of values that belong together the newest; null where one of them is of now. */
function timeOf(series: readonly Series[]): number | null {
  const times = series.map(({ at }) => at);
  return times.includes(null) ? null : Math.max(...times.map(Number));
}

function list(series: readonly Series[]): string {
  const names = series.slice(0, MOST_NAMED).map(nameOf).join(', ');
  return series.length > MOST_NAMED ? `${names}, …` : names;
}

function toMatcher(pattern: string): ((value: string) => boolean) | null {
  const inner = /^\/(.*)\/$/s.exec(pattern)?.[1];
  if (inner === undefined) return (value) => value === pattern;
  try {
    const expression = new RegExp(`^(?:${inner})$`, 's');
    return (value) => expression.test(value);
  } catch {
    return null;
  }
}
