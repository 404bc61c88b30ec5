import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ConfigError } from '@wattmark/shared/config';
import t, { type Test } from 'tap';
import { type ImportOptions, runImport } from '../../src/commands/import.ts';

const MAPPING = `time: {column: time, format: iso}
interval: 1m
columns: {kW: {point: utility-a, kind: sample, unit: kW}}
`;

function folder(t: Test, mapping = MAPPING): string {
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'mapping.yaml'), mapping);
  const rows = [0, 1, 2].map((minute) => `2026-01-31T23:0${minute}Z,60\n`);
  writeFileSync(join(folder, 'a.csv.gz'), gzipSync(`time,kW\n${rows.join('')}`));
  return folder;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const options: ImportOptions = {
  mapping: 'mapping.yaml',
  site: 'dc-1',
  url: 'http://127.0.0.1:1',
  config: 'collector.yaml',
  dryRun: true,
};

async function run(cwd: string, file: string, changes: Partial<ImportOptions> = {}): Promise<Ended> {
  const ended = { stdout: '', stderr: '' };
  const said = { ...options, ...changes };
  const code = await runImport(
    [join(cwd, file)],
    { ...said, mapping: join(cwd, said.mapping) },
    {
      stdout: { write: (text: string) => Boolean((ended.stdout += text)) },
      stderr: { write: (text: string) => Boolean((ended.stderr += text)), isTTY: true },
    },
  );
  return { code, ...ended };
}

/** A collector's answers, in as far as an import asks for them. */
async function collector(t: Test): Promise<string> {
  const answers: Record<string, unknown> = {
    '/api/v1/sites': [{ site: 'dc-1', timezone: 'Europe/Berlin' }],
    '/api/v1/sites/dc-1/points': [{ point: 'utility-a' }],
    '/api/v1/points/dc-1/utility-a/series': {
      intervals: [{ start: '2026-01-31T23:00:00Z', energyWh: 500, measuredS: 24_192 }],
    },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url?.split('?')[0] ?? ''];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

t.test('a dry run beside a collector', async (t) => {
  const url = await collector(t);
  const { code, stdout, stderr } = await run(folder(t), 'a.csv.gz', { url });
  t.equal(code, 0, stderr);
  t.match(stdout, /^Site dc-1, times and months of Europe\/Berlin\n3 rows: 3 readings taken, 0 rejected\n/);
  t.match(
    stdout,
    /utility-a +2026-02 +2\.000 .* 0\.500 kWh, 1\.0 %\n$/,
    'the month of the site, and what is known of it',
  );
  const wrong = await run(folder(t), 'a.csv.gz', { url, site: 'dc-2' });
  t.match(wrong, { code: 1, stderr: /has no site dc-2; it has: dc-1/ });
});

t.test('a dry run without one, and what can go wrong', async (t) => {
  const alone = await run(folder(t), 'a.csv.gz');
  t.match(alone.stderr, /the collector at http:\/\/127\.0\.0\.1:1 does not answer: .*: months are those of UTC/);
  t.match(alone.stdout, /utility-a +2026-01 .* not asked\n$/);
  t.match(await run(folder(t), 'b.csv'), { code: 1, stderr: /b\.csv cannot be read: ENOENT/ });
  await t.rejects(run(folder(t, MAPPING.replace('kW:', 'MW:')), 'a.csv.gz'), ConfigError);
});

t.test('the program says how it is used, and asks who imports', async (t) => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const run = promisify(execFile);
  const program = ['--conditions=@wattmark/source', '--import', import.meta.resolve('tsx'), main, 'import'];
  const { stdout } = await run(process.execPath, [...program, '--help']);
  t.match(
    stdout,
    /Example:\n {2}wattmark-collector import 2025\.csv\.gz --mapping mapping\.yaml --site dc-1 --dry-run/,
  );
  await t.rejects(
    run(process.execPath, [...program, 'a.csv', '--mapping', 'm.yaml', '--site', 'dc-1']),
    /--by and --reason/,
  );
});
