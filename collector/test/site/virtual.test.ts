import fc from 'fast-check';
import t from 'tap';
import { knowsDrawn, MINUTE_MS, type PointInterval, QUARTER_MS } from '../../src/accounting/interval.ts';
import { atLevel } from '../../src/kpi/level.ts';
import { balanceOf, siteMinutes } from '../../src/site/balance.ts';
import { sumSiteIntervals } from '../../src/site/interval-sum.ts';
import { QuarterFold, SiteIndex } from '../../src/site/quarter-fold.ts';
import type { Site } from '../../src/site/site.ts';
import { virtualPointProblems } from '../../src/site/virtual-point.ts';
import { addVirtualRows, plansBehind, virtualPlansOf } from '../../src/site/virtual-rows.ts';
import { point, row, site, T0 } from './example.ts';

type Sum = readonly (readonly [string, number])[];

const made = (pointId: number, name: string, sum: Sum, more: Parameters<typeof point>[2] = {}) =>
  point(pointId, more.role ?? null, { point: name, virtual: { sum, constantW: 0 }, ...more });

const members = ['a', 'b', 'c'].map((name, index) => point(index + 1, null, { point: name }));
const total = made(4, 'total', [
  ['a', 1],
  ['b', 2],
  ['c', -1],
]);
const twice = made(5, 'twice', [['total', 2]]);
const hall = site([twice, total, ...members]);

/** The virtual rows of one minute, by point. */
function rowsOf(at: Site, rows: readonly PointInterval[]): Map<number, PointInterval> {
  const all = new Map(rows.map((one) => [one.pointId, one]));
  const found = new Map<number, PointInterval>();
  addVirtualRows(
    virtualPlansOf(at),
    T0,
    (pointId) => all.get(pointId),
    (one) => {
      all.set(one.pointId, one);
      found.set(one.pointId, one);
    },
  );
  return found;
}

t.test('members count with their factors, and what was fed back keeps its direction', async (t) => {
  const found = rowsOf(hall, [row(1, 100, { exportWh: 10 }), row(2, 30), row(3, 20, { exportWh: 5 })]);
  const expected = row(4, 100 + 60 - (20 - 5), { exportWh: 10 });
  t.same(found.get(4), expected);
  t.same(found.get(5), { ...expected, pointId: 5, energyWh: 290, exportWh: 20 }, 'and a sum of a sum');
  const constant = site([made(4, 'total', [['a', 1]], { virtual: { sum: [['a', 1]], constantW: 600 } }), ...members]);
  t.equal(rowsOf(constant, [row(1, 5)]).get(4)?.energyWh, 15, '600 W are 10 Wh a minute');
  t.equal(rowsOf(constant, [row(1, 5, { measuredMs: 30_000 })]).get(4)?.energyWh, 10, 'of the time that is known');
  const half = made(4, 'total', [['a', 0.5]]);
  t.match(rowsOf(site([half, ...members]), [row(1, 100, { exportWh: 10 })]).get(4), { energyWh: 50, exportWh: 5 });
});

t.test('a member that is missing makes the minute missing, and one that nobody knows all of them', async (t) => {
  t.match(rowsOf(hall, [row(1, 100), row(2, 30)]).get(4), { energyWh: 0, measuredMs: 0, estimatedMs: 0 });
  t.match(rowsOf(hall, [row(1, 100), row(2, 30), row(3, 0, { measuredMs: 0 })]).get(4), { measuredMs: 0 });
  const onlyFedBack = row(3, 0, { measuredMs: 0, exportWh: 4 });
  t.match(rowsOf(hall, [row(1, 100), row(2, 30), onlyFedBack]).get(4), { energyWh: 0, exportWh: 0, measuredMs: 0 });
  t.equal(rowsOf(hall, [row(9, 1)]).size, 0);
  const unread = site([total, ...members.slice(1), point(null, null, { point: 'a' })]);
  t.equal(rowsOf(unread, [row(2, 30), row(3, 1)]).size, 0);
  const litres = site([total, point(1, null, { point: 'a', quantity: 'volume' }), ...members.slice(1)]);
  t.equal(rowsOf(litres, [row(1, 1), row(2, 1), row(3, 1)]).size, 0, 'litres and Wh make no sum');
});

