import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, mkdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { FakeCollector } from '../support/fake-collector.ts';
import { Mosquitto } from '../support/mosquitto.ts';
import { scratch } from '../support/scratch.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Of a year long ago, a minute apart. */
const START_MS = Date.UTC(2025, 0, 1);
const ROWS = 1_800;

const timeOf = (row: number): number => START_MS + row * 60_000;

t.test('kill -9 in the midst of a long import, again and again: no row is missing', async (t) => {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return;
  const directory = scratch(t);
  const broker = new Mosquitto(program, await freePort(), directory);
  t.teardown(() => broker.kill());
  await broker.start();
  const collector = new FakeCollector({ group: 'default', site: 's', agent: 'a' });
  await collector.connect(broker.url);
  t.teardown(() => collector.close());
  const rows = Array.from({ length: ROWS }, (_, row) => `${new Date(timeOf(row)).toISOString()},${row}`);
  writeFileSync(join(directory, 'meter.csv'), `time,Wh\n${rows.join('\n')}\n`);
  const file = join(directory, 'agent.yaml');
  const source = {
    kind: 'csv',
    path: './meter.csv',
    time: { column: 'time' },
    points: [{ point: 'main', channels: { energy: { column: 'Wh' } } }],
  };
  const config = { agent: 'a', site: 's', broker: { url: broker.url }, interval: '1s', sources: [source] };
  writeFileSync(file, JSON.stringify(config));
  const memory = join(directory, 'spool', 'memory');
  mkdirSync(memory, { recursive: true });
  const accepted = (count: number) => collector.when(() => collector.accepted.length >= count);
  // In the midst of the first rows, and each time that progress was remembered.
  for (const moment of [() => accepted(1), () => changed(memory), () => changed(memory)]) {
    const agent = startAgent(t, file);
    await moment();
    const gone = once(agent, 'exit');
    agent.kill('SIGKILL');
    await gone;
  }
  startAgent(t, file);
  const newest = (): number => Math.max(...collector.accepted.map(({ at }) => at));
  await collector.when(() => newest() === timeOf(ROWS - 1));
  const values = new Map(collector.accepted.map(({ at, readings }) => [at, readings]));
  const wrong = rows.flatMap((_, row) => (values.get(timeOf(row))?.[0]?.[2] === row ? [] : [row]));
  t.same(wrong, []);
  t.equal(values.size, ROWS, 'and nothing that is not in the file');
  t.same(collector.contradictions, []);
  t.same(collector.losses, []);
});

/** Resolves when a file of the directory was put in its place. */
async function changed(directory: string): Promise<void> {
  const watcher: FSWatcher = watch(directory);
  for (let name = ''; !name.endsWith('.json'); ) [, name] = (await once(watcher, 'change')) as [string, string];
  watcher.close();
}

function startAgent(t: { teardown(fn: () => void): void }, file: string): ChildProcess {
  const args = ['--conditions=@wattmark/source', '--import=tsx', main, 'run', '--config', file];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  t.teardown(() => void child.kill('SIGKILL'));
  return child;
}
