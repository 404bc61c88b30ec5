import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLogger } from '@wattmark/shared/logger';
import { connectAsync, type MqttClient } from 'mqtt';
import t from 'tap';
import { parse } from 'yaml';
import { type Collector, startCollector } from '../../collector/src/collector.ts';
import { loadCollectorConfig } from '../../collector/src/config.ts';
import { accepts, Program } from '../../collector/test/chaos/support/program.ts';
import { birth, START, scratch } from '../../collector/test/support/rig.ts';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';

const run = promisify(execFile);
const place = fileURLToPath(new URL('../../deploy/prometheus', import.meta.url));
const read = (name: string): string => readFileSync(join(place, name), 'utf8');
const contract = readFileSync(fileURLToPath(new URL('../../docs/contract.md', import.meta.url)), 'utf8');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert?: string; readonly record?: string; readonly expr: string }[];
  }[];
}

const rules = (parse(read('wattmark.rules.yml')) as Rules).groups.flatMap((group) => group.rules);

t.test('the rules load and do what their tests say; every alert has one', async (t) => {
  const alerts = rules.flatMap(({ alert }) => alert ?? []);
  t.ok(alerts.length > 10);
  const tried = new Set([...read('wattmark.tests.yml').matchAll(/alertname="(\w+)"/g)].map(([, name]) => name));
  t.same(alerts.toSorted(), [...tried].sort());
  const promtool = requireProgram(t, 'promtool');
  if (promtool === null) return;
  const tested = await run(promtool, ['test', 'rules', 'wattmark.tests.yml'], { cwd: place });
  t.match(tested.stdout, 'SUCCESS');
  const checked = await run(promtool, ['check', 'config', 'prometheus.yml'], { cwd: place });
  t.match(checked.stdout, `SUCCESS: ${rules.length} rules found`);
});

t.test('the composed Prometheus is the one described, with the collector’s name in its network', async (t) => {
  const composed = readFileSync(join(place, '../docker/prometheus.yml'), 'utf8');
  t.same(parse(composed.replace('collector:8080', '127.0.0.1:8080')), parse(read('prometheus.yml')));
});

t.test('the rules use no metric that the contract does not have', async (t) => {
  const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
  const used = rules.flatMap(({ expr }) => expr.match(/[a-z:]*\bwattmark_\w+(:\w+)?/g) ?? []);
  const unknown = used.filter((name) => !recorded.has(name) && !contract.includes(`\`${name}\``));
  t.same([...new Set(unknown)], []);
});

t.test('a real Prometheus scrapes a real collector, and records ratios and coverage', async (t) => {
  const prometheus = requireProgram(t, 'prometheus');
  if (prometheus === null) return;
  const directory = scratch(t);
  let nowMs = START;
  const file = join(directory, 'collector.yaml');
  writeFileSync(file, 'http: {port: 0}\nbroker: {embedded: {port: 0}}\n');
  const collector = await startCollector({
    config: loadCollectorConfig(file, {}),
    sites: [],
    page: null,
    log: createLogger('test', 'silent'),
    // Almost the instant of the ticker, which therefore ticks ten times a second.
    now: () => nowMs + 1_900,
  });
  t.teardown(() => collector.stop());
  const client = await connectAsync(`mqtt://127.0.0.1:${collector.mqttPort}`);
  t.teardown(() => client.endAsync());
  await client.publishAsync('wattmark/v1/default/dc-1/hall-a/birth', JSON.stringify(birth(1)), {
    qos: 1,
    retain: true,
  });
  const ask = await startPrometheus(t, prometheus, directory, collector);

  const found = new Map<string, string>();
  const wanted = [
    'site:wattmark_total_over_it:ratio_increase1h',
    'group:wattmark_total_over_it:ratio_increase1d',
    'site:wattmark_energy_watts:rate5m > 0',
  ];
  for (let minute = 1; minute <= 200 && found.size < wanted.length; minute++) {
    nowMs = START + minute * 60_000;
    await publishMinute(client, minute);
    await sleep(250);
    for (const query of wanted) {
      const value = await ask(query);
      if (value !== null) found.set(query, value);
    }
  }
  for (const query of wanted.slice(0, 2)) t.equal(Number(found.get(query)).toFixed(6), '2.000000', query);
  t.ok(found.has('site:wattmark_energy_watts:rate5m > 0'));
});

/** Starts one with the shipped rules; the function gives the value that a query has at present, null for none. */
async function startPrometheus(
  t: { teardown(fn: () => unknown): void },
  program: string,
  directory: string,
  { httpPort }: Collector,
): Promise<(query: string) => Promise<string | null>> {
  const port = await freePort();
  const config = parse(read('prometheus.yml')) as Record<string, unknown>;
  const scrapes = [{ job_name: 'wattmark', static_configs: [{ targets: [`127.0.0.1:${httpPort}`] }] }];
  const fast = { scrape_interval: '1s', evaluation_interval: '1s' };
  const rule_files = [join(place, 'wattmark.rules.yml')];
  // YAML reads JSON.
  const file = join(directory, 'prometheus.yml');
  writeFileSync(file, JSON.stringify({ ...config, global: fast, rule_files, scrape_configs: scrapes }));
  const command = [
    program,
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(directory, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const running = new Program(command, { log: join(directory, 'prometheus.log'), ready: () => accepts(port) });
  t.teardown(() => running.kill());
  await running.start();
  return async (query) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
    if (!answer.ok) return null;
    const { data } = (await answer.json()) as { data: { result: readonly { value: [number, string] }[] } };
    return data.result[0]?.value[1] ?? null;
  };
}

async function publishMinute(client: MqttClient, minute: number): Promise<void> {
  for (let second = 10; second <= 60; second += 10) {
    const at = START + (minute - 1) * 60_000 + second * 1000;
    const readings = [
      ['utility-a', 'power', 2000],
      ['ups-1', 'power', 1000],
    ];
    const payload = JSON.stringify({ v: 1, at, readings });
    await client.publishAsync('wattmark/v1/default/dc-1/hall-a/readings', payload, { qos: 1 });
  }
}
