import fc from 'fast-check';
import t from 'tap';
import { QUARTER_MS } from '../../src/accounting/interval.ts';
import { portionsOf } from '../../src/store/portions.ts';

t.test('portions hold no more than they may, and together ask for everything once, in order', async (t) => {
  const property = fc.property(
    fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 20 }),
    fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 30 }),
    fc.integer({ min: 1, max: 2000 }),
    (pointIds, lengths, most) => {
      const boundariesMs = [0];
      for (const length of lengths) boundariesMs.push((boundariesMs.at(-1) as number) + length * QUARTER_MS);
      const portions = portionsOf(pointIds, boundariesMs, most);
      const asked: string[] = [];
      for (const { pointIds: some, boundariesMs: edges } of portions) {
        const spanned = ((edges.at(-1) as number) - (edges[0] as number)) / QUARTER_MS;
        if (edges.length > 2 || some.length > 1) t.ok(some.length * spanned <= most);
        for (const startMs of edges.slice(0, -1)) for (const id of some) asked.push(`${startMs} ${id}`);
      }
      const ids = [...new Set(pointIds)].sort((a, b) => a - b);
      const wanted = boundariesMs.slice(0, -1).flatMap((startMs) => ids.map((id) => `${startMs} ${id}`));
      t.strictSame(asked.sort(), wanted.sort());
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 100 }));
});

t.test('of one long span the points are divided, not the time', async (t) => {
  const year = [0, 35_040 * QUARTER_MS];
  t.same(
    portionsOf([3, 1, 2], year, 70_080).map(({ pointIds, boundariesMs }) => [pointIds, boundariesMs]),
    [
      [[1, 2], year],
      [[3], year],
    ],
  );
});
