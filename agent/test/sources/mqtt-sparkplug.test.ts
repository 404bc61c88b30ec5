import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { UPayload } from 'sparkplug-client';
import t, { type Test } from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import type { Message, News } from '../../src/sources/mqtt/format.ts';
import { createSparkplug, type SparkplugSlot } from '../../src/sources/mqtt/sparkplug.ts';
import { encodeField } from '../../src/sources/mqtt/protobuf.ts';
import { decodePayload, numberOf } from '../../src/sources/mqtt/sparkplug-payload.ts';
import { FakeClock } from '../support/fake-clock.ts';
import type { Source } from '../../src/source.ts';
import { conformance, type Device } from './conformance.ts';
import { createTcpProxy } from './faulty-proxy.ts';
import { type Listener, listen, startBroker } from './mqtt-bench.ts';

const { newClient } = createRequire(import.meta.url)('sparkplug-client') as typeof import('sparkplug-client');

type SparkplugClient = ReturnType<typeof newClient>;

const points = [
  { point: 'rack-7', role: 'it', device: 'DC1/rack7', channels: { power: { metric: 'Power/Total' } } },
  {
    point: 'pdu-1',
    role: 'it',
    device: 'DC1/rack7/pdu1',
    channels: {
      power: { metric: 'P', unit: 'kW' },
      energy: { metric: 'E', unit: 'kWh' },
      temperature: { metric: 'T', scale: 0.1 },
    },
  },
];

t.test(
  'a node and its device as sparkplug-client publishes them, from birth to death and to the next birth',
  async (t) => {
    const broker = await startBroker(t);
    if (broker === null) return;
    const at = Date.now() - 1000;
    const node: UPayload = { timestamp: at, metrics: [{ name: 'Power/Total', type: 'Float', value: 217.5 }] };
    const device = (seconds: number, p: number): UPayload => ({
      timestamp: at + 1000 * seconds,
      metrics: [
        { name: 'P', type: 'Double', value: p },
        { name: 'E', type: 'UInt64', value: 104_822 },
        { name: 'T', type: 'Int16', value: -125 },
        { name: 'Name', type: 'String', value: 'a' },
      ],
    });
    const listener = await listen({ format: 'sparkplug', url: broker.url, points });
    t.teardown(() => listener.source.close());
    await listener.subscribed();
    let births = 0;
    const client = connect(t, broker.url, (publisher) => {
      births++;
      publisher.publishNodeBirth({ ...node, metrics: [...(node.metrics ?? [])] });
      publisher.publishDeviceBirth('pdu1', device(0, 1.5));
    });
    // The request for a birth, with which the source begins, is heard as well.
    await listener.heard(3);
    t.same(await listener.look(), {
      readings: [],
      dated: [
        {
          at,
          readings: [
            ['rack-7', 'power', 217.5],
            ['pdu-1', 'power', 1500],
            ['pdu-1', 'energy', 104_822_000],
            ['pdu-1', 'temperature', -12.5],
          ],
        },
      ],
      noData: [],
    });
    client.publishDeviceData('pdu1', { timestamp: at + 1000, metrics: [{ name: 'P', type: 'Double', value: 1.6 }] });
    client.publishDeviceData('pdu1', device(1.5, 1.7), { compress: true, algorithm: 'GZIP' });
    client.publishDeviceData('pdu1', device(1.6, 1.8), { compress: true, algorithm: 'DEFLATE' });
    await listener.heard(6);
    t.same(
      (await listener.look()).dated?.map(({ readings }) => readings[0]),
      [1600, 1700, 1800].map((power) => ['pdu-1', 'power', power]),
    );
    client.publishDeviceDeath('pdu1', { timestamp: at + 2000 });
    await listener.heard(7);
    t.match(await listener.look(), {
      dated: [],
      noData: ['power', 'energy', 'temperature'].map((channel) => ({
        point: 'pdu-1',
        channel,
        reason: /DC1\/rack7\/pdu1 died \(.*Z\); its next birth is waited for/,
      })),
    });
    t.equal(births, 1, 'a birth that was heard is not asked for');
    client.publishDeviceBirth('pdu1', device(3, 1.9));
    await listener.heard(8);
    t.match(await listener.look(), { dated: [{ readings: [['pdu-1', 'power', 1900]] }], noData: [] });
    client.stop();
    await listener.heard(9);
    t.match(await listener.look(), { noData: [{ point: 'rack-7', reason: /DC1\/rack7 died/ }, {}, {}, {}] });
  },
);