t.test('measured is what is measured of all; estimated and bridged time are carried on', async (t) => {
  const times = (rows: readonly PointInterval[]) => {
    const { measuredMs, estimatedMs, bridgedMs } = rowsOf(hall, rows).get(4) ?? row(0, 0);
    return [measuredMs, estimatedMs, bridgedMs];
  };
  t.same(times([row(1, 1), row(2, 1, { bridgedMs: 40_000 }), row(3, 1)]), [MINUTE_MS, 0, 40_000]);
  t.same(times([row(1, 1), row(2, 1, { measuredMs: 59_000 }), row(3, 1)]), [59_000, 0, 0]);
  t.same(
    times([row(1, 1), row(2, 1, { measuredMs: 30_000 }), row(3, 1)]),
    [30_000, 30_000, 0],
    'of some of it only a part is known',
  );
  const estimated = { measuredMs: 0, estimatedMs: MINUTE_MS, estimatedWh: 1 };
  t.same(times([row(1, 1), row(2, 1, estimated), row(3, 1)]), [0, MINUTE_MS, 0]);
  t.equal(rowsOf(hall, [row(1, 1), row(2, 1, estimated), row(3, 1)]).get(4)?.estimatedWh, 2);
  const mixed = { measuredMs: 40_000, estimatedMs: 20_000 };
  t.same(times([row(1, 1), row(2, 1, mixed), row(3, 1)]), [40_000, 20_000, 0]);
  const alone = site([made(4, 'total', [['a', 1]]), ...members]);
  t.match(rowsOf(alone, [row(1, 1, mixed)]).get(4), mixed);
  t.same(times([row(1, 1), row(2, 1, { measuredMs: 58_800 }), row(3, 1)]), [58_800, 0, 0], 'the same time');
  t.same(times([row(1, 1), row(2, 1, { measuredMs: 58_799 }), row(3, 1)]), [58_799, 1_201, 0]);
});

t.test('plans come after their members, and one can be had alone', async (t) => {
  const plans = virtualPlansOf(hall);
  t.same(
    plans.map(({ pointId }) => pointId),
    [4, 5],
  );
  t.same(
    plansBehind(4, plans).map(({ pointId }) => pointId),
    [4],
  );
  t.same(
    plansBehind(5, plans).map(({ pointId }) => pointId),
    [4, 5],
  );
  t.same(plansBehind(1, plans), []);
});

t.test('a virtual point counts in the balance like any other', async (t) => {
  const at = site([
    made(
      4,
      'supply',
      [
        ['a', 1],
        ['b', 1],
        ['c', -1],
      ],
      { role: 'utility' },
    ),
    point(6, 'it', { point: 'it' }),
    ...members,
  ]);
  const minute = (rows: readonly PointInterval[]) => {
    const [one] = siteMinutes(at, rows);
    return one === undefined ? undefined : atLevel({ ...one, endMs: T0 + MINUTE_MS }, 0);
  };
  const rows = [row(1, 100), row(2, 60), row(3, 30), row(6, 100)];
  t.match(minute(rows), { totalWh: 130, itWh: 100, pairedTotalWh: 130, pairedItWh: 100, pairedMs: MINUTE_MS });
  t.match(minute(rows.slice(1)), { totalWh: null, pairedMs: 0 });
  t.match(minute([...rows.slice(0, 3), row(6, 50, { measuredMs: 30_000 })]), { pairedMs: 0 });
  const uneven = [row(1, 50, { measuredMs: 30_000 }), row(2, 60), row(3, 30), row(6, 50, { measuredMs: 30_000 })];
  t.match(minute(uneven), { totalMs: 30_000, pairedMs: 0 }, 'half a minute of one member pairs with nothing');
});

const anyFactor = fc.integer({ min: -5, max: 5 }).filter((f) => f !== 0);
const factors = fc.tuple(anyFactor, anyFactor, anyFactor);
const anyRow = fc.record({
  pointId: fc.integer({ min: 1, max: 3 }),
  energyWh: fc.integer({ min: 0, max: 1000 }),
  exportWh: fc.integer({ min: 0, max: 100 }),
  measuredMs: fc.constantFrom(0, 30_000, MINUTE_MS),
  bridgedMs: fc.constantFrom(0, 30_000),
  minute: fc.integer({ min: 0, max: 29 }),
});

t.test('net energies add up linearly in each minute, and quarter-hours are the sums of their minutes', async () => {
  fc.assert(
    fc.property(factors, fc.array(anyRow, { maxLength: 90 }), ([fa, fb, fc_], drawn) => {
      const at = site([
        made(
          4,
          'total',
          [
            ['a', fa],
            ['b', fb],
            ['c', fc_],
          ],
          { role: 'utility' },
        ),
        ...members,
      ]);
      const unique = new Map(
        drawn.map(({ pointId, minute, bridgedMs, ...one }) => [
          `${pointId} ${minute}`,
          row(pointId, one.energyWh, { ...one, bridgedMs: Math.min(bridgedMs, one.measuredMs) }, minute),
        ]),
      );
      const rows = [...unique.values()].sort((x, y) => x.startMs - y.startMs || x.pointId - y.pointId);
      const net = ({ energyWh, exportWh }: PointInterval): number => energyWh - exportWh;
      const factorOf = [0, fa, fb, fc_];
      let expectedWh = 0;
      let knownMs = 0;
      for (let minute = 0; minute < 30; minute++) {
        const inMinute = rows.filter(({ startMs }) => startMs === T0 + minute * MINUTE_MS);
        if (inMinute.length < 3 || !inMinute.every(knowsDrawn)) continue;
        expectedWh += inMinute.reduce((sum, one) => sum + (factorOf[one.pointId] as number) * net(one), 0);
        knownMs += Math.min(...inMinute.map(({ measuredMs }) => measuredMs));
      }
      const fold = new QuarterFold(new SiteIndex([at]));
      for (const one of rows) fold.add(one);
      const { points, sites } = fold.finish();
      const quarters = points.filter(({ pointId }) => pointId === 4);
      const wh = quarters.reduce((sum, one) => sum + net(one), 0);
      const ms = quarters.reduce((sum, one) => sum + one.measuredMs, 0);
      const boundaries = [T0, T0 + QUARTER_MS, T0 + 2 * QUARTER_MS];
      const fromMinutes = sumSiteIntervals(siteMinutes(at, rows), boundaries).map(({ supplyWh }) => supplyWh);
      return (
        wh === expectedWh &&
        ms === knownMs &&
        JSON.stringify(fromMinutes) === JSON.stringify(sites.map(({ supplyWh }) => supplyWh))
      );
    }),
  );
});

