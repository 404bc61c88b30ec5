import t from 'tap';
import { AdjustedPoints } from '../../src/accounting/adjustments.ts';
import { Bucket, minuteOf } from '../../src/accounting/bucket.ts';
import { GaugeAccount } from '../../src/accounting/gauge-account.ts';
import { emptyInterval, type GaugeInterval, isEmpty, netWhOf, QUARTER_MS } from '../../src/accounting/interval.ts';
import { minutesOfSpan } from '../../src/accounting/minutes-of-span.ts';
import { ColumnWriter, PointColumns } from '../../src/accounting/point-columns.ts';
import { PointOwners } from '../../src/accounting/owners.ts';
import { PointAccount } from '../../src/accounting/point-account.ts';
import { loadSlot, newSlot, noteNewest, registerPowerW, saveSlot, useOf } from '../../src/accounting/slot.ts';
import { overlapMs, spread } from '../../src/accounting/spread.ts';
import { loadPoint, NumberReader, NumberWriter, savePoint } from '../../src/accounting/state.ts';
import { rowOf } from './rows.ts';

/** The parts of the accounting, each with numbers worked by hand. */

const T0 = Date.UTC(2026, 2, 1);
const MINUTE_MS = 60_000;

t.test('a void holds from its first instant and no longer than before its last', async (t) => {
  const points = new AdjustedPoints();
  t.equal(points.isVoided(1, 150), false);
  points.set(1, { voids: [{ fromMs: 100, toMs: 200 }], factors: [], entered: [] });
  t.same(
    [99, 100, 199, 200].map((atMs) => points.isVoided(1, atMs)),
    [false, true, true, false],
  );
  t.equal(points.isVoided(2, 150), false, 'another point');
  points.set(1, null);
  t.equal(points.get(1), undefined);
});

t.test('factors multiply where they hold together, and a negative one turns least and greatest round', async (t) => {
  const points = new AdjustedPoints();
  const factors = [
    { fromMs: T0, toMs: T0 + 2 * MINUTE_MS, factor: 3 },
    { fromMs: T0 + MINUTE_MS, toMs: T0 + 3 * MINUTE_MS, factor: -2 },
  ];
  t.equal(points.factorAt(1, T0), 1);
  points.set(1, { voids: [], factors, entered: [] });
  t.same(
    [-1, 0, 1, 2, 3].map((minute) => points.factorAt(1, T0 + minute * MINUTE_MS)),
    [1, 3, -6, -2, 1],
  );
  t.equal(points.factorAt(2, T0), 1, 'another point');
});

t.test('a minute times a factor', async (t) => {
  const bucket = Object.assign(new Bucket(T0), {
    energyWh: 2,
    provisionalWh: 4,
    estimatedWh: 4,
    exportWh: 1,
    measuredMs: 36_000,
    estimatedMs: 24_000,
    minW: 500,
  });
  const times = { startMs: T0, measuredMs: 36_000, estimatedMs: 24_000, bridgedMs: 0 };
  t.match(rowOf(1, bucket), { ...times, energyWh: 10, estimatedWh: 4, exportWh: 1, minW: 500, maxW: null });
  t.match(rowOf(1, bucket, 3), { ...times, energyWh: 30, estimatedWh: 12, exportWh: 3, minW: 1_500, maxW: null });
  t.match(rowOf(1, bucket, -2), { ...times, energyWh: -20, estimatedWh: -8, exportWh: -2, minW: null, maxW: -1_000 });
  bucket.maxW = 600;
  t.match(rowOf(1, bucket, 0.5), { minW: 250, maxW: 300 }, 'a fraction turns nothing round');
});

t.test('a point changes hands when its agent was silent for more than a minute, or the greatest gap', async (t) => {
  const owners = new PointOwners();
  t.ok(owners.admit(3, 7, T0, 30_000));
  t.match([owners.of(3), owners.of(0), owners.version], [7, undefined, 1]);
  t.ok(owners.admit(3, 7, T0 - 500_000, 30_000), 'what comes late is the owner’s all the same, and is no sign of life');
  t.notOk(owners.admit(3, 8, T0 + 60_000, 30_000));
  t.notOk(owners.admit(3, 8, T0 + 120_000, 120_000));
  t.equal(owners.version, 1);
  t.ok(owners.admit(3, 8, T0 + 60_001, 30_000));
  t.match([owners.of(3), owners.version], [8, 2]);

  const loaded = new PointOwners();
  loaded.load(owners.save());
  t.match([loaded.of(3), loaded.of(0)], [8, undefined], 'a point without an owner has none afterwards');
  t.notOk(loaded.admit(3, 9, T0 + 120_001, 30_000));
  t.ok(loaded.admit(3, 9, T0 + 120_002, 30_000));
  const first = new PointOwners();
  first.admit(0, 0, T0, 0);
  loaded.load(first.save());
  t.equal(loaded.of(0), 0, 'agent 0 is an agent');
  t.ok(loaded.admit(1, 7, T0, 0));
  t.notOk(loaded.admit(1, 8, T0 + 1, 0), 'its owner has just been heard');
});

