import { deserialize, serialize } from 'node:v8';
import { energyRoles } from '@wattmark/shared/roles';
import fc from 'fast-check';
import t from 'tap';
import type { PointInterval } from '../../src/accounting/interval.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import { type EnergyCount, EnergyCounters } from '../../src/site/energy-counters.ts';
import type { Site } from '../../src/site/site.ts';
import { point, row, site } from './example.ts';

const hall: Site = site([point(1, 'utility'), point(2, 'it', { level: 'ups-output' }), point(3, 'cooling')]);

function counting(of: Site = hall): { count(...rows: PointInterval[]): EnergyCount; counters: EnergyCounters } {
  const counters = new EnergyCounters();
  const count = (...rows: PointInterval[]): EnergyCount => {
    counters.count(
      PointColumns.of(rows),
      () => of.siteId,
      () => of,
    );
    const counts = counters.of(of.siteId);
    if (counts === null) throw new Error('nothing counted');
    return counts;
  };
  return { count, counters };
}

const role = (counts: EnergyCount, name: (typeof energyRoles)[number]) => counts.roleWh[energyRoles.indexOf(name)];

t.test('whole minutes add up; what is unknown is null, not zero', async (t) => {
  const { count, counters } = counting();
  t.equal(counters.of(1), null);
  t.match(count(row(1, 13)), { totalWh: 13, itWh: null, pairedTotalWh: null, pairedMs: null });
  const both = count(row(2, 10), row(1, 26, {}, 1), row(2, 20, {}, 1), row(3, 4, {}, 1));
  t.match(both, { totalWh: 39, itWh: 30, pairedTotalWh: 39, pairedItWh: 30, pairedMs: 120_000 });
  t.equal(role(both, 'utility'), 39);
  t.equal(role(both, 'cooling'), 4);
  t.equal(role(both, 'solar'), null);
});

t.test('a minute grows while it waits for its points, and is then left alone', async (t) => {
  const { count, counters } = counting();
  t.equal(count(row(1, 10, { measuredMs: 40_000 })).totalWh, 10);
  t.equal(count(row(1, 15)).totalWh, 15, 'the rest of the minute');
  t.equal(count(row(1, 12)).totalWh, 15, 'what was counted cannot be taken back');
  t.equal(count(row(1, 16)).totalWh, 16);
  t.match(count(row(2, 10), row(3, 2)), { itWh: 10, pairedTotalWh: 16 }, 'now it is whole');
  t.equal(counters.lateMinutes, 0);
  t.match(count(row(1, 30), row(2, 30)), { totalWh: 16, itWh: 10, pairedTotalWh: 16 });
  t.equal(counters.lateMinutes, 1);
});

t.test('what an earlier batch left behind in the same memory is no part of a later one', async (t) => {
  const counters = new EnergyCounters();
  const columns = PointColumns.of([row(3, 4), row(1, 13), row(2, 10, { measuredMs: 40_000 })]);
  const countFirst = (length: number) =>
    counters.count(
      new PointColumns(columns.buffer, length),
      () => hall.siteId,
      () => hall,
    );
  countFirst(3);
  columns.energyWh.set([5, 99, 99]);
  columns.measuredMs[2] = 60_000;
  countFirst(1);
  t.match(counters.of(hall.siteId), { totalWh: 13, itWh: 10 });
  t.equal(role(counters.of(hall.siteId) as EnergyCount, 'cooling'), 5);
});

t.test('an agent that was away for hours is counted beside the others; after six hours it is not', async (t) => {
  const { count, counters } = counting();
  for (let minute = 0; minute < 400; minute++) count(row(1, 13, {}, minute), row(3, 2, {}, minute));
  const before = count(row(1, 13, {}, 400));
  t.match(before, { totalWh: 401 * 13, itWh: null, pairedItWh: null });
  let after = before;
  for (let minute = 0; minute <= 400; minute++) after = count(row(2, 10, {}, minute));
  t.match(after, { totalWh: 401 * 13, itWh: 3600, pairedTotalWh: 360 * 13, pairedItWh: 3600, pairedMs: 360 * 60_000 });
  t.equal(counters.lateMinutes, 41);
});

t.test('a backlog of the only agent is counted, however old', async (t) => {
  const { count } = counting(site([point(1, 'utility')]));
  count(row(1, 1, {}, 0));
  t.equal(count(...Array.from({ length: 1000 }, (_, index) => row(1, 1, {}, 1 + index))).totalWh, 1001);
});

t.test('points of no role, and what is reported of a point made of others, hold nothing up', async (t) => {
  const rack = point(5, 'it', { virtual: { sum: [['it-2', 1]], constantW: 60 }, point: 'rack' });
  const of = site([point(1, 'utility'), point(2, null, { point: 'it-2' }), point(4, null), rack]);
  const { count, counters } = counting(of);
  t.match(count(row(1, 13), row(2, 9), row(5, 999)), { totalWh: 13, itWh: 10, pairedItWh: 10 });
  count(row(4, 1));
  t.equal(counters.lateMinutes, 0, 'the minute was whole, and a point without a role does not come late');
});

t.test('estimated time makes a minute whole as well, and without a supply the parts count', async (t) => {
  const parts = counting(site([point(2, 'it'), point(3, 'cooling')]));
  t.match(parts.count(row(2, 10), row(3, 2, { measuredMs: 30_000, estimatedMs: 30_000 })), { totalWh: 12, itWh: 10 });
  t.equal(parts.counters.save().sites[1]?.held.length, 0);
  t.equal(parts.counters.of(9), null);
  const [unpaired] = [parts.count(row(2, 10, { measuredMs: 0 }, 1))];
  t.match(unpaired, { pairedMs: null }, 'no time in which both sides were measured');
});

