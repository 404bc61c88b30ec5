import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { requireProgram } from '../../shared/test/program.ts';
import { type Health, Supervisor } from '../src/supervisor.ts';
import { FakeClock } from './support/fake-clock.ts';
import { recordingLog } from './support/log.ts';
import { scratch } from './support/scratch.ts';

const PYTHON = '/usr/bin/python3';
const script = fileURLToPath(new URL('support/notify-socket.py', import.meta.url));
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** A socket like systemd's, and what is said to it; null where the test was skipped. */
async function listen(t: Test) {
  if (requireProgram(t, PYTHON) === null || requireProgram(t, 'systemd-notify') === null) return null;
  const socket = join(scratch(t), 'notify');
  const server = spawn(PYTHON, [script, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => void server.kill('SIGKILL'));
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  t.equal(await line(), 'ready');
  /** The next message, without empty lines. */
  const hear = async (): Promise<string[]> => (JSON.parse(await line()) as string[]).filter((word) => word !== '');
  return { socket, hear };
}

function supervise(env: NodeJS.ProcessEnv, clock = new FakeClock()) {
  const now: { health: Health } = { health: { points: 2, sources: { total: 3, failing: [] }, lookedMs: null } };
  const { log, entries } = recordingLog();
  const supervisor = new Supervisor({ env, pid: 17, health: () => now.health, clock, log });
  const look = (change: Partial<Health> = {}) => {
    now.health = { ...now.health, lookedMs: clock.monotonicMs(), ...change };
  };
  return { supervisor, clock, look, entries };
}

t.test('ready when it samples, alive while it does, and a status that changes', async (t) => {
  const systemd = await listen(t);
  if (systemd === null) return;
  const { socket, hear } = systemd;
  const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '20000000', WATCHDOG_PID: '17' };
  const { supervisor, clock, look } = supervise(env);
  const stop = new AbortController();
  const watching = supervisor.watch(stop.signal);
  await clock.pass(5_000);
  look();
  await clock.pass(250);
  t.same(await hear(), ['READY=1', 'WATCHDOG=1', 'STATUS=2 points of 3 sources'], 'not before it has begun');
  // Until the program that told it has ended, nobody sleeps.
  await untilAsleep(clock);
  look();
  await clock.pass(10_000);
  t.same(await hear(), ['WATCHDOG=1'], 'at half of the time');
  await untilAsleep(clock);
  const failing = [{ source: 'snmp a', state: 'absent', since: 0, reason: 'no\nanswer' } as const];
  look({ sources: { total: 3, failing } });
  await clock.pass(10_000);
  t.same(await hear(), ['WATCHDOG=1', 'STATUS=2 points; 1 of 3 sources fail, first snmp a: no answer']);
  await untilAsleep(clock);
  await clock.pass(100_000);
  await supervisor.reloading(async () => look());
  t.same(await hear(), ['RELOADING=1'], 'a sampler that stands still is not said to be alive');
  t.same(await hear(), ['READY=1']);
  stop.abort();
  await watching;
  await supervisor.stopping();
  t.same(await hear(), ['STOPPING=1']);
});

/** Resolves when a supervisor waits for the clock again. */
async function untilAsleep(clock: FakeClock): Promise<void> {
  while (clock.sleeping === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

t.test('without a socket nothing is done; a watchdog for another process is none of ours', async (t) => {
  const { supervisor, entries } = supervise({ WATCHDOG_USEC: '1000000' });
  await supervisor.watch(new AbortController().signal);
  await supervisor.reloading(async () => {});
  await supervisor.stopping();
  t.same(entries, []);
  const systemd = await listen(t);
  if (systemd === null) return;
  const other = supervise({ NOTIFY_SOCKET: systemd.socket, WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' });
  other.look();
  const stop = new AbortController();
  const watching = other.supervisor.watch(stop.signal);
  t.same(await systemd.hear(), ['READY=1', 'STATUS=2 points of 3 sources']);
  stop.abort();
  await watching;
});

t.test('where systemd cannot be told, the log says so once and the agent goes on', async (t) => {
  if (requireProgram(t, 'systemd-notify') === null) return;
  const { supervisor, entries } = supervise({ NOTIFY_SOCKET: '/nonexistent/notify' });
  await supervisor.stopping();
  await supervisor.stopping();
  t.match(entries, [{ msg: 'systemd cannot be told', reason: /^systemd-notify ended with 1: .*No such file/ }]);
  t.equal(entries.length, 1);
});

t.test('the program itself: ready, alive, reloaded, stopped', async (t) => {
  const systemd = await listen(t);
  if (systemd === null) return;
  const { socket, hear } = systemd;
  const config = join(scratch(t), 'agent.yaml');
  writeFileSync(
    config,
    'agent: a\nsite: s\nbroker: {url: "mqtt://127.0.0.1:1"}\nlog: {level: silent}\nsources: [{kind: host, point: h}]\n',
  );
  const env = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000', WATCHDOG_PID: undefined };
  const node = ['--conditions=@wattmark/source', '--import=tsx', main, 'run', '--config', config];
  const agent: ChildProcess = spawn(process.execPath, node, { stdio: ['ignore', 'ignore', 'inherit'], env });
  t.teardown(() => void agent.kill('SIGKILL'));
  const ready = await hear();
  t.same(ready.slice(0, 2), ['READY=1', 'WATCHDOG=1']);
  t.match(ready[2], /^STATUS=\d points of 1 sources$/);
  for (let i = 0; i < 3; i++) t.same(await hear(), ['WATCHDOG=1']);
  const next = async (): Promise<string[]> => {
    const words = await hear();
    return words.join() === 'WATCHDOG=1' ? next() : words;
  };
  agent.kill('SIGHUP');
  t.same([await next(), await next()], [['RELOADING=1'], ['READY=1']]);
  agent.kill('SIGTERM');
  t.same(await next(), ['STOPPING=1']);
  t.same(await once(agent, 'exit'), [0, null]);
});
