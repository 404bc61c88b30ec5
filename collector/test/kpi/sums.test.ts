import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { MINUTE_MS, type PointInterval, QUARTER_MS } from '../../src/accounting/interval.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { pointMinutes, siteMinutes, type Sources } from '../../src/kpi/minutes.ts';
import { pointQuarters, pointSumsOf, siteSums } from '../../src/kpi/sums.ts';
import { Rollup } from '../../src/site/rollup.ts';
import { openDuckdbStore } from '../../src/store/duckdb.ts';
import { point, row, site, T0 } from '../site/example.ts';

const hall = site([point(1, 'utility'), point(2, 'it'), point(null, 'cooling')]);

/** The hall, one batch a minute, 13 Wh in and 10 Wh of IT each; the last batch was recorded `batches` minutes after T0. */
async function sourcesAfter(t: Test, batches: number, open: readonly PointInterval[]): Promise<Sources> {
  const directory = mkdtempSync(join(tmpdir(), 'sums-'));
  const store = await openDuckdbStore(join(directory, 'store.duckdb'));
  t.teardown(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const rollup = new Rollup();
  for (let minute = 0; minute < batches; minute++) {
    const points = PointColumns.of([row(1, 13, {}, minute), row(2, 10, {}, minute)]);
    const recordedMs = T0 + (minute + 1) * MINUTE_MS;
    await rollup.record(store, { position: minute + 1, recordedMs, points, gauges: [] }, [hall]);
  }
  const openRows: Sources['openRows'] = (ids, { fromMs, toMs }) =>
    open.filter(({ pointId, startMs }) => ids.includes(pointId) && startMs >= fromMs && startMs < toMs);
  return { store, openRows, plansOf: () => [], siteOf: () => hall, rolledUpToMs: rollup.rolledUpToMs };
}

const hours = [T0, T0 + 4 * QUARTER_MS, T0 + 8 * QUARTER_MS];

t.test('sums are quarter-hours, then minutes, then what is not stored yet', async (t) => {
  const sources = await sourcesAfter(t, 100, [row(1, 13, {}, 100), row(2, 10, {}, 100)]);
  t.equal(sources.rolledUpToMs, T0 + 6 * QUARTER_MS);
  const [first, second, ...rest] = await siteSums(sources, hall, hours, null);
  t.same(rest, []);
  const levelsOf = (minutes: number) => ({ 0: { itWh: minutes * 10, pairedMs: minutes * MINUTE_MS } });
  t.match(first, { startMs: hours[0], endMs: hours[1], supplyWh: 60 * 13, levels: levelsOf(60) });
  t.match(second, { startMs: hours[1], endMs: hours[2], supplyWh: 41 * 13, levels: levelsOf(41) });
  const energies = (await pointSumsOf(sources, [1], hours, null)).map(({ startMs, energyWh }) => [startMs, energyWh]);
  t.same(energies, [
    [hours[0], 60 * 13],
    [hours[1], 41 * 13],
  ]);
  const quarters = [0, 5, 6, 40].map((quarter) => T0 + quarter * QUARTER_MS);
  t.same(
    (await pointQuarters(sources, [2, 1], quarters, null)).map(({ pointId, startMs, energyWh }) => [
      pointId,
      (startMs - T0) / QUARTER_MS,
      energyWh,
    ]),
    [
      [1, 0, 15 * 13],
      [2, 0, 15 * 10],
      [1, 5, 15 * 13],
      [2, 5, 15 * 10],
      [1, 6, 11 * 13],
      [2, 6, 11 * 10],
    ],
  );
  const future = await siteSums(sources, hall, [hours[2] as number, T0 + 20 * QUARTER_MS], null);
  t.same(future, []);
  t.same(await siteSums(sources, hall, [hours[0] as number], null), []);
});

t.test('a row that is open replaces the one that is stored', async (t) => {
  const sources = await sourcesAfter(t, 10, [row(2, 9, {}, 9), row(1, 13, {}, 10)]);
  const span = { fromMs: T0 + 8 * MINUTE_MS, toMs: T0 + 20 * MINUTE_MS };
  t.same(
    (await pointMinutes(sources, 2, span, null)).map(({ energyWh }) => energyWh),
    [10, 9],
  );
  const minutes = await siteMinutes(sources, hall, span, null);
  t.same(
    minutes.map(({ startMs, endMs, supplyWh, levels }) => [endMs - startMs, supplyWh, levels[0]?.itWh]),
    [
      [MINUTE_MS, 13, 10],
      [MINUTE_MS, 13, 9],
      [MINUTE_MS, 13, null],
    ],
  );
  t.notOk('siteId' in (minutes[0] ?? {}));
});

t.test('as of a time in the past, open rows and later records are left out', async (t) => {
  const sources = await sourcesAfter(t, 100, [row(1, 13, {}, 100), row(2, 10, {}, 100)]);
  const totals = async (minute: number): Promise<unknown[]> =>
    (await siteSums(sources, hall, hours, T0 + minute * MINUTE_MS)).map(({ supplyWh }) => supplyWh);
  t.same(await totals(100), [60 * 13, 40 * 13]);
  t.same(await totals(70), [60 * 13, 10 * 13]);
  t.same(await totals(7), [7 * 13]);
  t.same(await totals(0), []);
});
