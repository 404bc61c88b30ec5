/**
 * From where on a reading is suspicious. A false alarm costs more than silence, because it teaches to overlook alarms:
 * every limit leaves room for what honest instruments do.
 */
export const thresholds = {
  /** Relative. A meter reads its quantities one after the other while the load changes, and phases are never quite alike. */
  agreement: 0.15,
  /** Relative. Beyond it two quantities that should agree do not, even where no known factor lies between them. */
  disagreement: 0.5,
  /** Relative. With coarser steps than this against the value, a comparison says nothing. */
  coarsest: 0.35,
  /** VA. Below it, offsets of current transformers and inputs are as large as the load. */
  leastApparentVA: 100,
  /** W. An unloaded meter shows a few watts in either direction. */
  leastPowerW: 20,
  /** Of apparent power: below it, a negative power is the offset of a load that is switched off. */
  leastReverseShare: 0.02,
  /** Of voltage times current. An idle power supply has 0.3, an unloaded transformer 0.1. */
  leastPowerFactor: 0.02,
  /** Of the rated power. A breaker trips beyond it sooner or later. */
  overload: 1.1,
  /** Of the rated power. No load lasts at twice its rating. */
  impossibleLoad: 2,
  /** Of the rated power. A load of that little is switched off, or read in the wrong unit. */
  leastLoad: 0.002,
  /** Hz. Beyond them no public grid and no generator runs. */
  leastFrequencyHz: 45,
  mostFrequencyHz: 65,
  /** Of the highest phase's voltage. What is below it is induced in a wire that hangs in the air. */
  deadPhase: 0.2,
  /** Relative to the phases' middle one. EN 50160 allows 10 % to the grid as a whole, and 2 % between phases. */
  phaseVoltage: 0.15,
  /** Of the highest phase's current. */
  idlePhase: 0.005,
  /** A. A current that leaves no doubt that the phases beside it carry load. */
  loadedPhaseA: 5,
  /** V. The lowest voltage of any low-voltage grid, less what sags. */
  leastVoltageV: 50,
  /** ms. Meters hand on their register every few seconds. */
  registerLagMs: 10_000,
  /** ms. Power strips refresh their register every minute. */
  stillRegisterMs: 150_000,
  /** Steps of a register that must be due before it can be said to stand still: a step may be ten times what it looks like. */
  stillRegisterSteps: 20,
  /** Looks, and ms over which they are spread, in which a value with `stuckDigits` digits must be the same to be stuck. */
  stuckLooks: 10,
  stuckMs: 45_000,
  /** A value of fewer digits, such as 230 V or 1,240 W in steps of ten, may well stay the same. */
  stuckDigits: 5,
  /** ms. Difference of clocks: NTP keeps hosts within tens of milliseconds, and the header is exact to a second. */
  clockSkewMs: 2_000,
  /** ms. Readings further ahead are not booked by the collector. */
  clockAheadMs: 300_000,
} as const;
