import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { birth, Rig, START, scratch, tick } from './support/rig.ts';

async function rigOf(t: Tap, data = scratch(t)): Promise<Rig> {
  const rig = await Rig.open(data);
  t.teardown(() => rig.close().catch(() => {}));
  return rig;
}

interface Tap {
  teardown(fn: () => unknown): void;
}

async function seqs(rig: Rig): Promise<number> {
  await rig.settle();
  return rig.fold.agents[0]?.seq ?? 0;
}

t.test('a message is acknowledged once it is on disk, cumulatively', async (t) => {
  const rig = await rigOf(t);
  rig.send('birth', birth(1));
  for (let seq = 1; seq <= 5; seq++) rig.send('readings', tick(seq, 1000));
  await rig.settle();
  t.same(rig.acks.at(-1), { topic: 'wattmark/v1/default/dc-1/hall-a/ack', v: 1, epoch: 'E1', seq: 5 });
  t.equal(rig.fold.agents[0]?.seq, 5);
});

t.test('a duplicate is dropped and acknowledged again', async (t) => {
  const rig = await rigOf(t);
  rig.send('birth', birth(1));
  rig.send('readings', tick(1, 1000));
  await rig.settle();
  const position = rig.fold.cursor.position;
  rig.acks.length = 0;
  rig.send('readings', tick(1, 9999));
  await rig.settle();
  t.match(rig.acks, [{ seq: 1 }]);
  t.equal(rig.fold.cursor.position, position);
  t.equal(rig.ingest.entry(0)?.duplicates, 1);
});

t.test('a message ahead of its sequence is neither accepted nor acknowledged', async (t) => {
  const rig = await rigOf(t);
  rig.send('birth', birth(1));
  rig.send('readings', tick(1, 1000));
  rig.send('readings', tick(3, 1000));
  t.equal(await seqs(rig), 1);
  rig.send('readings', tick(2, 1000));
  rig.send('readings', tick(3, 1000));
  t.equal(await seqs(rig), 3);
  t.equal(rig.ingest.counters.early, 1);
});

t.test('a range that the agent says it lost is recorded, and the stream goes on', async (t) => {
  const rig = await rigOf(t);
  rig.send('birth', birth(1));
  rig.send('readings', tick(1, 1000));
  rig.send('birth', birth(11));
  rig.send('readings', tick(12, 1000));
  t.equal(await seqs(rig), 1);
  rig.send('readings', tick(11, 1000));
  rig.send('readings', tick(12, 1000));
  t.equal(await seqs(rig), 12);
  t.equal(rig.fold.agents[0]?.lost, 9);
});

t.test('a new epoch begins again at 1; an older one is refused', async (t) => {
  const rig = await rigOf(t);
  rig.send('birth', birth(1));
  rig.send('readings', tick(1, 1000));
  rig.send('birth', birth(1, 'E2'));
  rig.send('readings', tick(1, 1000, 'E2'));
  rig.send('readings', tick(2, 1000, 'E2'));
  rig.send('readings', tick(2, 1000, 'E1'));
  t.equal(await seqs(rig), 2);
  t.equal(rig.fold.agents[0]?.epoch, 'E2');
  t.same(rig.ingest.rejects.toRecord(), { 'stale-epoch': 1 });
  t.match(rig.acks.at(-1), { epoch: 'E2', seq: 2 }, 'told, so that it can begin an epoch after it');
});

t.test('a numbered message with unusable content is counted, acknowledged, and stops nothing', async (t) => {
  const rig = await rigOf(t);
  rig.send('birth', birth(1));
  rig.send('readings', { v: 1, epoch: 'E1', seq: 1, at: 'yesterday', readings: [] });
  rig.send('readings', { v: 1, epoch: 'E1', seq: 2, at: START, readings: 'none' });
  rig.send('readings', tick(3, 1000));
  t.equal(await seqs(rig), 3);
  t.match(rig.acks.at(-1), { seq: 3 });
  t.same(rig.ingest.rejects.toRecord(), { 'bad-time': 1, 'bad-readings': 1 });
});

