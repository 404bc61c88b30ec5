import { channelNames } from '@wattmark/shared/channels';
import fc from 'fast-check';
import t from 'tap';
import { MINUTE_MS, QUARTER_MS } from '../../src/accounting/interval.ts';
import { keptW, keptWh } from '../../src/accounting/kept-numbers.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { kinds, newestLine } from '../../src/influx/kinds.ts';
import { Names } from '../../src/influx/names.ts';
import { batchOfRows, bytesOf } from '../../src/mirror/batch.ts';
import { type Lines, linesOf, type PackedRows, packGauges, packPoints } from '../../src/mirror/packed-rows.ts';
import { knownOf } from '../influx/known.ts';
import { pointRow, T0 } from '../store/conformance.ts';

const POINTS = 50;
const known = knownOf(POINTS);
const names = new Names(() => known);

const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const most = fc.double({ noNaN: true, min: -1e15, max: 1e15 });
const energyWh = most.map(keptWh);
const powerW = fc.option(most.map(keptW), { nil: null });
const ms = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const pointId = fc.nat(POINTS - 1);
const recorded = fc.integer({ min: T0, max: T0 + 1e12 });
const pointRows = (lengthMs: number) =>
  fc.array(
    fc.record({
      pointId,
      startMs: fc.nat(1_000_000).map((index) => T0 + index * lengthMs),
      energyWh,
      estimatedWh: energyWh,
      exportWh: energyWh,
      minW: powerW,
      maxW: powerW,
      measuredMs: ms,
      estimatedMs: ms,
      bridgedMs: ms,
    }),
  );
const gaugeRows = fc.array(
  fc.record({
    pointId,
    channel: fc.constantFrom(...channelNames),
    startMs: fc.nat(1_000_000).map((index) => T0 + index * MINUTE_MS),
    min: number,
    mean: number,
    max: number,
    samples: fc.nat(100_000),
  }),
);

/** What becomes of rows that were queued, as a queue holds them. */
async function unpacked(packed: PackedRows): Promise<Lines> {
  const batch = await batchOfRows(packed);
  // At an odd place, as in a segment that holds others before it.
  const bytes = Buffer.concat([Buffer.from([0]), await bytesOf(batch)]).subarray(1);
  return linesOf({ content: packed.content, rows: batch.lines, bytes }, names);
}

t.test('packed minutes and quarter-hours of points give the same lines as the rows themselves', async (t) => {
  const contents = [
    ['point-minutes', kinds.pointMinute, MINUTE_MS],
    ['point-quarters', kinds.pointQuarter, QUARTER_MS],
  ] as const;
  for (const [content, kind, lengthMs] of contents) {
    await fc.assert(
      fc.asyncProperty(pointRows(lengthMs), recorded, async (rows, recordedMs) => {
        const lines = rows.map((row) => newestLine(kind, { row, recordedMs }, names));
        const { database } = kind.measurement;
        t.same(await unpacked(packPoints(content, PointColumns.of(rows), recordedMs, names)), { database, lines });
      }),
    );
  }
});

t.test('packed minutes of gauges give the same lines as the rows themselves', async (t) => {
  await fc.assert(
    fc.asyncProperty(gaugeRows, recorded, async (rows, recordedMs) => {
      const lines = rows.map((row) => newestLine(kinds.gaugeMinute, { row, recordedMs }, names));
      t.same(await unpacked(packGauges(rows, recordedMs, names)), { database: 'minutes', lines });
    }),
  );
});

t.test('rows are not given the names that their numbers have in another log', async (t) => {
  const rows = PointColumns.of([pointRow(3, T0, 1), pointRow(4, T0, 2)]);
  const packed = packPoints('point-minutes', rows, T0, names);
  const other = knownOf(POINTS);
  Object.assign(other.catalogue.points[4] ?? {}, { point: 'another' });
  t.throws(() => linesOf(packed, new Names(() => other)), /points have got other names/);
  const shorter = knownOf(4);
  t.throws(() => linesOf(packed, new Names(() => shorter)), /point 4 is not defined/);
});
