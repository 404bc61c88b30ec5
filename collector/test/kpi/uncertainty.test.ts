import fc from 'fast-check';
import t from 'tap';
import * as v from 'valibot';
import {
  accuracyKeys,
  chainOf,
  currentClasses,
  voltageClasses,
  type MeteringChain,
} from '../../src/kpi/metering-chain.ts';
import { missingDataUncertainty } from '../../src/kpi/missing-data.ts';
import { chainUncertainty, type Contribution, pointUncertainties, pueUncertainty } from '../../src/kpi/uncertainty.ts';

const plain: MeteringChain = {
  meterPercent: 0.5,
  transformerPercents: [0.5],
  isTransformerAssumed: false,
  resolutionWh: 0,
  commonCause: null,
};

function main(energyWh: number | null, chain: Partial<MeteringChain> = {}, point = 'main'): Contribution {
  return { point, energyWh, totalWeight: 1, itWeight: 0, chain: { ...plain, ...chain } };
}

function load(energyWh: number | null, chain: Partial<MeteringChain> = {}, point = 'it'): Contribution {
  return { point, energyWh, totalWeight: 0, itWeight: 1, chain: { ...plain, ...chain } };
}

const near = (a: number | null, b: number, tolerance = 1e-9): boolean => a !== null && Math.abs(a - b) <= tolerance;

t.test('PUE 1.30, meter and transformer of one class on each side', async (t) => {
  for (const [percent, expected] of [
    [0.2, 0.006],
    [0.5, 0.015],
    [1, 0.03],
  ] as const) {
    const chain = { meterPercent: percent, transformerPercents: [percent] };
    t.ok(near(pueUncertainty(1.3, [main(1300, chain), load(1000, chain)], 0).value, expected, 1e-4), String(percent));
  }
});

t.test('a total that contains the IT meter: (PUE - 1) * sqrt(u_O^2 + u_IT^2)', async (t) => {
  const both = { ...load(1000), totalWeight: 1 };
  const { value } = pueUncertainty(1.3, [both, main(300, {}, 'cooling')], 0);
  const u = chainUncertainty(plain) ?? 0;
  t.ok(near(value, 2 * 0.3 * Math.hypot(u, u)));
  t.equal(pueUncertainty(1, [both], 0).value, 0, 'a total that is the IT meter itself is exact');
});

t.test('a virtual total that contains an IT point is the same, whichever way it is written', async (t) => {
  // total = it-1 + it-2 + rest as a virtual point; only it-1 and it-2 are IT
  const parts = [
    { ...load(600, {}, 'it-1'), totalWeight: 1 },
    { ...load(400, {}, 'it-2'), totalWeight: 1 },
    main(300, {}, 'rest'),
  ];
  const u = chainUncertainty(plain) ?? 0;
  const uIt = u * Math.hypot(0.6, 0.4);
  t.ok(near(pueUncertainty(1.3, parts, 0).value, 2 * 0.3 * Math.hypot(u, uIt)));
});

t.test('errors with a common cause add linearly on one side, and cancel between the sides', async (t) => {
  const u = chainUncertainty(plain) ?? 0;
  const shared = { commonCause: 'batch-7' };
  const feeds = [main(650, shared, 'a'), main(650, shared, 'b')];
  const oneSide = pueUncertainty(1.3, [...feeds, load(1000)], 0);
  t.ok(near(oneSide.value, 2 * 1.3 * Math.hypot(u, u)), 'as one meter of 1300');
  t.ok(near(oneSide.ifIndependent, 2 * 1.3 * Math.hypot(u / Math.SQRT2, u)));
  t.ok(near(oneSide.parts.commonCause, 2 * 1.3 * u));
  t.equal(pueUncertainty(1.3, [main(1300, shared), load(1000, shared)], 0).value, 0);
  const half = [main(650, shared, 'a'), main(650, {}, 'b'), load(1000, shared)];
  // s = 1/2 and 1/2 of the total, -1 of the load: the group's error is (1/2 - 1) u
  t.ok(near(pueUncertainty(1.3, half, 0).value, 2 * 1.3 * Math.hypot(u / 2, u / 2)));
});

t.test('the parts say where it comes from, and their squares add up', async (t) => {
  const chain = { meterPercent: 0.5, transformerPercents: [0.2, 0.5], resolutionWh: 10 };
  const { value, parts } = pueUncertainty(1.3, [main(1300, chain), load(1000, chain), load(0, {}, 'off')], 0.01);
  t.ok(near(value, Math.hypot(...Object.values(parts).map((part) => part ?? Number.NaN))));
  t.ok(near(parts.meters, (2 * 1.3 * 0.005 * Math.SQRT2) / Math.sqrt(3)));
  t.ok(near(parts.transformers, (2 * 1.3 * Math.hypot(0.002, 0.005) * Math.SQRT2) / Math.sqrt(3)));
  t.ok(near(parts.resolution, (2 * 1.3 * Math.hypot(10 / 1300, 10 / 1000)) / Math.sqrt(6)));
  t.equal(parts.missingData, 0.02);
});

