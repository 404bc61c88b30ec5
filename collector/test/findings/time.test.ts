import t from 'tap';
import { emptySiteFile } from '../../src/site/site-file.ts';
import { point, T0 } from '../site/example.ts';
import { find, HOUR_MS, kindsOf, only } from './example.ts';

const exact = { accuracyClass: '0.5S' } as const;
const main = point(1, 'utility', { ...exact, point: 'main' });
const it = point(2, 'it', { ...exact, point: 'ups', level: 'ups-output' });
const points = [main, it];

/** 24 hours of `usual`, but `other` from one hour to before another. */
function day(usual: number | null, other: number | null, from: number, to: number): (number | null)[] {
  return Array.from({ length: 24 }, (_, hour) => (hour >= from && hour < to ? other : usual));
}

t.test('a ratio below 1 is an error, its hours one span', async (t) => {
  const found = only({ points, energies: { 1: day(1300, 900, 5, 8), 2: 1000 } }, 'it-beyond-total');
  t.equal(found.severity, 'error');
  t.same(found.span, { fromMs: T0 + 5 * HOUR_MS, toMs: T0 + 8 * HOUR_MS });
  t.match(
    found.explanation,
    /^The IT energy at ups-output was 3 kWh, and the total 2.7 kWh in the same 3 h: a ratio of 0.900\. .* difference of 40.31 Wh\./,
  );
  t.same(kindsOf({ points, energies: { 1: day(1300, 990, 5, 8), 2: 1000 } }), [], 'within the accuracies');
  const unknown = [main, { ...it, accuracyClass: null }];
  t.equal(only({ points: unknown, energies: { 1: 900, 2: 1000 } }, 'it-beyond-total').severity, 'warning');
});

t.test('a part of the site has a ratio, too', async (t) => {
  const partials = [{ id: 'hall-2', total: ['feed-2'], it: ['ups'] }];
  const file = { ...emptySiteFile({ site: 'dc-1', group: 'default' }), partials };
  const feed = point(3, null, { ...exact, point: 'feed-2' });
  const look = { points: [...points, feed], file };
  const found = only({ ...look, energies: { 1: 1300, 2: 1000, 3: day(1100, 900, 5, 8) } }, 'it-beyond-total');
  t.same([found.severity, found.points], ['error', ['feed-2', 'ups']]);
  t.match(found.explanation, /^The IT energy of the part hall-2 was 3 kWh, and the total 2\.7 kWh/);
  t.same(kindsOf({ ...look, energies: { 1: 1300, 2: 1000, 3: 1100 } }), []);
});

t.test('a sum of parts cannot be smaller than its part', async (t) => {
  t.same(kindsOf({ points: [it, point(3, 'cooling', { ...exact, point: 'crac' })], energies: { 2: 1000, 3: 0 } }), []);
});

t.test('a total of nothing while IT runs: a battery for a while, a dead meter for longer', async (t) => {
  const short = only({ points, energies: { 1: day(1300, 0, 5, 6), 2: 1000 } }, 'supply-dead');
  t.same([short.severity, short.span], ['warning', { fromMs: T0 + 5 * HOUR_MS, toMs: T0 + 6 * HOUR_MS }]);
  const long = only({ points, energies: { 1: day(1300, 2, 5, 9), 2: 1000 } }, 'supply-dead');
  t.equal(long.severity, 'error');
  t.match(long.explanation, /The supply gave 8 Wh in 4 h, while the IT energy at ups-output was 4 kWh\./);
  t.same(kindsOf({ points, energies: { 1: 0, 2: 0 } }), [], 'a site that is switched off');
});

t.test('with the battery metered an outage is accounted for', async (t) => {
  const battery = point(3, 'battery', { ...exact, point: 'battery' });
  t.same(
    kindsOf({ points: [...points, battery], energies: { 1: day(1300, 0, 5, 7), 2: 1000, 3: day(0, -1250, 5, 7) } }),
    [],
  );
});

