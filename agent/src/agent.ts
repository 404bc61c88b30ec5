import type { Logger } from '@wattmark/shared/logger';
import type { Clock } from './clock.ts';
import type { AgentConfig } from './config.ts';
import { PointClaims } from './point-claims.ts';
import { Poller } from './poller.ts';
import { Publisher } from './publisher.ts';
import { Sampler } from './sampler.ts';
import { defaultTiming, type Timing } from './session.ts';
import { Spool } from './spool.ts';
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

/** sources → sampler → spool → publisher. */
export class Agent {
  readonly #pollers: readonly Poller[];
  readonly #sampler: Sampler;
  readonly spool: Spool;
  readonly publisher: Publisher;

  /** @throws where the spool cannot be opened. */
  static async open(options: AgentOptions): Promise<Agent> {
    const { config, clock, log } = options;
    return new Agent(options, await Spool.open({ ...config.spool, now: () => clock.now(), log }));
  }

  private constructor({ config, clock, random, software, log, timing = defaultTiming }: AgentOptions, spool: Spool) {
    const { group, site, agent } = config;
    const claims = new PointClaims();
    this.#pollers = config.sources.map((source) => new Poller({ source, clock, random, claims, log }));
    this.#sampler = new Sampler(
      this.#pollers,
      clock,
      (message) => void this.#forward(message),
      (at) => log.warn({ tick: new Date(at).toISOString() }, 'no sample: the clock jumped or the machine stood still'),
    );
    this.spool = spool;
    const points = () => this.#sampler.points;
    const speaker = { address: { group, site, agent }, software, spool, points, clock, timing, log };
    this.publisher = new Publisher(speaker, config.broker, random);
  }

  /** Samples and publishes until `signal` aborts; what is then not acknowledged stays in the spool. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#pollers.map((poller) => poller.open(signal)));
    await Promise.all([this.#sampler.run(signal), this.publisher.run(signal)]);
    // The spool first: a driver that does not close must not cost its last state.
    await this.spool.close();
    await Promise.all(this.#pollers.map((poller) => poller.close()));
  }

  async #forward(message: TickMessage): Promise<void> {
    await this.spool.append(message);
    this.publisher.wake();
  }
}
