import { accuracyClasses } from '@wattmark/shared/roles';
import fc from 'fast-check';
import t from 'tap';
import { emptySiteFile, type SiteFilePoint } from '../../src/site/site-file.ts';
import { point, T0 } from '../site/example.ts';
import { DAY_MS, find, HOUR_MS, kindsOf, only } from './example.ts';

const exact = { accuracyClass: '0.5S' } as const;
const main = point(1, 'utility', { ...exact, point: 'main', feeds: ['row-a', 'row-b'] });
const rowA = point(2, 'pdu', { ...exact, point: 'row-a' });
const rowB = point(3, 'pdu', { ...exact, point: 'row-b' });
const tree = [main, rowA, rowB];

t.test('children beyond their parent', async (t) => {
  const found = only({ points: tree, energies: { 1: 1000, 2: 700, 3: 400 } }, 'children-beyond-parent');
  t.same([found.severity, found.points], ['error', ['main', 'row-a', 'row-b']]);
  t.same(found.span, { fromMs: T0, toMs: T0 + DAY_MS });
  t.equal(found.id, 'children-beyond-parent/main/2026-03-01T00:00:00Z');
  // √2 · 0.5 % of 24 h · (1000 + 700 + 400) Wh
  t.match(
    found.explanation,
    /row-a and row-b drew 26.4 kWh, but main gave 24 kWh \(110 %\) in the same 24 h: 2.4 kWh more, .* explain 356.4 Wh\./,
  );
  t.match(found.explanation, /Compare CT ratios/);
  t.equal(found.acknowledged, null);
});

t.test('what the accuracies explain is no finding', async (t) => {
  t.same(kindsOf({ points: tree, energies: { 1: 1000, 2: 600, 3: 414 } }), []);
  t.same(kindsOf({ points: tree, energies: { 1: 1000, 2: 600, 3: 300 } }), []);
});

t.test('a class that nobody knows is assumed, and said to be', async (t) => {
  const points = [main, { ...rowA, accuracyClass: null }, rowB];
  const found = only({ points, energies: { 1: 1000, 2: 700, 3: 400 } }, 'children-beyond-parent');
  t.equal(found.severity, 'warning');
  t.match(found.explanation, /Assumed: class 2 for row-a, which has none\./);
});

t.test('transformers and limits that the site file says count', async (t) => {
  const file = (...points: SiteFilePoint[]) => ({ ...emptySiteFile({ site: 'dc-1', group: 'default' }), points });
  const direct = tree.map((one) => ({ point: one.point, ctClass: 'direct' }));
  const close = { points: tree, energies: { 1: 1000, 2: 600, 3: 414 } };
  // 0.5 % of 2,014 Wh are less than the 14 Wh of difference, √2 times as much is more.
  t.same(kindsOf({ ...close, file: file(...direct) }), ['children-beyond-parent']);
  const further = { points: tree, energies: { 1: 1000, 2: 600, 3: 420 } };
  t.same(kindsOf(further), ['children-beyond-parent']);
  t.same(kindsOf({ ...further, file: file({ point: 'row-b', ctClass: '3' }) }), []);
  const flow = [main, rowA, { ...rowB, accuracyClass: null }];
  const limited = {
    points: flow,
    energies: { 1: 1000, 2: 600, 3: 450 },
    file: file({ point: 'row-b', limitPercent: 5 }),
  };
  const found = only(limited, 'children-beyond-parent');
  t.equal(found.severity, 'error');
  t.match(found.explanation, /explain 811\.5 Wh/, '24 · (√2 · 0.5 % · 1,600 + 5 % · 450) Wh');
});

t.test('behind a virtual point stand its meters, each with its own limit', async (t) => {
  const feedA = point(4, null, { ...exact, point: 'feed-a' });
  const feedB = point(5, null, { ...exact, point: 'feed-b' });
  const made = {
    ...main,
    accuracyClass: null,
    virtual: {
      sum: [
        ['feed-a', 1],
        ['feed-b', -1],
      ],
      constantW: 0,
    },
  } as const;
  const points = [feedA, feedB, made, rowA, rowB];
  const found = only({ points, energies: { 1: 1000, 2: 700, 3: 400, 4: 1500, 5: 500 } }, 'children-beyond-parent');
  t.equal(found.severity, 'error', 'no class had to be assumed');
  t.match(found.explanation, /explain 526\.1 Wh/, '24 · √2 · 0.5 % · (1500 + 500 + 700 + 400) Wh');
});

