/** What the difference between two readings of a cumulative register means. */
export type RegisterStep =
  /** `energyWh` ≥ 0 flowed between the two readings. */
  | { readonly kind: 'advance'; readonly energyWh: number }
  /** The register started anew, was replaced or jumped: what flowed in between is unknown, and is never guessed. */
  | { readonly kind: 'reset' };

export interface RegisterLimits {
  /** Value at which the register wraps to zero, Wh; null where the meter declares none. */
  readonly modulusWh: number | null;
  /** Greatest mean power that is believed, W. */
  readonly maxPowerW: number;
}

/** Largest single metering point that is believed without samples that say otherwise: 100 MW. */
export const DEFAULT_MAX_POWER_W = 1e8;

/**
 * Greatest power that is believed of a point with samples, whatever they said: 1 MW, or four times the greatest sample.
 */
const LEAST_MAX_POWER_W = 1e6;

/** What is believed of a point's register, by its modulus, Wh, and the greatest power sampled, W; 0 where none was. */
export function limitsOf(modulusWh: number | null, greatestW: number): RegisterLimits {
  return { modulusWh, maxPowerW: greatestW === 0 ? DEFAULT_MAX_POWER_W : Math.max(LEAST_MAX_POWER_W, 4 * greatestW) };
}

/** Registers move in steps, the coarsest seen being 10 kWh: a difference this small is never implausible. */
const STEP_WH = 10_000;

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
  if (limits.modulusWh === null || previousWh >= limits.modulusWh) return { kind: 'reset' };
  return accept(limits.modulusWh + differenceWh, elapsedMs, limits);
}

function accept(energyWh: number, elapsedMs: number, limits: RegisterLimits): RegisterStep {
  const mostWh = (limits.maxPowerW * 1.1 * elapsedMs) / 3_600_000 + STEP_WH;
  return energyWh <= mostWh ? { kind: 'advance', energyWh } : { kind: 'reset' };
}
