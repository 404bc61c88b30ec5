import t from 'tap';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { atLevel } from '../../src/kpi/level.ts';
import { minutesOf, partialBalancesOf } from '../../src/site/balance.ts';
import { partialProblems } from '../../src/site/partial.ts';
import { emptySiteFile } from '../../src/site/site-file.ts';
import type { Site } from '../../src/site/site.ts';
import { point, row, site, T0 } from './example.ts';

const points = [
  point(1, 'utility', { point: 'main' }),
  point(2, null, { point: 'hall-2' }),
  point(3, 'district-cooling', { point: 'chilled-2', factor: 0.5 }),
  point(4, 'it', { point: 'ups-2', level: 'ups-output' }),
];
const partials = [{ id: 'hall-2', total: ['hall-2', 'chilled-2'], it: ['ups-2'] }];
const building: Site = site(points, { file: { ...emptySiteFile({ site: 'dc-1', group: 'default' }), partials } });

function minuteOf(rows: Parameters<typeof minutesOf>[1]) {
  const [balance] = partialBalancesOf(building);
  if (balance === undefined) throw new Error('no part');
  const [minute] = minutesOf(balance, rows);
  return minute === undefined
    ? undefined
    : { partial: minute.partial, ...atLevel({ ...minute, endMs: T0 + MINUTE_MS }, 0) };
}

t.test('a part has a total and IT of its own, whatever the roles of its points', async (t) => {
  const minute = minuteOf([row(1, 500), row(2, 110), row(3, 20), row(4, 100)]);
  const [balance] = partialBalancesOf(building);
  t.match(balance, { totalFrom: 'supply', complete: [0], batteryMetered: false, partial: 'hall-2' });
  t.match(minute, {
    partial: 'hall-2',
    totalWh: 120,
    itWh: 100,
    pairedTotalWh: 120,
    pairedItWh: 100,
    pairedMs: MINUTE_MS,
  });
});

t.test('both sides are paired minute by minute', async (t) => {
  t.match(minuteOf([row(1, 500), row(2, 110), row(4, 100)]), { totalWh: null, itWh: 100, pairedMs: 0 });
  t.match(minuteOf([row(2, 110), row(3, 20), row(4, 50, { measuredMs: 30_000 })]), {
    totalWh: 120,
    itWh: 50,
    pairedMs: 0,
  });
  t.equal(minuteOf([]), undefined);
});

t.test('what a site file cannot say of parts', async (t) => {
  const known = points.map(({ point }) => ({ point }));
  t.same(partialProblems({ points: known, partials }), []);
  t.same(partialProblems({ points: known }), []);
  const wrong = [
    { id: 'a', total: ['main', 'nowhere'], it: ['ups-2', 'ups-2'] },
    { id: 'a', total: ['main'], it: ['ups-2'] },
  ];
  t.match(partialProblems({ points: known, partials: wrong }), [
    /a: nowhere is none of the points of this file/,
    /a: ups-2 would count twice/,
    /the part a stands twice/,
  ]);
});
