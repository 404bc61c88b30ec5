import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { ConfigError } from '@wattmark/shared/config';
import { createLogger } from '@wattmark/shared/logger';
import { CorruptLogError } from '@wattmark/shared/segment-log';
import { Command } from 'commander';
import type { ListOptions } from './commands/correct.ts';
import type { CorrectOptions } from './commands/correction-options.ts';
import type { SetupInfluxOptions } from './commands/setup-influx.ts';
import type { ImportOptions } from './commands/import.ts';
import { startCollector } from './collector.ts';
import { loadCollectorConfig } from './config.ts';
import { BrokenChainError } from './evidence/evidence-log.ts';
import { InfluxError } from './influx/client.ts';
import { replayInflux } from './influx-replay.ts';
import { replay } from './replay.ts';
import { loadSiteFiles } from './site/site-file.ts';
import { StoreError } from './store/schema.ts';
import { verifyEvidence } from './verify.ts';

/** The page as `npm run build` makes it, beside this workspace. */
const PAGE = join(import.meta.dirname, '..', '..', 'dashboards', 'dist', 'page');

interface ConfigOption {
  readonly config: string;
}

const EXAMPLES = `wattmark-collector correct factor --site dc-1 --point cooling-1 --from 2026-10-01T00:00+08:00 --factor 2 \\
    --by 'A. Auditor' --reason 'CT ratio 200/5 was entered as 100/5' --dry-run
  wattmark-collector correct void --site dc-1 --point ups-1 --from 2026-10-05T08:00Z --to 2026-10-05T09:30Z \\
    --by 'A. Auditor' --reason 'wires were open'
  wattmark-collector correct reading --site dc-1 --point utility-a --at 2026-10-05T08:00Z --value 12345.6kWh \\
    --by 'A. Auditor' --reason 'read off while the agent was away'
  wattmark-collector correct replacement --site dc-1 --point utility-a --at 2026-10-05T08:00Z --last 12345.6kWh --first 0kWh \\
    --by 'A. Auditor' --reason 'meter 2107 replaced by 3310'
  wattmark-collector correct withdraw --site dc-1 --correction 4711 --by 'A. Auditor' --reason 'it was the other feed'`;

const program = new Command('wattmark-collector')
  .description('Collects energy readings, keeps them as evidence, and serves energy, PUE and verdicts.')
  .version('0.1.0');

const command = (name: string, description: string, example: string): Command =>
  program
    .command(name)
    .description(description)
    .option('-c, --config <file>', 'configuration file', 'collector.yaml')
    .addHelpText('after', `\nExample:\n  ${example}`);

command(
  'run',
  'Runs the collector until it is told to stop (SIGINT, SIGTERM).',
  'wattmark-collector run --config collector.yaml',
).action(runCollector);

command(
  'verify',
  'Checks the hash chain of the evidence log and names the first broken record. The collector may be running.',
  'wattmark-collector verify --config collector.yaml',
).action(runVerify);

command(
  'replay',
  'Rebuilds the store from the evidence log and says whether the result is identical. The collector must not be running.',
  'wattmark-collector replay --config collector.yaml',
)
  .option('--replace', 'put the rebuilt store in place of the old one', false)
  .action(runReplay);

program
  .command('import')
  .description(
    'Imports a history from CSV files: says what is booked (readings, gaps, energy by month) and puts it on record.',
  )
  .argument('<files...>', 'CSV files with the same columns, one continuing the other; they may be compressed with gzip')
  .requiredOption('-m, --mapping <file>', 'what the columns are, and their units and time zone (YAML or JSON)')
  .requiredOption('-s, --site <site>', 'the site whose points they are of')
  .option('-c, --config <file>', 'configuration file of the collector, which must be running', 'collector.yaml')
  .option('-u, --url <url>', 'where the collector runs, if not where the configuration says')
  .option('-b, --by <name>', 'who imports')
  .option('-r, --reason <text>', 'why, and where the history comes from')
  .option('-n, --dry-run', 'only say what would be booked; nothing is put on record', false)
  .addHelpText(
    'after',
    `
Example:
  wattmark-collector import 2025.csv.gz --mapping mapping.yaml --site dc-1 --dry-run
  wattmark-collector import 2025.csv.gz --mapping mapping.yaml --site dc-1 --by "A. Auditor" --reason "log of the old BMS"`,
  )
  .action(async (files: readonly string[], options: ImportOptions) => {
    const { runImport } = await import('./commands/import.ts');
    process.exitCode = await runImport(files, options, process);
  });

