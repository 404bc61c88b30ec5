import type { Level } from '@wattmark/shared/roles';
import fc from 'fast-check';
import t from 'tap';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { atLevel, chooseLevel } from '../../src/kpi/level.ts';
import { seeOf } from '../../src/kpi/see.ts';
import { balanceOf, siteMinutes } from '../../src/site/balance.ts';
import { sumSiteIntervals } from '../../src/site/interval-sum.ts';
import type { Site, SiteSum } from '../../src/site/site.ts';
import { point, row, site, T0 } from '../site/example.ts';

/** A hall measured at all three levels: a UPS, two PDUs, and two servers behind each. */
const tree = [
  point(1, 'utility', { point: 'main', feeds: ['ups', 'chiller'] }),
  point(2, 'it', { point: 'ups', level: 'ups-output', feeds: ['pdu-a', 'pdu-b'] }),
  point(3, 'it', { point: 'pdu-a', level: 'pdu-output', feeds: ['server-1', 'server-2'] }),
  point(4, 'it', { point: 'pdu-b', level: 'pdu-output', feeds: ['server-3', 'fan'] }),
  point(5, 'it', { point: 'server-1', level: 'equipment-input' }),
  point(6, 'it', { point: 'server-2', level: 'equipment-input' }),
  point(7, 'it', { point: 'server-3', level: 'equipment-input' }),
  point(8, 'cooling', { point: 'fan' }),
  point(9, 'cooling', { point: 'chiller' }),
];
const hall = site(tree);
const without = (name: string): Site =>
  site(
    tree
      .map((one) => ({ ...one, feeds: one.feeds.filter((feed) => feed !== name) }))
      .filter((one) => one.point !== name),
  );
const withFeeds = (name: string, feeds: readonly string[]): Site =>
  site(tree.map((one) => (one.point === name ? { ...one, feeds } : one)));

const completeOf = (at: Site): readonly number[] => balanceOf(at).complete;

t.test('a level is complete where all ways down from the levels above end in it', async (t) => {
  t.same(completeOf(hall), [3, 2, 1]);
  t.same(
    completeOf(without('server-1')),
    [3, 2, 1],
    'the other server of the PDU is metered still, and nobody knows of more',
  );
  t.same(
    completeOf(site(tree.filter(({ point }) => point !== 'server-1'))),
    [2, 1],
    'a server that is fed and has no point',
  );
  t.same(completeOf(withFeeds('pdu-b', ['fan'])), [2, 1], 'a PDU none of whose servers is known');
  t.same(completeOf(withFeeds('pdu-a', [])), [2, 1], 'no feeds, nothing is known');
  t.same(
    completeOf(withFeeds('ups', ['pdu-a', 'pdu-b', 'server-9'])),
    [1],
    'a server behind the UPS, past the PDUs, without a point',
  );
  const direct = site(
    [...tree.slice(1), point(10, 'it', { point: 'server-9', level: 'equipment-input' })].map((one) =>
      one.point === 'ups' ? { ...one, feeds: [...one.feeds, 'server-9'] } : one,
    ),
  );
  t.same(completeOf(direct), [3, 1], 'with its point the equipment is complete, and the PDUs are not');
});

t.test('points in between, ends without a role, and circles', async (t) => {
  const via = (more: Parameters<typeof point>[2], role: Parameters<typeof point>[1] = 'pdu'): Site =>
    site([
      point(1, 'it', { point: 'ups', level: 'ups-output', feeds: ['panel'] }),
      point(2, role, { point: 'panel', ...more }),
      point(3, 'it', { point: 'server', level: 'equipment-input' }),
    ]);
  t.same(completeOf(via({ feeds: ['server'] })), [3, 1], 'through a panel');
  t.same(completeOf(via({ feeds: ['server', 'ups'] })), [3, 1], 'a circle has no end');
  t.same(completeOf(via({ feeds: [] })), [1], 'a panel that feeds nobody knows what');
  t.same(completeOf(via({ feeds: [] }, null)), [1], 'so does a point without a role');
  t.same(completeOf(via({ feeds: [] }, 'cooling')), [1], 'cooling alone is no IT');
  t.same(completeOf({ ...hall, itLevel: 'pdu-output' }), [2], 'what the site file names stands alone');
  t.same(completeOf({ ...site([point(1, 'it')]), itLevel: 'pdu-output' }), [0], 'points without a level');
});

/** A quarter-hour of the hall: the meters at each level lack the minutes named. */
function quarter(lacking: { readonly [level in Level]?: number } = {}): SiteSum {
  const losses = { 'ups-output': 1.1, 'pdu-output': 1.05, 'equipment-input': 1 };
  const rows = Array.from({ length: 15 }, (_, minute) =>
    tree.flatMap(({ pointId, role, level, point }) => {
      if (level !== null && minute < (lacking[level] ?? 0)) return [];
      const share = level === 'pdu-output' ? ({ 'pdu-a': 2 / 3 }[point] ?? 1 / 3) : level === 'ups-output' ? 1 : 1 / 3;
      const energyWh = role === 'utility' ? 130 : level === null ? 10 : 90 * share * losses[level];
      return [row(pointId as number, energyWh, {}, minute)];
    }),
  ).flat();
  const [sum] = sumSiteIntervals(siteMinutes(hall, rows), [T0, T0 + 15 * MINUTE_MS]);
  if (sum === undefined) throw new Error('no sum');
  return sum;
}

