import type { Measurement } from './meter.ts';
import { float32, type Registers, zeros } from './registers.ts';

/** Input registers that the meter answers for; those without a quantity hold 0. */
const REGISTER_COUNT = 382;

/**
 * Input registers (function 4) of an Eastron SDM630Modbus V2: float32, high word first, kWh.
 * Source: Eastron's SDM630Modbus V2 protocol, as in volkszaehler/mbmd `meters/rs485/sdm.go`.
 */
export function sdm630Registers(meter: Measurement): Registers {
  return new Map([
    ...zeros(0, REGISTER_COUNT),
    ...meter.phases.flatMap((phase, index) => [
      ...float32(2 * index, phase.voltageV),
      ...float32(6 + 2 * index, phase.currentA),
      ...float32(12 + 2 * index, phase.powerW),
      ...float32(30 + 2 * index, meter.powerFactor),
      ...float32(346 + 2 * index, phase.energyWh / 1000),
    ]),
    ...float32(52, meter.powerW),
    ...float32(56, meter.apparentPowerVA),
    ...float32(60, meter.reactivePowerVar),
    ...float32(62, meter.powerFactor),
    ...float32(70, meter.frequencyHz),
    ...float32(72, meter.energyWh / 1000),
  ]);
}
