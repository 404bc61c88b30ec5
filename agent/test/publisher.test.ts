import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, rmdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { PointDeclaration, SourcesReport } from '@wattmark/shared/messages';
import type { Logger } from '@wattmark/shared/logger';
import t from 'tap';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import type { BrokerConfig } from '../src/config.ts';
import { Publisher } from '../src/publisher.ts';
import type { Timing } from '../src/session.ts';
import { Spool } from '../src/spool.ts';
import { FakeCollector } from './support/fake-collector.ts';
import { recordingLog, silent } from './support/log.ts';
import { Mosquitto } from './support/mosquitto.ts';
import { realClock } from './support/real-clock.ts';
import { scratch } from './support/scratch.ts';

const address = { group: 'default', site: 'dc-1', agent: 'host-1' };
const quick = { ackTimeoutMs: 300, brokerTimeoutMs: 500, statusIntervalMs: 60_000, newsIntervalMs: 50 };
const MIB = 1_048_576;

interface Teardown {
  teardown(fn: () => Promise<void> | void): void;
}

async function openSpool(test: Teardown, maxBytes = 4 * MIB): Promise<Spool> {
  const directory = scratch(test);
  return Spool.open({ directory, maxBytes, maxAgeMs: 86_400_000, now: Date.now, log: silent });
}

interface Options extends Partial<BrokerConfig> {
  readonly points?: () => readonly PointDeclaration[];
  readonly report?: () => SourcesReport;
  readonly log?: Logger;
  readonly timing?: Timing;
}

function startPublisher(
  test: Teardown,
  spool: Spool,
  url: string,
  { points = noPoints, report = () => allWell, log = silent, timing = quick, ...tls }: Options = {},
) {
  const stop = new AbortController();
  const speaker = { address, software: 'test/0', spool, points, report, clock: realClock, timing, log };
  const publisher = new Publisher(speaker, { url, ...tls }, () => 0.2);
  const running = publisher.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  test.teardown(end);
  return { publisher, end };
}

const allWell: SourcesReport = { total: 1, failing: [] };
const none: readonly PointDeclaration[] = [];
const noPoints = (): readonly PointDeclaration[] => none;

async function startBroker(test: Teardown, program: string, lines?: readonly string[]): Promise<Mosquitto> {
  const broker = new Mosquitto(program, await freePort(), scratch(test), lines);
  test.teardown(() => broker.kill());
  await broker.start();
  return broker;
}

async function startCollector(test: Teardown, url: string): Promise<FakeCollector> {
  const collector = new FakeCollector(address);
  test.teardown(() => collector.close());
  await collector.connect(url);
  return collector;
}

let appended = 0;
async function append(spool: Spool, count: number, publisher?: Publisher, bytes = 0): Promise<void> {
  const padding = Array.from({ length: Math.ceil(bytes / 20) }, () => ['padding', 'power', 1234] as const);
  for (let i = 0; i < count; i++) {
    await spool.append({ at: Date.now(), readings: [['a', 'power', appended++], ...padding] });
    publisher?.wake();
  }
}

/** Everything that the spool ever held has arrived once, in order. */
function complete(collector: FakeCollector, spool: Spool): boolean {
  return collector.accepted.length === spool.nextSeq - 1 && collector.accepted.every(({ seq }, i) => seq === i + 1);
}

t.test('birth and status come first, messages in order, and acknowledged ones are forgotten', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  const spool = await openSpool(t);
  await append(spool, 300);
  const { publisher, end } = startPublisher(t, spool, broker.url);
  await collector.when(() => collector.last === 300);
  await append(spool, 50, publisher);
  await collector.when(() => collector.last === 350);
  t.ok(complete(collector, spool));
  t.equal(collector.duplicates, 0);
  t.match(collector.births, [{ v: 1, epoch: spool.epoch, firstSeq: 1, software: 'test/0', points: [] }]);
  t.match(collector.statuses, [{ v: 1, state: 'online', spoolDepth: 300, lost: 0 }]);
  await end();
  t.ok(spool.depth <= 64, 'what was acknowledged before the end is forgotten');
  await collector.when(() => collector.statuses.at(-1)?.state === 'offline');
  const late = await startCollector(t, broker.url);
  await late.when(() => late.births.length > 0 && late.statuses.length > 0);
  t.equal(late.statuses[0]?.state, 'offline', 'retained, as is the birth');
});

