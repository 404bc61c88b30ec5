import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Figure, Outcome } from './figure.ts';
import { isMet } from './figure.ts';
import { agent } from './figures/agent.ts';
import { devices } from './figures/devices.ts';
import { embeddedIngest, ingest } from './figures/ingest.ts';
import { ingestInflux } from './figures/ingest-influx.ts';
import { history } from './figures/history.ts';
import { live } from './figures/live.ts';
import { mirror } from './figures/mirror.ts';
import { memory } from './figures/memory.ts';
import { panels } from './figures/panels.ts';
import { outage } from './figures/outage.ts';
import { proof } from './figures/proof.ts';
import { report } from './figures/report.ts';
import { restart } from './figures/restart.ts';
import { restate } from './figures/restate.ts';
import { year } from './figures/year.ts';
import { lineOf, tableOf } from './report.ts';
import { Room } from './rig/room.ts';

const figures: readonly Figure[] = [
  ingest,
  embeddedIngest,
  ingestInflux,
  live,
  memory,
  restart,
  agent,
  devices,
  year,
  panels,
  report,
  restate,
  history,
  proof,
  mirror,
  outage,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    list: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    days: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const numberOf = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
const options = { minutes: numberOf(values.minutes), days: numberOf(values.days) };

const unknown = positionals.filter((name) => figures.every((figure) => figure.name !== name));
if (values.help || values.list) showHelp();
else if (unknown.length > 0 || Object.values(options).some((option) => option !== null && !(option > 0))) {
  console.error(
    unknown.length > 0 ? `no such figure: ${unknown.join(', ')}` : '--minutes and --days want a number above 0',
  );
  showHelp();
  process.exitCode = 2;
} else
  process.exitCode = await measure(
    figures.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
  );

function showHelp(): void {
  console.log('npm run bench -- [--minutes N] [--days N] [figure …]\n');
  console.log(
    'Measures all figures, or those named, against what is required of them and against what this machine allows.',
  );
  console.log(
    '--minutes is the length of those that watch something over time, --days that of an imported history. ' +
      'Exit code 1: a requirement is not met.\n',
  );
  for (const figure of figures) {
    console.log(`  ${figure.name.padEnd(9)} up to ${figure.minutes(options)} min. ${figure.about}`);
  }
}

/** @returns the exit code. */
async function measure(chosen: readonly Figure[]): Promise<number> {
  const outcomes: Outcome[] = [];
  let failed = 0;
  for (const figure of chosen) {
    console.log(`\n${figure.name} (up to ${figure.minutes(options)} min; load average ${loadavg()[0]?.toFixed(1)})`);
    const room = new Room((text) => console.log(`  … ${text}`), values.keep);
    try {
      for (const outcome of await figure.run(room, options)) {
        outcomes.push(outcome);
        console.log(`  ${lineOf(outcome)}`);
      }
    } catch (error) {
      failed++;
      console.error(`  could not be measured: ${(error as Error).stack}`);
    } finally {
      await room.close();
    }
  }
  console.log(`\n${tableOf(outcomes)}`);
  return failed === 0 && outcomes.every(isMet) ? 0 : 1;
}
