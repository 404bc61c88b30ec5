import t from 'tap';
import { emissionFigures } from '../../../src/kpi/figures/emissions.ts';
import { definitions, figureIds } from '../../../src/kpi/figures/figure.ts';
import { factorAt, factorSeries, gridFactors } from '../../../src/kpi/figures/grid-factors.ts';
import { coolingFigure, reuseEffectiveness, reuseFigure } from '../../../src/kpi/figures/heat.ts';
import { renewableFigure } from '../../../src/kpi/figures/renewables.ts';
import { utilisationFigure } from '../../../src/kpi/figures/utilisation.ts';
import { waterFigure } from '../../../src/kpi/figures/water.ts';
import { energies, HOUR_MS, hour, siteWith } from '../../examples/figures.ts';
import type { SitePoint } from '../../../src/site/site.ts';
import { point } from '../../site/example.ts';

const start = '2026-03-02T00:00:00Z';
const known = { 1: { energyWh: 10_000 } };
const both = energies(10_000, 8_000);

t.test('the tables are whole', async (t) => {
  t.same(
    definitions.map(({ id }) => id),
    figureIds,
  );
  for (const { region, validFrom, validTo } of gridFactors) t.ok(validFrom < validTo, region);
  t.equal(new Set(gridFactors.map(({ region, year }) => `${region} ${year}`)).size, gridFactors.length);
});

t.test('emissions: the factor of each year counts in its year', async (t) => {
  const own = [
    { from: '2026-01-01', kgPerKwh: 0.5, source: 'supplier 2026' },
    { from: '2025-01-01', kgPerKwh: 0.6, source: 'supplier 2025' },
  ];
  const at = siteWith([point(1, 'utility')], { gridFactors: own });
  const hours = ['2025-12-31T23:00:00Z', '2026-01-01T00:00:00Z'].map((ms) => hour(ms, both, known));
  const { emissions, cue } = emissionFigures(at, hours, 2 * HOUR_MS);
  t.equal(emissions.value, (10 * 0.6 + 10 * 0.5) / 1000);
  t.equal(cue.value, 11 / 16);
  t.match(
    cue.inputs.map(({ value, source }) => [value, source]),
    [
      [16_000, null],
      [10_000, null],
      [0.6, 'supplier 2025'],
      [10_000, null],
      [0.5, 'supplier 2026'],
    ],
  );
  t.same(emissions.notes, [], 'a factor of one’s own is for as long as it is there');
  t.equal(emissionFigures(at, [hour('2025-01-01T00:00:00Z', both, known)], HOUR_MS).emissions.value, 0.006);
  t.match(emissionFigures(at, hours, 8 * HOUR_MS), { emissions: { coverage: 0.25 }, cue: { coverage: 0.25 } });
  const tooEarly = emissionFigures(at, [hour('2024-12-31T23:00:00Z', both, known)], HOUR_MS);
  t.match(tooEarly.cue, { value: null, reason: /no grid factor .* before 2025-01-01T00:00:00Z/ });
});

t.test('emissions: a year begins in the site’s own time zone, and an old factor says that it is old', async (t) => {
  const series = factorSeries({ grid: 'cn' }, 'Asia/Shanghai');
  const at = (time: string): number | undefined => factorAt(series, Date.parse(time))?.kgPerKwh;
  t.equal(at('2021-12-31T15:59:59Z'), undefined);
  t.equal(at('2022-12-31T15:59:59Z'), 0.5366);
  t.equal(at('2022-12-31T16:00:00Z'), 0.5306);
  t.equal(at('2026-06-01T00:00:00Z'), 0.5306);
  const site = siteWith([point(1, 'utility')], { grid: 'cn-east' });
  const { cue } = emissionFigures(site, [hour(start, both, known)], HOUR_MS);
  t.equal(cue.value, 5.5 / 8);
  t.match(cue.notes, [/no newer grid factor is in the table than that of the time to 2024-01-01/]);
  const last = emissionFigures(site, [hour('2023-12-31T23:00:00Z', both, known)], HOUR_MS);
  t.same(last.cue.notes, [], 'the last hour that it was made for');
});

