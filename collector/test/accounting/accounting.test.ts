import type { Channel } from '@wattmark/shared/channels';
import fc from 'fast-check';
import t from 'tap';
import { Accounting } from '../../src/accounting/accounting.ts';
import type { PointInterval } from '../../src/accounting/interval.ts';
import { Bench, newestRows, START } from './bench.ts';

t.test('the order of readings within a message does not matter', async (t) => {
  const one = new Bench();
  const other = new Bench();
  for (let s = 0; s <= 600; s += 7) {
    const readings = [
      [0, 'power', 1000 + s],
      [0, 'energy', Math.round(1000 * s * s)],
      [1, 'power', 50],
    ] as const;
    one.send(0, START + s * 1000, readings);
    other.send(0, START + s * 1000, readings.toReversed());
  }
  t.same(one.newest(), other.newest());
});

t.test('a point belongs to the agent that reports it, until that agent is silent', async (t) => {
  const bench = new Bench();
  for (let s = 0; s <= 60; s += 10) {
    bench.send(0, START + s * 1000, [[0, 'power', 100]]);
    bench.send(1, START + s * 1000 + 5, [[0, 'power', 900]]);
  }
  t.equal(bench.accounting.counters.conflicting, 7);
  t.match(bench.newest(), [{ maxW: 100, measuredMs: 60_000 }]);
  for (let s = 70; s <= 300; s += 10) bench.send(1, START + s * 1000, [[0, 'power', 900]]);
  t.equal(bench.accounting.owner(0), 1);
  bench.send(0, START + 305_000, [[0, 'power', 100]]);
  t.equal(bench.accounting.owner(0), 1);
});

t.test('readings from far ahead are not accounted', async (t) => {
  const bench = new Bench();
  bench.send(0, START + 3_600_000, [[0, 'power', 100]], { receivedMs: START });
  t.equal(bench.accounting.counters.ahead, 1);
  bench.send(0, START, [[0, 'power', 100]]);
  bench.send(0, START + 10_000, [[0, 'power', 100]]);
  t.match(bench.newest(), [{ measuredMs: 10_000 }]);
});

t.test('a clock that jumps back loses time, and counts nothing twice', async (t) => {
  const bench = new Bench();
  for (let s = 0; s <= 7200; s += 10) {
    const jumped = s >= 3600 && s < 5400 ? s - 3600 : s;
    bench.send(0, START + jumped * 1000, [[0, 'power', 360]], { seq: s + 1, receivedMs: START + s * 1000 });
  }
  const rows = bench.newest() as PointInterval[];
  t.ok(rows.every(({ measuredMs, energyWh }) => measuredMs <= 60_000 && energyWh <= 6 + 1e-9));
  t.equal(bench.accounting.counters.late, 180);
  t.equal(
    rows.reduce((sum, { measuredMs }) => sum + measuredMs, 0),
    (7200 - 1810) * 1000,
  );
});

