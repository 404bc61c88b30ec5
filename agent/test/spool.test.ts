import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@wattmark/shared/logger';
import type { ReadingsMessage } from '@wattmark/shared/messages';
import fc from 'fast-check';
import t from 'tap';
import { Spool } from '../src/spool.ts';
import type { TickMessage } from '../src/tick-message.ts';
import { recordingLog, silent } from './support/log.ts';
import { scratch } from './support/scratch.ts';

const START_MS = Date.UTC(2026, 0, 1);
const MIB = 1_048_576;

interface Limits {
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
  readonly now?: () => number;
  readonly log?: Logger;
}

function openSpool(directory: string, limits: Limits = {}): Promise<Spool> {
  return Spool.open({
    directory,
    maxBytes: 4 * MIB,
    maxAgeMs: 7 * 86_400_000,
    now: () => START_MS,
    log: silent,
    ...limits,
  });
}

/** A message that tells its content from that of every other, and takes about `bytes`. */
function message(value: number, bytes = 0): TickMessage {
  const padding = Array.from({ length: Math.ceil(bytes / 20) }, () => ['padding', 'power', 1234] as const);
  return { at: START_MS + value * 10_000, readings: [['a', 'power', value], ...padding] };
}

interface Entry {
  readonly seq: number;
  readonly value: number;
}

/** What the publisher would send from the oldest message on, stepping over what turns out to be damaged. */
async function owed(spool: Spool): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { seq, payload } of spool.messagesFrom(spool.firstSeq)) {
    const parsed = JSON.parse(Buffer.from(payload).toString()) as ReadingsMessage;
    if (parsed.seq !== seq || parsed.epoch !== spool.epoch) throw new Error('the payload is of another place');
    entries.push({ seq, value: parsed.readings[0]?.[2] ?? Number.NaN });
  }
  return entries;
}

function logDirectory(directory: string, spool: Spool): string {
  return join(directory, spool.epoch);
}

t.test('messages are numbered from 1 and come back in order, byte for byte as they are published', async (t) => {
  const spool = await openSpool(scratch(t));
  for (let i = 1; i <= 5; i++) t.equal(await spool.append(message(i)), true);
  t.same([spool.firstSeq, spool.nextSeq, spool.depth, spool.lost], [1, 6, 5, 0]);
  for await (const { payload } of spool.messagesFrom(5)) {
    t.equal(
      Buffer.from(payload).toString(),
      `{"v":1,"epoch":"${spool.epoch}","seq":5,"at":${START_MS + 50_000},"readings":[["a","power",5]]}`,
    );
  }
  await spool.close();
});

t.test('appends that overlap keep their order and share one write', async (t) => {
  const spool = await openSpool(scratch(t));
  await Promise.all(Array.from({ length: 50 }, (_, i) => spool.append(message(i + 1))));
  t.same(
    await owed(spool),
    Array.from({ length: 50 }, (_, i) => ({ seq: i + 1, value: i + 1 })),
  );
  await spool.close();
});

t.test('acknowledgements: foreign, superseded, beyond, stale, advanced', async (t) => {
  const spool = await openSpool(scratch(t));
  for (let i = 1; i <= 5; i++) await spool.append(message(i));
  t.equal(spool.ack('another', 3), 'foreign', 'sorts after, but is no name of ours to begin after');
  t.equal(spool.ack('00000000000000000000000000', 3), 'foreign');
  t.equal(spool.ack('7ZZZZZZZZZ0000000000000000', 3), 'superseded');
  t.equal(spool.ack(spool.epoch, 6), 'beyond');
  t.equal(spool.ack(spool.epoch, 3), 'advanced');
  t.equal(spool.ack(spool.epoch, 3), 'stale');
  t.equal(spool.firstSeq, 4);
  t.same(await owed(spool), [
    { seq: 4, value: 4 },
    { seq: 5, value: 5 },
  ]);
  t.same([spool.lost, spool.gaps], [0, 0]);
  await spool.close();
});

