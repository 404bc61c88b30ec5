import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '@wattmark/shared/logger';
import { connectAsync, type MqttClient } from 'mqtt';
import { type Collector, startCollector } from '../../src/collector.ts';
import { loadCollectorConfig } from '../../src/config.ts';
import { loadSiteFiles } from '../../src/site/site-file.ts';
import { START } from './rig.ts';

export interface Running {
  readonly collector: Collector;
  readonly client: MqttClient;
  nowMs: number;
  get(path: string): Promise<unknown>;
}

/** A collector with embedded broker on free ports, whose clock stands until it is set. */
export async function run(
  t: { teardown(fn: () => Promise<void>): void },
  data: string,
  siteFile: string,
): Promise<Running> {
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
export async function next(
  client: MqttClient,
  topic: string,
  wanted = (_: Message): boolean => true,
): Promise<Message> {
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

export const acknowledges =
  (seq: number) =>
  (ack: Message): boolean =>
    ack['seq'] === seq;