t.test('each message goes out as soon as it is on disk, whatever was sent before it', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  const spool = await openSpool(t);
  const patient = { ackTimeoutMs: 60_000, brokerTimeoutMs: 60_000, statusIntervalMs: 60_000, newsIntervalMs: 60_000 };
  const { publisher } = startPublisher(t, spool, broker.url, { timing: patient });
  for (let count = 1; count <= 6; count++) {
    await append(spool, 1, publisher);
    await collector.when(() => collector.last === count);
    // Only the next message may wake the publisher, and nothing that is still to come of this one.
    while (spool.depth > 0) await realClock.sleep(1);
  }
});

t.test('a broker that is away from the very start', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = new Mosquitto(program, await freePort(), scratch(t));
  t.teardown(() => broker.kill());
  const spool = await openSpool(t);
  const { publisher } = startPublisher(t, spool, broker.url);
  await append(spool, 20, publisher);
  await broker.start();
  const collector = await startCollector(t, broker.url);
  await collector.when(() => complete(collector, spool));
  t.equal(collector.last, 20);
});

t.test('kill -9 of the broker, again and again, under load', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  const spool = await openSpool(t);
  const { publisher } = startPublisher(t, spool, broker.url);
  for (let round = 1; round <= 5; round++) {
    await append(spool, 100, publisher);
    await collector.when(() => collector.last >= round * 200 - 150);
    await broker.kill();
    await append(spool, 100, publisher);
    await broker.start();
  }
  await collector.when(() => collector.last === 1000);
  t.ok(complete(collector, spool));
  t.same(collector.contradictions, []);
  t.ok(publisher.stats.connections > 5);
});

t.test('a collector that never acknowledges gets a window, then one message at a time, until it does', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  collector.acknowledges = () => false;
  const spool = await openSpool(t);
  await append(spool, 200);
  const { publisher } = startPublisher(t, spool, broker.url);
  await collector.when(() => collector.duplicates === 3);
  t.same(collector.arrivals, [...Array.from({ length: 64 }, (_, i) => i + 1), 1, 1, 1]);
  t.equal(spool.firstSeq, 1, 'nothing is forgotten');
  collector.acknowledges = () => true;
  await collector.when(() => collector.last === 200);
  t.ok(complete(collector, spool));
  t.ok(publisher.stats.goBacks >= 3);
});

t.test('acknowledgements that are lost cost duplicates, and no message', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  collector.acknowledges = (n) => n % 70 === 0;
  const spool = await openSpool(t);
  await append(spool, 300);
  startPublisher(t, spool, broker.url);
  await collector.when(() => collector.last >= 134 && collector.duplicates > 0);
  collector.acknowledges = () => true;
  await collector.when(() => collector.last === 300);
  t.ok(complete(collector, spool));
  t.same(collector.contradictions, []);
});

t.test('after a restart with an old state the collector says how far it is, and duplicates end there', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  const directory = scratch(t);
  const options = { directory, maxBytes: 4 * MIB, maxAgeMs: 86_400_000, now: Date.now, log: silent };
  const spool = await Spool.open(options);
  await append(spool, 90);
  const { end } = startPublisher(t, spool, broker.url);
  await collector.when(() => collector.last === 90);
  await end();
  // Without close: the state on disk still says that nothing was acknowledged.
  const again = await Spool.open(options);
  t.equal(again.firstSeq, 1);
  await append(again, 10);
  startPublisher(t, again, broker.url);
  await collector.when(() => collector.last === 100);
  t.ok(complete(collector, again));
  t.ok(collector.duplicates > 0 && collector.duplicates <= 90);
  t.same(collector.contradictions, []);
});

t.test('acknowledgements of another epoch, or unreadable, are counted and do nothing', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  collector.acknowledges = () => false;
  const spool = await openSpool(t);
  await append(spool, 3);
  const { publisher } = startPublisher(t, spool, broker.url);
  await collector.when(() => collector.last === 3);
  await collector.sendAck('another', 3);
  await collector.sendAck(spool.epoch, -1);
  collector.acknowledges = () => true;
  await append(spool, 1, publisher);
  await collector.when(() => collector.last === 4);
  t.equal(publisher.stats.strayAcks, 2);
});

