import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runImport } from '../../src/commands/import.ts';
import { rejections } from '../../src/import/rejections.ts';

/** The example of docs/auditor.md, run. */

const page = readFileSync(new URL('../../../docs/auditor.md', import.meta.url), 'utf8');
const section = /^## Importing history$([^]*?)^## /m.exec(page)?.[1] ?? '';
const blocks = new Map(
  [...section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, kind = '', text = '']) => [kind, text]),
);

t.test('the dry run says what the page says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'mapping.yaml'), blocks.get('yaml') ?? '');
  writeFileSync(join(folder, 'history.csv'), blocks.get('csv') ?? '');
  let said = '';
  const output = {
    stdout: { write: (text: string) => Boolean((said += text)) },
    stderr: { write: () => true, isTTY: false },
  };
  const place = { site: 'dc-1', url: 'http://127.0.0.1:1', config: 'collector.yaml' };
  const options = { ...place, mapping: join(folder, 'mapping.yaml'), dryRun: true };
  t.equal(await runImport([join(folder, 'history.csv')], options, output), 0);
  t.equal(said.replaceAll(`${folder}/`, ''), blocks.get('text'));
  t.ok(
    Object.keys(rejections).some((reason) => said.includes(reason)),
    'a rejection among them',
  );
});
