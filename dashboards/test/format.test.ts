import t from 'tap';
import {
  age,
  change,
  count,
  coverage,
  difference,
  duration,
  energy,
  power,
  quantity,
  ratio,
  kilowattHours,
  share,
  text,
} from '../page/format.ts';

const NBSP = '\u00a0';
const shown = (amount: Parameters<typeof text>[0]) => text(amount).replaceAll(NBSP, ' ');

t.test('power and energy choose the unit that keeps three to four digits', async (t) => {
  const cases: [number, string][] = [
    [0, '0 W'],
    [4.25, '4.3 W'],
    [312.4, '312 W'],
    [999.4, '999 W'],
    [999.6, '1.00 kW'],
    [9_994, '9.99 kW'],
    [9_996, '10.0 kW'],
    [181_250, '181.3 kW'],
    [999_960, '1.00 MW'],
    [2_412_000, '2.41 MW'],
    [3e9, '3.00 GW'],
    [5e16, '50000.0 TW'],
    [-350, '−350 W'],
    [-0.01, '0.0 W'],
  ];
  for (const [value, expected] of cases) t.equal(shown(power(value)), expected, String(value));
  t.equal(shown(energy(4_350_000)), '4.35 MWh');
  t.equal(shown(energy(0)), '0 Wh');
});

t.test('a difference has its sign', async (t) => {
  t.equal(difference(0.0124), '+0.012');
  t.equal(difference(-0.0124), '−0.012');
  t.equal(difference(0.0001), '0.000');
  t.equal(difference(-0.0001), '0.000');
  t.equal(difference(null), null);
});

t.test('energy in kWh keeps its digits', async (t) => {
  t.equal(shown(kilowattHours(92_114_503_200)), '92 114 503.2 kWh');
  t.equal(shown(kilowattHours(1_999_960)), '2 000.0 kWh');
  t.equal(shown(kilowattHours(49)), '0.0 kWh');
});

t.test('unknown is never a number', async (t) => {
  for (const unknown of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const format of [power, energy, kilowattHours, ratio, share, coverage, change, count, duration]) {
      t.equal(format(unknown), null, `${format.name} of ${unknown}`);
    }
    t.equal(quantity(unknown, 'V'), null);
  }
  t.equal(text(null), 'no data');
});

t.test('ratios', async (t) => {
  t.equal(ratio(1.2744), '1.274');
  t.equal(ratio(1.3, 2), '1.30');
  t.equal(ratio(-0.5), '−0.500');
});

t.test('shares are rounded, coverage is rounded down', async (t) => {
  t.equal(shown(share(0.78491)), '78.5 %');
  t.equal(shown(share(1)), '100 %');
  t.equal(shown(share(0)), '0 %');
  t.equal(shown(share(0.0004)), '< 0.1 %');
  t.equal(shown(coverage(0.9999)), '99.9 %');
  t.equal(shown(coverage(1)), '100 %');
  t.equal(shown(coverage(0.29)), '29.0 %');
  t.equal(shown(change(-0.182)), '−18.2 %');
  t.equal(shown(change(0.05)), '+5.0 %');
});

t.test('counts and other quantities', async (t) => {
  t.equal(count(1_204_336)?.replaceAll(NBSP, ' '), '1 204 336');
  t.equal(count(999), '999');
  t.equal(shown(quantity(399.24, 'V')), '399.2 V');
  t.equal(shown(quantity(0.974, '1')), '0.974');
  t.equal(shown(quantity(123_456.7, 'L')), '123 457 L');
});

t.test('durations and ages', async (t) => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [850.4, '850 ms'],
    [12_000, '12 s'],
    [185_000, '3 min 5 s'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [187_200_000, '2 d 4 h'],
    [-61_000, '−1 min 1 s'],
  ];
  for (const [value, expected] of cases) t.equal(duration(value)?.replaceAll(NBSP, ' '), expected, String(value));
  t.equal(age(-200), 'just now');
  t.equal(age(1400), 'just now');
  t.equal(age(4000).replaceAll(NBSP, ' '), '4 s ago');
});
