import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import t from 'tap';
import { BrokenChainError, type Cursor, EvidenceLog, readEvidence } from '../../src/evidence/evidence-log.ts';

async function logOf(
  t: { teardown(fn: () => void): void },
  bodies: readonly string[],
): Promise<{ directory: string; cursors: Cursor[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'evidence-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const log = await EvidenceLog.open(directory);
  const cursors = [log.start];
  for (const body of bodies) cursors.push((await log.append(cursors.at(-1) as Cursor, Buffer.from(body))).next);
  await log.close();
  return { directory, cursors };
}

async function bodies(frames: AsyncIterable<{ body: Uint8Array }>): Promise<string[]> {
  const found: string[] = [];
  for await (const { body } of frames) found.push(Buffer.from(body).toString());
  return found;
}

const texts = ['one', 'two', 'three', 'four'];

t.test('frames come back in order, from any place', async (t) => {
  const { directory, cursors } = await logOf(t, texts);
  const log = await EvidenceLog.open(directory);
  for (const [index, cursor] of cursors.entries()) t.same(await bodies(log.read(cursor)), texts.slice(index));
  t.same(await bodies(readEvidence(directory)), texts);
  await log.close();
});

t.test('a changed body is found even where its checksum was mended', async (t) => {
  const { directory } = await logOf(t, texts);
  const file = join(directory, readdirSync(directory)[0] ?? '');
  const bytes = readFileSync(file);
  const at = bytes.indexOf('two');
  bytes.write('TWO', at);
  const frame = at - 32 - 8;
  const payload = bytes.subarray(frame + 8, frame + 8 + bytes.readUInt32LE(frame));
  bytes.writeUInt32LE(crc32(payload), frame + 4);
  writeFileSync(file, bytes);
  await t.rejects(bodies(readEvidence(directory)), BrokenChainError);
  await t.rejects(bodies(readEvidence(directory)), /record 1 \(segment 1, byte \d+\)/);
});

t.test('a removed record is found', async (t) => {
  const { directory } = await logOf(t, texts);
  const file = join(directory, readdirSync(directory)[0] ?? '');
  const bytes = readFileSync(file);
  const from = bytes.indexOf('two') - 40;
  const to = bytes.indexOf('three') - 40;
  writeFileSync(file, Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]));
  await t.rejects(bodies(readEvidence(directory)), BrokenChainError);
});

t.test('a log that is shorter than a known place is refused', async (t) => {
  const { directory, cursors } = await logOf(t, texts);
  truncateSync(join(directory, readdirSync(directory)[0] ?? ''), cursors[2]?.log.offset);
  const log = await EvidenceLog.open(directory);
  await t.rejects(bodies(log.read(cursors[4])), /the log ends before/);
  await log.close();
});
