import t from 'tap';
import { createHall } from '../src/hall.ts';
import { measure, meterZeroMs } from '../src/meter.ts';
import { valueAt } from '../src/wave.ts';

const HOUR_MS = 3_600_000;
const hall = createHall();
const hours = Array.from({ length: 2 * 366 * 24 }, (_, hour) => Date.UTC(2026, 0, 1) + hour * HOUR_MS);

t.test('the ratio stays between 1.25 and 1.45 through two years, and moves', async (t) => {
  const ratios = hours.map((atMs) => valueAt(hall.mainW, atMs) / valueAt(hall.upsOutputW, atMs));
  t.ok(Math.min(...ratios) > 1.25, `lowest ${Math.min(...ratios)}`);
  t.ok(Math.max(...ratios) < 1.45, `highest ${Math.max(...ratios)}`);
  t.ok(Math.max(...ratios) - Math.min(...ratios) > 0.05);
});

t.test('no circuit ever carries more than the one that feeds it', async (t) => {
  for (const atMs of hours) {
    const [main, ups, pdu, cooling] = [hall.mainW, hall.upsOutputW, hall.pduW, hall.coolingW].map((w) =>
      valueAt(w, atMs),
    ) as [number, number, number, number];
    if (!(pdu > 0 && pdu < ups && cooling > 0 && ups + cooling < main)) t.fail(new Date(atMs).toISOString());
  }
});

t.test('a register counts what the power says, and never backwards', async (t) => {
  const zeroMs = Date.UTC(2026, 10, 1);
  const secondsMs = Array.from({ length: 3600 }, (_, second) => Date.UTC(2026, 10, 21, 7) + second * 1000);
  const meters = secondsMs.map((atMs) => measure(hall.mainW, zeroMs, atMs));
  const rises = meters.slice(1).map((meter, index) => meter.energyWh - (meters[index]?.energyWh ?? 0));
  t.ok(rises.every((rise) => rise > 0));
  const meanW = meters.reduce((total, meter) => total + meter.powerW, 0) / meters.length;
  const countedWh = rises.reduce((total, rise) => total + rise, 0);
  t.ok(Math.abs(countedWh / (meanW * (3599 / 3600)) - 1) < 1e-4);
  t.same(measure(hall.mainW, zeroMs, secondsMs[0] ?? 0), meters[0], 'the same instant, the same figures');
});

t.test('a three-phase meter is consistent with itself', async (t) => {
  const meter = measure(hall.mainW, 0, HOUR_MS);
  const ofPhases = (quantity: 'powerW' | 'energyWh'): number =>
    meter.phases.reduce((total, phase) => total + phase[quantity], 0);
  t.ok(Math.abs(ofPhases('powerW') - meter.powerW) < 1e-6);
  t.ok(Math.abs(ofPhases('energyWh') - meter.energyWh) < 1e-6);
  const apparentVA = meter.phases.reduce((total, { voltageV, currentA }) => total + voltageV * currentA, 0);
  t.ok(Math.abs(apparentVA - meter.apparentPowerVA) < 1e-6);
});

t.test('meters begin at 0 with the month', async (t) => {
  t.equal(meterZeroMs(Date.UTC(2027, 1, 28, 23, 59)), Date.UTC(2027, 1, 1));
});
