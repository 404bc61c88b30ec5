import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { collectDefaultMetrics, Registry } from 'prom-client';
import t, { type Test } from 'tap';
import { accepts, Program } from '../../../collector/test/chaos/support/program.ts';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { boards } from '../../grafana/boards.ts';
import { difference, type Row } from './answers.ts';
import { exposition, type PromSite, promSites, SCRAPED_MS } from './prom-fleet.ts';
import { questionsOf } from './queries.ts';

const run = promisify(execFile);
const contract = readFileSync(join(import.meta.dirname, '../../../docs/contract.md'), 'utf8');
const questions = Object.entries(boards)
  .filter(([name]) => name.endsWith('-prometheus'))
  .flatMap(([name, board]) => questionsOf(name, board()));

t.test('no query asks for a metric that the collector does not have', async (t) => {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  const known = await ofProcess.metrics();
  const asked = new Set(questions.flatMap(({ query }) => query.match(/\b(wattmark|process|nodejs)_\w+/g) ?? []));
  t.ok(asked.size > 30);
  const unknown = [...asked].filter((name) => !contract.includes(`\`${name}\``) && !known.includes(`# TYPE ${name} `));
  t.same(unknown, []);
});

t.test('every query gives the figures that the metrics have', async (t) => {
  const [prometheus, promtool] = ['prometheus', 'promtool'].map((name) => requireProgram(t, name));
  if (prometheus == null || promtool == null) return;
  const url = await startPrometheus(t, prometheus, promtool);
  const choices = {
    everything: { group: '.*', site: '.*' },
    'one site': { group: 'default', site: 'dc-1' },
    'odd names': { group: '(a--b|north)', site: '(select|1|group)' },
  };
  for (const [choice, chosen] of Object.entries(choices)) {
    const sites = promSites.filter(({ group, site }) => isIn(chosen.group, group) && isIn(chosen.site, site));
    const problems = questions.map(async (question) => {
      const key = `${question.board}/${question.place}/${question.refId}`;
      const expected = expectations[key];
      if (expected === undefined) return `nothing says what ${key} must give`;
      const problem = difference(expected(sites), await ask(url, expand(question.query, chosen)));
      return problem === null ? null : `${key}: ${problem}`;
    });
    t.same(
      (await Promise.all(problems)).filter((problem) => problem !== null),
      [],
      choice,
    );
  }
});

/** A label of a variable, and otherwise the query with what Grafana fills in. @throws Error where something is left. */
function expand(query: string, chosen: Readonly<Record<string, string>>): string {
  const expanded = query
    .replaceAll(/\$(group|site)\b/g, (_, name: string) => chosen[name] ?? '')
    .replaceAll('$__rate_interval', '2m');
  if (expanded.includes('$')) throw new Error(`not expanded: ${expanded}`);
  const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(expanded) ?? [];
  return selector === undefined ? expanded : `count by (${label}) (${selector})`;
}

function isIn(pattern: string, name: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(name);
}

async function ask(url: string, query: string): Promise<Row[]> {
  const parameters = new URLSearchParams({ query, time: String(SCRAPED_MS / 1000) });
  const response = await fetch(`${url}/api/v1/query?${parameters}`);
  const { data, error } = (await response.json()) as PromAnswer;
  if (error !== undefined) throw new Error(`${error}\n${query}`);
  return (data?.result ?? []).map(({ metric, value }) => ({ ...metric, value: Number(value[1]) }));
}

interface PromAnswer {
  readonly error?: string;
  readonly data?: {
    readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] }[];
  };
}

