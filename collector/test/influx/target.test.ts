import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@wattmark/shared/config';
import t, { type Test } from 'tap';
import { type CollectorConfig, loadCollectorConfig } from '../../src/config.ts';

function load(t: Test, yaml: string, env: NodeJS.ProcessEnv = {}): CollectorConfig {
  const directory = mkdtempSync(join(tmpdir(), 'wattmark-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'secret'), 'of a file\n');
  writeFileSync(join(directory, 'collector.yaml'), yaml);
  return loadCollectorConfig(join(directory, 'collector.yaml'), env);
}

function problemsOf(t: Test, yaml: string): readonly string[] {
  try {
    load(t, yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

t.test('the store is embedded unless an InfluxDB is named', async (t) => {
  t.equal(load(t, '{}').store, null);
  t.equal(load(t, 'store: embedded').store, null);
  const anonymous = { username: null, password: null, org: null, token: null };
  t.same(load(t, 'store: {kind: influx, version: 1, url: "http://influx:8086/"}').store, {
    ...anonymous,
    version: 1,
    url: 'http://influx:8086',
    database: 'wattmark',
  });
  t.same(
    load(t, 'store: {kind: influx, version: 2, url: "https://i:8086", org: o, bucket: b, token: "${TOKEN}"}', {
      TOKEN: 'T',
    }).store,
    { ...anonymous, version: 2, url: 'https://i:8086', database: 'b', org: 'o', token: 'T' },
  );
  t.same(load(t, 'store: {kind: influx, version: 3, url: "http://i:8181", database: d, tokenFile: secret}').store, {
    ...anonymous,
    version: 3,
    url: 'http://i:8181',
    database: 'd',
    token: 'of a file',
  });
});

t.test('problems name the key and say what to do', async (t) => {
  t.same(problemsOf(t, 'store: duckdb'), ['store: must be `embedded`, or {kind: influx, version, url, …}']);
  t.match(problemsOf(t, 'store: {kind: influx, url: "http://x"}'), [/^store.version: must be /]);
  t.match(problemsOf(t, 'store: {kind: influx, version: 2, url: "influx:8086", token: 1, retention: 4}'), [
    'store.url: must be http://host:port or https://host:port',
    'store.org: is required',
    'store.token: must be text: put it in quotes',
    'store.retention: unknown key',
  ]);
  const one = 'store: {kind: influx, version: 1, url: "http://x"';
  t.match(problemsOf(t, `${one}, database: "a b"}`), [/^store.database: must be 1 to 200 letters/]);
  t.match(problemsOf(t, `${one}, passwordFile: nowhere}`), [/^store: `passwordFile` cannot be read: ENOENT/]);
  t.match(problemsOf(t, `${one}, password: a, passwordFile: secret}`), [/^store: either `password` or `passwordFile`/]);
});
