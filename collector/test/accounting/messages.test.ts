import type { Channel } from '@wattmark/shared/channels';
import t from 'tap';
import { Accounting, MAX_AHEAD_MS } from '../../src/accounting/accounting.ts';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { Bench, START } from './bench.ts';

/** What single messages do to the accounting. */

const always = { fromMs: START, toMs: START + 3_600_000 };

t.test('a message may be five minutes ahead of its arrival', async (t) => {
  const bench = new Bench();
  t.equal(MAX_AHEAD_MS, 300_000);
  bench.send(0, START + 300_000, [[0, 'power', 60]], { receivedMs: START });
  t.match([bench.accounting.counters.ahead, bench.accounting.owner(0)], [0, 0]);
  const two = [
    [1, 'power', 60],
    [1, 'energy', 5],
  ] as const;
  bench.send(0, START + 300_001, two, { receivedMs: START });
  t.match([bench.accounting.counters.ahead, bench.accounting.owner(1)], [2, undefined]);
});

t.test('a gap is more than three intervals of its point, or three minutes where nothing is known of it', async (t) => {
  const gaps = (pointId: number, apartMs: number): number => {
    const bench = new Bench();
    bench.catalogue.addPoint({ siteId: 0, point: 'three' });
    bench.catalogue.addSlot({ agentId: 0, pointId: 2, channel: 'power' });
    for (const ms of [0, apartMs]) bench.send(0, START + ms, [[pointId, 'power', 60]]);
    return bench.accounting.counters.gaps;
  };
  t.same([gaps(0, 30_000), gaps(0, 30_001)], [0, 1]);
  t.same([gaps(2, 180_000), gaps(2, 180_001)], [0, 1]);
});

t.test('what is finished waits to be taken, and no snapshot is made until then', async (t) => {
  const bench = new Bench();
  bench.catalogue.addSlot({ agentId: 0, pointId: 1, channel: 'voltage' });
  const { accounting } = bench;
  for (const ms of [0, 30_000, 60_000, 61_000])
    bench.send(0, START + ms, [
      [0, 'power', 60],
      [1, 'voltage', 230],
    ]);
  t.equal(accounting.backlog, 2);
  t.throws(() => accounting.save(), { message: 'intervals wait to be taken' });
  const taken = accounting.take();
  t.match([...taken.points], [{ pointId: 0, startMs: START, energyWh: 1 }]);
  t.match(taken.gauges, [{ pointId: 1, mean: 230, samples: 2 }]);
  t.equal(accounting.backlog, 0);
  t.doesNotThrow(() => accounting.save());
  const none = accounting.take();
  t.same([none.points.length, none.gauges], [0, []]);
  const closed = accounting.close(START + 2 * MINUTE_MS);
  t.match([...closed.points], [{ startMs: START + MINUTE_MS }]);
  t.match(closed.gauges, [{ startMs: START + MINUTE_MS, samples: 2 }]);
});

t.test('what is not taken yet is open, point by point and as corrections make it', async (t) => {
  const bench = new Bench();
  const { accounting } = bench;
  for (let s = 0; s <= 130; s += 10)
    bench.send(0, START + s * 1000, [
      [0, 'power', 60],
      [1, 'power', 120],
    ]);
  const open = (pointIds: readonly number[], fromMinute: number, toMinute: number): unknown[] => {
    const span = { fromMs: START + fromMinute * MINUTE_MS, toMs: START + toMinute * MINUTE_MS };
    return accounting
      .open(pointIds, span)
      .map(({ pointId, startMs, energyWh }) => [pointId, (startMs - START) / MINUTE_MS, Number(energyWh.toFixed(6))]);
  };
  t.same(open([0], 0, 9), [
    [0, 0, 1],
    [0, 1, 1],
    [0, 2, 0.166667],
  ]);
  t.same(open([0], 1, 2), [[0, 1, 1]]);
  t.same(open([1], 2, 3), [[1, 2, 0.333333]]);
  t.same(open([7], 0, 9), []);
  accounting.adjusted.set(0, { voids: [], factors: [{ ...always, factor: 3 }], entered: [] });
  t.same(open([0], 2, 3), [[0, 2, 0.5]]);
  accounting.close(START + MINUTE_MS);
  t.same(open([0], 0, 3), [[0, 2, 0.5]]);
  for (const s of [140, 170, 180, 181]) bench.send(0, START + s * 1000, [[0, 'power', 60]]);
  t.match([...accounting.take().points], [{ startMs: START + 2 * MINUTE_MS, minW: 180, measuredMs: 60_000 }]);
});

