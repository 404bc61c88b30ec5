import { createLogger } from '@wattmark/shared/logger';
import type { Reading } from '@wattmark/shared/messages';
import { connectAsync, type MqttClient } from 'mqtt';
import t, { type Test } from 'tap';
import { startCollector } from '../../src/collector.ts';
import { scratch } from '../support/rig.ts';

/** What instruments do to a point, from MQTT to the API's answer: registers that misbehave, and two agents that claim one point. */

const START = Date.UTC(2026, 0, 1);
const TICK_MS = 10_000;

interface Interval {
  readonly start: string;
  readonly energyWh: number | null;
  readonly measuredS: number;
  readonly bridgedS: number;
  readonly maxW: number | null;
}

/** An agent that sends a message and waits until it is acknowledged. */
class Agent {
  readonly #client: MqttClient;
  readonly #base: string;
  #seq = 0;
  #acknowledged: (seq: number) => void = () => {};

  static async join(t: Test, port: number, agent: string, points: readonly object[]): Promise<Agent> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
    t.teardown(() => client.endAsync(true));
    const joined = new Agent(client, agent);
    await client.subscribeAsync(`${joined.#base}/ack`, { qos: 1 });
    const birth = { v: 1, epoch: 'E1', firstSeq: 1, at: START, software: 'test/1', points };
    await client.publishAsync(`${joined.#base}/birth`, JSON.stringify(birth), { qos: 1, retain: true });
    return joined;
  }

  private constructor(client: MqttClient, agent: string) {
    this.#client = client;
    this.#base = `wattmark/v1/default/dc-1/${agent}`;
    client.on('message', (_topic, payload) => this.#acknowledged(JSON.parse(payload.toString()).seq));
  }

  async send(at: number, readings: readonly Reading[]): Promise<void> {
    const seq = ++this.#seq;
    const acknowledged = new Promise<void>((resolve) => {
      this.#acknowledged = (acked) => {
        if (acked === seq) resolve();
      };
    });
    const message = { v: 1, epoch: 'E1', seq, at, readings };
    await this.#client.publishAsync(`${this.#base}/readings`, JSON.stringify(message), { qos: 1 });
    await acknowledged;
  }
}

interface Served {
  readonly port: number;
  minutes(point: string): Promise<Interval[]>;
  metric(name: string): Promise<number>;
}

async function serve(t: Test): Promise<Served> {
  const config = {
    data: scratch(t),
    http: { host: '127.0.0.1', port: 0 },
    broker: { embedded: { host: '127.0.0.1', port: 0 } },
    groups: ['default'],
    store: null,
    sites: null,
    mirrors: [],
    logLevel: 'silent' as const,
  };
  const now = (): number => START + 600_000;
  const log = createLogger('test', 'silent');
  const collector = await startCollector({ config, sites: [], page: null, log, now });
  t.teardown(() => collector.stop());
  const url = `http://127.0.0.1:${collector.httpPort}`;
  const span = `from=${new Date(START).toISOString()}&to=${new Date(START + 300_000).toISOString()}`;
  return {
    port: collector.mqttPort ?? 0,
    async minutes(point) {
      const response = await fetch(`${url}/api/v1/points/dc-1/${point}/series?step=PT1M&${span}`);
      t.equal(response.status, 200);
      return ((await response.json()) as { intervals: Interval[] }).intervals;
    },
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    },
  };
}

/** A register of a load of 3.6 kW, which counts 10 Wh from tick to tick; its trouble comes between the ticks 3 and 4. */
const registers: readonly {
  readonly point: string;
  readonly energyModulusWh?: number;
  readonly at: (tick: number) => number;
  /** Energy, Wh, and seconds measured of the first minute; those after are whole. */
  readonly first: readonly [energyWh: number, measuredS: number];
}[] = [
  { point: 'steady', at: (tick) => 5_000 + 10 * tick, first: [60, 60] },
  { point: 'wraps', energyModulusWh: 1_000, at: (tick) => (965 + 10 * tick) % 1_000, first: [60, 60] },
  { point: 'wraps-unannounced', at: (tick) => (965 + 10 * tick) % 1_000, first: [50, 50] },
  { point: 'resets', at: (tick) => (tick < 4 ? 5_000 + 10 * tick : 10 * (tick - 4)), first: [50, 50] },
  { point: 'goes-backwards', at: (tick) => 5_000 + 10 * tick - (tick < 4 ? 0 : 15), first: [50, 50] },
  { point: 'is-replaced', at: (tick) => 10 * tick + (tick < 4 ? 0 : 9e9), first: [50, 50] },
  {
    point: 'resets-near-modulus',
    energyModulusWh: 1e9,
    at: (tick) => 10 * (tick < 4 ? tick + 50 : tick),
    first: [50, 50],
  },
];

t.test('registers that wrap, reset, go backwards or are replaced: the trouble is a gap, never a guess', async (t) => {
  const { port, minutes, metric } = await serve(t);
  const points = registers.map(({ point, energyModulusWh }) => ({
    point,
    channels: ['energy'],
    intervalMs: TICK_MS,
    ...(energyModulusWh !== undefined && { energyModulusWh }),
  }));
  const agent = await Agent.join(t, port, 'hall-a', points);
  for (let tick = 0; tick <= 18; tick++) {
    await agent.send(
      START + tick * TICK_MS,
      registers.map(({ point, at }): Reading => [point, 'energy', at(tick)]),
    );
  }
  for (const { point, first } of registers) {
    const found = (await minutes(point)).map(({ energyWh, measuredS, bridgedS }) => [energyWh, measuredS, bridgedS]);
    t.same(
      found.map((row) => row.map((value) => (value === null ? null : Math.round(value * 1e6) / 1e6))),
      [
        [...first, 0],
        [60, 60, 0],
        [60, 60, 0],
        [null, 0, 0],
        [null, 0, 0],
      ],
      point,
    );
  }
  t.equal(await metric('wattmark_register_resets_total'), 5);
});

t.test('two agents claim one point: one of them counts, and the other only once it is silent', async (t) => {
  const { port, minutes, metric } = await serve(t);
  const points = [{ point: 'feed', channels: ['power'], intervalMs: TICK_MS }];
  const first = await Agent.join(t, port, 'hall-a', points);
  const second = await Agent.join(t, port, 'hall-b', points);
  for (let tick = 0; tick <= 30; tick++) {
    const at = START + tick * TICK_MS;
    // The first is silent from the second minute to the fourth, and finds its point taken when it returns.
    if (tick <= 12 || tick >= 24) await first.send(at, [['feed', 'power', 6_000]]);
    await second.send(at + 5_000, [['feed', 'power', 60_000]]);
  }
  const found = (await minutes('feed')).map(({ energyWh, measuredS, maxW }) => [
    energyWh === null ? null : Math.round(energyWh * 1e6) / 1e6,
    measuredS,
    maxW,
  ]);
  t.same(found, [
    [100, 60, 6_000],
    [100, 60, 6_000],
    [null, 0, null],
    // The second takes over more than a minute after the first was heard: at 185 s.
    [916.666667, 55, 60_000],
    [1_000, 60, 60_000],
  ]);
  // The second's before the takeover, and the first's after it.
  t.equal(await metric('wattmark_conflicting_readings_total'), 18 + 7);
});
