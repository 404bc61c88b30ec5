import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createLogger } from '@wattmark/shared/logger';
import { SegmentLog } from '@wattmark/shared/segment-log';
import { type Test, test } from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { type InfluxClient, InfluxError } from '../../src/influx/client.ts';
import { clientOf } from '../../src/influx/connect.ts';
import { Names } from '../../src/influx/names.ts';
import { type Batch, batchOf, batchOfRows } from '../../src/mirror/batch.ts';
import { LineQueue } from '../../src/mirror/line-queue.ts';
import { LineSender } from '../../src/mirror/line-sender.ts';
import { type Pace, threadPace } from '../../src/mirror/pace.ts';
import { packPoints } from '../../src/mirror/packed-rows.ts';
import { knownOf } from '../influx/known.ts';
import { until } from '../chaos/support/stage.ts';
import { pointRow, T0 } from '../store/conformance.ts';
import { anonymous, Influxd } from '../support/influx.ts';
import { scratch } from '../support/rig.ts';

const log = createLogger('test', 'silent');
const MIB = 1_048_576;
const known = knownOf(10);
const names = new Names(() => known);
const databases = { kept: 'wattmark', minutes: 'wattmark_minutes' } as const;

type Sending = { readonly queue: LineQueue; readonly sender: LineSender };

interface SendingOptions {
  readonly directory?: string;
  readonly maxBytes?: number;
  readonly pace?: Pace;
}

async function sending(
  t: Test,
  client: Pick<InfluxClient, 'write'>,
  { directory = scratch(t), maxBytes = 64 * MIB, pace = threadPace }: SendingOptions = {},
): Promise<Sending> {
  const queue = await LineQueue.open(directory, { maxBytes, log, now: Date.now });
  const sender = new LineSender({ queue, client, databases, names, pace, log, retryMs: 20 });
  sender.start();
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
  const { queue, sender } = await sending(t, { write: () => opened }, { maxBytes: 2 * MIB });
  // Its letters are drawn by lot, so that it does not get much smaller.
  const large = Array.from({ length: 100 }, () => randomBytes(3_000).toString('base64'));
  const batch: Batch = await batchOf('minutes', large);
  for (let round = 0; round < 20; round++) await queue.append([batch]);
  t.ok(queue.dropped > 0);
  open();
  await until('all is sent', () => queue.lines === 0);
  t.equal(sender.sent + queue.dropped, 2_000);
});

/** A clock that only sending and waiting move, of a collector that is busy until an instant. */
class FakePace implements Pace {
  ms = 0;
  readonly #busyUntilMs: number;
  constructor(busyUntilMs: number) {
    this.#busyUntilMs = busyUntilMs;
  }
  nowMs(): number {
    return this.ms;
  }
  async wasBusyFor(ms: number): Promise<boolean> {
    const wasBusy = this.ms < this.#busyUntilMs;
    this.ms += ms;
    return wasBusy;
  }
}

const TAKES_MS = 100;

/** When each of ten batches was sent, ms, with a server that takes a tenth of a second for each. */
async function sendingTimes(t: Test, busyUntilMs: number): Promise<number[]> {
  const pace = new FakePace(busyUntilMs);
  const times: number[] = [];
  const write = async (): Promise<null> => {
    times.push(pace.ms);
    pace.ms += TAKES_MS;
    return null;
  };
  const { queue } = await sending(t, { write }, { pace });
  await queue.append(await Promise.all(Array.from({ length: 10 }, (_, index) => batchOf('kept', lines(index, 1)))));
  await until('all is sent', () => queue.lines === 0);
  return times;
}

void test('while the collector is busy, sending has a twentieth of the time, and advances for ever', async (t) => {
  const times = await sendingTimes(t, Number.POSITIVE_INFINITY);
  t.same(
    times,
    Array.from({ length: 10 }, (_, index) => index * 20 * TAKES_MS),
  );
});

void test('when the collector has time to spare, sending goes on at once', async (t) => {
  const times = await sendingTimes(t, 0);
  t.ok((times.at(-1) as number) < 9 * TAKES_MS * 1.3, `all within ${times.at(-1)} ms`);
  const [first, second, third] = await sendingTimes(t, 400);
  t.same([first, (third as number) - (second as number)], [0, TAKES_MS + 25], 'the rest ended with the load');
  t.ok((second as number) >= 400 && (second as number) <= 450);
});

void test('rows become lines when they are sent; those of unknown points are left out and counted', async (t) => {
  const taken: (readonly [string, string])[] = [];
  const write = async (lines: readonly string[], database: string): Promise<null> => {
    for (const line of lines) taken.push([database, line.slice(0, line.indexOf(' '))]);
    return null;
  };
  const { queue, sender } = await sending(t, { write });
  const minutes = PointColumns.of([pointRow(1, T0, 2), pointRow(2, T0, 3)]);
  const beyond = new Names(() => knownOf(20));
  await queue.append([
    await batchOfRows(packPoints('point-minutes', minutes, T0, names)),
    await batchOfRows(packPoints('point-minutes', PointColumns.of([pointRow(15, T0, 2)]), T0, beyond)),
    await batchOfRows(packPoints('point-quarters', PointColumns.of([pointRow(1, T0, 2)]), T0, names)),
  ]);
  await until('all is sent', () => queue.lines === 0);
  t.same([sender.sent, sender.rejected], [3, 1]);
  t.same(taken, [
    ['wattmark_minutes', 'wattmark_point_1m,group=default,point=point-1,site=site-1'],
    ['wattmark_minutes', 'wattmark_point_1m,group=default,point=point-2,site=site-2'],
    ['wattmark', 'wattmark_point_15m,group=default,point=point-1,site=site-1'],
  ]);
});

/** A batch as versions before rows wrote it: 0 or 1 for the database, counts and time, lines by gzip. */
function oldBatch(database: 0 | 1, text: readonly string[], linesBefore: number): Uint8Array {
  const head = Buffer.alloc(21);
  head.writeUInt8(database, 0);
  head.writeUInt32LE(text.length, 1);
  head.writeDoubleLE(linesBefore, 5);
  head.writeDoubleLE(T0, 13);
  return Buffer.concat([head, gzipSync(text.join('\n'))]);
}

void test('a queue of a version that only knew lines is sent', async (t) => {
  const directory = scratch(t);
  const segments = await SegmentLog.open(directory, { segmentBytes: MIB });
  await segments.append([oldBatch(0, ['a v=1 1', 'b v=2 2'], 0), oldBatch(1, ['c v=3 3'], 2)]);
  await segments.close();
  const taken: unknown[] = [];
  const write = async (...request: unknown[]): Promise<null> => (taken.push(request), null);
  const { queue, sender } = await sending(t, { write }, { directory });
  await until('all is sent', () => queue.lines === 0);
  t.same(taken, [
    [['a v=1 1', 'b v=2 2'], 'wattmark'],
    [['c v=3 3'], 'wattmark_minutes'],
  ]);
  t.same([sender.sent, sender.rejected, queue.dropped], [3, 0, 0]);
});
