import type { Status } from '@wattmark/shared/messages';
import { topicOf } from '@wattmark/shared/topics';
import { BrokerConnection } from './broker-connection.ts';
import type { BrokerConfig } from './config.ts';
import { Session, type SessionStats, type Speaker } from './session.ts';
import { Wake } from './wake.ts';

/** Bounds of the pause between two connections; the pause itself is anything between nothing and the bound. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** A connection that lasted this long was a good one, even if there was nothing to acknowledge. */
const GOOD_CONNECTION_MS = 30_000;

/** Time for the farewell when the agent stops. */
const FAREWELL_MS = 1_000;

export interface PublisherStats extends SessionStats {
  connections: number;
}

/** Brings the spool's messages to the collector, for as long as it takes: no failure of the broker ends it. */
export class Publisher {
  readonly #speaker: Speaker;
  readonly #broker: BrokerConfig;
  readonly #random: () => number;
  readonly #wake: Wake;
  readonly #stats: PublisherStats;
  #failure = '';

  /** @param random a number in [0, 1), for jitter */
  constructor(speaker: Speaker, broker: BrokerConfig, random: () => number) {
    this.#speaker = speaker;
    this.#broker = broker;
    this.#random = random;
    this.#wake = new Wake(speaker.clock);
    // Whatever lies in the spool may have been sent by the process before.
    const sentSeq = speaker.spool.nextSeq - 1;
    this.#stats = { published: 0, goBacks: 0, strayAcks: 0, sentSeq, connections: 0 };
  }

  get stats(): Readonly<PublisherStats> {
    return this.#stats;
  }

  /** There is news: a message in the spool, or other points. */
  wake(): void {
    this.#wake.wake();
  }

  /** Connects again and again until `signal` aborts, then says goodbye. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#speaker;
    const stop = (): void => this.#wake.wake();
    signal.addEventListener('abort', stop, { once: true });
    for (let failures = 0; !signal.aborted; failures++) {
      const sinceMs = clock.monotonicMs();
      const fruitful = await this.#connectOnce(signal);
      if (fruitful || clock.monotonicMs() - sinceMs >= GOOD_CONNECTION_MS) failures = 0;
      // Full jitter: a broker that comes back is not met by every agent at one instant.
      const boundMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 16));
      if (!signal.aborted) await clock.sleep(this.#random() * boundMs, signal);
    }
    signal.removeEventListener('abort', stop);
  }

  /** One connection from beginning to end. @returns whether the collector acknowledged anything on it. */
  async #connectOnce(signal: AbortSignal): Promise<boolean> {
    let session: Session | null = null;
    let connection: BrokerConnection | null = null;
    try {
      connection = await this.#connect(signal, (payload) => session?.receive(payload));
      session = new Session(this.#speaker, connection, this.#wake, this.#stats);
      this.#noteConnected();
      await session.run(signal);
      session.publishStatus('offline');
      await connection.end(FAREWELL_MS);
    } catch (error) {
      connection?.destroy();
      if (!signal.aborted) this.#noteFailure(error);
    }
    return session?.fruitful ?? false;
  }

  #connect(signal: AbortSignal, receive: (payload: Uint8Array) => void): Promise<BrokerConnection> {
    const { address, clock } = this.#speaker;
    const offline: Status = { v: 1, state: 'offline', at: clock.now() };
    const ackTopic = topicOf(address, 'ack');
    return BrokerConnection.open({
      broker: this.#broker,
      // The same after a restart: the broker then ends the former connection, and its will does not come late.
      clientId: `wattmark-${address.group}-${address.site}-${address.agent}`,
      will: { topic: topicOf(address, 'status'), payload: JSON.stringify(offline) },
      clock,
      signal,
      receive: (topic, payload) => {
        if (topic === ackTopic) receive(payload);
      },
      wake: () => this.#wake.wake(),
    });
  }

  #noteConnected(): void {
    const { log, spool } = this.#speaker;
    this.#stats.connections++;
    this.#failure = '';
    log.info({ broker: this.#broker.url, epoch: spool.epoch, depth: spool.depth }, 'connected to the broker');
  }

  /** The same failure again is no news. */
  #noteFailure(error: unknown): void {
    const { log, spool } = this.#speaker;
    const reason = error instanceof Error ? error.message || error.constructor.name : String(error);
    if (reason !== this.#failure) {
      log.warn({ broker: this.#broker.url, reason, depth: spool.depth }, 'no connection to the broker; trying again');
    }
    this.#failure = reason;
  }
}
