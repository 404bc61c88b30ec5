import fc from 'fast-check';
import t from 'tap';
import { decompose, type Powers } from '../../../src/kpi/changes/decomposition.ts';
import { type DayPowers, loadResponse } from '../../../src/kpi/changes/load-response.ts';

/** A period of days whose overhead is a fixed part and one that follows the load, with something that comes on top. */
function period(itWs: readonly number[], fixedW: number, slope: number, more: (day: number) => number = () => 0) {
  const days: DayPowers[] = itWs.map((itW, day) => ({ itW, overheadW: fixedW + slope * itW + more(day) }));
  const mean = (of: (day: DayPowers) => number): number => days.reduce((sum, day) => sum + of(day), 0) / days.length;
  const powers: Powers = { itW: mean(({ itW }) => itW), overheadW: { losses: mean(({ overheadW }) => overheadW) } };
  return { powers, days };
}

const week = [-30, -20, -10, 0, 10, 20, 30];
const around = (itW: number): number[] => week.map((more) => itW * (1 + more / 200));

t.test('overhead that follows the load is told from fixed overhead', async () => {
  const powerW = fc.double({ min: 1e3, max: 1e6, noNaN: true });
  const part = fc.double({ min: 0.05, max: 0.3, noNaN: true });
  fc.assert(
    fc.property(powerW, powerW, part, part, (itBeforeW, itAfterW, slope, fixedShare) => {
      const fixedW = fixedShare * itBeforeW;
      const before = period(around(itBeforeW), fixedW, slope);
      const after = period(around(itAfterW), fixedW, slope);
      const { change, itLoad } = decompose(before.powers, after.powers);
      const { response } = loadResponse(before, after, itLoad);
      if (response === null) return false;
      // A fixed overhead spread over another load is all there is: PUE = 1 + slope + fixed ÷ IT.
      const net = fixedW / after.powers.itW - fixedW / before.powers.itW;
      const scale = 1 + fixedW / itAfterW + itBeforeW / itAfterW;
      return (
        Math.abs(response.slope - slope) < 1e-9 &&
        Math.abs(response.net - net) < 1e-9 * scale &&
        Math.abs(response.net - change) < 1e-9 * scale
      );
    }),
  );
});

t.test('what changed between the periods does not bend the slope', async (t) => {
  const before = period(around(800), 100, 0.1);
  const after = period(around(600), 160, 0.1);
  const { response } = loadResponse(before, after, 0);
  t.ok(Math.abs((response?.slope ?? 0) - 0.1) < 1e-9);
  t.equal(response?.days, 14);
});

t.test('scatter is a band around the slope', async (t) => {
  const scatter = [1, -1, 2, -2, 1, -1, 0];
  const before = period(around(800), 100, 0.1, (day) => scatter[day] ?? 0);
  const after = period(around(600), 100, 0.1, (day) => -(scatter[day] ?? 0));
  const { response } = loadResponse(before, after, 0);
  t.ok(response !== null && response.slopeUncertainty > 0.001);
  t.ok(Math.abs((response?.slope ?? 0) - 0.1) <= (response?.slopeUncertainty ?? 0));
  const { uncertainty = 0, slopeUncertainty = 0 } = response ?? {};
  t.ok(Math.abs(uncertainty - (slopeUncertainty * 200 * (1 / 800 + 1 / 600)) / 2) < 1e-12);
});

/** Deviations of the load by 10 W a step, and a scatter that is none of them: 1 and 4 squared over seven days make 10. */
const steps = [-30, -20, -10, 0, 10, 20, 30];
const scatter = [1, -1, -1, 2, -1, -1, 1];
const scattered = (itW: number, fixedW: number, slope: number, timesW: number) =>
  period(
    steps.map((more) => itW + more),
    fixedW,
    slope,
    (day) => timesW * (scatter[day] ?? 0),
  );

t.test('slope and band are those of least squares', async (t) => {
  const { response } = loadResponse(scattered(800, 100, 0.1, 1), scattered(600, 100, 0.1, 1), 0.05);
  const near = (found: number | undefined, wanted: number): void =>
    void t.ok(Math.abs((found ?? Number.NaN) - wanted) < 1e-12, `${found} is ${wanted}`);
  near(response?.slope, 0.1);
  // 20 W² over 14 days less two intercepts and a slope; the loads' squares are 2 · 2800 W².
  const band = 2 * Math.sqrt(20 / 11 / 5600);
  near(response?.slopeUncertainty, band);
  near(response?.followed, (0.1 * -200 * (1 / 800 + 1 / 600)) / 2);
  near(response?.net, 0.05 + (0.1 * -200 * (1 / 800 + 1 / 600)) / 2);
  near(response?.uncertainty, (band * 200 * (1 / 800 + 1 / 600)) / 2);
  const perfect = loadResponse(scattered(800, 100, 0.1, 0), scattered(600, 100, 0.1, 0), 0).response;
  t.ok((perfect?.slopeUncertainty ?? 1) < 1e-6, 'without scatter there is no band');
});

t.test('what the band leaves open is told, and what it rules out is not', async (t) => {
  const reason = (fixedW: number, slope: number, timesW: number): string | null =>
    loadResponse(scattered(800, fixedW, slope, timesW), scattered(600, fixedW, slope, timesW), 0).reason;
  // A band of 0.036 for each W of scatter, and 200 W of overhead at 700 W of IT.
  t.equal(reason(200, 0, 1.9), null, 'a quarter of 0.286 is 0.071');
  t.match(reason(200, 0, 2.1), /other reasons/);
  t.equal(reason(210, -0.01, 1), null, 'it may follow the load yet');
  t.match(reason(240, -0.05, 1), /weather/);
  t.equal(reason(-7, 0.296, 1), null, 'all of it may');
  t.match(reason(-35, 0.336, 1), /weather/);
});

t.test('a load that varies by a hundredth has varied', async (t) => {
  const days = (sdW: number) =>
    period(
      steps.map((more) => 200 + (more * sdW) / 20),
      20,
      0.1,
    );
  t.equal(loadResponse(days(2.0004), days(2.0004), 0).reason, null);
  t.match(loadResponse(days(1.9996), days(1.9996), 0).reason, /hardly varied/);
});

t.test('it is not told where it cannot be', async (t) => {
  const good = period(around(800), 100, 0.1);
  const reason = (before: typeof good, after: typeof good): string | null => loadResponse(before, after, 0).reason;
  t.equal(reason(good, period(around(600), 100, 0.1)), null);
  t.match(reason(good, period([600, 610, 620, 630, 640, 650], 100, 0.1)), /7 days/);
  t.match(reason(period(Array(7).fill(800), 100, 0.1), period(Array(7).fill(600), 100, 0.1)), /hardly varied/);
  const weather = [60, -60, 60, -60, 60, -60, 60];
  t.match(
    reason(
      good,
      period(around(600), 100, 0.1, (day) => weather[day] ?? 0),
    ),
    /other reasons/,
  );
  t.match(reason(period(around(800), 2000, -1), period(around(600), 2000, -1)), /weather/);
  t.match(reason(period(around(800), -300, 0.6), period(around(600), -200, 0.6)), /weather/);
});