/** Starts one that has scraped the fleet for the last hours. @returns its address. */
async function startPrometheus(t: Test, program: string, promtool: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'wattmark-prometheus-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const [scraped, blocks, config] = ['scraped.txt', 'data', 'prometheus.yml'].map((name) => join(directory, name));
  writeFileSync(scraped ?? '', exposition());
  writeFileSync(config ?? '', '{}');
  await run(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', scraped ?? '', blocks ?? '']);
  const port = await freePort();
  const command = [
    program,
    `--config.file=${config}`,
    `--storage.tsdb.path=${blocks}`,
    '--storage.tsdb.retention.time=20y',
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const ready = async (): Promise<boolean> =>
    (await accepts(port)) && (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok;
  const running = new Program(command, { log: join(directory, 'prometheus.log'), ready });
  t.teardown(() => running.kill());
  await running.start();
  return `http://127.0.0.1:${port}`;
}

type Expectation = (sites: readonly PromSite[]) => Row[];

const bySite =
  (value: (site: PromSite) => number | null): Expectation =>
  (sites) =>
    sites.flatMap((site) => {
      const own = value(site);
      return own === null ? [] : [{ group: site.group, site: site.site, value: own }];
    });

const byAgent =
  (value: (site: PromSite) => number): Expectation =>
  (sites) =>
    sites.map((site) => ({ group: site.group, site: site.site, agent: 'hall-a', value: value(site) }));

const one =
  (value: (sites: readonly PromSite[]) => number): Expectation =>
  (sites) => [{ value: value(sites) }];

/** Of the collector as a whole, whatever is chosen. */
const always =
  (value: number): Expectation =>
  () => [{ value }];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function labelled(label: 'group' | 'site'): Expectation {
  return (sites) =>
    [...new Set((label === 'group' ? promSites : sites).map((site) => site[label]))].map((name) => ({ [label]: name }));
}

/** The sites of the groups chosen are offered, whichever of them are chosen. */
const sitesOffered: Expectation = (sites) =>
  promSites.filter(({ group }) => sites.some((site) => site.group === group)).map(({ site }) => ({ site }));

const letters = (place: string, all: readonly Expectation[]): Record<string, Expectation> =>
  Object.fromEntries(all.map((expectation, index) => [`${place}/${'ABCDEFGHI'[index]}`, expectation]));

const expectations: Readonly<Record<string, Expectation>> = {
  'fleet-prometheus/variable group/': labelled('group'),
  'fleet-prometheus/variable site/': sitesOffered,
  ...letters(
    'fleet-prometheus/Verdicts, 30 days',
    [0, 1, 2, 3].map((code) => (sites) => {
      const count = sites.filter(({ verdict }) => verdict === code).length;
      return count === 0 ? [] : [{ value: count }];
    }),
  ),
  'fleet-prometheus/Least coverage, 24 hours/A': one((sites) => Math.min(...sites.map(({ coverage }) => coverage))),
  'fleet-prometheus/Agents offline/A': one((sites) => sites.filter(({ up }) => up === 0).length),
  'fleet-prometheus/Silent points/A': one((sites) => sum(sites.map(({ stale }) => stale))),
  ...letters('fleet-prometheus/Sites', [
    bySite(({ pue }) => pue),
    bySite(({ pue }) => (pue === null ? null : pue + 0.01)),
    bySite(({ see }) => see),
    bySite(({ target }) => target),
    bySite(({ verdict }) => verdict),
    bySite(({ coverage }) => coverage),
    bySite(({ totalW }) => totalW),
    bySite(({ itW }) => itW),
    bySite(({ stale }) => stale),
  ]),
  'fleet-prometheus/Known sites/A': one((sites) => sites.length),
  'fleet-prometheus/Total power/A': bySite(({ totalW }) => totalW),
  'fleet-prometheus/IT power/A': bySite(({ itW }) => itW),
  'fleet-prometheus/PUE of the last hour/A': bySite(({ totalRateW, itRateW }) =>
    itRateW === 0 ? null : totalRateW / itRateW,
  ),
  'fleet-prometheus/PUE of the last 24 hours/A': bySite(({ pue }) => (pue === null ? null : pue + 0.01)),
  'fleet-prometheus/Power by role/A': (sites) => [
    { role: 'cooling', value: sum(sites.map(({ totalW, itW }) => totalW - itW)) },
    { role: 'utility', value: sum(sites.map(({ totalW }) => totalW)) },
  ],
  'collector-prometheus/variable group/': labelled('group'),
  'collector-prometheus/variable site/': sitesOffered,
  'collector-prometheus/Healthy/A': always(1),
  'collector-prometheus/Waiting for the store/A': always(3),
  'collector-prometheus/Waiting for mirrors/A': always(5000),
  'collector-prometheus/Mirrors behind/A': always(12),
  'collector-prometheus/Lost to mirrors/A': always(7),
  'collector-prometheus/Agents offline/A': one((sites) => sites.filter(({ up }) => up === 0).length),
  ...letters('collector-prometheus/What comes in', [always(100), always(2)]),
  'collector-prometheus/What is rejected, by reason/A': () => [
    { reason: 'not-json', value: 0.5 },
    { reason: 'out-of-range', value: 0.25 },
  ],
  ...letters('collector-prometheus/What does not count', [always(1), always(0.5), always(0), always(4)]),
  ...letters('collector-prometheus/Memory', [always(300e6), always(120e6)]),
  'collector-prometheus/Silent for/A': byAgent(({ silentS }) => silentS),
  'collector-prometheus/Spool/A': byAgent(({ spool }) => spool),
  'collector-prometheus/Sources that fail/A': byAgent(({ failing }) => failing),
  'collector-prometheus/Lost/A': byAgent(({ lostRate }) => lostRate * 120),
  'collector-prometheus/Rejected/A': byAgent(() => 0),
  'collector-prometheus/Clock skew/A': byAgent(({ skewS }) => skewS),
  ...letters('collector-prometheus/Agents', [
    byAgent(({ up }) => up),
    byAgent(({ silentS }) => silentS),
    byAgent(({ spool }) => spool),
    byAgent(({ failing }) => failing),
    byAgent(({ lostRate }) => lostRate * 7200),
    byAgent(() => 2),
    byAgent(() => 1),
    byAgent(({ skewS }) => skewS),
  ]),
};
