import t from 'tap';
import { roles } from '../../shared/src/roles.ts';
import type { Interval } from '../page/contract.ts';
import { roleGroups } from '../page/role-names.ts';
import { gapsOf, intervalAt, trendOf } from '../page/trend.ts';
import { trendRanges } from '../page/trend-range.ts';
import { createZone } from '../page/zone.ts';

const MINUTE_MS = 60_000;

function minute(index: number, pue: number | null): Interval {
  const energyWh = pue === null ? null : 100;
  return {
    start: new Date(index * MINUTE_MS).toISOString(),
    end: new Date((index + 1) * MINUTE_MS).toISOString(),
    totalWh: energyWh === null || pue === null ? null : energyWh * pue,
    itWh: energyWh,
    pue,
    coverage: pue === null ? 0 : 1,
    estimatedShare: null,
    paired: energyWh === null || pue === null ? null : { totalWh: energyWh * pue, itWh: energyWh },
  };
}

t.test('intervals are levels; what is null and what is absent are both gaps', async (t) => {
  const series = [minute(0, null), minute(1, 1.2), minute(2, 1.3), minute(3, null), minute(4, 1.4), minute(8, 1.5)];
  const trend = trendOf(series, 'pue', 9 * MINUTE_MS);
  t.same(trend.xs, [60, 120, 120, 180, 180, 240, 240, 300, 300, 480, 480, 540]);
  t.same(trend.ys, [1.2, 1.2, 1.3, 1.3, null, null, 1.4, 1.4, null, null, 1.5, 1.5]);
  t.same(gapsOf(trend), [
    { startMs: 3 * MINUTE_MS, endMs: 4 * MINUTE_MS },
    { startMs: 5 * MINUTE_MS, endMs: 8 * MINUTE_MS },
  ]);
  t.equal(intervalAt(trend, 2.5 * MINUTE_MS)?.value, 1.3);
  t.equal(intervalAt(trend, 6 * MINUTE_MS)?.value, null);
  t.equal(intervalAt(trend, 9 * MINUTE_MS), null);
});

t.test('some seconds of a minute are not drawn; a thin day is, with its coverage beside it', async (t) => {
  const thin = { ...minute(1, 1.46), coverage: 0.03 };
  t.same(trendOf([thin, minute(2, 1.3)], 'pue', 3 * MINUTE_MS).ys, [null, null, 1.3, 1.3]);
  const day = { ...thin, end: new Date(MINUTE_MS + 86_400_000).toISOString() };
  t.same(trendOf([day], 'pue', 86_400_000).ys, [1.46, 1.46]);
});

t.test('a series that has stopped ends in a gap', async (t) => {
  t.same(gapsOf(trendOf([minute(1, 1.2)], 'pue', 4 * MINUTE_MS)), []);
  t.same(gapsOf(trendOf([minute(1, 1.2)], 'pue', 5 * MINUTE_MS)), [{ startMs: 2 * MINUTE_MS, endMs: 5 * MINUTE_MS }]);
});

t.test('a series without anything known is empty', async (t) => {
  t.same(trendOf([], 'pue', 0).intervals, []);
  t.same(trendOf([minute(0, null), minute(1, null)], 'pue', 0).xs, []);
});

t.test('the efficiency of a base station is the ratio of the paired sums', async (t) => {
  t.same(trendOf([minute(0, 1.25)], 'see', 0).ys, [0.8, 0.8]);
  t.same(trendOf([{ ...minute(0, 1.25), paired: { totalWh: 0, itWh: 0 } }], 'see', 0).ys, [null, null]);
});

t.test('ranges begin and end on boundaries of their step', async (t) => {
  const zone = createZone('Europe/Berlin');
  const windowAt = (id: string, iso: string) => {
    const range = trendRanges.find((one) => one.id === id);
    const { fromMs, toMs } = range?.window(Date.parse(iso), zone) ?? { fromMs: 0, toMs: 0 };
    return [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  };
  t.same(windowAt('3h', '2026-10-05T06:03:20Z'), ['2026-10-05T03:04:00.000Z', '2026-10-05T06:04:00.000Z']);
  t.same(windowAt('24h', '2026-10-05T06:03:20Z'), ['2026-10-04T06:15:00.000Z', '2026-10-05T06:15:00.000Z']);
  t.same(windowAt('30d', '2026-04-05T12:00:00Z'), ['2026-03-06T23:00:00.000Z', '2026-04-05T22:00:00.000Z']);
  t.same(windowAt('30d', '2026-10-25T12:00:00Z'), ['2026-09-25T22:00:00.000Z', '2026-10-25T23:00:00.000Z']);
  t.same(windowAt('12m', '2026-10-05T06:03:20Z'), ['2025-10-31T23:00:00.000Z', '2026-10-31T23:00:00.000Z']);
});

t.test('every role of the contract has a name', async (t) => {
  t.same(roleGroups.flatMap((group) => Object.keys(group.roles)).toSorted(), [...roles].toSorted());
});
