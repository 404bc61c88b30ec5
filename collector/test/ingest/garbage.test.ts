import { connect, type Socket } from 'node:net';
import { createLogger } from '@wattmark/shared/logger';
import { limits } from '@wattmark/shared/messages';
import fc from 'fast-check';
import { connectAsync, type MqttClient } from 'mqtt';
import t, { type Test } from 'tap';
import { startCollector } from '../../src/collector.ts';
import { birth, Rig, START, scratch, tick } from '../support/rig.ts';

/** Whatever comes over the wire: nothing throws, everything is counted, and the next good message is taken. */

const leaves = ['birth', 'status', 'readings'] as const;

const messages = [
  birth(1),
  { v: 1, state: 'online', at: START, spoolDepth: 3, lost: 0 },
  { v: 1, epoch: 'E0', seq: 1, at: START, readings: [['utility-a', 'power', 1000, 'estimated']] },
  { v: 1, readings: [['ups-1', 'energy', 5]] },
];

/** Values that a hostile or broken publisher may put anywhere. */
const oddValue = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', -1, 0, 1.5, 1e308, -1e308, 2 ** 53, 1e21, 'NaN', [], {}, [[]], [null]),
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true }),
  fc.jsonValue({ maxDepth: 4 }),
);

const oddKey = fc.constantFrom(
  'v',
  'epoch',
  'seq',
  'at',
  'readings',
  'points',
  'firstSeq',
  'state',
  '__proto__',
  'constructor',
);

/** A valid message with one of its keys, or one of its readings or points, changed for something odd. */
const mutated = fc.tuple(fc.constantFrom(...messages), oddKey, oddValue).map(([message, key, value]) => {
  const text = JSON.stringify(message);
  // Written by hand: an object cannot have the key __proto__, nor one key twice.
  return Buffer.from(`${text.slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(value)}}`);
});

const oddReadings = fc
  .array(fc.oneof(oddValue, fc.array(oddValue, { maxLength: 5 })), { maxLength: 20 })
  .map((readings) => Buffer.from(JSON.stringify({ v: 1, at: START, readings })));

const oddPoints = fc
  .array(fc.oneof(oddValue, fc.dictionary(fc.constantFrom('point', 'feeds', 'channels', 'name', 'role'), oddValue)), {
    maxLength: 9,
  })
  .map((points) => Buffer.from(JSON.stringify({ ...(birth(1) as object), points })));

const truncated = fc
  .tuple(fc.constantFrom(...messages), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([message, share]) => {
    const bytes = Buffer.from(JSON.stringify(message));
    return bytes.subarray(0, Math.floor(share * (bytes.length - 1)));
  });

const flipped = fc.tuple(fc.constantFrom(...messages), fc.nat(), fc.nat(255)).map(([message, at, byte]) => {
  const bytes = Buffer.from(JSON.stringify(message));
  bytes[at % bytes.length] = byte;
  return bytes;
});

const extremes = fc.constantFrom(
  Buffer.alloc(0),
  Buffer.from([0xff, 0xfe, 0x80]),
  Buffer.from('{"v":1,"readings":[["a","power",NaN]]}'),
  Buffer.from('{"v":1,"readings":[["a","power",1e999]]}'),
  Buffer.from(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  Buffer.from(`{"v":1,"readings":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  Buffer.from(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`),
  Buffer.alloc(limits.payloadBytes, 'x'),
  Buffer.alloc(limits.payloadBytes + 1, ' '),
  Buffer.from(JSON.stringify({ v: 1, readings: Array.from({ length: limits.readingsPerMessage + 1 }, () => 0) })),
  Buffer.from(`{"v":1,"v":2,"readings":[["a","power",1]],"readings":"twice"}`),
);

const payload = fc.oneof(
  { weight: 3, arbitrary: mutated },
  { weight: 2, arbitrary: oddReadings },
  { weight: 2, arbitrary: oddPoints },
  { weight: 2, arbitrary: truncated },
  { weight: 2, arbitrary: flipped },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  { weight: 1, arbitrary: extremes },
);

const level = fc.oneof(
  fc.constantFrom(
    'wattmark',
    'v1',
    'default',
    'dc-1',
    'hall-b',
    'collector',
    'birth',
    'readings',
    'ack',
    'kpi',
    '',
    '..',
    '+',
    '#',
    '$SYS',
  ),
  fc.string({ unit: 'binary', maxLength: 80 }),
);

const topic = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...leaves).map((leaf) => `wattmark/v1/default/dc-1/hall-b/${leaf}`) },
  { weight: 1, arbitrary: fc.array(level, { maxLength: 9 }).map((levels) => levels.join('/')) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(level, fc.constantFrom(...leaves))
      .map(([agent, leaf]) => `wattmark/v1/default/dc-1/${agent}/${leaf}`),
  },
);

