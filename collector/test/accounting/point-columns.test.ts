import fc from 'fast-check';
import t from 'tap';
import { Bucket } from '../../src/accounting/bucket.ts';
import { MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import { keptW, keptWh } from '../../src/accounting/kept-numbers.ts';
import { ColumnBuffer, ColumnRow, ColumnWriter, PointColumns } from '../../src/accounting/point-columns.ts';

const energyWh = fc.double({ min: -1e9, max: 1e9, noNaN: true });
const durationMs = fc.double({ min: 0, max: 90_000, noNaN: true });
const powerW = fc.oneof(fc.constant(Number.NaN), energyWh);

const added = fc.record({
  pointId: fc.integer({ min: 0, max: 3 }),
  factor: fc.oneof(fc.constant(1), fc.double({ min: -10, max: 10, noNaN: true })),
  minute: fc.integer({ min: 0, max: 40_000_000 }),
  numbers: fc.record({
    energyWh,
    provisionalWh: energyWh,
    estimatedWh: energyWh,
    exportWh: energyWh,
    measuredMs: durationMs,
    provisionalMs: durationMs,
    estimatedMs: durationMs,
    bridgedMs: durationMs,
    minW: powerW,
    maxW: powerW,
  }),
});

type Added = typeof added extends fc.Arbitrary<infer Value> ? Value : never;

function bucketOf({ minute, numbers }: Added): Bucket {
  return Object.assign(new Bucket(minute * MINUTE_MS), numbers);
}

/** The same row made without columns. */
function rowOf({ pointId, factor, minute, numbers }: Added): PointInterval {
  const measuredMs = Math.min(MINUTE_MS, Math.round(numbers.measuredMs + numbers.provisionalMs));
  const scaled = [numbers.minW, numbers.maxW].map((each) => (Number.isNaN(each) ? null : keptW(each * factor)));
  const [minW = null, maxW = null] = factor < 0 ? scaled.reverse() : scaled;
  return {
    pointId,
    startMs: minute * MINUTE_MS,
    energyWh: keptWh((numbers.energyWh + numbers.provisionalWh + numbers.estimatedWh) * factor),
    estimatedWh: keptWh(numbers.estimatedWh * factor),
    exportWh: keptWh(numbers.exportWh * factor),
    minW,
    maxW,
    measuredMs,
    estimatedMs: Math.min(MINUTE_MS - measuredMs, Math.round(numbers.estimatedMs)),
    bridgedMs: Math.min(measuredMs, Math.round(numbers.bridgedMs)),
  };
}

t.test('columns hold what rows would, however many there are and however often they are taken', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.array(added, { minLength: 1, maxLength: 70 }), { maxLength: 4 }), (batches) => {
      const buffer = new ColumnBuffer();
      for (const batch of batches) {
        for (const one of batch) buffer.addBucket(one.pointId, bucketOf(one), one.factor);
        const rows = batch.map(rowOf);
        const taken = buffer.take();
        t.strictSame([...taken], rows);
        const copy = taken.part(0, rows.length + 1);
        t.strictSame([...copy], rows);
        t.ok(copy.isFull, 'a copy has no room to spare');
        t.strictSame([...taken.part(1, 3)], rows.slice(1, 3));
        t.equal(buffer.columns.length, 0);
      }
    }),
  );
});

t.test('a row where it lies is the row', async (t) => {
  fc.assert(
    fc.property(fc.array(added, { maxLength: 20 }), (all) => {
      const columns = PointColumns.of(all.map(rowOf));
      const row = new ColumnRow(columns, 0);
      for (const [at, one] of all.entries()) {
        row.at = at;
        const { pointId, startMs, energyWh, estimatedWh, exportWh, minW, maxW } = row;
        const { measuredMs, estimatedMs, bridgedMs } = row;
        const energies = { energyWh, estimatedWh, exportWh, minW, maxW };
        t.strictSame({ pointId, startMs, ...energies, measuredMs, estimatedMs, bridgedMs }, rowOf(one));
      }
    }),
  );
});

t.test('rows are selected by point and span, and keep their order', async (t) => {
  const minutes = [5, 7, 6, 5, 9];
  const rows = minutes.map((minute, index) => ({ ...rowOf(some), pointId: index % 2, startMs: minute * MINUTE_MS }));
  const selected = PointColumns.of(rows).select(new Set([0]), { fromMs: 5 * MINUTE_MS, toMs: 9 * MINUTE_MS });
  t.strictSame(selected, [rows[0], rows[2]]);
});

t.test('a portion that is full is given out, and the rest at the end', async (t) => {
  const writer = new ColumnWriter();
  const bucket = new Bucket(0);
  for (let row = 0; row < 122_881; row++) writer.addBucket(row, bucket, 1);
  t.same(
    writer.take().map(({ length }) => length),
    [122_880],
  );
  t.same(
    writer.finish().flatMap((portion) => [...portion.pointIds.subarray(0, portion.length)]),
    [122_880],
  );
  t.same(writer.finish(), []);
});

const [some] = fc.sample(added, { numRuns: 1, seed: 1 }) as [Added];
