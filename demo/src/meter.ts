import { integral, valueAt, type Wave } from './wave.ts';

/** What a meter in a three-phase circuit measures at one instant, in base units. */
export interface Measurement {
  readonly powerW: number;
  readonly apparentPowerVA: number;
  readonly reactivePowerVar: number;
  readonly powerFactor: number;
  readonly frequencyHz: number;
  readonly energyWh: number;
  readonly phases: readonly Phase[];
}

export interface Phase {
  readonly voltageV: number;
  readonly currentA: number;
  readonly powerW: number;
  readonly energyWh: number;
}

/** How a circuit's load is spread over its phases. */
const phaseShares = [0.35, 0.33, 0.32];
const phaseVoltagesV = [231.4, 229.8, 230.6];
const POWER_FACTOR = 0.97;
const FREQUENCY_HZ = 50;

/**
 * Reads a circuit's meter. Its register began at 0 at `zeroMs` and is the exact integral of the power since: a simulation
 * that was stopped for a night has counted on when it comes back, as a meter would.
 */
export function measure(circuitW: Wave, zeroMs: number, atMs: number): Measurement {
  const powerW = valueAt(circuitW, atMs);
  const energyWh = integral(circuitW, zeroMs, atMs);
  const apparentPowerVA = powerW / POWER_FACTOR;
  return {
    powerW,
    apparentPowerVA,
    reactivePowerVar: Math.sqrt(apparentPowerVA ** 2 - powerW ** 2),
    powerFactor: POWER_FACTOR,
    frequencyHz: FREQUENCY_HZ,
    energyWh,
    phases: phaseShares.map((share, index) => {
      const voltageV = phaseVoltagesV[index] ?? 0;
      return {
        voltageV,
        currentA: (share * apparentPowerVA) / voltageV,
        powerW: share * powerW,
        energyWh: share * energyWh,
      };
    }),
  };
}

/**
 * The beginning of the UTC month in which the simulation was started, when its meters were set to 0. A float32 register
 * in kWh, as the Eastron has it, would become too coarse for minutes if it counted for years.
 */
export function meterZeroMs(startMs: number): number {
  const start = new Date(startMs);
  return Date.UTC(start.getUTCFullYear(), start.getUTCMonth());
}
