import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import * as v from 'valibot';
import { expandAddresses } from '../src/commissioning/addresses.ts';
import { discoverInstruments, searchedKinds } from '../src/commissioning/discovery.ts';
import { draftConfig } from '../src/commissioning/draft.ts';
import { loadAgentConfig } from '../src/config.ts';
import type { Found, Search, SourceModule } from '../src/source.ts';
import { openCatalog, type SourceCatalog } from '../src/source-catalog.ts';
import { FakeClock } from './support/fake-clock.ts';
import { silent } from './support/log.ts';
import { scratch } from './support/scratch.ts';

const sources = new URL('../src/sources/', import.meta.url);

t.test('addresses: networks and ranges become their hosts, the rest stays as it is', (t) => {
  const cases: readonly [string, readonly string[]][] = [
    ['192.0.2.0/30', ['192.0.2.1', '192.0.2.2']],
    ['192.0.2.7/31', ['192.0.2.6', '192.0.2.7']],
    ['192.0.2.7/32', ['192.0.2.7']],
    ['192.0.2.9-11', ['192.0.2.9', '192.0.2.10', '192.0.2.11']],
    ['192.0.2.9-10:1502', ['192.0.2.9:1502', '192.0.2.10:1502']],
    ['192.0.2.9', ['192.0.2.9']],
    ['192.0.2.9:161', ['192.0.2.9:161']],
    ['pdu-1.example:161', ['pdu-1.example:161']],
    ['2001:db8::1', ['2001:db8::1']],
    ['[2001:db8::1]:502', ['[2001:db8::1]:502']],
    ['fe80::1%eth0', ['fe80::1%eth0']],
    ['/dev/serial/by-id/usb-FTDI_0-if00', ['/dev/serial/by-id/usb-FTDI_0-if00']],
  ];
  for (const [text, addresses] of cases) t.same(expandAddresses([text]), addresses, text);
  t.same(expandAddresses(['192.0.2.1', '192.0.2.0/30']), ['192.0.2.1', '192.0.2.2'], 'each once');
  t.equal(expandAddresses(['10.0.0.0/20']).length, 4_094);
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['10.0.0.0/19', /more than 4096 addresses/],
    ['10.0.0.0/33', /at most 32/],
    ['192.0.2.300', /not an IPv4 address/],
    ['192.0.2.40-10', /must end between its start and 255/],
    ['192.0.2.40-300', /must end between/],
    ['192.0.2', /name a host or an address/],
    ['192.0.2.0/24/8', /name a host/],
    ['192.0.2.1:0', /between 1 and 65535/],
    ['host:70000', /between 1 and 65535/],
    ['two words', /name a host/],
    ['', /name a host/],
    ['--snmp', /name a host/],
  ];
  for (const [text, message] of wrong) t.throws(() => expandAddresses([text]), { name: 'ConfigError', message }, text);
  t.throws(() => expandAddresses(['10.0.0.0/20', '10.1.0.0/20']), /more than 4096/, 'all together');
  t.end();
});

t.test(
  'property: a network has its hosts, none twice, all below its prefix; nonsense is refused and nothing else',
  (t) => {
    const byte = fc.integer({ min: 0, max: 255 });
    const network = fc.tuple(byte, byte, byte, byte, fc.integer({ min: 20, max: 30 }));
    fc.assert(
      fc.property(network, ([a, b, c, d, prefix]) => {
        const hosts = expandAddresses([`${a}.${b}.${c}.${d}/${prefix}`]);
        const numbers = hosts.map((host) => host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0));
        const size = 2 ** (32 - prefix);
        const base = ((a * 256 + b) * 256 + c) * 256 + d;
        const first = base - (base % size);
        return numbers.length === size - 2 && numbers[0] === first + 1 && numbers.every((n, i) => n === first + 1 + i);
      }),
      { numRuns: 50 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          return expandAddresses([text]).length > 0;
        } catch (error) {
          return (error as Error).name === 'ConfigError';
        }
      }),
    );
    t.end();
  },
);

type Discover = NonNullable<SourceModule['discover']>;

function catalogOf(modules: Readonly<Record<string, Discover | null>>): SourceCatalog {
  return {
    kinds: Object.keys(modules),
    async load(kind) {
      const discover = modules[kind];
      return {
        schema: v.unknown(),
        open: () => Promise.reject(new Error('no')),
        ...(discover != null && { discover }),
      };
    },
  };
}

const meter: Found = { title: 'a meter', notes: [], entry: { kind: 'modbus', points: [{ point: 'meter' }] } };