t.test('a tank feeds its generator what its fuel holds', async (t) => {
  const tank = point(1, 'generator', { point: 'tank', carrier: 'diesel', quantity: 'volume', feeds: ['genset'] });
  const genset = point(2, 'generator', { point: 'genset' });
  const points = [tank, genset];
  t.same(kindsOf({ points, energies: { 1: 2, 2: 7000 } }), []);
  // 2 L hold 19.8 kWh.
  const found = only({ points, energies: { 1: 2, 2: 25_000 } }, 'children-beyond-parent');
  t.match(found.explanation, /genset drew 600 kWh, but tank gave 475\.2 kWh/);
});

t.test('only time in which all were measured is compared; a child without readings can only add', async (t) => {
  const half = Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 1000 : null));
  const steady = { 2: 700, 3: 200 };
  t.same(
    kindsOf({ points: tree, energies: { ...steady, 1: half } }).filter((kind) => kind.startsWith('children')),
    [],
  );
  t.same(kindsOf({ points: tree, energies: { 1: 1000, 2: 1100, 3: null } }), ['children-beyond-parent']);
  const partly = { energyWh: 500, measuredMs: HOUR_MS / 2 };
  t.same(kindsOf({ points: tree, energies: { ...steady, 1: partly } }), [], 'half an hour is no hour');
  t.same(kindsOf({ points: tree, energies: { ...steady, 1: { energyWh: 800, bridgedMs: HOUR_MS } } }), []);
  t.same(kindsOf({ points: tree, energies: { ...steady, 1: { energyWh: 800, estimatedMs: 1 } } }), []);
});

t.test('days in a row are one finding, other days another', async (t) => {
  const energies = Array.from({ length: 5 * 24 }, (_, hour) =>
    [0, 1, 3].includes(Math.floor(hour / 24)) ? 800 : 1000,
  );
  const found = find({ points: tree, energies: { 1: energies, 2: 600, 3: 300 }, steps: 5 * 24 });
  t.same(
    found.map(({ span }) => span),
    [
      { fromMs: T0, toMs: T0 + 2 * DAY_MS },
      { fromMs: T0 + 3 * DAY_MS, toMs: T0 + 4 * DAY_MS },
    ],
  );
});

t.test('energy fed back counts against what was drawn, and without it nothing is said', async (t) => {
  const solar = point(4, 'solar', { ...exact, point: 'pv' });
  const points = [{ ...main, feeds: ['row-a', 'pv'], role: null }, rowA, solar];
  t.same(kindsOf({ points, energies: { 1: 200, 2: 900, 4: -700 } }), []);
  t.same(
    kindsOf({ points, energies: { 1: 200, 2: 900, 4: null } }).filter((kind) => kind.startsWith('children')),
    [],
  );
  t.same(kindsOf({ points, energies: { 1: 200, 2: 900, 4: 0 } }), ['children-beyond-parent']);
});

t.test('a point with two parents is held against both together', async (t) => {
  const a = point(1, 'pdu', { ...exact, point: 'feed-a', feeds: ['host'] });
  const b = point(2, 'pdu', { ...exact, point: 'feed-b', feeds: ['host'] });
  const host = point(3, null, { ...exact, point: 'host' });
  t.same(kindsOf({ points: [a, b, host], energies: { 1: 300, 2: 300, 3: 590 } }), []);
  const found = only({ points: [a, b, host], energies: { 1: 300, 2: 300, 3: 700 } }, 'children-beyond-parents');
  t.same(found.points, ['feed-a', 'feed-b', 'host']);
});

t.test('a UPS that gives more than it takes', async (t) => {
  const ups = point(1, 'ups', { ...exact, point: 'ups-in', feeds: ['ups-out'] });
  const out = point(2, null, { ...exact, point: 'ups-out' });
  const points = [ups, out];
  const found = only({ points, energies: { 1: 1000, 2: 1040 } }, 'ups-output-beyond-input');
  t.match(found.explanation, /ups-out drew 24.96 kWh, but ups-in took 24 kWh \(104 %\)/);
  t.same(kindsOf({ points, energies: { 1: 1000, 2: 960 } }), []);
  t.same(kindsOf({ points: [{ ...ups, role: 'pdu' }, out], energies: { 1: 1000, 2: 1040 } }), [
    'pdu-output-beyond-input',
  ]);
  t.same(kindsOf({ points: [{ ...ups, role: 'rectifier' }, out], energies: { 1: 1000, 2: 1040 } }), [
    'rectifier-output-beyond-input',
  ]);
});