command('correct', 'Corrects what is on record; the collector must be running.', EXAMPLES)
  .argument('<kind>', 'void, reading, replacement, factor, structure, acknowledge or withdraw')
  .requiredOption('-s, --site <site>', 'the site that it is of')
  .requiredOption('--by <name>', 'who says so')
  .requiredOption('--reason <text>', 'why, as an auditor would want to read it')
  .option('-p, --point <point>', 'the metering point')
  .option('--from <time>', 'void, factor, structure: from when on, ISO 8601 with offset')
  .option('--to <time>', 'void, factor: up to when')
  .option('--at <time>', 'reading, replacement: when')
  .option('--value <energy>', 'reading: what the register showed, such as 12345.6kWh')
  .option('--last <energy>', 'replacement: the old meter’s last register value')
  .option('--first <energy>', 'replacement: the new meter’s first register value')
  .option('--channel <channel>', 'reading, replacement: energy (default) or energy-export')
  .option('--factor <number>', 'factor: what was measured is multiplied by it')
  .option('--finding <id>', 'acknowledge: the finding')
  .option('--correction <id>', 'withdraw: the correction that no longer holds')
  .option('--timezone <zone>', 'of times without an offset: site, or an IANA name')
  .option('-n, --dry-run', 'only say what would change', false)
  .action(async (kind: string, options: CorrectOptions) => {
    const { runCorrect } = await import('./commands/correct.ts');
    process.exitCode = await runCorrect(kind, options, process);
  });

command('corrections', 'Lists what was corrected.', 'wattmark-collector corrections --site dc-1')
  .requiredOption('-s, --site <site>', 'the site')
  .action(async (options: ListOptions) => {
    const { runCorrections } = await import('./commands/correct.ts');
    process.exitCode = await runCorrections(options, process);
  });

program
  .command('setup')
  .description('Prepares what the collector writes to.')
  .command('influx')
  .description(
    'Creates the databases (buckets) of every InfluxDB that the configuration names, with their retention. Safe to run again.',
  )
  .option('-c, --config <file>', 'configuration file', 'collector.yaml')
  .option('-n, --dry-run', 'only say what would be done', false)
  .option('--shorten', 'let databases keep less than they do, which deletes what is older', false)
  .addHelpText('after', '\nExample:\n  wattmark-collector setup influx --config collector.yaml --dry-run')
  .action(async (options: SetupInfluxOptions) => {
    const { runSetupInflux } = await import('./commands/setup-influx.ts');
    process.exitCode = await runSetupInflux(options, process);
  });

/** The heap may grow by this much beyond what is alive before it is cleared: left alone, Node lets it become twice as large. */
const HEAP_GROWTH_PERCENT = 10;

async function runCollector({ config: file }: ConfigOption): Promise<void> {
  const config = loadCollectorConfig(file, process.env);
  const sites = config.sites === null ? [] : loadSiteFiles(config.sites, process.env);
  const log = createLogger('wattmark-collector', config.logLevel);
  const page = existsSync(PAGE) ? PAGE : null;
  const collector = await startCollector({ config, sites, page, log, now: Date.now });
  // Only from here on: folding the log after a restart should not wait for it.
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  log.info({ url: `http://${config.http.host}:${collector.httpPort}/`, mqttPort: collector.mqttPort }, 'running');
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  log.info({ signal }, 'stopping');
  await collector.stop();
  log.info('stopped');
}

async function runVerify({ config: file }: ConfigOption): Promise<void> {
  const { data } = loadCollectorConfig(file, process.env);
  const { records, hash, lastMs, broken } = await verifyEvidence(data, progress('checked'));
  const until = lastMs === null ? '' : `, the last of ${new Date(lastMs).toISOString()} with hash ${hash}`;
  console.log(`${records} records follow from one another${until}.`);
  if (broken === null) return console.log('The evidence log is intact.');
  console.log(`BROKEN: ${broken}`);
  process.exitCode = 1;
}

async function runReplay({ config: file, replace }: ConfigOption & { readonly replace: boolean }): Promise<void> {
  const { data, store, logLevel } = loadCollectorConfig(file, process.env);
  const options = { replace, onProgress: progress('replayed') };
  const log = createLogger('wattmark-collector', logLevel);
  const replayed = store === null ? replay(data, options) : replayInflux(data, store, log, options);
  const { records, comparison, reason } = await replayed;
  console.log(`${records} records replayed.`);
  if (comparison === null) return console.log(`The store was made anew: ${reason}.`);
  for (const { table, rows, differing } of comparison) console.log(`${table}: ${rows} rows, ${differing} differing`);
  const identical = comparison.every(({ differing }) => differing === 0);
  console.log(identical ? 'The rebuilt store is identical.' : 'The rebuilt store DIFFERS from the one in use.');
  if (replace) console.log('The rebuilt store is now in use.');
  if (!identical) process.exitCode = 1;
}

function progress(verb: string): (records: number) => void {
  return (records) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${records} records ${verb} …`);
  };
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(isForOperator(error) || isListenError(error))) throw error;
  console.error((error as Error).message);
  // What was opened before the failure must not keep the process alive.
  process.exit(1);
}

/** What can be told in one line, without a stack. */
function isForOperator(error: unknown): boolean {
  const kinds = [ConfigError, StoreError, InfluxError, CorruptLogError, BrokenChainError];
  return kinds.some((kind) => error instanceof kind);
}

function isListenError(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE' || code === 'EACCES' || code === 'ENOENT';
}