t.test('who comes late asks for a birth, and nobody is asked where the operator does not want it', async (t) => {
  const broker = await startBroker(t);
  if (broker === null) return;
  const born = { count: 0 };
  const up = new Promise<void>((resolve) => {
    const client = connect(t, broker.url, (publisher) => {
      born.count++;
      publisher.publishNodeBirth({
        timestamp: Date.now(),
        metrics: [{ name: 'Power/Total', alias: 7, type: 'Int32', value: -217 }],
      });
      resolve();
    });
    client.on('ncmd', (payload) => {
      const [metric] = payload.metrics ?? [];
      if (metric?.name === 'Node Control/Rebirth' && metric.value === true) client.emit('birth');
    });
  });
  await up;
  const config = { format: 'sparkplug', url: broker.url, points: points.slice(0, 1) };
  const silent = await listen({ ...config, rebirth: false });
  t.teardown(() => silent.source.close());
  await silent.subscribed();
  const listener = await listen(config);
  t.teardown(() => listener.source.close());
  await listener.heard(2);
  t.match(await listener.look(), { dated: [{ readings: [['rack-7', 'power', -217]] }] });
  t.equal(born.count, 2);
});

t.test('conformance', async (t) => {
  const broker = await startBroker(t);
  if (broker === null) return;
  const proxy = await createTcpProxy(() => broker.broker.port);
  t.teardown(() => proxy.close());
  const said = { first: [1.5, 12], other: [0.9, 1], impossible: [4e9, 12] } as const;
  let device: Device = 'first';
  let current: Listener | null = null;
  let client: SparkplugClient | null = null;
  const payload = (): UPayload => ({
    timestamp: Date.now(),
    metrics: [
      { name: 'P', type: 'Double', value: said[device][0] },
      { name: 'E', type: 'UInt64', value: said[device][1] },
    ],
  });
  const startPublisher = () =>
    new Promise<void>((resolve) => {
      client = connect(t, broker.url, (publisher) => {
        publisher.publishNodeBirth({ timestamp: Date.now(), metrics: [] });
        publisher.publishDeviceBirth('pdu1', payload());
        resolve();
      });
    });
  await startPublisher();
  const config = { format: 'sparkplug', url: `mqtt://127.0.0.1:${proxy.port}`, rebirth: false };
  const channels = { power: { metric: 'P', unit: 'kW' }, energy: { metric: 'E', unit: 'kWh' } };
  const open = async (name: string): Promise<Source> => {
    const listener = await listen({ ...config, points: [{ point: 'pdu-1', device: `DC1/rack7/${name}`, channels }] });
    await listener.subscribed();
    current = listener;
    const close = async () => {
      current = null;
      await listener.source.close();
    };
    return { ...listener.source, close };
  };
  conformance(t, {
    open: () => open('pdu1'),
    // A device that nobody publishes for is silent, and its node is not: the wrong name shows where nothing comes at all.
    openWrong: async () => (await listen({ ...config, expect: '1ms', points: [wrong] }, 2400)).source,
    wrong: /nothing for \d+ s on spBv1\.0\/DC1\/\+\/rack8\/#: are the topics right/,
    async restartAs(name) {
      device = name;
      client?.stop();
      const before = current?.subscriptions() ?? 0;
      await broker.restart();
      await current?.subscribed(before + 1);
      await startPublisher();
    },
    behave(behaviour) {
      proxy.behaviour = behaviour === 'slow' ? 600 : behaviour;
    },
    async speak() {
      // Times of their own: two readings of one millisecond are one.
      await new Promise((resolve) => setTimeout(resolve, 2));
      const publish = () => client?.publishDeviceData('pdu1', payload());
      if (current !== null && proxy.behaviour === 'well') await current.hears(publish);
      else publish();
    },
    readings: {
      first: [
        ['pdu-1', 'power', 1500],
        ['pdu-1', 'energy', 12_000],
      ],
      other: [
        ['pdu-1', 'power', 900],
        ['pdu-1', 'energy', 1000],
      ],
    },
  });
});

