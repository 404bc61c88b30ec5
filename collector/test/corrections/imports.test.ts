import t from 'tap';
import { MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import type { Change } from '../../src/corrections/change.ts';
import { CollectorFigures } from '../../src/collector-figures.ts';
import { encodeBlock } from '../../src/import/block.ts';
import { replay } from '../../src/replay.ts';
import { Rig, START, scratch } from '../support/rig.ts';

/** Minutes since START. */
const at = (minutes: number): number => START + minutes * MINUTE_MS;

const sumWh = (rows: readonly PointInterval[]): number => rows.reduce((sum, { energyWh }) => sum + energyWh, 0);
const near = (t: { ok(value: boolean, message: string): unknown }, found: number, expected: number): void =>
  void t.ok(Math.abs(found - expected) <= 1e-6 * Math.max(1, Math.abs(expected)), `${found} should be ${expected}`);

/** Ten minutes of an agent's readings of 6 kW, from minute 60 on. */
async function live(rig: Rig): Promise<void> {
  const points = [{ point: 'main', role: 'utility', channels: ['power'], intervalMs: 10_000 }];
  rig.send('birth', { v: 1, epoch: 'E', firstSeq: 1, at: at(60), software: 'test', points });
  for (let seq = 1; seq <= 60; seq++) {
    rig.nowMs = at(60) + seq * 10_000;
    rig.send('readings', { v: 1, epoch: 'E', seq, at: rig.nowMs, readings: [['main', 'power', 6000]] });
    if (seq % 6 === 0) rig.pipeline.tick();
    await rig.settle();
  }
}

/** Means of each minute, as blocks of at most 20 readings. */
async function importMeans(rig: Rig, powerW: (minute: number) => number, from: number, to: number): Promise<string> {
  const entry = { by: 'auditor', reason: 'history', files: [], mapping: '' };
  const { id } = await rig.pipeline.enter((record) => record.import(0, entry));
  await importBlocks(rig, id, powerW, from, to);
  return id;
}

async function importBlocks(
  rig: Rig,
  id: string,
  powerW: (minute: number) => number,
  from: number,
  to: number,
): Promise<void> {
  const pointId = rig.fold.catalogue.pointId(0, 'main') as number;
  for (let first = from; first < to; first += 20) {
    const minutes = Array.from({ length: Math.min(20, to - first) }, (_, i) => first + i);
    const block = encodeBlock({
      atMs: Float64Array.from(minutes, at),
      values: Float64Array.from(minutes, powerW),
      isMean: true,
      isEstimated: false,
      intervalMs: MINUTE_MS,
    });
    await rig.pipeline.enter((record) => record.block(Number(id), pointId, 'power', block));
  }
}

async function correct(rig: Rig, change: Change): Promise<string> {
  const { id } = await rig.pipeline.correct(0, { by: 'auditor', reason: 'test', change });
  return id;
}

async function minutes(rig: Rig): Promise<PointInterval[]> {
  await rig.recorder.idle();
  const rows = await rig.store.pointMinutes([0], { fromMs: START, toMs: at(120) }, null);
  return rows.filter(({ measuredMs }) => measuredMs > 0);
}

const LIVE_WH = (6000 * 590) / 3600;

t.test('an import counts from its commitment on, until it is withdrawn', async (t) => {
  const data = scratch(t);
  let rig = await Rig.open(data);
  await live(rig);
  const id = await importMeans(rig, (minute) => 1000 + minute, 0, 50);
  near(t, sumWh(await minutes(rig)), LIVE_WH);
  const importedWh = Array.from({ length: 50 }, (_, minute) => (1000 + minute) / 60).reduce((a, b) => a + b);
  const committed = await correct(rig, { kind: 'import', import: id });
  near(t, sumWh(await minutes(rig)), LIVE_WH + importedWh);
  await rig.close();

  rig = await Rig.open(data, at(71));
  await correct(rig, { kind: 'void', point: 'main', from: at(10), to: at(20) });
  const voidWh = Array.from({ length: 10 }, (_, i) => (1010 + i) / 60).reduce((a, b) => a + b);
  near(t, sumWh(await minutes(rig)), LIVE_WH + importedWh - voidWh);
  await correct(rig, { kind: 'factor', point: 'main', from: at(40), to: at(60), factor: 2 });
  const doubledWh = Array.from({ length: 10 }, (_, i) => (1040 + i) / 60).reduce((a, b) => a + b);
  near(t, sumWh(await minutes(rig)), LIVE_WH + importedWh - voidWh + doubledWh);
  await correct(rig, { kind: 'withdraw', correction: committed });
  near(t, sumWh(await minutes(rig)), LIVE_WH);
  await rig.close();
  const { comparison } = await replay(data, { replace: false, onProgress: () => {} });
  t.same(
    comparison?.filter(({ differing }) => differing > 0),
    [],
  );
});

t.test('how often an imported point was read is known where the import counts', async (t) => {
  const rig = await Rig.open(scratch(t));
  await live(rig);
  const id = await importMeans(rig, () => 1000, 0, 50);
  const figures = new CollectorFigures({ fold: rig.fold } as never);
  const longest = (from: number, to: number, asOfMs: number | null = null): unknown =>
    figures.importedIntervals(rig.fold.registry.site(0), { fromMs: at(from), toMs: at(to) }, asOfMs);
  t.same(longest(0, 60), new Map(), 'it is not committed');
  rig.nowMs = at(71);
  const committed = await correct(rig, { kind: 'import', import: id });
  t.same(longest(0, 60), new Map([[0, MINUTE_MS]]));
  t.same(longest(49, 60), new Map([[0, MINUTE_MS]]));
  t.same(longest(50, 60), new Map(), 'it ends before');
  t.same(longest(0, 60, at(70)), new Map(), 'it was not on record then');
  rig.nowMs = at(72);
  await correct(rig, { kind: 'withdraw', correction: committed });
  t.same(longest(0, 60), new Map());
  await rig.close();
});

t.test('of two imports, and of an import and an agent, the later one counts minute by minute', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(async () => rig.close());
  await live(rig);
  await correct(rig, { kind: 'import', import: await importMeans(rig, () => 600, 0, 30) });
  const second = await correct(rig, { kind: 'import', import: await importMeans(rig, () => 1200, 20, 65) });
  near(t, sumWh(await minutes(rig)), 20 * 10 + 45 * 20 + 5 * 100);
  await correct(rig, { kind: 'withdraw', correction: second });
  near(t, sumWh(await minutes(rig)), 30 * 10 + LIVE_WH);
});

