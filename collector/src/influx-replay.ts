import { rm } from 'node:fs/promises';
import type { Logger } from '@wattmark/shared/logger';
import { beginning } from './evidence/evidence-log.ts';
import { Fold } from './fold.ts';
import { InfluxError, type InfluxTarget } from './influx/client.ts';
import { minutesDatabase } from './influx/schema.ts';
import { foldInto, forgetMissing, type Replay, type ReplayOptions } from './replay.ts';
import { openStore, storeFile } from './restore.ts';
import type { TableComparison } from './store/comparison.ts';
import { openDuckdbStore } from './store/duckdb.ts';
import { compareRows, spanOfRows } from './store/row-comparison.ts';
import type { Store } from './store/store.ts';

/**
 * Rebuilds an embedded store beside the evidence log, from the log alone, and compares its newest rows with those in InfluxDB,
 * through what both hand to their readers. Where InfluxDB has nothing yet, the log is folded into it instead. The collector must
 * not run.
 * @throws InfluxError or ConfigError, each of which says what to do.
 */
export async function replayInflux(
  data: string,
  target: InfluxTarget,
  log: Logger,
  options: ReplayOptions,
): Promise<Replay> {
  const fold = new Fold(beginning);
  const influx = await openStore(data, target, log, () => fold);
  try {
    const progress = await influx.progress();
    if (progress === 0) {
      await foldInto(influx, fold, data, { ...options, until: Number.POSITIVE_INFINITY });
      await forgetMissing(data);
      return { records: fold.cursor.position, comparison: null, reason: 'the store is empty' };
    }
    if (options.replace) throw new InfluxError('refused', notReplaced(target));
    const comparison = await compareWithRebuilt(influx, fold, data, { ...options, until: progress });
    return { records: fold.cursor.position, comparison, reason: null };
  } finally {
    await influx.close();
  }
}

/** What is folded again reads back what it wrote before, so that rows of today among them would bend those of the past. */
function notReplaced({ url, database }: InfluxTarget): string {
  return (
    `InfluxDB at ${url} has rows, and a store there is only made anew where it is empty: drop ${database} and ` +
    `${minutesDatabase(database)}, run \`wattmark-collector setup influx\`, and replay without \`--replace\``
  );
}

async function compareWithRebuilt(
  influx: Store,
  fold: Fold,
  data: string,
  progress: Parameters<typeof foldInto>[3],
): Promise<readonly TableComparison[]> {
  const file = `${storeFile(data)}.replay`;
  await rm(file, { force: true });
  const rebuilt = await openDuckdbStore(file, { memoryMiB: 512 });
  try {
    await foldInto(rebuilt, fold, data, progress);
    const sites = fold.allSites();
    const least = { fromMs: fold.marks.all()[0]?.startMs ?? fold.closedMs, toMs: fold.closedMs };
    return await compareRows(rebuilt, influx, sites, await spanOfRows([rebuilt, influx], sites, least));
  } finally {
    await rebuilt.close();
    await rm(file, { force: true });
  }
}
