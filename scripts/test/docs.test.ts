import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { channels } from '@wattmark/shared/channels';
import { createLogger } from '@wattmark/shared/logger';
import { limits, parseAck } from '@wattmark/shared/messages';
import { accuracyClasses, levels, roles } from '@wattmark/shared/roles';
import t, { type Test } from 'tap';
import { loadAgentConfig } from '../../agent/src/config.ts';
import { openCatalog } from '../../agent/src/source-catalog.ts';
import { MINUTE_MS } from '../../collector/src/accounting/interval.ts';
import { PointAccount } from '../../collector/src/accounting/point-account.ts';
import { problems } from '../../collector/src/api/problems.ts';
import { startCollector } from '../../collector/src/collector.ts';
import { loadCollectorConfig } from '../../collector/src/config.ts';
import { intervals, progress, supersededBy } from '../../collector/src/influx/schema.ts';
import { accept, rejectReasons } from '../../collector/src/ingest/accept.ts';
import { atLevel } from '../../collector/src/kpi/level.ts';
import { coverageOf, pueOf } from '../../collector/src/kpi/pue.ts';
import { missingDataUncertainty } from '../../collector/src/kpi/missing-data.ts';
import { catalogue, findTarget, type Target } from '../../collector/src/kpi/targets.ts';
import { chainOf } from '../../collector/src/kpi/metering-chain.ts';
import { pueUncertainty } from '../../collector/src/kpi/uncertainty.ts';
import { judge, verdicts } from '../../collector/src/kpi/verdict.ts';
import { siteMinutes } from '../../collector/src/site/balance.ts';
import { sumSiteIntervals } from '../../collector/src/site/interval-sum.ts';
import { loadSiteFiles } from '../../collector/src/site/site-file.ts';
import { point, row, site, T0 } from '../../collector/test/site/example.ts';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';

/** What the documents claim, held against the code and run where it can be run. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const run = promisify(execFile);

const documents = new Map(
  [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
  ]
    .filter((path) => path.endsWith('.md'))
    .map((path) => [path, read(path)]),
);
const contract = read('docs/contract.md');
const auditor = read('docs/auditor.md');

interface Block {
  readonly path: string;
  /** Language, and what stands behind it. */
  readonly info: string;
  readonly text: string;
}

const blocks = [...documents].flatMap(([path, text]) =>
  [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ([, info = '', body = '']): Block => ({ path, info, text: body }),
  ),
);

/** The YAML examples of a file; its name is their first line, as a comment. */
function examples(file: RegExp): Block[] {
  return blocks.filter(({ info, text }) => info === 'yaml' && file.test(text.split('\n')[0] ?? ''));
}

t.test('links lead somewhere', async (t) => {
  const broken: string[] = [];
  for (const [path, text] of documents) {
    for (const [, target = ''] of text.replace(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? path : join(dirname(path), file);
      const isThere = existsSync(join(root, linked));
      if (!isThere || (anchor !== undefined && !anchorsOf(read(linked)).includes(anchor)))
        broken.push(`${path}: ${target}`);
    }
  }
  t.same(broken, []);
});

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

t.test('the commands exist', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const text = [...documents.values()].join('\n');
  const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name);
  t.ok(named.length > 0);
  t.same(
    named.filter((name) => scripts[name] === undefined),
    [],
  );
  const subcommands = [...text.matchAll(/wattmark-(agent|collector) ([a-z]+) --/g)];
  for (const [, program = '', command = ''] of subcommands)
    t.match(read(`${program}/src/main.ts`), new RegExp(`'${command}'`), `${program} ${command}`);
});

