import { join } from 'node:path';
import t, { type Test } from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import { freePort } from '../../../shared/test/free-port.ts';
import { readSeries } from '../../src/influx/answer.ts';
import type { InfluxClient, InfluxTarget, Series } from '../../src/influx/client.ts';
import { checkTarget, clientOf } from '../../src/influx/connect.ts';
import { lineOf, pointValues, tagsOf } from '../../src/influx/lines.ts';
import { intervals } from '../../src/influx/schema.ts';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { accepts, Program } from '../chaos/support/program.ts';
import { pointRow, T0 } from '../store/conformance.ts';
import { scratch } from '../support/rig.ts';
import { anonymous, Influxd } from '../support/influx.ts';
import { V2Front } from '../support/influx-v2.ts';

const program = requireProgram(t, 'influxd');

async function rowsOf(client: InfluxClient, influxql: string, database: string): Promise<Series[]> {
  const all: Series[] = [];
  for await (const series of client.query(influxql, database)) all.push(series);
  return all;
}

/** `told`: of two lines that cannot be written, how many the server tells of. */
async function behaves(t: Test, target: InfluxTarget, told: number): Promise<void> {
  const client = clientOf(target);
  const { database } = target;
  await checkTarget(client, target);
  const odd = ['m,site=a\\ b\\,c\\=d\\ "é x=1.5,n=3i,s="q\\"\\\\\nz" 1000000', 'm,site=b x=5e-324 2000000'];
  t.equal(await client.write(odd, database), null);
  t.same(await rowsOf(client, 'SELECT x, n, s FROM m GROUP BY site', database), [
    { name: 'm', tags: { site: 'a b,c=d "é' }, columns: ['time', 'x', 'n', 's'], values: [[1, 1.5, 3, 'q"\\\nz']] },
    { name: 'm', tags: { site: 'b' }, columns: ['time', 'x', 'n', 's'], values: [[2, 5e-324, null, null]] },
  ]);
  const many = Array.from({ length: 25_000 }, (_, index) => `many x=${index / 7} ${index + 1}000000`);
  t.equal(await client.write(many, database), null);
  const pieces = await rowsOf(client, 'SELECT x FROM many', database);
  t.equal(pieces.length, 3, 'in pieces of bounded size');
  t.same(pieces.flatMap(({ values }) => values).at(-1), [25_000, 24_999 / 7]);
  const mixed = ['m,site=b x=2 3000000', 'this is no line', 'm,site=b x="text" 4000000', 'm,site=b x=3 5000000'];
  t.match(await client.write(mixed, database), { lines: told, reason: /./ });
  t.same(
    (await rowsOf(client, "SELECT x FROM m WHERE site = 'b'", database))[0]?.values.length,
    3,
    'the others are written',
  );
  const missing = { name: 'InfluxError', failure: 'missing', message: /setup influx/ };
  await t.rejects(client.write(['m x=1 1'], 'nowhere'), missing);
  await t.rejects(rowsOf(client, 'SELECT x FROM m', 'nowhere'), missing);
  await t.rejects(checkTarget(client, { ...target, database: 'nowhere' }), missing);
  await t.rejects(rowsOf(client, 'SELECT', database), { name: 'InfluxError', failure: 'refused' });
  await t.rejects(checkTarget(client, { ...target, version: 3 }), {
    name: 'InfluxError',
    failure: 'refused',
    message: /`version: 3`/,
  });
  const away = clientOf({ ...target, url: `http://127.0.0.1:${await freePort()}` });
  const unreachable = { failure: 'unreachable', message: /ECONNREFUSED.*check that it runs/ };
  await t.rejects(away.write(['m x=1 1'], database), unreachable);
  await t.rejects(rowsOf(away, 'SELECT x FROM m', database), unreachable);
  await t.rejects(away.ping(), unreachable);
}

