import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@wattmark/shared/config';
import t, { type Test } from 'tap';
import { loadMapping, type Mapping } from '../../src/import/mapping.ts';

function load(t: Test, text: string): Mapping {
  const file = join(t.testdir(), 'mapping.yaml');
  writeFileSync(file, text);
  return loadMapping(file);
}

function problems(t: Test, text: string): readonly string[] {
  try {
    load(t, text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
  }
  return [];
}

const wide = `
time: {column: time, format: iso}
interval: 1m
`;

t.test('a wide file', async (t) => {
  const { series, headerLines, separator, decimal, long, time } = load(
    t,
    `${wide}
columns:
  Main kW: {point: utility-a, kind: sample, unit: kW}
  Main kWh: {point: utility-a, channel: energy, unit: kWh}
  Quarter: {point: it-1, kind: interval-energy, unit: kWh}
  T: {point: hall, channel: temperature, unit: °C, quality: estimated}
stamp: end`,
  );
  t.same([headerLines, separator, decimal, long, time.timezone], [1, ',', '.', null, null]);
  t.same(
    series.map(({ name, point, channel, kind, isEstimated }) => [name, point, channel, kind, isEstimated]),
    [
      ['Main kW', 'utility-a', 'power', 'sample', false],
      ['Main kWh', 'utility-a', 'energy', 'register', false],
      ['Quarter', 'it-1', 'power', 'interval-energy', false],
      ['T', 'hall', 'temperature', 'sample', true],
    ],
  );
  t.same(series[2]?.conversion, { multiplier: 60, exponent: 3, factor: 1 });
});

t.test('a long file, as JSON', async (t) => {
  const mapping = load(
    t,
    JSON.stringify({
      separator: ';',
      decimal: ',',
      time: { column: ['Datum', 'Zeit'], format: 'dd.MM.yyyy HH:mm', timezone: 'Europe/Berlin' },
      interval: '15m',
      long: { name: ['Meter', 'Quantity'], value: 'Value' },
      series: { '4711 P': { point: 'ups-1', kind: 'interval-mean', unit: 'kW' } },
      stamp: 'start',
    }),
  );
  t.same(mapping.long, { name: ['Meter', 'Quantity'], value: 'Value' });
  t.same(mapping.time, { columns: ['Datum', 'Zeit'], format: 'dd.MM.yyyy HH:mm', timezone: 'Europe/Berlin' });
});

t.test('nothing that would change a figure is guessed', async (t) => {
  const said = (text: string): string => problems(t, wide + text).join('\n');
  t.match(said('columns: {A: {point: a, unit: kW}}'), /A: kind: is required/);
  t.match(said('columns: {A: {point: a, kind: sample}}'), /A: unit: is required/);
  t.match(said('columns: {A: {point: a, kind: sample, unit: kWh}}'), /A: the unit kWh is not one of W, mW, kW, MW/);
  t.match(said('columns: {A: {point: a, kind: interval-mean, unit: kW}}'), /stamp: is required/);
  t.match(said('columns: {A: {point: a, channel: energy, kind: sample, unit: kWh}}'), /energy cannot be sample/);
  t.match(said('columns: {A: {point: a, channel: temperature, kind: interval-mean, unit: °C}}'), /cannot be/);
  t.match(said('columns: {A: {point: a, kind: sample, unit: W}, B: {point: a, kind: sample, unit: W}}'), /already/);
  t.match(
    problems(
      t,
      'time: {column: t, format: dd.MM.yyyy HH:mm}\ninterval: 1m\ncolumns: {A: {point: a, kind: sample, unit: W}}',
    ).join(),
    /timezone: is required/,
  );
});

t.test('what cannot be meant', async (t) => {
  const said = (text: string): string => problems(t, wide + text).join('\n');
  t.match(said(''), /either columns .* or long and series .* is required/);
  t.match(said('columns: {}'), /at least one series/);
  t.match(said('header: 0\ncolumns: {A: {point: a, kind: sample, unit: W}}'), /count them from 1/);
  t.match(said('columns: {A: {point: A, kind: sample, unit: W}}'), /columns.A.point: must be lower-case/);
  t.match(said('colums: {}'), /colums: unknown key/);
  t.match(
    problems(t, 'time: {column: t, format: rfc822, timezone: Mars}\ninterval: 40d').join('\n'),
    /format: must be[^]*timezone: must be[^]*interval: must be/,
  );
});
