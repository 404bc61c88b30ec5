import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import type { Entry } from './support/log.ts';
import { FakeCollector } from './support/fake-collector.ts';
import { Mosquitto } from './support/mosquitto.ts';
import { scratch } from './support/scratch.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The agent as a process, and what it logs. */
function startAgent(t: Test, file: string) {
  const node = ['--conditions=@wattmark/source', '--import=tsx', main, 'run', '--config', file];
  const child: ChildProcess = spawn(process.execPath, node, { stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(() => void child.kill('SIGKILL'));
  const entries: Entry[] = [];
  const watchers = new Set<() => void>();
  if (child.stderr !== null)
    createInterface({ input: child.stderr }).on('line', (line) => {
      entries.push(JSON.parse(line) as Entry);
      for (const look of watchers) look();
    });
  const logged = (text: RegExp): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (entries.some(({ msg }) => text.test(msg))) resolve();
      };
      watchers.add(look);
      look();
    });
  return { child, entries, logged };
}

t.test('SIGHUP takes the file anew, a broken one changes nothing, and no tick is lost', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const directory = scratch(t);
  const broker = new Mosquitto(program, await freePort(), directory);
  t.teardown(() => broker.kill());
  await broker.start();
  const collector = new FakeCollector({ group: 'default', site: 's', agent: 'a' });
  await collector.connect(broker.url);
  t.teardown(() => collector.close());
  const file = join(directory, 'agent.yaml');
  const write = (...points: string[]): void =>
    writeFileSync(
      file,
      `agent: a\nsite: s\nbroker: {url: "${broker.url}"}\ninterval: 1s\nsources:\n${points
        .map((point) => `  - {kind: host, point: ${point}}\n`)
        .join('')}`,
    );
  const has = (point: string) => collector.accepted.some(({ readings }) => readings.some(([name]) => name === point));
  write('first');
  const { child, entries, logged } = startAgent(t, file);
  await collector.when(() => has('first'));
  write('first', 'second');
  child.kill('SIGHUP');
  await collector.when(() => has('second'));
  writeFileSync(file, 'sources: nonsense');
  child.kill('SIGHUP');
  await logged(/the configuration stays as it was/);
  const then = collector.accepted.length;
  await collector.when(() => collector.accepted.length >= then + 4);
  t.match(
    entries.find(({ msg }) => msg === 'the configuration is in effect'),
    { kept: 1, opened: 1, closed: 0 },
  );
  const ticks = collector.accepted.filter(({ readings }) => readings.some(([name]) => name === 'first'));
  const steps = ticks.slice(1).map(({ at }, index) => at - (ticks[index]?.at ?? 0));
  t.ok(steps.length >= 4 && steps.every((step) => step === 1_000), `a tick a second: ${steps.join(', ')}`);
  t.ok(collector.births.at(-1)?.points.some(({ point }) => point === 'second'));
  child.kill('SIGTERM');
  t.same(await once(child, 'exit'), [0, null]);
});
