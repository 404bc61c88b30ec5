import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { connectAsync } from 'mqtt';
import t from 'tap';
import { parse } from 'yaml';
import { accepts, Program } from '../../collector/test/chaos/support/program.ts';
import { scratch } from '../../collector/test/support/rig.ts';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import { makeSecrets, moved, readComposition, root, secretsOf, type Service } from './support/composition.ts';
import { instructionsOf, parseDockerfile } from './support/dockerfile.ts';

const composition = readComposition();
const services = Object.entries(composition.services);
const stages = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'));

/** The order of keys and services is ours: how data flow. */
const rules = {
  'no-build-and-image': 0,
  // It does not know that a variable may have an address for its default; a test below does.
  'no-unbound-port-interfaces': 0,
  'require-quotes-in-ports': [1, { quoteType: 'double' }],
  'service-dependencies-alphabetical-order': 0,
  'service-keys-order': 0,
  'services-alphabetical-order': 0,
  'top-level-properties-order': 0,
} as const;

t.test('the file is one by the schema of compose, and a linter finds nothing', async (t) => {
  const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
  const results = linter.lintFiles([join(root, 'docker-compose.yml')], false);
  t.equal(results.length, 1);
  t.same(
    results.flatMap(({ messages }: { readonly messages: readonly unknown[] }) => messages),
    [],
  );
});

t.test('every service is held as narrow as it can be', async (t) => {
  for (const [name, service] of services) {
    t.equal(service.read_only, true, `${name}: its file system cannot be written`);
    t.same(service.cap_drop, ['ALL'], `${name}: no capabilities`);
    t.same(service.security_opt, ['no-new-privileges:true'], name);
    t.ok(service.mem_limit !== undefined && (service.pids_limit ?? 0) > 0, `${name}: limits`);
    t.ok(service.logging?.options['max-size'] !== undefined, `${name}: a limit of its log`);
    t.match(service.image, /:\d+\.\d+\.\d+$|:v\d+\.\d+\.\d+$/, `${name}: a version, not a name that moves on`);
    t.notMatch(userOf(service), /^(0|root)?(:|$)/, `${name}: not root`);
    for (const port of service.ports ?? []) t.match(port, /^(127\.0\.0\.1|\$\{WATTMARK_BIND:-127\.0\.0\.1\}):\d+:\d+$/);
  }
});

/** The images of others that name no user run as one of their own: prometheus as nobody. */
function userOf({ user, build, image }: Service): string {
  if (user !== undefined || build === undefined) return user ?? image;
  return instructionsOf(stages, build.target).findLast(({ verb }) => verb === 'USER')?.text ?? '';
}

t.test('what it speaks of is there', async (t) => {
  for (const [name, service] of services) {
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) t.ok(existsSync(join(root, source)), `${name}: ${source}`);
      else t.ok(source in composition.volumes, `${name}: volume ${source}`);
      t.ok(!source.startsWith('.') || volume.endsWith(':ro'), `${name}: ${source} is not written`);
    }
    const secrets = secretsOf(service);
    for (const { source } of secrets) t.ok(source in composition.secrets, `${name}: secret ${source}`);
    const paths = new Set(secrets.map(({ path }) => path));
    for (const path of secretsRead(name, service)) t.ok(paths.has(path), `${name}: ${path}`);
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const { healthcheck, build } = composition.services[other] as Service;
      const isWatched =
        healthcheck !== undefined ||
        (build !== undefined && instructionsOf(stages, build.target).some(({ verb }) => verb === 'HEALTHCHECK'));
      t.equal(condition, isWatched ? 'service_healthy' : 'service_started', `${name} waits for ${other}`);
    }
  }
});

t.test('InfluxDB gets the bucket of minutes beside the one that it makes itself', async (t) => {
  const script = 'deploy/docker/influx-buckets.sh';
  const { environment = {}, volumes = [] } = composition.services['influxdb'] as Service;
  t.ok(statSync(join(root, script)).mode & 0o111, 'the image runs only what may be run');
  t.ok(volumes.includes(`./${script}:/docker-entrypoint-initdb.d/influx-buckets.sh:ro`));
  const programs = scratch(t);
  writeFileSync(join(programs, 'influx'), '#!/bin/sh\necho "$*"\n', { mode: 0o755 });
  const env = { ...environment, PATH: `${programs}:${process.env['PATH']}` };
  const said = execFileSync(join(root, script), { env, encoding: 'utf8' });
  t.equal(said, 'bucket create --org wattmark --name wattmark_minutes --retention 400d\n');
});

/** Where a service looks for secrets: in its environment, and in files that are mounted. */
function secretsRead(name: string, { environment = {}, volumes = [] }: Service): string[] {
  const mounted = volumes
    .map((volume) => volume.split(':')[0] as string)
    .filter((source) => /^\.\/.*\.\w+$/.test(source));
  const texts = [...Object.values(environment), ...mounted.map((source) => readFileSync(join(root, source), 'utf8'))];
  const read = texts.flatMap((text) => text.match(/\/run\/secrets\/[\w-]+/g) ?? []);
  if (['influxdb', 'grafana', 'collector', 'mosquitto'].includes(name) && read.length === 0) throw new Error(name);
  return read;
}

t.test('the hall of the demonstration is the one that npm start shows', async (t) => {
  const sourcesOf = (path: string) => (parse(readFileSync(join(root, path), 'utf8')) as { sources: unknown }).sources;
  t.same(sourcesOf('deploy/docker/agent-demo.yaml'), sourcesOf('demo/agent.yaml'));
});

