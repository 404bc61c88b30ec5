import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { LoadAgentOptions } from '../../../../agent/test/fixtures/load-agent.ts';
import { freePort } from '../../../../shared/test/free-port.ts';
import { scratch } from '../../support/rig.ts';
import { type Assert, assertComplete, assertUndisturbed, type JournalLine, readWitness } from './evidence.ts';
import { Program } from './program.ts';

const execute = promisify(execFile);

const collectorBinary = fileURLToPath(new URL('../../../bin/wattmark-collector.js', import.meta.url));
const loadAgentSource = fileURLToPath(new URL('../../../../agent/test/fixtures/load-agent.ts', import.meta.url));

/** Most time that an agent may take to get everything acknowledged once all faults are over. */
const DRAIN_MS = 30_000;

export interface StageOptions {
  /** Where the collector finds its broker; null for the embedded one. */
  readonly collectorUrl: string | null;
  /** Where agents find it; null for the collector's own. */
  readonly agentUrl: string | null;
  readonly agents: readonly string[];
  /** Time between two ticks, and how much faster than real time it passes. */
  readonly intervalMs: number;
  readonly speed: number;
  /** How far the sampling time lies back at the beginning, ms. */
  readonly behindMs: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Further keys of the collector's configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface StagedAgent {
  readonly name: string;
  readonly program: Program;
  journal(): JournalLine[];
}

/** The figures of `GET /api/v1/agents` that tests look at. */
export interface AgentAnswer {
  readonly agent: string;
  readonly state: string;
  readonly epoch: string | null;
  readonly seq: number | null;
  readonly lost: number;
  readonly duplicates: number;
  readonly clockSkewMs: number | null;
}

/** A collector and agents as processes of their own, with one site `dc-1`. */
export class Stage {
  readonly collector: Program;
  readonly agents: readonly StagedAgent[];
  readonly data: string;
  readonly mqttPort: number;
  readonly #config: string;
  readonly #httpPort: number;
  readonly #directory: string;
  readonly #intervalMs: number;

  static async set(t: { teardown(fn: () => unknown): void }, options: StageOptions): Promise<Stage> {
    const directory = scratch(t);
    const stage = new Stage(directory, options, await freePort(), await freePort());
    t.teardown(() =>
      Promise.all([stage.collector, ...stage.agents.map(({ program }) => program)].map((p) => p.kill())),
    );
    await mkdir(join(directory, 'sites'));
    writeFileSync(join(directory, 'sites', 'dc-1.yaml'), 'site: dc-1\n');
    await bundleAgent(join(directory, 'load-agent.mjs'));
    return stage;
  }

  private constructor(directory: string, options: StageOptions, httpPort: number, mqttPort: number) {
    const { collectorUrl, intervalMs } = options;
    this.#directory = directory;
    this.#httpPort = httpPort;
    this.#intervalMs = intervalMs;
    this.mqttPort = mqttPort;
    this.data = join(directory, 'data');
    this.#config = join(directory, 'collector.yaml');
    const broker = collectorUrl === null ? { embedded: { port: mqttPort } } : { url: collectorUrl };
    const config = { data: './data', sites: './sites', http: { port: httpPort }, broker, ...options.config };
    writeFileSync(this.#config, JSON.stringify(config));
    this.collector = new Program([process.execPath, collectorBinary, 'run', '--config', this.#config], {
      log: join(directory, 'collector.log'),
      ready: () => this.isHealthy(),
    });
    this.agents = options.agents.map((name) => this.#agent(name, options));
  }

  /** Whether the collector says that all is well with it. */
  async isHealthy(): Promise<boolean> {
    return fetch(this.#url('/healthz')).then(
      (response) => response.ok,
      () => false,
    );
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.#url(path));
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** The value of a metric without labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(this.#url('/metrics'))).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  /** What the collector knows of an agent; null before it has heard of it. */
  async agent(name: string): Promise<AgentAnswer | null> {
    const agents = await this.get<AgentAnswer[]>('/api/v1/agents').catch(() => []);
    return agents.find(({ agent }) => agent === name) ?? null;
  }

  /** Resolves when the collector has taken `count` more messages of every agent. */
  async progress(count: number): Promise<void> {
    const from = await Promise.all(this.agents.map(({ name }) => this.agent(name)));
    await until(`${count} more messages of every agent`, async () => {
      const now = await Promise.all(this.agents.map(({ name }) => this.agent(name)));
      return now.every((agent, index) => (agent?.seq ?? 0) >= (from[index]?.seq ?? 0) + count);
    });
  }

  /** Lets everything drain, stops it cleanly, and asserts that nothing is missing, nothing doubled, and all of it proven. */
  async assertNothingLost(t: Assert): Promise<void> {
    for (const { name, program } of this.agents)
      t.equal(await program.stop(DRAIN_MS), 0, `${name} drained and stopped`);
    for (const { name, journal } of this.agents) {
      const last = journal().findLast(({ seq }) => seq !== undefined);
      const known = await this.agent(name);
      t.ok(
        (known?.seq ?? 0) >= (last?.seq ?? 1),
        `${name}: the collector is at ${known?.seq}, the spool took ${last?.seq}`,
      );
      t.equal(known?.lost, 0, `${name} lost nothing`);
      t.comment(`${name}: ${known?.duplicates} duplicates since the collector's last start`);
    }
    t.equal(await this.collector.stop(DRAIN_MS), 0, 'the collector stopped');
    const witness = await readWitness(this.data);
    t.same([witness.refusals, witness.losses], [[], []], 'nothing refused, nothing lost');
    for (const { name, journal } of this.agents) {
      assertComplete(t, witness.messages.get(name) ?? [], journal(), name);
    }
    t.match(await this.#run('verify'), /The evidence log is intact/, 'verify');
    t.match(await this.#run('replay'), /The rebuilt store is identical/, 'replay');
    await assertUndisturbed(t, this.data, join(this.#directory, 'undisturbed'), this.#intervalMs);
  }

  async #run(command: string): Promise<string> {
    const args = [collectorBinary, command, '--config', this.#config];
    const { stdout } = await execute(process.execPath, args).catch((error: { stdout: string }) => error);
    return stdout;
  }

  #agent(name: string, { agentUrl, intervalMs, speed, behindMs, env }: StageOptions): StagedAgent {
    const realMs = Date.now();
    const journal = join(this.#directory, `${name}.journal`);
    const options: LoadAgentOptions = {
      url: agentUrl ?? `mqtt://127.0.0.1:${this.mqttPort}`,
      site: 'dc-1',
      agent: name,
      spool: join(this.#directory, name),
      journal,
      intervalMs,
      speed,
      realMs,
      samplingMs: realMs - behindMs,
    };
    const program = new Program([process.execPath, join(this.#directory, 'load-agent.mjs'), JSON.stringify(options)], {
      log: join(this.#directory, `${name}.log`),
      ...(env !== undefined && { env }),
    });
    return { name, program, journal: () => readJournal(journal) };
  }

  #url(path: string): string {
    return `http://127.0.0.1:${this.#httpPort}${path}`;
  }
}

/** Resolves when `holds` does; asks it again and again. @throws after `withinMs`. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 30_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(25);
  }
}

/** A line that was torn by a kill is no line. */
function readJournal(file: string): JournalLine[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as JournalLine);
}

/** One file instead of two hundred: the agent is started some thirty times. */
async function bundleAgent(file: string): Promise<void> {
  await build({
    entryPoints: [loadAgentSource],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@wattmark/source'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
}
