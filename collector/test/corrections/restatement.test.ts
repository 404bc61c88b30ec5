import t from 'tap';
import { MINUTE_MS, type PointInterval, QUARTER_MS, type Span } from '../../src/accounting/interval.ts';
import type { Change, Correction } from '../../src/corrections/change.ts';
import { tryEntry } from '../../src/corrections/trial.ts';
import { replay } from '../../src/replay.ts';
import { evidenceDirectory } from '../../src/restore.ts';
import { refoldLog } from '../../src/restatement/refold-log.ts';
import type { RefoldRun } from '../../src/restatement/restate.ts';
import { sumPointIntervals } from '../../src/site/interval-sum.ts';
import { emptySiteFile, type SiteFile } from '../../src/site/site-file.ts';
import { Rig, START, scratch } from '../support/rig.ts';

/** Minutes since START. */
const at = (minutes: number): number => START + minutes * MINUTE_MS;
const HOUR = { fromMs: START, toMs: at(120) };

interface Tap {
  teardown(fn: () => unknown): void;
}
type Readings = readonly (readonly [string, string, number])[];

async function rigOf(t: Tap, data = scratch(t), nowMs = START): Promise<Rig> {
  const rig = await Rig.open(data, nowMs);
  t.teardown(() => rig.close().catch(() => {}));
  return rig;
}

const declared = (point: string, role: string): unknown => ({ point, role, channels: ['power'], intervalMs: 10_000 });

function announce(rig: Rig): void {
  const points = [declared('main', 'utility'), declared('ups', 'it')];
  rig.send('birth', { v: 1, epoch: 'E', firstSeq: 1, at: START, software: 'test', points });
}

/** One message each 10 s from one minute to another, with what `readingsAt` says; null for none. */
async function run(rig: Rig, from: number, to: number, readingsAt: (ms: number) => Readings | null): Promise<void> {
  for (let ms = at(from) + 10_000; ms <= at(to); ms += 10_000) {
    rig.nowMs = ms;
    const seq = (ms - START) / 10_000;
    rig.send('readings', { v: 1, epoch: 'E', seq, at: ms, readings: readingsAt(ms) ?? [] });
    if (ms % MINUTE_MS !== 0) continue;
    rig.pipeline.tick();
    await rig.settle();
  }
}

async function correct(rig: Rig, change: Change): Promise<Correction> {
  const made = await rig.pipeline.correct(0, { by: 'auditor', reason: 'test', change });
  await rig.settle();
  return made;
}

async function minutes(rig: Rig, point: string, asOfMs: number | null = null): Promise<PointInterval[]> {
  await rig.recorder.idle();
  const pointId = rig.fold.catalogue.pointId(0, point) as number;
  const rows = await rig.store.pointMinutes([pointId], HOUR, asOfMs);
  return rows.filter(({ measuredMs }) => measuredMs > 0);
}

const sumWh = (rows: readonly PointInterval[]): number => rows.reduce((sum, { energyWh }) => sum + energyWh, 0);
const sumMs = (rows: readonly PointInterval[]): number => rows.reduce((sum, { measuredMs }) => sum + measuredMs, 0);
const near = (t: { ok(value: boolean, message: string): unknown }, found: number, expected: number): void =>
  void t.ok(Math.abs(found - expected) <= 1e-6 * Math.max(1, Math.abs(expected)), `${found} should be ${expected}`);

const steady = (): Readings => [
  ['main', 'power', 6000],
  ['ups', 'power', 4000],
];

/** Points' quarter-hours that have ended are what their minutes are. */
async function rolledUp(t: { same(a: unknown, b: unknown): unknown }, rig: Rig): Promise<void> {
  await rig.recorder.idle();
  const pointIds = ['main', 'ups'].flatMap((point) => rig.fold.catalogue.pointId(0, point) ?? []);
  const past = { fromMs: START, toMs: Math.min(rig.rollup.rolledUpToMs, HOUR.toMs) };
  const edges = Array.from({ length: (past.toMs - START) / QUARTER_MS + 1 }, (_, index) => START + index * QUARTER_MS);
  t.same(
    await rig.store.pointQuarters(pointIds, past, null),
    sumPointIntervals(await rig.store.pointMinutes(pointIds, past, null), edges),
  );
}

