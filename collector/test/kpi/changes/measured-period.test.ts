import t from 'tap';
import { MINUTE_MS, type PointInterval, QUARTER_MS } from '../../../src/accounting/interval.ts';
import { type MeasuredPeriod, measurePeriods } from '../../../src/kpi/changes/measured-period.ts';
import { periodBetween } from '../../../src/kpi/period.ts';
import { siteMinutes } from '../../../src/site/balance.ts';
import { sumSiteIntervals } from '../../../src/site/interval-sum.ts';
import type { Site } from '../../../src/site/site.ts';
import { FakeFigures } from '../../api/fake-figures.ts';
import { point, row, site, T0 } from '../../site/example.ts';

const DAY = 86_400_000;
const period = periodBetween(new Date(T0).toISOString(), new Date(T0 + 10 * DAY).toISOString());
const knowledge = { nowMs: T0 + 20 * DAY, asOfMs: null };

const hall = site([
  point(1, 'utility'),
  point(2, 'it', { level: 'ups-output' }),
  point(3, 'cooling'),
  point(4, 'lighting'),
  point(5, 'district-cooling', { factor: 0.5 }),
]);

/** A point's power in one of the quarter-hours of a day, W; null where it is not measured. */
type Power = (pointId: number, day: number, quarter: number) => number | null;

/** Ten days of quarter-hours. */
class TenDays extends FakeFigures {
  readonly #rows: readonly PointInterval[];