t.test('emissions: a fuel without a factor leaves no figure, unless none was used', async (t) => {
  const points = [point(1, 'utility'), point(2, 'generator', { point: 'genset' })];
  const at = siteWith(points, { grid: 'cn-east' });
  const ran = hour(start, both, { ...known, 2: { energyWh: 500 } });
  t.match(emissionFigures(at, [ran], HOUR_MS), {
    emissions: { value: null, reason: /genset \(generator\) gave energy and has no emission factor/ },
    cue: { value: null, reason: /emissionFactors/ },
  });
  const stood = hour(start, both, { ...known, 2: { energyWh: 0 } });
  t.equal(emissionFigures(at, [stood], HOUR_MS).cue.value, 5.5 / 8);
  const emissionFactors = [{ point: 'genset', kgPerUnit: 0.8, source: 'delivery note' }];
  const told = emissionFigures(siteWith(points, { grid: 'cn-east', emissionFactors }), [ran], HOUR_MS);
  t.ok(Math.abs((told.cue.value ?? 0) - (5.5 + 0.4) / 8) < 1e-12);
  t.match(told.cue.inputs.at(-1), { value: 0.8, source: 'delivery note' });
});

t.test('emissions: a generator emits what its fuel does, or its electricity, and never both', async (t) => {
  const genset = point(2, 'generator', { point: 'genset' });
  const tank = point(3, 'generator', { point: 'tank', carrier: 'diesel', quantity: 'volume' });
  const ofGenset = { point: 'genset', kgPerUnit: 0.8, source: 'a' };
  const ofTank = { point: 'tank', kgPerUnit: 2.5, source: 'b' };
  const ran = hour(start, both, { ...known, 2: { energyWh: 1_000 }, 3: { energyWh: 0.4 } });
  const value = (points: SitePoint[], ...emissionFactors: (typeof ofTank)[]): number | null => {
    const at = siteWith([point(1, 'utility'), ...points], { grid: 'cn-east', emissionFactors });
    return emissionFigures(at, [ran], HOUR_MS).emissions.value;
  };
  const near = (found: number | null, kg: number, name: string): void =>
    void t.ok(Math.abs((found ?? Number.NaN) * 1000 - kg) < 1e-9, `${name}: ${found}`);
  near(value([tank], ofTank), 5.5 + 1, 'fuel alone, in litres');
  near(value([genset, tank], ofTank), 5.5 + 1, 'both metered, the fuel has a factor');
  near(value([genset, tank], ofGenset), 5.5 + 0.8, 'both metered, the electricity has one');
  near(value([genset, tank], ofGenset, ofTank), 5.5 + 1, 'both have one');
  t.equal(value([genset, tank]), null);
  const other = { ...tank, feeds: ['genset-2'] };
  t.equal(value([genset, other], ofTank), null, 'the fuel of another generator');
  near(value([genset, { ...tank, feeds: ['genset'] }], ofTank), 5.5 + 1, 'the fuel of this one');
  t.equal(value([tank]), null, 'a fuel that nobody gave a factor');
  const steam = { ...tank, role: 'district-cooling' } as const;
  near(value([genset, steam], ofGenset, ofTank), 5.5 + 0.8 + 1, 'what is no generator’s fuel stands for none');
});

