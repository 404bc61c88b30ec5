import t from 'tap';
import { type Compared, comparePeriods, compareWithTarget } from '../../../src/kpi/changes/comparison.ts';
import type { MeasuredPeriod } from '../../../src/kpi/changes/measured-period.ts';
import { explainGap, explainPeriods, pueNames, stationNames } from '../../../src/kpi/changes/sentences.ts';
import { findTarget, type Target } from '../../../src/kpi/targets.ts';
import { type Means, measured } from './measured.ts';

const september: Means = { name: '2026-09', itW: 800e3, coolingW: 160e3, lightingW: 8e3, otherW: 12e3, lossesW: 60e3 };
const october: Means = { ...september, name: '2026-10' };
const unknown = { perKwh: null, reason: 'nobody said' };
const noRates = { currency: null, price: unknown, emissions: unknown };
const target = findTarget('gb-40879-grade-2-1.3') as Target;

function compare(before: MeasuredPeriod, after: MeasuredPeriod): Compared {
  const compared = comparePeriods(before, after);
  if (compared.reason !== null) throw new Error(compared.reason);
  return compared;
}

function explain(before: Means, after: Means, names = pueNames): readonly string[] {
  const [reference, now] = [measured(before), measured(after)];
  return explainPeriods(names, reference, now, compare(reference, now), noRates);
}

function pointsOf({ parts }: Compared): Readonly<Record<string, number>> {
  return Object.fromEntries(parts.map(({ part, points }) => [part, Number((points ?? Number.NaN).toFixed(6))]));
}

t.test('a PUE that worsens because the IT load fell is said to do so', async (t) => {
  const less = { ...october, itW: 600e3 };
  t.same(pointsOf(compare(measured(september), measured(less))), {
    'it-load': 0.1,
    cooling: 0,
    lighting: 0,
    other: 0,
    losses: 0,
  });
  t.same(explain(september, less), [
    'PUE rose by 0.100, from 1.300 in 2026-09 to 1.400 in 2026-10.',
    'Of the rise by 0.100, 0.100 comes from IT load falling from 800 kW to 600 kW under an almost unchanged overhead.',
    'Cooling, lighting, other loads and power losses and loads without a meter changed it by less than 0.001 each.',
    'PUE worsened because the IT load fell: an almost unchanged overhead is spread over less IT load.',
    'How much of the overhead follows the IT load cannot be told: each period needs 7 days that are measured well enough.',
    'Over the energy measured in 2026-10 this is 44.6 MWh of overhead more.',
  ]);
  t.match(
    explain(september, { ...less, coolingW: 130e3 }).join(' '),
    /worsened because the IT load fell faster than the overhead/,
  );
  t.match(explain(september, { ...less, coolingW: 190e3 }).join(' '), /worsened chiefly because the IT load fell/);
});

t.test('and one that improves because the load rose, too', async (t) => {
  const more = { ...october, itW: 1000e3 };
  t.match(
    explain(september, more).join(' '),
    /improved because the IT load rose: an almost unchanged overhead is spread over more/,
  );
  t.match(
    explain(september, { ...more, coolingW: 190e3 }).join(' '),
    /improved because the IT load rose faster than the overhead/,
  );
  t.match(explain(september, { ...more, coolingW: 130e3 }).join(' '), /improved chiefly because the IT load rose/);
});

t.test('a part that works against the change is said to', async (t) => {
  const sentences = explain(september, { ...october, coolingW: 200e3, lossesW: 52e3 });
  t.same(sentences.slice(0, 3), [
    'PUE rose by 0.040, from 1.300 in 2026-09 to 1.340 in 2026-10.',
    'Cooling rising from 160 kW to 200 kW raised it by 0.050.',
    'Power losses and loads without a meter falling from 60 kW to 52 kW lowered it by 0.010.',
  ]);
  t.notMatch(sentences.join(' '), /because the IT load/);
});

t.test('nothing that changed is said to be nothing', async (t) => {
  const [first, second, ...rest] = explain(september, october);
  t.equal(first, 'PUE did not change: 1.300 in 2026-09, 1.300 in 2026-10.');
  t.match(second, /^The IT load, cooling, .* less than 0.001 each\.$/);
  t.same(rest, []);
});

t.test('what is not measured in both periods is among the losses of both', async (t) => {
  const before = measured(september);
  const after = measured({ ...october, coolingW: 170e3 });
  const blind = compare(before, { ...after, meteredWh: { ...after.meteredWh, lighting: null, other: null } });
  t.same(blind.merged, ['lighting', 'other']);
  t.same(pointsOf(blind), { 'it-load': 0, cooling: 0.0125, losses: 0 });
  t.equal(blind.parts.find(({ part }) => part === 'losses')?.referenceW, 80e3);
  t.match(
    explainPeriods(pueNames, before, after, blind, noRates).at(-1),
    'Not told apart, for want of measurements, and among the losses: lighting and other loads.',
  );
});

