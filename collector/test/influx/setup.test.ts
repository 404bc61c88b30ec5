import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Test, test } from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import { InfluxV1Client } from '../../src/influx/client-v1.ts';
import { type InfluxTarget } from '../../src/influx/client.ts';
import { AdminV1 } from '../../src/influx/setup/admin-v1.ts';
import { AdminV2 } from '../../src/influx/setup/admin-v2.ts';
import { AdminV3 } from '../../src/influx/setup/admin-v3.ts';
import { type DatabaseAdmin, SetupError } from '../../src/influx/setup/database-admin.ts';
import { runSetupInflux } from '../../src/commands/setup-influx.ts';
import { scratch } from '../support/rig.ts';
import { setUpDatabase } from '../../src/influx/setup/setup.ts';
import { anonymous, Influxd } from '../support/influx.ts';

const DAY_MS = 86_400_000;
const once400 = { name: 'wattmark_minutes', retentionMs: 400 * DAY_MS };
const forEver = { name: 'wattmark', retentionMs: null };
const carefully = { dryRun: false, shorten: false };

function targetOf(version: 1 | 2 | 3, url: string, credentials: Partial<InfluxTarget> = {}): InfluxTarget {
  return { ...anonymous, version, url, database: 'wattmark', ...credentials };
}

function adminV1(target: InfluxTarget): AdminV1 {
  return new AdminV1(target, new InfluxV1Client(target));
}

async function startInfluxd(t: Test, withUsers = false): Promise<Influxd | null> {
  const program = requireProgram(t, 'influxd');
  return program === null ? null : Influxd.start(t, program, { withUsers });
}

void test('InfluxDB 1.x: databases are made once, lengthened, and shortened only when asked to', async (t) => {
  const influxd = await startInfluxd(t);
  if (influxd === null) return;
  const admin = adminV1(targetOf(1, influxd.url));
  const durationOf = async (name: string): Promise<unknown> =>
    (await influxd.run(`SHOW RETENTION POLICIES ON "${name}"`)).map((row) => (row as unknown[])[1]);

  t.equal(
    await setUpDatabase(admin, once400, { ...carefully, dryRun: true }),
    'wattmark_minutes: would be created, keeping 400 days',
  );
  t.match(await setUpDatabase(admin, once400, { ...carefully, dryRun: true }), /would be created/, 'it was not');
  t.equal(await setUpDatabase(admin, once400, carefully), 'wattmark_minutes: created, keeps 400 days');
  t.equal(await setUpDatabase(admin, forEver, carefully), 'wattmark: created, keeps for ever');
  t.same([await durationOf('wattmark_minutes'), await durationOf('wattmark')], [['9600h0m0s'], ['0s']]);
  t.equal(await setUpDatabase(admin, once400, carefully), 'wattmark_minutes: was there; keeps 400 days, as wanted');
  t.equal(await setUpDatabase(admin, forEver, carefully), 'wattmark: was there; keeps for ever, as wanted');

  const longer = { ...once400, retentionMs: 500 * DAY_MS };
  t.match(
    await setUpDatabase(admin, longer, { ...carefully, dryRun: true }),
    /would keep 500 days instead of 400 days/,
  );
  t.same(await durationOf('wattmark_minutes'), ['9600h0m0s']);
  t.match(await setUpDatabase(admin, longer, carefully), /keeps 500 days instead of 400 days/);
  t.same(await durationOf('wattmark_minutes'), ['12000h0m0s']);
  t.match(await setUpDatabase(admin, once400, carefully), /longer than the 400 days wanted: left so; --shorten/);
  t.same(await durationOf('wattmark_minutes'), ['12000h0m0s']);
  t.match(await setUpDatabase(admin, { ...forEver, retentionMs: DAY_MS }, carefully), /keeps for ever, longer than/);
  t.match(await setUpDatabase(admin, once400, { ...carefully, shorten: true }), /keeps 400 days instead of 500 days/);
  t.same(await durationOf('wattmark_minutes'), ['9600h0m0s']);
  t.match(
    await setUpDatabase(admin, { ...once400, retentionMs: null }, carefully),
    /keeps for ever instead of 400 days/,
  );
  t.same(await durationOf('wattmark_minutes'), ['0s']);
});

void test('InfluxDB 1.x: odd names are names, and a name is no statement', async (t) => {
  const influxd = await startInfluxd(t);
  if (influxd === null) return;
  const admin = adminV1(targetOf(1, influxd.url));
  const name = 'odd" WITH DURATION 1h; DROP DATABASE "_internal';
  await setUpDatabase(admin, { name, retentionMs: null }, carefully);
  t.match(await setUpDatabase(admin, { name, retentionMs: null }, carefully), /was there; keeps for ever/);
});

