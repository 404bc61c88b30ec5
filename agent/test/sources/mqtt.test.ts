import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reading } from '@wattmark/shared/messages';
import t, { type Test } from 'tap';
import * as v from 'valibot';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import mqtt from '../../src/sources/mqtt.ts';
import type { Sample } from '../../src/source.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { scratch } from '../support/scratch.ts';
import { conformance, context, type Device, openSource, tick } from './conformance.ts';
import { createTcpProxy } from './faulty-proxy.ts';
import { type Listener, listen, startBroker } from './mqtt-bench.ts';

const login = { username: 'agent', password: 's3cret' };

/** An interval with which a first look waits long enough for a local broker, and ends before its deadline. */
const SLOW = 2400;

const points = [
  {
    point: 'rack-1',
    role: 'it',
    topic: 'tele/rack-1/SENSOR',
    channels: { power: { path: 'ENERGY.Power' }, energy: { path: 'ENERGY.Total', unit: 'kWh' } },
  },
];
const json = { format: 'json', points };

/** As Tasmota publishes. */
const sensor = (power: unknown, total: number) =>
  JSON.stringify({ Time: '2026-05-04T12:00:00', ENERGY: { Total: total, Power: power, Voltage: 230 } });

t.test('conformance', async (t) => {
  const broker = await startBroker(t, ['user root', 'allow_anonymous false', `password_file ${passwords(t)}`], login);
  if (broker === null) return;
  const proxy = await createTcpProxy(() => broker.broker.port);
  t.teardown(() => proxy.close());
  const said = { first: sensor(217, 12.5), other: sensor(99, 1), impossible: sensor(4_294_967_295_000, 12.5) };
  let device: Device = 'first';
  let current: Listener | null = null;
  const config = { ...json, ...login, url: `mqtt://127.0.0.1:${proxy.port}` };
  conformance(t, {
    async open() {
      const listener = await listen(config);
      await listener.subscribed();
      current = listener;
      const close = async () => {
        current = null;
        await listener.source.close();
      };
      return { ...listener.source, close };
    },
    openWrong: async () => (await listen({ ...config, password: 'wrong' }, SLOW)).source,
    wrong: /refuses the user: are username and password right/,
    async restartAs(name) {
      device = name;
      const before = current?.subscriptions() ?? 0;
      await broker.restart();
      await current?.subscribed(before + 1);
    },
    behave(behaviour) {
      proxy.behaviour = behaviour === 'slow' ? 600 : behaviour;
    },
    async speak() {
      const publish = () => broker.publish('tele/rack-1/SENSOR', said[device]);
      if (current !== null && proxy.behaviour === 'well') await current.hears(publish);
      else await publish();
    },
    readings: { first: readings(217, 12_500), other: readings(99, 1000) },
  });
});

t.test('a broker that is away, and comes back: it subscribes again and loses nothing that it heard', async (t) => {
  const broker = await startBroker(t);
  if (broker === null) return;
  const listener = await listen({ ...json, url: broker.url });
  t.teardown(() => listener.source.close());
  await listener.subscribed();
  await broker.publish('tele/rack-1/SENSOR', sensor(217, 12.5));
  await listener.heard(1);
  await broker.broker.kill();
  await listener.lost();
  t.same(readingsOf(await listener.look()), readings(217, 12_500), 'what was heard before');
  await t.rejects(listener.look(), { name: 'SourceError', kind: 'retry' });
  await broker.restart();
  await listener.subscribed(2);
  await broker.publish('tele/rack-1/SENSOR', sensor(218, 12.6));
  await listener.heard(2);
  t.same(readingsOf(await listener.look()), readings(218, 12_600));
});

t.test('no broker is absent; so are topics on which nothing comes', async (t) => {
  const nobody = await listen({ ...json, url: `mqtt://127.0.0.1:${await freePort()}` }, SLOW);
  t.teardown(() => nobody.source.close());
  t.match(await tick(nobody.source), { kind: 'absent', message: /mqtt:\/\/127.0.0.1:\d+: connect ECONNREFUSED/ });
  const broker = await startBroker(t);
  if (broker === null) return;
  const listener = await listen({ ...json, url: broker.url, expect: '50ms' });
  t.teardown(() => listener.source.close());
  await t.rejects(listener.look(), {
    kind: 'absent',
    message: /nothing for 0 s on tele\/rack-1\/SENSOR: are the topics right, and may this user read them\?/,
  });
});

t.test('TLS with a certificate, and one that is not to be trusted', async (t) => {
  const broker = await startTlsBroker(t);
  if (broker === null) return;
  const config = { ...json, url: `mqtts://localhost:${broker.port}` };
  const files = { ca: 'ca.crt', cert: 'agent.crt', key: 'agent.key' };
  const open = (more: object) =>
    mqtt.open(v.parse(mqtt.schema, { ...config, ...more }), {
      ...context,
      intervalMs: SLOW,
      directory: broker.directory,
    });
  for (const [more, message] of [
    [{}, /the certificate of the broker is not to be trusted \([A-Z_]+\): name the authority that signed it with ca/],
    [
      { ca: 'ca.crt' },
      /does not take this agent's certificate \(.*\): name one with cert and key|closed the connection|ECONNRESET/,
    ],
    [{ ...files, key: 'nowhere.key' }, /nowhere\.key/],
  ] as const) {
    const source = await open(more);
    t.match(await tick(source), { kind: 'absent', message });
    await source.close();
  }
  const source = await open(files);
  t.teardown(() => source.close());
  const { noData } = (await tick(source)) as Sample;
  t.match(noData, [{ reason: /nothing yet from tele\/rack-1\/SENSOR, ENERGY\.Power/ }, { channel: 'energy' }]);
});