t.test('after a clean stop nothing acknowledged comes again, and numbers go on', async (t) => {
  const directory = scratch(t);
  const spool = await openSpool(directory);
  for (let i = 1; i <= 5; i++) await spool.append(message(i));
  spool.ack(spool.epoch, 5);
  await spool.close();
  const again = await openSpool(directory);
  t.same([again.epoch, again.firstSeq, again.nextSeq, again.lost], [spool.epoch, 6, 6, 0]);
  await again.append(message(6));
  t.same(await owed(again), [{ seq: 6, value: 6 }]);
  await again.close();
});

/**
 * The spool against a model of what a stranger may rely on. A crash is a copy of the directory as it is at that
 * instant, with half a frame behind it; nothing that `append` resolved for may be missing afterwards, no number may
 * have two contents, and what was lost at the limits is counted exactly.
 */
t.test('random appends, acknowledgements, new epochs, crashes and reopenings', async (t) => {
  const command = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), bytes: fc.nat(120_000) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('ack' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('crash' as const), torn: fc.uint8Array({ maxLength: 40 }) }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
      let directory = mkdtempSync(join(tmpdir(), 'wattmark-spool-'));
      const limits = { maxBytes: MIB };
      let spool = await openSpool(directory, limits);
      const first = spool.epoch;
      let { epoch } = spool;
      let written = new Map<number, number>();
      let acknowledged = 0;
      let appended = 0;
      // Of the epoch: what was lost and how many messages there were before it.
      let [lostBefore, before] = [0, 0];
      for (const step of commands) {
        if (step.kind === 'append') {
          appended++;
          if (!(await spool.append(message(appended, step.bytes)))) throw new Error('not on disk');
          written.set(spool.nextSeq - 1, appended);
        } else if (step.kind === 'ack') {
          const seq = spool.firstSeq + Math.floor((spool.nextSeq - spool.firstSeq) * step.share) - 1;
          if (spool.ack(epoch, seq) === 'advanced') acknowledged = seq;
        } else if (step.kind === 'renew') {
          const kept = [...written].filter(([seq]) => seq >= spool.firstSeq);
          [lostBefore, before] = [spool.lost, before + spool.firstSeq - 1];
          written = new Map(kept.map(([seq, value]) => [seq - spool.firstSeq + 1, value]));
          acknowledged = 0;
          await spool.renew();
          if (spool.epoch <= epoch) throw new Error('the new epoch does not sort behind');
          epoch = spool.epoch;
        } else if (step.kind === 'reopen') {
          await spool.close();
          spool = await openSpool(directory, limits);
        } else {
          const copy = mkdtempSync(join(tmpdir(), 'wattmark-spool-'));
          cpSync(directory, copy, { recursive: true });
          await spool.close();
          rmSync(directory, { recursive: true });
          directory = copy;
          const segments = readdirSync(join(copy, first)).sort();
          appendFileSync(join(copy, first, segments.at(-1) ?? ''), step.torn);
          spool = await openSpool(directory, limits);
        }
        const entries = await owed(spool);
        const last = spool.nextSeq - 1;
        if (spool.epoch !== epoch || last !== appended - before) throw new Error('numbers do not go on');
        for (const { seq, value } of entries)
          if (written.get(seq) !== value) throw new Error(`${seq} has two contents`);
        if (entries.length !== last - spool.firstSeq + 1) throw new Error('a message is missing');
        if (spool.firstSeq > acknowledged + spool.lost - lostBefore + 1) throw new Error('a loss was not counted');
      }
      await spool.close();
      rmSync(directory, { recursive: true });
    }),
    { numRuns: 40 },
  );
  t.pass('the model agrees');
});

t.test('at its size limit the spool drops the oldest messages and counts them', async (t) => {
  const directory = scratch(t);
  const spool = await openSpool(directory, { maxBytes: MIB });
  for (let i = 1; i <= 200; i++) await spool.append(message(i, 20_000));
  t.ok(spool.lost > 0);
  t.equal(spool.firstSeq, spool.lost + 1, 'exactly what is not there any more');
  t.ok(spool.gaps > 0);
  const entries = await owed(spool);
  t.same([entries[0]?.seq, entries.at(-1)?.seq], [spool.firstSeq, 200]);
  const log = logDirectory(directory, spool);
  const bytes = readdirSync(log).reduce((sum, name) => sum + statSync(join(log, name)).size, 0);
  t.ok(bytes <= MIB, `${bytes} bytes`);
  const { lost, firstSeq } = spool;
  await spool.close();
  const again = await openSpool(directory, { maxBytes: MIB });
  t.same([again.lost, again.firstSeq], [lost, firstSeq], 'the count survives');
  await again.close();
});

