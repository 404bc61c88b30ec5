import t from 'tap';
import { QUARTER_MS } from '../../../src/accounting/interval.ts';
import { drawnBy, itWh, readStretches, sumTogether } from '../../../src/kpi/figures/stretches.ts';
import { FakeFigures, hall, NOW_MS } from '../../api/fake-figures.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Five days of Shanghai. */
const period = { fromMs: Date.parse('2026-09-27T16:00:00Z'), toMs: Date.parse('2026-10-02T16:00:00Z') };
const knowledge = { nowMs: NOW_MS, asOfMs: null };
const cooling = hall.points.filter(({ role }) => role === 'cooling');

t.test('whole days are read as days, those with a gap in quarter-hours', async (t) => {
  const gapMs = period.fromMs + 2 * DAY_MS + 5 * HOUR_MS;
  const figures = new FakeFigures({ sinceMs: period.fromMs, isMissing: (ms) => ms === gapMs });
  const { stretches } = await readStretches(figures, hall, [3], period, knowledge);
  t.equal(stretches.length, 4 + DAY_MS / QUARTER_MS);
  for (const [index, { endMs }] of stretches.slice(0, -1).entries()) t.equal(endMs, stretches[index + 1]?.startMs);
  t.same([stretches[0]?.startMs, stretches.at(-1)?.endMs], [period.fromMs, period.toMs]);
  const { sums, measuredMs } = sumTogether(stretches, [itWh, drawnBy(cooling)]);
  t.equal(measuredMs, 5 * DAY_MS - QUARTER_MS);
  t.ok(Math.abs((sums[0] ?? 0) - 1000 * (measuredMs / HOUR_MS)) < 1e-6);
  t.ok(Math.abs((sums[1] ?? 0) - 200 * (measuredMs / HOUR_MS)) < 1e-6);
});

t.test('days with gaps that are no neighbours count nothing between them twice', async (t) => {
  const gapsMs = [0, 3].map((day) => period.fromMs + day * DAY_MS + HOUR_MS);
  const figures = new FakeFigures({ sinceMs: period.fromMs, isMissing: (ms) => gapsMs.includes(ms) });
  const { stretches } = await readStretches(figures, hall, [3], period, knowledge);
  const { measuredMs } = sumTogether(stretches, [itWh]);
  t.equal(measuredMs, 5 * DAY_MS - 2 * QUARTER_MS);
});

t.test('many days with gaps are read in one go, and count the same', async (t) => {
  const month = { fromMs: period.toMs - 30 * DAY_MS, toMs: period.toMs };
  const figures = new FakeFigures({
    sinceMs: month.fromMs,
    isMissing: (ms) => (ms - month.fromMs) % (2 * DAY_MS) === 0,
  });
  const { stretches } = await readStretches(figures, hall, [3], month, knowledge);
  t.equal(figures.asked.length, 2);
  t.equal(sumTogether(stretches, [itWh, drawnBy(cooling)]).measuredMs, 30 * DAY_MS - 15 * QUARTER_MS);
});

t.test(
  'a day that is not over counts to its last whole quarter-hour, and what is to come is not asked for',
  async (t) => {
    const figures = new FakeFigures({ sinceMs: period.fromMs });
    const running = { fromMs: Date.parse('2026-10-03T16:00:00Z'), toMs: Date.parse('2026-12-31T16:00:00Z') };
    const { stretches } = await readStretches(figures, hall, [3], running, knowledge);
    t.ok(stretches.every(({ endMs }) => endMs <= NOW_MS + QUARTER_MS));
    const { measuredMs } = sumTogether(stretches, [itWh]);
    t.equal(measuredMs, Math.floor(NOW_MS / QUARTER_MS) * QUARTER_MS - running.fromMs);
  },
);

t.test('gaps of many points in many days are read in hours', async (t) => {
  const figures = new FakeFigures({ sinceMs: period.fromMs, isMissing: (ms) => ms % DAY_MS === 0 });
  const ids = Array.from({ length: 300 }, (_, index) => index + 10);
  const { stretches } = await readStretches(figures, hall, ids, period, knowledge);
  t.equal(stretches.length, 5 * 24);
});
