import fc from 'fast-check';
import t from 'tap';
import { QUARTER_MS } from '../../src/accounting/interval.ts';
import { portionsOf } from '../../src/store/portions.ts';

t.test('portions hold no more than they may, and together ask for every quarter-hour once', async (t) => {
  const property = fc.property(
    fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 }),
    fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 12 }),
    fc.integer({ min: 1, max: 4000 }),
    (pointIds, lengths, most) => {
      const boundariesMs = [0];
      for (const length of lengths) boundariesMs.push((boundariesMs.at(-1) as number) + length * QUARTER_MS);
      const asked = new Set<string>();
      const edges = new Set<number>();
      let rows = 0;
      let lastMs = 0;
      for (const { pointIds: some, boundariesMs: part } of portionsOf(pointIds, boundariesMs, most)) {
        const [fromMs, toMs] = [part[0] as number, part.at(-1) as number];
        const quarters = (toMs - fromMs) / QUARTER_MS;
        const fits = some.length * quarters <= most || (some.length === 1 && quarters <= 96);
        if (fromMs < lastMs || !fits) return false;
        lastMs = fromMs;
        rows += some.length * quarters;
        for (const ms of part) edges.add(ms);
        for (let ms = fromMs; ms < toMs; ms += QUARTER_MS) for (const id of some) asked.add(`${ms} ${id}`);
      }
      const all = (new Set(pointIds).size * (boundariesMs.at(-1) as number)) / QUARTER_MS;
      return asked.size === all && rows === all && (all === 0 || boundariesMs.every((ms) => edges.has(ms)));
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 40, seed: 20261121 }));
});

t.test('of a long span the time is divided, and points only where a day of all of them is too much', async (t) => {
  const days = (count: number): number => count * 96 * QUARTER_MS;
  t.same(portionsOf([3, 1, 2], [0, days(5)], 3 * 96 * 2), [
    { pointIds: [1, 2, 3], boundariesMs: [0, days(2)] },
    { pointIds: [1, 2, 3], boundariesMs: [days(2), days(4)] },
    { pointIds: [1, 2, 3], boundariesMs: [days(4), days(5)] },
  ]);
  t.same(
    portionsOf([3, 1, 2], [0, days(1)], 2 * 96).map(({ pointIds }) => pointIds),
    [[1, 2], [3]],
  );
});
