import t from 'tap';
import type { BucketSink } from '../../src/accounting/bucket.ts';
import { type Entry, History, type Use } from '../../src/accounting/history.ts';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { PointAccount } from '../../src/accounting/point-account.ts';
import { rowOf } from './rows.ts';

const T0 = Date.UTC(2026, 2, 1);
const HOUR_MS = 60 * MINUTE_MS;

/** A point whose readings come in any order; the minutes handed on with their energy, in the order in which they are. */
class Bench {
  account = new PointAccount(1, 30_000);
  readonly history = new History(this.account);
  readonly out: [minute: number, energyWh: number][] = [];

  add(ms: number, value: number, use: Use = 'power'): string {
    const entry: Entry = { atMs: T0 + ms, use, value, estimated: false };
    const { account, outcome } = this.history.add(this.account, entry, (_, bucket) => {
      this.out.push([(bucket.startMs - T0) / MINUTE_MS, rowOf(1, bucket).energyWh]);
      this.history.noteHandedOn(bucket.startMs);
    });
    this.account = account;
    return outcome;
  }

  get kept(): number[] {
    return this.history.save().entries.map(({ atMs }) => atMs - T0);
  }
}

t.test('a late reading may reach back for less than an hour', async (t) => {
  const bench = new Bench();
  t.equal(bench.add(HOUR_MS, 60), 'booked');
  t.equal(bench.add(0, 60), 'late');
  t.equal(bench.add(1, 60), 'booked');
  t.equal(bench.add(1, 90), 'late', 'it is there already');
  t.same(bench.kept, [1, HOUR_MS]);
  const longer = new Bench();
  for (const ms of [HOUR_MS / 2, HOUR_MS]) longer.add(ms, 60);
  t.equal(longer.add(0, 60), 'late', 'by the newest that there is');
  bench.add(HOUR_MS + 1, 60);
  t.same(bench.kept, [HOUR_MS, HOUR_MS + 1], 'an hour before the newest nothing can be put in its place');
});

t.test('readings of one instant are folded in the order of their uses, whichever came first', async (t) => {
  const bench = new Bench();
  bench.add(0, 100, 'register');
  for (const [value, use] of [
    [110, 'register'],
    [7, 'export'],
    [1200, 'power'],
  ] as const)
    t.equal(bench.add(30_000, value, use), 'booked', use);
  t.same(
    bench.history.save().entries.map(({ use }) => use),
    ['register', 'power', 'export', 'register'],
  );
});

t.test('eight hundred readings are kept, and what is older than all of them is late', async (t) => {
  const bench = new Bench();
  for (let index = 1; index < 800; index++) bench.add(index * 4_000, 60);
  t.equal(bench.add(2_000, 60), 'booked');
  t.equal(bench.kept.length, 800);
  t.equal(bench.add(1_000, 60), 'late', 'there is no room before them');
  t.equal(bench.add(3_000, 60), 'booked', 'between them there is');
  t.equal(bench.kept.length, 801);
  bench.add(800 * 4_000, 60);
  t.same([bench.kept.length, bench.kept[0]], [800, 4_000], 'the oldest stand as they are');
});

t.test('a refolded account keeps what is known of the instrument', async (t) => {
  const bench = new Bench();
  bench.add(0, 60);
  bench.add(60_000, 60);
  t.equal(bench.account.current?.measuredMs ?? 0, 0, 'a minute is a gap');
  Object.assign(bench.account, { maxGapMs: 60_000, maxBridgeMs: 7, modulusWh: 1000 });
  bench.add(30_000, 60);
  t.match(bench.account, { maxGapMs: 60_000, maxBridgeMs: 7, modulusWh: 1000 });
});

t.test('a minute that a late reading takes back is handed on as empty', async (t) => {
  const bench = new Bench();
  bench.add(0, 1000, 'register');
  bench.add(30_000, 1010, 'register');
  // Ten minutes bridged at once: 20 Wh each.
  bench.add(630_000, 1210, 'register');
  t.same(bench.out.length, 10, bench.out.join(' '));
  bench.out.length = 0;
  // A reset in between: what flowed is unknown.
  t.equal(bench.add(300_000, 5, 'register'), 'booked');
  const last = new Map(bench.out);
  t.same([last.get(0), last.get(3), last.get(9)], [10, 0, last.get(9)]);
  t.ok(bench.out.some(([minute, energyWh]) => minute === 3 && energyWh === 0));
});

t.test('what a history remembers survives a snapshot, and is forgotten with the readings', async (t) => {
  const bench = new Bench();
  for (let s = 0; s <= 610; s += 10) bench.add(s * 1000, 360);
  const saved = bench.history.save();
  t.match(saved, { pointId: 1, handedOnMs: Array.from({ length: 10 }, (_, minute) => T0 + minute * MINUTE_MS) });
  t.same(History.load(structuredClone(saved)).save(), saved);
  for (let s = 620; s <= 4200; s += 10) bench.add(s * 1000, 360);
  // Readings of 600 s and before are gone; what is before the minute that they end in cannot be changed any more.
  t.equal(bench.kept[0], 610_000);
  t.equal(bench.history.save().handedOnMs[0], T0 + 9 * MINUTE_MS);
});

t.test('a late reading hands on again what may have changed, and takes back nothing that stands', async (t) => {
  const begun = new PointAccount(1, 30_000);
  const ignore = () => {};
  begun.register(T0, 1000, false, ignore);
  for (let s = 0; s <= 150; s += 10) begun.power(T0 + s * 1000, 360, false, ignore);
  begun.close(T0 + 3 * MINUTE_MS, ignore);
  const history = new History(begun);
  const out: [minute: number, energyWh: number][] = [];
  const sink: BucketSink = (_, bucket) => {
    out.push([(bucket.startMs - T0) / MINUTE_MS, Math.round(rowOf(1, bucket).energyWh)]);
    history.noteHandedOn(bucket.startMs);
  };
  const sample = (s: number): Entry => ({ atMs: T0 + s * 1000, use: 'power', value: 360, estimated: false });
  let { account } = history.add(begun, sample(170), sink);
  account.close(T0 + 3 * MINUTE_MS, sink);
  t.same(out.splice(0), [[2, 5]]);
  ({ account } = history.add(account, sample(160), sink));
  t.same(out.splice(0), [], 'no minute is empty for a moment');
  account.close(T0 + 3 * MINUTE_MS, sink);
  t.same(out, [
    [0, 6],
    [1, 6],
    [2, 5],
  ]);
});
