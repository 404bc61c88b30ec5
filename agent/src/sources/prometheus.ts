import { resolve } from 'node:path';
import type { Channel } from '@wattmark/shared/channels';
import { secretText } from '@wattmark/shared/config';
import type { PointDeclaration } from '@wattmark/shared/messages';
import * as v from 'valibot';
import { declarePoint, pointEntries, simulated } from '../point-config.ts';
import { type DatedReadings, type Sample, type Source, SourceError, type SourceModule } from '../source.ts';
import { timeoutMs } from '../source-config.ts';
import { findExporters } from './prometheus/discovery.ts';
import { scrape } from './prometheus/exporter.ts';
import type { Exposition } from './prometheus/exposition.ts';
import { createSelector, type Selector, seriesByChannel } from './prometheus/selector.ts';
import { untilAborted } from './support/abort.ts';
import { judge, type Outcome, toSample } from './support/outcome.ts';
import { pointList } from './support/point-list.ts';
import { createSilence } from './support/silence.ts';

const { channels: _, ...namedEntries } = pointEntries;
const text = v.pipe(v.string(), v.nonEmpty());

const schema = v.pipe(
  v.strictObject({
    url: v.pipe(
      v.string(),
      v.url('must be http:// or https://, with a host'),
      v.regex(/^https?:\/\/[^@]*$/, 'must be http:// or https://, without a password in it'),
    ),
    username: v.optional(v.pipe(secretText, v.nonEmpty())),
    password: v.optional(secretText),
    bearerTokenFile: v.optional(text),
    ca: v.optional(text),
    /** For the whole answer; two fifths of the interval unless said, at most 2.5 s. */
    timeout: v.optional(timeoutMs),
    simulated,
    points: pointList(v.strictObject({ ...namedEntries, estimated: v.optional(text), channels: seriesByChannel })),
  }),
  v.check(
    ({ username, bearerTokenFile }) => username === undefined || bearerTokenFile === undefined,
    'username and bearerTokenFile exclude each other',
  ),
);

type Config = v.InferOutput<typeof schema>;

/** A channel of a point, and the time of its newest reading where the exporter tells times. */
interface Item {
  readonly point: string;
  readonly isEstimated: boolean;
  readonly selector: Selector;
  at: number;
}

/** An exporter's clock may be so far ahead of ours, ms. */
const MOST_AHEAD_MS = 60_000;

const LONGEST_TIMEOUT_MS = 2_500;

/** Reads what a Prometheus exporter says, or Prometheus itself through `/federate`. */
export default {
  schema,
  async open(config, { clock, directory, intervalMs }): Promise<Source> {
    const { url, ca, bearerTokenFile, timeout = Math.min(LONGEST_TIMEOUT_MS, 0.4 * intervalMs) } = config;
    const items = config.points.flatMap(({ point, estimated, channels }) =>
      channels.map(
        ([channel, selected]): Item => ({
          point,
          isEstimated: estimated !== undefined,
          selector: createSelector(channel, selected),
          at: Number.NEGATIVE_INFINITY,
        }),
      ),
    );
    const access = {
      ...config,
      ca: ca === undefined ? undefined : resolve(directory, ca),
      bearerTokenFile: bearerTokenFile === undefined ? undefined : resolve(directory, bearerTokenFile),
    };
    const metrics = new Set(items.map(({ selector }) => selector.metric));
    const isWanted = (metric: string): boolean => metrics.has(metric);
    const silence = createSilence();
    return {
      points: config.points.map((point) => declare(point, config.simulated, intervalMs)),
      async read(signal) {
        try {
          const scraping = scrape(access, { timeoutMs: timeout, signal, isWanted });
          const exposition = await untilAborted(signal, url, scraping);
          silence.broken();
          return sampleOf(items, exposition, clock.now(), 3 * intervalMs);
        } catch (error) {
          const isSilence = error instanceof SourceError && error.kind === 'retry' && !signal.aborted;
          throw isSilence ? silence.failure(error.message) : error;
        }
      },
      async close() {},
    };
  },
  discover: findExporters,
} satisfies SourceModule<typeof schema>;

function declare(point: Config['points'][number], isSimulated: boolean, intervalMs: number): PointDeclaration {
  const selectors = point.channels.map(([channel, series]) => createSelector(channel, series));
  return declarePoint(point, {
    source: 'prometheus',
    intervalMs,
    simulated: isSimulated,
    channels: selectors.map(({ channel }) => channel),
    method: point.estimated,
    energyModulusWh: selectors.find(({ channel }) => channel === 'energy')?.modulus,
  });
}

function sampleOf(items: readonly Item[], exposition: Exposition, now: number, staleMs: number): Sample {
  const outcomes: Outcome[] = [];
  const dated: DatedReadings[] = [];
  for (const item of items) {
    const { at, outcome } = read(item, exposition, now, staleMs);
    if (outcome === null) continue;
    if (at === null || 'reason' in outcome) outcomes.push(outcome);
    else dated.push({ at, readings: [outcome] });
  }
  return { ...toSample(outcomes), dated: dated.sort((a, b) => a.at - b.at) };
}

/** What an item says, and when; null where it has been said before. */
function read(
  item: Item,
  exposition: Exposition,
  now: number,
  staleMs: number,
): { readonly at: number | null; readonly outcome: Outcome | null } {
  const { point, selector } = item;
  const { channel } = selector;
  try {
    const { value, at } = selector.value(exposition);
    if (at !== null) checkTime(at, now, staleMs);
    if (at !== null && at <= item.at) return { at, outcome: null };
    item.at = at ?? item.at;
    return { at, outcome: judge(point, channel, value, item.isEstimated ? 'estimated' : 'measured') };
  } catch (error) {
    return { at: null, outcome: noData(point, channel, (error as Error).message) };
  }
}

/** @throws Error where a time says that the value is not to be used. */
function checkTime(at: number, now: number, staleMs: number): void {
  const ageS = Math.round((now - at) / 1000);
  if (now - at > staleMs) throw new Error(`the exporter's value is ${ageS} s old`);
  if (at - now > MOST_AHEAD_MS) throw new Error(`the exporter's clock is ${-ageS} s ahead of this host's`);
}

function noData(point: string, channel: Channel, reason: string): Outcome {
  return { point, channel, reason };
}
