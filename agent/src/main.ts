import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, durationMs } from '@wattmark/shared/config';
import { Command, InvalidArgumentError, Option } from 'commander';
import * as v from 'valibot';
import type { Clock } from './clock.ts';
import { searchedKinds } from './commissioning/discovery.ts';
import { type AgentConfig, loadAgentConfig } from './config.ts';
import { openCatalog } from './source-catalog.ts';
import { version } from './version.ts';

const sourceDirectory = new URL('./sources/', import.meta.url);

const clock: Clock = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  sleep: (delayMs, signal) =>
    sleep(delayMs, undefined, signal === undefined ? {} : { signal }).then(
      () => {},
      () => {},
    ),
};

const program = new Command('wattmark-agent')
  .description('Reads power instruments and publishes what they say to a Wattmark collector over MQTT.')
  .version(version);

program
  .command('run')
  .description('sample and publish until SIGINT or SIGTERM; logs JSON to standard error')
  .requiredOption('--config <file>', 'the configuration (YAML)')
  .addHelpText('after', '\nExample:\n  wattmark-agent run --config agent.yaml')
  .action(({ config }: { config: string }) => orExit(runAgent(config)));

program
  .command('check')
  .description(
    'read every configured point, print what it says and what is suspicious about it; ' +
      'exits with 1 where something could not be read or is an error',
  )
  .option('--config <file>', 'the configuration (YAML)')
  .option(
    '--watch <duration>',
    'look again and again for so long: energy registers, stuck values, slow answers',
    duration,
  )
  .option('--collector <url>', "the collector, whose clock is compared with this machine's")
  .option('--no-broker', 'do not connect to the broker')
  .option('--json', 'print JSON instead of a table')
  .addOption(new Option('--profile <profile>', 'instead: try a profile against a device').conflicts('config'))
  .option('--kind <kind>', 'of the profile, where its file does not tell: modbus, snmp')
  .option('--host <host>', 'of the device that the profile is tried against')
  .option('--port <port>', 'where it is not the usual one', Number)
  .option('--unit <unit>', 'of a Modbus device behind a gateway', Number)
  .option('--device <path>', 'serial line instead of a host')
  .option('--baud-rate <rate>', 'of the serial line', Number)
  .option('--community <name>', 'of an SNMP device (public)')
  .addHelpText(
    'after',
    '\nExamples:\n  wattmark-agent check --config agent.yaml --watch 3m --collector http://192.0.2.1:8080' +
      '\n  wattmark-agent check --profile my-meter.json --host 192.0.2.10 --unit 3',
  )
  .action((options: CheckOptions) => orExit(runCheck(options)));

const discovering = program
  .command('discover')
  .description(
    'look for instruments on this machine, and beyond it only at the addresses named here; ' +
      'print an agent.yaml with what is found',
  );
for (const [kind, example] of Object.entries(searchedKinds)) {
  discovering.option(`--${kind} <address...>`, `hosts, networks or ranges, such as ${example}`);
}
discovering
  .option('--community <name>', 'SNMP community to try', 'public')
  .option('-o, --output <file>', 'write to a file instead of standard output')
  .option('--force', 'replace the file where it exists')
  .addHelpText(
    'after',
    '\nExample:\n  wattmark-agent discover --snmp 192.0.2.0/24 --modbus 192.0.2.10-40 -o agent.yaml',
  )
  .action((options: DiscoverOptions) => orExit(runDiscover(options)));

program
  .command('profiles')
  .description(
    'list the models of instruments that are known, or show one with the registers or objects of each channel',
  )
  .argument('[name]', 'of the profile to show')
  .option('--kind <kind>', 'only those of this kind of source: modbus, snmp')
  .option('--json', 'print JSON')
  .addHelpText('after', '\nExample:\n  wattmark-agent profiles eastron-sdm630')
  .action((name: string | undefined, options: ProfilesOptions) => orExit(runProfiles(name, options)));

// Each command loads what it needs when it is called: the agent itself stays small.
await program.parseAsync();

async function runAgent(file: string): Promise<void> {
  const { run } = await import('./commands/run.ts');
  await run(() => load(file), clock);
  // A driver may have left a socket or a timer behind; everything of ours is closed.
  process.exit(0);
}

interface CheckOptions {
  readonly config?: string;
  readonly watch?: number;
  readonly collector?: string;
  readonly broker: boolean;
  readonly json?: boolean;
  readonly profile?: string;
  readonly kind?: string;
  /** `host`, `unit` and so on, for a profile. */
  readonly [key: string]: unknown;
}

async function runCheck(options: CheckOptions): Promise<void> {
  const { config, watch = 0, collector, broker, json = false, profile, kind, ...keys } = options;
  const write = (text: string): void => void process.stdout.write(text);
  let isGood: boolean;
  if (profile !== undefined) {
    const { tryOut } = await import('./commands/profile-trial.ts');
    isGood = await tryOut({ profile, kind, keys }, json, await openCatalog(sourceDirectory), clock, write);
  } else if (config !== undefined) {
    const { check } = await import('./commands/check.ts');
    if (watch > 0 && process.stderr.isTTY) process.stderr.write(`watching for ${watch / 1000} s …\n`);
    isGood = await check(await load(config), { json, watchMs: watch, broker, collector }, clock, write);
  } else throw new ConfigError('check', ['name the configuration with --config, or a profile to try with --profile']);
  // A driver may have left a socket or a timer behind; everything of ours is closed.
  process.exit(isGood ? 0 : 1);
}

interface DiscoverOptions extends Readonly<Record<string, unknown>> {
  readonly community: string;
  readonly output?: string;
  readonly force?: boolean;
}

async function runDiscover({ community, output, force = false, ...named }: DiscoverOptions): Promise<void> {
  const { discover } = await import('./commands/discover.ts');
  const addresses = named as Record<string, readonly string[]>;
  await discover({ addresses, community, output, force }, await openCatalog(sourceDirectory), clock);
  // A search that was given up may go on; nobody waits for it.
  process.exit(0);
}

interface ProfilesOptions {
  readonly kind?: string;
  readonly json?: boolean;
}

async function runProfiles(name: string | undefined, { kind, json = false }: ProfilesOptions): Promise<void> {
  const { profiles } = await import('./commands/profiles.ts');
  process.stdout.write(profiles({ name, kind, json }));
}

/** A duration among the arguments, in milliseconds. */
function duration(text: string): number {
  const { success, output } = v.safeParse(durationMs, text);
  if (!success) throw new InvalidArgumentError('It must have a unit, such as 60s or 5m.');
  return output;
}

async function load(file: string): Promise<AgentConfig> {
  return loadAgentConfig(file, process.env, await openCatalog(sourceDirectory));
}

/** What the operator can do something about is said in a line; anything else with its stack. */
async function orExit(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`);
    process.exit(1);
  }
}
