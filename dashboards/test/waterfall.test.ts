import fc from 'fast-check';
import t from 'tap';
import type { ChangePart } from '../page/audit/contract.ts';
import { waterfallOf } from '../page/audit/waterfall.ts';
import { changes, gap } from './fixture-audit.ts';

const rounded = (value: number) => Math.round(value * 1e6) / 1e6;

t.test('steps lead from one period to the other', async (t) => {
  const waterfall = waterfallOf(changes);
  const rows = (waterfall?.rows ?? []).map((row) =>
    row.kind === 'level' ? [row.name, rounded(row.at)] : [row.part.part, rounded(row.from), rounded(row.to)],
  );
  t.same(rows, [
    ['2026-09', 1.262],
    ['it-load', 1.262, 1.312],
    ['cooling', 1.312, 1.294],
    ['2026-10', 1.294],
  ]);
  t.equal(waterfall?.steps, 'differences');
  t.equal(waterfall?.target, null);
});

t.test('without a design, parts add up from the load itself, with the target beside them', async (t) => {
  const waterfall = waterfallOf(gap);
  t.equal(waterfall?.steps, 'additions');
  t.equal(waterfall?.target, 1.3);
  t.match(waterfall?.rows[0], { kind: 'level', at: 1 });
  const last = waterfall?.rows.at(-2);
  t.equal(last?.kind === 'step' && rounded(last.to), 1.294);
});

t.test('nothing to compare is no picture', async (t) => {
  t.equal(waterfallOf({ ...changes, change: null, parts: [], reason: 'no coverage' }), null);
  t.equal(waterfallOf({ ...changes, against: null }), null);
});

t.test('every level lies on the axis, whatever the parts', async () => {
  const points = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(points, (all) => {
      const [first] = changes.parts;
      const parts = all.map((one): ChangePart => ({ ...(first as ChangePart), points: one }));
      const change = all.reduce((sum, one) => sum + one, 0);
      const waterfall = waterfallOf({
        ...changes,
        parts,
        change,
        period: { ...changes.period, value: 1.262 + change },
      });
      if (waterfall === null) return false;
      const levels = waterfall.rows.flatMap((row) => (row.kind === 'level' ? [row.at] : [row.from, row.to]));
      return levels.every((level) => level > waterfall.low && level < waterfall.high);
    }),
  );
});
