import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { kinds } from '../../src/findings/kinds.ts';
import { thresholds } from '../../src/findings/thresholds.ts';

const auditor = readFileSync(join(import.meta.dirname, '../../../docs/auditor.md'), 'utf8');
const section = /^## Findings$([\s\S]*?)^## /m.exec(auditor)?.[1] ?? '';

t.test('the auditor’s page has every kind and every threshold, and no other', async (t) => {
  for (const [kind, { severities, meaning, advice }] of Object.entries(kinds))
    t.ok(section.includes(`| \`${kind}\` | ${severities.join(', ')} | ${meaning} | ${advice} |`), kind);
  for (const { id, value, unit, meaning, source } of thresholds)
    t.ok(section.includes(`| \`${id}\` | ${value} ${unit} | ${meaning} | ${source} |`), id);
  const named = [...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, id]) => id);
  t.same(named, [...Object.keys(kinds), ...thresholds.map(({ id }) => id)]);
});