t.test('only what is alike and well measured is compared', async (t) => {
  const [before, after] = [measured(september), measured(october)];
  const reason = (a: MeasuredPeriod, b: MeasuredPeriod): string | null => comparePeriods(a, b).reason;
  t.equal(reason(before, after), null);
  t.match(reason({ ...before, coverage: 0.8999 }, after), /coverage of 2026-09 is 89.9 % .* needs 90 %/);
  t.equal(reason({ ...before, coverage: 0.8, leastCoverage: 0.75 }, after), null, 'the site asks for less');
  t.equal(reason({ ...before, coverage: 0.9 }, after), null, 'as much as it asks for');
  t.equal(reason(before, { ...after, itWh: 0.5 }), null);
  t.match(reason({ ...before, level: null }, after), /at no level that is known in 2026-09 and at ups-output/);
  t.match(reason(before, { ...after, coverage: 0 }), /coverage of 2026-10 is 0 %/);
  t.match(reason(before, { ...after, coverage: null }), /2026-10 has not begun/);
  t.match(reason(before, { ...after, itWh: 0 }), /no IT energy was used in 2026-10/);
  t.match(
    reason(before, { ...after, level: 'pdu-output' }),
    /ups-output in 2026-09 and at pdu-output in 2026-10.*itLevel/,
  );
  t.match(compareWithTarget({ ...after, coverage: 0.5 }, target, null).reason, /coverage of 2026-10/);
});

t.test('the gap to a target divides by the design, where the site file has one', async (t) => {
  const now = measured({ ...october, coolingW: 220e3 });
  const shares = { cooling: 0.7, lighting: 0.05, other: 0.05, losses: 0.2 };
  const designed = compareWithTarget(now, target, shares);
  const listed = compareWithTarget(now, target, null);
  if (designed.reason !== null || listed.reason !== null) throw new Error('no gap');
  t.same(pointsOf(designed), { cooling: 0.065, lighting: -0.005, other: 0, losses: 0.015 });
  t.same(explainGap(now, target, designed, 'design of 2024', noRates), [
    'PUE of 2026-10 is 1.375, 0.075 above the target 1.3: 44.6 MWh more overhead than it allows for the IT energy measured.',
    'Of the PUE, 0.275 goes to cooling, 0.065 more than the 0.210 that the design allows.',
    'Of the PUE, 0.010 goes to lighting, 0.005 less than the 0.015 that the design allows.',
    'Of the PUE, 0.015 goes to other loads, as much as the 0.015 that the design allows.',
    'Of the PUE, 0.075 goes to power losses and loads without a meter, 0.015 more than the 0.060 that the design allows.',
    'How the overhead divides by design is from: design of 2024.',
  ]);
  t.ok(listed.parts.every(({ points, contribution }) => points === null && contribution !== null));
  t.match(explainGap(now, target, listed, null, noRates).at(-1), /designShares/);
  const better = measured({ ...october, coolingW: 120e3 });
  const room = compareWithTarget(better, target, null);
  if (room.reason !== null) throw new Error(room.reason);
  t.match(
    explainGap(better, target, room, null, noRates)[0],
    /1\.250, 0\.050 below the target 1\.3: room for 29\.8 MWh more/,
  );
});

t.test('how the overhead goes with the load is told from days, of periods that do not overlap', async (t) => {
  const days = (itW: number): MeasuredPeriod['days'] =>
    [-30, -20, -10, 0, 10, 20, 30].map((more) => ({
      itW: itW + more * 1e3,
      overheadW: 160e3 + 0.1 * (itW + more * 1e3),
    }));
  const before = { ...measured(september), days: days(800e3) };
  const after = { ...measured({ ...october, itW: 600e3, coolingW: 140e3 }), days: days(600e3) };
  const compared = compare(before, after);
  t.match(
    explainPeriods(pueNames, before, after, compared, noRates).join(' '),
    'From day to day (14 days) the overhead follows the IT load by 0.100 ± 0.000 W for each W. Overhead that followed the load made −0.029, so that the IT load altogether accounts for +0.067 ± 0.000.',
  );
  t.match(compare(before, before).load?.reason, 'the periods overlap');
});

t.test('each part has its power and its share of the PUE on both sides', async (t) => {
  const { parts, load } = compare(measured(september), measured({ ...october, coolingW: 200e3 }));
  const [itLoad, cooling] = parts;
  t.match(itLoad, { part: 'it-load', referenceW: 800e3, powerW: 800e3, reference: null, contribution: null });
  t.same(cooling, {
    part: 'cooling',
    referenceW: 160e3,
    powerW: 200e3,
    reference: 0.2,
    contribution: 0.25,
    points: 0.05,
  });
  t.match(compare(measured(october), measured(september)).load?.reason, /7 days/, 'the later one may be the reference');
  t.notMatch(load?.reason, /overlap/);
  const gap = compareWithTarget(measured(october), target, null);
  t.match(gap.reason === null && gap.parts[0], { part: 'cooling', referenceW: null, powerW: 160e3, contribution: 0.2 });
});

