import fc from 'fast-check';
import t from 'tap';
import {
  type ByPart,
  decompose,
  type Decomposition,
  type Part,
  type Powers,
  parts,
  sumOf,
} from '../../../src/kpi/changes/decomposition.ts';

const powerW = fc.double({ min: 0, max: 1e6, noNaN: true });
const powers: fc.Arbitrary<Powers> = fc.record({
  itW: fc.double({ min: 1, max: 1e6, noNaN: true }),
  overheadW: fc.record({
    cooling: powerW,
    lighting: powerW,
    other: powerW,
    losses: fc.double({ min: -1e5, max: 1e6, noNaN: true }),
  }),
});

function near(found: number, wanted: number, scale: number): boolean {
  return Math.abs(found - wanted) <= 1e-9 * Math.max(1, scale);
}

function ratio({ itW, overheadW }: Powers): number {
  return 1 + sumOf(overheadW) / itW;
}

/** Numbers of this size are added up, so that rounding is relative to it. */
function scaleOf(before: Powers, after: Powers): number {
  return parts.reduce(
    (sum, part) =>
      sum +
      (Math.abs(before.overheadW[part] ?? 0) + Math.abs(after.overheadW[part] ?? 0)) * (1 / before.itW + 1 / after.itW),
    0,
  );
}

t.test('the parts add up to the difference of the PUEs', async () => {
  fc.assert(
    fc.property(powers, powers, (before, after) => {
      const { change, itLoad, overhead } = decompose(before, after);
      const scale = scaleOf(before, after);
      return near(change, ratio(after) - ratio(before), scale) && near(itLoad + sumOf(overhead), change, scale);
    }),
  );
});

t.test('the other way round every part has the other sign', async () => {
  fc.assert(
    fc.property(powers, powers, (before, after) => {
      const there = decompose(before, after);
      const back = decompose(after, before);
      return (
        near(there.itLoad, -back.itLoad, 0) &&
        parts.every((part) => near(there.overhead[part] ?? Number.NaN, -(back.overhead[part] ?? Number.NaN), 0))
      );
    }),
  );
});

t.test('another IT load under the same overhead is all of the change', async () => {
  fc.assert(
    fc.property(powers, fc.double({ min: 1, max: 1e6, noNaN: true }), (before, itW) => {
      const { change, itLoad, overhead } = decompose(before, { ...before, itW });
      return near(itLoad, change, scaleOf(before, { ...before, itW })) && parts.every((part) => overhead[part] === 0);
    }),
  );
});

t.test('another power of one part under the same IT load is all of the change', async () => {
  fc.assert(
    fc.property(powers, powerW, fc.constantFrom(...parts), (before, otherW, part) => {
      const after = { ...before, overheadW: { ...before.overheadW, [part]: otherW } };
      const found = decompose(before, after);
      const rest = parts.filter((other) => other !== part);
      return (
        near(found.itLoad, 0, 0) &&
        rest.every((other) => found.overhead[other] === 0) &&
        near(found.overhead[part] ?? Number.NaN, found.change, scaleOf(before, after))
      );
    }),
  );
});

t.test('it is the mean over all orders in which load and parts can have changed', async () => {
  fc.assert(
    fc.property(powers, powers, (before, after) => {
      const found = decompose(before, after);
      const wanted = meanOverOrders(before, after);
      const scale = scaleOf(before, after);
      return (
        near(found.itLoad, wanted.itLoad, scale) &&
        parts.every((part) => near(found.overhead[part] ?? Number.NaN, wanted.overhead[part] ?? Number.NaN, scale))
      );
    }),
    { numRuns: 30 },
  );
});

t.test('two parts in one have the sum of their effects', async () => {
  fc.assert(
    fc.property(powers, powers, (before, after) => {
      const merge = ({ itW, overheadW }: Powers): Powers => ({
        itW,
        overheadW: { cooling: overheadW.cooling ?? 0, losses: sumOf(overheadW) - (overheadW.cooling ?? 0) },
      });
      const apart = decompose(before, after);
      const merged = decompose(merge(before), merge(after));
      const scale = scaleOf(before, after);
      const rest = sumOf(apart.overhead) - (apart.overhead.cooling ?? 0);
      return near(merged.itLoad, apart.itLoad, scale) && near(merged.overhead.losses ?? Number.NaN, rest, scale);
    }),
  );
});

type Factor = 'itW' | Part;

/** The definition, word for word: every order, every factor's step. */
function meanOverOrders(before: Powers, after: Powers): Pick<Decomposition, 'itLoad' | 'overhead'> {
  const factors: readonly Factor[] = ['itW', ...parts];
  const orders = permutations(factors);
  const effects = new Map<Factor, number>(factors.map((factor) => [factor, 0]));
  for (const order of orders) {
    let now = before;
    for (const factor of order) {
      const next = step(now, after, factor);
      effects.set(factor, (effects.get(factor) ?? 0) + (ratio(next) - ratio(now)) / orders.length);
      now = next;
    }
  }
  const overhead: ByPart = Object.fromEntries(parts.map((part) => [part, effects.get(part) ?? 0]));
  return { itLoad: effects.get('itW') ?? 0, overhead };
}

function step(now: Powers, after: Powers, factor: Factor): Powers {
  if (factor === 'itW') return { ...now, itW: after.itW };
  return { ...now, overheadW: { ...now.overheadW, [factor]: after.overheadW[factor] ?? 0 } };
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
