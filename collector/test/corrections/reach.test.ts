import t from 'tap';
import type { Use } from '../../src/accounting/history.ts';
import { isEmpty, MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import type { Change, Correction } from '../../src/corrections/change.ts';
import { encodeBlock } from '../../src/import/block.ts';
import { Rig, START, scratch } from '../support/rig.ts';

/** How far a correction reaches: to all that it changes, and to no minute more. */

/** Minutes since START. */
const at = (minutes: number): number => START + minutes * MINUTE_MS;
const SPAN = { fromMs: at(-60), toMs: at(120) };
const channelOf = { power: 'power', register: 'energy', export: 'energy-export' } as const;

type Reading = readonly ['power' | 'energy' | 'energy-export', number];

async function rigOf(t: { teardown(fn: () => unknown): void }): Promise<Rig> {
  const rig = await Rig.open(scratch(t));
  t.teardown(() => rig.close());
  const points = [{ point: 'main', role: 'utility', channels: ['power'], intervalMs: 20_000 }];
  rig.send('birth', { v: 1, epoch: 'E', firstSeq: 1, at: START, software: 'test', points });
  return rig;
}

/** A message each 20 s from one minute to another. */
async function run(
  rig: Rig,
  from: number,
  to: number,
  readingsAt: (minute: number) => readonly Reading[],
): Promise<void> {
  for (let third = 3 * from + 1; third <= 3 * to; third++) {
    rig.nowMs = START + third * 20_000;
    const readings = readingsAt(third / 3).map(([channel, value]) => ['main', channel, value]);
    rig.send('readings', { v: 1, epoch: 'E', seq: third, at: rig.nowMs, readings });
    if (third % 3 === 0) rig.pipeline.tick();
    // Each in a frame of its own, as they come.
    await rig.settle();
  }
}

const correct = (rig: Rig, change: Change): Promise<Correction> =>
  rig.pipeline.correct(0, { by: 'auditor', reason: 'test', change });

async function withdraw(rig: Rig, { id }: Correction): Promise<void> {
  await correct(rig, { kind: 'withdraw', correction: id });
}

/** Imports readings at minutes, as means of a minute or as they are, and lets them count. */
async function importReadings(
  rig: Rig,
  use: Use,
  isMean: boolean,
  values: ReadonlyMap<number, number>,
): Promise<Correction> {
  const entry = { by: 'auditor', reason: 'history', files: [], mapping: '' };
  const { id } = await rig.pipeline.enter((record) => record.import(0, entry));
  const block = encodeBlock({
    atMs: Float64Array.from(values.keys(), at),
    values: Float64Array.from(values.values()),
    isMean,
    isEstimated: false,
    intervalMs: (isMean ? 15 : 1) * MINUTE_MS,
  });
  await rig.pipeline.enter((record) => record.block(Number(id), 0, channelOf[use], block));
  return correct(rig, { kind: 'import', import: id });
}

async function known(rig: Rig, asOfMs: number | null = null): Promise<PointInterval[]> {
  await rig.recorder.idle();
  return (await rig.store.pointMinutes([0], SPAN, asOfMs)).filter((row) => !isEmpty(row));
}

const wh = (rows: readonly PointInterval[], from: number, to: number): number =>
  rows
    .filter(({ startMs }) => startMs >= at(from) && startMs < at(to))
    .reduce((sum, { energyWh }) => sum + energyWh, 0);
const near = (t: { ok(value: boolean, message: string): unknown }, found: number, expected: number): void =>
  void t.ok(Math.abs(found - expected) <= 1e-6 * Math.max(1, Math.abs(expected)), `${found} should be ${expected}`);

const steady = (): Reading[] => [['power', 6000]];

t.test('void readings before an outage leave what was imported for the outage', async (t) => {
  const rig = await rigOf(t);
  await run(rig, 0, 50, (minute) => (minute > 20 && minute <= 40 ? [] : steady()));
  await importReadings(rig, 'power', true, new Map([[22, 1200]]));
  near(t, wh(await known(rig), 22, 37), 15 * 20);
  const made = await correct(rig, { kind: 'void', point: 'main', from: at(10), to: at(21) });
  near(t, wh(await known(rig), 22, 37), 15 * 20);
  await withdraw(rig, made);
  near(t, wh(await known(rig), 22, 37), 15 * 20);
});

t.test('a channel that fell silent long ago takes no minute away that the others have told', async (t) => {
  for (const silent of ['power', 'energy-export'] as const) {
    const rig = await rigOf(t);
    await run(rig, 0, 40, (minute) => [['energy', 100 * minute], ...(minute <= 2 ? ([[silent, 6000]] as const) : [])]);
    const before = await known(rig);
    await withdraw(rig, await correct(rig, { kind: 'factor', point: 'main', from: at(30), to: at(31), factor: 2 }));
    t.same(await known(rig), before, silent);
    await correct(rig, { kind: 'void', point: 'main', from: at(20), to: at(25) });
    near(t, wh(await known(rig), 1, 39), 38 * 100);
  }
});

t.test('a register value that is taken back leaves no trace in what was sampled later', async (t) => {
  for (const channel of ['energy', 'energy-export'] as const) {
    const rig = await rigOf(t);
    // Samples below zero count as zero only where a register tells drawn and fed back apart.
    await run(rig, 0, 30, (minute) => [['power', Math.floor(minute) % 5 === 0 ? -600 : 600]]);
    const before = await known(rig);
    const made = await correct(rig, { kind: 'reading', point: 'main', channel, at: at(10), value: 5000 });
    t.not(wh(await known(rig), 11, 30), wh(before, 11, 30), channel);
    await withdraw(rig, made);
    t.same(await known(rig), before, channel);
  }
});

t.test('what is void in an import changes its energy up to the readings beside it', async (t) => {
  const rig = await rigOf(t);
  await run(rig, 0, 2, steady);
  // The value of minute -40 is wrong: minutes -50 to -20 have 600 Wh.
  const register = new Map([-50, -40, -30, -20].map((minute) => [minute, minute === -40 ? 480 : 20 * (minute + 50)]));
  await importReadings(rig, 'register', false, register);
  near(t, wh(await known(rig), -50, -40), 480);
  const made = await correct(rig, { kind: 'void', point: 'main', from: at(-41), to: at(-39) });
  near(t, wh(await known(rig), -50, -40), 200);
  near(t, wh(await known(rig), -40, -30), 200);
  near(t, wh(await known(rig), -50, -20), 600);
  await withdraw(rig, made);
  near(t, wh(await known(rig), -50, -40), 480);
});

t.test('a mean that is void in an import is unknown for all of its interval', async (t) => {
  const rig = await rigOf(t);
  await run(rig, 0, 2, steady);
  rig.nowMs = at(70);
  rig.pipeline.tick();
  await importReadings(rig, 'power', true, new Map([15, 30, 45].map((minute) => [minute, 1200])));
  const made = await correct(rig, { kind: 'void', point: 'main', from: at(29), to: at(31) });
  near(t, wh(await known(rig), 15, 60), 30 * 20);
  t.equal(wh(await known(rig), 30, 45), 0);
  await withdraw(rig, made);
  near(t, wh(await known(rig), 15, 60), 45 * 20);
});

t.test('a register value beside the readings of an import acts up to these', async (t) => {
  const rig = await rigOf(t);
  await run(rig, 0, 2, steady);
  await importReadings(rig, 'register', false, new Map([-50, -20].map((minute) => [minute, 20 * (minute + 50)])));
  near(t, wh(await known(rig), -50, -40), 200);
  const made = await correct(rig, { kind: 'reading', point: 'main', channel: 'energy', at: at(-40), value: 500 });
  near(t, wh(await known(rig), -50, -40), 500);
  near(t, wh(await known(rig), -40, -20), 100);
  await withdraw(rig, made);
  near(t, wh(await known(rig), -50, -40), 200);
});

t.test('as known at the very moment of a correction is without what came after it', async (t) => {
  const rig = await rigOf(t);
  await run(rig, 0, 10, steady);
  const first = await correct(rig, { kind: 'factor', point: 'main', from: at(2), to: at(3), factor: 2 });
  const then = await known(rig);
  // Minutes that no tick has handed on are so with the next correction.
  for (let third = 31; third <= 50; third++) {
    rig.nowMs = START + third * 20_000;
    rig.send('readings', { v: 1, epoch: 'E', seq: third, at: rig.nowMs, readings: [['main', 'power', 6000]] });
  }
  await rig.settle();
  const second = await correct(rig, { kind: 'factor', point: 'main', from: at(4), to: at(5), factor: 2 });
  t.same(await known(rig, first.recordedMs), then);
  t.ok(wh(await known(rig, second.recordedMs - 1), 11, 16) > 0, 'what was known just before the next one is in it');
});