t.test('secrets are random, for their readers alone, and stay when the script runs again', async (t) => {
  const directory = scratch(t);
  const { secrets } = makeSecrets(directory);
  const wanted = Object.values(composition.secrets).map(({ file }) => file.replace('./deploy/secrets/', ''));
  t.same(readdirSync(secrets).sort(), wanted.sort());
  const contents = () =>
    Object.fromEntries(readdirSync(secrets).map((name) => [name, readFileSync(join(secrets, name), 'utf8')]));
  const first = contents();
  for (const name of wanted) {
    const { mode, uid } = statSync(join(secrets, name));
    t.equal(mode & 0o777, 0o600, name);
    if (process.getuid?.() === 0) t.equal(uid, name === 'mosquitto-passwords' ? 1883 : 1000, name);
    if (name !== 'mosquitto-passwords') t.match(first[name], /^[0-9a-f]{64}$/, name);
  }
  t.equal(new Set(Object.values(first)).size, wanted.length, 'no two are the same');
  t.equal(makeSecrets(directory).said, '', 'nothing to do');
  t.same(contents(), first);
  t.match(makeSecrets(directory, ['agent', 'hall-1']).said, 'deploy/secrets/broker-hall-1');
  makeSecrets(directory, ['agent', 'hall-1']);
  const { 'broker-hall-1': added, 'mosquitto-passwords': users, ...others } = contents();
  t.match(added, /^[0-9a-f]{64}$/);
  t.same({ ...others, 'mosquitto-passwords': first['mosquitto-passwords'] }, first);
  t.same(users?.match(/^[^:]+/gm), ['collector', 'demo-hall', 'hall-1']);
  for (const args of [['agent'], ['agent', 'Hall 1'], ['agent', 'collector'], ['user', 'x']]) {
    t.throws(() => makeSecrets(directory, args), args.join(' '));
  }
});

t.test('the broker lets agents publish as themselves and as nobody else', async (t) => {
  const mosquitto = requireProgram(t, 'mosquitto');
  const client = requireProgram(t, 'mosquitto_sub');
  if (mosquitto === null || client === null) return;
  const directory = scratch(t);
  chmodSync(directory, 0o755);
  const { secrets } = makeSecrets(directory);
  const port = await freePort();
  const data = join(directory, 'data');
  mkdirSync(data);
  chmodSync(data, 0o777);
  const config = join(directory, 'mosquitto.conf');
  const places = {
    'listener 1883': `listener ${port} 127.0.0.1`,
    '/run/secrets': secrets,
    '/mosquitto/config': join(root, 'deploy/docker'),
    '/mosquitto/data': data,
  };
  writeFileSync(config, moved(readFileSync(join(root, 'deploy/docker/mosquitto.conf'), 'utf8'), places));
  const [, ...args] = composition.services['mosquitto']?.command ?? [];
  // As the container's user, who is not root.
  const identity = process.getuid?.() === 0 ? ['setpriv', '--reuid=1883', '--regid=1883', '--clear-groups'] : [];
  const command = [
    ...identity,
    mosquitto,
    ...args.map((arg) => moved(arg, { '/mosquitto/config/mosquitto.conf': config })),
  ];
  const broker = new Program(command, { log: join(directory, 'mosquitto.log'), ready: () => accepts(port) });
  t.teardown(() => broker.kill());
  const health = () => {
    const [, test = ''] = composition.services['mosquitto']?.healthcheck?.test ?? [];
    return execFileSync('sh', ['-c', moved(test, { $$: '$', '1883': String(port) })]);
  };
  t.throws(health, 'not healthy before it runs');
  await broker.start();
  t.doesNotThrow(health);

  const connect = (username: string, password: string) =>
    connectAsync(`mqtt://127.0.0.1:${port}`, { username, password, reconnectPeriod: 0 });
  const secret = (name: string) => readFileSync(join(secrets, name), 'utf8');
  await t.rejects(connect('demo-hall', secret('broker-collector')), /Not authorized|not authori[sz]ed/i);
  const collector = await connect('collector', secret('broker-collector'));
  t.teardown(() => collector.endAsync());
  const heard: string[] = [];
  collector.on('message', (topic) => void heard.push(topic));
  await collector.subscribeAsync('wattmark/v1/#', { qos: 1 });
  const agent = await connect('demo-hall', secret('broker-demo-hall'));
  t.teardown(() => agent.endAsync());
  const place = 'wattmark/v1/default/dc-1';
  const foreign = [`${place}/hall-1/readings`, `${place}/collector/kpi`, `${place}/demo-hall/ack`, 'else'];
  for (const topic of foreign) await agent.publishAsync(topic, '{}', { qos: 1 });
  // What is refused is acknowledged like the rest (MQTT 3.1.1); in order, so that this one comes last.
  await agent.publishAsync(`${place}/demo-hall/readings`, '{}', { qos: 1 });
  for (let looks = 0; heard.length === 0 && looks < 200; looks++)
    await new Promise((resolve) => setTimeout(resolve, 25));
  t.same(heard, [`${place}/demo-hall/readings`]);
  const granted = await agent.subscribeAsync(`${place}/demo-hall/ack`, { qos: 1 });
  t.same(
    granted.map(({ qos }) => qos),
    [1],
  );
  t.equal(await broker.stop(5_000), 0);
  t.ok(existsSync(join(data, 'mosquitto.db')), 'what was retained is kept');
});
