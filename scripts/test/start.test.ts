import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { freePort } from '../../shared/test/free-port.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** As an operator starts it: without what tap loads into every Node that a test starts. */
const start = ['-u', 'NODE_OPTIONS', process.execPath, 'scripts/start.mjs'];

/** From the end of the build to a live ratio and a PUE on the page. */
const FIGURES_WITHIN_MS = 15_000;

/** Some seconds of the hall. */
const ENOUGH_WH = 60;

interface Kpis {
  readonly totalWh: number | null;
  readonly pue: { readonly value: number | null };
}

t.test('npm start shows a live ratio and a PUE within 15 s, and stops cleanly on Ctrl-C', async (t) => {
  const run = await startRun(t);
  await run.says(/Wattmark runs/);
  const builtMs = performance.now();
  t.match(run.output(), new RegExp(`Page +http://127\\.0\\.0\\.1:${run.httpPort}/`));
  t.match(run.output(), /Simulated +site dc-1/);
  const live = await until(async () => {
    const found = (await run.get('/api/v1/sites/dc-1/live')) as { ratio: number | null };
    return found.ratio === null ? null : found.ratio;
  });
  t.ok(live > 1.2 && live < 1.5, `live ratio ${live}`);
  const pue = await until(async () => {
    const found = (await run.get('/api/v1/sites/dc-1/kpis?period=today')) as Kpis;
    // In the first seconds the steps of the main meter's register are coarse against the energy.
    return (found.totalWh ?? 0) < ENOUGH_WH ? null : found.pue.value;
  });
  t.ok(pue > 1.2 && pue < 1.5, `PUE ${pue}`);
  t.ok(performance.now() - builtMs < FIGURES_WITHIN_MS, `${(performance.now() - builtMs).toFixed(0)} ms`);
  t.match(await run.get('/api/v1/sites'), [{ site: 'dc-1', simulated: true }]);
  run.child.kill('SIGINT');
  t.same(await run.ended, [0, null]);
  t.same(childrenOf(run.folder), [], 'no process is left');
});

t.test('without the demonstration, this host alone', async (t) => {
  const run = await startRun(t, '--no-demo');
  await run.says(/nothing is simulated/);
  const points = await until(async () => {
    const found = (await run.get('/api/v1/sites/local/points').catch(() => [])) as { point: string }[];
    return found.length === 0 ? null : found;
  });
  t.match(points, [{ point: 'this-host' }]);
  run.child.kill('SIGTERM');
  t.same(await run.ended, [0, null]);
});

t.test('a child that dies takes the rest with it, and is named', async (t) => {
  const run = await startRun(t);
  await run.says(/Wattmark runs/);
  const [collector] = childrenOf(run.folder).filter(({ command }) => command.includes('wattmark-collector'));
  if (collector === undefined) throw new Error('no collector runs');
  process.kill(collector.pid, 'SIGKILL');
  t.same(await run.ended, [1, null]);
  t.match(run.output(), /The collector ended unexpectedly \(signal SIGKILL\)\. The end of .*collector\.log/);
  t.same(childrenOf(run.folder), [], 'no process is left');
});

t.test('a port in use ends it before anything is built', async (t) => {
  const run = await startRun(t);
  await run.says(/Wattmark runs/);
  const second = spawn('env', [...start, ...run.args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  second.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  t.same(await once(second, 'exit'), [2, null]);
  t.match(errors, new RegExp(`TCP port ${run.httpPort} is in use.*--http-port`));
  run.child.kill('SIGINT');
  await run.ended;
});

interface Run {
  readonly child: ChildProcess;
  readonly args: readonly string[];
  readonly folder: string;
  readonly httpPort: number;
  readonly ended: Promise<unknown[]>;
  output(): string;
  says(pattern: RegExp): Promise<void>;
  get(path: string): Promise<unknown>;
}

async function startRun(t: Test, ...options: readonly string[]): Promise<Run> {
  const folder = t.testdir({});
  const [httpPort, mqttPort, devicePort] = [await freePort(), await freePort(), await freePort()];
  const ports = ['--http-port', httpPort, '--mqtt-port', mqttPort, '--device-port', devicePort].map(String);
  const args = [...ports, '--data', folder, ...options];
  const child = spawn('env', [...start, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      child.emit('output');
    });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGINT');
    await ended;
  });
  return {
    child,
    args,
    folder,
    httpPort,
    ended,
    output: () => output,
    async says(pattern) {
      while (!pattern.test(output)) {
        const what = await Promise.race([once(child, 'output').then(() => 'output'), ended.then(() => 'end')]);
        if (what === 'end' && !pattern.test(output)) throw new Error(`ended without saying ${pattern}:\n${output}`);
      }
    },
    async get(path) {
      const response = await fetch(`http://127.0.0.1:${httpPort}${path}`);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
  };
}

/** Asks until there is an answer; the test's own time limit ends it otherwise. */
async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    await sleep(100);
  }
}

/** Processes that were started with a configuration in a folder. */
function childrenOf(folder: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }))
    .filter(({ command }) => command.includes('--config') && command.includes(folder));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
