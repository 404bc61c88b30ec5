import { connectAsync, type MqttClient } from 'mqtt';

/**
 * Agents under load: each numbers its messages, keeps a window of unacknowledged ones in flight and goes on as acknowledgements come,
 * as the real agent does, but as fast as it is let or at a fixed rate. Prints one JSON line a second.
 *
 *   publisher.ts <url> <agents> <points per agent> <messages a second in all, 0: unlimited> <seconds> [site prefix]
 */

const WINDOW = 64;
const [url = '', agentsText, pointsText, rateText, secondsText, prefix = 'bench'] = process.argv.slice(2);
const agents = Number(agentsText);
const points = Number(pointsText);
const rate = Number(rateText);
const seconds = Number(secondsText);
const CONNECTIONS = Math.min(agents, 16);

class LoadAgent {
  readonly #client: MqttClient;
  readonly #base: string;
  readonly #tail: string;
  sent = 0;
  acked = 0;

  constructor(client: MqttClient, index: number) {
    this.#client = client;
    this.#base = `wattmark/v1/default/${prefix}-${index}/agent-${index}`;
    this.#tail = Array.from({ length: points }, (_, point) => `["point-${point}","power",${1000 + point}.5]`).join(',');
  }

  get ackTopic(): string {
    return `${this.#base}/ack`;
  }

  birth(): void {
    const list = Array.from({ length: points }, (_, point) => ({
      point: `point-${point}`,
      role: point === 0 ? 'utility' : point === 1 ? 'it' : 'other',
      channels: ['power'],
      intervalMs: 10_000,
    }));
    const birth = { v: 1, epoch: 'E1', firstSeq: 1, at: Date.now(), software: 'bench', points: list };
    this.#client.publish(`${this.#base}/birth`, JSON.stringify(birth), { qos: 1, retain: true });
  }

  publish(atMs: number): void {
    this.sent++;
    const payload = `{"v":1,"epoch":"E1","seq":${this.sent},"at":${atMs},"readings":[${this.#tail}]}`;
    this.#client.publish(`${this.#base}/readings`, payload, { qos: 1 });
  }

  get hasRoom(): boolean {
    return this.sent - this.acked < WINDOW;
  }
}

const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connectAsync(url)));
const all = Array.from({ length: agents }, (_, index) => new LoadAgent(clients[index % CONNECTIONS] as MqttClient, index));
const byAck = new Map(all.map((agent) => [agent.ackTopic, agent]));
for (const [index, client] of clients.entries()) {
  client.on('message', (topic, payload) => {
    const agent = byAck.get(topic);
    if (agent !== undefined) agent.acked = JSON.parse(payload.toString()).seq;
  });
  const topics = all.filter((_, agent) => agent % CONNECTIONS === index).map(({ ackTopic }) => ackTopic);
  for (let from = 0; from < topics.length; from += 500) await client.subscribeAsync(topics.slice(from, from + 500), { qos: 1 });
}
for (const agent of all) agent.birth();

const startMs = Date.now();
const endMs = startMs + seconds * 1000;
const unacknowledged = process.env['NO_ACK'] === '1';
const totals = (): { sent: number; acked: number } => ({
  sent: all.reduce((sum, agent) => sum + agent.sent, 0),
  acked: all.reduce((sum, agent) => sum + agent.acked, 0),
});
const report = setInterval(() => console.log(JSON.stringify({ ms: Date.now() - startMs, ...totals() })), 1000);

let next = 0;
function pump(): void {
  const nowMs = Date.now();
  if (nowMs >= endMs) return finish();
  // Without a rate, no more than the clients' own queues hold: the collector's speed counts, not the publisher's memory.
  const allowed = rate === 0 ? 2000 - queued() : Math.floor(((nowMs - startMs) / 1000) * rate) - totals().sent;
  let sent = 0;
  for (let tries = 0; sent < allowed && tries < 2 * agents + allowed; tries++) {
    const agent = all[next++ % agents] as LoadAgent;
    if (!unacknowledged && !agent.hasRoom) continue;
    agent.publish(startMs + agent.sent * 10_000 - 86_400_000);
    sent++;
  }
  setImmediate(pump);
}

function queued(): number {
  return clients.reduce((sum, client) => sum + Object.keys((client as unknown as { outgoing: object }).outgoing).length, 0);
}

async function finish(): Promise<void> {
  clearInterval(report);
  console.log(JSON.stringify({ ms: Date.now() - startMs, ...totals(), done: true }));
  for (const client of clients) await client.endAsync(true);
}
pump();
