import { readFrame } from '@wattmark/shared/segment-log';
import type { AdjustedPoints, EnteredReading } from '../accounting/adjustments.ts';
import { type BucketSink, minuteOf } from '../accounting/bucket.ts';
import type { Span } from '../accounting/interval.ts';
import { MAX_BRIDGE_MS } from '../accounting/point-account.ts';
import { ByteReader } from '../evidence/bytes.ts';
import { HASH_BYTES } from '../evidence/evidence-log.ts';
import { blockIn } from '../evidence/record.ts';
import { type Block, decodeBlock } from './block.ts';
import { PointHistory } from './booking.ts';
import type { ImportedSeries } from './import-book.ts';

/** Points are booked side by side for so long: the store likes rows that lie together in time to lie together on disk. */
const STRIDE_MS = 86_400_000;

interface Running {
  readonly pointId: number;
  readonly series: readonly ImportedSeries[];
  readonly history: PointHistory;
  /** Blocks of each series that were fed already. */
  readonly fed: number[];
}

/**
 * Books the readings of an import from the evidence log, all its points side by side, and comes up for air after each stretch.
 * @param adjusted what corrections make of them; their factors are left to the sink
 * @param sink is handed every minute
 */
export async function* foldImport(
  directory: string,
  series: readonly ImportedSeries[],
  adjusted: AdjustedPoints,
  sink: BucketSink,
): AsyncGenerator<void> {
  let running = runningOf(series, adjusted);
  let untilMs = Math.min(...series.map(({ fromMs }) => fromMs));
  while (running.length > 0) {
    untilMs += STRIDE_MS;
    for (const point of running) await bookUntil(directory, point, untilMs, sink, adjusted);
    for (const { history } of running) if (history.isDone) history.close(sink);
    running = running.filter(({ history }) => !history.isDone);
    yield;
  }
}

/**
 * How far a change to the readings of a span reaches: a register tells what flowed since it told last, and a sample or a mean as
 * much. From the last reading before the span to the first one of each kind after it.
 * @param series of one import
 */
export async function reachInImport(
  directory: string,
  series: readonly ImportedSeries[],
  adjusted: AdjustedPoints,
  span: Span,
): Promise<Span> {
  let { fromMs, toMs } = span;
  const earliestMs = fromMs - MAX_BRIDGE_MS;
  for (const point of runningOf(series, adjusted)) {
    const uses = point.series.map(({ use }) => use);
    const told = (): number[] => uses.map((use) => point.history.toldMs[use]);
    await bookUntil(directory, point, span.fromMs, nowhere, adjusted);
    fromMs = Math.min(fromMs, ...told().filter((ms) => ms >= earliestMs));
    while (!point.history.isDone && !told().every((ms) => ms >= span.toMs))
      await bookUntil(directory, point, point.history.nextMs + 1, nowhere, adjusted);
    toMs = Math.max(toMs, ...told().map((ms) => (ms >= span.toMs ? ms + 1 : 0)));
    if (point.history.isDone) toMs = Math.max(toMs, ...point.series.map((one) => one.toMs));
  }
  return { fromMs: minuteOf(fromMs), toMs };
}

const nowhere: BucketSink = () => {};

function runningOf(series: readonly ImportedSeries[], adjusted: AdjustedPoints): Running[] {
  const byPoint = new Map<number, ImportedSeries[]>();
  for (const one of series) byPoint.set(one.pointId, [...(byPoint.get(one.pointId) ?? []), one]);
  return [...byPoint].map(([pointId, own]) => {
    const intervalMs = Math.max(...own.map((one) => one.intervalMs));
    const uses = own.map(({ use }) => use);
    const history = new PointHistory(pointId, intervalMs, uses, enteredDuring(own, adjusted));
    return { pointId, series: own, history, fed: own.map(() => 0) };
  });
}

/**
 * Register values that were read off while the imported readings were made. One alone, without another or a register of the
 * import, says nothing of energy.
 */
function enteredDuring(own: readonly ImportedSeries[], adjusted: AdjustedPoints): EnteredReading[] {
  const pointId = own[0]?.pointId ?? -1;
  const fromMs = Math.min(...own.map((one) => one.fromMs));
  const toMs = Math.max(...own.map((one) => one.toMs));
  const entered = adjusted.get(pointId)?.entered.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs) ?? [];
  return entered.filter(
    (one, index) =>
      own.some(({ use }) => use === one.use) || entered.some(({ use }, other) => other !== index && use === one.use),
  );
}

async function bookUntil(
  directory: string,
  { pointId, series, history, fed }: Running,
  untilMs: number,
  sink: BucketSink,
  adjusted: AdjustedPoints,
): Promise<void> {
  const isVoid = (atMs: number): boolean => adjusted.isVoided(pointId, atMs);
  for (;;) {
    for (const channel of history.starved()) {
      const place = series[channel]?.places[fed[channel] ?? 0];
      fed[channel] = (fed[channel] ?? 0) + 1;
      history.feed(channel, place === undefined ? null : await readBlock(directory, place));
    }
    history.bookUntil(untilMs, sink, isVoid);
    if (history.starved().length === 0) return;
  }
}

async function readBlock(directory: string, place: ImportedSeries['places'][number]): Promise<Block> {
  const payload = await readFrame(directory, place);
  return decodeBlock(blockIn(new ByteReader(payload.subarray(HASH_BYTES))));
}