t.test('garbage on every topic is counted, and stops nothing', async (t) => {
  const data = scratch(t);
  const rig = await Rig.open(data);
  rig.send('birth', birth(1));
  let seq = 0;
  let offered = 1;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ topic, payload, retained: fc.boolean() }), { minLength: 1, maxLength: 20 }),
      async (deliveries) => {
        for (const delivery of deliveries) {
          const before = total(rig);
          void rig.pipeline.receive(delivery);
          offered++;
          if (total(rig) !== before) continue;
          // Not counted as rejected: then it must be something that the contract allows.
          if (!isAllowed(delivery.payload)) throw new Error('neither rejected nor allowed');
        }
        rig.send('readings', tick(++seq, 1000));
        offered++;
        await rig.settle();
        const acked = rig.acks.findLast(({ topic: ackTopic }) => ackTopic.includes('/hall-a/'));
        if (acked?.seq !== seq) throw new Error(`a good message was not acknowledged: ${seq}, but ${acked?.seq}`);
        rig.acks.length = 0;
      },
    ),
    { numRuns: 400 },
  );
  t.equal(rig.ingest.counters.messages, offered, 'every message was counted');
  t.ok(total(rig) > 1_000, `${total(rig)} rejected: ${JSON.stringify(rig.ingest.rejects.toRecord())}`);
  t.ok(
    rig.fold.catalogue.sites.length <= 1 && rig.fold.catalogue.agents.length < 100,
    'no site or agent out of nothing',
  );
  t.ok(rig.fold.catalogue.points.length < 1_000, `${rig.fold.catalogue.points.length} points`);
  t.equal(({} as Record<string, unknown>)['v'], undefined, 'no prototype was changed');
  await rig.close();
  const again = await Rig.open(data);
  t.same(again.fold.agents, rig.fold.agents, 'what was written can be read again');
  await again.close();
});

function total(rig: Rig): number {
  return Object.values(rig.ingest.rejects.toRecord()).reduce((sum, count) => sum + count, 0);
}

/** Whether a payload that was not rejected at all is at least an object of version 1. */
function isAllowed(bytes: Uint8Array): boolean {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  return typeof value === 'object' && value !== null && 'v' in value && value.v === 1;
}

interface Served {
  readonly port: number;
  readonly client: MqttClient;
  /** Publishes a good message and resolves when it is acknowledged. */
  publish(seq: number): Promise<void>;
  health(): Promise<number>;
}

async function serve(t: Test): Promise<Served> {
  const log = createLogger('test', 'silent');
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
  const collector = await startCollector({ config, sites: [], page: null, log, now: Date.now });
  t.teardown(() => collector.stop());
  const port = collector.mqttPort ?? 0;
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  t.teardown(() => client.endAsync(true));
  await client.subscribeAsync('wattmark/v1/default/dc-1/hall-a/ack', { qos: 1 });
  return {
    port,
    client,
    async publish(seq) {
      const acknowledged = new Promise<Buffer>((resolve) => client.once('message', (_topic, bytes) => resolve(bytes)));
      await client.publishAsync('wattmark/v1/default/dc-1/hall-a/readings', JSON.stringify(tick(seq, 1000)), {
        qos: 1,
      });
      t.match(JSON.parse((await acknowledged).toString()), { seq }, `message ${seq} is acknowledged`);
    },
    health: async () => (await fetch(`http://127.0.0.1:${collector.httpPort}/healthz`)).status,
  };
}

/** CONNECT of MQTT 3.1.1 with a clean session and the client id `raw`. */
const connectPacket = Buffer.from([0x10, 15, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, 3, ...Buffer.from('raw')]);

t.test(
  'over the wire: a packet beyond the limit costs its sender the connection, and nobody else anything',
  async (t) => {
    const { port, publish, health } = await serve(t);
    await publish(1);
    const hostile = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
    const closed = closing(hostile);
    hostile.publish('wattmark/v1/default/dc-1/hall-b/readings', Buffer.alloc(3 * 1_048_576), { qos: 1 }, () => {});
    await closed;
    hostile.end(true);
    await publish(2);
    t.equal(await health(), 200);
  },
);

t.test('over the wire: a packet that never ends, bytes that are no MQTT, and topics of every kind', async (t) => {
  const { port, client, publish, health } = await serve(t);
  const loris = connect(port, '127.0.0.1');
  t.teardown(() => loris.destroy());
  loris.on('error', () => {});
  loris.write(connectPacket);
  await new Promise((resolve) => loris.once('data', resolve));
  // The header of a PUBLISH of 1,000 bytes, and one of them.
  loris.write(Buffer.from([0x32, 0xe8, 0x07, 0x00]));
  await publish(1);

  const noise = connect(port, '127.0.0.1');
  const refused = closing(noise);
  noise.write(Buffer.alloc(100_000, 0xff));
  await refused;
  await publish(2);

  const odd = fc.sample(fc.record({ topic, payload }), 300).filter(({ topic: name }) => isPublishable(name));
  for (const { topic: name, payload: bytes } of odd) {
    await client.publishAsync(name, Buffer.from(bytes), { qos: 1 });
  }
  await publish(3);
  t.equal(await health(), 200);
  t.notOk(loris.destroyed, 'the slow one is still waited for');
});

/** Topics that a client may publish to at all (MQTT 3.1.1, 3.3.2.1 and 4.7); others cost the connection, not the collector. */
function isPublishable(name: string): boolean {
  return name.length > 0 && !/[+#\0]/.test(name) && !name.startsWith('$') && name.isWellFormed();
}

/** Resolves when a connection is closed, in whatever way. */
function closing(connection: MqttClient | Socket): Promise<void> {
  connection.on('error', () => {});
  return new Promise((resolve) => {
    connection.on('close', () => resolve());
  });
}