const wrong = { point: 'pdu-1', device: 'DC1/rack8/pdu1', channels: { power: { metric: 'P' } } };

const slot = (channel: SparkplugSlot['channel'], metric: string, device = 'G/N/D'): SparkplugSlot => ({
  point: 'a',
  channel,
  scale: 1,
  origin: metric,
  device,
  metric,
});

t.test('payloads that another implementation encoded', async (t) => {
  const power = slot('power', 'P');
  const energy = slot('energy', 'E');
  const { hear, sent } = await bench(t, [power, energy]);
  if (hear === null) return;
  const P = { name: 'P', alias: '1', datatype: 3 };
  const birth = [
    { ...P, int_value: 4_294_967_284 },
    { name: 'E', alias: '2', datatype: 8, long_value: '9007199254740993' },
    { name: 'Big', alias: '3', datatype: 16, dataset_value: { num_of_columns: '1', columns: ['a'] } },
  ];
  t.match(hear('NBIRTH/N', 0, []), [
    { slot: power, problem: /G\/N\/D is not born yet in the new life of its node/ },
    { slot: energy, problem: /not born yet/ },
  ]);
  t.same(hear('DBIRTH/N/D', 1, birth), [
    { slot: power, value: -12, at: 1000, series: 'G/N/D', isHistorical: false },
    { slot: energy, value: 9_007_199_254_740_992, at: 1000, series: 'G/N/D', isHistorical: false },
  ]);
  t.match(hear('DDATA/N/D', 2, [{ alias: '1', int_value: 42, timestamp: '900' }]), [
    { slot: power, value: 42, at: 900 },
  ]);
  t.match(
    hear('DDATA/N/D', 3, [{ alias: '1', int_value: 43, timestamp: '500', is_historical: true }]),
    [{ slot: power, value: 43, at: 500, isHistorical: true }],
    'a history has its own times',
  );
  t.match(hear('DDATA/N/D', 4, [{ alias: '1', is_null: true }]), [{ slot: power, problem: /no value \(null\)/ }]);
  t.match(hear('DDATA/N/D', 5, [{ alias: '2' }]), [{ slot: energy, problem: /no value \(null\)/ }]);
  const quality = (value: number) => ({ properties: { keys: ['Quality'], values: [{ type: 3, int_value: value }] } });
  t.match(hear('DDATA/N/D', 6, [{ alias: '1', int_value: 44, ...quality(500) }]), [
    { problem: /quality 500, and good is 192/ },
  ]);
  t.match(hear('DDATA/N/D', 7, [{ alias: '1', int_value: 44, ...quality(192) }]), [{ slot: power, value: 44 }]);
  t.match(hear('DDATA/N/D', 8, [{ name: 'P', string_value: 'many' }]), [
    { problem: /the metric is a text, not a number/ },
  ]);
  t.match(hear('DDATA/N/D', 9, [{ name: 'P', datatype: 16, dataset_value: {} }]), [{ problem: /is a dataset/ }]);
  t.match(hear('DDATA/N/D', 10, [{ name: 'P', datatype: 7, int_value: 4_294_967_284 }]), [{ value: 4_294_967_284 }]);
  t.match(hear('DDATA/N/D', 11, [{ name: 'P', datatype: 7, long_value: '4294967284' }]), [{ value: 4_294_967_284 }]);
  t.match(hear('DDATA/N/D', 12, [{ name: 'P', datatype: 4, long_value: '18446744073709551604' }]), [{ value: -12 }]);
  t.match(hear('DDATA/N/D', 13, [{ name: 'P', datatype: 1, int_value: 244 }]), [{ value: -12 }], 'one byte wide');
  t.same(sent(), 0, 'nothing was missed');
});