t.test('acknowledgements of the future cost a new epoch, once on a connection, and no message', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  collector.acknowledges = () => false;
  const spool = await openSpool(t);
  await append(spool, 3);
  const { publisher } = startPublisher(t, spool, broker.url);
  await collector.when(() => collector.last === 3);
  const { epoch } = spool;
  await collector.sendAck(epoch, Number.MAX_SAFE_INTEGER);
  await collector.when(() => collector.births.at(-1)?.epoch !== epoch);
  await collector.sendAck(spool.epoch, Number.MAX_SAFE_INTEGER);
  await collector.when(() => collector.accepted.length >= 4);
  collector.acknowledges = () => true;
  await append(spool, 1, publisher);
  await collector.when(() => collector.last === 4);
  t.equal(publisher.stats.strayAcks, 2);
  t.equal(new Set(collector.births.map((birth) => birth.epoch)).size, 2);
  t.same(collector.losses, []);
});

for (const [what, count] of [
  ['fewer', 5],
  ['more', 100],
] as const) {
  t.test(`a spool put back from an older copy, with ${what} new messages than the collector is ahead`, async (t) => {
    const program = requireProgram(t, 'mosquitto');
    if (program === null) return;
    const broker = await startBroker(t, program);
    const collector = await startCollector(t, broker.url);
    const options = { maxBytes: 4 * MIB, maxAgeMs: 86_400_000, now: Date.now, log: silent };
    const [directory, copy] = [scratch(t), scratch(t)];
    const spool = await Spool.open({ ...options, directory });
    const first = appended;
    await append(spool, 10);
    cpSync(directory, copy, { recursive: true });
    await append(spool, 40);
    const { end } = startPublisher(t, spool, broker.url);
    await collector.when(() => collector.last === 50);
    await end();
    await broker.kill();
    const { log, entries } = recordingLog();
    const restored = await Spool.open({ ...options, directory: copy, log });
    t.equal(restored.epoch, spool.epoch);
    const { publisher } = startPublisher(t, restored, broker.url);
    await append(restored, count, publisher);
    await broker.start();
    await collector.when(() => collector.last === 10 + count);
    const values = (epoch: string) =>
      collector.accepted.filter((message) => message.epoch === epoch).map(({ readings }) => readings[0]?.[2]);
    const range = (from: number, length: number) => Array.from({ length }, (_, i) => from + i);
    t.same(values(spool.epoch), range(first, 50));
    t.same(values(restored.epoch), [...range(first, 10), ...range(first + 50, count)]);
    t.ok(restored.epoch > spool.epoch);
    t.same([restored.lost, collector.losses], [0, []]);
    t.match(collector.births.at(-1), { epoch: restored.epoch, firstSeq: 1 });
    t.equal(entries.filter(({ msg }) => msg.includes('a new epoch begins')).length, 1);
  });
}

t.test('a spool begun while the clock was wrong: a new epoch after the newest that the collector has', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  const before = await openSpool(t);
  await append(before, 3);
  const { end } = startPublisher(t, before, broker.url);
  await collector.when(() => collector.last === 3);
  await end();
  const options = { maxBytes: 4 * MIB, maxAgeMs: Number.MAX_SAFE_INTEGER, log: silent };
  const wiped = await Spool.open({ ...options, directory: scratch(t), now: () => 1_000 });
  t.ok(wiped.epoch < before.epoch);
  await append(wiped, 20);
  const { publisher } = startPublisher(t, wiped, broker.url);
  await collector.when(() => collector.last === 20);
  t.ok(wiped.epoch > before.epoch);
  t.equal(collector.accepted.length, 23);
  await append(wiped, 5, publisher);
  await collector.when(() => collector.last === 25);
  t.same([wiped.lost, collector.losses], [0, []]);
});

