import { randomBytes } from 'node:crypto';
import { createLogger } from '@wattmark/shared/logger';
import { type Test, test } from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import { type InfluxClient, InfluxError } from '../../src/influx/client.ts';
import { clientOf } from '../../src/influx/connect.ts';
import { batchOf, type LineBatch } from '../../src/mirror/line-batch.ts';
import { LineQueue } from '../../src/mirror/line-queue.ts';
import { LineSender } from '../../src/mirror/line-sender.ts';
import { until } from '../chaos/support/stage.ts';
import { anonymous, Influxd } from '../support/influx.ts';
import { scratch } from '../support/rig.ts';

const log = createLogger('test', 'silent');
const MIB = 1_048_576;
const databases = { kept: 'wattmark', minutes: 'wattmark_minutes' } as const;

type Sending = { readonly queue: LineQueue; readonly sender: LineSender };

async function sending(t: Test, client: Pick<InfluxClient, 'write'>, maxBytes = 64 * MIB): Promise<Sending> {
  const queue = await LineQueue.open(scratch(t), { maxBytes, log, now: Date.now });
  const sender = new LineSender({ queue, client, databases, log, retryMs: 20 });
  t.teardown(async () => {
    sender.close();
    await queue.close();
  });
  return { queue, sender };
}

async function startInfluxd(t: Test, withUsers = false): Promise<Influxd | null> {
  const program = requireProgram(t, 'influxd');
  return program === null ? null : Influxd.start(t, program, { withUsers });
}

/** Lines of as many series, all of one minute. */
function lines(from: number, count: number, minute = 0): string[] {
  return Array.from({ length: count }, (_, index) => `m,point=p${from + index} v=${index} ${minute}60000000000`);
}

async function count(influxd: Influxd, database: string): Promise<number> {
  const [row] = (await influxd.run('SELECT count(v) FROM m', database)) as [number, number][];
  return row?.[1] ?? 0;
}

void test('lines reach the database they are for', async (t) => {
  const influxd = await startInfluxd(t);
  if (influxd === null) return;
  const { queue, sender } = await sending(t, clientOf(await influxd.database('wattmark')));
  await queue.append([await batchOf('kept', lines(0, 5_000)), await batchOf('minutes', lines(0, 70))]);
  await until('all is sent', () => queue.lines === 0);
  t.same([await count(influxd, 'wattmark'), await count(influxd, 'wattmark_minutes')], [5_000, 70]);
  t.same([sender.sent, sender.rejected, sender.problem], [5_070, 0, null]);
});

void test('a server that is killed gets everything when it is back', async (t) => {
  const influxd = await startInfluxd(t);
  if (influxd === null) return;
  const { queue, sender } = await sending(t, clientOf(await influxd.database('wattmark')));
  let appended = 0;
  for (let round = 0; round < 30; round++, appended += 1_000) {
    if (round === 10) await influxd.kill();
    if (round === 20) await until('it is missed', () => sender.problem !== null);
    await queue.append([await batchOf('kept', lines(appended, 1_000))]);
  }
  t.match(sender.problem, /cannot be reached/);
  await influxd.start();
  await until('all is sent', () => queue.lines === 0 && sender.problem === null);
  t.equal(await count(influxd, 'wattmark'), appended);
  t.equal(queue.dropped, 0);
});

void test('lines that InfluxDB refuses are left out, the others are there', async (t) => {
  const influxd = await startInfluxd(t);
  if (influxd === null) return;
  const { queue, sender } = await sending(t, clientOf(await influxd.database('wattmark')));
  await queue.append([await batchOf('kept', lines(0, 100))]);
  const conflict = 'm,point=p1 v="text" 120000000000';
  await queue.append([await batchOf('kept', [...lines(200, 50), conflict, ...lines(300, 49)])]);
  await queue.append([
    await batchOf('kept', [...lines(400, 10), 'this is no line', 'm,point= v=1', ...lines(500, 10)]),
  ]);
  await queue.append([await batchOf('kept', lines(600, 10))]);
  await until('all is sent', () => queue.lines === 0);
  t.equal(await count(influxd, 'wattmark'), 100 + 99 + 20 + 10);
  t.same([sender.rejected, sender.sent], [3, 229]);
});

void test('a database that is missing is named with what makes it, and lines wait for it', async (t) => {
  const influxd = await startInfluxd(t);
  if (influxd === null) return;
  const target = { ...anonymous, version: 1, url: influxd.url, database: 'wattmark' } as const;
  const { queue, sender } = await sending(t, clientOf(target));
  await queue.append([await batchOf('kept', lines(0, 10))]);
  await until('it is missed', () => sender.problem !== null);
  t.match(sender.problem, /database not found.*; run `wattmark-collector setup influx` to create/s);
  await influxd.run('CREATE DATABASE wattmark');
  await until('all is sent', () => queue.lines === 0);
  t.equal(await count(influxd, 'wattmark'), 10);
});

void test('wrong credentials are told, and lines wait for right ones', async (t) => {
  const influxd = await startInfluxd(t, true);
  if (influxd === null) return;
  await influxd.run(`CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES`);
  const target = { ...anonymous, version: 1, url: influxd.url, database: 'wattmark' } as const;
  const { queue, sender } = await sending(t, clientOf({ ...target, username: 'admin', password: 'wrong' }));
  await queue.append([await batchOf('kept', lines(0, 10))]);
  await until('it is told', () => sender.problem !== null);
  t.match(sender.problem, /does not let the collector in .*: check `username` and `password`/);
  t.same([queue.lines, queue.dropped], [10, 0]);
});

void test('lines that are refused for their number are sent in smaller requests, and a single one is left out', async (t) => {
  const taken: string[] = [];
  const client: Pick<InfluxClient, 'write'> = {
    async write(lines) {
      if (lines.length > 300 || lines.includes('huge')) throw new InfluxError('refused', 'request too large');
      taken.push(...lines);
      return null;
    },
  };
  const { queue, sender } = await sending(t, client);
  const all = Array.from({ length: 1_000 }, (_, index) => (index === 900 ? 'huge' : `${index}`));
  await queue.append([await batchOf('kept', all)]);
  await until('all is sent', () => queue.lines === 0);
  t.same([sender.rejected, sender.sent], [1, 999]);
  t.same(
    taken,
    all.filter((line) => line !== 'huge'),
  );
});

void test('a server that hangs holds nobody up, and what does not fit is lost and counted', async (t) => {
  let open = (): void => {};
  const opened = new Promise<null>((resolve) => (open = () => resolve(null)));
  const { queue, sender } = await sending(t, { write: () => opened }, 2 * MIB);
  // Its letters are drawn by lot, so that it does not get much smaller.
  const large = Array.from({ length: 100 }, () => randomBytes(3_000).toString('base64'));
  const batch: LineBatch = await batchOf('minutes', large);
  for (let round = 0; round < 20; round++) await queue.append([batch]);
  t.ok(queue.dropped > 0);
  open();
  await until('all is sent', () => queue.lines === 0);
  t.equal(sender.sent + queue.dropped, 2_000);
});