const history = fc
  .array(
    fc.record({
      s: fc.integer({ min: 0, max: 1800 }),
      point: fc.nat(1),
      channel: fc.constantFrom<Channel>('power', 'energy'),
      value: fc.nat(10_000),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .chain((readings) =>
    fc.record({
      readings: fc.constant(readings),
      shuffled: fc.shuffledSubarray(readings, { minLength: readings.length, maxLength: readings.length }),
      closes: fc.array(fc.nat(60)),
    }),
  );

t.test('readings that are not numbered give the same intervals in any order of arrival, and twice', async () => {
  fc.assert(
    fc.property(history, ({ readings, shuffled, closes }) => {
      const ordered = new Bench();
      const arrived = new Bench();
      // One value per slot and instant: which of two different ones counts is decided by arrival.
      const unique = new Map(readings.map((r) => [`${r.s} ${r.point} ${r.channel}`, r]));
      const keep = new Set(unique.values());
      for (const { s, point, channel, value } of [...keep].sort((a, b) => a.s - b.s)) {
        ordered.send(0, START + s * 1000, [[point, channel, value]], { seq: 0 });
      }
      for (const [index, reading] of [...shuffled, ...shuffled].entries()) {
        if (!keep.has(reading)) continue;
        const { s, point, channel, value } = reading;
        arrived.send(0, START + s * 1000, [[point, channel, value]], { seq: 0, receivedMs: START + 3_600_000 });
        if (closes.includes(index)) arrived.close(START + 3_600_000);
      }
      t.same(arrived.newest(), ordered.newest());
    }),
    { numRuns: 300 },
  );
});

t.test('what is handed on is what was shown as open, also where a factor holds', async () => {
  fc.assert(
    fc.property(history, fc.double({ min: -3, max: 3, noNaN: true }), ({ readings, shuffled, closes }, factor) => {
      const bench = new Bench();
      const factors = [{ fromMs: START + 600_000, toMs: START + 1_200_000, factor }];
      bench.accounting.adjusted.set(1, { voids: [], factors, entered: [] });
      for (const [index, { s, point, channel, value }] of shuffled.entries()) {
        const numbered = { seq: readings.length % 2, receivedMs: START + 3_600_000 };
        bench.send(0, START + s * 1000, [[point, channel, value]], numbered);
        if (index < shuffled.length - 1 && !closes.includes(index)) continue;
        const open = newestRows(bench.accounting.open([0, 1], { fromMs: 0, toMs: Number.POSITIVE_INFINITY }));
        for (const [key, row] of newestRows(bench.close(Number.POSITIVE_INFINITY))) t.strictSame(row, open.get(key));
      }
    }),
    { numRuns: 200 },
  );
});

t.test('an account saved and loaded goes on as if nothing had been', async () => {
  fc.assert(
    fc.property(history, fc.nat(60), ({ readings, shuffled }, at) => {
      const straight = new Bench();
      let interrupted = new Bench();
      for (const [index, { s, point, channel, value }] of shuffled.entries()) {
        const numbered = { seq: readings.length % 2, receivedMs: START + 3_600_000 };
        for (const bench of [straight, interrupted])
          bench.send(0, START + s * 1000, [[point, channel, value]], numbered);
        if (index !== at) continue;
        for (const bench of [straight, interrupted]) bench.close(START + 1_000_000);
        const resumed = new Bench();
        resumed.accounting.load(structuredClone(interrupted.accounting.save()));
        for (const [key, row] of interrupted.rows) resumed.rows.set(key, row);
        interrupted = resumed;
      }
      t.same(interrupted.newest(), straight.newest());
    }),
    { numRuns: 200 },
  );
});

t.test('a fuel point counts its own register, in its own unit, and no power beside it', async (t) => {
  const bench = new Bench();
  bench.catalogue.addSlot({ agentId: 0, pointId: 0, channel: 'volume' });
  bench.accounting.describe(0, 10_000, null, 'volume');
  for (let s = 0; s <= 120; s += 10) {
    bench.send(0, START + s * 1000, [
      [0, 'volume', 500 + s / 10],
      [0, 'power', 40_000],
      [0, 'energy', 1e6 + 111 * s],
    ]);
  }
  t.match(bench.newest(), [
    { pointId: 0, energyWh: 6, exportWh: 0, measuredMs: 60_000, minW: null },
    { pointId: 0, energyWh: 6, measuredMs: 60_000 },
  ]);
  const of = (channel: Channel) => bench.accounting.slot(bench.catalogue.slotId(0, 0, channel) ?? -1);
  t.match(of('power'), { value: 40_000, use: 'gauge' }, 'shown, not counted');
  t.match(of('volume'), { value: 512, use: 'register', meanW: 360 }, 'litres per hour');
});

t.test('a point that begins to count something else mixes nothing, also across a snapshot', async (t) => {
  const bench = new Bench();
  bench.catalogue.addSlot({ agentId: 0, pointId: 0, channel: 'volume' });
  const both = (s: number): void =>
    bench.send(0, START + s * 1000, [
      [0, 'volume', 500 + s / 10],
      [0, 'energy', 1e6 + 100 * s],
    ]);
  for (let s = 0; s <= 90; s += 10) both(s);
  bench.accounting.describe(0, 10_000, null, 'volume');
  bench.close(0);
  const restored = new Accounting(bench.catalogue);
  restored.load(bench.accounting.save());
  t.match(restored.save(), bench.accounting.save());
  for (let s = 100; s <= 240; s += 10) both(s);
  t.match(bench.newest(), [
    { startMs: START, energyWh: 6000 },
    { startMs: START + 60_000, energyWh: 3000, measuredMs: 30_000 },
    { startMs: START + 120_000, energyWh: 6 },
    { startMs: START + 180_000, energyWh: 6 },
  ]);
});