t.test('what an agent sends after an import, of the same time, does not count before it', async (t) => {
  const data = scratch(t);
  let rig = await Rig.open(data);
  await live(rig);
  const backlog = async (fromSeq: number, toSeq: number): Promise<void> => {
    for (let seq = fromSeq; seq <= toSeq; seq++) {
      const readings = [['main', 'power', 6000]];
      rig.send('readings', { v: 1, epoch: 'E', seq, at: at(60) + seq * 10_000, readings });
    }
    await rig.settle();
    rig.pipeline.tick();
    await rig.settle();
  };
  rig.nowMs = at(100);
  const committed = await correct(rig, { kind: 'import', import: await importMeans(rig, () => 600, 75, 80) });
  await backlog(61, 105);
  await rig.close();
  rig = await Rig.open(data, at(101));
  await backlog(106, 180);
  near(t, sumWh(await minutes(rig)), LIVE_WH + 15 * 100 + 5 * 10);
  await correct(rig, { kind: 'void', point: 'main', from: at(76), to: at(77) });
  near(t, sumWh(await minutes(rig)), LIVE_WH + 15 * 100 + 4 * 10);
  await correct(rig, { kind: 'withdraw', correction: committed });
  near(t, sumWh(await minutes(rig)), LIVE_WH + (20 - 1 - 1 / 6) * 100);
  await rig.close();
  const { comparison } = await replay(data, { replace: false, onProgress: () => {} });
  t.same(
    comparison?.filter(({ differing }) => differing > 0),
    [],
  );
});