/** Everything rebuilt from the evidence is the same, bit for bit. */
async function replaysAlike(t: { same(a: unknown, b: unknown): unknown }, rig: Rig, data: string): Promise<void> {
  await rolledUp(t, rig);
  await rig.close();
  const { comparison } = await replay(data, { replace: false, onProgress: () => {} });
  t.same(
    comparison?.filter(({ differing }) => differing > 0),
    [],
  );
}

t.test('void readings are unknown, and as known before they are not', async (t) => {
  const data = scratch(t);
  const rig = await rigOf(t, data);
  announce(rig);
  await run(rig, 0, 60, steady);
  near(t, sumWh(await minutes(rig, 'main')), (6000 * 3590) / 3600);
  const made = await correct(rig, { kind: 'void', point: 'main', from: at(20), to: at(30) });
  t.equal(made.id, String(rig.fold.cursor.position));
  const rows = await minutes(rig, 'main');
  // From the last reading before to the first one after: 10 s more than what is void.
  near(t, sumMs(rows), 3_590_000 - 610_000 - 0);
  near(t, sumWh(rows), (6000 * (3590 - 610)) / 3600);
  t.same(
    rows.filter(({ startMs }) => startMs >= at(20) && startMs < at(30)),
    [],
  );
  near(t, sumWh(await minutes(rig, 'main', made.recordedMs - 1)), (6000 * 3590) / 3600);
  near(t, sumWh(await minutes(rig, 'ups')), (4000 * 3590) / 3600);
  await run(rig, 60, 70, steady);
  await replaysAlike(t, rig, data);
});

t.test('a register carries the energy over what is void', async (t) => {
  const data = scratch(t);
  const rig = await rigOf(t, data);
  announce(rig);
  const isBroken = (ms: number): boolean => ms > at(20) && ms < at(30);
  await run(rig, 0, 60, (ms) => [['main', 'energy', isBroken(ms) ? 9e9 : 1000 + ((ms - START) / 3_600_000) * 6000]]);
  t.ok(sumWh(await minutes(rig, 'main')) < 5800, 'a register that jumps is no energy');
  await correct(rig, { kind: 'void', point: 'main', from: at(20), to: at(30) });
  const rows = await minutes(rig, 'main');
  near(t, sumWh(rows), (6000 * 3590) / 3600);
  t.ok(rows.some(({ bridgedMs }) => bridgedMs > 0));
  await replaysAlike(t, rig, data);
});

t.test('a factor holds from a date on, for what is on record and for what comes', async (t) => {
  const data = scratch(t);
  let rig = await rigOf(t, data);
  announce(rig);
  await run(rig, 0, 30, steady);
  await correct(rig, { kind: 'factor', point: 'ups', from: at(15), factor: 0.5 });
  await run(rig, 30, 45, steady);
  const energyWh = (4000 * (900 - 10) + 2000 * 900) / 3600;
  near(t, sumWh((await minutes(rig, 'ups')).filter(({ startMs }) => startMs < at(30))), energyWh);
  near(t, sumWh(await minutes(rig, 'ups')), energyWh + (2000 * 900) / 3600);
  await rig.recorder.idle();
  await rig.crash();
  rig = await rigOf(t, data, at(45));
  await run(rig, 45, 60, steady);
  near(t, sumWh(await minutes(rig, 'ups')), energyWh + (2000 * 1800) / 3600);
  await replaysAlike(t, rig, data);
});

t.test('a correction that is withdrawn leaves what was there before', async (t) => {
  const data = scratch(t);
  const rig = await rigOf(t, data);
  announce(rig);
  await run(rig, 0, 30, steady);
  const before = await minutes(rig, 'main');
  const made = await correct(rig, { kind: 'void', point: 'main', from: at(5), to: at(10) });
  t.not((await minutes(rig, 'main')).length, before.length);
  await correct(rig, { kind: 'withdraw', correction: made.id });
  t.same(await minutes(rig, 'main'), before);
  await replaysAlike(t, rig, data);
});

