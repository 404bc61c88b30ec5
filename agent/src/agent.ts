import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@wattmark/shared/logger';
import type { Clock } from './clock.ts';
import type { AgentConfig, ConfiguredSource } from './config.ts';
import { PointClaims } from './point-claims.ts';
import { Poller } from './poller.ts';
import { Publisher } from './publisher.ts';
import { Sampler } from './sampler.ts';
import { defaultTiming, type Timing } from './session.ts';
import { createMemory } from './source-memory.ts';
import type { Surroundings } from './source.ts';
import { Spool } from './spool.ts';
import type { Health } from './supervisor.ts';
import type { TickMessage } from './tick-message.ts';

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly clock: Clock;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
  /** Name and version of the program, as the birth message tells it. */
  readonly software: string;
  readonly log: Logger;
  readonly timing?: Timing;
}

/** What became of the sources when another configuration took effect. */
export interface Reloaded {
  readonly kept: number;
  readonly opened: number;
  readonly closed: number;
  /** Keys that have changed and take effect only when the agent is started again. */
  readonly needRestart: readonly string[];
}

/** sources → sampler → spool → publisher. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #surroundings: Surroundings;
  readonly #claims = new PointClaims();
  readonly #sampler: Sampler;
  readonly spool: Spool;
  readonly publisher: Publisher;
  #config: AgentConfig;
  #pollers: readonly Poller[];
  #stop: AbortSignal = new AbortController().signal;

  /** @throws where the spool cannot be opened. */
  static async open(options: AgentOptions): Promise<Agent> {
    const { config, clock, log } = options;
    return new Agent(options, await Spool.open({ ...config.spool, now: () => clock.now(), log }));
  }

  private constructor(options: AgentOptions, spool: Spool) {
    const { config, clock, random, software, log, timing = defaultTiming } = options;
    const { group, site, agent, directory } = config;
    this.#options = options;
    this.#config = config;
    const memory = createMemory(join(config.spool.directory, 'memory'), () => spool.settle());
    this.#surroundings = { clock, directory, memory };
    this.#pollers = config.sources.map((source) => this.#pollerOf(source));
    this.#sampler = new Sampler(
      this.#pollers,
      clock,
      (message) => void this.#forward(message),
      (at) => log.warn({ tick: new Date(at).toISOString() }, 'no sample: the clock jumped or the machine stood still'),
    );
    this.spool = spool;
    const points = () => this.#sampler.points;
    const report = () => this.#sampler.report;
    const speaker = { address: { group, site, agent }, software, spool, points, report, clock, timing, log };
    this.publisher = new Publisher(speaker, config.broker, random);
  }

  get health(): Health {
    const { points, report, lookedMs } = this.#sampler;
    return { points: points.length, sources: report, lookedMs };
  }

  /** Samples and publishes until `signal` aborts; what is then not acknowledged stays in the spool. */
  async run(signal: AbortSignal): Promise<void> {
    // Every read under way listens to it, so that there are as many listeners as sources.
    setMaxListeners(0, signal);
    this.#stop = signal;
    await Promise.all(this.#pollers.map((poller) => poller.open(signal)));
    await Promise.all([this.#sampler.run(signal), this.publisher.run(signal)]);
    // The spool first: a driver that does not close must not cost its last state.
    await this.spool.close();
    await this.#closeSources();
  }

  /**
   * Goes on with the sources of `config`. Those that are configured as before are not touched, and no tick of theirs
   * is lost; a source that was changed is closed after its last tick and opened as it now is before its next.
   */
  async reload(config: AgentConfig): Promise<Reloaded> {
    const before = this.#pollers;
    const kept = new Set<Poller>();
    const pollers = config.sources.map((source) => {
      const same = before.find((poller) => !kept.has(poller) && isSame(poller.source, source));
      if (same === undefined || same.state === 'fatal') return this.#pollerOf(source);
      kept.add(same);
      return same;
    });
    const gone = before.filter((poller) => !kept.has(poller));
    const needRestart = restartKeys.filter((key) => !isDeepStrictEqual(config[key], this.#config[key]));
    this.#config = config;
    this.#pollers = pollers;
    for (const poller of gone) poller.release();
    await this.#sampler.replace(pollers);
    await Promise.all(gone.map((poller) => poller.close()));
    await Promise.all(pollers.map((poller) => poller.open(this.#stop)));
    this.publisher.wake();
    return { kept: kept.size, opened: pollers.length - kept.size, closed: gone.length, needRestart };
  }

  /** A source that says goodbye to an instrument which does not answer is not waited for. */
  async #closeSources(): Promise<void> {
    const done = new AbortController();
    const closing = Promise.all(this.#pollers.map((poller) => poller.close())).finally(() => done.abort());
    await Promise.race([closing, this.#options.clock.sleep(CLOSE_WITHIN_MS, done.signal)]);
  }

  #pollerOf(source: ConfiguredSource): Poller {
    const { random, log } = this.#options;
    return new Poller({ source, surroundings: this.#surroundings, random, claims: this.#claims, log });
  }

  async #forward(message: TickMessage): Promise<void> {
    await this.spool.append(message);
    this.publisher.wake();
  }
}

/** Time for all sources to close when the agent stops. */
const CLOSE_WITHIN_MS = 1_000;

/** Whether two entries say the same, wherever they stand in their files. */
function isSame({ label: _, ...source }: ConfiguredSource, { label: __, ...other }: ConfiguredSource): boolean {
  return isDeepStrictEqual(source, other);
}

/** What a running agent is built on. */
const restartKeys = ['agent', 'site', 'group', 'broker', 'spool'] as const satisfies readonly (keyof AgentConfig)[];