if (program !== null) {
  t.test('InfluxDB 1.6', async (t) => {
    const influxd = await Influxd.start(t, program);
    await behaves(t, await influxd.database('one'), 1);
  });

  t.test('the API of version 2, in front of InfluxDB 1.6', async (t) => {
    const influxd = await Influxd.start(t, program);
    await influxd.database('two');
    const target = (await V2Front.open(t, influxd)).target('two');
    await behaves(t, target, 2);
    const stranger = clientOf({ ...target, token: 'wrong' });
    const unauthorised = { failure: 'unauthorised', message: /check `token`/ };
    await t.rejects(stranger.write(['m x=1 1'], 'two'), unauthorised);
    await t.rejects(rowsOf(stranger, 'SELECT x FROM m', 'two'), unauthorised);
  });

  t.test('InfluxDB 1.6 with users', async (t) => {
    const influxd = await Influxd.start(t, program, { withUsers: true });
    const url = `${influxd.url}/query?${new URLSearchParams({ q: `CREATE USER w WITH PASSWORD 'p' WITH ALL PRIVILEGES` })}`;
    await fetch(url, { method: 'POST' });
    const target: InfluxTarget = {
      ...anonymous,
      version: 1,
      url: influxd.url,
      database: 'three',
      username: 'w',
      password: 'p',
    };
    const client = clientOf(target);
    await rowsOf(client, 'CREATE DATABASE three', '');
    t.equal(await client.write(['m x=1 1'], 'three'), null);
    const unauthorised = { failure: 'unauthorised', message: /check `username` and `password`/ };
    for (const wrong of [{ password: 'q' }, { username: null }]) {
      const stranger = clientOf({ ...target, ...wrong });
      await t.rejects(stranger.write(['m x=1 1'], 'three'), unauthorised);
      await t.rejects(rowsOf(stranger, 'SELECT x FROM m', 'three'), unauthorised);
    }
  });
}

const victoria = requireProgram(t, 'victoria-metrics');
if (victoria !== null) {
  t.test('VictoriaMetrics takes what is written by the API of version 2', async (t) => {
    const port = await freePort();
    const directory = scratch(t);
    const url = `http://127.0.0.1:${port}`;
    const options = ['-retentionPeriod=100y', '-search.latencyOffset=0s', '-memory.allowedPercent=5'];
    const command = [
      victoria,
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${join(directory, 'data')}`,
      ...options,
    ];
    const server = new Program(command, { log: join(directory, 'log'), ready: () => accepts(port) });
    t.teardown(() => server.kill());
    await server.start();
    const client = clientOf({ ...anonymous, version: 2, url, database: 'wattmark', org: 'o', token: 't' });
    const tags = tagsOf({ group: 'default', site: 'dc-1', point: 'utility-a' });
    const row = { ...pointRow(1, T0, 12.5), minW: 700, maxW: null };
    const lines = Array.from({ length: 3 }, (_, index) => {
      const startMs = T0 + index * MINUTE_MS;
      return lineOf(intervals.pointMinute, tags, pointValues({ ...row, startMs, energyWh: 1.5 * index }, T0), startMs);
    });
    t.equal(await client.write(lines, 'wattmark'), null);
    await fetch(`${url}/internal/force_flush`);
    const query = new URLSearchParams({ 'match[]': '{__name__=~"wattmark_point_1m_.*"}' });
    const exported = await (await fetch(`${url}/api/v1/export?${query.toString()}`)).text();
    const series = new Map(
      exported
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { metric: Record<string, string>; values: number[]; timestamps: number[] })
        .map((one) => [one.metric['__name__'], one]),
    );
    t.match(series.get('wattmark_point_1m_energy_wh'), {
      metric: { group: 'default', site: 'dc-1', point: 'utility-a' },
      values: [0, 1.5, 3],
      timestamps: [T0, T0 + MINUTE_MS, T0 + 2 * MINUTE_MS],
    });
    t.same(series.get('wattmark_point_1m_min_w')?.values, [700, 700, 700]);
    t.notOk(series.has('wattmark_point_1m_max_w'), 'what is unknown is not there');
  });
}

t.test('an answer is read whichever way it is cut', async (t) => {
  const document = (value: string): string =>
    `${JSON.stringify({ results: [{ series: [{ name: 'm', columns: ['time', 's'], values: [[1, value]] }] }] })}\n`;
  const bytes = new TextEncoder().encode(document('über') + document('b'));
  for (let size = 1; size < 9; size++) {
    const cut = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const target: InfluxTarget = { ...anonymous, version: 1, url: 'http://x', database: 'd' };
    const found: unknown[] = [];
    for await (const { values } of readSeries(cut(), target)) found.push(...values);
    t.same(found, [
      [1, 'über'],
      [1, 'b'],
    ]);
  }
});