t.test('two registers read by hand tell what flowed while nothing was read', async (t) => {
  const data = scratch(t);
  const rig = await rigOf(t, data);
  announce(rig);
  await run(rig, 0, 60, (ms) => (ms > at(20) && ms <= at(40) ? null : steady()));
  const sampledWh = sumWh(await minutes(rig, 'main'));
  await correct(rig, { kind: 'reading', point: 'main', at: at(10), channel: 'energy', value: 1000 });
  await correct(rig, { kind: 'reading', point: 'main', at: at(50), channel: 'energy', value: 1000 + 4500 });
  const rows = await minutes(rig, 'main');
  const outside = 6000 * ((590 + 600) / 3600);
  near(t, sumWh(rows), outside + 4500);
  t.ok(sumWh(rows) > sampledWh + 2000);
  const gap = rows.filter(({ startMs }) => startMs > at(20) && startMs < at(40));
  near(t, sumMs(gap), 19 * MINUTE_MS);
  t.ok(gap.every(({ bridgedMs }) => bridgedMs > 0));
  await run(rig, 60, 65, steady);
  near(t, sumWh(await minutes(rig, 'main')), outside + 4500 + 500);
  await replaysAlike(t, rig, data);
});

t.test('a meter that is replaced goes on where the old one ended', async (t) => {
  const data = scratch(t);
  const rig = await rigOf(t, data);
  announce(rig);
  const swap = at(30) + 5_000;
  const registerAt = (ms: number): number =>
    ms < swap ? 50_000 + ((ms - START) / 3_600_000) * 6000 : 7 + ((ms - swap) / 3_600_000) * 6000;
  await run(rig, 0, 60, (ms) => [['main', 'energy', registerAt(ms)]]);
  const resetWh = sumWh(await minutes(rig, 'main'));
  near(t, resetWh, (6000 * (3590 - 10)) / 3600);
  const oldLast = 50_000 + ((swap - START) / 3_600_000) * 6000;
  await correct(rig, { kind: 'replacement', point: 'main', at: swap, channel: 'energy', oldLast, newFirst: 7 });
  near(t, sumWh(await minutes(rig, 'main')), (6000 * 3590) / 3600);
  await replaysAlike(t, rig, data);
});

t.test(
  'a reading without a number that comes late is in what is corrected, and takes nothing of it back',
  async (t) => {
    const data = scratch(t);
    const rig = await rigOf(t, data);
    const send = (ms: number, powerW: number): void =>
      rig.send('readings', { v: 1, at: ms, readings: [['main', 'power', powerW]] }, 'sensor');
    const points = [declared('main', 'utility')];
    rig.send('birth', { v: 1, epoch: 'E', firstSeq: 1, at: START, software: 'test', points });
    for (let ms = at(0); ms <= at(30); ms += 10_000) {
      rig.nowMs = ms;
      if (ms !== at(12)) send(ms, 6000);
      if (ms === at(20)) send(at(12), 12_000);
      if (ms % MINUTE_MS !== 0) continue;
      rig.pipeline.tick();
      await rig.settle();
    }
    // 6 kW more at one instant, to and from which the power rises and falls in 10 s each.
    const lateWh = (6000 * 10) / 3600;
    near(t, sumWh(await minutes(rig, 'main')), 3000 + lateWh);
    await correct(rig, { kind: 'factor', point: 'main', from: at(10), to: at(14), factor: 2 });
    near(t, sumWh(await minutes(rig, 'main')), 3000 + 400 + 2 * lateWh);
    await correct(rig, { kind: 'void', point: 'main', from: at(15), to: at(20) });
    const before = await minutes(rig, 'main');
    t.same(
      before.filter(({ startMs }) => startMs >= at(15) && startMs < at(20)),
      [],
    );
    rig.nowMs = at(31);
    send(at(29) + 5_000, 6000);
    rig.pipeline.tick();
    await rig.settle();
    t.same(await minutes(rig, 'main'), before);
    await replaysAlike(t, rig, data);
  },
);

