import fc from 'fast-check';
import t from 'tap';
import { sumOf } from '../../../src/kpi/changes/decomposition.ts';
import { gapToTarget } from '../../../src/kpi/changes/target-gap.ts';

const shares = { cooling: 0.7, lighting: 0.05, other: 0.05, losses: 0.2 };
const powers = { itW: 1000, overheadW: { cooling: 260, lighting: 10, other: 10, losses: 100 } };

t.test('the gaps of the parts add up to the gap', async () => {
  const number = fc.double({ min: 0, max: 1e6, noNaN: true });
  const target = fc.double({ min: 1, max: 3, noNaN: true });
  const share = fc.double({ min: 0.01, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1e6, noNaN: true }),
      fc.record({ cooling: number, lighting: number, other: number, losses: number }),
      fc.record({ cooling: share, lighting: share, other: share, losses: share }),
      target,
      (itW, overheadW, designed, value) => {
        const { gap, contribution, allowance } = gapToTarget({ itW, overheadW }, value, designed);
        const rounding = 1e-9 * (1 + sumOf(contribution));
        return Math.abs(sumOf(contribution) - sumOf(allowance ?? {}) - gap) <= rounding;
      },
    ),
  );
});

t.test('a part that is not told apart leaves its share to the losses', async (t) => {
  const { gap, allowance } = gapToTarget({ itW: 1000, overheadW: { cooling: 260, losses: 120 } }, 1.3, shares);
  t.ok(Math.abs(gap - 0.08) < 1e-12);
  t.ok(Math.abs((allowance?.losses ?? 0) - 0.3 * 0.3) < 1e-12);
  t.equal(allowance?.lighting, undefined);
});

t.test('without a design there is a gap, and no division of it', async (t) => {
  const { gap, contribution, allowance } = gapToTarget(powers, 1.3, null);
  t.ok(Math.abs(gap - 0.08) < 1e-12);
  t.equal(contribution.cooling, 0.26);
  t.equal(allowance, null);
});