t.test('unknown is null, and says which point is to blame', async (t) => {
  const unclassed = load(1000, { meterPercent: null, transformerPercents: [] }, 'ups');
  const unknown = pueUncertainty(1.3, [main(1300), unclassed], 0);
  t.match(unknown, { value: null, withoutClass: ['ups'], parts: { meters: null, missingData: 0 } });
  t.same(pointUncertainties(1.3, [main(1300), unclassed]).get('ups'), null);
  const halves = [main(650, {}, 'a'), main(650, {}, 'b'), load(1000)];
  t.ok(near(pointUncertainties(1.3, halves).get('a') ?? null, (2 * 1.3 * (chainUncertainty(plain) ?? 0)) / 2));
  t.equal(pointUncertainties(null, [main(1300), load(1000)]).size, 0, 'there is no figure to be uncertain');
  t.equal(pueUncertainty(1.3, [main(null), load(1000)], 0).value, null);
  t.equal(pueUncertainty(null, [main(1300), load(1000)], 0).value, null);
  t.equal(pueUncertainty(1.3, [main(1300), load(1000)], null).value, null, 'missing data that nobody can judge');
  t.equal(pueUncertainty(1.3, [main(1300), load(0)], 0).value, null);
  const idle = main(0, { meterPercent: null }, 'genset');
  t.match(pueUncertainty(1.3, [main(1300), idle, load(1000)], 0), { value: Number, withoutClass: ['genset'] });
});

t.test('the chain of a point: what its site file says, else what is assumed', async (t) => {
  const meter = { accuracyClass: '0.5S', role: 'utility', carrier: 'electricity' } as const;
  t.match(chainOf(meter), { meterPercent: 0.5, transformerPercents: [0.5], isTransformerAssumed: true });
  t.strictSame(chainOf(meter, { ctClass: 'direct' }), {
    meterPercent: 0.5,
    transformerPercents: [],
    isTransformerAssumed: false,
    resolutionWh: 0,
    commonCause: null,
  });
  t.match(chainOf(meter, { resolutionWh: 10, commonCause: 'batch-7' }), { resolutionWh: 10, commonCause: 'batch-7' });
  t.match(chainOf(meter, { ctClass: '0.2S', vtClass: '0.5' }), { transformerPercents: [0.2, 0.5] });
  t.match(chainOf(meter, { vtClass: '0.5' }), { transformerPercents: [0.5, 0.5], isTransformerAssumed: true });
  t.match(chainOf({ accuracyClass: null, role: 'it', carrier: 'electricity' }), {
    meterPercent: null,
    isTransformerAssumed: false,
  });
  const alone = { isTransformerAssumed: false, transformerPercents: [], resolutionWh: 0, commonCause: null };
  for (const [role, carrier] of [
    ['district-cooling', 'district-cooling'],
    ['heat-removal', 'electricity'],
    ['heat-reuse', 'electricity'],
  ] as const)
    t.strictSame(chainOf({ accuracyClass: '2', role, carrier }), { ...alone, meterPercent: 2 }, role);
  const ofFuel = chainOf({ accuracyClass: null, role: 'generator', carrier: 'diesel' }, { limitPercent: 1.5 });
  t.strictSame(ofFuel, { ...alone, meterPercent: 1.5 });
  t.strictSame(
    chainOf(meter, { limitPercent: 1 }),
    { ...alone, meterPercent: 1 },
    'the limit is that of the whole chain',
  );
  const said = v.safeParse(accuracyKeys.vtClass, '9').issues?.[0].message;
  t.match(said, /^must be one of direct, 0\.1, 0\.2, 0\.5, 1, 3/, 'in the order of their limits');
  t.ok('0.2S' in currentClasses && !('0.2S' in voltageClasses) && voltageClasses['direct'] === 0);
});

