import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runProgram, type ProgramOptions } from '../../src/sources/support/program.ts';
import { scratch } from '../support/scratch.ts';

const never = new AbortController().signal;

function sh(script: string, options: Partial<ProgramOptions> = {}) {
  return runProgram('/bin/sh', ['-c', script], { timeoutMs: 5000, signal: never, ...options });
}

/** Whether a process is there and not just waiting to be reaped. */
function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
}

/** The kernel takes a moment to end what was killed; what was not killed would stay for the test's whole time. */
async function ended(...pids: readonly number[]): Promise<void> {
  while (pids.some(isRunning)) await new Promise((resolve) => setImmediate(resolve));
}

t.test('what it wrote and how it ended, whatever that was', async (t) => {
  t.same(await sh('echo out; echo err >&2; exit 3'), { stdout: 'out\n', stderr: 'err\n', exitCode: 3 });
  t.same(await sh(''), { stdout: '', stderr: '', exitCode: 0 });
});

t.test('arguments are no shell words', async (t) => {
  const args = ['%s|', '$HOME', '; echo no', '`id`', 'ä "x"'];
  const { stdout } = await runProgram('/usr/bin/printf', args, { signal: never });
  t.equal(stdout, '$HOME|; echo no|`id`|ä "x"|');
});

t.test('the environment: few of the agent, a plain locale, and what the caller gives', async (t) => {
  process.env['BROKER_PASSWORD'] = 'tell-nobody';
  t.teardown(() => delete process.env['BROKER_PASSWORD']);
  const { stdout } = await runProgram('/usr/bin/env', [], { signal: never, env: { METER_PASSWORD: 'own' } });
  t.match(stdout, /^LC_ALL=C$/m);
  t.match(stdout, /^METER_PASSWORD=own$/m);
  t.match(stdout, /^PATH=/m);
  t.notMatch(stdout, /BROKER_PASSWORD|tell-nobody/);
});

t.test('standard input is at its end', async (t) => {
  t.match(await sh('cat; echo done'), { stdout: 'done\n' });
});

t.test('a program that is not there, or may not be run', async (t) => {
  const options = { signal: never };
  const missing = { kind: 'absent', message: /there is no program no-such-program-here/ };
  await t.rejects(runProgram('no-such-program-here', [], options), missing);
  const file = join(scratch(t), 'meter');
  writeFileSync(file, 'text', { mode: 0o644 });
  await t.rejects(runProgram(file, [], options), { kind: 'absent', message: /permission denied/ });
});

t.test('late, abandoned or too talkative: it ends, with all that it started', async (t) => {
  const pids = join(scratch(t), 'pids');
  const script = (file: string) => `sleep 1000 & echo $! $$ > ${file}; wait`;
  const started = (file: string) => readFileSync(file, 'utf8').trim().split(' ').map(Number);
  const late = { kind: 'retry', message: /did not end within 300 ms/ };
  await t.rejects(sh(script(`${pids}-1`), { timeoutMs: 300 }), late);
  await ended(...started(`${pids}-1`));

  const abort = new AbortController();
  const over = t.rejects(sh(script(`${pids}-2`), { signal: abort.signal }), {
    kind: 'retry',
    message: /the tick is over/,
  });
  const isStarted = () => existsSync(`${pids}-2`) && readFileSync(`${pids}-2`, 'utf8') !== '';
  while (!isStarted()) await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  await over;
  await ended(...started(`${pids}-2`));

  await t.rejects(sh('yes', { maxBytes: 10_000 }), { kind: 'retry', message: /says more than 10000 bytes/ });
  await t.rejects(sh('kill -TERM $$'), { kind: 'retry', message: /was ended by SIGTERM/ });
});

t.test('what it leaves running does not hold up its end', async (t) => {
  const { stdout } = await sh('sleep 1000 & echo $!');
  await ended(Number(stdout));
  t.ok(Number(stdout) > 0);
});

t.test('is not started for a tick that is over', async (t) => {
  const file = join(scratch(t), 'made');
  await t.rejects(sh(`touch ${file}`, { signal: AbortSignal.abort() }), { kind: 'retry', message: /was not started/ });
  t.notOk(existsSync(file));
});
