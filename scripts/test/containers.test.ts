import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { accepts, Program } from '../../collector/test/chaos/support/program.ts';
import { scratch } from '../../collector/test/support/rig.ts';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import { makeSecrets, moved, readComposition, root, type Service } from './support/composition.ts';
import { commandOf, instructionsOf, parseDockerfile } from './support/dockerfile.ts';
import { ImageBuild } from './support/image-build.ts';

const run = promisify(execFile);
const composition = readComposition();
const stages = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'));
const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n');

const isRoot = process.getuid?.() === 0;

/** As another user, where the test may become one; without the test runner's hooks, which that user may not read. */
const asUser = (uid: number): readonly string[] => [
  'env',
  '-u',
  'NODE_OPTIONS',
  ...(isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'] : []),
];

/** The user `node` of the images. */
const asNode = asUser(1000);

/** What an image runs, and its health check, in the directory that stands for its file system. */
class Image {
  readonly #service: Service;
  readonly #root: string;
  readonly #places: Readonly<Record<string, string>>;

  /** @param places what is elsewhere here than in the container */
  constructor(build: ImageBuild, name: string, places: Readonly<Record<string, string>>) {
    this.#service = composition.services[name] as Service;
    this.#root = build.root(this.#target);
    this.#places = { '/opt/wattmark': join(this.#root, 'opt/wattmark'), ...places };
  }

  /** The program as the image starts it, as the image's user; `more` words for what has no configuration. */
  program(log: string, ready: () => Promise<boolean>, more: readonly string[] = []): Program {
    const command = [...this.#command('ENTRYPOINT'), ...(this.#service.command ?? this.#command('CMD')), ...more];
    const set = Object.entries(this.#service.environment ?? {});
    const env = Object.fromEntries(set.map(([name, value]) => [name, moved(value, this.#places)]));
    return new Program([...asNode, ...command], { log, ready, env });
  }

  /** Whether the image's health check says that all is well; `more` words tell it the port, which is another here. */
  isHealthy(more: readonly string[] = []): Promise<boolean> {
    return succeeds([...this.#command('HEALTHCHECK'), ...more]);
  }

  isWritable(): Promise<boolean> {
    return succeeds(['test', '-w', join(this.#root, 'opt/wattmark')]);
  }

  get #target(): string {
    return this.#service.build?.target ?? '';
  }

  #command(verb: 'ENTRYPOINT' | 'CMD' | 'HEALTHCHECK'): string[] {
    return commandOf(instructionsOf(stages, this.#target), verb).map((word) => moved(word, this.#places));
  }
}

function succeeds(command: readonly string[]): Promise<boolean> {
  const [program = '', ...args] = [...asNode, ...command];
  return run(program, args).then(
    () => true,
    () => false,
  );
}

/** Writes a configuration of deploy/docker as it must be here. */
function configure(name: string, directory: string, places: Readonly<Record<string, string>>): string {
  const file = join(directory, name);
  writeFileSync(file, moved(readFileSync(join(root, 'deploy/docker', name), 'utf8'), places));
  return file;
}

async function until(condition: () => Promise<boolean>): Promise<boolean> {
  for (let looks = 0; looks < 600; looks++) {
    if (await condition()) return true;
    await sleep(100);
  }
  return false;
}

// A build of everything, on a machine that may be busy.
const TIMEOUT_MS = 300_000;
t.setTimeout(TIMEOUT_MS);

t.test('the images are built, and run together as compose starts them', { timeout: TIMEOUT_MS }, async (t) => {
  const mosquitto = requireProgram(t, 'mosquitto');
  if (mosquitto === null) return;
  const directory = scratch(t);
  chmodSync(directory, 0o755);
  const build = new ImageBuild(stages, root, ignored, directory);
  await build.build();
  for (const development of ['tap', 'esbuild', 'dclint', 'playwright-core'])
    t.notOk(existsSync(join(build.root('collector'), 'opt/wattmark/node_modules', development)), development);

  const { secrets } = makeSecrets(directory);
  const [mqttPort, httpPort, devicePort] = [await freePort(), await freePort(), await freePort()];
  await startBroker(t, mosquitto, directory, { secrets, port: mqttPort });
  const shared = { '/run/secrets': secrets, 'mosquitto:1883': `127.0.0.1:${mqttPort}` };

  mkdirSync(join(directory, 'sites'));
  const ofCollector = { ...shared, '/var/lib/wattmark': join(build.root('collector'), 'var/lib/wattmark') };
  const sites = { '/etc/wattmark/sites': join(directory, 'sites'), '0.0.0.0': '127.0.0.1', '8080': String(httpPort) };
  // Nobody is there: what is for InfluxDB waits.
  const influx = { 'influxdb:8086': `127.0.0.1:${await freePort()}` };
  const collectorFile = configure('collector.yaml', directory, { ...ofCollector, ...sites, ...influx });
  const collector = new Image(build, 'collector', { ...ofCollector, '/etc/wattmark/collector.yaml': collectorFile });
  const address = `http://127.0.0.1:${httpPort}`;
  const health = [`${address}/healthz`];
  t.notOk(await collector.isHealthy(health), 'the collector does not run yet');
  const running = collector.program(join(directory, 'collector.log'), () => collector.isHealthy(health));
  t.teardown(() => running.kill());
  await running.start();
  t.match(await (await fetch(`${address}/`)).text(), '<html', 'the page is in the image');

  const devices = new Image(build, 'demo-devices', {});
  const hall = devices.program(join(directory, 'devices.log'), () => accepts(devicePort), [
    '--port',
    String(devicePort),
  ]);
  t.teardown(() => hall.kill());
  await hall.start();
  const ofAgent = { ...shared, '/var/lib/wattmark': join(build.root('agent'), 'var/lib/wattmark') };
  const devicePorts = { '15020': String(devicePort), '15021': String(devicePort + 1), 'interval: 10s': 'interval: 1s' };
  const agentFile = configure('agent-demo.yaml', directory, { ...ofAgent, ...devicePorts });
  const agent = new Image(build, 'demo-agent', { ...ofAgent, '/etc/wattmark/agent.yaml': agentFile });
  t.notOk(await agent.isHealthy(), 'the agent does not run yet');
  const reading = agent.program(join(directory, 'agent.log'), () => agent.isHealthy());
  t.teardown(() => reading.kill());
  await reading.start();

  const live = async () =>
    (await (await fetch(`${address}/api/v1/sites/dc-1/live`)).json()) as { ratio?: number | null };
  t.ok(await until(async () => typeof (await live()).ratio === 'number'), 'a ratio of the simulated hall');
  const metrics = await (await fetch(`${address}/metrics`)).text();
  t.match(metrics, 'wattmark_agent_up{group="default",site="dc-1",agent="demo-hall"} 1');
  t.match(metrics, 'wattmark_mirror_up{mirror="influxdb"} ');
  if (isRoot) for (const image of [collector, agent, devices]) t.notOk(await image.isWritable());
  t.equal(await reading.stop(10_000), 0, 'the agent stops when it is asked to');
  t.equal(await running.stop(30_000), 0, 'and so does the collector');
});

async function startBroker(
  t: Test,
  mosquitto: string,
  directory: string,
  { secrets, port }: { readonly secrets: string; readonly port: number },
): Promise<void> {
  const file = configure('mosquitto.conf', directory, {
    'listener 1883': `listener ${port} 127.0.0.1`,
    '/run/secrets': secrets,
    '/mosquitto/config': join(root, 'deploy/docker'),
    'persistence true': 'persistence false',
  });
  const command = [...asUser(1883), mosquitto, '-c', file];
  const broker = new Program(command, { log: join(directory, 'mosquitto.log'), ready: () => accepts(port) });
  t.teardown(() => broker.kill());
  await broker.start();
}
