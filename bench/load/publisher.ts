import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { LoadAgent } from './load-agent.ts';

/**
 * Agents under load: as fast as their windows let them (`--every 0`), each message a tick of 10 s later than the one before,
 * beginning a day ago; or one message each `--every` ms at the present time, spread evenly. Says `ready` when the births are
 * acknowledged by the broker, then one JSON line a second, and in the end one with `done`, when everything is acknowledged.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'mqtt://127.0.0.1:1883' },
    agents: { type: 'string', default: '50' },
    points: { type: 'string', default: '10' },
    every: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '10' },
  },
});
const agents = Number(values.agents);
const everyMs = Number(values.every);
const TICK_MS = 10_000;
const DAY_MS = 86_400_000;
const DRAIN_MS = 60_000;

/** Messages handed to a client and not yet taken by the broker: enough to keep it busy, not enough to weigh on memory. */
const IN_HAND = 200;
const CONNECTIONS = Math.min(agents, 8);

const clients = await Promise.all(
  Array.from({ length: CONNECTIONS }, () => connectAsync(values.url, { reconnectPeriod: 0 })),
);
const all = Array.from({ length: agents }, (_, index) => {
  const client = clients[index % CONNECTIONS] as MqttClient;
  return new LoadAgent({ client, index, points: Number(values.points), intervalMs: everyMs || TICK_MS });
});
await listen();
await Promise.all(all.map((agent) => agent.birth(Date.now())));
console.log('ready');

const startMs = Date.now();
const endMs = startMs + Number(values.seconds) * 1000;
const report = (done: boolean): void => {
  const sum = (of: (agent: LoadAgent) => number): number => all.reduce((total, agent) => total + of(agent), 0);
  console.log(
    JSON.stringify({ ms: Date.now() - startMs, sent: sum(({ sent }) => sent), acked: sum(({ acked }) => acked), done }),
  );
};
const reporter = setInterval(() => report(false), 1000);
await (everyMs === 0 ? asFastAsAllowed() : paced());
const drainedBy = Date.now() + DRAIN_MS;
while (all.some(({ sent, acked }) => acked < sent) && Date.now() < drainedBy) await sleep(10);
clearInterval(reporter);
report(true);
for (const client of clients) await client.endAsync(true);

async function listen(): Promise<void> {
  const byAck = new Map(all.map((agent) => [agent.ackTopic, agent]));
  for (const [index, client] of clients.entries()) {
    client.handleMessage = ({ topic, payload }, done) => {
      const agent = byAck.get(topic);
      if (agent !== undefined) agent.acked = Math.max(agent.acked, JSON.parse(payload.toString()).seq);
      done();
    };
    client.on('error', (error) => {
      throw error;
    });
    const topics = all.filter((_, agent) => agent % CONNECTIONS === index).map(({ ackTopic }) => ackTopic);
    for (let from = 0; from < topics.length; from += 500)
      await client.subscribeAsync(topics.slice(from, from + 500), { qos: 1 });
  }
}

async function asFastAsAllowed(): Promise<void> {
  for (let next = 0; Date.now() < endMs; ) {
    const room = CONNECTIONS * IN_HAND - clients.reduce((sum, client) => sum + waiting(client), 0);
    let sent = 0;
    for (let tries = 0; sent < room && tries < agents; tries++) {
      const agent = all[next++ % agents] as LoadAgent;
      if (!agent.hasRoom) continue;
      agent.publish(startMs - DAY_MS + agent.sent * TICK_MS);
      sent++;
    }
    // With every window full there is nothing to do but to wait for acknowledgements.
    await (sent === 0 ? sleep(1) : new Promise((resolve) => setImmediate(resolve)));
  }
}

async function paced(): Promise<void> {
  for (let next = 0; Date.now() < endMs; await sleep(2)) {
    const due = ((Date.now() - startMs) * agents) / everyMs;
    for (; next < due; next++) (all[next % agents] as LoadAgent).publish(Date.now());
  }
}

/** Messages that the client holds for want of the broker's acknowledgement. */
function waiting(client: MqttClient): number {
  const { outgoing } = client as unknown as { outgoing: object };
  return Object.keys(outgoing).length;
}
