import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import { Spool } from '../src/spool.ts';
import { FakeCollector } from './support/fake-collector.ts';
import { silent } from './support/log.ts';
import { Mosquitto } from './support/mosquitto.ts';
import { scratch } from './support/scratch.ts';

const address = { group: 'default', site: 'dc-1', agent: 'host-1' };
const nodeArguments = ['--conditions=@wattmark/source', '--import=tsx'];

interface Teardown {
  teardown(fn: () => Promise<void> | void): void;
}

function start(test: Teardown, script: string, ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [...nodeArguments, path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  test.teardown(() => void child.kill('SIGKILL'));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Resolves when the child has printed `lines` more lines. */
async function printed(child: ChildProcess, lines: number): Promise<void> {
  let seen = 0;
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    seen += String(chunk).split('\n').length - 1;
    if (seen >= lines) return;
  }
}

t.test('kill -9 of the agent: nothing that it sampled is missing, and no number has two contents', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const directory = scratch(t);
  const broker = new Mosquitto(program, await freePort(), directory);
  t.teardown(() => broker.kill());
  await broker.start();
  const collector = new FakeCollector(address);
  t.teardown(() => collector.close());
  await collector.connect(broker.url);
  const spoolDirectory = join(directory, 'spool');
  const args = [broker.url, spoolDirectory, '20'];
  for (let round = 1; round <= 4; round++) {
    const from = collector.last;
    const agent = start(t, 'fixtures/agent-process.ts', ...args);
    await collector.when(() => collector.last >= from + 10 * round);
    // In the second half of the rounds the broker is away when the agent dies: the spool holds more than was sent.
    if (round > 2) await broker.kill();
    await kill(agent);
    if (round > 2) await broker.start();
    else await collector.when(() => collector.statuses.at(-1)?.state === 'offline');
  }
  const agent = start(t, 'fixtures/agent-process.ts', ...args);
  await collector.when(() => collector.last >= 150);
  const exit = once(agent, 'exit');
  agent.kill('SIGTERM');
  t.same(await exit, [0, null], 'and stops cleanly');
  t.same(collector.contradictions, []);
  t.same(collector.losses, []);
  t.same(
    collector.accepted.map(({ seq }) => seq),
    Array.from({ length: collector.accepted.length }, (_, i) => i + 1),
  );
  t.equal(new Set(collector.births.map(({ epoch }) => epoch)).size, 1);
});

t.test('kill -9 while writing: every message that was said to be on disk is there', async (t) => {
  const directory = scratch(t);
  for (let round = 0; round < 5; round++) {
    const child = start(t, 'fixtures/spool-process.ts', directory);
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += String(chunk);
    });
    await printed(child, 20 + 37 * round);
    await kill(child);
    const claimed = Math.max(...output.split('\n').slice(0, -1).map(Number));
    const spool = await Spool.open({
      directory,
      maxBytes: 64 * 1_048_576,
      maxAgeMs: 86_400_000,
      now: Date.now,
      log: silent,
    });
    let next = spool.firstSeq;
    for await (const { seq, payload } of spool.messagesFrom(spool.firstSeq)) {
      const value = /"power",(\d+)/.exec(Buffer.from(payload).toString())?.[1];
      if (seq !== next++ || Number(value) !== seq) t.fail(`message ${seq} says ${value}`);
    }
    t.ok(next - 1 >= claimed, `round ${round}: ${next - 1} on disk, ${claimed} claimed`);
    t.ok(spool.firstSeq <= claimed);
    t.equal(spool.lost, 0);
    await spool.close();
  }
});

t.test('the command: runs without a broker, says what it does, and stops within three seconds', async (t) => {
  const directory = scratch(t);
  const config = join(directory, 'agent.yaml');
  const url = `mqtt://127.0.0.1:${await freePort()}`;
  writeFileSync(
    config,
    `{agent: host-1, site: dc-1, broker: {url: "${url}"}, interval: 1s, sources: [{kind: host, point: host-1}]}`,
  );
  const child = start(t, '../src/main.ts', 'run', '--config', config);
  let log = '';
  const sampling = new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk) => {
      log += String(chunk);
      if (log.includes('the instrument answers')) resolve();
    });
  });
  await sampling;
  const beganMs = performance.now();
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  t.same(await exit, [0, null]);
  t.ok(performance.now() - beganMs < 3_000);
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string });
  t.match(
    lines.map(({ msg }) => msg),
    ['started', 'no connection to the broker; trying again', 'the instrument answers', 'stopping', 'stopped'],
  );
  const spool = await Spool.open({
    directory: join(directory, 'spool'),
    maxBytes: 4 * 1_048_576,
    maxAgeMs: 86_400_000,
    now: Date.now,
    log: silent,
  });
  t.ok(spool.depth >= 1, 'what was sampled is on disk');
  await spool.close();
});
