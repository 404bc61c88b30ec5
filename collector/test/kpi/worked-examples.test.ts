import t from 'tap';
import { categoryOf, coverageOf, derivativeOf, estimatedShareOf, notationOf, pueOf } from '../../src/kpi/pue.ts';
import { baselineFigure, seeOf, seeUncertainty } from '../../src/kpi/see.ts';
import { findTarget, targets } from '../../src/kpi/targets.ts';
import { type Contribution, pueUncertainty } from '../../src/kpi/uncertainty.ts';
import { type Evidence, judge } from '../../src/kpi/verdict.ts';

const paired = { pairedTotalWh: 1300, pairedItWh: 1000, pairedMs: 3_600_000, estimatedMs: 360_000 };

t.test('PUE is a ratio of paired sums, and unknown without them', async (t) => {
  t.equal(pueOf(paired), 1.3);
  t.equal(pueOf({ ...paired, pairedItWh: 0 }), null);
  t.equal(pueOf({ ...paired, pairedItWh: -1 }), null);
  t.equal(pueOf({ ...paired, pairedMs: 0 }), null);
  t.equal(estimatedShareOf(paired), 0.1);
  t.equal(estimatedShareOf({ ...paired, pairedMs: 0 }), null);
});

t.test('coverage is of the elapsed part', async (t) => {
  t.equal(coverageOf(30, 0, 100, 60), 0.5);
  t.equal(coverageOf(30, 0, 100, 1000), 0.3);
  t.equal(coverageOf(61, 0, 100, 60), 1);
  t.equal(coverageOf(0, 0, 100, 0), null);
});

t.test('a figure is named by its category, period and completeness', async (t) => {
  t.equal(categoryOf('ups-output'), 1);
  t.equal(categoryOf('equipment-input'), 3);
  t.equal(categoryOf(null), null);
  t.equal(notationOf(2, 'year', true), 'PUE2,YC');
  t.equal(notationOf(1, 'day', true), 'PUE1,DC');
  t.equal(notationOf(1, 'day', false), 'PUE1');
  t.equal(notationOf(3, null, true), 'PUE3');
  t.equal(notationOf(null, 'year', true), 'PUE');
  t.equal(derivativeOf('year', true), 'annual');
  t.equal(derivativeOf('year', false), 'interim');
  t.equal(derivativeOf('month', true), 'interim');
});

function side(accuracyClass: Contribution['accuracyClass'], energyWh: number | null, point = 'p'): Contribution {
  return { point, energyWh, accuracyClass };
}

t.test(
  'uncertainty of the documented cases: PUE 1.30, k = 2, meter and transformer of one class on each side',
  async (t) => {
    for (const [accuracyClass, expected] of [
      ['0.2S', 0.006],
      ['0.5S', 0.015],
      ['1', 0.03],
    ] as const) {
      const sides = { total: [side(accuracyClass, 1300, 'main')], it: [side(accuracyClass, 1000, 'it')] };
      t.ok(Math.abs((pueUncertainty(1.3, 'supply', sides) ?? 0) - expected) < 0.0001, accuracyClass);
    }
  },
);

t.test('uncertainty of a total that contains the IT energy, of many meters, and of unknown ones', async (t) => {
  const it = side('0.5S', 1000, 'it');
  const cooling = side('0.5S', 300, 'cooling');
  // (1.3 - 1) × √2 × (√2 × 0.005 / √3) × 2
  const fromParts = pueUncertainty(1.3, 'parts', { total: [it, cooling], it: [it] }) ?? 0;
  t.ok(Math.abs(fromParts - 0.0034641) < 1e-6);
  t.equal(pueUncertainty(1, 'parts', { total: [it], it: [it] }), 0);
  // Two equal feeds: each error counts half, and independent ones add in quadrature: 1/√2 on the side of the total.
  const feeds = [side('1', 650, 'a'), side('1', 650, 'b')];
  const expected = 2 * 1.3 * ((Math.SQRT2 * 0.01) / Math.sqrt(3)) * Math.sqrt(1 / 2 + 1);
  t.ok(Math.abs((pueUncertainty(1.3, 'supply', { total: feeds, it: [side('1', 1000)] }) ?? 0) - expected) < 1e-12);
  t.equal(pueUncertainty(1.3, 'supply', { total: [side(null, 1300)], it: [it] }), null);
  t.equal(pueUncertainty(1.3, 'supply', { total: [side('1', null)], it: [it] }), null);
});