t.test('a search that hangs, throws or cannot be loaded does not hold up the others', async (t) => {
  const clock = new FakeClock();
  const searches = new Map<string, Search>();
  const lines: string[] = [];
  const finding = discoverInstruments(
    {
      ...catalogOf({
        csv: null,
        modbus: async (search) => {
          searches.set('modbus', search);
          search.progress('1 of 2 addresses asked');
          return [meter];
        },
        nut: () => Promise.reject(new Error('a bug')),
        redfish: () => new Promise(() => {}),
        snmp: (search) =>
          new Promise((resolve) => {
            searches.set('snmp', search);
            search.signal.addEventListener('abort', () => resolve([meter]));
          }),
        ipmi: async () => [],
      }),
    },
    {
      clock,
      log: silent,
      community: 'secret',
      addresses: new Map([
        ['modbus', ['192.0.2.1', '192.0.2.2']],
        ['ipmi', ['192.0.2.1', '192.0.2.2']],
      ]),
      progress: (kind, line) => lines.push(`${kind}: ${line}`),
    },
  );
  await clock.pass(70_000);
  t.same(await finding, [
    { kind: 'modbus', found: [meter], remark: null },
    { kind: 'nut', found: [], remark: 'the search failed: a bug' },
    { kind: 'redfish', found: [], remark: 'given up after 60 s; there may be more' },
    { kind: 'snmp', found: [meter], remark: 'given up after 60 s; there may be more' },
    { kind: 'ipmi', found: [], remark: 'nothing that can be read was found at 2 addresses' },
  ]);
  t.same(searches.get('modbus')?.addresses, ['192.0.2.1', '192.0.2.2']);
  t.same(searches.get('snmp')?.addresses, [], 'only this machine where nothing was named');
  t.equal(searches.get('snmp')?.community, 'secret');
  t.same(lines, ['modbus: 1 of 2 addresses asked']);
});

/** What a device says of itself may hold anything. */
const found: readonly Found[] = [
  {
    title: 'APC\r\nsources: [] at 192.0.2.7',
    notes: ['say: what #it is for', 'serial 77'],
    entry: {
      kind: 'snmp',
      profile: 'apc-rpdu2',
      host: '192.0.2.7',
      community: 'a: b #c',
      points: [{ point: 'pdu' }, { point: 'pdu-phase-1', from: 'phase-1' }],
    },
  },
  {
    title: 'another',
    notes: [],
    entry: {
      kind: 'snmp',
      profile: 'ups-mib',
      host: '192.0.2.8',
      community: 'public',
      points: [{ point: 'pdu', role: 'it' }],
    },
  },
  { title: 'host', notes: [], entry: { kind: 'host', point: 'pdu' } },
];

t.test('a network is asked at once, and Node warns the operator of nothing', async (t) => {
  const warnings: string[] = [];
  const note = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  const catalog = catalogOf({
    nut: async ({ signal }) => {
      for (let i = 0; i < 32; i++) signal.addEventListener('abort', () => {});
      return [meter];
    },
  });
  const options = { clock: new FakeClock(), log: silent, community: '', addresses: new Map(), progress: () => {} };
  t.match(await discoverInstruments(catalog, options), [{ kind: 'nut', found: [meter] }]);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(warnings, []);
});

