import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FakeFigures, NOW_MS } from '../../../collector/test/api/fake-figures.ts';
import { intervals, type Measurement } from '../../../collector/src/influx/schema.ts';
import { collectorReport } from '../../../collector/src/reports/health-reports.ts';
import { reported } from '../../../collector/src/reports/measurements.ts';
import { boards } from '../../grafana/boards.ts';
import { questionsOf } from './queries.ts';

const contract = readFileSync(join(import.meta.dirname, '../../../docs/contract.md'), 'utf8');
const measurements = new Map<string, Measurement>(
  [...Object.values(intervals), ...Object.values(reported)].map((one) => [one.name, one]),
);

t.test('no query asks for a measurement, tag or field that the collector does not write', async (t) => {
  let asked = 0;
  for (const [name, board] of Object.entries(boards)) {
    for (const { place, refId, query, source } of questionsOf(name, board())) {
      if (source === 'prometheus') continue;
      const [, from = ''] = /FROM "(wattmark_\w+)"/.exec(query) ?? [];
      const measurement = measurements.get(from);
      if (measurement === undefined) t.fail(`${name}: ${place} ${refId} asks for ${from}`);
      else {
        const unknown = namesIn(query).filter((one) => one !== from && !namesOf(measurement).has(one));
        t.same(unknown, [], `${name}: ${place} ${refId}`);
        t.equal(measurement.database === 'minutes', source === 'minutes', `${name}: ${place} ${refId}: database`);
      }
      asked++;
    }
  }
  t.ok(asked > 80);
});

/** Names in quotes, without those that the query gives to its own columns. */
function namesIn(query: string): string[] {
  const quoted = [...query.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '');
  const given = new Set([...query.matchAll(/ AS "([^"]+)"/g)].map(([, name]) => name));
  return quoted.filter((name) => !given.has(name));
}

function namesOf({ name, tags, fields }: Measurement): Set<string> {
  return new Set([
    ...tags,
    ...fields.map((field) => field.name),
    ...(name === reported.collector.name ? counted() : []),
  ]);
}

/** What a collector says of itself has no table: counters and gauges by the names of its metrics, and what is made of them. */
function counted(): string[] {
  const { line } = collectorReport(new FakeFigures({ sinceMs: NOW_MS }).health(), 'c', NOW_MS);
  const made = [...line.matchAll(/[ ,]([a-z_]+)=/g)].map(([, field]) => field ?? '');
  const metrics = [...contract.matchAll(/`wattmark_([a-z_]+?)(?:_total)?`/g)].map(([, name]) => name ?? '');
  return [...made, ...metrics];
}
