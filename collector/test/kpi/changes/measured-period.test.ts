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

/** Ten days of quarter-hours; `powerW` gives a point's power, null where it is not measured. */
class TenDays extends FakeFigures {
  readonly #rows: readonly PointInterval[];

  constructor(of: Site, powerW: (pointId: number, day: number) => number | null) {
    super({ sites: [of] });
    const quarters = Array.from({ length: (10 * DAY) / QUARTER_MS }, (_, index) => index);
    this.#rows = quarters.flatMap((quarter) =>
      of.points.flatMap(({ pointId }) => {
        const w = powerW(pointId ?? 0, Math.floor((quarter * QUARTER_MS) / DAY));
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

async function measure(of: Site, powerW: (pointId: number, day: number) => number | null): Promise<MeasuredPeriod> {
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
});

function iso(day: number): string {
  return new Date(T0 + day * DAY).toISOString();
}