t.test('hours on battery are no fault of the UPS; a whole day is one of its meter', async (t) => {
  const ups = point(1, 'ups', { ...exact, point: 'ups-in', feeds: ['ups-out'] });
  const out = point(2, null, { ...exact, point: 'ups-out' });
  const outage = Array.from({ length: 24 }, (_, hour) => (hour < 3 ? 0 : 1200));
  t.same(kindsOf({ points: [ups, out], energies: { 1: outage, 2: 1000 } }), []);
  t.same(kindsOf({ points: [ups, out], energies: { 1: 0, 2: 1000 } }), ['ups-output-beyond-input']);
});

t.test('an implausible efficiency', async (t) => {
  const ups = point(1, 'ups', { ...exact, point: 'ups-in', feeds: ['out-1', 'out-2'] });
  const outs = [point(2, null, { ...exact, point: 'out-1' }), point(3, null, { ...exact, point: 'out-2' })];
  const found = only({ points: [ups, ...outs], energies: { 1: 1000, 2: 300, 3: 250 } }, 'efficiency-implausible');
  t.match(found.explanation, /an efficiency of 55 %, below 70 %/);
  t.equal(found.severity, 'warning');
  t.same(kindsOf({ points: [ups, ...outs], energies: { 1: 1000, 2: 450, 3: 400 } }), []);
  t.same(kindsOf({ points: [ups, ...outs], energies: { 1: 1000, 2: 300 } }), [], 'not where an output is unknown');
  t.same(
    kindsOf({ points: [ups, ...outs], energies: { 1: 1000, 2: 692, 3: 0 } }),
    [],
    'within the limits of error of 70 %',
  );
});

t.test('the step of a coarse register explains a difference, too', async (t) => {
  const register = { pointId: 2, atMs: T0, valueWh: 5e6, stepWh: 3000, meanW: 700 };
  const energies = { 1: 1000, 2: 700, 3: 400 };
  const points = [main, { ...rowA, channels: ['energy', 'power'] as const }, rowB];
  t.same(
    kindsOf({ points, energies, notes: { registers: [register] } }).filter((kind) => kind.startsWith('children')),
    [],
  );
});

t.test('a consistent tree whose meters err within their classes never yields a finding', async (t) => {
  const classes = ['0.2S', '0.5S', '1', '2', null] as const;
  const meter = fc.record({
    accuracyClass: fc.constantFrom(...classes),
    error: fc.double({ min: -1, max: 1, noNaN: true }),
  });
  const hour = fc.double({ min: 0, max: 5000, noNaN: true });
  const missing = fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 6 });
  const leaf = fc.record({ meter, hours: fc.array(hour, { minLength: 24, maxLength: 24 }), missing });
  const property = fc.property(
    fc.array(leaf, { minLength: 1, maxLength: 5 }),
    meter,
    meter,
    fc.double({ min: 0, max: 0.2, noNaN: true }),
    missing,
    (leaves, middle, top, lossShare, missingAbove) => {
      const read = (
        { accuracyClass, error }: { accuracyClass: (typeof classes)[number]; error: number },
        wh: number,
      ): number => wh * (1 + (error * (accuracyClass === null ? 2 : accuracyClasses[accuracyClass])) / 100);
      const trueWh = Array.from({ length: 24 }, (_, at) =>
        leaves.reduce((sum, { hours }) => sum + (hours[at] ?? 0), 0),
      );
      const points = [
        point(1, null, { point: 'top', feeds: ['middle'], accuracyClass: top.accuracyClass }),
        point(2, null, {
          point: 'middle',
          feeds: leaves.map((_, i) => `leaf-${i}`),
          accuracyClass: middle.accuracyClass,
        }),
        ...leaves.map(({ meter }, i) => point(3 + i, null, { point: `leaf-${i}`, accuracyClass: meter.accuracyClass })),
      ];
      const energies = {
        1: trueWh.map((wh) => read(top, wh * (1 + lossShare) ** 2)),
        2: trueWh.map((wh, at) => (missingAbove.includes(at) ? null : read(middle, wh * (1 + lossShare)))),
        ...Object.fromEntries(
          leaves.map((one, i) => [
            3 + i,
            one.hours.map((wh, at) => (one.missing.includes(at) ? null : read(one.meter, wh))),
          ]),
        ),
      };
      return find({ points, energies }).length === 0;
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }));
});
