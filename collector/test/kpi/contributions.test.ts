import t from 'tap';
import type { Figures } from '../../src/figures.ts';
import { contributionsOf, intervalsOf as intervalsOfAll, readIntervals } from '../../src/kpi/contributions.ts';
import { explain } from '../../src/kpi/explanation.ts';
import { pueUncertainty } from '../../src/kpi/uncertainty.ts';
import { point, row, site } from '../site/example.ts';

const HOUR_MS = 3_600_000;
const classed = { accuracyClass: '0.5S' } as const;
const it = point(2, 'it', { ...classed, point: 'ups-1' });
const cooling = point(3, null, { ...classed, point: 'crac-1' });
const rack = point(4, null, { ...classed, point: 'rack' });
const sum = (...members: [string, number][]) => ({ sum: members, constantW: 0 });
/** A unit of each chain: meter and assumed transformer of class 0.5S. */
const u = (Math.SQRT2 * 0.005) / Math.sqrt(3);

function intervalsOf(energiesWh: Readonly<Record<number, number>>) {
  return new Map(
    Object.entries(energiesWh).map(([id, energyWh]) => [
      Number(id),
      row(Number(id), energyWh, { measuredMs: HOUR_MS }),
    ]),
  );
}

t.test('a virtual total that contains the IT meter is known to share its error', async (t) => {
  const virtual = { ...sum(['ups-1', 1], ['crac-1', 1]), constantW: 50 };
  const total = point(6, 'utility', { point: 'total', virtual });
  const plan = { total: [{ point: total, weight: 1 }], it: [{ point: it, weight: 1 }] };
  const made = contributionsOf(site([it, cooling, total]), plan, intervalsOf({ 2: 1000, 3: 200, 6: 1250 }));
  const { value, withoutClass } = pueUncertainty(1.25, made.errors, 0);
  // Sensitivities: 1000 / 1250 - 1 of the IT meter, 200 / 1250 of the cooling; the constant 50 W is exact.
  t.ok(Math.abs((value ?? 0) - 2 * 1.25 * u * Math.hypot(0.2, 0.16)) < 1e-12);
  t.same(withoutClass, [], 'a virtual point needs no class of its own');
  t.match(made.errors.at(-1), { chain: { isTransformerAssumed: false, resolutionWh: 0, commonCause: null } });
  t.match(made.points, [
    { point: 'total', energyWh: 1250, totalWeight: 1, itWeight: 0 },
    { point: 'ups-1', totalWeight: 0, itWeight: 1 },
  ]);
  t.match(made.instruments, [
    { point: 'ups-1', totalWeight: 1, itWeight: 0 },
    { point: 'crac-1', totalWeight: 1, itWeight: 0 },
  ]);
  const { points } = explain({ contributions: made, pue: 1.25, elapsedMs: 2 * HOUR_MS });
  t.match(points, [{ uncertainty: null, missingMs: HOUR_MS }, { missingMs: HOUR_MS }]);
  t.ok(Math.abs((points[1]?.uncertainty ?? 0) - 2 * 1.25 * u * 0.2) < 1e-12, 'as it is on both sides together');
});

t.test('virtual points of virtual points, taken off and weighed', async (t) => {
  const hall = point(7, null, { point: 'hall', virtual: sum(['ups-1', 2], ['rack', -1]) });
  const total = point(6, 'utility', { point: 'total', virtual: sum(['hall', 0.5], ['rack', 1]) });
  const plan = { total: [{ point: total, weight: 3 }], it: [{ point: it, weight: 1 }] };
  const made = contributionsOf(site([it, rack, hall, total]), plan, intervalsOf({ 2: 1000, 4: 100, 6: 1050 }));
  t.match(made.errors, [
    { point: 'ups-1', totalWeight: 3, itWeight: 1 },
    { point: 'rack', totalWeight: 1.5, itWeight: 0 },
  ]);
});

