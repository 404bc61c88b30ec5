/** Joules in a watt-hour. */
export const J_PER_WH = 3600;

/**
 * A minute's energy in the unit in which it is kept, J: a whole number of microjoules. What meters say is decimal in joules and
 * not in watt-hours, and decimals take half the disk of arbitrary digits; half a microjoule is a billionth of a minute at 8 W.
 * `energyWhOf` gives back exactly what `keptWh` gave.
 */
export function joulesOf(energyWh: number): number {
  return millionths(energyWh * J_PER_WH);
}

/** Energy that is kept, Wh. */
export function energyWhOf(energyJ: number): number {
  return energyJ / J_PER_WH;
}

/** An energy as it is kept, Wh. */
export function keptWh(energyWh: number): number {
  return energyWhOf(joulesOf(energyWh));
}

/** A power as it is kept: a whole number of microwatts. NaN stays. */
export function keptW(powerW: number): number {
  return millionths(powerW);
}

/**
 * The nearest whole number of millionths, and above 5.6e8 of those the nearest with 49 significant bits (T. J. Dekker, A
 * Floating-Point Technique for Extending the Available Precision, 1971): conversions to and fro then find it again. Never −0.
 */
function millionths(value: number): number {
  const whole = Math.round(value * 1e6);
  const wide = whole * 17;
  return (wide - (wide - whole)) / 1e6 + 0;
}
