import fc from 'fast-check';
import t from 'tap';
import { MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import type { BucketSink } from '../../src/accounting/bucket.ts';
import { MAX_BRIDGE_MS, MAX_HELD_BY_HAND, PointAccount } from '../../src/accounting/point-account.ts';
import { openRows, rowOf } from './rows.ts';

const START = Date.UTC(2026, 0, 1);
const TICK = 10_000;

/** The newest row of each minute that an account has handed on or still holds. */
function newestRows(rows: readonly PointInterval[]): Map<number, PointInterval> {
  return new Map(rows.map((row) => [row.startMs, row]));
}

function byTime(rows: ReadonlyMap<number, PointInterval>): PointInterval[] {
  return [...rows.values()].sort((a, b) => a.startMs - b.startMs);
}

function totalWh(rows: ReadonlyMap<number, PointInterval>): number {
  return [...rows.values()].reduce((sum, { energyWh }) => sum + energyWh, 0);
}

class Bench {
  readonly account = new PointAccount(7, 3 * TICK);
  readonly rows: PointInterval[] = [];
  readonly sink: BucketSink = (pointId, bucket) => void this.rows.push(rowOf(pointId, bucket));

  power(seconds: number, powerW: number, estimated = false): string {
    return this.account.power(START + seconds * 1000, powerW, estimated, this.sink);
  }

  register(seconds: number, valueWh: number): string {
    return this.account.register(START + seconds * 1000, valueWh, false, this.sink);
  }

  newest(): Map<number, PointInterval> {
    this.account.close(Number.POSITIVE_INFINITY, this.sink);
    return newestRows([...this.rows, ...openRows(this.account)]);
  }

  minute(index: number): PointInterval | undefined {
    return this.newest().get(START + index * MINUTE_MS);
  }
}

t.test('samples are integrated by the trapezoid rule and split at the minute', async (t) => {
  const bench = new Bench();
  for (let s = 0; s <= 120; s += 10) bench.power(s, 1000 + s);
  // From 1000 W to 1060 W in one minute: 1030 W mean, 1030/60 Wh.
  t.match(bench.minute(0), { measuredMs: 60_000, minW: 1000, maxW: 1060 });
  t.ok(Math.abs((bench.minute(0)?.energyWh ?? 0) - 1030 / 60) < 1e-9);
  t.ok(Math.abs((bench.minute(1)?.energyWh ?? 0) - 1090 / 60) < 1e-9);
});

t.test('neighbours too far apart leave a gap, which is not a number', async (t) => {
  const bench = new Bench();
  bench.power(0, 600);
  bench.power(10, 600);
  t.equal(bench.power(300, 600), 'gap');
  bench.power(310, 600);
  t.equal(bench.minute(0)?.measuredMs, 10_000);
  t.equal(bench.minute(2), undefined);
  t.equal(bench.minute(5)?.measuredMs, 10_000);
});

t.test('a register beats samples, which say how its energy was spread', async (t) => {
  const bench = new Bench();
  // Samples read 10 % too high; power doubles in the second minute.
  let registerWh = 5000;
  for (let s = 0; s <= 120; s += 10) {
    const trueW = s <= 60 ? 1200 : 2400;
    if (s > 0) registerWh += (trueW * 10) / 3600;
    bench.power(s, trueW * 1.1);
    bench.register(s, registerWh);
  }
  t.ok(Math.abs((bench.minute(0)?.energyWh ?? 0) - 20) < 1e-9);
  t.ok(Math.abs((bench.minute(1)?.energyWh ?? 0) - 40) < 1e-9);
  t.match(bench.minute(1), { measuredMs: 60_000, bridgedMs: 0 });
});

t.test('a gap bridged by the register is measured in total and flagged', async (t) => {
  const bench = new Bench();
  bench.register(0, 1000);
  bench.register(30, 1010);
  bench.register(3630, 1610);
  const rows = bench.newest();
  t.ok(Math.abs(totalWh(rows) - 610) < 1e-9);
  t.match(bench.minute(0), { measuredMs: 60_000, bridgedMs: 30_000 });
  t.match(bench.minute(30), { measuredMs: 60_000, bridgedMs: 60_000, energyWh: 10 });
  t.match(bench.minute(60), { measuredMs: 30_000, bridgedMs: 30_000 });
});

t.test('after a reset the energy in between is unknown; what samples cover stands', async (t) => {
  const registerOnly = new Bench();
  registerOnly.register(0, 1000);
  registerOnly.register(10, 1001);
  t.equal(registerOnly.register(20, 5), 'reset');
  registerOnly.register(30, 6);
  t.match(registerOnly.minute(0), { measuredMs: 20_000, energyWh: 2 });

  const withSamples = new Bench();
  for (const [s, wh] of [
    [0, 1000],
    [10, 1001],
    [20, 0],
    [30, 1],
  ] as const) {
    withSamples.power(s, 360);
    withSamples.register(s, wh);
  }
  t.match(withSamples.minute(0), { measuredMs: 30_000, energyWh: 3 });
});

t.test('a declared modulus makes a fall a rollover, an implausible one stays a reset', async (t) => {
  const bench = new Bench();
  bench.account.modulusWh = 1_000_000;
  bench.register(0, 999_990);
  t.equal(bench.register(10, 10), 'booked');
  t.ok(Math.abs(totalWh(bench.newest()) - 20) < 1e-9);
  t.equal(bench.register(20, 5), 'reset');
});

t.test('a replaced meter with a higher register is not energy', async (t) => {
  const bench = new Bench();
  for (let s = 0; s <= 30; s += 10) {
    bench.power(s, 5000);
    bench.register(s, 1000 + (5000 * s) / 3600);
  }
  bench.power(40, 5000);
  t.equal(bench.register(40, 92_114_503), 'reset');
  t.ok(Math.abs(totalWh(bench.newest()) - (5000 * 40) / 3600) < 1e-9);
});

t.test('a coarse register is followed by samples and never loses energy', async (t) => {
  const bench = new Bench();
  const powerW = 900;
  for (let s = 0; s <= 7200; s += 10) {
    bench.power(s, powerW * 1.02);
    bench.register(s, Math.floor((powerW * s) / 3600 / 100) * 100);
  }
  const rows = bench.newest();
  t.ok(Math.abs(totalWh(rows) - 1800) <= 100 + 900 * 0.02, `${totalWh(rows)} Wh`);
  for (const row of rows.values()) if (row.measuredMs === 60_000) t.ok(Math.abs(row.energyWh - 15) < 0.4);
  t.ok(bench.account.held.length <= 15);
});

t.test('estimated samples are kept apart', async (t) => {
  const bench = new Bench();
  for (let s = 0; s <= 60; s += 10) bench.power(s, 600, true);
  t.match(bench.minute(0), { energyWh: 10, estimatedWh: 10, measuredMs: 0, estimatedMs: 60_000 });
});

t.test('what is not newer is late and changes nothing', async (t) => {
  const bench = new Bench();
  bench.power(0, 100);
  bench.power(10, 100);
  t.equal(bench.power(10, 900), 'late');
  t.equal(bench.power(5, 900), 'late');
  t.ok(Math.abs(totalWh(bench.newest()) - 1000 / 3600) < 1e-12);
});

t.test('the export register is spread beside the import register', async (t) => {
  const bench = new Bench();
  for (let s = 0; s <= 600; s += 7) {
    const atMs = START + s * 1000;
    bench.power(s, -500);
    bench.account.exportRegister(atMs, 100 + (500 * s) / 3600);
    bench.register(s, 40);
  }
  const rows = bench.newest();
  const exported = [...rows.values()].reduce((sum, { exportWh }) => sum + exportWh, 0);
  t.ok(Math.abs(exported - (500 * 595) / 3600) < 1e-9);
  t.equal(totalWh(rows), 0);
});

t.test('energy fed back in minutes that have left memory is booked on the first that has not', async (t) => {
  for (const lateS of [60, 30]) {
    const bench = new Bench();
    bench.account.exportRegister(START, 100);
    for (let s = 0; s <= 90; s += 10) bench.power(s, -500);
    bench.account.exportRegister(START + lateS * 1000, 107);
    t.match(bench.minute(0), { exportWh: 0 });
    t.match(bench.minute(1), { exportWh: 7 });
  }
});

t.test('a register of time that has left memory is booked when it speaks of later time', async (t) => {
  const bench = new Bench();
  bench.register(0, 1000);
  for (let s = 0; s <= 20 * 60; s += 10) bench.power(s, 3.6);
  t.equal(bench.register(240, 1000.25), 'booked');
  t.ok(Math.abs(totalWh(bench.newest()) - 1.2) < 1e-9, 'the samples stand');
  t.equal(bench.register(1200, 1001.3), 'booked');
  t.ok(Math.abs(totalWh(bench.newest()) - 1.3) < 1e-9, `${totalWh(bench.newest())} Wh`);
});

t.test('a sample at the very beginning of a minute finds what was fed back in it', async (t) => {
  const bench = new Bench();
  bench.account.exportRegister(START, 100);
  for (let s = 0; s <= 60; s += 10) bench.power(s, 600);
  bench.account.exportRegister(START + 70_000, 107);
  for (let s = 70; s <= 120; s += 10) bench.power(s, 600);
  t.match(bench.minute(1), { exportWh: 1, energyWh: 10, measuredMs: 60_000 });
});

t.test('samples as far apart as the greatest gap are neighbours', async (t) => {
  const bench = new Bench();
  t.same([bench.power(0, 600), bench.power(30, 600), bench.power(60.001, 600)], ['booked', 'booked', 'gap']);
  t.match(bench.minute(0), { energyWh: 5, measuredMs: 30_000 });
});

t.test('a mean is a rectangle over its span, and leaves a gap where it does not follow the last one', async (t) => {
  const bench = new Bench();
  const mean = (fromS: number, toS: number, powerW: number, estimated = false): string =>
    bench.account.mean({ fromMs: START + fromS * 1000, toMs: START + toS * 1000 }, powerW, estimated, bench.sink);
  t.same(
    [mean(0, 30, 600), mean(30, 60, 1200), mean(59, 90, 1), mean(90, 120, 60)],
    ['booked', 'booked', 'late', 'gap'],
  );
  t.match(bench.minute(0), { energyWh: 15, measuredMs: 60_000, minW: 600, maxW: 1200 });
  t.match(bench.minute(1), { energyWh: 0.5, measuredMs: 30_000 });
  t.equal(mean(120, 150, 60, true), 'booked');
  t.match(bench.minute(2), { measuredMs: 0, estimatedMs: 30_000, estimatedWh: 0.5 });
});

t.test('power at an instant between two samples lies on the line between them', async (t) => {
  const at = (seconds: number, nextS: number, nextW: number): unknown[] => {
    const bench = new Bench();
    bench.power(10, 1000);
    bench.account.interpolate(START + seconds * 1000, { atMs: START + nextS * 1000, powerW: nextW }, bench.sink);
    return [(bench.account.sampleAtMs - START) / 1000, bench.account.sampleW];
  };
  t.same(at(20, 40, 1600), [20, 1200]);
  t.same(at(10, 40, 1600), [10, 1000], 'the sample itself');
  t.same(at(20, 41, 1600), [10, 1000], 'across a gap there is no line');
  const bench = new Bench();
  bench.power(0, 600, true);
  bench.account.interpolate(START + 15_000, { atMs: START + 30_000, powerW: 600 }, bench.sink);
  t.match(bench.minute(0), { estimatedMs: 15_000, measuredMs: 0 }, 'what comes from an estimate is one');
});

t.test('a register bridges a month, or as much as it may, and no more', async (t) => {
  t.same(
    [MAX_BRIDGE_MS, MAX_HELD_BY_HAND, new Bench().account.maxBridgeMs],
    [31 * 86_400_000, 31 * 1440, MAX_BRIDGE_MS],
  );
  const hour = 3_600_000;
  const bridged = (ms: number, value = 1010): unknown[] => {
    const bench = new Bench();
    bench.account.maxBridgeMs = hour;
    bench.register(0, 1000);
    const outcome = bench.account.register(START + ms, value, false, bench.sink);
    return [outcome, Math.round(totalWh(bench.newest())), bench.account.registerWh];
  };
  t.same(bridged(hour), ['booked', 10, 1010]);
  t.same(bridged(hour + 1), ['gap', 0, 1010]);
  t.same(bridged(hour + 1, 5), ['reset', 0, 5], 'a reset is one however long it took');
  const bench = new Bench();
  bench.account.maxBridgeMs = hour;
  t.equal(bench.account.exportRegister(START, 1000), 'booked');
  t.equal(bench.account.exportRegister(START + hour, 1010), 'booked');
  t.equal(bench.account.exportRegister(START + 2 * hour + 1, 1020), 'gap');
  t.equal(bench.account.exportRegister(START + 2 * hour + 2, 5), 'reset');
  t.equal(bench.account.exportRegister(START + 2 * hour + 2, 6), 'late');
});

t.test('a register that stands still says nothing of samples, and zero where there are none', async (t) => {
  const bench = new Bench();
  bench.power(0, 360);
  bench.register(0, 1000);
  bench.power(30, 360);
  t.equal(bench.register(30, 1000), 'booked');
  t.equal(bench.account.registerAtMs, START, 'it is waited for');
  t.match(bench.minute(0), { energyWh: 3, measuredMs: 30_000 });
  const bare = new Bench();
  bare.register(0, 1000);
  t.equal(bare.register(0, 1001), 'late');
  t.equal(bare.register(60, 1000), 'booked');
  t.equal(bare.account.registerAtMs, START + 60_000);
  t.match(bare.minute(0), { energyWh: 0, measuredMs: 60_000, bridgedMs: 60_000 });
});

t.test('what was booked ahead of the register is taken off what it tells', async (t) => {
  const bench = new Bench();
  bench.power(0, 600);
  bench.register(0, 1000);
  // 10 Wh a minute, of which the register tells nothing for seventeen minutes: two leave memory as sampled.
  for (let s = 30; s <= 17 * 60 + 30; s += 30) bench.power(s, 600);
  t.same([bench.account.held.length, bench.account.creditWh], [15, 20]);
  t.equal(bench.account.evictedToMs, START + 2 * MINUTE_MS);
  t.equal(bench.register(1080, 1015), 'booked');
  t.equal(bench.account.creditWh, 5, 'five more than it has told are owed to it');
  t.ok(Math.abs(totalWh(bench.newest()) - 20) < 1e-9);
  t.equal(bench.register(1140, 1025), 'booked');
  t.ok(Math.abs(totalWh(bench.newest()) - 25) < 1e-9, `${totalWh(bench.newest())} Wh`);
});

t.test('estimated samples beside a register count for nothing, and power that flows back for no import', async (t) => {
  const bench = new Bench();
  bench.register(0, 1000);
  for (let s = 0; s <= 60; s += 10) bench.power(s, 600, true);
  t.equal(bench.minute(0), undefined);
  const both = new Bench();
  both.account.exportRegister(START, 5);
  // From 600 W to -600 W: what is below zero is the export register's.
  both.power(0, 600);
  both.power(30, -600);
  t.match(both.minute(0), { energyWh: 2.5, minW: -600, maxW: 600 });
  const alone = new Bench();
  alone.power(0, 600);
  alone.power(30, -600);
  t.match(alone.minute(0), { energyWh: 0 });
  t.equal(alone.account.greatestW, 600);
  alone.power(40, -700);
  t.equal(alone.account.greatestW, 700);
});

t.test('samples from before a register do not count twice', async (t) => {
  const bench = new Bench();
  bench.power(0, 600);
  bench.account.register(START + 15_000, 1000, false, bench.sink);
  bench.power(30, 1200);
  // From 15 s on, where the line is at 900 W: 1050 W for 15 s.
  t.ok(Math.abs((bench.minute(0)?.energyWh ?? 0) - 1050 / 240) < 1e-9);
  t.equal(bench.minute(0)?.measuredMs, 15_000);
  t.match(bench.minute(0), { minW: 900, maxW: 1200 });
});

t.test('a minute is handed on when it is over, and once', async (t) => {
  const bench = new Bench();
  bench.power(0, 600);
  bench.power(30, 600);
  bench.account.close(START + MINUTE_MS - 1, bench.sink);
  t.same([bench.rows.length, openRows(bench.account).length], [0, 1]);
  bench.account.close(START + MINUTE_MS, bench.sink);
  bench.account.close(START + MINUTE_MS, bench.sink);
  t.equal(bench.rows.length, 1);
  bench.power(60, 600);
  bench.power(61, 600);
  t.same(
    bench.rows.map(({ measuredMs }) => measuredMs),
    [30_000, 60_000],
    'and again where it has changed',
  );
  t.same(openRows(new Bench().account), []);
});

t.test('another meter begins with its own value', async (t) => {
  const bench = new Bench();
  bench.register(0, 1000);
  bench.account.replaceMeter(START, 'register', 5);
  t.equal(bench.register(60, 15), 'booked');
  t.match(bench.minute(0), { energyWh: 10, exportWh: 0 });
  bench.account.exportRegister(START, 1000);
  bench.account.replaceMeter(START, 'export', 0);
  t.equal(bench.account.exportRegister(START + MINUTE_MS, 4), 'booked');
  t.match(bench.minute(0), { energyWh: 10, exportWh: 4 });
});

t.test('a line over a minute’s end is cut there', async (t) => {
  const bench = new Bench();
  bench.power(50, 600);
  bench.power(70, 1200);
  t.match(
    [bench.minute(0), bench.minute(1)],
    [
      { minW: 600, maxW: 900 },
      { minW: 900, maxW: 1200 },
    ],
  );
  t.ok(Math.abs((bench.minute(0)?.energyWh ?? 0) - 7500 / 3600) < 1e-9);
  t.ok(Math.abs((bench.minute(1)?.energyWh ?? 0) - 10_500 / 3600) < 1e-9);
});

t.test('a sample that is estimated makes what lies on both of its sides an estimate', async (t) => {
  const bench = new Bench();
  for (const [s, estimated] of [
    [0, false],
    [10, true],
    [20, false],
    [30, false],
  ] as const)
    bench.power(s, 360, estimated);
  t.match(bench.minute(0), { estimatedMs: 20_000, estimatedWh: 2, measuredMs: 10_000, energyWh: 3 });
});

t.test(
  'samples before the first register stand, and a register without samples is believed up to 100 MW',
  async (t) => {
    const bench = new Bench();
    bench.power(0, 600);
    bench.power(30, 600);
    bench.register(30, 1000);
    bench.register(60, 1010);
    t.ok(Math.abs((bench.minute(0)?.energyWh ?? 0) - 15) < 1e-9);
    const plant = new Bench();
    plant.register(0, 0);
    t.equal(plant.register(3600, 50e6), 'booked');
  },
);

t.test('a Wh is a movement, and half a Wh of samples is waited for', async (t) => {
  const bench = new Bench();
  bench.register(0, 1000);
  bench.power(0, 60);
  bench.power(30, 60);
  t.equal(bench.register(30, 1000), 'booked');
  t.equal(bench.account.registerAtMs, START);
  t.equal(bench.register(30, 1001), 'booked');
  t.match([bench.account.registerAtMs, bench.minute(0)?.energyWh], [START + 30_000, 1]);
});

t.test('energy fed back is handed on again with its minute, beside a register of either direction', async (t) => {
  const bench = new Bench();
  bench.account.exportRegister(START, 100);
  bench.power(0, -60);
  bench.power(30, -60);
  bench.account.close(START + MINUTE_MS, bench.sink);
  t.equal(bench.account.exportRegister(START + 45_000, 101), 'booked');
  bench.account.close(START + MINUTE_MS, bench.sink);
  t.same(
    bench.rows.map(({ exportWh }) => exportWh),
    [0, 1],
  );
  const both = new Bench();
  both.register(0, 1000);
  both.power(0, 600);
  both.power(30, -600);
  t.equal(both.minute(0)?.energyWh, 2.5, 'what is below zero is no import');
});

t.test('minutes that wait for their register are shown and handed on as they are known', async (t) => {
  const bench = new Bench();
  bench.register(0, 1000);
  for (let s = 0; s <= 150; s += 10) bench.power(s, 600);
  t.equal(bench.account.held.length, 2);
  t.same(
    openRows(bench.account).map(({ energyWh }) => Math.round(energyWh)),
    [10, 10, 5],
  );
  bench.account.close(START + 2 * MINUTE_MS, bench.sink);
  t.same(
    bench.rows.map(({ startMs, energyWh }) => [(startMs - START) / MINUTE_MS, Math.round(energyWh)]),
    [
      [0, 10],
      [1, 10],
    ],
  );
  const read = new Bench();
  read.register(0, 1000);
  for (let s = 0; s <= 60; s += 10) read.power(s, 600);
  read.register(60, 1010);
  read.power(70, 600);
  t.same(
    [read.account.held.length, read.account.evictedToMs],
    [0, START + MINUTE_MS],
    'a register at its end settles it',
  );
});

t.test('samples of minutes before the current one go where they belong', async (t) => {
  const fedBack = (untilS: number): Bench => {
    const bench = new Bench();
    bench.account.exportRegister(START, 100);
    bench.account.exportRegister(START + untilS * 1000, 103);
    return bench;
  };
  const early = fedBack(150);
  early.power(10, 360);
  early.power(20, 360);
  t.match([early.minute(0), early.minute(2)], [{ measuredMs: 10_000, energyWh: 1 }, { measuredMs: 0 }]);
  const gone = fedBack(150);
  gone.account.close(START, gone.sink);
  gone.power(10, 360);
  gone.power(20, 360);
  t.match(
    [gone.minute(0), gone.minute(2)],
    [{ measuredMs: 0 }, { energyWh: 1 }],
    'where it has left memory, to the newest',
  );
  for (const untilS of [150, 90]) {
    const later = fedBack(untilS);
    later.power(untilS + 20, 360);
    later.power(untilS + 40, 360);
    const minutes = later.rows.map(({ startMs }) => (startMs - START) / MINUTE_MS);
    t.same(
      minutes,
      [...minutes].sort((a, b) => a - b),
      'handed on in the order of time',
    );
    t.ok(minutes.length > 0);
  }
  const registered = fedBack(150);
  registered.power(10, 360);
  registered.power(20, 360);
  registered.register(160, 1000);
  registered.register(220, 1010);
  t.match(
    [registered.minute(0)?.energyWh, totalWh(registered.newest())],
    [1, 11],
    'a register leaves them as they are',
  );
});

const tick = fc.record({
  dtMs: fc.oneof(fc.constant(10_000), fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 1, max: 7_200_000 })),
  powerW: fc.integer({ min: 0, max: 50_000 }),
  hasPower: fc.boolean(),
  hasRegister: fc.boolean(),
});

