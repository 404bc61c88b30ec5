import { readFileSync } from 'node:fs';
import t from 'tap';
import type { FieldSpec, Measurement } from '../../src/influx/schema.ts';
import { reported } from '../../src/reports/measurements.ts';

const document = readFileSync(new URL('../../../docs/grafana.md', import.meta.url), 'utf8');
const measurements: readonly Measurement[] = Object.values(reported);

function rowOf({ name, database, tags, about }: Measurement): string {
  const where = database === 'kept' ? '`wattmark`' : '`wattmark_minutes`';
  return `| \`${name}\` | ${where} | ${tags.map((tag) => `\`${tag}\``).join(' ')} | ${about} |`;
}

/** Roles have fields of one pattern. */
function fieldRowOf({ name }: Measurement, { name: field, kind, about }: FieldSpec): string {
  const isRole = field.startsWith('role_');
  const called = isRole ? 'role_<role with _>_w' : field;
  return `| \`${name}\` | \`${called}\` | ${kind} | ${isRole ? 'power of a role, W' : about} |`;
}

t.test('the documentation has every report and every field, as they are', async (t) => {
  const rows = measurements.flatMap((one) => [rowOf(one), ...one.fields.map((field) => fieldRowOf(one, field))]);
  t.same(
    [...new Set(rows)].filter((row) => !document.includes(row)),
    [],
  );
});
