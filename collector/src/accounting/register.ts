import type { Quantity } from './quantity.ts';

/** What the difference between two readings of a cumulative register means. */
export type RegisterStep =
  /** `energyWh` ≥ 0 flowed between the two readings. */
  | { readonly kind: 'advance'; readonly energyWh: number }
  /** The register started anew, was replaced or jumped: what flowed in between is unknown, and is never guessed. */
  | { readonly kind: 'reset' };

export interface RegisterLimits {
  /** Value at which the register wraps to zero, in its unit; null where the meter declares none. */
  readonly modulus: number | null;
  /** The most that is believed to flow in an hour, in the register's unit: W for a register of energy. */
  readonly mostPerHour: number;
  /** A difference this small is never implausible: registers move in steps. */
  readonly step: number;
}

/**
 * What is believed of one metering point without samples that say otherwise, by what it counts: 100 MW, and what a plant of that
 * size takes of the carrier with the least energy in a unit, rounded up: natural gas with 10.5 Wh/L, hydrogen with 38.9 kWh/kg
 * (`collector/src/site/conversions.json`). Steps are the coarsest seen of energy, 10 kWh, and pulses of 10 m³ and 100 kg. All
 * of it is our own choice.
 */
const believed = {
  energy: { mostPerHour: 1e8, step: 10_000 },
  volume: { mostPerHour: 1e7, step: 10_000 },
  mass: { mostPerHour: 3_000, step: 100 },
} as const satisfies Record<Quantity, unknown>;

/**
 * Greatest power that is believed of a point with samples, whatever they said: 1 MW, or four times the greatest sample.
 */
const LEAST_MAX_POWER_W = 1e6;

/** What a point's register is judged by. */
interface Measurer {
  readonly quantity: Quantity;
  /** Of a register of energy; nobody declares that of another. */
  readonly modulusWh: number | null;
  /** The greatest power sampled, W; 0 where none was. */
  readonly greatestW: number;
}

/** What is believed of a point's register. */
export function limitsOf({ quantity, modulusWh, greatestW }: Measurer): RegisterLimits {
  if (quantity !== 'energy') return { modulus: null, ...believed[quantity] };
  const { mostPerHour, step } = believed.energy;
  if (greatestW === 0) return { modulus: modulusWh, mostPerHour, step };
  return { modulus: modulusWh, mostPerHour: Math.max(LEAST_MAX_POWER_W, 4 * greatestW), step };
}

/**
 * Judges a register difference: plausible and ≥ 0 is energy; negative is a rollover only where the modulus is declared and the
 * wrapped difference is plausible; everything else is a reset.
 */
export function judgeRegister(
  previousWh: number,
  nowWh: number,
  elapsedMs: number,
  limits: RegisterLimits,
): RegisterStep {
  const differenceWh = nowWh - previousWh;
  if (differenceWh >= 0) return accept(differenceWh, elapsedMs, limits);
  if (limits.modulus === null || previousWh >= limits.modulus) return { kind: 'reset' };
  return accept(limits.modulus + differenceWh, elapsedMs, limits);
}

function accept(energyWh: number, elapsedMs: number, limits: RegisterLimits): RegisterStep {
  const most = (limits.mostPerHour * 1.1 * elapsedMs) / 3_600_000 + limits.step;
  return energyWh <= most ? { kind: 'advance', energyWh } : { kind: 'reset' };
}