t.test('with a register, the energy of any history is the register difference', async () => {
  fc.assert(
    fc.property(fc.array(tick, { minLength: 1, maxLength: 60 }), fc.array(fc.nat(60)), (ticks, closes) => {
      const bench = new Bench();
      let atMs = START;
      let trueWh = 123;
      bench.account.register(atMs, trueWh, false, bench.sink);
      let lastRead = trueWh;
      for (const [index, { dtMs, powerW, hasPower, hasRegister }] of ticks.entries()) {
        atMs += dtMs;
        trueWh += (powerW * dtMs) / 3_600_000;
        if (hasPower) bench.account.power(atMs, powerW, false, bench.sink);
        if (hasRegister) {
          bench.account.register(atMs, trueWh, false, bench.sink);
          lastRead = trueWh;
        }
        if (closes.includes(index)) bench.account.close(atMs, bench.sink);
      }
      // One more reading that moved settles what samples only said provisionally.
      atMs += 3_600_000;
      lastRead += 200_000;
      bench.account.register(atMs, lastRead, false, bench.sink);
      const rows = bench.newest();
      const expected = lastRead - 123;
      return (
        Math.abs(totalWh(rows) - expected) < 1e-6 * expected &&
        [...rows.values()].every(({ measuredMs, bridgedMs }) => measuredMs <= 60_000 && bridgedMs <= measuredMs)
      );
    }),
    { numRuns: 500 },
  );
});

t.test('closing at other times changes nothing but when rows are handed on', async () => {
  fc.assert(
    fc.property(fc.array(tick, { minLength: 1, maxLength: 60 }), fc.array(fc.nat(60)), (ticks, closes) => {
      const one = new Bench();
      const other = new Bench();
      let atMs = START;
      let registerWh = 0;
      for (const [index, { dtMs, powerW, hasPower, hasRegister }] of ticks.entries()) {
        atMs += dtMs;
        registerWh += Math.floor((powerW * dtMs) / 3_600_000);
        for (const bench of [one, other]) {
          if (hasPower) bench.account.power(atMs, powerW, false, bench.sink);
          if (hasRegister) bench.account.register(atMs, registerWh, false, bench.sink);
        }
        if (closes.includes(index)) other.account.close(atMs, other.sink);
      }
      t.same(byTime(other.newest()), byTime(one.newest()));
    }),
    { numRuns: 200 },
  );
});