t.test('what goes the way of the change comes first, and the greater before the lesser', async (t) => {
  const order = (more: Partial<Means>): string[] =>
    explain(september, { ...october, ...more })
      .map(
        (sentence) => /(cooling|lighting|other loads|power losses)[^.]* (?:rising|falling)/i.exec(sentence)?.[1] ?? '',
      )
      .filter((name) => name !== '')
      .map((name) => name.toLowerCase());
  t.same(order({ coolingW: 168e3, lossesW: 76e3, otherW: 8e3 }), ['power losses', 'cooling', 'other loads']);
  t.same(order({ coolingW: 152e3, lossesW: 44e3, otherW: 16e3 }), ['power losses', 'cooling', 'other loads']);
  t.same(order({ coolingW: 152e3, lossesW: 68e3 }), ['power losses', 'cooling'], 'no change: what rises first');
});

t.test('a part that is all of the change but for what is not seen is a share of it', async (t) => {
  const [, first, ...rest] = explain(september, { ...october, coolingW: 200.24e3, lightingW: 7.76e3 });
  t.equal(first, 'Of the rise by 0.050, 0.050 comes from cooling rising from 160 kW to 200 kW.');
  t.match(rest[0], /^The IT load, lighting, other loads and power losses .* each\.$/);
  const [, fall] = explain(september, { ...october, coolingW: 120e3 });
  t.equal(fall, 'Of the fall by 0.050, 0.050 comes from cooling falling from 160 kW to 120 kW.');
  const alone = explain(september, {
    name: '2026-10',
    itW: 600e3,
    coolingW: 170e3,
    lightingW: 8e3,
    otherW: 13e3,
    lossesW: 63e3,
  });
  t.ok(alone.includes('Lighting changed it by less than 0.001.'), alone.join(' '));
  const two = explain(september, {
    name: '2026-10',
    itW: 600e3,
    coolingW: 170e3,
    lightingW: 8e3,
    otherW: 12e3,
    lossesW: 63e3,
  });
  t.ok(two.includes('Lighting and other loads changed it by less than 0.001 each.'), two.join(' '));
});

t.test('an overhead that differs by a twentieth is almost unchanged', async (t) => {
  const said = (coolingW: number): string => explain(september, { ...october, itW: 600e3, coolingW }).join(' ');
  t.match(said(172e3), /under an almost unchanged overhead.*worsened because the IT load fell: an almost unchanged/);
  t.match(said(172.1e3), /\(the overhead grew from 240 kW to 252 kW\)/);
  t.match(said(147.9e3), /\(the overhead fell from 240 kW to 228 kW\)/);
});

t.test('a small station is told as a large one is', async (t) => {
  const small = { name: '2026-09', itW: 10, coolingW: 0.8, lossesW: 0 };
  t.match(explain(small, { ...small, name: '2026-10', itW: 5 }).join(' '), /PUE worsened because the IT load fell/);
  const grown = explain({ ...small, coolingW: 10 }, { ...small, name: '2026-10', itW: 5, coolingW: 20 }).join(' ');
  t.match(grown, '(the overhead grew from 10 W to 20 W)');
});

t.test('a load that the overhead follows is not what made the PUE worse', async (t) => {
  const days = (itW: number, fixedW: number): MeasuredPeriod['days'] =>
    [-30e3, -20e3, -10e3, 0, 10e3, 20e3, 30e3].map((more) => {
      return { itW: itW + more, overheadW: fixedW + 0.25 * (itW + more) };
    });
  const before = { ...measured(september), days: days(800e3, 40e3) };
  const after = { ...measured({ ...october, itW: 600e3, coolingW: 146e3 }), days: days(600e3, 76e3) };
  const followed = explainPeriods(pueNames, before, after, compare(before, after), noRates).join(' ');
  t.match(followed, 'the overhead follows the IT load by 0.250');
  t.notMatch(followed, /worsened/);
  t.match(
    explain(september, { ...october, itW: 600e3, coolingW: 146e3 }).join(' '),
    /worsened because the IT load fell/,
  );
});