t.test('a virtual point that is silent says which of its members is, or that they do not add up', async (t) => {
  const virtual = {
    sum: [
      ['a', 1],
      ['b', 1],
    ],
    constantW: 0,
  } as const;
  const [a, b] = [point(3, null, { point: 'a' }), point(4, null, { point: 'b' })];
  const supply = { ...main, virtual };
  const gone = day(650, null, 4, 10);
  const energies = { 1: day(1300, null, 4, 10), 2: 1000, 3: 650, 4: gone };
  const found = only({ points: [a, b, supply, it], energies }, 'supply-silent');
  t.match(found.explanation, /the sum is unknown meanwhile\. Not measured of the members of main: b\./);
  const tank = { ...b, quantity: 'volume' as const };
  const mixed = only({ points: [a, tank, supply, it], energies: { 2: 1000, 3: 650, 4: 1 } }, 'supply-silent');
  t.match(mixed.explanation, /main cannot be made of b: the units differ\./);
});

t.test('a silent supply, and a level that is partial', async (t) => {
  const rows = [2, 3, 4].map((id) => point(id, 'it', { ...exact, point: `row-${id}`, level: 'pdu-output' }));
  const energies = { 1: day(1300, null, 20, 22), 2: 300, 3: day(300, null, 4, 10), 4: day(300, null, 4, 10) };
  const found = find({ points: [main, ...rows], energies });
  t.same(
    found.map(({ kind, severity, points }) => [kind, severity, points]),
    [
      ['level-partial', 'error', ['row-3', 'row-4']],
      ['supply-silent', 'warning', ['main']],
    ],
  );
  t.match(
    found[0]?.explanation,
    /Nothing is known of row-3 and row-4, 2 of 3 points of the IT energy at pdu-output, for 6 h, 25 %/,
  );
  t.same(found[1]?.span, { fromMs: T0 + 20 * HOUR_MS, toMs: T0 + 22 * HOUR_MS });
});

t.test('time before the first reading of a site is no silence; a point that never came is silent', async (t) => {
  t.same(kindsOf({ points, energies: { 1: day(1300, null, 0, 20), 2: day(1000, null, 0, 20) } }), []);
  t.same(kindsOf({ points, energies: { 1: 1300 } }), ['level-partial']);
  t.same(kindsOf({ points: [main, { ...it, pointId: null }], energies: { 1: 1300 } }), ['level-partial']);
  t.same(kindsOf({ points }), [], 'a site without any reading has no silence of one point');
});

t.test('of parts each one is told of, a load only once', async (t) => {
  const crac = point(3, 'cooling', { ...exact, point: 'crac' });
  const found = find({ points: [it, crac], energies: { 2: day(1000, null, 3, 5), 3: day(200, null, 8, 10) } });
  t.same(
    found.map(({ kind, points }) => [kind, points]),
    [
      ['level-partial', ['ups']],
      ['part-silent', ['crac']],
    ],
  );
});

t.test('a level that is not the one in use is a warning at most', async (t) => {
  const host = point(3, 'it', { ...exact, point: 'host', level: 'equipment-input' });
  const found = only({ points: [...points, host], energies: { 1: 1300, 2: 1000 } }, 'level-partial');
  t.same([found.severity, found.points], ['warning', ['host']]);
});

t.test('power that flows back past a register of what is drawn', async (t) => {
  const register = { pointId: 1, atMs: T0, valueWh: 5000, stepWh: 10, meanW: 1300 };
  const noon = Array.from({ length: 24 }, (_, hour) => {
    return { energyWh: 1300, minW: hour >= 11 && hour < 14 ? -400 - hour : 900, maxW: 1500 };
  });
  const look = { points, energies: { 1: noon, 2: 1000 }, notes: { registers: [register] } };
  const found = only(look, 'feed-back-unmetered');
  t.same([found.severity, found.span], ['warning', { fromMs: T0 + 11 * HOUR_MS, toMs: T0 + 14 * HOUR_MS }]);
  t.match(found.explanation, /^The power of main was negative, down to -413 W, its register counts/);
  t.same(kindsOf({ ...look, notes: {} }), [], 'samples alone tell both directions');
  const both = { ...main, channels: ['power', 'energy', 'energy-export'] as const };
  t.same(kindsOf({ ...look, points: [both, it] }), []);
  const exported = noon.map((row) => ({ ...row, exportWh: 1 }));
  t.same(kindsOf({ ...look, energies: { 1: exported, 2: 1000 } }), []);
  const noise = noon.map((row) => ({ ...row, minW: -15 }));
  t.same(kindsOf({ ...look, energies: { 1: noise, 2: 1000 } }), [], 'a hundredth of the greatest power is noise');
});