t.test('the description of today can be made to hold from a date on', async (t) => {
  const data = scratch(t);
  const rig = await rigOf(t, data);
  const file = (role: 'other' | 'it') =>
    ({ ...emptySiteFile({ site: 'dc-1', group: 'default' }), points: [{ point: 'ups', role }] }) as SiteFile;
  rig.ingest.setSites([file('other')], START);
  announce(rig);
  await run(rig, 0, 50, steady);
  rig.ingest.setSites([file('it')], rig.nowMs);
  await run(rig, 50, 52, steady);
  const itWh = async (asOfMs: number | null = null): Promise<number | null | undefined> => {
    await rig.recorder.idle();
    const [sum] = await rig.store.siteQuarters(0, null, { fromMs: at(15), toMs: at(30) }, asOfMs);
    return sum?.levels[0]?.itWh;
  };
  t.equal(await itWh(), null);
  const made = await correct(rig, { kind: 'structure', from: START });
  near(t, (await itWh()) ?? 0, 1000);
  t.equal(await itWh(made.recordedMs - 1), null);
  await run(rig, 52, 70, steady);
  await replaysAlike(t, rig, data);
});

t.test('what an earlier description made of others is taken back, and what is measured stays', async (t) => {
  const data = scratch(t);
  let rig = await rigOf(t, data);
  const file = (more: object) => ({ ...emptySiteFile({ site: 'dc-1', group: 'default' }), ...more }) as SiteFile;
  const both = { point: 'both', role: 'it', virtual: { sum: { main: 1, ups: 1 }, constantW: 0 } };
  const partials = [{ id: 'hall', total: ['main'], it: ['ups'] }];
  rig.ingest.setSites([file({ points: [{ point: 'main' }, { point: 'ups' }, both], partials })], START);
  announce(rig);
  await run(rig, 0, 20, steady);
  rig.ingest.setSites([file({ points: [{ point: 'both', role: null }] })], rig.nowMs);
  await run(rig, 20, 50, steady);
  // The description that made it is in the snapshot only.
  await rig.close();
  rig = await rigOf(t, data, at(50));
  const rows = async (asOfMs: number | null): Promise<unknown> => {
    const span = { fromMs: START, toMs: at(15) };
    const pointIds = ['main', 'both'].map((point) => rig.fold.catalogue.pointId(0, point) as number);
    const points = await rig.store.pointQuarters(pointIds, span, asOfMs);
    const [hall] = await rig.store.siteQuarters(0, 'hall', span, asOfMs);
    return [...points.map(({ energyWh }) => Math.round(energyWh)), hall?.supplyMs];
  };
  const made = await correct(rig, { kind: 'structure', from: START });
  t.same(await rows(made.recordedMs - 1), [1483, 2472, 890_000]);
  t.same(await rows(null), [1483, 0, 0]);
  await replaysAlike(t, rig, data);
});

