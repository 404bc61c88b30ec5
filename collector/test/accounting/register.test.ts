import t from 'tap';
import { DEFAULT_MAX_POWER_W, judgeRegister, limitsOf } from '../../src/accounting/register.ts';

/** What a difference between two readings of a register means, at each limit and one step beyond. */

const HOUR_MS = 3_600_000;
const advance = (energyWh: number) => ({ kind: 'advance', energyWh });
const reset = { kind: 'reset' };

t.test('what is believed follows the greatest power sampled', async (t) => {
  t.same(limitsOf(null, 0), { modulusWh: null, maxPowerW: 100_000_000 }, 'without samples 100 MW');
  t.equal(DEFAULT_MAX_POWER_W, 100_000_000);
  t.same(limitsOf(1_000, 1), { modulusWh: 1_000, maxPowerW: 1_000_000 }, 'at least 1 MW');
  t.same(limitsOf(null, 500_000), { modulusWh: null, maxPowerW: 2_000_000 }, 'four times what was sampled');
});

t.test('at most a tenth above the greatest power is believed, and one step of the register', async (t) => {
  // 1 MW for an hour: 1.1 MWh and a step of 10 kWh.
  t.same(judgeRegister(0, 1_110_000, HOUR_MS, limitsOf(null, 1)), advance(1_110_000));
  t.same(judgeRegister(0, 1_110_001, HOUR_MS, limitsOf(null, 1)), reset);
  t.same(judgeRegister(0, 110_010_000, HOUR_MS, limitsOf(null, 0)), advance(110_010_000));
  t.same(judgeRegister(0, 110_010_001, HOUR_MS, limitsOf(null, 0)), reset);
  t.same(judgeRegister(0, 10_000, 0, limitsOf(null, 1)), advance(10_000), 'one step takes no time');
  t.same(judgeRegister(0, 10_001, 0, limitsOf(null, 1)), reset);
});

t.test('a register that stands still says that nothing flowed', async (t) => {
  t.same(judgeRegister(42, 42, HOUR_MS, limitsOf(null, 0)), advance(0));
  t.same(judgeRegister(42, 42.5, HOUR_MS, limitsOf(null, 0)), advance(0.5));
});

t.test(
  'less than before is a rollover only where the modulus is declared and the last value was below it',
  async (t) => {
    t.same(judgeRegister(990, 10, HOUR_MS, limitsOf(1_000, 0)), advance(20));
    t.same(judgeRegister(990, 10, HOUR_MS, limitsOf(null, 0)), reset, 'no modulus');
    t.same(judgeRegister(-5, -10, HOUR_MS, limitsOf(null, 0)), reset, 'below zero neither');
    t.same(judgeRegister(1_000, 10, HOUR_MS, limitsOf(1_000, 0)), reset, 'the modulus itself is never shown');
    t.same(judgeRegister(1_001, 10, HOUR_MS, limitsOf(1_000, 0)), reset);
    t.same(judgeRegister(50_000, 10, 0, limitsOf(100_000, 1)), reset, 'what would have flowed is not plausible');
  },
);