t.test('what an agent reports of a virtual point does not count beside its members', async (t) => {
  const fold = new QuarterFold(new SiteIndex([hall]));
  for (const one of [row(1, 100), row(2, 30), row(3, 20), row(4, 999)]) fold.add(one);
  t.equal(fold.finish().points.find(({ pointId }) => pointId === 4)?.energyWh, 140);
  t.equal(balanceOf(hall).virtual.length, 2);
});

t.test('what a site file cannot say of virtual points', async (t) => {
  const of = (sum: Record<string, number>, constantW = 0) => ({ sum, constantW });
  const a = { point: 'a', role: null };
  t.same(virtualPointProblems([a, { point: 'v', role: 'utility', virtual: of({ a: 1 }) }]), []);
  t.match(virtualPointProblems([{ point: 'v', virtual: of({ x: 1 }) }]), [
    /v: its member x is none of the points of this file/,
  ]);
  t.same(
    virtualPointProblems([
      { point: 'u', virtual: of({ v: 1 }) },
      { point: 'v', virtual: of({ w: 1 }) },
      { point: 'w', virtual: of({ v: 1 }) },
    ]),
    ['virtual points are made of each other: v → w → v'],
  );
  t.match(virtualPointProblems([{ point: 'v', virtual: of({ v: 1 }) }]), [/v → v/]);
  t.match(
    virtualPointProblems([
      { point: 'w', role: 'water' },
      { point: 'v', virtual: of({ w: 1 }) },
    ]),
    [/v: it counts Wh, and its member w L/],
  );
  t.same(
    virtualPointProblems([
      { point: 'w', carrier: 'diesel' },
      { point: 'v', carrier: 'diesel', virtual: of({ w: 1 }) },
    ]),
    [],
  );
  t.match(
    virtualPointProblems([
      { point: 'w', carrier: 'diesel' },
      { point: 'v', carrier: 'diesel', virtual: of({ w: 1 }, 5) },
    ]),
    [/constantW needs a point that counts Wh/],
  );
  t.same(
    virtualPointProblems([
      { point: 'w', role: 'district-cooling' },
      { point: 'v', virtual: of({ w: 1, w2: 1 }, 5) },
      { point: 'w2', virtual: of({ w: 1 }) },
    ]),
    [],
    'chilled water counts Wh, and a member may be come by twice',
  );
});

t.test('no energy counts twice: a member of the same side needs role: null', async (t) => {
  const v = (role: 'utility' | 'it', member: object, level?: 'ups-output' | 'equipment-input') =>
    virtualPointProblems([
      { point: 'a', ...member },
      { point: 'v', role, level, virtual: { sum: { a: 1 }, constantW: 0 } },
    ]);
  t.match(v('utility', { role: 'solar' }), [
    /v is utility and its member a solar: the same energy would count twice; give a `role: null`/,
  ]);
  t.match(v('utility', {}), [/whose agent may announce a role/]);
  t.same(v('utility', { role: null }), []);
  t.same(v('it', { role: 'utility' }), [], 'IT as what is left of the supply');
  t.same(v('it', { role: 'it', level: 'equipment-input' }, 'ups-output'), [], 'levels are never added up');
  t.match(v('it', { role: 'it', level: 'ups-output' }, 'ups-output'), [/twice/]);
  const battery = virtualPointProblems([
    { point: 'a', role: 'battery' },
    { point: 'v', role: 'utility', virtual: { sum: { a: 1 }, constantW: 0 } },
  ]);
  t.match(battery, [/v is utility and its member a battery: the same energy would count twice/]);
  t.same(
    virtualPointProblems([
      { point: 'a', role: 'it' },
      { point: 'v', virtual: { sum: { a: 1 }, constantW: 0 } },
    ]),
    [],
  );
  t.match(v('it', { role: 'it' }), [/twice/], 'without a level, too');
  t.same(
    v('it', { virtual: { sum: { b: 1 }, constantW: 0 } }).length,
    1,
    'only what is missing is said of a sum of sums',
  );
  const through = virtualPointProblems([
    { point: 'a', role: 'utility' },
    { point: 'u', virtual: { sum: { a: 1 }, constantW: 0 } },
    { point: 'v', role: 'utility', virtual: { sum: { u: 1 }, constantW: 0 } },
  ]);
  t.match(through, [/v is utility and its member a utility/], 'also through another virtual point');
});