t.test('a crash at any moment of a restatement leaves it done after the restart', async (t) => {
  const data = scratch(t);
  let rig = await Rig.open(data);
  announce(rig);
  await run(rig, 0, 30, steady);
  await rig.recorder.idle();
  // On record, but the store has nothing of it when the collector dies.
  rig.recorder.restate = () => new Promise(() => {});
  const change = { kind: 'void', point: 'main', from: at(5), to: at(10) } as const;
  void rig.pipeline.correct(0, { by: 'auditor', reason: 'test', change });
  while (rig.fold.corrections.all.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await rig.crash();
  rig = await rigOf(t, data, at(30));
  near(t, sumWh(await minutes(rig, 'main')), (6000 * (1790 - 310)) / 3600);
  await run(rig, 30, 32, steady);
  await replaysAlike(t, rig, data);
});

t.test('agents are acknowledged while a correction is worked in, and nothing is lost', async (t) => {
  const data = scratch(t);
  const rig = await rigOf(t, data);
  announce(rig);
  await run(rig, 0, 30, steady);
  await rig.recorder.idle();
  const restate = rig.recorder.restate.bind(rig.recorder);
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  rig.recorder.restate = async (...args) => {
    await held;
    return restate(...args);
  };
  const change = { kind: 'factor', point: 'ups', from: at(10), factor: 0.5 } as const;
  const made = rig.pipeline.correct(0, { by: 'auditor', reason: 'test', change });
  while (rig.fold.corrections.all.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const last = (at(40) - START) / 10_000;
  for (let ms = at(30) + 10_000; ms <= at(40); ms += 10_000) {
    rig.nowMs = ms;
    rig.send('readings', { v: 1, epoch: 'E', seq: (ms - START) / 10_000, at: ms, readings: steady() });
    if (ms % MINUTE_MS === 0) rig.pipeline.tick();
  }
  while (rig.acks.at(-1)?.seq !== last) await new Promise((resolve) => setImmediate(resolve));
  t.equal(rig.recorder.depth, 0, 'acknowledged before the correction is worked in');
  goOn();
  await made;
  await rig.settle();
  near(t, sumWh(await minutes(rig, 'ups')), (4000 * 590 + 2000 * 1800) / 3600);
  near(t, sumWh(await minutes(rig, 'main')), (6000 * 2390) / 3600);
  await replaysAlike(t, rig, data);
});

/** Fails so many times before it does what it should. */
function failing(times: number): RefoldRun {
  let left = times;
  return (job) => {
    if (left-- > 0) throw new Error('the disk says no');
    return refoldLog(job);
  };
}

/** Of the first hour of 4 kW, whose first ten seconds nobody knows; and what the correction takes off it. */
const KNOWN_WH = (4000 * 3590) / 3600;
const HALVED_WH = (4000 * 10) / 120;

const halved: Change = { kind: 'factor', point: 'ups', from: at(10), to: at(20), factor: 0.5 };

t.test('evidence that can be read at the second attempt leaves no trace', async (t) => {
  const rig = await Rig.open(scratch(t), START, failing(1));
  t.teardown(() => rig.close());
  announce(rig);
  await run(rig, 0, 30, steady);
  await correct(rig, halved);
  near(t, sumWh(await minutes(rig, 'ups')), KNOWN_WH - 2000 - HALVED_WH);
  t.equal(rig.recorder.problem, null);
});

t.test('a correction that cannot be worked in is said, holds nothing up, and a replay mends it', async (t) => {
  const data = scratch(t);
  const problem = /^correction \d+ is on record, but could not be worked in \(the disk says no\).*replay --replace/;
  const before = await Rig.open(data, START, failing(Number.POSITIVE_INFINITY));
  announce(before);
  await run(before, 0, 30, steady);
  await t.rejects(correct(before, halved), { name: 'RefoldError', message: /the disk says no/ });
  t.match(before.recorder.problem, problem);
  await run(before, 30, 60, steady);
  near(t, sumWh(await minutes(before, 'ups')), KNOWN_WH);
  await before.close();

  const after = await rigOf(t, data, at(60));
  t.match(after.recorder.problem, problem, 'a restart does not forget it');
  near(t, sumWh(await minutes(after, 'ups')), KNOWN_WH);
  await after.close();

  await replay(data, { replace: true, onProgress: () => {} });
  const mended = await rigOf(t, data, at(60));
  t.equal(mended.recorder.problem, null);
  near(t, sumWh(await minutes(mended, 'ups')), KNOWN_WH - HALVED_WH);
});

t.test('a dry run right after a backlog has its minutes, though no tick has handed them on yet', async (t) => {
  const data = scratch(t);
  const rig = await rigOf(t, data);
  announce(rig);
  rig.nowMs = at(20.5);
  for (let seq = 1; seq <= 123; seq++)
    rig.send('readings', { v: 1, epoch: 'E', seq, at: START + seq * 10_000, readings: steady() });
  await rig.settle();
  t.equal(rig.fold.closedMs, 0);
  const open = (pointId: number, span: Span): PointInterval[] => rig.fold.accounting.open([pointId], span);
  const figures = {
    pointMinutes: async (pointId: number, span: Span) => open(pointId, span),
    pointSumsOf: async ([pointId = -1]: readonly number[], edgesMs: readonly number[]) =>
      sumPointIntervals(open(pointId, { fromMs: START, toMs: at(60) }), edgesMs),
  };
  const restater = { directory: evidenceDirectory(data), refold: refoldLog };
  const change = { kind: 'factor', point: 'main', from: at(10), factor: 2 } as const;
  const tried = await tryEntry(
    { fold: rig.fold, restater, figures },
    rig.fold.registry.site(0),
    { by: 'auditor', reason: 'test', change },
    rig.nowMs,
  );
  const [month] = tried[0]?.months ?? [];
  near(t, month?.before.energyWh ?? 0, (6000 * 1220) / 3600);
  near(t, month?.after.energyWh ?? 0, (6000 * (590 + 2 * 630)) / 3600);
});