t.test(
  'a gap in the sequence: aliases are not trusted before the next birth, which is asked for, not too often',
  async (t) => {
    const power = slot('power', 'P');
    const { hear, sent, clock } = await bench(t, [power]);
    if (hear === null) return;
    const birth = [{ name: 'P', alias: '1', datatype: 3, int_value: 1 }];
    hear('NBIRTH/N', 254, []);
    hear('DBIRTH/N/D', 255, birth);
    t.match(hear('DDATA/N/D', 0, [{ alias: '1', int_value: 2 }]), [{ value: 2 }], 'the sequence wraps at 256');
    t.match(hear('DDATA/N/D', 2, [{ alias: '1', int_value: 3 }]), [
      { slot: power, problem: /the aliases of G\/N\/D are not known before its next birth: messages were missed/ },
    ]);
    t.match(hear('DDATA/N/other', 4, []), [{ problem: /messages of G\/N\/D were missed: its next value or birth/ }]);
    t.equal(sent(), 1);
    t.match(hear('DDATA/N/D', 5, [{ name: 'P', int_value: 4 }]), [
      { problem: /type is not known before the next birth/ },
    ]);
    t.match(hear('DDATA/N/D', 6, [{ name: 'P', float_value: 5 }]), [{ value: 5 }], 'a name and a type are enough');
    t.equal(sent(), 1, 'not asked again at once');
    await clock.pass(60_000);
    hear('DDATA/N/D', 5, [{ alias: '1', int_value: 3 }]);
    t.equal(sent(), 2);
    hear('NBIRTH/N', 0, []);
    t.match(hear('DDATA/N/D', 1, [{ alias: '1', int_value: 6 }]), [{ problem: /aliases/ }], 'a new life of the node');
    t.match(hear('DBIRTH/N/D', 2, birth), [{ value: 1 }]);
    t.match(hear('DDATA/N/D', 3, [{ alias: '1', int_value: 7 }]), [{ value: 7 }]);
  },
);

t.test('deaths: a late one of a former life is not believed; who is dead says nothing', async (t) => {
  const node = slot('power', 'P', 'G/N');
  const { hear } = await bench(t, [node]);
  if (hear === null) return;
  const birthSeq = (value: number) => ({ name: 'bdSeq', datatype: 8, long_value: String(value) });
  hear('NBIRTH/N', 0, [birthSeq(4), { name: 'P', datatype: 10, double_value: 1 }]);
  t.same(hear('NDEATH/N', null, [birthSeq(3)]), []);
  t.match(hear('NDEATH/N', null, [birthSeq(4)]), [{ slot: node, problem: /^G\/N died/ }]);
  t.same(hear('NDATA/N', 1, [{ name: 'P', double_value: 2 }]), []);
  t.match(hear('NBIRTH/N', 0, [birthSeq(5), { name: 'Q', datatype: 10, double_value: 1 }]), [
    { slot: node, problem: 'G/N was born without a metric P' },
  ]);
  t.same(hear('NCMD/N', null, []), [], 'what others command is not its word');
  t.throws(() => decodePayload(Buffer.from('not protobuf')), 'garbage is no payload');
});

t.test('whole numbers of every width keep their value and sign', (t) => {
  const types = { 1: -128, 2: -32_768, 3: -2_147_483_648, 5: 0, 6: 0, 7: 0 } as const;
  for (const [datatype, least] of Object.entries(types)) {
    const bits = { 1: 8, 2: 16, 3: 32, 5: 8, 6: 16, 7: 32 }[datatype] ?? 0;
    fc.assert(
      fc.property(
        fc.integer({ min: least, max: least + 2 ** bits - 1 }),
        fc.constantFrom(bits, 32, 64),
        (value, wide) => {
          const travels = BigInt.asUintN(Math.max(wide, bits), BigInt(value));
          return numberOf({ kind: 'whole', value: travels }, Number(datatype)) === value;
        },
      ),
    );
  }
  t.end();
});

