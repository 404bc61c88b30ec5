import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createLogger } from '@wattmark/shared/logger';
import { test } from 'tap';
import { batchOf, type Batch, type QueuedBatch } from '../../src/mirror/batch.ts';
import { LineQueue } from '../../src/mirror/line-queue.ts';
import { scratch } from '../support/rig.ts';

const log = createLogger('test', 'silent');
const MIB = 1_048_576;

/** Bytes that do not get smaller, so that a test knows how large a batch is. */
function batch(lines: number, bytes: number): Batch {
  return { content: 'minutes', lines, body: Buffer.alloc(bytes, lines) };
}

async function takeAll(queue: LineQueue): Promise<QueuedBatch[]> {
  const taken: QueuedBatch[] = [];
  while (queue.lines > 0) {
    const batch = (await queue.oldest()) as QueuedBatch;
    taken.push(batch);
    await queue.release(batch);
  }
  return taken;
}

void test('batches come out as they went in, in their order', async (t) => {
  const queue = await LineQueue.open(scratch(t), { maxBytes: 4 * MIB, log, now: Date.now });
  await queue.append([await batchOf('kept', ['a v=1 1', 'b v=2 2']), await batchOf('minutes', ['c v=3 3'])]);
  t.equal(queue.lines, 3);
  const taken = await takeAll(queue);
  t.same(
    taken.map(({ content, lines, body }) => [content, lines, gunzipSync(body).toString()]),
    [
      ['kept', 2, 'a v=1 1\nb v=2 2'],
      ['minutes', 1, 'c v=3 3'],
    ],
  );
  t.same([queue.lines, queue.dropped], [0, 0]);
  await queue.close();
});

void test('a reader waits for what is not there yet, and hears of the end', async (t) => {
  const queue = await LineQueue.open(scratch(t), { maxBytes: 4 * MIB, log, now: Date.now });
  const first = queue.oldest();
  await queue.append([batch(7, 100)]);
  t.equal((await first)?.lines, 7);
  await queue.release((await first) as QueuedBatch);
  const next = queue.oldest();
  await queue.close();
  t.equal(await next, null);
});

void test('what was not released is there again, and nothing else', async (t) => {
  const directory = scratch(t);
  const queue = await LineQueue.open(directory, { maxBytes: 4 * MIB, log, now: Date.now });
  await queue.append([batch(1, 100), batch(2, 100), batch(3, 100)]);
  await queue.release((await queue.oldest()) as QueuedBatch);
  await queue.oldest();
  await queue.close();
  const again = await LineQueue.open(directory, { maxBytes: 4 * MIB, log, now: Date.now });
  t.equal(again.lines, 5);
  t.same(
    (await takeAll(again)).map(({ lines }) => lines),
    [2, 3],
  );
  await again.close();
  const empty = await LineQueue.open(directory, { maxBytes: 4 * MIB, log, now: Date.now });
  t.equal(empty.lines, 0);
  await empty.append([batch(9, 100)]);
  t.equal((await empty.oldest())?.linesBefore, 6, 'lines are counted on');
  await empty.close();
});

void test('without its cursor a queue sends again what it still holds', async (t) => {
  const directory = scratch(t);
  const queue = await LineQueue.open(directory, { maxBytes: 4 * MIB, log, now: Date.now });
  await queue.append([batch(1, 100), batch(2, 100)]);
  await takeAll(queue);
  await queue.close();
  writeFileSync(join(directory, 'cursor.json'), '{');
  const again = await LineQueue.open(directory, { maxBytes: 4 * MIB, log, now: Date.now });
  t.equal(again.lines, 3);
  await again.close();
});

void test('a full queue loses its oldest lines, counts them, and stays within its limit', async (t) => {
  const queue = await LineQueue.open(scratch(t), { maxBytes: 4 * MIB, log, now: Date.now });
  let appended = 0;
  for (let round = 1; round <= 30; round++) {
    await queue.append([batch(round, MIB / 4)]);
    appended += round;
    t.ok(queue.bytes <= 4 * MIB, 'within the limit');
  }
  t.equal(queue.dropped + queue.lines, appended);
  const taken = await takeAll(queue);
  t.equal(
    taken.reduce((sum, { lines }) => sum + lines, 0),
    appended - queue.dropped,
  );
  t.equal(taken.at(-1)?.lines, 30, 'the newest is there');
  t.ok(taken.length >= 12, 'and most of what fits');
  await queue.close();
});

void test('a batch that is dropped while it is under way does not move the reader back', async (t) => {
  const queue = await LineQueue.open(scratch(t), { maxBytes: MIB, log, now: Date.now });
  await queue.append([batch(1, MIB / 4)]);
  const underWay = (await queue.oldest()) as QueuedBatch;
  for (let round = 0; round < 8; round++) await queue.append([batch(10, MIB / 4)]);
  const before = [queue.lines, queue.dropped];
  await queue.release(underWay);
  t.same([queue.lines, queue.dropped], before);
  t.equal(queue.lines + queue.dropped, 80, 'what was under way has arrived');
  t.ok(queue.dropped > 0);
  t.equal((await takeAll(queue)).length, (80 - queue.dropped) / 10);
  await queue.close();
});

void test('a batch is the oldest until it is released, or dropped and counted', async (t) => {
  const queue = await LineQueue.open(scratch(t), { maxBytes: MIB, log, now: Date.now });
  await queue.append([batch(1, MIB / 4), batch(2, MIB / 4)]);
  t.equal((await queue.oldest())?.lines, 1);
  t.equal((await queue.oldest())?.lines, 1);
  for (let round = 0; round < 8; round++) await queue.append([batch(10, MIB / 4)]);
  t.equal((await queue.oldest())?.lines, 10);
  t.equal(queue.lines + queue.dropped, 83);
  await queue.close();
});

void test('segments that were released are removed', async (t) => {
  const directory = scratch(t);
  const queue = await LineQueue.open(directory, { maxBytes: 16 * MIB, log, now: Date.now });
  for (let round = 0; round < 12; round++) await queue.append([batch(1, MIB)]);
  await takeAll(queue);
  t.ok(readdirSync(directory).filter((name) => name.endsWith('.log')).length <= 2);
  await queue.close();
});

void test('a damaged part is passed over, its lines counted, and the rest is sent', async (t) => {
  const directory = scratch(t);
  const queue = await LineQueue.open(directory, { maxBytes: 16 * MIB, log, now: Date.now });
  for (let round = 0; round < 6; round++) await queue.append([batch(10, MIB)]);
  await queue.close();
  truncateSync(join(directory, '00000002.log'), 1000);
  const again = await LineQueue.open(directory, { maxBytes: 16 * MIB, log, now: Date.now });
  const taken = await takeAll(again);
  t.equal(taken.length * 10 + again.dropped, 60);
  t.equal(again.dropped, 10);
  await again.close();
});

void test('a queue whose newest file is no segment begins anew', async (t) => {
  const directory = scratch(t);
  writeFileSync(join(directory, '00000001.log'), 'nothing of the kind');
  const queue = await LineQueue.open(directory, { maxBytes: 16 * MIB, log, now: Date.now });
  await queue.append([batch(4, 100)]);
  t.equal((await takeAll(queue)).length, 1);
  await queue.close();
});
