import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@wattmark/shared/logger';
import t, { type Test } from 'tap';
import { type Collector, startCollector } from '../../src/collector.ts';
import { runImport } from '../../src/commands/import.ts';
import { loadCollectorConfig } from '../../src/config.ts';
import { replay } from '../../src/replay.ts';
import { loadSiteFiles } from '../../src/site/site-file.ts';

const MAPPING = `time: {column: time, format: iso}
interval: 1m
stamp: start
columns:
  main kW: {point: utility-a, kind: interval-mean, unit: kW}
  ups kW: {point: ups-1, kind: interval-mean, unit: kW}
`;

const SITE = `site: dc-1
points:
  - {point: utility-a, role: utility}
  - {point: ups-1, role: it, level: ups-output}
`;

/** A folder with a collector's configuration, and two days of two points in one file. */
function folder(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'send-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'sites'));
  writeFileSync(join(directory, 'sites', 'dc-1.yaml'), SITE);
  const config = 'sites: sites\nhttp: {port: 0}\nbroker: {embedded: {port: 0}}\nlog: {level: error}\n';
  writeFileSync(join(directory, 'collector.yaml'), config);
  writeFileSync(join(directory, 'mapping.yaml'), MAPPING);
  const rows = Array.from({ length: 2880 }, (_, minute) => {
    const time = new Date(Date.UTC(2025, 0, 1, 0, minute)).toISOString();
    return `${time},${(6.5 + (minute % 10) / 100).toFixed(2)},5`;
  });
  writeFileSync(join(directory, 'history.csv'), `time,main kW,ups kW\n${rows.join('\n')}\n`);
  return directory;
}

async function start(t: Test, directory: string): Promise<Collector> {
  const config = loadCollectorConfig(join(directory, 'collector.yaml'), {});
  const sites = loadSiteFiles(config.sites ?? '', {});
  const log = createLogger('test', 'silent');
  const collector = await startCollector({ config, sites, page: null, log, now: Date.now });
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopping ??= collector.stop());
  t.teardown(stop);
  return { ...collector, stop };
}

async function importInto(directory: string, collector: Collector, more: { by?: string; reason?: string }) {
  let [stdout, stderr] = ['', ''];
  const options = {
    mapping: join(directory, 'mapping.yaml'),
    site: 'dc-1',
    config: join(directory, 'collector.yaml'),
    url: `http://127.0.0.1:${collector.httpPort}`,
    dryRun: false,
    ...more,
  };
  const output = {
    stdout: { write: (text: string) => Boolean((stdout += text)) },
    stderr: { write: (text: string) => Boolean((stderr += text)), isTTY: false },
  };
  const code = await runImport([join(directory, 'history.csv')], options, output);
  return { code, stdout, stderr };
}

async function kpis(collector: Collector): Promise<{ pue: { value: number; coverage: number }; totalWh: number }> {
  const response = await fetch(`http://127.0.0.1:${collector.httpPort}/api/v1/sites/dc-1/kpis?period=2025-01-01`);
  return (await response.json()) as { pue: { value: number; coverage: number }; totalWh: number };
}

t.test('a history is put on record, counts, survives a restart and replays alike', async (t) => {
  const directory = folder(t);
  let collector = await start(t, directory);
  t.match(await importInto(directory, collector, {}), { code: 1, stderr: /--by and --reason/ });
  const { code, stdout, stderr } = await importInto(directory, collector, { by: 'A. Auditor', reason: 'old log' });
  t.equal(code, 0, stderr);
  const [, id = ''] = /correction (\d+)/.exec(stdout) ?? [];
  const { pue, totalWh } = await kpis(collector);
  t.ok(Math.abs(pue.value - 6.545 / 5) < 1e-9, String(pue.value));
  t.ok(Math.abs(totalWh - 6545 * 24) < 1e-6, String(totalWh));
  t.equal(pue.coverage, 1);
  await collector.stop();

  collector = await start(t, directory);
  t.ok(Math.abs((await kpis(collector)).pue.value - 6.545 / 5) < 1e-9);
  const response = await fetch(`http://127.0.0.1:${collector.httpPort}/api/v1/sites/dc-1/corrections`);
  const { corrections } = (await response.json()) as { corrections: unknown[] };
  t.match(corrections, [{ id, by: 'A. Auditor', reason: 'old log', change: { kind: 'import' } }]);
  await collector.stop();
  const { comparison } = await replay(join(directory, 'data'), { replace: false, onProgress: () => {} });
  t.same(
    comparison?.filter(({ differing }) => differing > 0),
    [],
  );
});

t.test('a block that does not fit is refused with its reason', async (t) => {
  const directory = folder(t);
  const collector = await start(t, directory);
  const { readToken } = await import('../../src/token.ts');
  const headers = { authorization: `Bearer ${readToken(join(directory, 'data'))}` };
  const url = `http://127.0.0.1:${collector.httpPort}/api/v1/sites/dc-1/imports`;
  const post = (path: string, body: Uint8Array<ArrayBuffer> | string, type: string): Promise<Response> =>
    fetch(url + path, { method: 'POST', headers: { ...headers, 'content-type': type }, body });
  const begun = await post('', JSON.stringify({ by: 'a', reason: 'b', files: [], mapping: '' }), 'application/json');
  const { import: id } = (await begun.json()) as { import: string };
  const garbage = await post(
    `/${id}/blocks?point=ups-1&channel=power`,
    new Uint8Array([9, 9]),
    'application/octet-stream',
  );
  t.match([garbage.status, await garbage.json()], [400, { code: 'invalid-correction', detail: /holds no block/ }]);
  const empty = await fetch(`${url}/${id}/commit`, { method: 'POST', headers });
  t.match([empty.status, await empty.json()], [400, { detail: /has no readings/ }]);
  const unknown = await fetch(`${url}/4711/commit`, { method: 'POST', headers });
  t.match([unknown.status, await unknown.json()], [400, { detail: /no import 4711/ }]);
  const stranger = await fetch(`${url}/${id}/commit`, { method: 'POST' });
  t.equal(stranger.status, 401);
});
