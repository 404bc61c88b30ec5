import fc from 'fast-check';
import t from 'tap';
import { integral, product, scale, sum, swing, valueAt, type Wave } from '../src/wave.ts';

const HOUR_MS = 3_600_000;
const at2026Ms = Date.UTC(2026, 0, 1);

const wave: fc.Arbitrary<Wave> = fc
  .array(fc.record({ amplitude: fc.integer({ min: 1, max: 100 }), periodH: fc.integer({ min: 1, max: 48 }) }), {
    maxLength: 3,
  })
  .map((parts) => sum({ mean: 7, cosines: [] }, ...parts.map((part, i) => swing(part.amplitude, part.periodH, i))));
const instantMs = fc.integer({ min: at2026Ms, max: at2026Ms + 400 * 24 * HOUR_MS });

t.test('a swing has its maximum where it says', async (t) => {
  t.equal(valueAt(swing(3, 24, 7), 7 * HOUR_MS), 3);
  t.equal(valueAt(swing(3, 24, 7), 19 * HOUR_MS), -3);
});

t.test('sums, multiples and products of waves are those of their values', async () => {
  fc.assert(
    fc.property(wave, wave, instantMs, (a, b, atMs) => {
      const [left, right] = [valueAt(a, atMs), valueAt(b, atMs)];
      return (
        near(valueAt(sum(a, b), atMs), left + right) &&
        near(valueAt(scale(a, -2.5), atMs), -2.5 * left) &&
        near(valueAt(product(a, b), atMs), left * right)
      );
    }),
  );
});

t.test('the integral is what many small steps add up to', async () => {
  fc.assert(
    fc.property(wave, wave, instantMs, (a, b, fromMs) => {
      const power = product(a, b);
      const steps = 20_000;
      const stepMs = HOUR_MS / steps;
      let energy = 0;
      for (let i = 0; i < steps; i++) energy += (valueAt(power, fromMs + (i + 0.5) * stepMs) * stepMs) / HOUR_MS;
      return near(integral(power, fromMs, fromMs + HOUR_MS), energy);
    }),
    { numRuns: 20 },
  );
});

t.test('integrals of neighbouring spans add up to that of both', async () => {
  fc.assert(
    fc.property(wave, instantMs, fc.nat(1e9), fc.nat(1e9), (a, fromMs, firstMs, secondMs) => {
      const middleMs = fromMs + firstMs;
      const endMs = middleMs + secondMs;
      return near(integral(a, fromMs, middleMs) + integral(a, middleMs, endMs), integral(a, fromMs, endMs));
    }),
  );
});

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a), Math.abs(b));
}
