import fc from 'fast-check';
import t from 'tap';
import { MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import { atLevel, type LevelSum } from '../../src/kpi/level.ts';
import { balanceOf, planOf, siteMinutes } from '../../src/site/balance.ts';
import { noLevel, noPart } from '../../src/site/interval-sum.ts';
import type { Site } from '../../src/site/site.ts';
import { byRole, point, row, site, T0 } from './example.ts';

/** The first minute at the level that counts. */
function minuteOf(at: Site, rows: readonly PointInterval[]): LevelSum {
  const [minute] = siteMinutes(at, rows);
  if (minute === undefined) throw new Error('no minute');
  return atLevel({ ...minute, endMs: minute.startMs + MINUTE_MS }, balanceOf(at).complete[0] ?? 0);
}

const paired = (minute: LevelSum): number[] => [minute.pairedTotalWh, minute.pairedItWh, minute.pairedMs];

const hall = site([point(1, 'utility'), point(2, 'it'), point(3, 'cooling')]);

t.test('a metered hall: 1,300 W in, 1,000 W of IT, for one minute', async (t) => {
  const rows = [row(1, 1300 / 60), row(2, 1000 / 60), row(3, 200 / 60)];
  const it = {
    itWh: 1000 / 60,
    itMs: MINUTE_MS,
    pairedTotalWh: 1300 / 60,
    pairedItWh: 1000 / 60,
    pairedMs: MINUTE_MS,
    estimatedMs: 0,
  };
  const roleWh = byRole({ utility: 1300 / 60, it: 1000 / 60, cooling: 200 / 60 });
  t.strictSame(siteMinutes(hall, rows), [
    {
      siteId: 1,
      partial: null,
      startMs: T0,
      supplyWh: 1300 / 60,
      supplyMs: MINUTE_MS,
      levels: [{ partsWh: null, partsMs: 0, ...it }, noLevel, noLevel, noLevel],
      roleWh,
      overhead: [{ energyWh: 200 / 60, measuredMs: MINUTE_MS }, noPart, noPart],
    },
  ]);
  const total = { totalWh: 1300 / 60, totalMs: MINUTE_MS };
  t.strictSame(minuteOf(hall, rows), { startMs: T0, endMs: T0 + MINUTE_MS, ...total, ...it, roleWh });
});

t.test('a part of the overhead counts while all of its points are measured', async (t) => {
  const at = site([
    point(1, 'cooling'),
    point(2, 'district-cooling', { factor: 0.5 }),
    point(3, 'lighting'),
    point(4, 'other'),
    point(5, 'telecom'),
  ]);
  const overhead = (of: Site, rows: readonly PointInterval[]): unknown => siteMinutes(of, rows)[0]?.overhead;
  const rows = [row(1, 3, { exportWh: 1 }), row(2, 4), row(3, 1, { measuredMs: 30_000 }), row(4, 2), row(5, 6)];
  t.strictSame(overhead(at, rows), [
    { energyWh: 4, measuredMs: MINUTE_MS },
    { energyWh: 1, measuredMs: 30_000 },
    { energyWh: 8, measuredMs: MINUTE_MS },
  ]);
  t.strictSame(overhead(at, [row(1, 3), row(3, 1, { measuredMs: 30_000, estimatedMs: 30_000 })]), [
    noPart,
    noPart,
    noPart,
  ]);
  t.match(overhead(at, rows.slice(0, 4)), [{}, {}, noPart], 'in a data centre telecom is another load');
  const station = site([point(5, 'telecom'), point(4, 'other'), point(6, 'it')], { kind: 'base-station' });
  t.match(
    overhead(station, [row(5, 6), row(4, 2), row(6, 3)]),
    [noPart, noPart, { energyWh: 5 }],
    'and IT in a station',
  );
});

t.test('by role IT counts once, at the level that counts', async (t) => {
  const at = site([
    point(1, 'utility'),
    point(2, 'it', { level: 'ups-output', feeds: [point(3, 'it').point] }),
    point(3, 'it', { level: 'pdu-output' }),
  ]);
  const rows = [row(1, 13), row(2, 10), row(3, 9.5)];
  t.strictSame(minuteOf(at, rows).roleWh, byRole({ utility: 13, it: 9.5 }));
  t.strictSame(minuteOf({ ...at, itLevel: 'ups-output' }, rows).roleWh, byRole({ utility: 13, it: 10 }));
});

t.test('what was fed back alone says nothing of what was drawn', async (t) => {
  const at = site([point(1, 'solar'), point(2, 'it')]);
  const [minute] = siteMinutes(at, [row(1, 0, { measuredMs: 0, exportWh: 5 }), row(2, 10)]);
  t.match(minute, { supplyWh: null, supplyMs: 0, roleWh: byRole({ it: 10 }) });
});

t.test('two feeds, a generator, sun that is partly sold, and chilled water with its factor', async (t) => {
  const at = site([
    point(1, 'utility'),
    point(2, 'utility'),
    point(3, 'generator'),
    point(4, 'solar'),
    point(5, 'district-cooling', { factor: 0.5 }),
    point(6, 'it'),
  ]);
  const rows = [row(1, 10), row(2, 11, { exportWh: 2 }), row(3, 0), row(4, 5), row(5, 4), row(6, 20)];
  const minute = minuteOf(at, rows);
  t.equal(minute.totalWh, 10 + 11 - 2 + 0 + 5 + 4 * 0.5, 'drawn, less what was fed back, chilled water by half');
  t.strictSame(minute.roleWh, byRole({ utility: 21, generator: 0, solar: 5, 'district-cooling': 2, it: 20 }));
  t.equal(minuteOf(at, rows.slice(1)).totalWh, null, 'without one of the feeds the total is unknown');
  t.strictSame(paired(minuteOf(at, rows.slice(1))), [0, 0, 0]);
});

t.test('without supply meters the total is the sum of the parts', async (t) => {
  const at = site([point(1, 'it'), point(2, 'cooling'), point(3, 'lighting'), point(4, 'other'), point(5, 'ups')]);
  const minute = minuteOf(at, [row(1, 10), row(2, 3), row(3, 1), row(4, 0.5), row(5, 12)]);
  t.equal(balanceOf(at).totalFrom, 'parts');
  t.equal(minute.totalWh, 14.5, 'the UPS carries what the IT draws, it is no part of its own');
  t.equal(minuteOf(at, [row(1, 10), row(2, 3), row(3, 1)]).totalWh, null);
  const noLoad = site([point(2, 'cooling'), point(3, 'lighting')]);
  t.equal(balanceOf(noLoad).totalFrom, null);
  t.strictSame(minuteOf(noLoad, [row(2, 3), row(3, 1)]).totalWh, null, 'cooling alone is no total');
  const [unpaired] = siteMinutes(site([point(1, 'it'), point(2, 'cooling')]), [
    row(1, 10, { measuredMs: 30_000 }),
    row(2, 3),
  ]);
  t.match(unpaired?.levels[0], { partsWh: 13, partsMs: 30_000, itMs: 30_000, pairedMs: 0 });
  t.match(unpaired, { supplyWh: null, supplyMs: 0 });
});

t.test('IT is taken at one level only', async (t) => {
  const points = [
    point(1, 'utility'),
    point(2, 'it', { level: 'equipment-input' }),
    point(3, 'it', { level: 'pdu-output' }),
    point(4, 'it', { level: 'pdu-output' }),
    point(5, 'it'),
  ];
  const rows = [row(1, 100), row(2, 1), row(3, 20), row(4, 30), row(5, 7)];
  const levelled = site(points);
  t.equal(minuteOf(levelled, rows).itWh, 50, 'the level nearest the supply');
  t.equal(planOf(balanceOf(levelled)).level, 'pdu-output');
  t.equal(minuteOf({ ...levelled, itLevel: 'equipment-input' }, rows).itWh, 1, 'or the one that the site chose');
  t.equal(minuteOf({ ...levelled, itLevel: 'ups-output' }, rows).itWh, null, 'which may have no points');
  const plain = site([point(1, 'utility'), point(2, 'it'), point(5, 'it')]);
  t.equal(minuteOf(plain, rows).itWh, 8, 'nobody said a level: all of them');
  t.equal(planOf(balanceOf(plain)).level, null);
  t.equal(planOf(balanceOf({ ...plain, itLevel: 'ups-output' })).level, 'ups-output');
  const beside = site([point(2, 'it'), point(5, 'cooling', { level: 'pdu-output' })], { itLevel: 'ups-output' });
  t.equal(planOf(balanceOf(beside)).level, 'ups-output', 'a level counts of IT only');
  const none = site([point(1, 'utility'), point(6, 'pdu', { level: 'pdu-output' })]);
  t.equal(planOf(balanceOf(none)).level, null);
});

t.test('a deeper level is complete where every way down ends at it', async (t) => {
  const ups = (feeds: readonly string[]) => point(2, 'it', { point: 'ups', level: 'ups-output', feeds });
  const pdu = (name: string, feeds: readonly string[] = []) =>
    point(3, 'it', { point: name, level: 'pdu-output', feeds });
  const complete = (...points: Site['points']): readonly number[] =>
    balanceOf(site([point(1, 'utility'), ...points])).complete;
  const cooling = point(4, 'cooling', { point: 'crac' });
  const board = (feeds: readonly string[]) => point(5, null, { point: 'board', feeds });
  t.same(complete(ups(['p']), pdu('p')), [2, 1]);
  t.same(complete(ups([]), pdu('p')), [1], 'without feeds nobody knows');
  t.same(complete(ups(['p', 'nowhere']), pdu('p')), [1]);
  t.same(complete(ups(['p', 'crac']), pdu('p'), cooling), [2, 1], 'a load with a role of its own ends no way');
  t.same(complete(ups(['crac']), pdu('p'), cooling), [1]);
  t.same(complete(ups(['p', 'board']), pdu('p'), board([])), [1], 'a board may feed anything');
  t.same(complete(ups(['board']), pdu('p'), board(['p'])), [2, 1], 'past what only distributes');
  t.same(complete(ups(['p', 'board']), pdu('p'), board(['p', 'ups'])), [2, 1], 'a circle ends');
  t.same(complete(ups(['p', 'plain']), pdu('p'), point(6, 'it', { point: 'plain' })), [1], 'IT of no level');
  t.same(complete(ups(['cool']), point(7, 'cooling', { point: 'cool', level: 'pdu-output' }), pdu('p')), [1]);
});

t.test('in a base station telecom takes the place of IT', async (t) => {
  const at = site([point(1, 'utility'), point(2, 'telecom'), point(3, 'cooling'), point(4, 'it')], {
    kind: 'base-station',
  });
  const minute = minuteOf(at, [row(1, 50), row(2, 40), row(3, 5), row(4, 2)]);
  t.strictSame([minute.totalWh, minute.itWh], [50, 40]);
  t.same([balanceOf(at).complete, planOf(balanceOf(at)).level], [[0], null]);
  const parts = site(at.points.slice(1), { kind: 'base-station' });
  t.equal(minuteOf(parts, [row(2, 40), row(3, 5), row(4, 2)]).totalWh, 47);
});

t.test('a metered battery: neither charging nor an outage bends the ratio', async (t) => {
  const at = site([point(1, 'utility'), point(2, 'battery'), point(3, 'it')]);
  const normal = minuteOf(at, [row(1, 13), row(2, 0), row(3, 10)]);
  const charging = minuteOf(at, [row(1, 18), row(2, 5), row(3, 10)]);
  const outage = minuteOf(at, [row(1, 0), row(2, 0, { exportWh: 13 }), row(3, 10)]);
  const signed = minuteOf(at, [row(1, 0), row(2, -13), row(3, 10)]);
  for (const minute of [normal, charging, outage, signed]) t.strictSame(paired(minute), [13, 10, MINUTE_MS]);
  t.equal(minuteOf(at, [row(1, 13), row(3, 10)]).totalWh, null, 'what an unread battery took or gave is unknown');
});

t.test('an outage bridged by a battery without a meter forms no ratio', async (t) => {
  const outage = minuteOf(hall, [row(1, 0.05), row(2, 10), row(3, 0)]);
  t.strictSame([outage.totalWh, outage.itWh], [0.05, 10]);
  t.strictSame(paired(outage), [0, 0, 0]);
  t.strictSame(
    paired(minuteOf(hall, [row(1, 0.1), row(2, 10), row(3, 0)])),
    [0.1, 10, MINUTE_MS],
    'a hundredth is alive',
  );
  t.strictSame(paired(minuteOf(hall, [row(1, 0.099), row(2, 10), row(3, 0)])), [0, 0, 0]);
  t.strictSame(paired(minuteOf(hall, [row(1, -5), row(2, 0), row(3, 0)])), [-5, 0, MINUTE_MS], 'no load, no outage');
  const fedBack = site([point(2, 'it'), point(3, 'other')]);
  t.strictSame(paired(minuteOf(fedBack, [row(2, 10), row(3, -9.95)])).at(-1), MINUTE_MS, 'the parts are no supply');
  const metered = site([...hall.points, point(4, 'battery')]);
  t.strictSame(paired(minuteOf(metered, [row(1, 0.05), row(2, 10), row(3, 0), row(4, 0)])).at(-1), MINUTE_MS);
  t.strictSame(
    paired(minuteOf(hall, [row(1, 0), row(2, 0), row(3, 0)])),
    [0, 0, MINUTE_MS],
    'all off is no outage bridged',
  );
});

t.test('both sides must have been measured for the same time', async (t) => {
  const half = { measuredMs: 30_000 };
  t.strictSame(paired(minuteOf(hall, [row(1, 6.5, half), row(2, 5, half)])), [6.5, 5, 30_000]);
  t.strictSame(paired(minuteOf(hall, [row(1, 13), row(2, 5, half)])), [0, 0, 0]);
  t.strictSame(paired(minuteOf(hall, [row(1, 13), row(2, 9.8, { measuredMs: 58_800 })])), [13, 9.8, 58_800]);
  t.strictSame(paired(minuteOf(hall, [row(1, 13), row(2, 9.8, { measuredMs: 58_799 })])), [0, 0, 0]);
  const late = minuteOf(hall, [row(1, 13), row(2, 5, half)]);
  t.strictSame([late.totalMs, late.itMs], [MINUTE_MS, 30_000]);
});

t.test('estimated energy is no coverage and no part of a ratio, bridged energy is said', async (t) => {
  const estimated = { estimatedWh: 10, estimatedMs: MINUTE_MS, measuredMs: 0 };
  const unread = minuteOf(hall, [row(1, 13), row(2, 10, estimated)]);
  t.strictSame([unread.itWh, unread.itMs], [null, 0]);
  t.equal(unread.roleWh[byRole({ it: 1 }).indexOf(1)], 10, 'but it is shown by role');
  const partly = minuteOf(hall, [row(1, 13), row(2, 10, { measuredMs: 59_500, estimatedMs: 500 })]);
  t.strictSame(paired(partly), [0, 0, 0]);
  const bridged = minuteOf(hall, [row(1, 13, { bridgedMs: 20_000 }), row(2, 10, { bridgedMs: 40_000 })]);
  t.strictSame([bridged.pairedMs, bridged.estimatedMs], [MINUTE_MS, 40_000]);
});

t.test('points without a role or without a reading', async (t) => {
  const withHost = site([...hall.points, point(9, null)]);
  t.same(siteMinutes(withHost, [row(7, 1)]), [], 'a stranger says nothing about the site');
  const minute = minuteOf(withHost, [row(9, 0.3)]);
  t.strictSame([minute.totalWh, minute.itWh, minute.roleWh], [null, null, byRole({})]);
  const announced = site([...hall.points, point(null, 'utility')]);
  t.equal(minuteOf(announced, [row(1, 13), row(2, 10)]).totalWh, null, 'a feed that never reported is not zero');
});

t.test('a point counts with its factor, and what is metered behind another is counted there', async (t) => {
  const at = site([
    point(1, 'utility', { factor: 2 }),
    point(2, 'it', { factor: 0.5 }),
    point(3, 'solar', { factor: 0 }),
  ]);
  const minute = minuteOf(at, [row(1, 10), row(2, 10, { exportWh: 4 }), row(3, 9)]);
  t.strictSame([minute.totalWh, minute.itWh], [20, 3]);
  t.strictSame(minute.roleWh, byRole({ utility: 20, it: 5, solar: 0 }));
});

const anyRow = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 29 }))
  .map(([id, wh, minute]) => row(id, wh, {}, minute));
const uniqueRows = fc.uniqueArray(anyRow, {
  selector: ({ pointId, startMs }) => `${pointId} ${startMs}`,
  maxLength: 90,
});

t.test('the order of rows does not matter', async () => {
  fc.assert(
    fc.property(uniqueRows, fc.infiniteStream(fc.nat()), (rows, random) => {
      const shuffled = rows.map((one) => ({ one, key: random.next().value })).sort((a, b) => a.key - b.key);
      const again = siteMinutes(
        hall,
        shuffled.map(({ one }) => one),
      );
      return JSON.stringify(again) === JSON.stringify(siteMinutes(hall, rows));
    }),
  );
});