t.test('a span has every minute that it touches, the known ones among them', async (t) => {
  const known = [new Bucket(T0 - MINUTE_MS), new Bucket(T0 + MINUTE_MS)];
  const { span, all } = minutesOfSpan({ fromMs: T0 + 30_000, toMs: T0 + 3 * MINUTE_MS }, known);
  const minutes = (buckets: readonly Bucket[]) => buckets.map(({ startMs }) => (startMs - T0) / MINUTE_MS);
  t.same(minutes(span), [0, 1, 2]);
  t.same(minutes(all), [-1, 0, 1, 2]);
  t.equal(span[1], known[1]);
  t.equal(minuteOf(T0 + 59_999), T0);
  t.equal(minuteOf(T0 + 60_000), T0 + MINUTE_MS);
});

t.test('a gauge hands on each minute once, when it is over', async (t) => {
  const out: GaugeInterval[] = [];
  const sink = (interval: GaugeInterval) => void out.push(interval);
  const account = new GaugeAccount(5, 'voltage');
  for (const [second, value] of [
    [0, 230],
    [20, 236],
    [40, 227],
  ] as const)
    t.equal(account.sample(T0 + second * 1_000, value, sink), 'booked');
  t.equal(account.sample(T0 + 40_000, 400, sink), 'late', 'the same instant again');
  account.close(T0 + MINUTE_MS - 1, sink);
  t.same(out, []);
  account.close(T0 + MINUTE_MS, sink);
  account.close(T0 + MINUTE_MS, sink);
  t.same(out, [{ pointId: 5, channel: 'voltage', startMs: T0, min: 227, mean: 231, max: 236, samples: 3 }]);
  account.sample(T0 + MINUTE_MS, 250, sink);
  account.sample(T0 + 2 * MINUTE_MS, 240, sink);
  t.match(out[1], { startMs: T0 + MINUTE_MS, min: 250, mean: 250, max: 250, samples: 1 });
});

t.test('a bucket knows no more time than its minute has', async (t) => {
  const bucket = new Bucket(T0);
  bucket.measuredMs = 0.4;
  t.ok(bucket.isEmpty);
  bucket.provisionalMs = 0.1;
  t.notOk(bucket.isEmpty, 'half a millisecond is something');
  Object.assign(bucket, { energyWh: 1, provisionalWh: 2, estimatedWh: 4, measuredMs: 40_000, provisionalMs: 30_000 });
  Object.assign(bucket, { estimatedMs: 5_000, bridgedMs: 70_000 });
  t.match(rowOf(9, bucket), { energyWh: 7, measuredMs: 60_000, estimatedMs: 0, bridgedMs: 60_000, minW: null });
  Object.assign(bucket, { measuredMs: 20_000, bridgedMs: 10_000 });
  t.match(rowOf(9, bucket), { measuredMs: 50_000, estimatedMs: 5_000, bridgedMs: 10_000 });
  t.notOk(Object.assign(new Bucket(T0), { exportWh: 1 }).isEmpty, 'what was fed back is something, too');
  bucket.sample(5);
  t.match(rowOf(9, bucket), { minW: 5, maxW: 5 });
  bucket.confirm();
  t.match(bucket, { energyWh: 3, measuredMs: 50_000, provisionalWh: 0, provisionalMs: 0 });
  bucket.restart(T0 + MINUTE_MS);
  t.same(bucket, new Bucket(T0 + MINUTE_MS));
});

