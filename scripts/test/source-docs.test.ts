import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { loadAgentConfig } from '../../agent/src/config.ts';
import { listProfiles, loadProfile } from '../../agent/src/profiles/catalogue.ts';
import { openCatalog } from '../../agent/src/source-catalog.ts';
import { modbusProfile } from '../../agent/src/sources/modbus/profile.ts';
import { snmpProfile } from '../../agent/src/sources/snmp/profile.ts';

/** The page of each kind of source in docs/sources/, held against the code. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const catalog = await openCatalog(new URL('../../agent/src/sources/', import.meta.url));
const pageOf = (kind: string): string => join(root, 'docs/sources', `${kind}.md`);

/** Whatever variable an example names. */
const anything = new Proxy<NodeJS.ProcessEnv>(
  {},
  { get: (_, name) => (String(name).startsWith('WATTMARK') ? undefined : 'secret-of-that-name') },
);

t.test('the index names every kind', async (t) => {
  const index = readFileSync(pageOf('README'), 'utf8');
  for (const kind of catalog.kinds) t.match(index, new RegExp(`^\\| .*\\b${kind}\\b.*\\(${kind}\\.md\\)`, 'm'), kind);
});

for (const kind of catalog.kinds) {
  t.test(`${kind}: a page whose examples are valid and that names every key`, async (t) => {
    if (!t.ok(existsSync(pageOf(kind)), 'there is a page')) return;
    const page = readFileSync(pageOf(kind), 'utf8');
    const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
    t.ok(examples.length > 0, 'it has an example');
    const file = join(t.testdir(), 'agent.yaml');
    for (const example of examples) {
      writeFileSync(file, agentWith(example));
      await t.resolves(loadAgentConfig(file, anything, catalog), example);
    }
    const { schema } = await catalog.load(kind);
    const { entries = {} } = schema as { entries?: Record<string, unknown> };
    const keys = Object.keys(entries).filter((key) => !common.has(key));
    t.same(
      keys.filter((key) => !page.includes(`\`${key}`) && !page.includes(`.${key}\``)),
      [],
      'no key is missing',
    );
  });
}

/** Keys that docs/operator.md explains once for all sources. */
const common = new Set([
  'simulated',
  'point',
  'name',
  'role',
  'level',
  'feeds',
  'accuracyClass',
  'ratedPower',
  'channels',
  'points',
]);

/** An example is a whole file, a list of `sources`, or entries of it. */
function agentWith(example: string): string {
  if (/^agent:/m.test(example)) return example;
  const head = 'agent: a\nsite: s\nbroker: {url: "mqtt://127.0.0.1"}\n';
  return head + (/^sources:/m.test(example) ? example : `sources:\n${example}`);
}

t.test('every profile is listed with its sections', async (t) => {
  for (const [kind, schema] of [
    ['modbus', modbusProfile],
    ['snmp', snmpProfile],
  ] as const) {
    const lines = readFileSync(pageOf(kind), 'utf8').split('\n');
    for (const name of listProfiles(kind)) {
      const { sections } = loadProfile(kind, name, schema, root) as { sections: object };
      const names = Object.keys(sections).map((section) => `\`${section}\``);
      const line = lines.find((text) => text.startsWith(`| \`${name}\` |`));
      t.ok(line?.endsWith(`| ${names.join(', ')} |`), `${kind} ${name}: ${names.join(', ')}`);
    }
  }
});
