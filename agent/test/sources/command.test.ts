import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import * as v from 'valibot';
import type { Source, SourceError } from '../../src/source.ts';
import { numberAt, parseNumber } from '../../src/sources/command/output.ts';
import command from '../../src/sources/command.ts';
import { scratch } from '../support/scratch.ts';
import { conformance, context, openSource, tick } from './conformance.ts';

/** A directory with an executable script of these lines, run by /bin/sh. */
function scriptOf(t: Test, ...lines: readonly string[]): { script: string; directory: string } {
  const directory = scratch(t);
  const script = join(directory, 'meter');
  writeFileSync(script, `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
  return { script, directory };
}

const one = [{ point: 'utility-a', channels: { power: { unit: 'kW' } } }];

async function openScript(t: Test, lines: readonly string[], config: object = {}): Promise<Source> {
  return openSource(command, { program: scriptOf(t, ...lines).script, points: one, ...config });
}

t.test('conformance', async (t) => {
  const device = { first: [4.2, 97.5], other: [1.5, 3], impossible: ['4294967295000', -5] } as const;
  const { script, directory } = scriptOf(t, 'cd "$1"', '. ./behaviour', 'cat values.json');
  const config = (program: string) => ({
    program,
    args: [directory],
    points: [
      {
        point: 'utility-a',
        channels: { power: { path: 'meter.0', unit: 'kW' }, energy: { path: 'meter.1', unit: 'kWh' } },
      },
    ],
  });
  const behaviours = {
    well: '',
    silent: 'sleep 1000 & wait',
    garbage: 'printf "\\001\\377{"; exit',
    slow: 'sleep 2',
  };
  const restartAs = async (name: keyof typeof device) =>
    writeFileSync(join(directory, 'values.json'), JSON.stringify({ meter: device[name] }));
  const behave = (how: keyof typeof behaviours) => writeFileSync(join(directory, 'behaviour'), behaviours[how]);
  behave('well');
  await restartAs('first');
  conformance(t, {
    open: () => openSource(command, config(script)),
    openWrong: () => openSource(command, config('/nonexistent/meter')),
    wrong: /^there is no program \/nonexistent\/meter: is it installed/,
    restartAs,
    behave,
    readings: {
      first: [
        ['utility-a', 'power', 4200],
        ['utility-a', 'energy', 97_500],
      ],
      other: [
        ['utility-a', 'power', 1500],
        ['utility-a', 'energy', 3000],
      ],
    },
  });
});

t.test('a program that prints one number', async (t) => {
  const source = await openScript(t, ['echo "  4.25 "', 'echo a warning >&2']);
  t.same(await tick(source), { readings: [['utility-a', 'power', 4250]], noData: [] });
  t.match(source.points, [{ point: 'utility-a', channels: ['power'], source: 'command', intervalMs: 1000 }]);
});

t.test('what a program estimates is marked so, and the point says how', async (t) => {
  const points = [{ ...one[0], estimated: 'from the load' }];
  const source = await openScript(t, ['echo 1'], { points });
  t.same(await tick(source), { readings: [['utility-a', 'power', 1000, 'estimated']], noData: [] });
  t.match(source.points, [{ method: 'from the load' }]);
});

t.test('what goes wrong is said', async (t) => {
  const cases: [string, string | RegExp][] = [
    ['echo "no such meter" >&2; echo more >&2; exit 3', /meter ended with 3: no such meter$/],
    ['exit 1', /meter ended with 1$/],
    [':', /meter printed nothing$/],
    ['echo 4,25', /meter printed 4,25, which is not a number$/],
    ['echo nan', /meter printed nan, which is not a number$/],
    ['kill -9 $$', /was ended by SIGKILL$/],
    ['head -c 2000000 /dev/zero', /says more than 1048576 bytes$/],
    ['head -c 100000 /dev/zero | tr "\\000" x >&2; exit 1', /ended with 1: x{120}…$/],
  ];
  for (const [line, message] of cases) {
    t.match(await tick(await openScript(t, [line])), { name: 'SourceError', kind: 'retry', message }, line);
  }
});

t.test('values in JSON: each by its path, each with its own reason', async (t) => {
  const json = { a: { b: [{ w: '12.5' }, { w: null }] }, 'x y': true };
  const channels = {
    power: { path: 'a.b.0.w', scale: 40 },
    voltage: { path: 'a.b.1.w' },
    current: { path: 'a.b.2.w' },
    temperature: { path: 'x y' },
  };
  const source = await openScript(t, [`echo '${JSON.stringify(json)}'`], { points: [{ point: 'p', channels }] });
  t.same(await tick(source), {
    readings: [['p', 'power', 500]],
    noData: [
      { point: 'p', channel: 'voltage', reason: 'a.b.1.w is null, which is not a number' },
      { point: 'p', channel: 'current', reason: 'the output has no a.b.2.w' },
      { point: 'p', channel: 'temperature', reason: 'x y is true, which is not a number' },
    ],
  });
});

t.test('a configuration that cannot work', (t) => {
  const parse = (change: object) => v.safeParse(command.schema, { program: 'x', points: one, ...change }).success;
  t.ok(parse({}));
  t.notOk(
    parse({ points: [{ point: 'p', channels: { power: {}, voltage: { path: 'v' } } }] }),
    'two, one of them bare',
  );
  t.notOk(parse({ points: [{ point: 'p', channels: { power: { unit: 'Wh' } } }] }), 'a unit of something else');
  t.notOk(parse({ points: [] }));
  t.notOk(parse({ shell: true }));
  t.end();
});

t.test('no shell, and no more of the environment than it needs', async (t) => {
  process.env['WATTMARK_BROKER_PASSWORD'] = 'tell-nobody';
  t.teardown(() => delete process.env['WATTMARK_BROKER_PASSWORD']);
  const { script, directory } = scriptOf(t, 'cd "$1"; shift', 'env > env; printf "%s\\n" "$@" > args; echo 1');
  const args = ['$(touch broken)', '; touch broken', 'a b'];
  const source = await openSource(command, {
    program: script,
    args: [directory, ...args],
    env: { METER_PIN: '1234' },
    points: one,
  });
  t.match(await tick(source), { readings: [['utility-a', 'power', 1000]] });
  t.same(readFileSync(join(directory, 'args'), 'utf8').trimEnd().split('\n'), args);
  t.notOk(existsSync(join(directory, 'broken')));
  const env = readFileSync(join(directory, 'env'), 'utf8');
  t.match(env, /^METER_PIN=1234$/m);
  t.match(env, /^LC_ALL=C$/m);
  t.match(env, /^PATH=/m);
  t.notMatch(env, /tell-nobody|WATTMARK_/);
});

t.test('a path is relative to agent.yaml', async (t) => {
  const { directory } = scriptOf(t, 'echo 2');
  const config = v.parse(command.schema, { program: './meter', points: one });
  const source = await command.open(config, { ...context, directory });
  t.match(await tick(source), { readings: [['utility-a', 'power', 2000]] });
});

for (const [name, line] of [
  ['its children', 'sleep 1000 &\necho $! > "$1"/child; wait'],
  ['what it left behind', 'sleep 1000 &\necho $! > "$1"/child; echo 7'],
] as const) {
  t.test(`a program ends with ${name}`, async (t) => {
    const { script, directory } = scriptOf(t, line);
    const source = await openSource(command, { program: script, args: [directory], points: one });
    const started = performance.now();
    const outcome = await tick(source, 300);
    if (name === 'its children') t.match(outcome, { kind: 'retry', message: /was ended: the tick is over$/ });
    else t.match(outcome, { readings: [['utility-a', 'power', 7000]] });
    t.ok(performance.now() - started < 700, 'at once');
    const child = Number(readFileSync(join(directory, 'child'), 'utf8'));
    t.ok(await isGone(child), 'no child is left');
  });
}

t.test('an own time limit; one that left its group cannot hold up the agent', async (t) => {
  const source = await openScript(t, ['setsid sleep 3 &', 'sleep 2'], { timeout: '100ms' });
  const started = performance.now();
  const outcome = (await tick(source)) as SourceError;
  t.match(outcome, { kind: 'retry', message: /did not end within 100 ms$/ });
  t.ok(performance.now() - started < 600);
});

t.test('numbers: whatever JavaScript prints is read as it is, at any path', (t) => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true });
  const key = fc.string({ minLength: 1 }).filter((text) => !/^\/|\./.test(text));
  fc.assert(fc.property(double, (number) => parseNumber(`${number}\n`) === Number(String(number))));
  fc.assert(
    fc.property(double, fc.array(key, { minLength: 1, maxLength: 5 }), (number, keys) => {
      const value = keys.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), number);
      return numberAt(value, keys.join('.')) === number;
    }),
  );
  t.throws(() => numberAt({}, 'constructor.length'), { message: 'the output has no constructor.length' });
  t.end();
});

/** Whether a process goes, within a second; init takes what has lost its parent. */
async function isGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] : 'Z';
    if (state === 'Z') return true;
    await sleep(10);
  }
  return false;
}