const { Payload } = createRequire(import.meta.url)('sparkplug-payload/lib/sparkplugPayloadProto.js').org.eclipse.tahu
  .protobuf;

t.test('any payload that protobufjs encodes is read, and any bytes are read or refused', async (t) => {
  const number = fc.oneof(
    fc.record({ intValue: fc.nat(2 ** 32 - 1) }),
    fc.record({ longValue: fc.nat(Number.MAX_SAFE_INTEGER) }),
    fc.record({ doubleValue: fc.double() }),
    fc.record({ floatValue: fc.float() }),
  );
  const metric = fc.record({
    name: fc.string({ unit: 'grapheme' }),
    alias: fc.nat(Number.MAX_SAFE_INTEGER),
    timestamp: fc.nat(Number.MAX_SAFE_INTEGER),
    datatype: fc.nat(34),
    number,
  });
  fc.assert(
    fc.property(fc.array(metric, { maxLength: 4 }), fc.nat(255), (metrics, seq) => {
      const written = metrics.map(({ number, ...rest }) => ({ ...rest, ...number }));
      const bytes = Payload.encode(Payload.create({ timestamp: 1, seq, metrics: written })).finish() as Uint8Array;
      const payload = decodePayload(Buffer.from(bytes));
      t.equal(payload.seq, seq);
      t.same(
        payload.metrics.map((one) => ({ ...one, value: 'value' in one.value ? Number(one.value.value) : null })),
        metrics.map(({ number, timestamp, alias, ...rest }) => ({
          ...rest,
          alias: String(alias),
          at: timestamp,
          value: Object.values(number)[0],
          isHistorical: false,
          quality: null,
        })),
      );
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        return Array.isArray(decodePayload(Buffer.from(bytes)).metrics);
      } catch (error) {
        return /protobuf|Sparkplug|outside|out of range|header/.test((error as Error).message);
      }
    }),
  );
});

type ProtoJson = Readonly<Record<string, unknown>>;

/** Hears payloads that Google's protobuf encodes; `hear` is null where the test was skipped. */
async function bench(t: Test, slots: readonly SparkplugSlot[]) {
  const python = requireProgram(t, '/usr/bin/python3');
  const clock = new FakeClock();
  let commands = 0;
  const format = createSparkplug(slots, { clock, send: () => commands++ });
  const encoder = join(import.meta.dirname, 'peers', 'sparkplug-payload.py');
  const encode = (payload: ProtoJson): Buffer => {
    const hex = execFileSync(python ?? '', [encoder], { input: JSON.stringify([payload]), encoding: 'utf8' });
    return Buffer.from(hex.trim(), 'hex');
  };
  const hear = (place: string, seq: number | null, metrics: readonly ProtoJson[]): readonly News[] => {
    const payload = encode({ timestamp: '1000', metrics, ...(seq !== null && { seq: String(seq) }) });
    const message: Message = { topic: `spBv1.0/G/${place}`, payload, retained: false };
    // What is said last of a slot counts.
    return [...new Map(format.decode(message).map((news) => [news.slot, news])).values()];
  };
  return { hear: python === null ? null : hear, sent: () => commands, clock };
}

function connect(t: Test, url: string, birth: (client: SparkplugClient) => void): SparkplugClient {
  const client = newClient({
    serverUrl: url,
    username: '',
    password: '',
    groupId: 'DC1',
    edgeNode: 'rack7',
    clientId: 'rack7',
    publishDeath: true,
    version: 'spBv1.0',
  });
  t.teardown(() => client.stop());
  client.on('error', () => {});
  client.on('birth', () => birth(client));
  return client;
}

t.test('a payload that is decompressed to more than a message may be is none', async (t) => {
  const bomb = gzipSync(Buffer.alloc(2 * 1_048_576));
  const payload = Buffer.concat([encodeField(4, 'SPBV1.0_COMPRESSED'), encodeField(5, bomb)]);
  t.ok(payload.length < 4_000);
  t.throws(() => decodePayload(payload), /larger than/);
});
