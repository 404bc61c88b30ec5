import t from 'tap';
import { balanceOf, siteMinutes } from '../../src/site/balance.ts';
import {
  carriers,
  conversionProblems,
  conversionProfiles,
  findCarrier,
  quantityOf,
  usualCarrier,
  whPerUnit,
} from '../../src/site/conversion.ts';
import type { Site } from '../../src/site/site.ts';
import { byRole, point, row, site } from './example.ts';

const fuel = (pointId: number, carrier: string, more: Parameters<typeof point>[2] = {}) =>
  point(pointId, 'generator', { carrier, quantity: quantityOf('generator', carrier), ...more });

const supplyOf = (at: Site, rows: Parameters<typeof siteMinutes>[1]): number | null | undefined =>
  siteMinutes(at, rows)[0]?.supplyWh;

t.test('fuels by their calorific values: 9.9 kWh/l, 10.5 kWh/m³, 38.9 kWh/kg, 6 kWh/l', async (t) => {
  t.equal(whPerUnit('delivered', 'diesel'), 9900);
  t.equal(whPerUnit('delivered', 'natural-gas') * 1000, 10_500);
  t.equal(whPerUnit('delivered', 'hydrogen'), 38_900);
  t.equal(whPerUnit('delivered', 'bioethanol'), 6000);
  t.equal(whPerUnit('delivered', 'electricity'), 1);
  t.ok(Math.abs(whPerUnit('tgg-source-energy', 'natural-gas') - 10.5 * 0.31) < 1e-12);
  t.throws(() => whPerUnit('tgg-source-energy', 'hydrogen'), {
    message: 'tgg-source-energy does not convert hydrogen',
  });
});

t.test('every weight is of a carrier, and every carrier counts as delivered', async (t) => {
  for (const { weights } of conversionProfiles) for (const id of Object.keys(weights)) t.ok(findCarrier(id), id);
  for (const { id } of carriers) t.equal(conversionProfiles[0]?.weights[id], 1, id);
});

t.test('a litre of diesel and a cubic metre of gas enter the supply as Wh', async (t) => {
  const at = site([
    point(1, 'utility'),
    fuel(2, 'diesel'),
    point(3, 'utility', { carrier: 'natural-gas', quantity: 'volume' }),
  ]);
  t.equal(supplyOf(at, [row(1, 100), row(2, 1), row(3, 1000)]), 100 + 9900 + 10_500);
  t.same(
    siteMinutes(at, [row(1, 100), row(2, 1), row(3, 1000)])[0]?.roleWh,
    byRole({ utility: 10_600, generator: 9900 }),
  );
  const weighted = { ...at, conversion: 'tgg-source-energy' };
  t.equal(
    Math.round(supplyOf(weighted, [row(1, 100), row(2, 1), row(3, 1000)]) ?? 0),
    Math.round(100 + 9900 * 0.3 + 10_500 * 0.31),
  );
});

t.test('a generator is counted by its meter or by its fuel, never both', async (t) => {
  const meter = point(1, 'generator', { point: 'genset' });
  const other = point(2, 'generator', { point: 'genset-2' });
  const counted = (at: Site): string[] => (balanceOf(at).levels[0]?.total ?? []).map((term) => term.point.point);
  t.same(counted(site([meter, fuel(3, 'diesel', { point: 'tank' })])), ['genset']);
  t.same(counted(site([meter, other, fuel(3, 'diesel', { point: 'tank', feeds: ['genset-2'] })])), [
    'genset',
    'genset-2',
  ]);
  t.same(
    counted(site([meter, fuel(3, 'diesel', { point: 'tank', feeds: ['genset-3'] })])),
    ['genset', 'tank'],
    'of another',
  );
  t.same(counted(site([fuel(3, 'diesel', { point: 'tank' })])), ['tank']);
  const gas = point(4, 'utility', { point: 'gas', carrier: 'natural-gas', quantity: 'volume' });
  t.same(counted(site([meter, gas])), ['gas', 'genset'], 'gas that is bought is no generator’s');
  const roleWh = siteMinutes(site([meter, fuel(3, 'diesel')]), [row(1, 40), row(3, 0.01)])[0]?.roleWh;
  t.same(roleWh, byRole({ generator: 40 }), 'nor by role');
});

t.test('the sun: what is made, less what is sold, is used', async (t) => {
  // 50 Wh are made, 20 of them are sold, and 100 are bought: 130 are used.
  const atUtility = site([point(1, 'utility'), point(2, 'solar')]);
  t.equal(supplyOf(atUtility, [row(1, 100, { exportWh: 20 }), row(2, 50)]), 130);
  const atPanels = site([point(1, 'utility'), point(2, 'solar')]);
  t.equal(supplyOf(atPanels, [row(1, 100), row(2, 50, { exportWh: 20 })]), 130, 'sold past the utility’s meter');
  t.equal(supplyOf(atUtility, [row(1, 0, { exportWh: 20 }), row(2, 50)]), 30, 'on a sunny noon nothing is bought');
});

t.test('which register counts, and what a site file cannot say', async (t) => {
  t.same([quantityOf('water', 'electricity'), quantityOf('generator', 'diesel')], ['volume', 'volume']);
  t.same(
    [quantityOf('generator', 'hydrogen'), quantityOf('it', 'electricity'), quantityOf(null, 'electricity')],
    ['mass', 'energy', 'energy'],
  );
  const points = [{ point: 'tank', carrier: 'hydrogen' }, { point: 'main' }];
  t.same(conversionProblems({ points }), []);
  t.match(conversionProblems({ conversion: 'tgg-source-energy', points }), [/tank: .* no weight for hydrogen/]);
  t.same(
    [usualCarrier('district-cooling'), usualCarrier('cooling'), usualCarrier(null)],
    ['district-cooling', 'electricity', 'electricity'],
  );
  t.throws(() => whPerUnit('delivered', 'peat'), { message: 'delivered does not convert peat' });
  t.same(conversionProblems({ conversion: 'nobody-s', points }), [], 'that is said of the conversion itself');
});
