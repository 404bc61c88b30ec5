import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { CorruptLogError, readFrame, readSegmentLog, SegmentLog } from '../src/segment-log.ts';

const options = { segmentBytes: 200 };
const text = (payload: Uint8Array): string => Buffer.from(payload).toString();

function scratch(test: { teardown(fn: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'segment-log-'));
  test.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function contents(log: SegmentLog): Promise<string[]> {
  const found: string[] = [];
  for await (const frame of log.read()) found.push(text(frame.payload));
  return found;
}

t.test('what was appended is read again, across segments and reopening', async (t) => {
  const directory = scratch(t);
  const log = await SegmentLog.open(directory, options);
  const written: string[] = [];
  for (let i = 0; i < 50; i++) {
    const payloads = [`message ${i}`, `and its twin ${i}`];
    written.push(...payloads);
    await log.append(payloads.map((p) => Buffer.from(p)));
  }
  t.same(await contents(log), written);
  t.ok(log.segments().length > 3);
  await log.close();
  const again = await SegmentLog.open(directory, options);
  t.same(await contents(again), written);
  t.equal(again.cutBytes, 0);
  await again.close();
});

t.test('one frame is found where the log ended before it, also where a new segment begins with it', async (t) => {
  const directory = scratch(t);
  const log = await SegmentLog.open(directory, options);
  t.teardown(() => log.close());
  for (let i = 0; i < 50; i++) {
    const place = log.end;
    await t.rejects(readFrame(directory, place), /cut short/);
    await log.append([Buffer.from(`message ${i}`)]);
    t.equal(text(await readFrame(directory, place)), `message ${i}`);
  }
  t.ok(log.segments().length > 3);
});

t.test('a read can begin at any frame', async (t) => {
  const log = await SegmentLog.open(scratch(t), options);
  for (let i = 0; i < 20; i++) await log.append([Buffer.from(`message ${i}`)]);
  const positions = [];
  for await (const frame of log.read()) positions.push(frame.position);
  for (const [index, from] of positions.entries()) {
    const frames = log.read(from);
    const first = await frames.next();
    // Without it nobody closes the file that is being read.
    await frames.return(undefined);
    t.equal(text(first.value?.payload), `message ${index}`);
  }
  await log.close();
});

t.test('a log cut at any byte keeps every whole frame before the cut, and goes on', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 }),
      fc.nat(400),
      fc.uint8Array({ maxLength: 20 }),
      async (payloads, cut, garbage) => {
        const directory = mkdtempSync(join(tmpdir(), 'segment-log-'));
        const log = await SegmentLog.open(directory, { segmentBytes: 1 << 20 });
        for (const payload of payloads) await log.append([payload]);
        await log.close();
        const file = join(directory, '00000001.log');
        const size = readFileSync(file).length;
        const left = size - (cut % size);
        truncateSync(file, left);
        if (left >= 8) appendFileSync(file, garbage);
        const again = await SegmentLog.open(directory, { segmentBytes: 1 << 20 });
        const kept: Uint8Array[] = [];
        for await (const frame of again.read()) kept.push(frame.payload);
        t.same(kept.map(text), payloads.slice(0, kept.length).map(text));
        await again.append([Buffer.from('next')]);
        t.equal((await contents(again)).at(-1), 'next');
        await again.close();
        rmSync(directory, { recursive: true });
      },
    ),
    { numRuns: 60, examples: [[[Buffer.from('a')], 0, Buffer.alloc(0)]] },
  );
});

t.test('a changed byte in an older segment is found and named', async (t) => {
  const directory = scratch(t);
  const log = await SegmentLog.open(directory, options);
  for (let i = 0; i < 30; i++) await log.append([Buffer.from(`message ${i}`)]);
  const path = join(directory, '00000002.log');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(path, bytes);
  await t.rejects(contents(log), CorruptLogError);
  await t.rejects(contents(log), /segment 2, byte \d+: the checksum does not match/);
  await log.close();
});

t.test('the oldest segment can be removed, the current one not', async (t) => {
  const directory = scratch(t);
  const log = await SegmentLog.open(directory, options);
  for (let i = 0; i < 30; i++) await log.append([Buffer.from(`message ${i}`)]);
  await log.removeSegment(1);
  t.notOk(readdirSync(directory).includes('00000001.log'));
  t.equal(log.start.segment, 2);
  await t.rejects(log.removeSegment(log.end.segment), /is being written/);
  await log.close();
});

t.test('a reader beside the writer leaves out a frame that is not whole yet, but only at the very end', async (t) => {
  const directory = scratch(t);
  const log = await SegmentLog.open(directory, options);
  for (let i = 0; i < 20; i++) await log.append([Buffer.from(`message ${i}`)]);
  const count = async (): Promise<number> => {
    let frames = 0;
    for await (const _ of readSegmentLog(directory)) frames++;
    return frames;
  };
  t.equal(await count(), 20);
  const last = join(directory, readdirSync(directory).sort().at(-1) ?? '');
  truncateSync(last, readFileSync(last).length - 3);
  t.equal(await count(), 19);
  truncateSync(join(directory, '00000001.log'), 100);
  await t.rejects(count(), /segment 1, byte \d+: the last frame is cut short/);
  await log.close();
});