t.test('a voided reading is counted, and does nothing else', async (t) => {
  const bench = new Bench();
  bench.accounting.adjusted.set(0, { voids: [{ fromMs: START, toMs: START + 1 }], factors: [], entered: [] });
  const both = [
    [0, 'power', 60],
    [0, 'energy', 5],
    [1, 'power', 60],
  ] as const;
  bench.send(0, START, both);
  t.equal(bench.accounting.counters.voided, 2);
  t.match([bench.accounting.owner(0), bench.accounting.owner(1)], [undefined, 0]);
  bench.send(0, START + 1, both);
  t.match([bench.accounting.counters.voided, bench.accounting.owner(0)], [2, 0]);
});

t.test('what is not booked is counted by its reason, and kept with the register before and after', async (t) => {
  const bench = new Bench();
  const { accounting } = bench;
  bench.send(0, START, [[0, 'energy', 500]]);
  bench.send(0, START + 10_000, [[0, 'energy', 5]]);
  bench.send(0, START + 10_000, [[0, 'energy', 7]]);
  bench.send(1, START + 20_000, [[0, 'energy', 900]]);
  t.match(accounting.counters, { resets: 1, late: 1, conflicting: 1, gaps: 0, voided: 0, ahead: 0 });
  t.match(accounting.incidents.of(0), [
    { kind: 'reset', beforeWh: 500, afterWh: 5, agentId: 0 },
    { kind: 'late' },
    { kind: 'conflict', agentId: 1 },
  ]);
  t.same(accounting.ownership, 1);
  const slotOf = (agentId: number) => accounting.slot(bench.catalogue.slotId(agentId, 0, 'energy') ?? -1);
  t.match(slotOf(0), { value: 5, atMs: START + 10_000 }, 'what came late is not the newest');
  t.ok(Number.isNaN(slotOf(1)?.atMs), 'nor is what another agent’s readings stand against');
  t.match(accounting.clocks.of(0), []);
  bench.send(0, START + 90_000, [[0, 'energy', 9]], { receivedMs: START + 30_000 });
  t.match(accounting.clocks.of(0), [{ kind: 'ahead', worstMs: 60_000 }]);
  accounting.enter(0, { atMs: START + 200_000, use: 'register', value: 20, nextFirst: null }, null);
  bench.send(0, START + 150_000, [[0, 'energy', 15]]);
  t.match([accounting.counters.late, slotOf(0)?.value], [2, 9], 'late, though newer than its own channel’s last');
});

t.test('a snapshot holds all that has been, whatever it was', async (t) => {
  const bench = new Bench();
  bench.send(0, START, [[0, 'energy', 500]], { seq: 0 });
  bench.send(0, START + 10_000, [[0, 'energy', 5]], { seq: 0, receivedMs: START - 60_000 });
  bench.send(1, START + 20_000, [[0, 'power', 5]]);
  bench.send(1, START + 20_000, [[1, 'power', 5]]);
  bench.close(START);
  const saved = bench.accounting.save();
  t.match(saved, {
    pointCount: 2,
    counters: { resets: 1, conflicting: 1 },
    incidents: [{ kind: 'reset' }, { kind: 'conflict' }],
    histories: [{ entries: { length: 2 } }],
    clocks: [{ spans: [{ kind: 'ahead' }] }],
  });
  const again = new Accounting(bench.catalogue);
  again.load(structuredClone(saved));
  t.strictSame(again.save(), saved);
});

t.test('energy fed back and estimates are told apart from the rest of a message', async (t) => {
  const bench = new Bench();
  bench.catalogue.addSlot({ agentId: 0, pointId: 0, channel: 'energy-export' });
  for (const s of [0, 30])
    bench.send(0, START + s * 1000, [
      [0, 'energy-export', 10 + s],
      [1, 'power', 120, true],
    ]);
  t.match(bench.newest(), [{ exportWh: 30 }, { energyWh: 1, estimatedWh: 1, estimatedMs: 30_000 }]);
});

t.test('a point that begins to count something else forgets what might have come late', async (t) => {
  const bench = new Bench();
  bench.catalogue.addSlot({ agentId: 0, pointId: 0, channel: 'volume' });
  for (const s of [0, 20]) bench.send(0, START + s * 1000, [[0, 'energy', 1000 + s]], { seq: 0 });
  bench.accounting.describe(0, 10_000, null, 'volume');
  bench.send(0, START + 15_000, [[0, 'volume', 5]], { seq: 0, receivedMs: START + 30_000 });
  t.equal(bench.accounting.account(0).registerAtMs, START + 15_000);
});

