import t from 'tap';
import * as v from 'valibot';
import { designShares } from '../../src/kpi/changes/design-shares.ts';
import { figureSettings } from '../../src/kpi/figures/settings.ts';
import { accuracyKeys } from '../../src/kpi/metering-chain.ts';
import { verdictKeys } from '../../src/kpi/site-keys.ts';

const keys = v.strictObject({
  ...accuracyKeys,
  ...verdictKeys,
  ...figureSettings,
  designShares: v.optional(designShares),
});

/** What a key takes up to its limits, and what is beyond them. */
function limitsOf<Given>(
  key: string,
  put: (given: Given) => unknown,
  taken: readonly Given[],
  refused: readonly Given[],
) {
  t.test(`${key}: from limit to limit, and no further`, async (t) => {
    for (const given of taken) t.ok(v.is(keys, { [key]: put(given) }), `takes ${String(given).slice(0, 40)}`);
    for (const given of refused) t.notOk(v.is(keys, { [key]: put(given) }), `refuses ${String(given).slice(0, 40)}`);
  });
}

const same = (given: unknown): unknown => given;
const letters = (count: number): string => 'x'.repeat(count);
/** The same entry so many times. */
const times = (entry: unknown) => (count: number) => Array.from({ length: count }, () => entry);
const list = (put: (given: never) => unknown) => (given: unknown) => [put(given as never)];

limitsOf('limitPercent', same, [0.01, 100], [0, 100.1]);
limitsOf('resolutionWh', same, [0, 1e9], [-0.1, 1e9 + 1]);
limitsOf('commonCause', same, ['x', letters(200)], ['', letters(201)]);
limitsOf('coverage', same, [0.5, 1], [0.49, 1.01]);

const design = { value: 1.3, source: 'design report' };
limitsOf('designPue', (value: number) => ({ ...design, value }), [1, 10], [0.99, 10.1]);
limitsOf('designPue', (itLoadFactor: number) => ({ ...design, itLoadFactor }), [0.01, 1], [0, 1.01]);
limitsOf('designPue', (source: string) => ({ ...design, source }), ['x', letters(500)], ['', letters(501)]);
const own = { id: 'mine', metric: 'pue', value: 1.4, source: 'board' };
limitsOf(
  'targets',
  list((value: number) => ({ ...own, value })),
  [-1, 1000],
  [-1.1, 1000.1],
);
limitsOf(
  'targets',
  list((id: string) => ({ ...own, id })),
  ['mine'],
  ['gb-40879-grade-2-1.3'],
);
limitsOf('targets', list(same), ['gb-40879-grade-2-1.3'], ['mine', '']);
limitsOf('targets', times('gb-40879-grade-2-1.3'), [0, 50], [51]);

const shares = { cooling: 0.7, lighting: 0.05, other: 0.05, losses: 0.2, source: 'design report' };
limitsOf('designShares', (losses: number) => ({ ...shares, losses }), [0.2, 0.2009, 0.1991], [0.2011, 0.1989]);
limitsOf('designShares', (source: string) => ({ ...shares, source }), ['x', letters(200)], ['', letters(201)]);
limitsOf('designShares', (cooling: number) => ({ cooling, source: 'x' }), [1], [0, 1.0005]);
limitsOf('designShares', (other: number) => ({ cooling: 1, other, source: 'x' }), [0], [-0.0005]);

limitsOf('grid', same, ['cn'], ['atlantis']);
const factor = { from: '2026-01-01', kgPerKwh: 0.5, source: 'supplier' };
limitsOf(
  'gridFactors',
  list((kgPerKwh: number) => ({ ...factor, kgPerKwh })),
  [0, 10],
  [-0.1, 10.1],
);
limitsOf(
  'gridFactors',
  list((from: string) => ({ ...factor, from })),
  ['2024-02-29'],
  ['2026-02-29', '2026-2-1', 'May'],
);
limitsOf(
  'gridFactors',
  list((source: string) => ({ ...factor, source })),
  ['x', letters(200)],
  ['', letters(201)],
);
limitsOf('gridFactors', times(factor), [1, 200], [0, 201]);
const fuel = { point: 'tank', kgPerUnit: 2.5, source: 'delivery note' };
limitsOf(
  'emissionFactors',
  list((kgPerUnit: number) => ({ ...fuel, kgPerUnit })),
  [0, 1000],
  [-0.1, 1000.1],
);
limitsOf('emissionFactors', times(fuel), [0, 1000], [1001]);
const certificate = { kind: 'certificate', from: '2026-01-01', to: '2027-01-01', kwh: 1, source: 'register' };
limitsOf(
  'renewables',
  list((kwh: number) => ({ ...certificate, kwh })),
  [0, 1e12],
  [-1, 1e12 + 1],
);
limitsOf(
  'renewables',
  list((to: string) => ({ ...certificate, to })),
  ['2026-01-02'],
  ['2026-01-01', '2025-12-31'],
);
limitsOf('renewables', times(certificate), [0, 1000], [1001]);
const rate = { name: 'flat', price: 0.7 };
const tariff = (energy: unknown): unknown => ({ currency: 'CNY', energy });
limitsOf('tariff', (price: number) => tariff([{ ...rate, price }]), [-1e6, 1e6], [-1e6 - 1, 1e6 + 1]);
limitsOf('tariff', (count: number) => tariff(times(rate)(count)), [1, 100], [0, 101]);
limitsOf(
  'tariff',
  (from: string) => tariff([{ ...rate, when: { from } }]),
  ['08:15', '24:00'],
  ['08:10', '24:15', '8:00'],
);
limitsOf('tariff', (currency: string) => ({ currency, energy: [rate] }), ['EUR'], ['eur', 'EURO']);

t.test('a share that is not named is none of the design', async (t) => {
  const { losses, source } = v.parse(designShares, { cooling: 0.7, other: 0.3, source: 'design report' });
  t.same({ losses, source }, { losses: 0, source: 'design report' });
});