t.test('YAML examples are valid', async (t) => {
  const catalog = await openCatalog(new URL('../../agent/src/sources/', import.meta.url));
  const folder = t.testdir();
  const file = join(folder, 'example.yaml');
  const agents = examples(/^# agent\.yaml/);
  const collectors = examples(/^# collector\.yaml/);
  const sites = examples(/^# sites\//);
  t.ok(agents.length >= 2 && collectors.length >= 3 && sites.length >= 2);
  for (const { path, text } of agents) {
    for (const variant of [text, text.replaceAll('  # - {', '  - {')]) {
      writeFileSync(file, variant);
      await t.resolves(loadAgentConfig(file, {}, catalog), path);
    }
  }
  const secrets = { BROKER_PASSWORD: 'secret', INFLUX_PASSWORD: 'secret', INFLUX_TOKEN: 'secret' };
  for (const { path, text } of collectors) {
    writeFileSync(file, text);
    t.doesNotThrow(() => loadCollectorConfig(file, secrets), path);
  }
  const siteFolder = join(folder, 'sites');
  mkdirSync(siteFolder);
  for (const { text } of sites) writeFileSync(join(siteFolder, text.split('\n')[0]?.slice(8) ?? ''), text);
  t.equal(loadSiteFiles(siteFolder, {}).length, sites.length);
});

t.test('every key of the configuration is named', async (t) => {
  const operator = read('docs/operator.md');
  for (const path of [
    'agent/src/config.ts',
    'collector/src/config.ts',
    'collector/src/site/site-file.ts',
    'collector/src/kpi/figures/settings.ts',
    'collector/src/kpi/metering-chain.ts',
    'collector/src/kpi/site-keys.ts',
  ]) {
    const keys = [...read(path).matchAll(/^ +([a-zA-Z]+): (?:v\.|id,|path|file|port|name)/gm)].map(
      ([, key = '']) => key,
    );
    t.ok(keys.length > 0);
    for (const key of keys) t.match(operator, new RegExp(`\\b${key}\\b`), `${path}: ${key}`);
  }
});

t.test('JSON examples of messages are accepted', async (t) => {
  for (const leaf of ['readings', 'birth', 'status'] as const) {
    const [example] = blocks.filter(({ info }) => info === `json ${leaf}`);
    const incoming = accept(leaf, Buffer.from(example?.text ?? ''));
    t.equal(incoming.kind, leaf);
    if (incoming.kind === 'readings') t.same([incoming.rejected, incoming.unusable], [[], null]);
    const given = JSON.parse(example?.text ?? '{}') as { points?: unknown };
    const said = given as { sources?: unknown };
    if (incoming.kind === 'birth') t.same(incoming.sources, said.sources, 'and how the sources do');
    if (incoming.kind === 'birth') t.same(incoming.birth.points, given.points, 'every key is understood');
  }
  const [ack] = blocks.filter(({ info }) => info === 'json ack');
  t.not(parseAck(Buffer.from(ack?.text ?? '')), null);
});

t.test('tables say what the code says', async (t) => {
  const number = (value: number): string =>
    Math.abs(value) >= 1e6 ? value.toExponential().replace('e+', 'e') : String(value);
  for (const [name, { unit, kind, min, max, description }] of Object.entries(channels))
    t.ok(
      contract.includes(`| \`${name}\` | ${unit} | ${kind} | ${number(min)} | ${number(max)} | ${description} |`),
      name,
    );
  t.same(firstCells(contract, 'Channels'), Object.keys(channels));
  t.same(firstCells(contract, 'Roles, levels and accuracy classes').sort(), [...roles].sort());
  for (const word of [...levels, ...Object.keys(accuracyClasses)]) t.ok(contract.includes(`\`${word}\``), word);
  t.same(firstCells(contract, 'Why something is rejected').sort(), [...rejectReasons].sort());
  t.same(firstCells(contract, 'Errors'), Object.keys(problems));
  for (const [code, { status }] of Object.entries(problems))
    t.ok(contract.includes(`| \`${code}\` | ${status} |`), code);
  const { earliestAt, latestAt, ...sizes } = limits;
  for (const limit of Object.values(sizes)) t.match(contract, new RegExp(`\\| ${limit}( |\\b)`), String(limit));
  for (const at of [earliestAt, latestAt]) t.match(contract, new Date(at).toISOString().slice(0, 10));
  t.same(firstCells(auditor, 'Verdict').sort(), [...verdicts].sort());
  for (const target of catalogue.targets) t.ok(auditor.includes(lineOf(target)), target.id);
});

/** A target in the auditor's table. */
function lineOf({
  id,
  metric,
  direction,
  value,
  unit,
  status,
  scope,
  source,
  validFrom,
  validTo,
  ...more
}: Target): string {
  const limit = `${metric} ${direction === 'at-most' ? '≤' : '≥'} ${value}${unit === '1' ? '' : ` ${unit}`}`;
  const kind = `${more.kind}${status === 'draft' ? ', draft' : ''}`;
  return `| \`${id}\` | ${limit} | ${kind} | ${scope} | ${validFrom} to ${validTo ?? '…'} | ${source} |`;
}

/** The words in code style in the first column of the tables below a heading. */
function firstCells(text: string, heading: string): string[] {
  const section = new RegExp(`^#+ ${heading}$([\\s\\S]*?)(?=^#|$(?![\\s\\S]))`, 'm').exec(text)?.[1] ?? '';
  const cells = [...section.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word));
}

t.test('worked example: one hour', async (t) => {
  const at = site([point(1, 'utility', { accuracyClass: '0.5S' }), point(2, 'it', { accuracyClass: '0.5S' })]);
  const totalsWh = [10_400, 10_800, 10_600, 5_600];
  const itWh = [8_000, null, 8_000, 4_000];
  const rows = totalsWh.flatMap((totalWh, quarter) =>
    Array.from({ length: 15 }, (_, i) => 15 * quarter + i).flatMap((minute) => {
      const ofIt = itWh[quarter] ?? null;
      return [row(1, totalWh / 15, {}, minute), ...(ofIt === null ? [] : [row(2, ofIt / 15, {}, minute)])];
    }),
  );
  const minutes = siteMinutes(at, rows).map((minute) => ({ ...minute, endMs: minute.startMs + MINUTE_MS }));
  const [sum] = sumSiteIntervals(minutes, [T0, T0 + 60 * MINUTE_MS]);
  if (sum === undefined) throw new Error('no hour');
  const hour = atLevel(sum, 0);
  const says = (figure: string): void => void t.ok(auditor.includes(figure), figure);
  says(
    `total ${Math.round(hour.pairedTotalWh).toLocaleString('en')} Wh, IT ${Math.round(hour.pairedItWh).toLocaleString('en')} Wh`,
  );
  const pue = pueOf(hour) ?? Number.NaN;
  says(`**PUE = ${pue.toFixed(3)}**`);
  const coverage = coverageOf(hour.pairedMs, T0, T0 + 60 * MINUTE_MS, T0 + 60 * MINUTE_MS);
  says(`a coverage of ${(coverage ?? 0) * 100} %`);
  says(`of the three ratios, ${((1.3 + 1.325 + 1.4) / 3).toFixed(3)}`);
  const chain = chainOf({ accuracyClass: '0.5S', role: null, carrier: 'electricity' });
  const side = (name: string, energyWh: number, isIt: boolean) => {
    return { point: name, energyWh, totalWeight: isIt ? 0 : 1, itWeight: isIt ? 1 : 0, chain };
  };
  const sides = [side('main', hour.pairedTotalWh, false), side('it', hour.pairedItWh, true)];
  const elapsedMs = 15 * MINUTE_MS;
  const quarters = [0, 1, 2, 3].flatMap((quarter) => {
    const [fromMs, toMs] = [T0 + quarter * elapsedMs, T0 + (quarter + 1) * elapsedMs];
    const [part] = sumSiteIntervals(minutes, [fromMs, toMs]);
    return part === undefined ? [] : [{ sum: atLevel(part, 0), elapsedMs }];
  });
  const ofMissing = missingDataUncertainty(pue, coverage, quarters);
  const { value, parts } = pueUncertainty(pue, sides, ofMissing);
  const ofMeters = pueUncertainty(pue, sides, 0).value;
  says(`± ${ofMeters?.toFixed(3)}, the quarter-hour not measured by ± ${parts.missingData?.toFixed(3)}`);
  says(`together ± ${value?.toFixed(3)}`);
  const target = findTarget('gb-40879-grade-2-1.3') as Target;
  const trial = { span: { fromMs: T0, toMs: T0 + 60 * MINUTE_MS }, timezone: 'UTC', isYear: false, leastCoverage: 0.9 };
  const evidence = { value: pue, absence: null, uncertainty: ofMeters, coverage, months: [] };
  t.equal(judge(target, evidence, trial).verdict, 'insufficient-data');
  t.match(judge(target, { ...evidence, coverage: 1 }, trial), {
    verdict: 'missed',
    reason: '1.330 ± 0.015 lies above 1.3',
  });
});

t.test('worked example: a gap and a new meter', async (t) => {
  const account = new PointAccount(1, 30_000);
  const energies: number[] = [];
  const bridged: number[] = [];
  const book = (minute: number, valueWh: number) =>
    account.register(T0 + minute * MINUTE_MS, valueWh, false, (_, { energyWh, bridgedMs }) => {
      energies.push(energyWh);
      bridged.push(bridgedMs);
    });
  t.equal(book(0, 1_000_000), 'booked');
  t.equal(book(30, 1_020_800), 'booked');
  t.equal(book(31, 12), 'reset');
  account.close(T0 + 32 * MINUTE_MS, (_, { energyWh, bridgedMs }) => {
    energies.push(energyWh);
    bridged.push(bridgedMs);
  });
  t.same([energies.length, new Set(bridged)], [30, new Set([MINUTE_MS])]);
  for (const energyWh of energies) t.equal(energyWh.toFixed(2), '693.33');
  t.match(auditor, /20,800 Wh is booked: 693\.33 Wh to each of 30 minutes/);
});

t.test('the lines of the contract, run against a collector', { timeout: 60_000 }, async (t) => {
  if (requireProgram(t, 'mosquitto_pub') === null || requireProgram(t, 'curl') === null) return;
  const { shell, get } = await demonstration(t);
  /** Publishes with a block's first line and asks with its second, until the answer is there. */
  const publishAndAsk = async (block: string, isThere: (answer: Answer) => boolean): Promise<Answer> => {
    const [publish = '', ask = ''] = block.split('\n');
    await shell(publish);
    for (;;) {
      const answer = JSON.parse(await shell(ask)) as Answer;
      if (isThere(answer)) return answer;
    }
  };
  const [section = ''] = /## Try it[\s\S]*?(?=^## )/m.exec(contract) ?? [];
  const [first = '', points = '', birth = '', again = ''] = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(
    ([, text = '']) => text,
  );
  await shell(first);
  await until(async () => (await get('/api/v1/agents')) !== '[]');
  t.match(JSON.parse(await shell(points)), [
    { point: 'main', role: null, live: { power: { value: 1300, unit: 'W' } } },
    { point: 'rack', role: null },
  ]);
  t.match(await publishAndAsk(birth, (live) => live.ratio !== null), {
    totalW: 1300,
    itW: 1000,
    ratio: 1.3,
    gapW: 0,
    totalFrom: 'supply',
    byRole: { utility: 1300, it: 1000 },
  });
  const kpis = await publishAndAsk(again, ({ pue }) => pue?.value != null);
  t.match(kpis, { verdict: 'insufficient-data', totalFrom: 'supply' });
  t.ok(Math.abs((kpis.pue?.value ?? 0) - 1.3) < 1e-9, 'PUE');
  const kpi = /mosquitto_sub .*/.exec(contract)?.[0] ?? '';
  t.match(JSON.parse(await shell(kpi.replace('dc-1', 'lab'))), { v: 1, site: 'lab' });
  t.match(JSON.parse(await shell('curl -s http://127.0.0.1:8080/api/v1/sites/nope/live')), { code: 'unknown-site' });
  await checkRoutesAndMetrics(t, get);
});

interface Answer {
  readonly ratio?: number | null;
  readonly pue?: { readonly value: number | null };
}

interface Demonstration {
  /** Runs a command of the documents with the ports of this collector. */
  readonly shell: (command: string) => Promise<string>;
  readonly get: (path: string) => Promise<string>;
}

async function demonstration(t: Test): Promise<Demonstration> {
  const folder = t.testdir();
  const file = join(folder, 'collector.yaml');
  writeFileSync(file, 'http: {port: 0}\nbroker: {embedded: {port: 0}}\n');
  const collector = await startCollector({
    config: loadCollectorConfig(file, {}),
    sites: [],
    page: null,
    log: createLogger('test', 'silent'),
    now: Date.now,
  });
  t.teardown(() => collector.stop());
  const ported = (text: string): string =>
    text.replaceAll('8080', String(collector.httpPort)).replaceAll('1883', String(collector.mqttPort));
  return {
    shell: async (command) => (await run('sh', ['-c', ported(command)], { timeout: 20_000 })).stdout,
    get: async (path) => (await fetch(`http://127.0.0.1:${collector.httpPort}${path}`)).text(),
  };
}

async function checkRoutesAndMetrics(t: Test, get: Demonstration['get']): Promise<void> {
  const { paths } = JSON.parse(await get('/openapi.json')) as {
    paths: Record<string, object>;
  };
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods)) t.ok(contract.includes(`\`${method.toUpperCase()} ${path}\``), path);
  }
  const served = new Set([...(await get('/metrics')).matchAll(/^# TYPE (wattmark_\w+)/gm)].map(([, name]) => name));
  const named = new Set(
    [...contract.matchAll(/^\|[^|]*`wattmark_.*$/gm)].flatMap(([line]) => line.match(/wattmark_\w+/g) ?? []),
  );
  t.same([...named].sort(), [...served].sort(), 'the table of metrics');
  const elsewhere = [...documents.values()].flatMap((text) => text.match(/\bwattmark_(?!tt)\w+/g) ?? []);
  const stored = namesInInfluxdb();
  t.same(
    elsewhere.filter((name) => !served.has(name) && !stored.has(name)),
    [],
  );
}

/** Measurements, and what dashboards and their data sources name: databases and secrets. */
function namesInInfluxdb(): Set<string> {
  const measurements = Object.values(intervals).flatMap((one) => [one.name, supersededBy(one)]);
  const files = readdirSync(join(root, 'dashboards/grafana'), { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => /\.(json|yaml)$/.test(file))
    .map((file) => readFileSync(join(root, 'dashboards/grafana', file), 'utf8'));
  const named = texts.flatMap((text) => text.match(/\bwattmark_\w+/g) ?? []);
  return new Set([...measurements, progress.name, ...named]);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

t.test('the configuration for mosquitto is one', { timeout: 30_000 }, async (t) => {
  const passwd = requireProgram(t, 'mosquitto_passwd');
  const mosquitto = requireProgram(t, 'mosquitto');
  if (passwd === null || mosquitto === null) return;
  const folder = t.testdir();
  const file = (name: string): string => blocks.find(({ text }) => text.startsWith(`# ${name}`))?.text ?? '';
  const configuration = file('/etc/mosquitto/conf.d/wattmark.conf')
    .replace('listener 1883', `listener ${await freePort()} 127.0.0.1`)
    .replaceAll('/etc/mosquitto/', `${folder}/`);
  t.match(configuration, /set_tcp_nodelay true/);
  writeFileSync(join(folder, 'wattmark.acl'), file('/etc/mosquitto/wattmark.acl'));
  await run(passwd, ['-b', '-c', join(folder, 'wattmark.passwd'), 'collector', 'secret']);
  writeFileSync(join(folder, 'mosquitto.conf'), `${configuration}persistence_location ${folder}/\nuser root\n`);
  const broker = spawn(mosquitto, ['-c', join(folder, 'mosquitto.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(() => void broker.kill());
  let said = '';
  for await (const chunk of broker.stderr) {
    said += String(chunk);
    if (/version \S+ running/.test(said)) break;
  }
  t.match(said, /version \S+ running/, 'it starts');
});

t.test('the configuration for Prometheus is one', async (t) => {
  const promtool = requireProgram(t, 'promtool');
  if (promtool === null) return;
  const [example] = examples(/^# prometheus\.yml/);
  const file = join(t.testdir(), 'prometheus.yml');
  writeFileSync(file, example?.text ?? '');
  await t.resolves(run(promtool, ['check', 'config', file]));
  const queries = [...read('docs/grafana.md').matchAll(/^\| [^|]+ \| `(wattmark_[^`]+|[a-z]+[ (][^`]+)` \|$/gm)];
  t.ok(queries.length >= 8);
  const rules = queries.map(([, query = ''], index) => ({ record: `query:${index}`, expr: query }));
  const rulesFile = join(dirname(file), 'rules.yml');
  writeFileSync(rulesFile, JSON.stringify({ groups: [{ name: 'queries', rules }] }));
  await t.resolves(run(promtool, ['check', 'rules', rulesFile]));
});