t.test('a minute that waited is counted once, though all of it comes again', async (t) => {
  const { count, counters } = counting();
  t.match(count(row(1, 10), row(2, 8)), { totalWh: 10, itWh: 8 });
  t.match(count(row(1, 13), row(2, 10), row(3, 2)), { totalWh: 13, itWh: 10, pairedTotalWh: 13 });
  t.equal(counters.save().sites[1]?.held.length, 0);
});

t.test('every role has its count, and no more than these', async (t) => {
  const each = energyRoles.map((name, index) => point(1 + index, name, { point: name }));
  const { count } = counting(site(each));
  const counts = count(...energyRoles.map((_, index) => row(1 + index, 1 + index)));
  t.strictSame(
    counts.roleWh,
    energyRoles.map((_, index) => 1 + index),
  );
});

t.test('what waits is limited after a restart as well, and a row that comes again waits once', async (t) => {
  const many = Array.from({ length: 2_000 }, (_, index) => point(index, 'it', { level: 'pdu-output' }));
  const of = site([...many, point(2_000, 'utility')]);
  const minuteOf = (minute: number) =>
    PointColumns.of(many.map(({ pointId }) => row(pointId as number, 1, {}, minute)));
  let counters = new EnergyCounters();
  const count = (minute: number): number => {
    counters.count(
      minuteOf(minute),
      () => 1,
      () => of,
    );
    return counters.save().sites[1]?.held.length ?? 0;
  };
  for (let minute = 0; minute < 30; minute++) count(minute);
  for (let again = 0; again < 30; again++) count(29);
  t.equal(count(29), 30);
  counters = EnergyCounters.load(deserialize(serialize(counters.save())));
  for (let minute = 30; minute < 60; minute++) count(minute);
  t.equal(count(60), 50);
});

t.test('a sum of sums waits for what is measured, and for no more', async (t) => {
  const rack = point(5, 'it', { virtual: { sum: [['row', 1]], constantW: 0 }, point: 'rack' });
  const inner = point(6, null, { virtual: { sum: [['it-2', 1]], constantW: 0 }, point: 'row' });
  const { count, counters } = counting(site([point(1, 'utility'), point(2, null, { point: 'it-2' }), rack, inner]));
  t.match(count(row(1, 13)), { totalWh: 13, itWh: null });
  t.equal(counters.save().sites[1]?.held.length, 1);
  t.match(count(row(2, 9)), { totalWh: 13, itWh: 9, pairedItWh: 9 });
  t.equal(counters.save().sites[1]?.held.length, 0);
});

t.test('minutes of a batch are counted in their order, whichever order they come in', async (t) => {
  const { count, counters } = counting(site([point(1, 'utility')]));
  t.match(count(row(1, 1, {}, 10), row(1, 2, {}, 9), row(1, 4, {}, 2)), { totalWh: 7 });
  t.equal(counters.lateMinutes, 0);
});

t.test('a site that gives more than it draws leaves the counter where it is', async (t) => {
  const { count } = counting(site([point(1, 'utility')]));
  t.equal(count(row(1, 5)).totalWh, 5);
  t.equal(count(row(1, 0, { exportWh: 3 }, 1)).totalWh, 5);
});

t.test('rows that wait are limited; a site over the limit gives up its oldest minutes', async (t) => {
  const many = Array.from({ length: 2_000 }, (_, index) => point(index, 'it', { level: 'pdu-output' }));
  const { count, counters } = counting(site([...many, point(2_000, 'utility')]));
  const minuteOf = (minute: number) => many.map(({ pointId }) => row(pointId as number, 1, {}, minute));
  for (let minute = 0; minute < 60; minute++) count(...minuteOf(minute));
  t.equal(counters.save().sites[1]?.held.length, 50);
  t.match(count(row(2_000, 3_000, {}, 9)), { totalWh: null }, 'given up');
  t.equal(counters.lateMinutes, 1);
  t.match(count(row(2_000, 3_000, {}, 10)), { totalWh: 3_000, pairedItWh: 2_000 });
});

const arrival = fc.record({
  pointId: fc.constantFrom(1, 2, 3),
  minute: fc.integer({ min: 0, max: 20 }),
  energyWh: fc.integer({ min: -5, max: 50 }),
  measuredMs: fc.constantFrom(20_000, 60_000),
});
const batches = fc.array(fc.array(arrival, { maxLength: 6 }), { maxLength: 25 });

t.test('whatever comes, counters never go back, and a restart between any two batches changes nothing', async () => {
  fc.assert(
    fc.property(batches, fc.nat(), (all, restart) => {
      const { counters: running } = counting();
      let restarted = new EnergyCounters();
      let before: EnergyCount | null = null;
      for (const [index, batch] of all.entries()) {
        const rows = PointColumns.of(
          batch.map(({ pointId, energyWh, measuredMs, minute }) => row(pointId, energyWh, { measuredMs }, minute)),
        );
        if (index === restart % all.length) restarted = EnergyCounters.load(deserialize(serialize(restarted.save())));
        running.count(
          rows,
          () => 1,
          () => hall,
        );
        restarted.count(
          rows,
          () => 1,
          () => hall,
        );
        const now = running.of(1);
        if (before !== null && !grew(before, now)) return false;
        before = now;
      }
      const same = JSON.stringify(running.of(1)) === JSON.stringify(restarted.of(1));
      return same && running.lateMinutes === restarted.lateMinutes;
    }),
  );
});

function grew(before: EnergyCount, now: EnergyCount | null): boolean {
  const numbers = ({ roleWh, ...sides }: EnergyCount) => [...Object.values(sides), ...roleWh] as (number | null)[];
  return (
    now !== null && numbers(before).every((value, index) => value === null || (numbers(now)[index] ?? -1) >= value)
  );
}