const choose = (sum: SiteSum, at: Site = hall) =>
  chooseLevel(balanceOf(at), { sums: [sum], elapsedMs: 15 * MINUTE_MS, leastCoverage: 0.9 });

t.test('the highest category that is complete and covered, and everything at it', async (t) => {
  const all = quarter();
  t.match(choose(all), { index: 3, level: 'equipment-input', reason: /deepest/ });
  t.equal(Math.round(atLevel(all, 3).pairedItWh), 15 * 90);
  t.equal(Math.round(atLevel(all, 1).pairedItWh), 15 * 99);
  t.match(atLevel(all, 1), { pairedTotalWh: 15 * 130, totalWh: 15 * 130 });
  t.match(
    choose(quarter({ 'equipment-input': 2 })),
    { index: 2, reason: /deepest/ },
    '13 of 15 minutes are not enough',
  );
  t.match(choose(quarter({ 'equipment-input': 1 })), { index: 3 }, '14 are');
  const poor = quarter({ 'equipment-input': 8, 'pdu-output': 5, 'ups-output': 7 });
  t.match(choose(poor), { index: 2, reason: /66\.6 % of the time/ }, 'none suffices: the one covered most');
  t.match(choose(poor, { ...hall, itLevel: 'ups-output' }), { index: 1, reason: 'the site file names this level' });
});

t.test('a level is covered where exactly as much is paired as is asked for', async (t) => {
  const sums = [quarter({ 'equipment-input': 1 })];
  const at = (leastCoverage: number): number =>
    chooseLevel(balanceOf(hall), { sums, elapsedMs: 15 * MINUTE_MS, leastCoverage }).index;
  t.equal(at(14 / 15), 3);
  t.equal(at(14 / 15 + 1e-9), 2);
});

t.test('why a level is taken is said by what else there is', async (t) => {
  const reasonOf = (...levels: (Level | null)[]): string => {
    const points = levels.map((level, index) => point(2 + index, 'it', { point: `it-${index}`, level }));
    const at = balanceOf(site([point(1, 'utility', { point: 'main' }), ...points]));
    return chooseLevel(at, { sums: [], elapsedMs: 0, leastCoverage: 0.9 }).reason;
  };
  t.equal(reasonOf(null), 'no IT point says at which level it measures');
  t.equal(reasonOf('pdu-output'), 'the only level that is measured');
  t.equal(
    reasonOf('ups-output', 'equipment-input'),
    'the only level whose points are known, by the feeds, to hold all of the IT',
  );
  t.equal(reasonOf(null, 'ups-output'), 'the only level that is measured', 'beside points of which nobody said it');
  t.equal(reasonOf(null, 'ups-output', 'pdu-output'), reasonOf('ups-output', 'equipment-input'));
  const early = chooseLevel(balanceOf(hall), { sums: [], elapsedMs: 0, leastCoverage: 0.9 });
  const begun = chooseLevel(balanceOf(hall), { sums: [quarter()], elapsedMs: 1, leastCoverage: 0.9 });
  t.match(begun, { index: 3, reason: /deepest/ });
  t.match(early, { index: 3, reason: /the one measured longest: 0 % of the time$/ }, 'before the period has begun');
});

t.test('what was recorded under a level that is gone is not lost', async (t) => {
  const relabelled = site(tree.map((one) => (one.level === null ? one : { ...one, level: 'ups-output' as const })));
  const early = quarter({ 'ups-output': 15 });
  t.match(choose(early, relabelled), { index: 2, level: 'pdu-output', reason: /no other level on record/ });
});

t.test('a SEE is of a ratio above zero', async (t) => {
  t.same([null, 0, -1].map(seeOf), [null, null, null]);
  t.equal(seeOf(0.5), 2);
});

t.test('the supply and then the parts make one total', async (t) => {
  const { supplyWh, supplyMs, ...sum } = quarter();
  const parts = {
    ...sum,
    supplyWh,
    supplyMs,
    levels: sum.levels.map((level) => ({ ...level, partsWh: 7, partsMs: 60_000 })),
  };
  t.match(atLevel(parts, 2), { totalWh: 15 * 130 + 7, totalMs: 16 * MINUTE_MS });
  t.match(atLevel({ ...parts, supplyWh: null, supplyMs: 0 }, 2), { totalWh: 7, totalMs: MINUTE_MS });
});

t.test('whatever is missing, the choice is complete and no complete level is covered better and deeper', async () => {
  const lacking = fc.record({ 'ups-output': fc.nat(15), 'pdu-output': fc.nat(15), 'equipment-input': fc.nat(15) });
  fc.assert(
    fc.property(lacking, (minutes) => {
      const sum = quarter(minutes);
      const { index } = choose(sum);
      const enough = (level: number): boolean => (sum.levels[level]?.pairedMs ?? 0) >= 0.9 * 15 * MINUTE_MS;
      const deepest = [3, 2, 1].find(enough);
      const longest = Math.max(...sum.levels.map(({ pairedMs }) => pairedMs));
      return deepest === undefined ? sum.levels[index]?.pairedMs === longest : index === deepest;
    }),
  );
});
