/** How figures stand in sentences. */

/** PUE points, without their sign. */
export function points(value: number): string {
  return Math.abs(value).toFixed(3);
}

/** PUE points that are shown as 0.000 are none. */
export function isSeen(value: number): boolean {
  return Math.abs(value) >= 0.0005;
}

/** The same with its sign. */
export function signed(value: number): string {
  return isSeen(value) ? `${value < 0 ? '−' : '+'}${points(value)}` : points(0);
}

export function power(powerW: number): string {
  return scaled(powerW, ['W', 'kW', 'MW']);
}

export function energy(energyWh: number): string {
  return scaled(energyWh, ['Wh', 'kWh', 'MWh', 'GWh']);
}

/** Of money or emissions: whole from a hundred on. */
export function amount(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Three digits or more, in the greatest unit that leaves something before the point. */
function scaled(value: number, units: readonly string[]): string {
  const size = Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3);
  const step = Math.min(size, units.length - 1);
  const number = value / 1000 ** step;
  const decimals = Math.abs(number) >= 100 || step === 0 ? 0 : Math.abs(number) >= 10 ? 1 : 2;
  return `${Number(number.toFixed(decimals))} ${units[step]}`.replace('-', '−');
}

/** `a, b and c` */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