t.test('emissions: what is missing is said', async (t) => {
  const noGrid = siteWith([point(1, 'utility')]);
  t.match(emissionFigures(noGrid, [hour(start, both, known)], HOUR_MS).cue, { value: null, reason: /set grid/ });
  const at = siteWith([point(1, 'utility')], { grid: 'cn-east' });
  t.match(emissionFigures(at, [hour(start, both, {})], HOUR_MS).emissions, { value: null, reason: /at no time/ });
  t.equal(emissionFigures(at, [hour(start, energies(1, 0.5), known)], HOUR_MS).cue.value, 5.5 / 0.0005);
  const noIt = hour(start, { ...both, itWh: null, itMs: 0 }, known);
  t.match(emissionFigures(at, [noIt], HOUR_MS), { emissions: { value: 0.0055 }, cue: { value: null, reason: /IT/ } });
  const parts = siteWith([point(3, 'it')], { grid: 'cn-east' });
  const { cue } = emissionFigures(parts, [hour(start, both, {})], HOUR_MS);
  t.match(cue, { value: 5.5 / 8, notes: [/sum of the parts/, /no newer/] });
  t.match(cue.inputs, [{ name: 'IT energy' }, { name: 'energy from the grid', value: 10_000 }, { unit: 'kgCO2/kWh' }]);
  const lost = emissionFigures(siteWith([point(3, 'it')]), [hour(start, both, {})], HOUR_MS);
  t.match(lost.emissions, { value: null, reason: /set grid/ }, 'parts come from a grid, too');
  const emissionFactors = [{ point: 'genset', kgPerUnit: 0.8, source: 'a' }];
  const island = siteWith([point(2, 'generator', { point: 'genset' })], { emissionFactors });
  const own = emissionFigures(island, [hour(start, both, { 2: { energyWh: 1000 } })], HOUR_MS).emissions;
  t.equal(own.value, 0.0008, 'nothing comes from a grid');
  const unknownTotal = hour(start, { ...both, totalWh: null, totalMs: 0 }, {});
  t.match(emissionFigures(parts, [unknownTotal], HOUR_MS).emissions, { value: null, reason: /at no time/ });
});

t.test('emissions: what is fed back takes nothing away, and the sun emits nothing', async (t) => {
  const at = siteWith([point(1, 'utility'), point(2, 'solar')], { grid: 'cn-east' });
  const drawn = { 1: { energyWh: 10_000, exportWh: 2_000 }, 2: { energyWh: 4_000 } };
  const { emissions } = emissionFigures(at, [hour(start, both, drawn)], HOUR_MS);
  t.equal(emissions.value, 0.0055);
  t.match(emissions.inputs.at(-1), { name: 'solar-2', value: 4_000, unit: 'Wh' });
  t.ok(emissions.notes.includes('solar-2: on-site solar energy is taken to emit nothing'));
  const tank = point(2, 'generator', { point: 'tank', quantity: 'volume' });
  const emissionFactors = [{ point: 'tank', kgPerUnit: 2.5, source: 'b' }];
  const fuelled = siteWith([point(1, 'utility'), tank], { grid: 'cn-east', emissionFactors });
  const { inputs, notes } = emissionFigures(
    fuelled,
    [hour(start, both, { ...drawn, 2: { energyWh: 4 } })],
    HOUR_MS,
  ).cue;
  t.match(inputs.slice(-2), [
    { value: 4, unit: 'L' },
    { value: 2.5, unit: 'kg/L' },
  ]);
  t.notMatch(notes.join(' '), /solar/);
});

t.test('only time in which both sides were measured throughout makes a ratio', async (t) => {
  const at = siteWith([point(3, 'water')]);
  const hours = [
    hour('2026-03-02T00:00:00Z', both, { 3: { energyWh: 12 } }),
    hour('2026-03-02T01:00:00Z', both, { 3: { energyWh: 99, measuredMs: HOUR_MS - 18_001 } }),
    hour('2026-03-02T02:00:00Z', { ...both, itMs: HOUR_MS - 18_001 }, { 3: { energyWh: 99 } }),
    hour('2026-03-02T03:00:00Z', both, {}),
    hour('2026-03-02T04:00:00Z', both, { 3: { energyWh: 20, measuredMs: HOUR_MS - 18_000 } }),
  ];
  t.match(waterFigure(at, hours, 5 * HOUR_MS), {
    value: 32 / 16,
    coverage: 2 / 5,
    inputs: [{ value: 0.032, unit: 'm3' }, { value: 16_000 }],
  });
  t.equal(waterFigure(at, [hour(start, energies(1, 0.5), { 3: { energyWh: 2 } })], HOUR_MS).reason, null, 'half a Wh');
  t.match(waterFigure(at, [], HOUR_MS), { value: null, reason: /at no time/ });
  t.match(waterFigure(siteWith([]), hours, HOUR_MS), { value: null, reason: /no point has the role water/ });
});