t.test('one bad reading does not cost the good ones beside it', async (t) => {
  const rig = await rigOf(t);
  const readings = [
    ['utility-a', 'power', 1e308],
    ['utility-a', 'energy', -1],
    ['utility-a', 'colour', 1],
    ['UTILITY', 'power', 1],
    ['utility-a', 'power', null],
    ['utility-a', 'power', 1000],
  ];
  rig.send('readings', { v: 1, at: START, readings });
  await rig.settle();
  t.equal(rig.ingest.counters.readings, 1);
  t.same(rig.ingest.rejects.toRecord(), {
    'out-of-range': 2,
    'unknown-channel': 1,
    'bad-reading': 1,
    'not-a-number': 1,
  });
});

t.test('after a crash the log is folded again from the snapshot, and nothing is missing or doubled', async (t) => {
  const data = scratch(t);
  const rig = await Rig.open(data);
  rig.send('birth', birth(1));
  for (let seq = 1; seq <= 100; seq++) {
    rig.nowMs = START + seq * 10_000;
    rig.send('readings', tick(seq, 1000 + seq));
    if (seq % 6 === 0) rig.pipeline.tick();
    await rig.settle();
  }
  await rig.recorder.idle();
  const before = rig.fold.save();
  await rig.crash();

  const again = await rigOf(t, data);
  t.same(again.fold.save().cursor, before.cursor);
  t.same(again.fold.save().accounting, before.accounting);
  t.same(again.fold.agents, before.cursors);
  const rows = await again.store.pointMinutes([0], { fromMs: START, toMs: START + 3_600_000 }, null);
  t.equal(new Set(rows.map(({ startMs }) => startMs)).size, rows.length);
  t.ok(rows.length >= 15);
});

t.test('a full disk acknowledges nothing, says so, and resumes', async (t) => {
  const mount = scratch(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', mount], { stdio: 'ignore' });
  } catch {
    return void t.skip('a tmpfs cannot be mounted here (not root)', () => undefined);
  }
  t.teardown(() => execFileSync('umount', ['-l', mount]));
  const rig = await Rig.open(mount);
  rig.send('birth', birth(1));
  rig.send('readings', tick(1, 1000));
  await rig.settle();
  const ballast = join(mount, 'ballast');
  fill(ballast);
  rig.acks.length = 0;
  // More than what is left of the log's last page.
  for (let seq = 2; seq <= 400; seq++) rig.send('readings', tick(seq, 1000.123 + seq));
  while (rig.pipeline.problem === null) await new Promise((resolve) => setImmediate(resolve));
  t.match(rig.pipeline.problem, /evidence log cannot be written .*ENOSPC/);
  t.same(rig.acks, []);
  t.equal(rig.fold.agents[0]?.seq, 1);
  rmSync(ballast);
  await rig.settle();
  t.match(rig.acks.at(-1), { seq: 400 });
  t.equal(rig.pipeline.problem, null);
  await rig.close();
});

/** Writes until there is no room for another byte. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(file);
}

t.test('agents need not wait while the fold waits for a store that is far behind', async (t) => {
  const rig = await rigOf(t);
  rig.send('birth', birth(1));
  await rig.settle();
  let isFull = false;
  let release: (() => void) | null = null;
  const { recorder } = rig;
  const record = recorder.record.bind(recorder);
  Object.defineProperty(recorder, 'isFull', { get: () => isFull });
  recorder.record = (batch, points) => {
    if (isFull) return new Promise<void>((resolve) => (release = resolve)).then(() => record(batch, points));
    return record(batch, points);
  };
  isFull = true;
  rig.pipeline.tick();
  await until(() => release !== null, 'the fold waits');
  const acked = (seq: number): Promise<void> =>
    until(() => rig.acks.at(-1)?.seq === seq, `message ${seq} is acknowledged`);
  for (let seq = 1; seq <= 5; seq++) {
    rig.send('readings', tick(seq, 1000));
    await acked(seq);
  }
  t.equal(rig.fold.agents[0]?.seq ?? 0, 0, 'nothing of it is folded yet');
  isFull = false;
  (release as (() => void) | null)?.();
  await rig.settle();
  t.equal(rig.fold.agents[0]?.seq, 5);
});

async function until(condition: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