const target = findTarget('gb-40879-grade-2-1.3') ?? null;
const good: Evidence = { pue: 1.2714, uncertainty: 0.015, coverage: 0.99, months: [] };

t.test('a verdict says its numbers', async (t) => {
  const verdict = (more: Partial<Evidence>): unknown => judge(target, { ...good, ...more });
  t.same(verdict({}), { verdict: 'met', reason: '1.271 ± 0.015 lies below 1.3' });
  t.same(verdict({ pue: 1.408 }), { verdict: 'missed', reason: '1.408 ± 0.015 lies above 1.3' });
  t.same(verdict({ pue: 1.294 }), { verdict: 'indeterminate', reason: '1.3 lies inside 1.294 ± 0.015' });
  t.match(verdict({ uncertainty: null }), {
    verdict: 'met',
    reason: /1.271 does not exceed 1.3; its uncertainty is unknown/,
  });
  t.match(verdict({ uncertainty: null, pue: 1.31 }), {
    verdict: 'missed',
    reason: /1.310 exceeds 1.3; its uncertainty/,
  });
  t.same(judge(null, good), { verdict: null, reason: 'no target is set for this site' });
});

t.test('too little data shows no verdict', async (t) => {
  const reason = (more: Partial<Evidence>): string => {
    const judgement = judge(target, { ...good, ...more });
    t.equal(judgement.verdict, 'insufficient-data');
    return judgement.reason;
  };
  t.match(reason({ coverage: 0.8999 }), /coverage is 89.9 % of the time elapsed; a verdict needs 90 %/);
  t.match(reason({ coverage: null, pue: null }), /has not begun/);
  t.match(reason({ coverage: 0, pue: null }), /at no time/);
  t.match(reason({ pue: null }), /no IT energy/);
  const months = [
    { name: '2026-01', coverage: 0.95 },
    { name: '2026-02', coverage: 0.612 },
  ];
  t.match(reason({ months }), /coverage is 61.2 % in 2026-02; a verdict needs 90 % in every month/);
});

t.test('a target of another kind says so', async (t) => {
  t.match(
    judge(findTarget('miit-design-pue-1.3') ?? null, good).reason,
    /1.3; the target is a design value, held here/,
  );
  t.match(judge(findTarget('four-agency-hub-1.25') ?? null, good).reason, /average over many sites/);
  t.equal(findTarget('none'), undefined);
  t.equal(new Set(targets.map(({ id }) => id)).size, targets.length);
  for (const { id, validFrom, validTo } of targets) t.ok(validTo === null || validFrom < validTo, id);
});

t.test('SEE and the baseline of a base station', async (t) => {
  t.equal(seeOf(1.25), 0.8);
  t.equal(seeOf(null), null);
  t.ok(Math.abs((seeUncertainty(1.25, 0.0125) ?? 0) - 0.008) < 1e-12);
  t.equal(seeUncertainty(1.25, null), null);
  const baseline = { kwhPerDay: 125, source: 'bills of 2019' };
  const figure = baselineFigure(baseline, { totalWh: 50_000, totalMs: 43_200_000 });
  t.same(figure, { value: 100, unit: 'kWh/d', reference: 125, change: figure.change, source: 'bills of 2019' });
  t.ok(Math.abs((figure.change ?? 0) + 0.2) < 1e-12);
  t.match(baselineFigure(baseline, { totalWh: null, totalMs: 0 }), { value: null, change: null });
});
