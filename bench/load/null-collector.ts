import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Aedes, type AedesPublishPacket } from 'aedes';
import { connectAsync } from 'mqtt';

/**
 * What a collector in Node can reach at best: it parses each message, sums its values and drops it. It acknowledges as the real
 * one does, since the publisher would otherwise stand still: after a pause of 5 ms, in which the real one waits for the disk,
 * one acknowledgement for each agent heard of meanwhile. With `--url` it subscribes there, with `--port` it is the broker itself.
 */
const { values } = parseArgs({ options: { url: { type: 'string' }, port: { type: 'string', default: '0' } } });
const FILTER = 'wattmark/v1/default/+/+/readings';
const PAUSE_MS = 5;

const acks = new Map<string, { readonly epoch: string; readonly seq: number }>();
let total = 0;

function take(topic: string, payload: Buffer | string): void {
  const message = JSON.parse(payload.toString()) as {
    epoch: string;
    seq: number;
    readings: [string, string, number][];
  };
  for (const [, , value] of message.readings) total += value;
  acks.set(topic.replace(/readings$/, 'ack'), message);
}

const publish = await (values.url === undefined ? serve(Number(values.port)) : subscribe(values.url));
process.once('SIGTERM', () => process.exit(Number.isFinite(total) ? 0 : 1));
console.log('ready');
for (;;) {
  await sleep(PAUSE_MS);
  for (const [topic, { epoch, seq }] of acks) publish(topic, JSON.stringify({ v: 1, epoch, seq }));
  acks.clear();
}

async function subscribe(url: string): Promise<(topic: string, payload: string) => void> {
  const client = await connectAsync(url);
  client.handleMessage = ({ topic, payload }, done) => {
    take(topic, payload);
    done();
  };
  await client.subscribeAsync(FILTER, { qos: 1 });
  return (topic, payload) => client.publish(topic, payload, { qos: 1 });
}

async function serve(port: number): Promise<(topic: string, payload: string) => void> {
  const broker = await Aedes.createBroker({ concurrency: 1000 });
  const deliver = ({ topic, payload }: AedesPublishPacket, done: () => void): void => {
    take(topic, payload);
    done();
  };
  await new Promise<void>((resolve) => broker.subscribe(FILTER, deliver, resolve));
  const server = createServer((socket) => broker.handle(socket.setNoDelay(true)));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (topic, payload) =>
    broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, () => {});
}
