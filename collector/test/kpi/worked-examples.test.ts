import t from 'tap';
import {
  averagingPeriodOf,
  categoryOf,
  coverageOf,
  derivativeOf,
  estimatedShareOf,
  measuringIntervalOf,
  notationOf,
  pueOf,
} from '../../src/kpi/pue.ts';
import { editionOf } from '../../src/kpi/editions.ts';
import { baselineFigure, seeOf, seeUncertainty } from '../../src/kpi/see.ts';

const paired = { pairedTotalWh: 1300, pairedItWh: 1000, pairedMs: 3_600_000, estimatedMs: 360_000 };

t.test('PUE is a ratio of paired sums, and unknown without them', async (t) => {
  t.equal(pueOf(paired), 1.3);
  t.equal(pueOf({ ...paired, pairedItWh: 0 }), null);
  t.equal(pueOf({ ...paired, pairedItWh: -1 }), null);
  t.equal(pueOf({ ...paired, pairedMs: 0 }), null);
  t.equal(pueOf({ pairedTotalWh: 0.6, pairedItWh: 0.5, pairedMs: 1, estimatedMs: 1 }), 1.2, 'a millisecond is time');
  t.equal(estimatedShareOf({ ...paired, pairedMs: 1, estimatedMs: 1 }), 1);
  t.equal(estimatedShareOf(paired), 0.1);
  t.equal(estimatedShareOf({ ...paired, pairedMs: 0 }), null);
});

t.test('coverage is of the elapsed part', async (t) => {
  t.equal(coverageOf(30, 0, 100, 60), 0.5);
  t.equal(coverageOf(30, 0, 100, 1000), 0.3);
  t.equal(coverageOf(61, 0, 100, 60), 1);
  t.equal(coverageOf(1, 0, 100, 1), 1);
  t.equal(coverageOf(30, 1000, 1100, 1060), 0.5);
  t.equal(coverageOf(0, 0, 100, 0), null);
  t.equal(coverageOf(0, 1000, 1100, 900), null);
});

t.test('a figure is named by its category, period and completeness', async (t) => {
  t.equal(categoryOf('ups-output'), 1);
  t.equal(categoryOf('equipment-input'), 3);
  t.equal(categoryOf(null), null);
  t.equal(notationOf(2, 'year', true, [10_000, 900_000]), 'PUE2,YC');
  t.equal(notationOf(1, 'day', true, [10_000, 900_000]), 'PUE1,DC');
  t.equal(notationOf(1, 'day', false, [10_000, 900_000]), 'PUE1');
  t.equal(notationOf(3, null, true, [10_000, 900_000]), 'PUE3');
  t.equal(notationOf(null, 'year', true, [10_000, 900_000]), 'PUE');
  t.equal(notationOf(2, 'year', true, [10_000, 900_001]), 'PUE2,YD', 'one of them is read less often');
  t.equal(measuringIntervalOf([10_000]), 'PT1M');
  t.equal(measuringIntervalOf([10_000, 900_000]), 'PT15M');
  t.equal(measuringIntervalOf([86_400_000]), 'PT24H');
  t.equal(measuringIntervalOf([]), 'PT1M');
  t.strictSame(
    (['year', 'month', 'week', 'day', null] as const).map((length) => averagingPeriodOf(length, true)),
    ['P1Y', 'P1M', 'P1W', 'P1D', null],
  );
  t.equal(averagingPeriodOf('year', false), null);
  t.equal(derivativeOf('year', true), 'annual');
  t.equal(derivativeOf('year', false), 'interim');
  t.equal(derivativeOf('month', true), 'interim');
});

t.test('of each figure one edition is followed', async (t) => {
  for (const figure of ['pue', 'see', 'notation'] as const) t.match(editionOf(figure), { figure, status: 'followed' });
  t.throws(() => editionOf('carbon' as 'pue'), RangeError);
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
  t.match(baselineFigure(baseline, { totalWh: null, totalMs: 60_000 }), { value: null, change: null });
  t.match(baselineFigure(baseline, { totalWh: 5, totalMs: 0 }), { value: null, change: null }, 'of no time');
  t.equal(baselineFigure(baseline, { totalWh: 1, totalMs: 1 }).value, 86_400);
});
