import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '@wattmark/shared/logger';
import { connectAsync, type MqttClient } from 'mqtt';
import t from 'tap';
import { type Collector, startCollector } from '../src/collector.ts';
import { loadCollectorConfig } from '../src/config.ts';
import { loadSiteFiles } from '../src/site/site-file.ts';
import { birth, scratch, START, tick } from './support/rig.ts';

const siteFile = `
site: dc-1
name: Test hall
timezone: Asia/Shanghai
points:
  - {point: utility-a, role: utility, accuracyClass: 0.5S}
  - {point: ups-1, role: it, level: ups-output, accuracyClass: 1}
`;

interface Running {
  readonly collector: Collector;
  readonly client: MqttClient;
  nowMs: number;
  get(path: string): Promise<unknown>;
}

/** A collector with embedded broker on free ports, whose clock stands until it is set. */
async function run(t: { teardown(fn: () => Promise<void>): void }, data: string): Promise<Running> {
  const sites = join(data, 'sites');
  mkdirSync(sites, { recursive: true });
  writeFileSync(join(sites, 'dc-1.yaml'), siteFile);
  const file = join(data, 'collector.yaml');
  writeFileSync(file, 'data: ./data\nhttp: {port: 0}\nbroker: {embedded: {port: 0}}\nsites: ./sites\n');
  const config = loadCollectorConfig(file, {});
  const clock = { nowMs: START };
  const collector = await startCollector({
    config,
    sites: loadSiteFiles(sites, {}),
    page: null,
    log: createLogger('test', 'silent'),
    now: () => clock.nowMs,
  });
  const client = await connectAsync(`mqtt://127.0.0.1:${collector.mqttPort}`);
  t.teardown(async () => {
    await client.endAsync(true);
    await collector.stop();
  });
  return {
    collector,
    client,
    get nowMs() {
      return clock.nowMs;
    },
    set nowMs(nowMs) {
      clock.nowMs = nowMs;
    },
    get: async (path) => (await fetch(`http://127.0.0.1:${collector.httpPort}${path}`)).json(),
  };
}

type Message = Readonly<Record<string, unknown>>;

/** The next message on a topic that is `wanted`. */
async function next(client: MqttClient, topic: string, wanted = (_: Message): boolean => true): Promise<Message> {
  const message = new Promise<Message>((resolve) => {
    const take = (on: string, payload: Buffer): void => {
      if (on !== topic) return;
      const found = JSON.parse(payload.toString()) as Message;
      if (!wanted(found)) return;
      client.off('message', take);
      resolve(found);
    };
    client.on('message', take);
  });
  await client.subscribeAsync(topic, { qos: 1 });
  return message;
}

const acknowledges =
  (seq: number) =>
  (ack: Message): boolean =>
    ack['seq'] === seq;

const base = 'wattmark/v1/default/dc-1';

t.test('from MQTT to PUE: site file, readings, acknowledgement, API', async (t) => {
  const running = await run(t, scratch(t));
  const { client } = running;
  const acked = next(client, `${base}/hall-a/ack`);
  await client.publishAsync(`${base}/hall-a/birth`, JSON.stringify(birth(1)), { qos: 1, retain: true });
  await client.publishAsync(`${base}/hall-a/readings`, JSON.stringify(tick(1, 3600)), { qos: 1 });
  t.same(await acked, { v: 1, epoch: 'E1', seq: 1 });
  const last = next(client, `${base}/hall-a/ack`, acknowledges(120));
  for (let seq = 2; seq <= 120; seq++) {
    running.nowMs = START + seq * 10_000;
    await client.publishAsync(`${base}/hall-a/readings`, JSON.stringify(tick(seq, 3600)), { qos: 1 });
  }
  await last;
  t.match(await running.get('/api/v1/sites'), [
    {
      site: 'dc-1',
      name: 'Test hall',
      timezone: 'Asia/Shanghai',
      live: { totalW: 3600, itW: 1800, ratio: 2, level: 'ups-output' },
    },
  ]);
  // 119 intervals of 10 s at 3600 W, 10 Wh each.
  const period = 'from=2026-01-01T00:00:00Z&to=2026-01-01T00:15:00Z';
  t.match(await running.get(`/api/v1/sites/dc-1/kpis?${period}`), {
    pue: { value: 2, category: 1, coverage: 890 / 900 },
    totalWh: 890,
    target: { id: 'miit-design-pue-1.3' },
    verdict: 'missed',
  });
  t.match(await running.get('/api/v1/agents'), [{ agent: 'hall-a', epoch: 'E1', seq: 120, lost: 0 }]);
  t.same(await running.get('/healthz'), { status: 'ok' });
});

t.test('one line of JSON from anybody is enough', async (t) => {
  const running = await run(t, scratch(t));
  const kpi = next(running.client, `${base}/collector/kpi`);
  const line = '{"v":1,"readings":[["utility-a","power",1300],["ups-1","power",1000]]}';
  await running.client.publishAsync(`${base}/anybody/readings`, line, { qos: 1 });
  t.match(await kpi, { v: 1, site: 'dc-1', totalW: 1300, itW: 1000, ratio: 1.3 });
});

t.test('a stopped collector goes on where it was', async (t) => {
  const data = scratch(t);
  const first = await run({ teardown: () => {} }, data);
  await first.client.publishAsync(`${base}/hall-a/birth`, JSON.stringify(birth(1)), { qos: 1 });
  const acked = next(first.client, `${base}/hall-a/ack`, acknowledges(12));
  for (let seq = 1; seq <= 12; seq++) {
    await first.client.publishAsync(`${base}/hall-a/readings`, JSON.stringify(tick(seq, 1000)), { qos: 1 });
  }
  await acked;
  await first.client.endAsync(true);
  await first.collector.stop();
  const second = await run(t, data);
  t.match(await second.get('/api/v1/agents'), [{ agent: 'hall-a', epoch: 'E1', seq: 12 }]);
  second.nowMs = START + 130_000;
  t.match(await second.get('/api/v1/sites/dc-1/live'), { totalW: 1000, itW: 500 });
});