t.test('messages beyond the age limit are dropped, even from the segment being written', async (t) => {
  let nowMs = START_MS;
  const spool = await openSpool(scratch(t), { maxAgeMs: 3_600_000, now: () => nowMs });
  for (let i = 1; i <= 10; i++) await spool.append(message(i));
  nowMs += 3_600_000 + 200_000;
  await spool.append(message(nowMs / 10_000 - START_MS / 10_000));
  t.same([spool.lost, spool.firstSeq, spool.gaps], [10, 11, 1]);
  t.equal((await owed(spool)).length, 1);
  await spool.close();
});

t.test('a history is as old as it is in the spool, not as what it tells', async (t) => {
  let nowMs = START_MS + 100 * 86_400_000;
  const spool = await openSpool(scratch(t), { maxAgeMs: 3_600_000, now: () => nowMs });
  for (let i = 1; i <= 10; i++) await spool.append(message(i));
  t.same([spool.lost, (await owed(spool)).length], [0, 10]);
  nowMs += 3_600_001;
  await spool.append(message(11));
  t.same([spool.lost, (await owed(spool)).length], [10, 1]);
  await spool.close();
});

t.test('and no older after a restart', async (t) => {
  const directory = scratch(t);
  const options = { maxAgeMs: 3_600_000, now: Date.now };
  const spool = await openSpool(directory, options);
  for (let i = 1; i <= 10; i++) await spool.append(message(i));
  await spool.close();
  const again = await openSpool(directory, options);
  await again.append(message(11));
  t.same([again.lost, (await owed(again)).length], [0, 11]);
  await again.close();
});

t.test('acknowledged segments leave the disk', async (t) => {
  const directory = scratch(t);
  const spool = await openSpool(directory);
  for (let i = 1; i <= 60; i++) await spool.append(message(i, 20_000));
  const log = logDirectory(directory, spool);
  const before = readdirSync(log).length;
  spool.ack(spool.epoch, 60);
  await spool.append(message(61));
  t.ok(before > 3);
  t.equal(readdirSync(log).length, 1);
  t.same([spool.lost, spool.gaps], [0, 0]);
  await spool.close();
});

t.test('without a usable state a new epoch begins, which sorts behind, and what was there is counted', async (t) => {
  const directory = scratch(t);
  for (const [round, damage] of [
    () => unlinkSync(join(directory, 'state.json')),
    () => writeFileSync(join(directory, 'state.json'), '{"epoch":'),
  ].entries()) {
    const spool = await openSpool(directory);
    for (let i = 1; i <= 5; i++) await spool.append(message(i));
    await spool.close();
    damage();
    // A clock that was reset to long ago must not make the new epoch sort before the old one.
    const again = await openSpool(directory, { now: () => 0 });
    t.ok(again.epoch > spool.epoch);
    t.same([again.firstSeq, again.nextSeq, again.lost], [1, 1, 5], `round ${round}`);
    const files = readdirSync(directory).filter((name) => !name.startsWith('lock.'));
    t.same(files.sort(), [again.epoch, 'state.json'], 'nothing of the former epoch is left');
    await again.close();
    rmSync(join(directory, 'state.json'));
    rmSync(join(directory, again.epoch), { recursive: true });
  }
});

