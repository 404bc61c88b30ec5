import { readFileSync } from 'node:fs';
import t from 'tap';
import { intervals, type Measurement, progress } from '../../src/influx/schema.ts';

const document = readFileSync(new URL('../../../docs/grafana.md', import.meta.url), 'utf8');

/** A measurement's row in the table of the documentation. */
function rowOf({ name, database, tags, about }: Measurement): string {
  const where = database === 'kept' ? '`wattmark`' : '`wattmark_minutes`';
  return `| \`${name}\` | ${where} | ${tags.map((tag) => `\`${tag}\``).join(' ')} | ${about} |`;
}

t.test('the documentation has every measurement and every field, as they are', async (t) => {
  const measurements: readonly Measurement[] = [...Object.values(intervals), progress];
  t.same(
    measurements.map(rowOf).filter((row) => !document.includes(row)),
    [],
  );
  const fields = measurements
    .flatMap((one) => one.fields)
    .map(({ name }) => name.replace(/^l\d_/, 'l<0..3>_').replace(/^newest_.*/, 'newest_<measurement>_ms'));
  t.same(
    [...new Set(fields)].filter((name) => !document.includes(`\`${name}\``)),
    [],
  );
});

t.test('a field has one kind wherever it is, as InfluxDB demands of a database', async (t) => {
  const kinds = new Map<string, string>();
  for (const { name, fields } of Object.values(intervals)) {
    for (const field of fields) {
      const key = `${name.replace(/_(1m|15m|1d)$/, '')} ${field.name}`;
      t.equal(kinds.get(key) ?? field.kind, field.kind, key);
      kinds.set(key, field.kind);
    }
  }
});