t.test('energy is worth money and emissions, where their rates are known', async (t) => {
  const [before, after] = [measured(september), measured({ ...october, itW: 600e3 })];
  const price = { perKwh: 0.6, reason: null };
  const emissions = { perKwh: 0.55, reason: null };
  const saying = (rates: Parameters<typeof explainPeriods>[4]): string =>
    explainPeriods(pueNames, before, after, compare(before, after), rates).join(' ');
  t.match(saying({ currency: 'CNY', price, emissions }), 'That is worth 26784 CNY and 24.6 t of CO2, by');
  t.match(saying({ currency: null, price: unknown, emissions }), 'That is worth 24.6 t of CO2, by');
  t.notMatch(saying(noRates), /worth/);
  const gap = compareWithTarget(after, target, null);
  if (gap.reason !== null) throw new Error(gap.reason);
  t.match(
    explainGap(after, target, gap, null, { currency: 'CNY', price, emissions }).join(' '),
    'The 44.6 MWh is worth 26784 CNY and 24.6 t of CO2',
  );
});

t.test('a base station has no PUE, and its sentences say none', async (t) => {
  const sentences = explain(september, { ...october, itW: 600e3 }, stationNames).join(' ');
  t.notMatch(sentences, /PUE|IT/);
  t.match(sentences, /Telecom load falling|telecom load falling/);
});

t.test('doubtful totals are said to be', async (t) => {
  const [before, after] = [measured(september), measured({ ...october, lossesW: -15e3 })];
  t.match(
    explainPeriods(pueNames, before, after, compare(before, after), noRates).at(-1),
    /a role, a feed or a meter is wrong/,
  );
  const summed = { ...measured(october), totalFrom: 'parts' as const };
  t.match(explainPeriods(pueNames, before, summed, compare(before, summed), noRates).at(-1), /sum of the parts/);
  for (const lossesW of [-3e3, -15e3]) {
    const parts = { ...measured({ ...october, lossesW }), totalFrom: 'parts' as const };
    const said = explainPeriods(pueNames, before, parts, compare(before, parts), noRates).join(' ');
    t.notMatch(said, /errors of meters|a role, a feed/, 'a sum of parts has no losses to be wrong about');
  }
  const [wrong, right] = [measured({ ...september, lossesW: -15e3 }), measured(october)];
  t.match(explainPeriods(pueNames, wrong, right, compare(wrong, right), noRates).at(-1), /a role, a feed or a meter/);
  const dark = { ...right, meteredWh: { ...right.meteredWh, lighting: null } };
  t.match(
    explainPeriods(pueNames, right, dark, compare(right, dark), noRates).at(-1),
    'Not told apart, for want of measurements, and among the losses: lighting.',
  );
});

t.test('losses below zero are told as what they are, and not as losses that fall', async (t) => {
  const before = { ...september, lossesW: -2e3 };
  const after = { ...october, lossesW: -3.6e3, coolingW: 200e3 };
  const sentences = explain(before, after);
  t.ok(
    sentences.includes(
      'The rest of the total beside the parts measured going from −2 kW to −3.6 kW lowered it by 0.002.',
    ),
    sentences.join(' '),
  );
  t.match(sentences.at(-1), /add up to a little more than total less IT, as errors of meters explain/);
  t.match(explain(before, { ...after, lossesW: -40e3 }).at(-1), /a role, a feed or a meter is wrong\.$/);
  t.match(
    explain({ ...september, lossesW: -8e3 }, { ...october, lossesW: 8e3 }).join(' '),
    'the rest of the total beside the parts measured going from −8 kW to 8 kW',
    'below zero on one side',
  );
  const unseen = explain({ ...september, lossesW: -100 }, { ...october, lossesW: 8e3 }).join(' ');
  t.match(unseen, /power losses and loads without a meter rising from −100 W to 8 kW/, 'by less than is seen');
  const gap = (lossesW: number): string => {
    const now = measured({ ...october, lossesW });
    const compared = compareWithTarget(now, target, { cooling: 0.6, lighting: 0.1, other: 0.1, losses: 0.2 });
    if (compared.reason !== null) throw new Error(compared.reason);
    return explainGap(now, target, compared, null, noRates).join(' ');
  };
  t.match(
    gap(-2e3),
    /for power losses and loads without a meter is −0\.003, 0\.063 less than the 0\.060 that the design/,
  );
  t.match(gap(2e3), /Of the PUE, 0\.003 goes to power losses and loads without a meter/);
});

t.test('an overhead below zero is spread over nothing', async (t) => {
  const less = { ...september, coolingW: 10e3, lightingW: 0, otherW: 0, lossesW: -30e3 };
  t.notMatch(explain(less, { ...less, name: '2026-10', itW: 600e3 }).join(' '), /spread|improved|worsened/);
  const none = { ...less, lossesW: -10e3 };
  const some = { ...less, lossesW: 10e3 };
  const said = (from: Means, to: Means): string => explain(from, { ...to, name: '2026-10', itW: 400e3 }).join(' ');
  for (const [from, to] of [
    [less, some],
    [some, less],
    [none, some],
    [some, none],
  ] as const)
    t.notMatch(said(from, to), /spread|improved|worsened/);
});