t.test('damage in the middle: what lies before is delivered first, then the loss is counted', async (t) => {
  for (const when of ['running', 'reopened'] as const) {
    const directory = scratch(t);
    let spool = await openSpool(directory);
    for (let i = 1; i <= 60; i++) await spool.append(message(i, 20_000));
    const path = join(logDirectory(directory, spool), '00000002.log');
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)] = 0;
    writeFileSync(path, bytes);
    if (when === 'reopened') {
      await spool.close();
      spool = await openSpool(directory);
    }
    const first = await owed(spool);
    t.ok(first.length > 10 && first.length < 60, `${when}: ${first.length} before the damage`);
    t.same([spool.lost, spool.firstSeq], [0, 1], 'nothing is given up before');
    spool.ack(spool.epoch, first.length);
    t.equal(spool.gaps, 1);
    t.equal(spool.firstSeq, first.length + 1 + spool.lost);
    const rest = await owed(spool);
    t.equal(first.length + spool.lost + rest.length, 60);
    t.equal(rest.at(-1)?.value, 60);
    await spool.close();
  }
});

t.test('damage in the segment being written: later messages are not written behind it', async (t) => {
  const directory = scratch(t);
  const spool = await openSpool(directory);
  for (let i = 1; i <= 10; i++) await spool.append(message(i));
  const path = join(logDirectory(directory, spool), '00000001.log');
  const bytes = readFileSync(path);
  bytes[bytes.length - 20] = 0;
  writeFileSync(path, bytes);
  t.equal((await owed(spool)).length, 9);
  await spool.append(message(11));
  spool.ack(spool.epoch, 9);
  t.same(await owed(spool), [{ seq: 11, value: 11 }]);
  t.equal(spool.lost, 1);
  await spool.close();
});

t.test('a number that was used is not used again, even when the messages themselves are gone', async (t) => {
  const directory = scratch(t);
  const spool = await openSpool(directory);
  for (let i = 1; i <= 10; i++) await spool.append(message(i));
  await spool.close();
  const path = join(logDirectory(directory, spool), '00000001.log');
  writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size - 100));
  const again = await openSpool(directory);
  const entries = await owed(again);
  await again.append(message(11));
  t.equal(again.nextSeq, 12);
  again.ack(again.epoch, entries.length);
  t.same(await owed(again), [{ seq: 11, value: 11 }]);
  t.equal(again.lost, 10 - entries.length);
  await again.close();
});

t.test('a full disk: messages wait in memory, what is on disk is served, and nothing is lost', async (t) => {
  const directory = scratch(t);
  if (!mountTmpfs(t, directory)) return void t.skip('mounting a tmpfs is not permitted here', () => undefined);
  const spool = await openSpool(directory);
  let appended = 0;
  while (await spool.append(message(++appended, 20_000)))
    if (appended > 200) return void t.fail('the disk never fills');
  const onDisk = spool.nextSeq - 1;
  t.ok(onDisk > 20 && onDisk < appended);
  for (let i = 0; i < 20; i++) t.equal(await spool.append(message(++appended, 20_000)), false);
  t.same([spool.depth, spool.lost], [appended, 0]);
  t.equal((await owed(spool)).length, onDisk);
  spool.ack(spool.epoch, onDisk);
  t.equal(await spool.append(message(++appended, 20_000)), true, 'acknowledged messages make room');
  const rest = await owed(spool);
  t.same(
    rest,
    Array.from({ length: appended - onDisk }, (_, i) => ({ seq: onDisk + 1 + i, value: onDisk + 1 + i })),
  );
  t.same([spool.lost, spool.gaps], [0, 0]);
  await spool.close();
});

t.test('a disk that stays full: the oldest of the waiting messages go, and are counted', async (t) => {
  const directory = scratch(t);
  if (!mountTmpfs(t, directory)) return void t.skip('mounting a tmpfs is not permitted here', () => undefined);
  const { log, entries } = recordingLog();
  const spool = await openSpool(directory, { log });
  let appended = 0;
  while (await spool.append(message(++appended, 20_000)));
  const onDisk = spool.nextSeq - 1;
  for (let i = 0; i < 1_100; i++) await spool.append(message(++appended));
  t.ok(spool.lost > 0);
  await t.rejects(spool.settle(), { message: /^the disk refuses messages/ });
  t.equal(spool.depth + spool.lost, appended, 'every message is on disk, in memory or counted');
  spool.ack(spool.epoch, onDisk);
  await spool.append(message(++appended));
  const { lost } = spool;
  const rest = await owed(spool);
  t.equal(rest.length, appended - onDisk - lost);
  t.same([rest[0]?.seq, rest[0]?.value], [onDisk + 1, onDisk + lost + 1], 'numbers have no gap');
  await spool.settle();
  await spool.close();
  const lines = entries.filter(({ msg }) => msg === 'messages are lost').length;
  t.ok(lines >= 1 && lines <= 2 + Math.log2(lost), `${lines} lines for ${lost} messages: the log may be on that disk`);
  t.match(entries.at(-1), { msg: 'the disk takes messages again', lost });
});

