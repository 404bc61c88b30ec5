import t from 'tap';
import { QUARTER_MS } from '../../../src/accounting/interval.ts';
import { drawnBy, itWh, readStretches, sumTogether, totalWh } from '../../../src/kpi/figures/stretches.ts';
import type { Figures } from '../../../src/figures.ts';
import { noLevel, nothing } from '../../../src/site/interval-sum.ts';
import type { SiteSum } from '../../../src/site/site.ts';
import { row } from '../../site/example.ts';
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

/** What is asked of figures by hours since the period began; `lackMs` says how much is missing of a span of the site. */
function asking(lackMs: (fromH: number, toH: number) => number) {
  const sites: number[][] = [];
  const points: number[][] = [];
  const hoursOf = (boundariesMs: readonly number[]): number[] =>
    boundariesMs.map((ms) => (ms - period.fromMs) / HOUR_MS);
  const spans = (boundariesMs: readonly number[]): [number, number][] =>
    boundariesMs.slice(1).map((ms, index) => [boundariesMs[index] as number, ms]);
  const figures = {
    siteSums: async (_, boundariesMs) => {
      sites.push(hoursOf(boundariesMs));
      return spans(boundariesMs).map(([startMs, endMs]): SiteSum => {
        const [from = 0, to = 0] = hoursOf([startMs, endMs]);
        const ms = endMs - startMs - lackMs(from, to);
        const level = { ...noLevel, itWh: 2 * (to - from), itMs: ms, pairedMs: ms };
        return { ...nothing, startMs, endMs, supplyWh: 3, supplyMs: ms, levels: [level, level, noLevel, noLevel] };
      });
    },
    pointSumsOf: async (ids, boundariesMs) => {
      points.push(hoursOf(boundariesMs));
      return spans(boundariesMs).flatMap(([startMs, endMs]) =>
        // However many there are, two say as much.
        ids.slice(0, 2).map((id) => row(id, 1, { startMs, measuredMs: endMs - startMs })),
      );
    },
  } as Partial<Figures> as Figures;
  return { figures, sites, points };
}

/** So much is missing of each of some hours. */
const gapsIn =
  (...hours: number[]) =>
  (fromH: number, toH: number): number =>
    hours.filter((hour) => hour >= fromH && hour < toH).length * 20_000;
const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step);

t.test('only days with gaps are asked for again, those that follow one another at once', async (t) => {
  const { figures, sites, points } = asking(gapsIn(1, 30, 50, 100));
  const { stretches, sums } = await readStretches(figures, hall, [1, 2], period, knowledge);
  t.same(sites, [range(0, 120, 24), range(0, 72, 0.25), range(96, 120, 0.25)]);
  t.same(points, sites);
  t.equal(sums.length, 5);
  t.same(
    stretches.map(({ startMs }) => (startMs - period.fromMs) / HOUR_MS),
    [...range(0, 71.75, 0.25), 72, ...range(96, 119.75, 0.25)],
  );
  t.match(stretches[288], { site: { itWh: 48, totalWh: 3 } });
  t.match(
    [1, 2, 3].map((id) => stretches[288]?.point(id)?.pointId),
    [1, 2, undefined],
  );
  const { measuredMs } = sumTogether(stretches, [itWh]);
  t.equal(measuredMs, 5 * DAY_MS - 4 * QUARTER_MS);
});

t.test('prices cut the site’s sums within the period, and no stretch', async (t) => {
  const { figures, sites, points } = asking(() => 0);
  const alsoMs = [-6, 0, 30, 24, 120, 126].map((hours) => period.fromMs + hours * HOUR_MS);
  const { stretches, sums } = await readStretches(figures, hall, [1], period, knowledge, alsoMs);
  t.same([sites, points], [[[0, 24, 30, 48, 72, 96, 120]], [range(0, 120, 24)]]);
  t.equal(sums.length, 6);
  t.same(
    stretches.map(({ site }) => site?.totalWh),
    [3, 6, 3, 3, 3],
  );
  const alone = asking(() => 0);
  await readStretches(alone.figures, hall, [], period, knowledge);
  t.same(alone.points, [], 'no point is asked for where none is needed');
});

t.test('a period that begins within a day begins there', async (t) => {
  const { figures, sites } = asking(() => 0);
  const part = { fromMs: period.fromMs + 6 * HOUR_MS, toMs: period.fromMs + 30 * HOUR_MS };
  await readStretches(figures, hall, [], part, knowledge);
  await readStretches(figures, hall, [], { ...part, toMs: part.fromMs + HOUR_MS }, knowledge);
  t.same(sites, [
    [6, 24, 30],
    [6, 7],
  ]);
});

t.test('more than a dozen runs of days are read in one go, and many sums in hours or not at all', async (t) => {
  const weeks = { fromMs: period.fromMs - 26 * DAY_MS, toMs: period.fromMs };
  const every = (runs: number) => gapsIn(...Array.from({ length: runs }, (_, run) => -26 * 24 + 48 * run));
  const questions = async (runs: number): Promise<number> => {
    const { figures, sites } = asking(every(runs));
    await readStretches(figures, hall, [], weeks, knowledge);
    return sites.length;
  };
  t.same([await questions(12), await questions(13)], [13, 2]);
  const quarters = async (points: number, hours = 24): Promise<number | undefined> => {
    const { figures, sites } = asking(gapsIn(1));
    const ids = Array.from({ length: points }, (_, id) => id);
    await readStretches(
      figures,
      hall,
      ids,
      { fromMs: period.fromMs, toMs: period.fromMs + hours * HOUR_MS },
      knowledge,
    );
    return sites[1]?.length;
  };
  // A day of 96 quarter-hours: with the site 1,041 members are 99,936 sums, 1,042 are 100,032.
  t.same([await quarters(1040), await quarters(1041)], [97, 25]);
  // 4,166 members in 24 hours are 99,984 sums, 4,167 are 100,008.
  t.same([await quarters(4165), await quarters(4166)], [25, undefined]);
  // 25 quarter-hours of 4,000 members are 100,000 sums; 11 of 9,091 are one more.
  t.same([await quarters(3999, 6.25), await quarters(9090, 2.75)], [26, 4]);
});

t.test('runs of days may begin anywhere, and what was never measured makes none', async (t) => {
  const { figures, sites } = asking(gapsIn(1, 50, 80));
  await readStretches(figures, hall, [1], period, knowledge);
  t.same(sites.slice(1), [range(0, 24, 0.25), range(48, 96, 0.25)]);
  const silent = asking(() => 0);
  await readStretches(silent.figures, hall, [1, 2, 3], period, knowledge);
  t.equal(silent.sites.length, 1, 'of a point without any sum quarter-hours say no more');
});

t.test('what of a stretch is known of the site and of its points', async (t) => {
  const at = { startMs: 0, endMs: HOUR_MS, point: () => undefined };
  const known = { totalWh: 5, totalMs: 60, itWh: 4, itMs: 50, pairedTotalWh: 0, pairedItWh: 0, pairedMs: 0 };
  t.same(
    [totalWh({ ...at, site: known }), itWh({ ...at, site: known })],
    [
      { amount: 5, measuredMs: 60 },
      { amount: 4, measuredMs: 50 },
    ],
  );
  const blind = { ...at, site: { ...known, totalWh: null, itWh: null } };
  t.same(
    [totalWh(blind), itWh(blind), totalWh({ ...at, site: undefined }), itWh({ ...at, site: undefined })],
    Array(4).fill(null),
  );
  t.same(drawnBy([])({ ...at, startMs: 1000, site: known }), { amount: 0, measuredMs: HOUR_MS - 1000 });
});