t.test('a disk that takes no new epoch: nothing is believed of the former one until it does', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  collector.acknowledges = () => false;
  const directory = scratch(t);
  const spool = await Spool.open({ directory, maxBytes: 4 * MIB, maxAgeMs: 86_400_000, now: Date.now, log: silent });
  await append(spool, 3);
  const { epoch } = spool;
  // The state cannot be written where a directory has its temporary name.
  const obstacle = join(directory, 'state.json.new');
  mkdirSync(obstacle);
  const { log, when } = recordingLog();
  startPublisher(t, spool, broker.url, { log });
  await collector.when(() => collector.last === 3);
  await collector.sendAck(epoch, 4);
  await when(({ reason = '' }) => reason.includes('EISDIR'));
  t.same([spool.epoch, spool.depth], [epoch, 3]);
  rmdirSync(obstacle);
  collector.acknowledges = () => true;
  await collector.when(() => collector.births.at(-1)?.epoch !== epoch && collector.last === 3);
  t.equal(collector.accepted.length, 6);
});

t.test('a collector that never answers is worth one warning', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  collector.acknowledges = () => false;
  const spool = await openSpool(t);
  await append(spool, 1);
  const { log, entries } = recordingLog();
  const { publisher } = startPublisher(t, spool, broker.url, { log });
  const warnings = () => entries.filter(({ msg }) => msg.includes('no acknowledgement'));
  await collector.when(() => collector.duplicates === 2);
  t.equal(warnings().length, 0, 'not at once');
  await collector.when(() => collector.duplicates === 6);
  t.equal(warnings().length, 1);
  t.match(warnings()[0], { level: 40, topic: 'wattmark/v1/default/dc-1/host-1/readings' });
  t.equal(publisher.stats.connections, 1);
});

t.test('a source that fails is told in birth and status, and soon after it changes', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  const failure = { source: 'modbus 192.0.2.10', state: 'absent', since: 1, reason: 'ECONNREFUSED' } as const;
  let sources: SourcesReport = { total: 2, failing: [failure] };
  const { publisher } = startPublisher(t, await openSpool(t), broker.url, { report: () => sources });
  await collector.when(() => collector.statuses.length === 1);
  t.match(collector.births, [{ sources }]);
  t.match(collector.statuses, [{ sources }]);
  sources = { total: 2, failing: [] };
  publisher.wake();
  await collector.when(() => collector.statuses.length === 2);
  t.match(collector.statuses.at(-1), { sources: { total: 2, failing: [] } });
  t.equal(collector.births.length, 1, 'its points are the same');
});

t.test('messages that the spool drops are announced before the next one is sent', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  collector.acknowledges = () => false;
  const spool = await openSpool(t, MIB);
  const { publisher } = startPublisher(t, spool, broker.url);
  await append(spool, 80, publisher, 20_000);
  t.ok(spool.lost > 0);
  collector.acknowledges = () => true;
  await append(spool, 1, publisher);
  await collector.when(() => collector.last === 81);
  t.ok(collector.births.length > 1);
  const lost = collector.losses.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  t.equal(collector.accepted.length + lost, 81, 'taken or known to be lost');
  t.ok(lost <= spool.lost, 'what arrived before it was dropped is not lost to the collector');
});

t.test('other points are announced at once', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = await startBroker(t, program);
  const collector = await startCollector(t, broker.url);
  const spool = await openSpool(t);
  let points: readonly PointDeclaration[] = [{ point: 'a', channels: ['power'] }];
  const { publisher } = startPublisher(t, spool, broker.url, { points: () => points });
  await collector.when(() => collector.births.length === 1);
  points = [...points, { point: 'b', channels: ['energy'] }];
  await append(spool, 1, publisher);
  await collector.when(() => collector.last === 1);
  t.same(
    collector.births.map((birth) => birth.points.map(({ point }) => point)),
    [['a'], ['a', 'b']],
  );
});

t.test('a broker that refuses the connection is tried again, and forgiven', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const directory = scratch(t);
  const port = await freePort();
  const strict = new Mosquitto(program, port, directory, ['allow_anonymous false']);
  t.teardown(() => strict.kill());
  await strict.start();
  const spool = await openSpool(t);
  await append(spool, 5);
  const { log, when } = recordingLog();
  startPublisher(t, spool, strict.url, { log });
  await when(({ reason = '' }) => /not authorized/i.test(reason));
  await strict.kill();
  const open = new Mosquitto(program, port, directory);
  t.teardown(() => open.kill());
  await open.start();
  const collector = await startCollector(t, open.url);
  await collector.when(() => collector.last === 5);
  t.ok(complete(collector, spool));
});

