import type { Channel } from '@wattmark/shared/channels';
import type { Logger } from '@wattmark/shared/logger';
import type { PointDeclaration, Quality } from '@wattmark/shared/messages';
import type { Clock } from './clock.ts';
import type { ConfiguredSource } from './config.ts';
import type { Sample, Source, Surroundings } from './source.ts';
import { implausible } from './tick-message.ts';

/** Power from a counter, and processor load, are differences between two looks. */
const BETWEEN_LOOKS_MS = 1_200;

/** Looks of a source that is watched, unless they take too long themselves. */
const LOOKS_WHILE_WATCHED = 30;

/** An instrument may take longer here than in a tick: the operator wants to know what it says, not only whether it is fast. */
const LEAST_PATIENCE_MS = 5_000;

export interface CheckedChannel {
  readonly point: string;
  readonly channel: Channel;
  /** In the channel's unit; null where there is none, for the reason in `problem`. */
  readonly value: number | null;
  readonly quality: Quality | null;
  readonly problem: string | null;
  /** By how much the value is older than the last look: a row of a file is, or a value of an earlier look. */
  readonly olderMs: number;
}

/** One reading of an instrument, or why it gave nothing. */
export interface Look {
  /** When it was over, UTC milliseconds. */
  readonly at: number;
  readonly tookMs: number;
  readonly sample: Sample | null;
  readonly problem: string | null;
}

export interface CheckedSource {
  readonly configured: ConfiguredSource;
  /** Why the instrument as a whole gave nothing at the last look, or null. */
  readonly problem: string | null;
  /** Monotonic milliseconds at which the last look was over. */
  readonly readMs: number;
  /** As the instrument declared them at the end. */
  readonly points: readonly PointDeclaration[];
  /** In the order of their times, at least two where the source could be opened. */
  readonly looks: readonly Look[];
  /** What was last said of each channel. */
  readonly channels: readonly CheckedChannel[];
}

export interface CheckOptions {
  readonly surroundings: Surroundings;
  readonly log: Logger;
  /** Time for which each instrument is looked at again and again; 0 for two looks. */
  readonly watchMs: number;
}

/** Opens every source and reads it at least twice, all at once. Never rejects for what a source does. */
export function checkSources(sources: readonly ConfiguredSource[], options: CheckOptions): Promise<CheckedSource[]> {
  return Promise.all(sources.map((source) => checkSource(source, options)));
}

export function allRead(checked: readonly CheckedSource[]): boolean {
  return checked.every(({ problem, channels }) => problem === null && channels.every((row) => row.problem === null));
}

async function checkSource(configured: ConfiguredSource, options: CheckOptions): Promise<CheckedSource> {
  const { surroundings, log } = options;
  const { module, settings, intervalMs } = configured;
  const looks: Look[] = [];
  let source: Source | null = null;
  let problem: string | null = null;
  try {
    source = await module.open(settings, { ...surroundings, log, intervalMs });
    await watch(source, configured, options, looks);
    problem = looks.at(-1)?.problem ?? null;
  } catch (error) {
    problem = textOf(error);
  }
  const points = source?.points ?? [];
  await source?.close().catch(() => {});
  const channels = looks.at(-1)?.sample == null ? [] : rowsOf(points, looks);
  return { configured, problem, readMs: surroundings.clock.monotonicMs(), points, looks, channels };
}

/** Appends to `looks` what the source says until the time of watching is over. */
async function watch(
  source: Source,
  { deadlineMs }: ConfiguredSource,
  { surroundings: { clock }, watchMs }: CheckOptions,
  looks: Look[],
): Promise<void> {
  const patienceMs = Math.max(deadlineMs, LEAST_PATIENCE_MS);
  const pauseMs = Math.max(BETWEEN_LOOKS_MS, watchMs / LOOKS_WHILE_WATCHED);
  const startMs = clock.monotonicMs();
  const startAt = clock.now();
  for (;;) {
    const beganMs = clock.monotonicMs();
    const answer = await look(source, patienceMs, clock).then(
      (sample) => ({ sample, problem: null }),
      (error: unknown) => ({ sample: null, problem: textOf(error) }),
    );
    const nowMs = clock.monotonicMs();
    looks.push({ at: startAt + nowMs - startMs, tookMs: nowMs - beganMs, ...answer });
    if (looks.length >= 2 && nowMs - startMs >= watchMs) return;
    await clock.sleep(pauseMs);
  }
}

async function look(source: Source, patienceMs: number, clock: Clock): Promise<Sample> {
  const abort = new AbortController();
  const over = new AbortController();
  const late = clock.sleep(patienceMs, over.signal).then((): never => {
    throw new Error(`no answer within ${patienceMs} ms`);
  });
  const reading = (async () => source.read(abort.signal))();
  late.catch(() => {});
  reading.catch(() => {});
  try {
    return await Promise.race([reading, late]);
  } catch (error) {
    abort.abort();
    throw error;
  } finally {
    over.abort();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A row for each channel that was read or announced, with the last that was said of it: histories come to an end. */
function rowsOf(points: readonly PointDeclaration[], looks: readonly Look[]): readonly CheckedChannel[] {
  const rows = new Map<string, CheckedChannel>();
  const add = (row: CheckedChannel): void => void rows.set(`${row.point} ${row.channel}`, row);
  const addMissing = (point: string, channel: Channel, problem: string): void =>
    add({ point, channel, value: null, quality: null, problem, olderMs: 0 });
  const end = looks.at(-1)?.at ?? 0;
  for (const { point, channels } of points) {
    for (const channel of channels) addMissing(point, channel, 'not read');
  }
  for (const { at, sample } of looks) {
    for (const { point, channel, reason } of sample?.noData ?? []) addMissing(point, channel, reason);
    for (const taken of [...(sample?.dated ?? []), { at, readings: sample?.readings ?? [] }]) {
      for (const [point, channel, value, quality = 'measured'] of taken.readings) {
        const number = Number.isFinite(value) ? value : null;
        const olderMs = end - taken.at;
        add({ point, channel, value: number, quality, problem: implausible(channel, value), olderMs });
      }
    }
  }
  return [...rows.values()];
}