t.test('a register’s energy follows the samples, and what they do not cover gets the rest', async (t) => {
  const minutes = (provisionalWh: number, provisionalMs: number) => {
    const [first, second] = [new Bucket(T0), new Bucket(T0 + MINUTE_MS)];
    Object.assign(first, { provisionalWh, provisionalMs });
    return [first, second];
  };
  const span = { fromMs: T0, toMs: T0 + 2 * MINUTE_MS };
  const options = { sampledWh: 20, estimated: false, maxGapMs: 30_000 };

  const rest = minutes(20, 60_000);
  spread(rest, span, 50, options);
  t.match(rest, [
    { energyWh: 20, measuredMs: 60_000, bridgedMs: 0, provisionalWh: 0, provisionalMs: 0, changed: true },
    { energyWh: 30, measuredMs: 60_000, bridgedMs: 60_000, changed: true },
  ]);

  const less = minutes(20, 60_000);
  spread(less, span, 15, { ...options, maxGapMs: 60_000 });
  t.match(less, [{ energyWh: 15 }, { energyWh: 0, bridgedMs: 0 }], 'a gap as long as the greatest is none');

  const zero = minutes(0, 60_000);
  spread(zero, { ...span, toMs: T0 + MINUTE_MS }, 6, { ...options, sampledWh: 0 });
  t.match(zero, [{ energyWh: 6, measuredMs: 60_000 }, {}], 'samples of no power have no profile');

  const idle = minutes(0, 60_000);
  spread(idle, span, 6, { ...options, sampledWh: 0 });
  t.match(idle, [{ energyWh: 0 }, { energyWh: 6 }], 'what samples of no power do not cover gets all');

  const guessed = minutes(20, 60_000);
  spread(guessed, span, 50, { ...options, estimated: true });
  t.match(guessed, [
    { energyWh: 0, measuredMs: 0, estimatedWh: 20, estimatedMs: 60_000 },
    { energyWh: 0, bridgedMs: 0, estimatedWh: 30, estimatedMs: 60_000 },
  ]);

  const bare = minutes(0, 0);
  spread(bare, { fromMs: T0 + 30_000, toMs: T0 + 2 * MINUTE_MS }, 9, { ...options, sampledWh: 0 });
  t.match(bare, [{ energyWh: 3, measuredMs: 30_000, bridgedMs: 30_000 }, { energyWh: 6 }]);
  const little = minutes(0.5, 60_000);
  spread(little, { ...span, toMs: T0 + 60_001 }, 2, { ...options, sampledWh: 0.5 });
  t.match(
    little,
    [{ energyWh: 0.5 }, { energyWh: 1.5, measuredMs: 1 }],
    'half a Wh in a minute, the rest in a millisecond',
  );
  t.equal(overlapMs(new Bucket(T0), { fromMs: T0 + MINUTE_MS, toMs: T0 + 2 * MINUTE_MS }), 0);
  t.equal(overlapMs(new Bucket(T0), { fromMs: T0 - 5, toMs: T0 + 7 }), 7);
});

t.test('a slot’s use follows what its point counts', async (t) => {
  t.same(
    (['energy', 'energy-export', 'power', 'voltage'] as const).map((channel) => useOf(channel, 'energy')),
    ['register', 'export', 'power', 'gauge'],
  );
  t.equal(useOf('volume', 'volume'), 'register');
  t.equal(useOf('power', 'volume'), 'gauge');
});

t.test('a register tells of the power of its last step, and of less the longer it stands still', async (t) => {
  const slot = newSlot({ pointId: 1, agentId: 2, channel: 'energy' }, 'energy');
  noteNewest(slot, T0, 1_000, false);
  t.ok(Number.isNaN(registerPowerW(slot)), 'one value is no step');
  noteNewest(slot, T0 + MINUTE_MS, 1_010, true);
  t.match(slot, { stepWh: 10, meanW: 600, movedMs: T0 + MINUTE_MS, estimated: true });
  t.equal(registerPowerW(slot), 600);
  noteNewest(slot, T0 + 3 * MINUTE_MS, 1_010, false);
  t.equal(registerPowerW(slot), 300, '10 Wh in two minutes at most');
  noteNewest(slot, T0 + 4 * MINUTE_MS, 1_013, false);
  t.match(slot, { stepWh: 3, meanW: 60 }, '3 Wh in the three minutes since it moved');
  const power = newSlot({ pointId: 1, agentId: 2, channel: 'power' }, 'energy');
  t.equal(power.estimated, false);
  noteNewest(power, T0, 100, false);
  noteNewest(power, T0 + MINUTE_MS, 200, false);
  t.ok(Number.isNaN(power.stepWh) && power.value === 200, 'only registers step');
  noteNewest(slot, T0 + 5 * MINUTE_MS, 5, false);
  t.ok(Number.isNaN(registerPowerW(slot)), 'after a reset nothing is known');
});