const CONNACK = Buffer.from([0x20, 2, 0, 0]);
const CONNECT_TYPE = 1;
const SUBSCRIBE_TYPE = 8;

/** A broker that welcomes everybody and answers a subscription with `suback`, or nothing. */
async function startRudeBroker(test: Teardown, suback: (id: readonly [number, number]) => Buffer | null) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const type = (data[0] ?? 0) >> 4;
      if (type === CONNECT_TYPE) socket.write(CONNACK);
      const answer = type === SUBSCRIBE_TYPE ? suback([data[2] ?? 0, data[3] ?? 0]) : null;
      if (answer !== null) socket.write(answer);
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  test.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `mqtt://127.0.0.1:${port}`, connections: () => sockets.size };
}

t.test(
  'a broker that accepts the connection and then says nothing is given up, and does not hold up the end',
  async (t) => {
    const broker = await startRudeBroker(t, () => null);
    const spool = await openSpool(t);
    await append(spool, 5);
    const { log, when } = recordingLog();
    const { end } = startPublisher(t, spool, broker.url, { log });
    await when(({ reason }) => reason === 'the broker does not answer');
    await when(() => broker.connections() > 1);
    const beganMs = performance.now();
    await end();
    t.ok(performance.now() - beganMs < 2_000);
    t.equal(spool.depth, 5);
  },
);

t.test('a broker that refuses the subscription is no use: acknowledgements could never come', async (t) => {
  const broker = await startRudeBroker(t, (id) => Buffer.from([0x90, 3, ...id, 0x80]));
  const spool = await openSpool(t);
  const { log, when } = recordingLog();
  startPublisher(t, spool, broker.url, { log });
  const { reason } = await when(({ reason = '' }) => reason.includes('refuses the subscription'));
  t.match(reason, 'wattmark/v1/default/dc-1/host-1/ack');
});

/** A certificate authority, and what it signed for `localhost` and for `agent`, as PEM files in `directory`. */
function makeCertificates(openssl: string, directory: string): void {
  const run = (...args: string[]): void => void execFileSync(openssl, args, { cwd: directory, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run('req', '-x509', ...key, '-days', '2', '-subj', '/CN=test-ca', '-keyout', 'ca.key', '-out', 'ca.crt');
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '2', '-addext', 'subjectAltName=DNS:localhost'];
  for (const name of ['localhost', 'agent']) {
    run('req', '-x509', ...key, ...signed, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`);
    // mosquitto gives up its rights before it reads them.
    chmodSync(join(directory, `${name}.key`), 0o644);
  }
  chmodSync(directory, 0o755);
}

t.test('TLS with certificates on both sides; a broker of an unknown authority gets nothing', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  const openssl = requireProgram(t, 'openssl');
  if (program === null || openssl === null) return;
  const directory = scratch(t);
  makeCertificates(openssl, directory);
  const tlsPort = await freePort();
  const file = (name: string): string => join(directory, name);
  const tlsListener = [
    `listener ${tlsPort} 127.0.0.1`,
    `cafile ${file('ca.crt')}`,
    `certfile ${file('localhost.crt')}`,
    `keyfile ${file('localhost.key')}`,
    'require_certificate true',
  ];
  const broker = await startBroker(t, program, ['allow_anonymous true', ...tlsListener]);
  const collector = await startCollector(t, broker.url);
  const spool = await openSpool(t);
  await append(spool, 5);
  const url = `mqtts://localhost:${tlsPort}`;
  const { log, when } = recordingLog();
  const distrustful = startPublisher(t, spool, url, { log });
  t.match((await when(({ reason }) => reason !== undefined)).reason, /certificate/);
  await distrustful.end();
  t.equal(collector.births.length, 0);
  startPublisher(t, spool, url, { ca: file('ca.crt'), cert: file('agent.crt'), key: file('agent.key') });
  await collector.when(() => collector.last === 5);
  t.ok(complete(collector, spool));
});