t.test('a retained message is no reading, unless it tells its time; then it is one, once', async (t) => {
  const broker = await startBroker(t);
  if (broker === null) return;
  await broker.publish('meter/power', '217', true);
  const at = Date.now() - 5000;
  await broker.publish('meter/json', JSON.stringify({ power: 99, at }), true);
  const number = await listen({
    format: 'number',
    url: broker.url,
    points: [{ point: 'a', channels: { power: { topic: 'meter/power' } } }],
  });
  const dated = await listen({
    format: 'json',
    url: broker.url,
    points: [{ point: 'a', topic: 'meter/json', time: 'at', channels: { power: { path: 'power' } } }],
  });
  t.teardown(() => Promise.all([number.source.close(), dated.source.close()]));
  await Promise.all([number.subscribed(), number.heard(1), dated.subscribed(), dated.heard(1)]);
  t.match(await number.look(), {
    dated: [],
    noData: [{ reason: /nothing yet from meter\/power: there is only a retained message, whose age nobody knows/ }],
  });
  t.match(await dated.look(), { dated: [{ at, readings: [['a', 'power', 99]] }], noData: [] });
  await broker.restart();
  await broker.publish('meter/json', JSON.stringify({ power: 99, at }), true);
  await Promise.all([dated.subscribed(2), dated.heard(2)]);
  t.match(await dated.look(), { readings: [], dated: [], noData: [] }, 'the same one again is not another');
});

t.test('a refused subscription says so', async (t) => {
  const broker = await startBroker(t);
  if (broker === null) return;
  // Mosquitto 2.0 grants every subscription and delivers nothing; this byte is what other brokers answer.
  const proxy = await createTcpProxy(() => broker.broker.port);
  t.teardown(() => proxy.close());
  proxy.behaviour = (data) => {
    if (data[0] === 0x90) data[data.length - 1] = 0x80;
    return data;
  };
  const { source } = await listen({ ...json, url: `mqtt://127.0.0.1:${proxy.port}` }, SLOW);
  t.teardown(() => source.close());
  const message = /the broker refuses the subscription to tele\/rack-1\/SENSOR: is the user allowed to read it\?/;
  t.match(await tick(source), { kind: 'absent', message });
});

t.test('what is announced, and what a configuration may not say', async (t) => {
  const source = await openSource(mqtt, { ...json, url: 'mqtt://127.0.0.1:1', every: '30s' });
  t.teardown(() => source.close());
  t.same(source.points, [
    { point: 'rack-1', role: 'it', channels: ['power', 'energy'], source: 'mqtt', intervalMs: 30_000 },
  ]);
  const rejected = (more: object) => {
    const result = v.safeParse(mqtt.schema, { ...json, url: 'mqtt://b', ...more });
    return result.success ? 'accepted' : result.issues.map(({ message }) => message).join();
  };
  t.equal(rejected({}), 'accepted');
  const point = (channels: object, topic = 'a') => ({ points: [{ point: 'a', topic, channels }] });
  t.match(rejected(point({ power: { path: 'a', unit: 'kWh' } })), /power: the unit kWh is not one of W, mW, kW, MW/);
  t.match(rejected(point({ power: { path: 'a', unit: 'kW', scale: 2 } })), /both unit and scale/);
  t.match(rejected(point({})), /at least one channel/);
  t.match(rejected(point({ power: { path: 'a' } }, 'a/b+/c')), /must be a topic/);
  t.match(rejected(point({ power: { path: 'a' } }, '#/a')), /must be a topic/);
  t.match(rejected({ url: 'mqtt://user:password@broker' }), /must be mqtt:/);
  t.match(rejected({ points: [...points, ...points] }), /more than once/);
  t.match(
    rejected({ points: points.map((point) => ({ ...point, role: 'other', level: 'ups-output' })) }),
    /level is only/,
  );
});

function readingsOf({ dated = [] }: Sample): Reading[] {
  return dated.flatMap((one) => one.readings);
}

/** A broker that wants certificates, with an authority of its own. */
async function startTlsBroker(t: Test): Promise<{ port: number; directory: string } | null> {
  const openssl = requireProgram(t, 'openssl');
  const program = openssl === null ? null : requireProgram(t, 'mosquitto');
  if (openssl === null || program === null) return null;
  const directory = scratch(t);
  const run = (...args: string[]) => execFileSync(openssl, args, { cwd: directory, stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=Test CA');
  writeFileSync(join(directory, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  for (const name of ['localhost', 'agent']) {
    run('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const ca = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
    run('x509', '-req', '-in', `${name}.csr`, ...ca, '-out', `${name}.crt`, '-extfile', 'names');
  }
  const port = await freePort();
  const file = (name: string) => join(directory, name);
  const broker = new Mosquitto(program, port, directory, [
    'user root',
    'allow_anonymous true',
    `cafile ${file('ca.crt')}`,
    `certfile ${file('localhost.crt')}`,
    `keyfile ${file('localhost.key')}`,
    'require_certificate true',
  ]);
  t.teardown(() => broker.kill());
  await broker.start();
  return { port, directory };
}

function readings(power: number, energy: number): Reading[] {
  return [
    ['rack-1', 'power', power],
    ['rack-1', 'energy', energy],
  ];
}

function passwords(t: Parameters<typeof scratch>[0]): string {
  const file = join(scratch(t), 'passwords');
  writeFileSync(file, `${login.username}:${login.password}\n`, { mode: 0o644 });
  execFileSync('mosquitto_passwd', ['-U', file]);
  return file;
}