t.test('a minute that was handed on before a history began is put right by what comes late', async (t) => {
  const bench = new Bench();
  bench.send(0, START + 10_000, [[0, 'energy', 1_000]]);
  bench.send(0, START + 30_000, [[0, 'energy', 1_005]], { seq: 2 });
  bench.close(START + MINUTE_MS);
  bench.send(0, START + 40_000, [[0, 'energy', 1_010]], { seq: 0 });
  bench.close(START + MINUTE_MS);
  t.match(bench.newest(), [{ energyWh: 10, measuredMs: 30_000 }]);
  // It stood far above in between: what flowed in the last ten seconds is unknown after all.
  bench.send(0, START + 35_000, [[0, 'energy', 9e6]], { seq: 0, receivedMs: START + MINUTE_MS });
  t.match(bench.newest(), [{ energyWh: 5, measuredMs: 20_000 }]);
});

t.test('a value read off between two samples cuts the line between them', async (t) => {
  const bench = new Bench();
  bench.send(0, START, [
    [0, 'power', 600],
    [0, 'energy', 1_000],
  ]);
  const next = { atMs: START + 30_000, powerW: 1_200 };
  bench.accounting.enter(0, { atMs: START + 15_000, use: 'register', value: 1_006, nextFirst: null }, next);
  t.equal(bench.accounting.account(0).sampleAtMs, START + 15_000);
  t.match(bench.newest(), [{ energyWh: 6, estimatedMs: 0, measuredMs: 15_000, bridgedMs: 0, minW: 600, maxW: 900 }]);
});

t.test('a gauge that comes late is late', async (t) => {
  const bench = new Bench();
  const slotId = bench.catalogue.addSlot({ agentId: 0, pointId: 0, channel: 'voltage' });
  bench.send(0, START + 10, [[0, 'voltage', 230]]);
  bench.send(0, START + 5, [[0, 'voltage', 100]]);
  t.equal(bench.accounting.counters.late, 1);
  t.match(bench.accounting.slot(slotId ?? bench.catalogue.slotId(0, 0, 'voltage') ?? -1), { value: 230 });
});

t.test('readings without a number are put in their place until one with a number comes', async (t) => {
  const late = (numbered: boolean): number => {
    const bench = new Bench();
    bench.send(0, START, [[0, 'power', 60]], { seq: 0 });
    bench.send(0, START + 20_000, [[0, 'power', 60]], { seq: 0 });
    bench.send(0, START + 40_000, [[0, 'power', 70]], { seq: numbered ? 1 : 0 });
    bench.send(0, START + 10_000, [[0, 'power', 80]], { seq: 0, receivedMs: START + 50_000 });
    t.match(bench.accounting.slot(0), { value: 70, atMs: START + 40_000 }, 'the newest is still the newest');
    return bench.accounting.counters.late;
  };
  t.same([late(false), late(true)], [0, 1]);
});

t.test('five thousand points have a history, and what comes late for further ones is late', async (t) => {
  const bench = new Bench();
  for (let pointId = 2; pointId <= 5_000; pointId++) {
    bench.catalogue.addPoint({ siteId: 0, point: `more-${pointId}` });
    bench.catalogue.addSlot({ agentId: 0, pointId, channel: 'power' });
  }
  const all = Array.from({ length: 5_001 }, (_, pointId) => [pointId, 'power', 60] as [number, Channel, number]);
  bench.send(0, START + 10_000, all, { seq: 0 });
  bench.send(0, START, all.slice(-2), { seq: 0, receivedMs: START + 10_000 });
  t.equal(bench.accounting.counters.late, 1);
  t.equal(bench.accounting.account(4_999).sampleAtMs, START + 10_000);
});

t.test('a correction’s account takes the place of the one that was', async (t) => {
  const [bench, other] = [new Bench(), new Bench()];
  const registers = (of: Bench, first: number): void => {
    of.send(0, START, [[0, 'energy', first]], { seq: 0 });
    of.send(0, START + 30_000, [[0, 'energy', first + 10]], { seq: 0 });
  };
  registers(bench, 1_000);
  registers(other, 5_000);
  bench.accounting.replace(0, other.accounting.saveAccount(0));
  t.same(bench.accounting.saveAccount(0), other.accounting.saveAccount(0));
  bench.send(0, START + 15_000, [[0, 'energy', 5_005]], { seq: 0, receivedMs: START + 30_000 });
  t.equal(bench.accounting.counters.late, 1, 'what came before is not folded again');
  bench.accounting.enter(0, { atMs: START + MINUTE_MS, use: 'register', value: 5_030, nextFirst: 7 }, null);
  t.match(bench.accounting.account(0), { registerAtMs: START + MINUTE_MS, exportAtMs: Number.NaN });
  bench.send(0, START + 2 * MINUTE_MS, [[0, 'energy', 17]]);
  t.match(bench.newest(), [{ energyWh: 30 }, { startMs: START + MINUTE_MS, energyWh: 10 }]);
});
