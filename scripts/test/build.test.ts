import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isStale } from '../build/freshness.mjs';
import { isRecent } from '../build/node-version.mjs';
import { runStep } from '../build/step.mjs';

t.test('Node from 20.18 on will do', async (t) => {
  for (const version of ['20.18.0', '20.20.2', '21.0.0', '24.1.0']) t.ok(isRecent(version), version);
  for (const version of ['20.17.9', '18.20.4', '4.0.0']) t.notOk(isRecent(version), version);
});

t.test('an older Node ends with a sentence', async (t) => {
  const script = `import { requireNode } from './scripts/build/node-version.mjs'; requireNode('18.0.0')`;
  const { code, stderr } = await run(['--input-type=module', '-e', script]);
  t.equal(code, 1);
  t.equal(stderr, 'Wattmark needs Node 20.18 or newer; this is Node 18.0.0.\n');
});

t.test('a target is stale when it is missing or older than anything that it is made from', async (t) => {
  const folder = t.testdir({ target: '', source: { deep: { 'a.ts': '' } } });
  const [target, source, file] = ['target', 'source', 'source/deep/a.ts'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const age = (path: string, seconds: number): void => utimesSync(path, 1_700_000_000, 1_700_000_000 - seconds);
  for (const path of [source, join(source, 'deep'), file]) age(path, 100);
  age(target, 50);
  t.notOk(isStale(target, [source]));
  age(file, 10);
  t.ok(isStale(target, [source]), 'a changed file');
  age(file, 100);
  mkdirSync(join(source, 'new'));
  t.ok(isStale(target, [source]), 'a new file');
  age(source, 100);
  age(join(source, 'new'), 100);
  t.notOk(isStale(target, [source]));
  rmSync(join(source, 'new'), { recursive: true });
  t.ok(isStale(target, [source]), 'a deleted file');
  t.ok(isStale(join(folder, 'none'), [source]), 'no target');
});

t.test('a step that fails says what the program said', async (t) => {
  const folder = t.testdir({});
  writeFileSync(join(folder, 'broken.mjs'), `console.error('no such meter'); process.exit(3)`);
  await runStep('Nothing', [process.execPath, '-e', ''], folder);
  await t.rejects(runStep('Trying', [process.execPath, 'broken.mjs'], folder), {
    name: 'StepFailed',
    message: /^Trying failed: .*broken\.mjs\nno such meter\n$/,
  });
  await t.rejects(runStep('Trying', ['./no-such-program'], folder), { message: /ENOENT/ });
});

function run(args: readonly string[]): Promise<{ code: unknown; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, _stdout, stderr) => resolve({ code: error?.code ?? 0, stderr }));
  });
}