t.test('registers read off while imported readings were made act on these', async (t) => {
  const data = scratch(t);
  const rig = await Rig.open(data);
  await live(rig);
  const wh = async (from: number, to: number): Promise<number> =>
    sumWh((await minutes(rig)).filter(({ startMs }) => startMs >= at(from) && startMs < at(to)));
  // Minutes 30 to 40 were not recorded.
  const means = await importMeans(rig, () => 600, 0, 30);
  await importBlocks(rig, means, () => 600, 40, 50);
  const committed = await correct(rig, { kind: 'import', import: means });
  near(t, await wh(0, 50), 40 * 10);
  const read = (minute: number, value: number): Change => ({
    kind: 'reading',
    point: 'main',
    channel: 'energy',
    at: at(minute),
    value,
  });
  await correct(rig, read(9.5, 1000));
  near(t, await wh(0, 50), 40 * 10);
  const last = await correct(rig, read(45.5, 1500));
  // 500 Wh between the two, and of the means what lies before and behind.
  near(t, await wh(0, 50), 95 + 500 + 45);
  near(t, await wh(0, 9), 90);
  near(t, await wh(46, 50), 40);
  t.equal((await minutes(rig)).filter(({ startMs }) => startMs < at(50)).length, 50, 'the gap is bridged');
  near(t, await wh(60, 70), LIVE_WH);
  await correct(rig, { kind: 'withdraw', correction: last });
  near(t, await wh(0, 50), 40 * 10);
  await correct(rig, read(45.5, 1600));
  await correct(rig, { kind: 'withdraw', correction: committed });
  await correct(rig, { kind: 'import', import: means });
  near(t, await wh(0, 50), 95 + 600 + 45);
  await rig.close();
  const { comparison } = await replay(data, { replace: false, onProgress: () => {} });
  t.same(
    comparison?.filter(({ differing }) => differing > 0),
    [],
  );
});

t.test('an import that nobody commits leaves nothing but its record', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(async () => rig.close());
  await live(rig);
  await importMeans(rig, () => 600, 0, 30);
  near(t, sumWh(await minutes(rig)), LIVE_WH);
  await correct(rig, { kind: 'void', point: 'main', from: at(0), to: at(30) });
  near(t, sumWh(await minutes(rig)), LIVE_WH);
});

t.test('a gap in an import leaves what an agent measured', async (t) => {
  const data = scratch(t);
  const rig = await Rig.open(data);
  await live(rig);
  const id = await importMeans(rig, () => 600, 0, 62);
  await importBlocks(rig, id, () => 600, 65, 80);
  const before = await minutes(rig);
  await correct(rig, { kind: 'import', import: id });
  const inGap = (rows: readonly PointInterval[]) => rows.filter(({ startMs }) => startMs >= at(62) && startMs < at(65));
  t.same(inGap(await minutes(rig)), inGap(before));
  t.equal(inGap(before).length, 3);
  near(t, sumWh(await minutes(rig)), 77 * 10 + 3 * 100);
  // Accounted again from the readings, it is the same.
  await correct(rig, { kind: 'factor', point: 'main', from: at(0), to: at(90), factor: 1 });
  near(t, sumWh(await minutes(rig)), 77 * 10 + 3 * 100);
  await rig.close();
  const { comparison } = await replay(data, { replace: false, onProgress: () => {} });
  t.ok(comparison?.every(({ differing }) => differing === 0));
});

t.test('an import of a point that no agent reads is taken back to its last minute', async (t) => {
  const rig = await Rig.open(scratch(t), at(130));
  t.teardown(async () => rig.close());
  rig.send('birth', { v: 1, epoch: 'E', firstSeq: 1, at: at(130), software: 'test', points: [] });
  rig.ingest.definePoint(0, 'main', at(130));
  rig.pipeline.tick();
  await rig.settle();
  const committed = await correct(rig, { kind: 'import', import: await importMeans(rig, () => 600, 0, 50) });
  near(t, sumWh(await minutes(rig)), 500);
  // Nothing was told of the time from the last minute to now: nothing of it is taken back.
  const told = { fromMs: at(0), toMs: at(60) };
  t.same(await rig.store.extent([0]), told);
  await correct(rig, { kind: 'reading', point: 'main', channel: 'energy', at: at(9.5), value: 1000 });
  await correct(rig, { kind: 'reading', point: 'main', channel: 'energy', at: at(45.5), value: 1500 });
  near(t, sumWh(await minutes(rig)), 95 + 500 + 45);
  t.same(await rig.store.extent([0]), told);
  const voided = await correct(rig, { kind: 'void', point: 'main', from: at(48), to: at(50) });
  near(t, sumWh(await minutes(rig)), 95 + 500 + 25);
  await correct(rig, { kind: 'withdraw', correction: voided });
  near(t, sumWh(await minutes(rig)), 95 + 500 + 45);
  await correct(rig, { kind: 'withdraw', correction: committed });
  near(t, sumWh(await minutes(rig)), 500);
});