t.test('renewable energy: certificates count for the time that was measured, the sun for what stayed', async (t) => {
  const certificate = {
    kind: 'certificate',
    from: '2026-03-02',
    to: '2026-03-03',
    kwh: 120,
    source: 'register 7',
  } as const;
  const at = siteWith([point(1, 'utility'), point(2, 'solar')], { renewables: [certificate] });
  const hours = [
    hour(start, both, { 1: { energyWh: 8_000, exportWh: 1_000 }, 2: { energyWh: 3_000 } }),
    hour('2026-03-02T01:00:00Z', both, { 1: { energyWh: 8_000 } }),
  ];
  // 2 kWh of the sun, and 120 kWh / 24 of the certificate, over 10 kWh; the second hour lacks the sun's meter.
  t.match(renewableFigure(at, hours, 2 * HOUR_MS), {
    value: 0.7,
    coverage: 0.5,
    inputs: [{ value: 10_000 }, { value: 2_000 }, { value: 5_000, source: 'register 7' }],
  });
  const sold = siteWith(at.points, { renewables: [certificate], solarCertificatesSold: true });
  t.match(renewableFigure(sold, hours, 2 * HOUR_MS), {
    value: 0.5,
    coverage: 1,
    notes: [/certificates are sold/, /entered/],
  });
  const much = siteWith([], { renewables: [{ ...certificate, kwh: 1e6 }] });
  t.match(renewableFigure(much, hours, 2 * HOUR_MS), {
    value: 1,
    notes: [/more renewable energy is claimed/, /entered/],
  });
  const exact = siteWith([], { renewables: [{ ...certificate, kwh: 240 }] });
  t.match(renewableFigure(exact, hours.slice(0, 1), HOUR_MS), { value: 1, notes: [/entered/] }, 'as much as was used');
  const bit = siteWith([], { renewables: [{ ...certificate, kwh: 0.001 }] });
  t.equal(renewableFigure(bit, hours, 2 * HOUR_MS).inputs.length, 2, 'a little counts');
  t.equal(renewableFigure(bit, [hour(start, energies(0.5, 0), {})], HOUR_MS).reason, null, 'of half a Wh, too');
  const grid = [point(1, 'utility'), point(2, 'utility')];
  const bought = { renewables: [certificate], solarCertificatesSold: true };
  t.match(renewableFigure(siteWith(grid, bought), hours, 2 * HOUR_MS).notes, [/entered/], 'without any sun');
  t.same(renewableFigure(siteWith(grid, { renewables: [] }), hours, 2 * HOUR_MS), {
    ...renewableFigure(siteWith([], { renewables: [] }), hours, 2 * HOUR_MS),
    notes: [],
  });
  const sunny = renewableFigure(siteWith(at.points), hours, 2 * HOUR_MS);
  t.equal(sunny.value, 0.2);
  t.same(sunny.notes, [], 'the sun counts without a word on certificates');
  const dim = hour(start, both, { 1: { energyWh: 8_000, exportWh: 3_000 }, 2: { energyWh: 3_000 } });
  t.match(renewableFigure(siteWith(at.points), [dim], HOUR_MS), { value: 0, inputs: [{}, { value: 0 }] });
  const later = siteWith([], { renewables: [{ ...certificate, from: '2027-01-01', to: '2028-01-01' }] });
  const none = renewableFigure(later, hours, 2 * HOUR_MS);
  t.equal(none.value, 0);
  t.equal(none.inputs.length, 1, 'what counts for nothing is no input');
  const sentOut = hour(start, both, { 1: { energyWh: 8_000, exportWh: 4_000 }, 2: { energyWh: 3_000 } });
  t.match(renewableFigure(siteWith(at.points, { renewables: [] }), [sentOut], HOUR_MS), {
    value: 0,
    inputs: [{}, { name: 'solar energy used on site', value: 0 }],
  });
});

t.test('renewable energy: nothing said is unknown, an empty list is none', async (t) => {
  const hours = [hour(start, both, {})];
  t.match(renewableFigure(siteWith([]), hours, HOUR_MS), { value: null, reason: /renewables of the site file/ });
  t.equal(renewableFigure(siteWith([], { renewables: [] }), hours, HOUR_MS).value, 0);
  t.match(renewableFigure(siteWith([], { renewables: [] }), [], HOUR_MS), { value: null, reason: /at no time/ });
});