void test('InfluxDB 1.x: credentials are used, and where they do not do it is said', async (t) => {
  const influxd = await startInfluxd(t, true);
  if (influxd === null) return;
  await influxd.run(`CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES`);
  const admin = targetOf(1, influxd.url, { username: 'admin', password: 'secret' });
  t.match(await setUpDatabase(adminV1(admin), forEver, carefully), /created/);
  const nobody = setUpDatabase(adminV1(targetOf(1, influxd.url)), forEver, carefully);
  await t.rejects(nobody, { message: /does not let the collector in/ });
});

void test('a server that is not there is named', async (t) => {
  const admin = adminV1(targetOf(1, 'http://127.0.0.1:1'));
  await t.rejects(setUpDatabase(admin, forEver, carefully), {
    message: /127\.0\.0\.1:1 cannot be reached/,
  });
});

type Respond = (
  call: string,
  body: Record<string, unknown>,
  request: IncomingMessage,
) => [status: number, answer?: unknown];

/** A server written after the documented API. @returns its address and the calls that it got. */
async function standIn(t: Test, respond: Respond): Promise<{ url: string; calls: string[] }> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const call = `${request.method} ${decodeURIComponent(request.url ?? '')}`;
      calls.push(text === '' ? call : `${call} ${text}`);
      const [status, answer] = respond(call, text.startsWith('{') ? JSON.parse(text) : {}, request);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(answer === undefined ? '' : JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

interface StandInBucket {
  id: string;
  name: string;
  orgID: string;
  retentionRules: { type: string; everySeconds: number }[];
}

/** Organisations, buckets and mappings of InfluxDB 2.x as far as its documentation tells. */
function standInV2(t: Test, isMapping: boolean): Promise<{ url: string; calls: string[] }> {
  const buckets: StandInBucket[] = [];
  const mapped = new Set<string>();
  const of = (call: string): URL => new URL(call.split(' ')[1] as string, 'http://stand-in');
  return standIn(t, (call, body, { headers }) => {
    if (headers.authorization !== 'Token t0ken') return [401, { code: 'unauthorized', message: 'unauthorized access' }];
    const { pathname, searchParams } = of(call);
    if (pathname === '/api/v2/orgs') {
      const isKnown = searchParams.get('org') === 'my-org';
      return isKnown
        ? [200, { orgs: [{ id: 'o1', name: 'my-org' }] }]
        : [404, { code: 'not found', message: 'no org' }];
    }
    if (call.startsWith('GET /api/v2/buckets'))
      return [200, { buckets: buckets.filter(({ name }) => name === searchParams.get('name')) }];
    if (call.startsWith('POST /api/v2/buckets')) {
      const bucket = { ...(body as unknown as StandInBucket), id: `b${buckets.length}` };
      buckets.push(bucket);
      return [201, bucket];
    }
    if (call.startsWith('PATCH /api/v2/buckets/')) {
      const bucket = buckets.find(({ id }) => pathname.endsWith(`/${id}`));
      return bucket === undefined ? [404] : [200, Object.assign(bucket, body)];
    }
    if (call.startsWith('GET /api/v2/dbrps')) {
      const name = searchParams.get('db') as string;
      return [200, { content: isMapping || mapped.has(name) ? [{ database: name }] : [] }];
    }
    if (call.startsWith('POST /api/v2/dbrps')) {
      mapped.add(String(body['database']));
      return [201, body];
    }
    return [404, { code: 'not found', message: 'path not found' }];
  });
}

void test('a stand-in written after the documentation of InfluxDB 2.x: buckets, what they keep, and mappings', async (t) => {
  const { url, calls } = await standInV2(t, false);
  const admin = new AdminV2(targetOf(2, url, { token: 't0ken', org: 'my-org' }));
  t.match(await setUpDatabase(admin, once400, { ...carefully, dryRun: true }), /would be created/);
  t.same(
    calls.filter((call) => !call.startsWith('GET')),
    [],
  );
  t.equal(await setUpDatabase(admin, once400, carefully), 'wattmark_minutes: created, keeps 400 days');
  t.same(
    calls.filter((call) => !call.startsWith('GET')),
    [
      'POST /api/v2/buckets {"orgID":"o1","name":"wattmark_minutes","retentionRules":[{"type":"expire","everySeconds":34560000}]}',
      'POST /api/v2/dbrps {"orgID":"o1","bucketID":"b0","database":"wattmark_minutes","retention_policy":"autogen","default":true}',
    ],
  );
  await setUpDatabase(admin, forEver, carefully);
  calls.length = 0;
  t.equal(await setUpDatabase(admin, once400, carefully), 'wattmark_minutes: was there; keeps 400 days, as wanted');
  t.equal(await setUpDatabase(admin, forEver, carefully), 'wattmark: was there; keeps for ever, as wanted');
  t.same(
    calls.filter((call) => !call.startsWith('GET')),
    [],
    'nothing is changed that is as wanted',
  );
  t.match(await setUpDatabase(admin, { ...once400, retentionMs: DAY_MS }, carefully), /left so/);
  t.match(
    await setUpDatabase(admin, { ...once400, retentionMs: null }, carefully),
    /keeps for ever instead of 400 days/,
  );
  t.equal(calls.at(-1), 'PATCH /api/v2/buckets/b0 {"retentionRules":[]}');
});

void test('a stand-in for InfluxDB 2.4 and later: its own mappings are left alone', async (t) => {
  const { url, calls } = await standInV2(t, true);
  await setUpDatabase(new AdminV2(targetOf(2, url, { token: 't0ken', org: 'my-org' })), forEver, carefully);
  t.same(
    calls.filter((call) => call.startsWith('POST /api/v2/dbrps')),
    [],
  );
});

void test('a stand-in for InfluxDB 2.x: a wrong token and a wrong organisation are told apart', async (t) => {
  const { url } = await standInV2(t, true);
  const wrong = (token: string, org: string): Promise<string> =>
    setUpDatabase(new AdminV2(targetOf(2, url, { token, org })), forEver, carefully);
  await t.rejects(wrong('other', 'my-org'), { message: /unauthorized access/ });
  await t.rejects(wrong('t0ken', 'their-org'), { message: /has no organisation their-org: check `org`/ });
});

void test('a stand-in written after the documentation of InfluxDB 3: what is kept is said once', async (t) => {
  const names: string[] = ['_internal'];
  const { url, calls } = await standIn(t, (call, body) => {
    if (call === 'GET /api/v3/configure/database?format=json')
      return [200, names.map((name) => ({ 'iox::database': name }))];
    if (call !== 'POST /api/v3/configure/database') return [404];
    names.push(String(body['db']));
    return [200];
  });
  const admin: DatabaseAdmin = new AdminV3(targetOf(3, url, { token: 'apiv3_x' }));
  t.equal(await setUpDatabase(admin, once400, carefully), 'wattmark_minutes: created, keeps 400 days');
  t.equal(calls.at(-1), 'POST /api/v3/configure/database {"db":"wattmark_minutes","retention_period":"9600h"}');
  await setUpDatabase(admin, forEver, carefully);
  t.equal(calls.at(-1), 'POST /api/v3/configure/database {"db":"wattmark"}');
  t.match(
    await setUpDatabase(admin, once400, { ...carefully, shorten: true }),
    /was there; .*cannot be changed; wanted is 400 days/,
  );
});

void test('an answer of another version is no answer', async (t) => {
  const { url } = await standIn(t, () => [200, { something: 'else' }]);
  const admins = [new AdminV2(targetOf(2, url, { org: 'o' })), new AdminV3(targetOf(3, url))];
  for (const admin of admins) await t.rejects(setUpDatabase(admin, forEver, carefully), SetupError);
});

void test('the command sets up the store and every mirror, and one that is away keeps no other from it', async (t) => {
  const influxd = await startInfluxd(t);
  if (influxd === null) return;
  const file = join(scratch(t), 'collector.yaml');
  const config = {
    store: { kind: 'influx', version: 1, url: influxd.url, database: 'plant', keepMinutes: '100d' },
    mirror: [
      { name: 'away', version: 1, url: 'http://127.0.0.1:1' },
      { name: 'fleet', version: 1, url: influxd.url, database: 'fleet' },
    ],
  };
  writeFileSync(file, JSON.stringify(config));
  let [out, err] = ['', ''];
  const output = {
    stdout: { write: (text: string) => ((out += text), true) },
    stderr: { write: (text: string) => ((err += text), true) },
    env: {},
  };
  t.equal(await runSetupInflux({ config: file, ...carefully }, output), 1, 'the exit code tells that one failed');
  t.match(
    out,
    /store: InfluxDB 1 at .*\n {2}plant: created, keeps for ever\n {2}plant_minutes: created, keeps 100 days/,
  );
  t.match(
    out,
    /fleet: InfluxDB 1 at .*\n {2}fleet: created, keeps for ever\n {2}fleet_minutes: created, keeps 400 days/,
  );
  t.match(err, /127\.0\.0\.1:1 cannot be reached/);
});

void test('the command has nothing to do for a collector without InfluxDB', async (t) => {
  const file = join(scratch(t), 'collector.yaml');
  writeFileSync(file, '{}');
  let out = '';
  const write = (text: string) => ((out += text), true);
  t.equal(await runSetupInflux({ config: file, ...carefully }, { stdout: { write }, stderr: { write }, env: {} }), 0);
  t.match(out, /names no InfluxDB, neither as `store` nor as `mirror`: nothing to do/);
});
