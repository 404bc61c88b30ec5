/** Joules in a watt-hour. */
export const J_PER_WH = 3600;

/**
 * A minute's energy in the unit in which it is kept, J: a whole number of microjoules. What meters say is decimal in joules and
 * not in watt-hours, and decimals take half the disk of arbitrary digits; half a microjoule is a billionth of a minute at 8 W.
 * `energyWhOf` gives back exactly what `keptWh` gave.
 */
export function joulesOf(energyWh: number): number {
  return whole(energyWh * J_PER_WH, 1e6);
}

/** Energy that is kept, Wh. */
export function energyWhOf(energyJ: number): number {
  return energyJ / J_PER_WH;
}

/** An energy as it is kept, Wh. */
export function keptWh(energyWh: number): number {
  return energyWh === 0 ? 0 : energyWhOf(joulesOf(energyWh));
}

/** A power as it is kept: a whole number of milliwatts. NaN stays. */
export function keptW(powerW: number): number {
  return whole(powerW, 1e3);
}

/** How far a power that is kept lies above another, W; `aboveW` finds it again. */
export function spanW(leastW: number, greatestW: number): number {
  return keptW(greatestW - leastW);
}

/** The greatest power by the least and how far it lies above that, W. */
export function aboveW(leastW: number, span: number): number {
  return span === 0 ? leastW : keptW(leastW + span);
}

/**
 * The nearest whole number of parts, and above 5.6e14 of them the nearest with 49 significant bits (T. J. Dekker, A
 * Floating-Point Technique for Extending the Available Precision, 1971): conversions to and fro then find it again. Never −0.
 */
function whole(value: number, parts: number): number {
  // Most points have nothing estimated and nothing fed back.
  if (value === 0) return 0;
  const count = Math.round(value * parts);
  const wide = count * 17;
  return (wide - (wide - count)) / parts + 0;
}
