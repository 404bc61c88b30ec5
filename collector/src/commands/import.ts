import { existsSync, readFileSync, statSync } from 'node:fs';
import { loadCollectorConfig } from '../config.ts';
import { BlockSpool } from '../import/block-spool.ts';
import { HistoryError } from '../import/history-file.ts';
import {
  CollectorError,
  type KnownEnergy,
  KnownHistory,
  SilentCollectorError,
  type SiteFacts,
} from '../import/known-history.ts';
import { isMean, loadMapping, type Mapping } from '../import/mapping.ts';
import { HistoryReader } from '../import/reader.ts';
import { type ImportSummary, summarise } from '../import/summary.ts';
import { textOf } from '../import/summary-text.ts';
import { HistorySender, type SenderOptions } from '../import/history-sender.ts';
import { AnswerError, addressOf, CollectorClient } from './collector-client.ts';

/** `wattmark-collector import`: reads a history, says what it is booked as, and puts it on record. */

export interface ImportOptions {
  readonly mapping: string;
  readonly site: string;
  readonly config: string;
  readonly url?: string;
  readonly by?: string;
  readonly reason?: string;
  readonly dryRun: boolean;
}

/** Time between two lines of progress where nobody looks at a terminal, ms. */
const REPORT_EVERY_MS = 10_000;
const REDRAW_EVERY_MS = 200;

/** Where the command writes. */
export interface Output {
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
  readonly stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;
}

/**
 * @returns the exit code
 * @throws ConfigError where the mapping cannot be used, or does not fit the files
 */
export async function runImport(files: readonly string[], options: ImportOptions, output: Output): Promise<number> {
  try {
    await importFiles(files, options, output);
    return 0;
  } catch (error) {
    if (!(error instanceof HistoryError || error instanceof CollectorError || error instanceof AnswerError))
      throw error;
    output.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function importFiles(files: readonly string[], options: ImportOptions, output: Output): Promise<void> {
  const { stdout, stderr } = output;
  const sender = options.dryRun ? null : senderOf(files, options);
  const mapping = loadMapping(options.mapping);
  const collector = new KnownHistory(urlOf(options), options.site);
  const facts = await factsOf(collector, mapping, stderr);
  const reader = new HistoryReader(mapping);
  const spool = new BlockSpool(
    mapping.series.map(({ kind, isEstimated }) => ({
      isMean: isMean(kind),
      isEstimated,
      intervalMs: mapping.intervalMs,
    })),
  );
  try {
    await readAll(files, reader, spool, progress(stderr));
    const tell = async (report: Report): Promise<void> => {
      const total = new Set(mapping.series.map(({ point }) => point)).size;
      const summary = await summarise(mapping, reader, spool, facts.timezone, (done) =>
        report(() => `${done} of ${total} points booked`),
      );
      report(null);
      const known = facts.points === null ? null : await knownOf(collector, summary, facts.points);
      const newPoints = summary.points.map(({ point }) => point).filter((point) => facts.points?.has(point) === false);
      const { site } = options;
      stdout.write(textOf(summary, { site, timezone: facts.timezone, mapping, reader, known, newPoints }));
    };
    if (sender === null) await tell(progress(stderr));
    else await send(sender, mapping, spool, output, tell);
  } finally {
    spool.close();
  }
}

/** Sends the readings while it is told what they are; they count when both is done. */
async function send(
  sender: HistorySender,
  { series }: Mapping,
  spool: BlockSpool,
  { stdout, stderr }: Output,
  tell: (report: Report) => Promise<void>,
): Promise<void> {
  const sending = sender.send(series, spool, progress(stderr));
  // Whoever waits for it hears of it.
  sending.catch(() => {});
  try {
    await tell(() => {});
    const correction = await sender.commit(await sending);
    stdout.write(`Imported: correction ${correction}. Taken back by withdrawing it; see docs/auditor.md.\n`);
  } finally {
    sender.stop();
    await sending.catch(() => {});
  }
}

/** @throws HistoryError where it is not said who imports, and why; ConfigError where there is no token */
function senderOf(files: readonly string[], options: ImportOptions): HistorySender {
  const { by, reason, site } = options;
  if (by === undefined || reason === undefined)
    throw new HistoryError('--by and --reason say who imports and why; with --dry-run nothing is put on record');
  const client = new CollectorClient(loadCollectorConfig(options.config, process.env), options.url);
  const mapping = readFileSync(options.mapping, 'utf8');
  const post: SenderOptions['post'] = (path, body) => client.post(path, body);
  return new HistorySender({ post, site, entry: { by, reason, mapping, files } });
}

function urlOf({ url, config, dryRun }: ImportOptions): string {
  if (url !== undefined) return url;
  // A dry run needs no collector, and no configuration of one.
  if (dryRun && !existsSync(config)) return 'http://127.0.0.1:8080';
  return addressOf(loadCollectorConfig(config, process.env).http);
}

/** What the collector says of the site; a dry run goes without it. */
async function factsOf(
  collector: KnownHistory,
  mapping: Mapping,
  stderr: Output['stderr'],
): Promise<{ timezone: string; points: SiteFacts['points'] | null }> {
  try {
    return await collector.facts();
  } catch (error) {
    if (!(error instanceof SilentCollectorError)) throw error;
    const timezone = mapping.time.timezone ?? 'UTC';
    stderr.write(`${error.message}: months are those of ${timezone}, and what is known already is not asked\n`);
    return { timezone, points: null };
  }
}

async function readAll(
  files: readonly string[],
  reader: HistoryReader,
  spool: BlockSpool,
  report: Report,
): Promise<void> {
  const totalBytes = files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  let readings = 0;
  const onBytes = (bytes: number): void =>
    report((ms) => {
      const percent = Math.floor((100 * bytes) / Math.max(1, totalBytes));
      return `${percent} % read, ${reader.rows} rows, ${readings} readings, ${Math.round((readings * 1000) / ms)} a second`;
    });
  for await (const batch of reader.read(files, onBytes)) {
    spool.add(batch);
    readings += batch.atMs.length;
  }
  report(null);
}

async function knownOf(
  collector: KnownHistory,
  { points }: ImportSummary,
  ofSite: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ReadonlyMap<number, KnownEnergy>>> {
  const known = new Map<string, ReadonlyMap<number, KnownEnergy>>();
  for (const { point, months } of points) {
    const fromMs = months[0]?.span.fromMs;
    const toMs = months.at(-1)?.span.toMs;
    if (fromMs !== undefined && toMs !== undefined && ofSite.has(point))
      known.set(point, await collector.months(point, { fromMs, toMs }));
  }
  return known;
}

/** Says how far it is after some ms; null ends it. */
type Report = (text: ((ms: number) => string) | null) => void;

function progress(stderr: Output['stderr']): Report {
  const begunMs = performance.now();
  let saidMs = begunMs;
  let hasLine = false;
  const { isTTY } = stderr;
  return (text) => {
    if (text === null) {
      if (hasLine) stderr.write('\n');
      return;
    }
    const nowMs = performance.now();
    if (nowMs - saidMs < (isTTY ? REDRAW_EVERY_MS : REPORT_EVERY_MS)) return;
    saidMs = nowMs;
    stderr.write(isTTY ? `\r\u001B[K${text(nowMs - begunMs)}` : `${text(nowMs - begunMs)}\n`);
    hasLine = isTTY;
  };
}
