import t from 'tap';
import { amount, capital, energy, isSeen, list, points, power, signed } from '../../../src/kpi/changes/wording.ts';

t.test('PUE points have three decimals, and less than half of the last is nothing', async (t) => {
  t.same([points(0.0756), points(-0.0756), points(0)], ['0.076', '0.076', '0.000']);
  t.same([0.0005, -0.0005, 0.00049, -0.00049].map(isSeen), [true, true, false, false]);
  t.same([0.05, -0.05, 0.0005, -0.0005, 0.00049, -0.00049].map(signed), [
    '+0.050',
    '−0.050',
    `+${points(0.0005)}`,
    `−${points(0.0005)}`,
    '0.000',
    '0.000',
  ]);
});

t.test('powers and energies stand in the greatest unit that leaves something before the point', async (t) => {
  t.same([0, 0.4, 999, -999, 1000, -1500].map(power), ['0 W', '0 W', '999 W', '−999 W', '1 kW', '−1.5 kW']);
  t.same([1.234e3, 12.34e3, 123.4e3, 10e3, 100.4e3].map(power), ['1.23 kW', '12.3 kW', '123 kW', '10 kW', '100 kW']);
  t.same([10.04e3, 99.96e3].map(power), ['10 kW', '100 kW']);
  t.same([1e6, 5e9].map(power), ['1 MW', '5000 MW'], 'megawatts are the greatest');
  t.same([1e6, 44.64e6, 2e9, 3e12].map(energy), ['1 MWh', '44.6 MWh', '2 GWh', '3000 GWh']);
});

t.test('money and emissions are whole from a hundred on', async (t) => {
  t.same([99.94, 100, 100.4, 26_784.4, 0.012_34, 1.234].map(amount), ['99.9', '100', '100', '26784', '0.0123', '1.23']);
});

t.test('words in a row, and at the beginning of a sentence', async (t) => {
  t.same([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(list), ['', 'a', 'a and b', 'a, b and c']);
  t.same([capital('cooling'), capital('')], ['Cooling', '']);
});