t.test('rows are the same after their way to another thread', async (t) => {
  const row = (first: number, power: number | null) => ({
    pointId: first,
    startMs: T0 + first * MINUTE_MS,
    energyWh: first + 2,
    estimatedWh: first + 3,
    exportWh: first + 4,
    minW: power,
    maxW: power === null ? null : power + 1,
    measuredMs: first + 5,
    estimatedMs: first + 6,
    bridgedMs: first + 7,
  });
  const rows = [row(10, 0), row(30, null), row(50, -7)];
  const { buffer, length } = PointColumns.of(rows);
  const moved = structuredClone(buffer, { transfer: [buffer] });
  t.same([...new PointColumns(moved, length)], rows);
  t.same([...PointColumns.of([])], []);
});

t.test('an account is the same after a snapshot, with all the minutes that wait for its register', async (t) => {
  const account = new PointAccount(4, 30_000);
  const ignore = () => {};
  Object.assign(account, { modulusWh: 5_000, quantity: 'volume' });
  account.register(T0, 100, false, ignore);
  account.exportRegister(T0, 7);
  for (let second = 0; second <= 150; second += 30)
    account.power(T0 + second * 1_000, 600 + second, second === 150, ignore);
  t.ok(account.held.length > 0 && account.current !== null && account.sampleEstimated);
  const saved = (of: PointAccount) => {
    const out = new NumberWriter();
    savePoint(of, out);
    return out.toArray();
  };
  t.same(loadPoint(4, new NumberReader(saved(account))), account);
  t.same(loadPoint(5, new NumberReader(saved(new PointAccount(5, 9)))), new PointAccount(5, 9), 'nothing is nothing');
  t.throws(() => loadPoint(4, new NumberReader(saved(account).slice(0, -1))), RangeError);
});

t.test('a slot is the same after a snapshot, its gauge with it', async (t) => {
  for (const channel of ['energy', 'voltage'] as const) {
    const fresh = () => newSlot({ pointId: 1, agentId: 2, channel }, 'energy');
    const slot = fresh();
    noteNewest(slot, T0, 1_000, false);
    noteNewest(slot, T0 + MINUTE_MS, 1_010, true);
    slot.gauge?.sample(T0, 230, () => {});
    t.equal(slot.gauge === null, channel === 'energy');
    const out = new NumberWriter();
    saveSlot(slot, out);
    const loaded = fresh();
    loadSlot(loaded, new NumberReader(out.toArray()));
    t.same(loaded, slot, channel);
  }
});

t.test('however many numbers a snapshot has, they are read as they were written', async (t) => {
  const out = new NumberWriter();
  for (let number = 0; number < 3_000; number++) out.put(number);
  t.same(
    [...out.toArray()],
    Array.from({ length: 3_000 }, (_, number) => number),
  );
});

t.test('an interval is empty where nothing is known of it, and its net energy unknown', async (t) => {
  t.equal(QUARTER_MS, 15 * MINUTE_MS);
  const empty = emptyInterval(3, T0);
  t.strictSame(empty, {
    pointId: 3,
    startMs: T0,
    energyWh: 0,
    estimatedWh: 0,
    exportWh: 0,
    minW: null,
    maxW: null,
    measuredMs: 0,
    estimatedMs: 0,
    bridgedMs: 0,
  });
  t.strictSame([isEmpty(empty), netWhOf(empty)], [true, null]);
  const fedBack = { ...empty, exportWh: 4 };
  t.strictSame([isEmpty(fedBack), netWhOf(fedBack)], [false, null]);
  for (const times of [{ measuredMs: 1 }, { estimatedMs: 1 }]) {
    const row = { ...fedBack, ...times, energyWh: 9 };
    t.strictSame([isEmpty(row), netWhOf(row)], [false, 5]);
  }
});

t.test('rows of other columns are copied, and a part has no room for more', async (t) => {
  const rows = [1, 2, 3].map((pointId) => ({ ...emptyInterval(pointId, T0), energyWh: 10 * pointId, measuredMs: 5 }));
  const columns = PointColumns.of(rows);
  const copied = PointColumns.withRoomFor(2);
  copied.addFrom(columns, 2);
  t.same([...copied], rows.slice(2));
  const part = columns.part(1, 9);
  t.same([[...part], part.room], [rows.slice(1), 2]);
  const writer = new ColumnWriter();
  writer.addFrom(columns, 1);
  t.same(writer.take(), []);
  t.same(
    writer.finish().flatMap((portion) => [...portion]),
    rows.slice(1, 2),
  );
});