t.test('a crash on a full disk loses nothing that was on it', async (t) => {
  const directory = scratch(t);
  if (!mountTmpfs(t, directory)) return void t.skip('mounting a tmpfs is not permitted here', () => undefined);
  const spool = await openSpool(directory);
  let appended = 0;
  while (await spool.append(message(++appended, 20_000)));
  const onDisk = spool.nextSeq - 1;
  const again = await openSpool(directory);
  t.same([again.firstSeq, again.nextSeq, again.lost], [1, onDisk + 1, 0]);
  t.equal((await owed(again)).length, onDisk);
  await again.close();
  // What a crash leaves to the kernel.
  await spool.close();
});

/** What is owed, by number and content, of a spool that was opened for this alone. */
async function contents(directory: string) {
  const spool = await openSpool(directory);
  const { epoch, lost } = spool;
  const entries = await owed(spool);
  await spool.close();
  return { epoch, lost, entries };
}

t.test('a new epoch: what is owed is numbered anew, byte for byte as it is published, and stays so', async (t) => {
  for (const acknowledged of [0, 30, 60]) {
    const directory = scratch(t);
    const spool = await openSpool(directory);
    const former = spool.epoch;
    for (let i = 1; i <= 60; i++) await spool.append(message(i, 20_000));
    spool.ack(former, acknowledged);
    spool.dispute();
    t.equal(spool.ack(former, 60), 'stale', 'nothing of the disputed epoch is believed');
    await Promise.all([spool.append(message(61)), spool.renew(), spool.append(message(62))]);
    t.equal(spool.disputed, false);
    t.ok(spool.epoch > former);
    t.equal(spool.ack(former, 1), 'foreign');
    const expected = Array.from({ length: 62 - acknowledged }, (_, i) => ({ seq: i + 1, value: acknowledged + i + 1 }));
    t.same(await owed(spool), expected);
    t.same(
      [spool.firstSeq, spool.nextSeq, spool.depth, spool.lost, spool.gaps],
      [1, 63 - acknowledged, 62 - acknowledged, 0, 0],
    );
    for await (const { payload } of spool.messagesFrom(spool.nextSeq - 1)) {
      t.equal(
        Buffer.from(payload).toString(),
        `{"v":1,"epoch":"${spool.epoch}","seq":${62 - acknowledged},"at":${START_MS + 620_000},"readings":[["a","power",62]]}`,
      );
    }
    const { epoch } = spool;
    const crashed = scratch(t);
    cpSync(directory, crashed, { recursive: true });
    t.same(await contents(crashed), { epoch, lost: 0, entries: expected }, 'after a crash');
    t.equal(spool.ack(epoch, 2), 'advanced');
    await spool.close();
    t.same(await contents(directory), { epoch, lost: 0, entries: expected.slice(2) }, 'after a clean stop');
  }
});

t.test(
  'a new epoch, and a crash or a disk that fails in the midst of it: the former one with all it held',
  async (t) => {
    const directory = scratch(t);
    const spool = await openSpool(directory);
    for (let i = 1; i <= 5; i++) await spool.append(message(i));
    spool.dispute();
    const crashed = scratch(t);
    cpSync(directory, crashed, { recursive: true });
    mkdirSync(join(crashed, `7${spool.epoch.slice(1)}`));
    writeFileSync(join(crashed, 'state.json.new'), '{"epoch":"');
    const entries = await owed(spool);
    t.same(await contents(crashed), { epoch: spool.epoch, lost: 0, entries });
    // The state cannot be written where a directory has its temporary name.
    mkdirSync(join(directory, 'state.json.new'));
    await t.rejects(spool.renew(), { code: 'EISDIR' });
    t.equal(spool.disputed, true);
    t.same(await owed(spool), entries);
    t.same(
      readdirSync(directory).filter((name) => name.length === 26),
      [spool.epoch],
      'no half of the new epoch',
    );
    rmSync(join(directory, 'state.json.new'), { recursive: true });
    await spool.renew();
    t.same(await owed(spool), entries);
    await spool.renew();
    t.same(await owed(spool), entries, 'and once more');
    const { epoch } = spool;
    await spool.close();
    unlinkSync(join(directory, 'state.json'));
    const last = await contents(directory);
    t.ok(last.epoch > epoch, 'an epoch after a lost state sorts behind');
    t.equal(last.lost, 5);
  },
);

