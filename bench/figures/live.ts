import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import type { Figure, Outcome } from '../figure.ts';
import { LoadAgent } from '../load/load-agent.ts';
import { BenchCollector } from '../rig/collector.ts';
import { LiveClient } from '../rig/live-client.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import { median, quantile } from '../rig/statistics.ts';

const SITES = 1_000;
const OTHER_POINTS = 8;
const EVERY_MS = 1_000;
const WARM_UP_MS = 10_000;
const DEFAULT_MINUTES = 1.5;

export const live: Figure = {
  name: 'live',
  about:
    'From the call that publishes a message to the listener of server-sent events having parsed the event that shows it: 1,000 ' +
    'sites with one message of 10 readings a second each, spread over the second. The limit is the bare way by the broker, ' +
    'to a subscriber beside the collector.',
  minutes: ({ minutes }) => (minutes ?? DEFAULT_MINUTES) + 1,
  async run(room, { minutes }): Promise<readonly Outcome[]> {
    const broker = await startMosquitto(room);
    const collector = await BenchCollector.start(room, { data: 'data', brokerUrl: broker.url });
    const fleet = await Fleet.start(broker.url);
    const listener = await LiveClient.start(collector.url, (event) => fleet.shown(event.site, event.totalW));
    const endMs = performance.now() + WARM_UP_MS + (minutes ?? DEFAULT_MINUTES) * 60_000;
    await fleet.publishUntil(endMs);
    await sleep(2_000);
    listener.close();
    const { shownMs, hopMs, never } = await fleet.stop();
    if (shownMs.length === 0) throw new Error('no event showed any message');
    room.say(
      `${shownMs.length.toLocaleString('en')} events; ${never} messages were followed by the next before they were shown`,
    );
    return [
      {
        what: 'publish → live event, p99',
        value: quantile(shownMs, 0.99),
        unit: 'ms',
        required: { atMost: 250 },
        limit: { what: 'broker alone', value: quantile(hopMs, 0.99) },
      },
      {
        what: 'publish → live event, median',
        value: median(shownMs),
        unit: 'ms',
        required: null,
        limit: { what: 'broker alone', value: median(hopMs) },
      },
    ];
  },
};

/** Sites whose total power is the number of the message that it came with, so that an event tells which message it shows. */
class Fleet {
  readonly #client: MqttClient;
  readonly #listener: MqttClient;
  readonly #agents: readonly LoadAgent[];
  readonly #bySite: ReadonlyMap<string, number>;
  readonly #sentMs: Map<number, number>[];
  readonly #shownMs: number[] = [];
  readonly #hopMs: number[] = [];
  #never = 0;
  #measuring = false;

  private constructor(client: MqttClient, listener: MqttClient) {
    this.#client = client;
    this.#listener = listener;
    const points = 2 + OTHER_POINTS;
    this.#agents = Array.from(
      { length: SITES },
      (_, index) => new LoadAgent({ client, index, points, intervalMs: EVERY_MS }),
    );
    this.#bySite = new Map(this.#agents.map(({ site }, index) => [site, index]));
    this.#sentMs = this.#agents.map(() => new Map());
  }

  static async start(url: string): Promise<Fleet> {
    const listener = await connectAsync(url);
    const fleet = new Fleet(await connectAsync(url), listener);
    const byTopic = new Map(fleet.#agents.map(({ readingsTopic }, index) => [readingsTopic, index]));
    listener.handleMessage = ({ topic, payload }, done) => {
      const agent = byTopic.get(topic);
      if (agent !== undefined) fleet.#arrived(agent, JSON.parse(payload.toString()).seq);
      done();
    };
    await listener.subscribeAsync('wattmark/v1/default/+/+/readings', { qos: 1 });
    await Promise.all(fleet.#agents.map((agent) => agent.birth(Date.now())));
    return fleet;
  }

  /** Each site once a second, in the same order. */
  async publishUntil(endMs: number): Promise<void> {
    const startMs = performance.now();
    for (let next = 0; performance.now() < endMs; await sleep(1)) {
      const sinceMs = performance.now() - startMs;
      this.#measuring = sinceMs > WARM_UP_MS;
      for (const due = (sinceMs * SITES) / EVERY_MS; next < due; next++) this.#publish(next % SITES);
    }
  }

  /** To be called with each event. */
  shown(site: string, totalW: number | null): void {
    const index = this.#bySite.get(site);
    const sent = index === undefined ? undefined : this.#sentMs[index];
    if (sent === undefined || totalW === null) return;
    const sentMs = sent.get(totalW);
    if (sentMs !== undefined && this.#measuring) this.#shownMs.push(performance.now() - sentMs);
    for (const seq of sent.keys()) {
      if (seq > totalW) break;
      if (seq < totalW && this.#measuring) this.#never++;
      sent.delete(seq);
    }
  }

  async stop(): Promise<{ shownMs: readonly number[]; hopMs: readonly number[]; never: number }> {
    await Promise.all([this.#client.endAsync(true), this.#listener.endAsync(true)]);
    return { shownMs: this.#shownMs, hopMs: this.#hopMs, never: this.#never };
  }

  #publish(index: number): void {
    const agent = this.#agents[index] as LoadAgent;
    const seq = agent.sent + 1;
    const others = Array.from(
      { length: OTHER_POINTS },
      (_, point) => `["point-${point + 2}","power",${seq + point}.25]`,
    );
    const readings = [`["point-0","power",${seq}]`, '["point-1","power",100]', ...others].join(',');
    this.#sentMs[index]?.set(seq, performance.now());
    agent.publish(Date.now(), readings);
  }

  #arrived(index: number, seq: number): void {
    const sentMs = this.#sentMs[index]?.get(seq);
    if (sentMs !== undefined && this.#measuring) this.#hopMs.push(performance.now() - sentMs);
  }
}
