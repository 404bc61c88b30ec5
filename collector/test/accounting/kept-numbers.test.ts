import fc from 'fast-check';
import t from 'tap';
import { aboveW, energyWhOf, joulesOf, keptW, keptWh, spanW } from '../../src/accounting/kept-numbers.ts';

/** As much as a register may hold. */
const MOST_WH = 1e15;

const energyWh = fc.oneof(
  fc.double({ min: -MOST_WH, max: MOST_WH, noNaN: true }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.integer({ min: -100_000_000, max: 100_000_000 }).map((deciwatts) => deciwatts / 600),
);

t.test('what is kept stays as it is, however often it is converted', async () => {
  fc.assert(
    fc.property(energyWh, (wh) => {
      const kept = keptWh(wh);
      return (
        Object.is(keptWh(kept), kept) &&
        Object.is(energyWhOf(joulesOf(kept)), kept) &&
        Object.is(keptW(keptW(wh)), keptW(wh))
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test('half a microjoule or milliwatt is lost at most, and of large numbers two parts in 10^15', async () => {
  fc.assert(
    fc.property(energyWh, (wh) => {
      const relative = Math.abs(wh) * 2e-15;
      return (
        Math.abs(joulesOf(wh) - wh * 3600) <= 0.5e-6 + 3600 * relative && Math.abs(keptW(wh) - wh) <= 0.5e-3 + relative
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test('what a meter says with three decimals stays, and so does the order', async () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 48), max: 2 ** 48 }), energyWh, energyWh, (milliwatts, a, b) => {
      const powerW = milliwatts / 1e3;
      return keptW(powerW) === powerW && (a > b || keptWh(a) <= keptWh(b));
    }),
  );
});

t.test('the greatest power is found again above the least, as far as a channel goes', async () => {
  const powerW = fc.double({ min: -1e10, max: 1e10, noNaN: true }).map(keptW);
  fc.assert(
    fc.property(powerW, powerW, (a, b) => Object.is(aboveW(a, spanW(a, b)), b)),
    { numRuns: 2_000 },
  );
});

t.test('a sum of kept energies, kept again, is exact in any order', async () => {
  const minutes = Array.from({ length: 15 }, (_, minute) => keptWh((300.1 + minute / 7) / 60));
  const total = (some: readonly number[]): number => keptWh(some.reduce((sum, wh) => sum + wh, 0));
  const microjoules = minutes.reduce((sum, wh) => sum + Math.round(joulesOf(wh) * 1e6), 0);
  t.equal(total(minutes), microjoules / 1e6 / 3600);
  t.equal(total(minutes.toReversed()), total(minutes));
});

t.test('round numbers stay round, nothing has no sign, and what is unknown stays unknown', async (t) => {
  t.equal(keptWh(250), 250);
  t.equal(keptWh(1000 / 60), 1000 / 60);
  t.equal(keptW(300.1), 300.1);
  for (const wh of [-0, -1e-12]) t.ok(Object.is(keptWh(wh), 0), `${wh}`);
  t.ok(Number.isNaN(keptW(Number.NaN)));
});
