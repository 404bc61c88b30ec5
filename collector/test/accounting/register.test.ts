import t from 'tap';
import type { Quantity } from '../../src/accounting/quantity.ts';
import { judgeRegister, limitsOf, type RegisterLimits } from '../../src/accounting/register.ts';
import { whPerUnit } from '../../src/site/conversion.ts';

/** What a difference between two readings of a register means, at each limit and one step beyond. */

const limits = (modulusWh: number | null, greatestW: number, quantity: Quantity = 'energy'): RegisterLimits =>
  limitsOf({ quantity, modulusWh, greatestW });

const HOUR_MS = 3_600_000;
const advance = (energyWh: number) => ({ kind: 'advance', energyWh });
const reset = { kind: 'reset' };

t.test('what is believed follows the greatest power sampled', async (t) => {
  const step = 10_000;
  t.same(limits(null, 0), { modulus: null, mostPerHour: 100_000_000, step }, 'without samples 100 MW');
  t.same(limits(1_000, 1), { modulus: 1_000, mostPerHour: 1_000_000, step }, 'at least 1 MW');
  t.same(limits(null, 500_000), { modulus: null, mostPerHour: 2_000_000, step }, 'four times the sample');
});

t.test('litres and kilograms are believed as far as a plant of 100 MW would take them', async (t) => {
  const [litres, kilograms] = [limits(1_000, 0, 'volume'), limits(null, 0, 'mass')];
  t.same(litres, { modulus: null, mostPerHour: 10_000_000, step: 10_000 }, 'a modulus is of Wh');
  t.same(kilograms, { modulus: null, mostPerHour: 3_000, step: 100 });
  t.ok(litres.mostPerHour * whPerUnit('delivered', 'natural-gas') >= 1e8);
  t.ok(kilograms.mostPerHour * whPerUnit('delivered', 'hydrogen') >= 1e8);
  t.same(judgeRegister(0, 3_400, HOUR_MS, kilograms), advance(3_400));
  t.same(judgeRegister(0, 3_401, HOUR_MS, kilograms), reset);
});

t.test('at most a tenth above the greatest power is believed, and one step of the register', async (t) => {
  // 1 MW for an hour: 1.1 MWh and a step of 10 kWh.
  t.same(judgeRegister(0, 1_110_000, HOUR_MS, limits(null, 1)), advance(1_110_000));
  t.same(judgeRegister(0, 1_110_001, HOUR_MS, limits(null, 1)), reset);
  t.same(judgeRegister(0, 110_010_000, HOUR_MS, limits(null, 0)), advance(110_010_000));
  t.same(judgeRegister(0, 110_010_001, HOUR_MS, limits(null, 0)), reset);
  t.same(judgeRegister(0, 10_000, 0, limits(null, 1)), advance(10_000), 'one step takes no time');
  t.same(judgeRegister(0, 10_001, 0, limits(null, 1)), reset);
});

t.test('a register that stands still says that nothing flowed', async (t) => {
  t.same(judgeRegister(42, 42, HOUR_MS, limits(null, 0)), advance(0));
  t.same(judgeRegister(42, 42.5, HOUR_MS, limits(null, 0)), advance(0.5));
});

t.test(
  'less than before is a rollover only where the modulus is declared and the last value was below it',
  async (t) => {
    t.same(judgeRegister(990, 10, HOUR_MS, limits(1_000, 0)), advance(20));
    t.same(judgeRegister(990, 10, HOUR_MS, limits(null, 0)), reset, 'no modulus');
    t.same(judgeRegister(-5, -10, HOUR_MS, limits(null, 0)), reset, 'below zero neither');
    t.same(judgeRegister(1_000, 10, HOUR_MS, limits(1_000, 0)), reset, 'the modulus itself is never shown');
    t.same(judgeRegister(1_001, 10, HOUR_MS, limits(1_000, 0)), reset);
    t.same(judgeRegister(50_000, 10, 0, limits(100_000, 1)), reset, 'what would have flowed is not plausible');
  },
);