t.test('heat: what is missing, and what cannot be, is said', async (t) => {
  const at = siteWith([point(4, 'heat-reuse')]);
  t.match(reuseFigure(siteWith([]), [], HOUR_MS), { value: null, reason: /heat-reuse/ });
  t.match(reuseFigure(at, [hour(start, both, {})], HOUR_MS), { value: null, reason: /at no time/ });
  const tooMuch = reuseFigure(at, [hour(start, both, { 4: { energyWh: 10_001 } })], HOUR_MS);
  t.match(tooMuch, { value: null, coverage: 1, reason: /not within 0 and the total/ });
  t.match(reuseEffectiveness(tooMuch, 1.3, 1), { value: null, reason: /there is no ERF/ });
  const erf = reuseFigure(at, [hour(start, both, { 4: { energyWh: 0 } })], HOUR_MS);
  t.match(erf, { value: 0, coverage: 1 });
  t.match(reuseEffectiveness(erf, null, null), { value: null, reason: /no PUE/ });
  t.match(reuseEffectiveness(erf, 1.3, 0.9), { value: 1.3, coverage: 0.9 });
  t.match(reuseEffectiveness(erf, null, 0.9), { value: null, reason: /no PUE/ });
  t.match(reuseEffectiveness(erf, 1.3, null), { value: null, reason: /no PUE/ });
  const reused = (energyWh: number, of = both) => reuseFigure(at, [hour(start, of, { 4: { energyWh } })], 2 * HOUR_MS);
  t.match(reused(2_500), { value: 0.25, coverage: 0.5 });
  t.match(reuseEffectiveness(reused(2_500), 1.2, 0.9), { value: 0.75 * 1.2, coverage: 0.5 });
  t.equal(reused(10_000).value, 1, 'all of it');
  t.match(reused(-1), { value: null, reason: /not within 0/ });
  t.equal(reused(0.25, energies(0.5, 0)).value, 0.5, 'half a Wh is something');
  const cooled = siteWith([point(5, 'heat-removal'), point(6, 'cooling'), point(7, 'district-cooling')]);
  t.match(coolingFigure(cooled, [hour(start, both, { 5: { energyWh: 6_000 }, 6: { energyWh: 1_500 } })], HOUR_MS), {
    value: 4,
    notes: [/electric cooling/],
  });
  const electric = siteWith(cooled.points.slice(0, 2));
  const cooling = coolingFigure(
    electric,
    [hour(start, both, { 5: { energyWh: 1 }, 6: { energyWh: 0.5 } })],
    4 * HOUR_MS,
  );
  t.match(cooling, { value: 2, coverage: 0.25 });
  t.same(cooling.notes, []);
  t.match(coolingFigure(siteWith([point(6, 'cooling')]), [], HOUR_MS), { value: null, reason: /heat-removal/ });
  t.match(coolingFigure(siteWith([point(5, 'heat-removal')]), [], HOUR_MS), { value: null, reason: /role cooling/ });
  t.match(coolingFigure(cooled, [], HOUR_MS), { value: null, reason: /at no time/ });
});

t.test('utilisation: every minute of every server weighs the same', async (t) => {
  const servers = [point(1, null, { channels: ['utilisation'] }), point(2, null, { channels: ['utilisation'] })];
  const means = [
    { pointId: 1, mean: 10, measuredMs: 3 * HOUR_MS },
    { pointId: 2, mean: 50, measuredMs: HOUR_MS },
  ];
  t.match(utilisationFigure(servers, means, 4 * HOUR_MS), { value: 20, unit: '%', coverage: 0.5 });
  t.match(utilisationFigure(servers, means, 4 * HOUR_MS).inputs, [
    { name: 'servers', value: 2 },
    { value: 14_400, unit: 's' },
  ]);
  t.equal(utilisationFigure(servers, means, HOUR_MS).coverage, 1, 'a clock that is a little behind');
  t.match(utilisationFigure(servers, [], HOUR_MS), { value: null, reason: /whole quarter-hour/ });
  t.match(utilisationFigure([], [], HOUR_MS), { value: null, reason: /channel utilisation/ });
});
