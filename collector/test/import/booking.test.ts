import fc from 'fast-check';
import t from 'tap';
import type { Bucket, BucketSink } from '../../src/accounting/bucket.ts';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import type { Block } from '../../src/import/block.ts';
import { bookPoint, PointHistory, type PointReadings } from '../../src/import/booking.ts';

const T0 = Date.UTC(2026, 0, 1);

/** Readings at minutes after T0, in blocks of two so that blocks end everywhere. */
function readings(
  use: PointReadings['use'],
  form: Partial<Block>,
  values: readonly (readonly [minute: number, value: number])[],
): PointReadings {
  const blocks: Block[] = [];
  for (let i = 0; i < values.length; i += 2) {
    const part = values.slice(i, i + 2);
    blocks.push({
      isMean: false,
      isEstimated: false,
      intervalMs: MINUTE_MS,
      ...form,
      atMs: Float64Array.from(part, ([minute]) => T0 + minute * MINUTE_MS),
      values: Float64Array.from(part, ([, value]) => value),
    });
  }
  return { use, blocks };
}

/** Energy, Wh, and measured seconds by minute. */
function book(intervalMs: number, ...channels: PointReadings[]) {
  const minutes = new Map<number, { energyWh: number; exportWh: number; measuredS: number; estimatedS: number }>();
  const outcomes = bookPoint(channels, intervalMs, (_, bucket: Bucket) => {
    const minute = (bucket.startMs - T0) / MINUTE_MS;
    if (minutes.has(minute)) throw new Error(`minute ${minute} came twice`);
    minutes.set(minute, {
      energyWh: bucket.energyWh + bucket.provisionalWh + bucket.estimatedWh,
      exportWh: bucket.exportWh,
      measuredS: (bucket.measuredMs + bucket.provisionalMs) / 1000,
      estimatedS: bucket.estimatedMs / 1000,
    });
  });
  return { outcomes, minutes, total: [...minutes.values()].reduce((sum, { energyWh }) => sum + energyWh, 0) };
}

t.test('the energy of means is the sum of mean times interval, whatever stands beside them', async () => {
  const mean = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: -100_000, max: 100_000 }));
  fc.assert(
    fc.property(fc.uniqueArray(mean, { selector: ([slot]) => slot }), fc.constantFrom(1, 5, 15), (means, lengthMin) => {
      const sorted = means.toSorted(([a], [b]) => a - b);
      const intervalMs = lengthMin * MINUTE_MS;
      const form = { isMean: true, intervalMs };
      const { minutes, outcomes, total } = book(
        intervalMs,
        readings(
          'power',
          form,
          sorted.map(([slot, w]) => [slot * lengthMin, w]),
        ),
      );
      const wanted = sorted.reduce((sum, [, powerW]) => sum + (powerW * lengthMin) / 60, 0);
      const measuredS = [...minutes.values()].reduce((sum, { measuredS }) => sum + measuredS, 0);
      return Math.abs(total - wanted) < 1e-6 && measuredS === sorted.length * lengthMin * 60 && outcomes.late === 0;
    }),
    { numRuns: 300 },
  );
});

t.test('means beside a gap neither slope into it nor bridge it', async (t) => {
  const { minutes, outcomes } = book(
    MINUTE_MS,
    readings('power', { isMean: true }, [
      [0, 60_000],
      [1, 120_000],
      [3, 600],
    ]),
  );
  t.same(
    [...minutes].map(([minute, { energyWh }]) => [minute, energyWh]),
    [
      [0, 1000],
      [1, 2000],
      [3, 10],
    ],
  );
  t.equal(outcomes.gap, 1);
});

t.test('means that overlap are late: the interval is wrong', async (t) => {
  const { outcomes } = book(
    15 * MINUTE_MS,
    readings('power', { isMean: true, intervalMs: 15 * MINUTE_MS }, [
      [0, 1],
      [1, 1],
      [15, 1],
    ]),
  );
  t.same([outcomes.late, outcomes.booked], [1, 2]);
});

t.test('samples are joined by trapezoids, up to three intervals', async (t) => {
  const samples = readings('power', {}, [
    [0, 0],
    [1, 60_000],
    [4, 60_000],
    [8, 60_000],
  ]);
  const { minutes, total } = book(MINUTE_MS, samples);
  t.equal(total, 500 + 3 * 1000);
  t.same([...minutes.keys()], [0, 1, 2, 3]);
  t.equal(book(2 * MINUTE_MS, samples).total, 500 + 7 * 1000, 'of a longer interval');
});

t.test('a register decides the energy, power only how it is spread', async (t) => {
  const register = readings('register', {}, [
    [0, 1_000],
    [2, 5_000],
  ]);
  const power = readings('power', { isMean: true }, [
    [0, 60_000],
    [1, 180_000],
  ]);
  const { minutes, total } = book(MINUTE_MS, power, register);
  t.equal(total, 4_000);
  t.same(
    [...minutes.values()].map(({ energyWh }) => energyWh),
    [1_000, 3_000],
  );
});

t.test('energy fed back, and readings that were estimated, are kept apart', async (t) => {
  const { minutes } = book(
    MINUTE_MS,
    readings('power', { isMean: true, isEstimated: true }, [[0, 60_000]]),
    readings('export', {}, [
      [0, 0],
      [1, 7],
    ]),
  );
  t.same([...minutes.values()], [{ energyWh: 1000, exportWh: 7, measuredS: 0, estimatedS: 60 }]);
});

t.test('a register that falls is a reset', async (t) => {
  const { outcomes, total } = book(
    MINUTE_MS,
    readings('register', {}, [
      [0, 100],
      [1, 200],
      [2, 50],
      [3, 60],
    ]),
  );
  t.equal(outcomes.reset, 1);
  t.equal(total, 110);
});

t.test('a register that was read off beats imported samples between its two values', async (t) => {
  const samples = readings('power', { intervalMs: 10 * MINUTE_MS }, [
    [0, 6000],
    [10, 12_000],
    [20, 6000],
    [30, 6000],
    [40, 6000],
  ]);
  const entered = [
    { atMs: T0 + 15 * MINUTE_MS, use: 'register', value: 1000, nextFirst: null },
    { atMs: T0 + 35 * MINUTE_MS, use: 'register', value: 4250, nextFirst: null },
  ] as const;
  const history = new PointHistory(0, 10 * MINUTE_MS, ['power'], entered);
  const minutes = new Map<number, number>();
  const sink: BucketSink = (_, { startMs, energyWh, provisionalWh }) =>
    void minutes.set((startMs - T0) / MINUTE_MS, energyWh + provisionalWh);
  const blocks = [...samples.blocks, null];
  while (!history.isDone) {
    if (history.starved().length > 0) history.feed(0, blocks.shift() ?? null);
    history.bookUntil(Number.POSITIVE_INFINITY, sink);
  }
  history.close(sink);
  const sum = (from: number, to: number): number =>
    [...minutes].reduce((wh, [minute, energyWh]) => (minute >= from && minute < to ? wh + energyWh : wh), 0);
  const near = (found: number, expected: number): void => void t.ok(Math.abs(found - expected) < 1e-6, `${found}`);
  // Means of 9,000, 10,500 and 6,000 W for ten, five and five minutes.
  near(sum(0, 15), 1500 + 875);
  near(sum(15, 35), 3250);
  near(sum(35, 40), 500);
  // Samples say 625 Wh of five minutes and 1,500 Wh of fifteen: each is scaled alike.
  near(sum(15, 20), (3250 * 625) / 2125);
});
