import t from 'tap';
import { measurePeriods } from '../../../src/kpi/changes/measured-period.ts';
import { type Rates, ratesOf } from '../../../src/kpi/changes/rates.ts';
import { changesBetween, gapOf } from '../../../src/kpi/changes/site-changes.ts';
import { type Period, periodBetween } from '../../../src/kpi/period.ts';
import { findTarget, type Target } from '../../../src/kpi/targets.ts';
import type { Site } from '../../../src/site/site.ts';
import { FakeFigures, hall, NOW_MS, station } from '../../api/fake-figures.ts';

const HOUR_MS = 3_600_000;
/** Noon in Shanghai on the day of `NOW_MS`; the hall draws 1250 W for 1000 W of IT. */
const NOON_MS = Date.parse('2026-10-05T04:00:00Z');
const knowledge = { nowMs: NOW_MS, asOfMs: null };
const always = { from: '00:00', to: '24:00' };

function between(fromH: number, toH: number): Period {
  const [from, to] = [fromH, toH].map((hours) => new Date(NOON_MS + hours * HOUR_MS).toISOString());
  return periodBetween(from as string, to as string);
}

const withFile = (of: Site, file: Partial<Site['file']>): Site => ({ ...of, file: { ...of.file, ...file } });

async function rates(file: Partial<Site['file']>, period: Period): Promise<Rates> {
  const site = withFile(hall, file);
  const figures = new FakeFigures({ sites: [site] });
  const [measured] = await measurePeriods(figures, site, [period], knowledge);
  if (measured === undefined) throw new Error('nothing measured');
  return ratesOf(figures, site, measured, null);
}

t.test('a kWh costs the mean of the prices, by the energy of each', async (t) => {
  const energy = [
    { name: 'day', price: 1, when: { from: '12:00', to: '20:00' } },
    { name: 'night', price: 0.2, when: always },
  ];
  const found = await rates({ tariff: { currency: 'CNY', energy } }, between(-1, 1));
  t.equal(found.currency, 'CNY');
  t.ok(Math.abs((found.price.perKwh ?? 0) - 0.6) < 1e-12);
  t.match(found.emissions, { perKwh: null, reason: /names no grid/ });
  const none = await rates({}, between(-1, 1));
  t.equal(none.currency, null);
  t.match(none, { price: { perKwh: null, reason: 'the site file has no tariff' } });
});

t.test('what has no price may be a tenth of the energy', async (t) => {
  const upTo = (to: string) => ({
    tariff: { currency: 'CNY', energy: [{ name: 'x', price: 2, when: { from: '00:00', to } }] },
  });
  t.match(await rates(upTo('12:00'), between(-9, 1)), { price: { perKwh: 2, reason: null } }, 'one hour of ten');
  const lack = { price: { perKwh: null, reason: /no price for more than a tenth/ } };
  t.match(await rates(upTo('11:45'), between(-9, 1)), lack);
  t.match(await rates(upTo('11:00'), between(0, 1)), lack, 'nor is no price at all a price');
  t.match(await rates(upTo('24:00'), between(-100, -90)), lack, 'nor a price of nothing measured');
});

t.test('a kWh emits what the grid’s factor of its time says', async (t) => {
  const factor = (from: string, kgPerKwh: number) => ({ from, kgPerKwh, source: 'supplier' });
  const gridFactors = [factor('2026-10-05', 0.8), factor('2026-01-01', 0.4)];
  // Midnight in Shanghai is twelve hours before noon.
  const perKwh = async (period: Period, series = gridFactors): Promise<number | null> =>
    (await rates({ gridFactors: series }, period)).emissions.perKwh;
  t.equal(await perKwh(between(-1, 1)), 0.8);
  t.equal(await perKwh(between(-14, -12)), 0.4);
  t.ok(Math.abs(((await perKwh(between(-13, -9))) ?? 0) - (0.4 + 3 * 0.8) / 4) < 1e-12);
  t.equal(await perKwh(between(-20, -16)), 0.4, 'whatever comes later');
  t.equal(await perKwh(between(-12, -11)), 0.8, 'from the midnight on');
  const late = [factor('2026-10-05', 0.8)];
  t.equal(await perKwh(between(-13, -3), late), 0.8, 'an hour of ten without a factor');
  t.match((await rates({ gridFactors: late }, between(-14, -4))).emissions, { perKwh: null, reason: /no grid factor/ });
  t.equal((await rates({ grid: 'cn-east' }, between(-1, 1))).emissions.reason, null, 'of the table');
});

t.test('a change is told in the site’s own words, or why there is none', async (t) => {
  const [before, after] = [between(-4, -2), between(-1, 1)];
  for (const [site, figure] of [
    [hall, 'PUE'],
    [station, 'Total over telecom energy'],
  ] as const) {
    const told = await changesBetween(new FakeFigures(), site, before, after, knowledge);
    t.match(told.sentences[0], new RegExp(`^${figure} did not change: 1.250 in `));
    t.match(told, { reference: { period: before }, measured: { period: after }, rates: { currency: null } });
  }
  const unmeasured = await changesBetween(new FakeFigures(), hall, between(-100, -98), after, knowledge);
  t.match(unmeasured, { rates: null, sentences: [/^No explanation is given: coverage of .* is 0 %/] });
});

t.test('a gap divides by the design that the site file names', async (t) => {
  const target = findTarget('gb-40879-grade-2-1.3') as Target;
  const designShares = { cooling: 0.7, lighting: 0.05, other: 0.05, losses: 0.2, source: 'design of 2024' };
  const told = await gapOf(new FakeFigures(), withFile(hall, { designShares }), target, between(-1, 1), knowledge);
  t.match(told.sentences, [
    /^PUE of .* is 1.250, 0.050 below/,
    /cooling, 0.010 less than the 0.210/,
    /losses/,
    /design of 2024/,
  ]);
  t.match(told, { reference: null, rates: { currency: null } });
  const bare = await gapOf(new FakeFigures(), hall, target, between(-1, 1), knowledge);
  t.ok(bare.sentences.some((sentence) => /does not say how the overhead divides by design/.test(sentence)));
  const unmeasured = await gapOf(new FakeFigures(), hall, target, between(-100, -98), knowledge);
  t.match(unmeasured, { rates: null, reference: null, sentences: [/^No explanation is given/] });
});