  constructor(of: Site, powerW: Power) {
    super({ sites: [of] });
    const quarters = Array.from({ length: (10 * DAY) / QUARTER_MS }, (_, index) => index);
    this.#rows = quarters.flatMap((quarter) =>
      of.points.flatMap(({ pointId }) => {
        const w = powerW(pointId ?? 0, Math.floor(quarter / 96), quarter % 96);
        if (w === null) return [];
        return [row(pointId ?? 0, w / 4, { measuredMs: QUARTER_MS }, (quarter * QUARTER_MS) / MINUTE_MS)];
      }),
    );
  }

  override async siteSums(of: Site, boundariesMs: readonly number[]) {
    return sumSiteIntervals(siteMinutes(of, this.#rows), boundariesMs);
  }
}

const steadyW: Readonly<Record<number, number>> = { 1: 1200, 2: 1000, 3: 150, 4: 10, 5: 200 };

async function measure(of: Site, powerW: Power): Promise<MeasuredPeriod> {
  const [measured] = await measurePeriods(new TenDays(of, powerW), of, [period], knowledge);
  if (measured === undefined) throw new Error('nothing measured');
  return measured;
}

t.test('a period is measured by its paired time, its parts and its days', async (t) => {
  const found = await measure(hall, (id) => steadyW[id] ?? null);
  t.match(found, { coverage: 1, isComplete: true, level: 'ups-output', totalFrom: 'supply', pairedMs: 10 * DAY });
  t.equal(Math.round(found.totalWh), 1300 * 240);
  t.equal(Math.round(found.itWh), 1000 * 240);
  t.equal(Math.round(found.meteredWh.cooling ?? 0), 250 * 240, 'district cooling is cooling, with its factor');
  t.equal(Math.round(found.meteredWh.lighting ?? 0), 10 * 240);
  t.equal(found.meteredWh.other, null, 'there is no such point');
  t.equal(found.days.length, 10);
  t.match(found.days[0], { itW: 1000, overheadW: 300 });
});

t.test('a part counts in the paired time alone', async (t) => {
  // On the last day IT is silent, and cooling takes a power of ten.
  const found = await measure(hall, (id, day) =>
    day < 9 ? (steadyW[id] ?? null) : id === 2 ? null : id === 3 ? 1500 : (steadyW[id] ?? null),
  );
  t.equal(found.pairedMs, 9 * DAY);
  t.equal(Math.round(found.meteredWh.cooling ?? 0), 250 * 216);
  t.equal(found.days.length, 9);
});

t.test('a part that is silent for a tenth of the time counts with its mean, for more it is unknown', async (t) => {
  const silent = (from: number) => (id: number, day: number) =>
    id === 4 && day >= from ? null : (steadyW[id] ?? null);
  t.equal(Math.round((await measure(hall, silent(9))).meteredWh.lighting ?? 0), 10 * 240);
  t.equal((await measure(hall, silent(8))).meteredWh.lighting, null);
});

t.test(
  'a day tells of the load where nine tenths of it are measured, and a part counts where it is for as much of them',
  async (t) => {
    const until = (quarters: number) => (id: number, day: number, quarter: number) =>
      id === 2 && day === 9 && quarter >= quarters ? null : (steadyW[id] ?? null);
    t.equal((await measure(hall, until(87))).days.length, 10);
    t.equal((await measure(hall, until(86))).days.length, 9);
    // IT for ten hours of the last day; lighting at five times its power for some of them.
    const lit = (quarters: number) => (id: number, day: number, quarter: number) => {
      if (day < 9) return steadyW[id] ?? null;
      if (id === 2) return quarter < 40 ? 1000 : null;
      if (id === 4) return quarter < quarters ? 50 : null;
      return steadyW[id] ?? null;
    };
    const lightingWh = async (quarters: number): Promise<number> =>
      (await measure(hall, lit(quarters))).meteredWh.lighting ?? Number.NaN;
    const near = (found: number, wanted: number, name: string): void =>
      void t.ok(Math.abs(found - wanted) < 1e-9, name);
    near(await lightingWh(36), 10 * 216 + 50 * 10, 'nine of ten hours are enough');
    near(await lightingWh(35), 10 * 226, 'less is not: the mean of the other days');
    const dark = await measure(hall, (id, day) => (day === 9 && id !== 4 ? null : (steadyW[id] ?? null)));
    near(dark.meteredWh.cooling ?? Number.NaN, 250 * 216, 'a day of which nothing else is known takes nothing away');
    const blind = await measure(hall, (id) => (id === 2 ? null : (steadyW[id] ?? null)));
    t.match(blind, { pairedMs: 0, meteredWh: { cooling: null, lighting: null } });
  },
);

t.test('a period that begins within a day is cut to its days', async (t) => {
  const [from, to] = [T0 + DAY / 4, T0 + 1.5 * DAY].map((ms) => new Date(ms).toISOString()) as [string, string];
  const part = periodBetween(from, to);
  const figures = new TenDays(hall, (id) => steadyW[id] ?? null);
  const [found] = await measurePeriods(figures, hall, [part], { nowMs: part.toMs, asOfMs: null });
  t.match(found, { pairedMs: 1.25 * DAY, coverage: 1, isComplete: true, days: [] });
  const [early] = await measurePeriods(figures, hall, [part], { nowMs: part.toMs - 1, asOfMs: null });
  t.match(early, { isComplete: false });
});

t.test('one silent point of several makes its part unknown', async (t) => {
  const found = await measure(hall, (id) => (id === 3 ? null : (steadyW[id] ?? null)));
  t.equal(found.meteredWh.cooling, null);
  const unseen = site([...hall.points, point(null, 'lighting')]);
  t.equal((await measure(unseen, (id) => steadyW[id] ?? null)).meteredWh.lighting, null);
});

t.test('telecom in a data centre is an other load, in a base station the load itself', async (t) => {
  const points = [point(1, 'utility'), point(2, 'telecom'), point(3, 'cooling')];
  const station = await measure(site(points, { kind: 'base-station' }), (id) => steadyW[id] ?? null);
  t.equal(Math.round(station.itWh), 1000 * 240);
  t.equal(station.meteredWh.other, null);
  const mixed = await measure(site([...points, point(4, 'it')]), (id) => steadyW[id] ?? null);
  t.equal(Math.round(mixed.meteredWh.other ?? 0), 1000 * 240);
});

t.test('both periods have IT at one level, the deepest that suffices for both', async (t) => {
  const tree = site([
    point(1, 'utility'),
    point(2, 'it', { point: 'ups', level: 'ups-output', feeds: ['pdu'] }),
    point(3, 'it', { point: 'pdu', level: 'pdu-output' }),
  ]);
  const [whole, half] = [periodBetween(iso(0), iso(5)), periodBetween(iso(5), iso(10))];
  const figures = new TenDays(tree, (id, day) => (id === 3 && day >= 5 ? null : (steadyW[id] ?? null)));
  const levels = async (periods: Parameters<typeof measurePeriods>[2]): Promise<unknown> =>
    (await measurePeriods(figures, tree, periods, knowledge)).map(({ level, coverage }) => [level, coverage]);
  t.same(await levels([whole]), [['pdu-output', 1]]);
  t.same(await levels([half]), [['ups-output', 1]]);
  const both = [
    ['ups-output', 1],
    ['ups-output', 1],
  ];
  t.same(await levels([whole, half]), both);
  const lenient = { ...tree, file: { ...tree.file, coverage: 0.5 } };
  const all = periodBetween(iso(0), iso(10));
  const [found] = await measurePeriods(figures, lenient, [all], knowledge);
  t.match(found, { level: 'pdu-output', coverage: 0.5 }, 'exactly as much as the site asks for');
  const inTurn = new TenDays(tree, (id, day) => ((id === 3) === day >= 5 && id !== 1 ? null : (steadyW[id] ?? null)));
  const each = (await measurePeriods(inTurn, tree, [whole, half], knowledge)).map(({ level }) => level);
  t.same(each, ['pdu-output', 'ups-output'], 'where none suffices for both, each has its own');
});

function iso(day: number): string {
  return new Date(T0 + day * DAY).toISOString();
}
