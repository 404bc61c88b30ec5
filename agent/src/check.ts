import type { Logger } from '@wattmark/shared/logger';
import type { Quality } from '@wattmark/shared/messages';
import type { Channel } from '@wattmark/shared/channels';
import type { Clock } from './clock.ts';
import type { ConfiguredSource } from './config.ts';
import { addressOf } from './source-address.ts';
import type { Sample, Source, Surroundings } from './source.ts';
import { implausible } from './tick-message.ts';

/** Power from a counter, and processor load, are differences between two looks. */
const BETWEEN_LOOKS_MS = 1_200;

/** An instrument may take longer here than in a tick: the operator wants to know what it says, not whether it is fast. */
const LEAST_PATIENCE_MS = 5_000;

export interface CheckedChannel {
  readonly point: string;
  readonly channel: Channel;
  /** In the channel's unit; null where there is none, for the reason in `problem`. */
  readonly value: number | null;
  readonly quality: Quality | null;
  readonly problem: string | null;
}

export interface CheckedSource {
  readonly label: string;
  readonly kind: string;
  /** Where the instrument is, as configured. */
  readonly address: string;
  /** Why the instrument as a whole gave nothing, or null. */
  readonly problem: string | null;
  /** Monotonic milliseconds at which the second look was over. */
  readonly readMs: number;
  readonly channels: readonly CheckedChannel[];
}

/** Opens every source and reads it twice, all at once. Never rejects for what a source does. */
export function checkSources(
  sources: readonly ConfiguredSource[],
  surroundings: Surroundings,
  log: Logger,
): Promise<CheckedSource[]> {
  return Promise.all(sources.map((source) => checkSource(source, surroundings, log)));
}

export function allRead(checked: readonly CheckedSource[]): boolean {
  return checked.every(({ problem, channels }) => problem === null && channels.every((row) => row.problem === null));
}

async function checkSource(
  configured: ConfiguredSource,
  surroundings: Surroundings,
  log: Logger,
): Promise<CheckedSource> {
  const { clock } = surroundings;
  const { label, kind, module, settings, intervalMs } = configured;
  const patienceMs = Math.max(configured.deadlineMs, LEAST_PATIENCE_MS);
  let source: Source | null = null;
  let problem: string | null = null;
  let channels: readonly CheckedChannel[] = [];
  try {
    const opened = await module.open(settings, { ...surroundings, log, intervalMs });
    source = opened;
    await look(opened, patienceMs, clock).catch(() => {});
    await clock.sleep(BETWEEN_LOOKS_MS);
    channels = rowsOf(opened, await look(opened, patienceMs, clock));
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  await source?.close().catch(() => {});
  return { label, kind, address: addressOf(settings), problem, readMs: clock.monotonicMs(), channels };
}

async function look(source: Source, patienceMs: number, clock: Clock): Promise<Sample> {
  const abort = new AbortController();
  const over = new AbortController();
  const late = clock.sleep(patienceMs, over.signal).then((): never => {
    abort.abort();
    throw new Error(`no answer within ${patienceMs} ms`);
  });
  const reading = source.read(abort.signal);
  late.catch(() => {});
  reading.catch(() => {});
  return Promise.race([reading, late]).finally(() => over.abort());
}

/** A row for each channel that was read or announced. */
function rowsOf(source: Source, sample: Sample): readonly CheckedChannel[] {
  const rows = new Map<string, CheckedChannel>();
  const add = (row: CheckedChannel): void => void rows.set(`${row.point} ${row.channel}`, row);
  for (const { point, channels } of source.points) {
    for (const channel of channels) add({ point, channel, value: null, quality: null, problem: 'not read' });
  }
  for (const { point, channel, reason } of sample.noData) {
    add({ point, channel, value: null, quality: null, problem: reason });
  }
  const dated = (sample.dated ?? []).flatMap(({ readings }) => readings);
  for (const [point, channel, value, quality = 'measured'] of [...dated, ...sample.readings]) {
    add({
      point,
      channel,
      value: Number.isFinite(value) ? value : null,
      quality,
      problem: implausible(channel, value),
    });
  }
  return [...rows.values()];
}