t.test('missing data: the time not measured may differ as much as the parts measured do', async (t) => {
  const part = (ratio: number, share = 1) => ({
    sum: { pairedTotalWh: 1000 * ratio, pairedItWh: 1000, pairedMs: 3600 * share, estimatedMs: 0 },
    elapsedMs: 3600,
  });
  t.ok(near(missingDataUncertainty(1.3, 0.9, [part(1.25), part(1.38), part(1.3)]), (0.1 * 0.08) / Math.sqrt(3)));
  t.equal(missingDataUncertainty(1.3, 1, []), 0);
  t.equal(missingDataUncertainty(1.3, 0.9, [part(1.3)]), null, 'one part tells nothing of variation');
  t.equal(missingDataUncertainty(1.3, 0.9, [part(1.3), part(9, 0.4)]), null, 'a part hardly measured does not count');
  t.ok(
    near(missingDataUncertainty(1.3, 0.9, [part(1.3), part(1.4, 0.5)]), (0.1 * 0.1) / Math.sqrt(3)),
    'half is enough',
  );
  const ahead = { sum: { pairedTotalWh: 0, pairedItWh: 0, pairedMs: 0, estimatedMs: 0 }, elapsedMs: -3600 };
  t.equal(missingDataUncertainty(1.3, 0.9, [part(1.3), ahead]), null, 'a part that has not begun does not count');
  t.equal(missingDataUncertainty(null, 0.9, [part(1.3), part(1.4)]), null);
  t.equal(missingDataUncertainty(1.3, null, [part(1.3), part(1.4)]), null);
});

/** Deterministic uniform numbers of [0, 1): mulberry32. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Twice the standard deviation of the ratio when every chain errs at random within its limits. */
function simulate(contributions: readonly Contribution[], draws: number, random: () => number): number {
  const within = (): number => 2 * random() - 1;
  let sum = 0;
  let squares = 0;
  for (let draw = 0; draw < draws; draw++) {
    const causes = new Map<string, number>();
    let total = 0;
    let it = 0;
    for (const { energyWh, totalWeight, itWeight, chain } of contributions) {
      const percents = [chain.meterPercent ?? 0, ...chain.transformerPercents];
      let error = 0;
      if (chain.commonCause === null) for (const percent of percents) error += (percent / 100) * within();
      else {
        const cause = causes.get(chain.commonCause) ?? within();
        causes.set(chain.commonCause, cause);
        error = (Math.hypot(...percents) / 100) * cause;
      }
      // A register is cut at both of its readings.
      const measuredWh = (energyWh ?? 0) * (1 + error) + chain.resolutionWh * (random() - random());
      total += measuredWh * totalWeight;
      it += measuredWh * itWeight;
    }
    const ratio = total / it;
    sum += ratio;
    squares += ratio * ratio;
  }
  const mean = sum / draws;
  return 2 * Math.sqrt(Math.max(0, squares / draws - mean * mean));
}

t.test('propagation agrees with a simulation of the meters’ errors', async () => {
  const percent = fc.constantFrom(0.1, 0.2, 0.5, 1, 2);
  const contribution = fc.record({
    point: fc.constant('p'),
    energyWh: fc.integer({ min: 100, max: 10_000 }),
    side: fc.constantFrom('total', 'it', 'both'),
    chain: fc.record({
      meterPercent: percent,
      transformerPercents: fc.array(percent, { maxLength: 2 }),
      isTransformerAssumed: fc.constant(false),
      resolutionWh: fc.constantFrom(0, 0, 1),
      commonCause: fc.constantFrom(null, null, 'batch', 'laboratory'),
    }),
  });
  const network = fc.array(contribution, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(network, fc.integer(), (members, seed) => {
      const contributions = [
        ...members.map(({ side, ...more }) => ({
          ...more,
          totalWeight: side === 'it' ? 0 : 1,
          itWeight: side === 'total' ? 0 : 1,
        })),
        main(5_000, {}, 'supply'),
        load(4_000, {}, 'equipment'),
      ];
      const sideWh = (of: 'totalWeight' | 'itWeight') =>
        contributions.reduce((wh, one) => wh + (one.energyWh ?? 0) * one[of], 0);
      const pue = sideWh('totalWeight') / sideWh('itWeight');
      const computed = pueUncertainty(pue, contributions, 0).value ?? Number.NaN;
      const simulated = simulate(contributions, 20_000, uniform(seed));
      // First-order propagation against 20,000 draws: about 1 % of sampling noise, and the ratio's curvature.
      return Math.abs(computed - simulated) <= 0.04 * simulated + 1e-6;
    }),
    { numRuns: 40, seed: 20261121 },
  );
});

t.test('a ratio of nothing has no uncertainty', async (t) => {
  t.equal(pueUncertainty(1.3, [main(0), load(1000)], 0).value, null);
  t.equal(pueUncertainty(1.3, [main(1300), load(0)], 0).value, null);
  const small = pueUncertainty(1.3, [main(1), load(1)], 0).value;
  t.ok(near(small, 2 * 1.3 * Math.hypot(1, 1) * (chainUncertainty(plain) ?? 0)), 'a Wh is something');
});
