import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@wattmark/shared/config';
import t from 'tap';
import * as v from 'valibot';
import { loadAgentConfig } from '../src/config.ts';
import type { SourceModule } from '../src/source.ts';
import { openCatalog, type SourceCatalog } from '../src/source-catalog.ts';
import { scratch } from './support/scratch.ts';

const meter: SourceModule = {
  schema: v.strictObject({ host: v.string(), points: v.array(v.strictObject({ point: v.string() })) }),
  open: () => Promise.reject(new Error('nobody opens it here')),
};

const catalog: SourceCatalog = { kinds: ['csv', 'meter'], load: async () => meter };

function write(test: { teardown(fn: () => void): void }, text: string): string {
  const file = join(scratch(test), 'agent.yaml');
  writeFileSync(file, text);
  return file;
}

async function problems(file: string, env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
  try {
    await loadAgentConfig(file, env, catalog);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const least = `
agent: host-1
site: dc-1
broker: {url: mqtt://broker}
sources:
  - {kind: meter, host: a, points: [{point: utility-a}]}
  - {kind: meter, host: b, points: [{point: ups-1}], interval: 2s, deadline: 500ms}
`;

t.test('defaults, and paths relative to the file', async (t) => {
  const file = write(t, least);
  const config = await loadAgentConfig(file, {}, catalog);
  t.match(config, {
    agent: 'host-1',
    site: 'dc-1',
    group: 'default',
    broker: { url: 'mqtt://broker' },
    spool: { directory: join(file, '..', 'spool'), maxBytes: 256 * 1_048_576, maxAgeMs: 7 * 86_400_000 },
    logLevel: 'info',
    sources: [
      { kind: 'meter', label: 'sources[0]', intervalMs: 10_000, deadlineMs: 3_000, settings: { host: 'a' } },
      { kind: 'meter', label: 'sources[1]', intervalMs: 2_000, deadlineMs: 500, settings: { host: 'b' } },
    ],
  });
  t.same(Object.keys(config.sources[1]?.settings ?? {}), ['host', 'points'], "common keys are not the source's own");
});

t.test('the environment takes precedence, and is enough where the file says nothing', async (t) => {
  const env = {
    WATTMARK_BROKER_URL: 'mqtts://elsewhere:8883',
    WATTMARK_BROKER_USERNAME: 'u',
    WATTMARK_BROKER_PASSWORD: 'p',
    WATTMARK_LOG_LEVEL: 'debug',
  };
  const expected = { broker: { url: 'mqtts://elsewhere:8883', username: 'u', password: 'p' }, logLevel: 'debug' };
  t.match(await loadAgentConfig(write(t, least), env, catalog), expected);
  t.match(await loadAgentConfig(write(t, least.replace(/broker:.*/, '')), env, catalog), expected);
});

t.test('all problems at once, each with its place', async (t) => {
  const file = write(
    t,
    `
agent: collector
site: DC 1
brokr: x
broker: {url: http://x, ca: nope.pem}
interval: 10ms
spool: {maxMiB: 1, foo: 1}
log: {level: loud}
sources:
  - {kind: meter, host: a, points: [{point: x}], nonsense: 1}
  - {kind: metre, host: a}
  - {kind: meter, points: [{point: x}], interval: 1s, deadline: 2s}
  - {kind: meter, host: "\${NOPE}", points: []}
  - 7
`,
  );
  const found = await problems(file);
  for (const expected of [
    'sources[3].host: the environment variable NOPE is not set',
    'agent: must not be collector',
    'site: must be lower-case letters',
    'brokr: unknown key',
    'broker.url: must be mqtt://host[:port] or mqtts://host[:port]',
    'broker.ca: cannot be read',
    'interval: must be between 1s and 1h',
    'spool.maxMiB: must be >=',
    'spool.foo: unknown key',
    'log.level: must be one of trace, debug, ',
    'sources[0].nonsense: unknown key',
    'sources[1].kind: must be one of csv, meter',
    'sources[2].host: is required',
    'sources[4]: must be a map of keys',
    'sources: [0] and [2] both read the point x',
  ]) {
    t.equal(found.filter((problem) => problem.startsWith(expected)).length, 1, expected);
  }
  t.equal(found.length, 15, found.join('\n'));
});

t.test('a deadline above the interval is found beside other problems', async (t) => {
  const file = write(t, `${least.replace('deadline: 500ms', 'deadline: 3s')}\nfoo: 1`);
  t.same((await problems(file)).toSorted(), [
    'foo: unknown key',
    'the file: sources[1].deadline must not be longer than the interval',
  ]);
});

t.test('a file that is not there, is not YAML, or is not a mapping', async (t) => {
  t.match(await problems('/nowhere/agent.yaml'), [/cannot be read/]);
  t.equal((await problems(write(t, 'a: [1'))).length, 1);
  t.ok((await problems(write(t, '- 1'))).length > 0);
  t.ok((await problems(write(t, ''))).length > 0);
});

t.test('the catalog of the agent names its files, and loads them', async (t) => {
  const real = await openCatalog(new URL('../src/sources/', import.meta.url));
  t.ok(real.kinds.includes('host') && real.kinds.includes('modbus') && real.kinds.includes('snmp'));
  for (const kind of real.kinds) {
    const module = await real.load(kind);
    t.type(module.open, 'function', kind);
    t.equal(module.schema.kind, 'schema', kind);
  }
});