t.test('damage in what is numbered anew is counted once what lies before is delivered', async (t) => {
  const directory = scratch(t);
  const spool = await openSpool(directory);
  for (let i = 1; i <= 60; i++) await spool.append(message(i, 20_000));
  spool.ack(spool.epoch, 3);
  await spool.renew();
  const path = join(
    readdirSync(directory)
      .map((name) => join(directory, name, '00000002.log'))
      .find(existsSync) ?? '',
  );
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)] = 0;
  writeFileSync(path, bytes);
  const first = await owed(spool);
  t.ok(first.length > 10 && first.length < 57);
  t.equal(spool.lost, 0);
  spool.ack(spool.epoch, first.length);
  t.equal(spool.firstSeq, first.length + 1 + spool.lost);
  const rest = await owed(spool);
  t.equal(first.length + spool.lost + rest.length, 57);
  t.same(rest.at(-1), { seq: 57, value: 60 });
  await spool.close();
});

/** Another process with the spool open, which appends to it. */
async function startOther(test: { teardown(fn: () => void): void }, directory: string): Promise<ChildProcess> {
  const program = new URL('fixtures/spool-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [...process.execArgv, program, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  test.teardown(() => void child.kill('SIGKILL'));
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

t.test('a spool that another process has open is refused by its number, until that process is gone', async (t) => {
  const directory = scratch(t);
  const other = await startOther(t, directory);
  await t.rejects(openSpool(directory), { name: 'ConfigError', message: new RegExp(`PID ${other.pid} `) });
  t.equal(readdirSync(directory).filter((name) => name.startsWith('lock.')).length, 1, 'the refused leaves nothing');
  const exit = once(other, 'exit');
  other.kill('SIGKILL');
  await exit;
  const spool = await openSpool(directory);
  t.ok(spool.nextSeq > 1);
  t.equal(readdirSync(directory).filter((name) => name.startsWith('lock.')).length, 1, 'the claim of the dead is gone');
  await spool.close();
  t.same(
    readdirSync(directory).filter((name) => name.startsWith('lock.')),
    [],
  );
});

t.test("a spool that cannot be made is the operator's to settle", async (t) => {
  const file = join(scratch(t), 'file');
  writeFileSync(file, '');
  for (const directory of [file, join(file, 'spool')]) {
    await t.rejects(openSpool(directory), {
      name: 'ConfigError',
      message: /set spool\.path to where the agent may write/,
    });
  }
});

t.test('a claim from before a reboot, or of a number that another process has by now, does not hold', async (t) => {
  const directory = scratch(t);
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const parent = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
  const start = parent.slice(parent.lastIndexOf(')') + 2).split(' ')[19];
  writeFileSync(join(directory, `lock.${process.ppid}.${start}.00000000-0000-4000-8000-000000000000`), '');
  writeFileSync(join(directory, `lock.${process.ppid}.1.${boot}`), '');
  const spool = await openSpool(directory);
  t.equal(readdirSync(directory).filter((name) => name.startsWith('lock.')).length, 1);
  await spool.close();
  writeFileSync(join(directory, `lock.${process.ppid}.${start}.${boot}`), '');
  await t.rejects(openSpool(directory), new RegExp(`PID ${process.ppid} `));
});

/** Mounts one mebibyte of memory at `directory`. @returns false where that is not permitted. */
function mountTmpfs(test: { teardown(fn: () => void): void }, directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return false;
  }
  test.teardown(() => void execFileSync('umount', ['-l', directory]));
  return true;
}
