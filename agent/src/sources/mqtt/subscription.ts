import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Logger } from '@wattmark/shared/logger';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { Clock } from '../../clock.ts';
import type { BrokerConfig } from '../../config.ts';
import { distrustIn } from '../support/distrust.ts';
import type { Message } from './format.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_S = 30;

/** Bounds of the pause between two connections. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Larger messages are no telemetry. */
const MOST_BYTES = 1_048_576;

export interface SubscriptionOptions {
  readonly access: BrokerConfig;
  /** Against which the paths are resolved. */
  readonly directory: string;
  readonly filters: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Is called before the first message of each connection. */
  readonly begin: () => void;
  /** Is called when the broker has granted the subscriptions. */
  readonly greet: () => void;
  readonly receive: (message: Message) => void;
  /** Is called when `problem` has changed. */
  readonly wake: () => void;
}

/** Listens to topics of a broker until it is closed: after every loss it connects and subscribes anew. */
export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  readonly #clientId = `wattmark-${randomUUID().slice(0, 13)}`;
  #client: MqttClient | null = null;
  #problem: string | null = null;
  #isListening = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** Why there is no connection; null while there is one, and before the first attempt has come to an end. */
  get problem(): string | null {
    return this.#problem;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** Sends a message if there is a connection; nobody hears whether it arrived. */
  publish(topic: string, payload: Uint8Array): void {
    if (this.#isListening) this.#client?.publish(topic, Buffer.from(payload), { qos: 0 }, () => {});
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#client?.end(true);
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock, log, access, wake } = this.#options;
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.#live(() => {
          failures = 0;
          this.#problem = null;
        });
      } catch (error) {
        const reason = (error as Error).message || 'the connection failed';
        if (this.#problem === null && !signal.aborted)
          log.warn({ broker: access.url, reason }, 'not listening to the broker');
        this.#problem = reason;
      }
      wake();
      await clock.sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 16)), signal);
    }
  }

  /** One connection from its beginning to its end. @throws Error saying why it ended. */
  async #live(established: () => void): Promise<void> {
    const { access, filters, log, begin, greet, wake } = this.#options;
    const options = await this.#clientOptions();
    if (this.#stop.signal.aborted) return;
    const client = connect(access.url, options);
    this.#client = client;
    const gone = new Promise<never>((_resolve, reject) => {
      client.on('error', (error) => reject(explain(error)));
      client.on('close', () => reject(new Error('the broker closed the connection')));
    });
    gone.catch(() => {});
    try {
      await Promise.race([gone, new Promise((resolve) => client.once('connect', resolve))]);
      begin();
      client.on('message', (topic, payload, { retain }) => this.#receive({ topic, payload, retained: retain }));
      await Promise.race([gone, subscribe(client, filters)]);
      this.#isListening = true;
      established();
      greet();
      wake();
      log.debug({ broker: access.url, filters }, 'listening to the broker');
      await gone;
    } finally {
      this.#isListening = false;
      client.end(true);
    }
  }

  #receive(message: Message): void {
    const { log, receive } = this.#options;
    const bytes = message.payload.length;
    log.debug({ topic: message.topic, bytes }, 'a message');
    if (bytes > MOST_BYTES)
      log.warn({ topic: message.topic, bytes, limit: MOST_BYTES }, 'a message is too long and left out');
    else receive(message);
  }

  /** Files are read at each connection: certificates are renewed while the agent runs. */
  async #clientOptions(): Promise<IClientOptions> {
    const { access, directory } = this.#options;
    const pem = async (name: 'ca' | 'cert' | 'key') => {
      const path = access[name];
      return path === undefined ? {} : { [name]: await readFile(resolve(directory, path)) };
    };
    return {
      protocolVersion: 4,
      clean: true,
      clientId: this.#clientId,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      ...(access.username !== undefined && { username: access.username }),
      ...(access.password !== undefined && { password: access.password }),
      ...(await pem('ca')),
      ...(await pem('cert')),
      ...(await pem('key')),
    };
  }
}

async function subscribe(client: MqttClient, filters: readonly string[]): Promise<void> {
  const refusal = 'is the user allowed to read it?';
  const grants = await client.subscribeAsync([...filters], { qos: 1 }).catch((error: Error) => {
    throw new Error(`the broker refuses the subscription to ${filters.join(', ')}: ${refusal} (${error.message})`);
  });
  // 0x80 is a refusal (MQTT 3.1.1, 3.9.3).
  const refused = grants.find(({ qos }) => (qos as number) >= 0x80);
  if (refused !== undefined) throw new Error(`the broker refuses the subscription to ${refused.topic}: ${refusal}`);
}

/** What the operator can do about what has a usual cause. */
function explain(error: Error & { code?: unknown }): Error {
  const { code, message } = error;
  // Bad user name or password, or not authorised (MQTT 3.1.1, 3.2.2.3).
  if (code === 4 || code === 5)
    return new Error('the broker refuses the user: are username and password right, or the certificate?');
  if (typeof code === 'string' && /ALERT.*CERT|ALERT_UNKNOWN_CA/.test(code))
    return new Error(`the broker does not take this agent's certificate (${code}): name one with cert and key`);
  const distrust = typeof code === 'string' ? distrustIn(code, 'the broker') : null;
  return new Error(distrust ?? (message === '' ? String(code) : message));
}
