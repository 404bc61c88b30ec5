import type { Measurement } from './meter.ts';
import { float32, int64, type Registers } from './registers.ts';

/**
 * Holding registers (function 3) of a Schneider PM5000 meter: float32 in kW, kvar and kVA, and INT64 Wh. What lies
 * between them does not exist, and a meter refuses to read across it. Addresses are one less than those of the list.
 * Source: Schneider PM5100/PM5300 Modbus register list (FA234017).
 */
export function pm5xxxRegisters(meter: Measurement): Registers {
  return new Map([
    ...meter.phases.flatMap((phase, index) => [
      ...float32(2999 + 2 * index, phase.currentA),
      ...float32(3027 + 2 * index, phase.voltageV),
      ...float32(3053 + 2 * index, phase.powerW / 1000),
    ]),
    ...float32(3059, meter.powerW / 1000),
    ...float32(3067, meter.reactivePowerVar / 1000),
    ...float32(3075, meter.apparentPowerVA / 1000),
    ...float32(3109, meter.frequencyHz),
    ...int64(3203, meter.energyWh),
    ...int64(3207, 0),
  ]);
}