t.test('constant powers of members are in the energy, and exact, too', async (t) => {
  const inner = { ...sum(['crac-1', 1]), constantW: 100 };
  const hall = point(7, null, { point: 'hall', virtual: inner });
  const outer = { ...sum(['hall', 2], ['ups-1', 1]), constantW: -50 };
  const total = point(6, 'utility', { point: 'total', virtual: outer });
  const plan = { total: [{ point: total, weight: 1 }], it: [{ point: it, weight: 1 }] };
  // 2 · (200 + 100) + 1000 − 50 Wh.
  const made = contributionsOf(site([it, cooling, hall, total]), plan, intervalsOf({ 2: 1000, 3: 200, 6: 1550 }));
  t.match(made.points, [
    { point: 'total', constantWh: 150 },
    { point: 'ups-1', constantWh: 0 },
  ]);
  const { value } = pueUncertainty(1.55, made.errors, 0);
  t.ok(Math.abs((value ?? 0) - 2 * 1.55 * u * Math.hypot(1000 / 1550 - 1, 400 / 1550)) < 1e-12);
  const unknown = contributionsOf(site([it, cooling, hall, total]), plan, intervalsOf({ 2: 1000, 3: 200 }));
  t.match(unknown.points, [{ constantWh: null }, { constantWh: 0 }]);
});

t.test('an instrument is read as often as it announces, or more seldom in an import', async (t) => {
  const slow = point(5, null, { point: 'hourly', intervalMs: HOUR_MS });
  const total = point(6, 'utility', {
    point: 'total',
    intervalMs: 9 * HOUR_MS,
    virtual: sum(['hourly', 1], ['crac-1', 1]),
  });
  const plan = { total: [{ point: total, weight: 1 }], it: [{ point: it, weight: 1 }] };
  const made = contributionsOf(site([it, cooling, slow, total]), plan, new Map());
  t.same(intervalsOfAll(made, new Map()), [10_000, HOUR_MS, 10_000], 'a virtual point is not read');
  const imported = new Map([
    [2, 900_000],
    [5, 900_000],
  ]);
  t.same(intervalsOfAll(made, imported), [900_000, HOUR_MS, 10_000]);
});

t.test('one question is asked for all points that count, and for the instruments behind them', async (t) => {
  const hall = point(7, null, { point: 'hall', virtual: sum(['ups-1', 1], ['crac-1', 1]) });
  const unseen = point(null, 'lighting', { point: 'lamp' });
  const plan = { total: [hall, unseen, it].map((one) => ({ point: one, weight: 1 })), it: [{ point: it, weight: 1 }] };
  const asked: unknown[] = [];
  const figures = {
    pointSumsOf: async (...question: unknown[]) => (asked.push(question), [row(2, 5), row(7, 9)]),
  } as Partial<Figures> as Figures;
  const span = { fromMs: 0, toMs: HOUR_MS };
  const found = await readIntervals(figures, site([it, cooling, hall, unseen]), [plan, plan], span, 99);
  t.same(asked, [[[7, 2, 3], [0, HOUR_MS], 99]]);
  t.same([...found.keys()], [2, 7]);
});

t.test('what is missing of a point, and what it does to the figure', async (t) => {
  const plan = { total: [{ point: cooling, weight: 1 }], it: [{ point: it, weight: 1 }] };
  const half = { measuredMs: HOUR_MS / 2, estimatedMs: HOUR_MS / 4 };
  const contributions = contributionsOf(site([it, cooling]), plan, new Map([[2, row(2, 1000, half)]]));
  const missing = (elapsedMs: number): number[] =>
    explain({ contributions, pue: null, elapsedMs }).points.map(({ missingMs }) => missingMs);
  t.same(missing(HOUR_MS), [HOUR_MS, HOUR_MS / 4]);
  t.same(missing(HOUR_MS / 2), [HOUR_MS / 2, 0]);
  const { points } = explain({ contributions, pue: null, elapsedMs: HOUR_MS });
  t.strictSame(
    points.map(({ uncertainty }) => uncertainty),
    [null, null],
  );
});

t.test('what was not measured is unknown', async (t) => {
  const plan = { total: [{ point: cooling, weight: 1 }], it: [{ point: it, weight: 1 }] };
  const made = contributionsOf(site([it, cooling]), plan, intervalsOf({ 2: 1000 }));
  t.match(made.points, [{ point: 'crac-1', energyWh: null, interval: null }, { energyWh: 1000 }]);
  t.equal(pueUncertainty(1.25, made.errors, 0).value, null);
});
