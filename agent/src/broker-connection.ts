import { readFile } from 'node:fs/promises';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { Clock } from './clock.ts';
import type { BrokerConfig } from './config.ts';

/** A broker that has not completed the connection by then is taken for absent. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Time between two signs of life; the broker publishes the will after one and a half of it. */
const KEEPALIVE_S = 30;

export interface ConnectionOptions {
  readonly broker: BrokerConfig;
  readonly clientId: string;
  /** What the broker says when the connection is gone without leave; null for nothing. */
  readonly will: { readonly topic: string; readonly payload: string } | null;
  readonly clock: Clock;
  /** Gives up connecting. */
  readonly signal: AbortSignal;
  /** Is called with every message of a subscribed topic. */
  readonly receive: (topic: string, payload: Uint8Array) => void;
  /** Is called after an answer of the broker and when the connection is gone. */
  readonly wake: () => void;
}

/** One MQTT 3.1.1 connection with a clean session. It ends once and for all: there is no second life in it. */
export class BrokerConnection {
  readonly #client: MqttClient;
  readonly #clock: Clock;
  readonly #wake: () => void;
  #failure: Error | null = null;
  #unanswered = 0;
  #unansweredBytes = 0;
  #answeredMs: number;

  /** @throws the reason why there is no connection: refused, unknown host, bad certificate, not authorised, … */
  static async open(options: ConnectionOptions): Promise<BrokerConnection> {
    const client = connect(options.broker.url, await clientOptions(options));
    try {
      await connected(client, options.signal);
    } catch (error) {
      client.on('error', () => {});
      client.end(true);
      throw error;
    }
    return new BrokerConnection(client, options);
  }

  private constructor(client: MqttClient, options: ConnectionOptions) {
    this.#client = client;
    this.#clock = options.clock;
    this.#wake = options.wake;
    this.#answeredMs = options.clock.monotonicMs();
    client.on('error', (error) => this.#fail(error));
    client.on('close', () =>
      this.#fail(new Error('the broker ended the connection: is it shutting down, or has another agent the same id?')),
    );
    client.on('message', (topic, payload) => options.receive(topic, payload));
  }

  /** Why the connection is of no use any more, or null while it is. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Bytes of payload published and not yet taken over by the broker. */
  get unansweredBytes(): number {
    return this.#unansweredBytes;
  }

  /** Milliseconds for which the broker has owed an answer. */
  get silentMs(): number {
    return this.#unanswered === 0 ? 0 : this.#clock.monotonicMs() - this.#answeredMs;
  }

  /** Sends with QoS 1 and does not wait. What the broker does not take over is sent again by whoever needs it there. */
  publish(topic: string, payload: Uint8Array | string, retain: boolean): void {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : asBuffer(payload);
    this.#expectAnswer(bytes.length);
    this.#client.publish(topic, bytes, { qos: 1, retain }, () => this.#noteAnswer(bytes.length));
  }

  /** Subscribes with QoS 1; a refusal ends the connection. */
  subscribe(topic: string): void {
    this.#expectAnswer(0);
    this.#client.subscribe(topic, { qos: 1 }, (error) => {
      this.#noteAnswer(0);
      if (error !== null) this.#fail(new Error(`the broker refuses the subscription to ${topic}: ${error.message}`));
    });
  }

  /** Takes leave, so that the broker does not publish the will, and closes. Resolves within `timeoutMs`. */
  async end(timeoutMs: number): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.#client.endAsync().catch(() => {}), this.#clock.sleep(timeoutMs, over.signal)]);
    over.abort();
    this.#client.end(true);
  }

  /** Closes without taking leave. */
  destroy(): void {
    this.#client.end(true);
  }

  #expectAnswer(bytes: number): void {
    if (this.#unanswered === 0) this.#answeredMs = this.#clock.monotonicMs();
    this.#unanswered++;
    this.#unansweredBytes += bytes;
  }

  #noteAnswer(bytes: number): void {
    this.#unanswered--;
    this.#unansweredBytes -= bytes;
    this.#answeredMs = this.#clock.monotonicMs();
    this.#wake();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }
}

async function connected(client: MqttClient, signal: AbortSignal): Promise<void> {
  let stop = (): void => {};
  const settled = new Promise<void>((resolve, reject) => {
    stop = () => reject(new Error('the agent is stopping'));
    signal.addEventListener('abort', stop, { once: true });
    client.once('connect', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error('the broker closed the connection')));
  });
  await settled.finally(() => signal.removeEventListener('abort', stop));
}

async function clientOptions({ broker, clientId, will }: ConnectionOptions): Promise<IClientOptions> {
  const { username, password, ca, cert, key } = broker;
  // Read at each connection: certificates are renewed while the agent runs.
  return {
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    ...(will === null ? {} : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca: await readFile(ca) }),
    ...(cert === undefined ? {} : { cert: await readFile(cert) }),
    ...(key === undefined ? {} : { key: await readFile(key) }),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