t.test('a draft loads as it is, with comments for what only the operator knows', async (t) => {
  const catalog = await openCatalog(sources);
  const file = join(scratch(t), 'agent.yaml');
  const remark = 'given up after 60 s; there may be more';
  const text = draftConfig('Rack 7 (left).example', [
    { kind: 'snmp', found, remark: null },
    { kind: 'nut', found: [], remark },
  ]);
  writeFileSync(file, text);
  const config = await loadAgentConfig(file, {}, catalog);
  t.equal(config.agent, 'rack-7-left-example');
  t.match(
    config.sources.map(({ settings }) => settings),
    [
      { community: 'a: b #c', points: [{ point: 'pdu' }, { point: 'pdu-phase-1' }] },
      { points: [{ point: 'pdu-2', role: 'it' }] },
      { point: 'pdu-3' },
    ],
  );
  t.match(text, /^# EDIT: the site .*\nsite: my-site\n# EDIT: .*\nbroker:\n {2}url: mqtt:/m);
  t.match(
    text,
    /\n {2}# APC sources: \[\] at 192\.0\.2\.7\n {2}# say: what #it is for\n {2}# serial 77\n {2}- kind: snmp\n/,
  );
  t.match(
    text,
    / {6}- point: pdu\n {8}# role: it .*\n {6}- point: pdu-phase-1\n {8}from: phase-1\n/,
    'phases have no role',
  );
  t.match(text, / {6}- point: pdu-2\n {8}role: it\n\n {2}# host\n {2}- kind: host\n {4}point: pdu-3\n {4}# role: it\n/);
  t.match(text, new RegExp(`\n# nut: ${remark}\n$`));
});

t.test('what a rack PDU and a cooling unit are mostly for is suggested', (t) => {
  const entry = (kind: string, profile: string, from: string): Found => ({
    title: profile,
    notes: [],
    entry: { kind, profile, host: '192.0.2.7', points: [{ point: 'a', from }] },
  });
  const suggested = (one: Found) =>
    / {8}# (role: \w+)/.exec(draftConfig('h', [{ kind: 'x', found: [one], remark: null }]))?.[1];
  for (const from of ['inlet', 'cord', 'source', 'system', 'device', 'pdu', 'inlet-1.2'])
    t.equal(suggested(entry('snmp', 'any-pdu', from)), 'role: it', from);
  t.equal(suggested(entry('modbus', 'liebert-icom', 'unit')), 'role: cooling');
  t.equal(suggested(entry('snmp', 'any-pdu', 'outlet-3')), undefined);
  t.end();
});

t.test('where nothing is found there is this machine, whatever its name', async (t) => {
  const catalog = await openCatalog(sources);
  const file = join(scratch(t), 'agent.yaml');
  const load = async (name: string) => {
    writeFileSync(file, draftConfig(name, []));
    return loadAgentConfig(file, {}, catalog);
  };
  for (const name of ['', '---', 'collector', 'ÄÖÜ', '1.2.3.4', `${'x'.repeat(62)}-y`]) {
    const { agent, sources } = await load(name);
    t.match(agent, /^[a-z0-9][a-z0-9-]{0,62}$/, `${name} is ${agent}`);
    t.same(
      sources.map(({ kind }) => kind),
      ['host'],
    );
  }
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (name) => (await load(name)).agent !== ''),
    {
      numRuns: 50,
    },
  );
});

t.test('property: whatever instruments say of themselves, the draft loads', async (t) => {
  const catalog = await openCatalog(sources);
  const file = join(scratch(t), 'agent.yaml');
  const text = fc.string({ unit: 'binary' }).map((said) => said.replaceAll('${', '$'));
  const instruments = fc.array(fc.tuple(text, fc.array(text), text), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(instruments, async (list) => {
      const found = list.map(([title, notes, name]) => ({
        title,
        notes,
        entry: { kind: 'host', point: 'same', name: `n${name}`.slice(0, 100) },
      }));
      writeFileSync(file, draftConfig('h', [{ kind: 'host', found, remark: list[0]?.[0] ?? null }]));
      const { sources } = await loadAgentConfig(file, {}, catalog);
      return (
        sources.length === list.length && new Set(sources.map(({ settings }) => settings['point'])).size === list.length
      );
    }),
    { numRuns: 40 },
  );
});

const run = promisify(execFile);
const main = join(import.meta.dirname, '../src/main.ts');
const command = (...args: string[]) =>
  run(process.execPath, ['--conditions=@wattmark/source', '--import', 'tsx', main, ...args], { timeout: 60_000 });

t.test('the command: writes a file that loads, and never over another without --force', async (t) => {
  const file = join(scratch(t), 'agent.yaml');
  const { stdout, stderr } = await command('discover', '-o', file);
  t.equal(stdout, '');
  t.match(stderr, `wattmark-agent check --config ${file}`);
  t.ok((await loadAgentConfig(file, {}, await openCatalog(sources))).sources.length >= 1);
  writeFileSync(file, 'mine');
  await t.rejects(command('discover', '-o', file), { code: 1, stderr: /exists; name another file, or --force/ });
  t.equal(readFileSync(file, 'utf8'), 'mine');
  await command('discover', '-o', file, '--force');
  t.not(readFileSync(file, 'utf8'), 'mine');
  await t.rejects(command('discover', '--snmp', '10.0.0.0/8'), {
    code: 1,
    stderr: /10\.0\.0\.0\/8: 1 problem\n.*smaller network/,
  });
});

t.test('kinds that are searched at addresses can be discovered', async (t) => {
  const catalog = await openCatalog(sources);
  for (const kind of Object.keys(searchedKinds)) t.type((await catalog.load(kind)).discover, 'function', kind);
});
