import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import sparkplug from 'sparkplug-payload';
import t, { type Test } from 'tap';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import { listProfiles } from '../src/profiles/catalogue.ts';
import { openCatalog } from '../src/source-catalog.ts';
import { pm5xxx, startDevice, startLine, startUnits } from './sources/peers/modbus-device.ts';
import { startSnmpDevice } from './sources/snmp-device.ts';
import { FakeCollector } from './support/fake-collector.ts';
import { Mosquitto } from './support/mosquitto.ts';
import { scratch } from './support/scratch.ts';

/** The agent as one file, from `npm run bundle` to readings at the broker, far from its packages. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const home = scratch(t);
const file = join(home, 'wattmark-agent.mjs');

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line of the file itself: nothing of this process's environment reaches it. */
const agent = (env: readonly string[], args: readonly string[]): [string, string[]] => [
  '/usr/bin/env',
  ['-i', `PATH=${process.env['PATH']}`, `TMPDIR=${home}`, ...env, file, ...args],
];

function run(args: readonly string[], env: readonly string[] = []): Promise<Result> {
  const [program, all] = agent(env, args);
  return new Promise((resolve) => {
    execFile(program, all, { cwd: '/' }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

function write(t: Test, sources: readonly object[], broker = 'mqtt://127.0.0.1'): string {
  const config = join(scratch(t), 'agent.yaml');
  writeFileSync(config, JSON.stringify({ agent: 'a', site: 's', broker: { url: broker }, interval: '1s', sources }));
  return config;
}

const serial = (device: string) => ({
  kind: 'modbus',
  profile: 'schneider-pm5xxx',
  device,
  points: [{ point: 'rtu', channels: ['power'] }],
});

t.before(async () => {
  const child = spawn(process.execPath, [join(root, 'scripts/bundle.mjs'), home], { cwd: '/', stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error('the bundle could not be built');
});

t.test('one file of a few megabytes, with the licences of what is in it', async (t) => {
  t.same(readdirSync(home).sort(), ['wattmark-agent.licences.txt', 'wattmark-agent.mjs']);
  t.ok(statSync(file).size < 5e6, `${statSync(file).size} bytes`);
  t.notMatch(readFileSync(file, 'utf8'), new RegExp(root), 'nothing of where it was made');
  const licences = readFileSync(join(home, 'wattmark-agent.licences.txt'), 'utf8');
  for (const name of ['mqtt', 'pino', 'net-snmp', '@serialport/bindings-cpp', 'luxon']) {
    t.match(licences, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'), name);
  }
});

t.test('version, kinds and profiles are those of the installed agent', async (t) => {
  const { version } = JSON.parse(readFileSync(join(root, 'agent/package.json'), 'utf8')) as { version: string };
  t.same(await run(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
  const { kinds } = await openCatalog(new URL('../src/sources/', import.meta.url));
  const { code, stderr } = await run(['check', '--config', write(t, [{ kind: 'abacus' }])]);
  t.equal(code, 1);
  t.ok(stderr.includes(`must be one of ${kinds.join(', ')}\n`), stderr);
  const empty = await run([
    'check',
    '--config',
    write(
      t,
      kinds.map((kind) => ({ kind })),
    ),
  ]);
  t.equal(empty.code, 1);
  for (const [index, kind] of kinds.entries()) {
    t.match(empty.stderr, new RegExp(`sources\\[${index}\\](?!\\.kind)`), `${kind} is loaded`);
  }
  const { stdout } = await run(['profiles', '--json']);
  const shipped = JSON.parse(stdout) as { kind: string; name: string }[];
  t.same(
    shipped.map(({ kind, name }) => `${kind}/${name}`).sort(),
    ['modbus', 'snmp'].flatMap((kind) => listProfiles(kind).map((name) => `${kind}/${name}`)).sort(),
  );
});

t.test('reads this host, Modbus TCP and RTU, SNMP, a program and a file', async (t) => {
  const [tcp, line, ups] = await Promise.all([
    startDevice(t, { 1: pm5xxx(41.5, 97_000n) }),
    startLine(t, scratch(t)),
    startSnmpDevice(t, 'ups'),
  ]);
  if (tcp === null || line === null || ups === null) return;
  await startUnits(t, line.ends[0], { 1: pm5xxx(2.5, 1n) });
  const config = write(t, [
    { kind: 'host', point: 'h' },
    { ...serial(line.ends[1]), device: undefined, host: '127.0.0.1', port: tcp.port, points: [{ point: 'tcp' }] },
    serial(line.ends[1]),
    {
      kind: 'snmp',
      profile: 'ups-mib',
      host: '127.0.0.1',
      port: ups.port,
      community: 'device',
      points: [{ point: 'ups' }],
    },
    { kind: 'command', program: 'echo', args: ['7'], points: [{ point: 'c', channels: { power: {} } }] },
    {
      kind: 'csv',
      path: './r.csv',
      time: { column: 't' },
      points: [{ point: 'f', channels: { power: { column: 'P' } } }],
    },
  ]);
  writeFileSync(join(config, '../r.csv'), 't,P\n2026-01-01 00:00,"8"\n');
  const { stdout, stderr } = await run(['check', '--no-broker', '--json', '--config', config]);
  t.equal(stderr, '');
  const { sources } = JSON.parse(stdout) as {
    sources: { channels: { point: string; value: number; channel: string }[] }[];
  };
  const power = sources.flatMap(({ channels }) => channels.filter(({ channel }) => channel === 'power'));
  t.match(Object.fromEntries(power.map(({ point, value }) => [point, value])), {
    h: Number,
    tcp: 41_500,
    rtu: 2500,
    ups: Number,
    c: 7,
    f: 8,
  });
  t.same(readdirSync(home).length, 2, 'nothing of the serial driver is left');
});

t.test('where the serial driver may not be put into the temporary directory', async (t) => {
  const config = write(t, [serial('/dev/nonexistent')]);
  const check = (...env: string[]) => run(['check', '--no-broker', '--config', config], env);
  const refused = await check('TMPDIR=/proc');
  t.match(refused.stdout, /the serial driver cannot be loaded; set TMPDIR to a directory without noexec \(\/proc: /);
  const state = scratch(t);
  t.match((await check('TMPDIR=/proc', `STATE_DIRECTORY=${state}`)).stdout, /there is no such device/);
  t.same(readdirSync(state), []);
});

t.test('publishes to a broker, and stops in order', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const broker = new Mosquitto(program, await freePort(), scratch(t));
  t.teardown(() => broker.kill());
  await broker.start();
  const collector = new FakeCollector({ group: 'default', site: 's', agent: 'a' });
  await collector.connect(broker.url);
  t.teardown(() => collector.close());
  const node = { point: 'n', device: 'g/n', channels: { power: { metric: 'P' } } };
  const sources = [
    { kind: 'host', point: 'h' },
    { kind: 'mqtt', format: 'sparkplug', url: broker.url, points: [node] },
  ];
  const [env, args] = agent([], ['run', '--config', write(t, sources, broker.url)]);
  const child = spawn(env, args, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(() => void child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await collector.when(() => collector.accepted.length >= 2);
  t.match(collector.births.at(-1), { software: /^wattmark-agent\/\d/, points: [{ point: 'h' }, { point: 'n' }] });
  // A negative number travels as one of 64 bits, beyond what JavaScript's own numbers tell apart.
  const publisher = await connectAsync(broker.url);
  const birth = { timestamp: Date.now(), seq: 0, metrics: [{ name: 'P', type: 'Int64' as const, value: -5 }] };
  await publisher.publishAsync('spBv1.0/g/NBIRTH/n', Buffer.from(sparkplug.get('spBv1.0')?.encodePayload(birth) ?? []));
  await collector.when(() => collector.accepted.some(({ readings }) => readings.some(([point]) => point === 'n')));
  const reading = collector.accepted.flatMap(({ readings }) => readings).find(([point]) => point === 'n');
  t.same(reading, ['n', 'power', -5]);
  await publisher.endAsync();
  child.kill('SIGTERM');
  t.same(await once(child, 'exit'), [0, null], log);
});
