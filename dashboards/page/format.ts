/** A number ready to be shown, apart from its unit so that each can be set in its own type. */
export interface Amount {
  readonly number: string;
  readonly unit: string;
}

const NO_BREAK_SPACE = '\u00a0';
const MINUS = '\u2212';
const prefixes = ['', 'k', 'M', 'G', 'T'];

/** Power given in W: `312 W`, `181.3 kW`, `2.41 MW`. */
export function power(powerW: number | null | undefined): Amount | null {
  return scaled(powerW, 'W');
}

/** Energy given in Wh: `850 Wh`, `4.35 MWh`. */
export function energy(energyWh: number | null | undefined): Amount | null {
  return scaled(energyWh, 'Wh');
}

/** Energy given in Wh, in kWh and with all its digits, as it stands on a meter and can be added up: `92 114 503.2 kWh`. */
export function kilowattHours(energyWh: number | null | undefined): Amount | null {
  if (!isKnown(energyWh)) return null;
  return { number: grouped(decimal(energyWh / 1000, 1)), unit: 'kWh' };
}

/** A ratio such as 1.274; three decimals, because a meter pair of class 0.2S resolves 0.006 at best. */
export function ratio(value: number | null | undefined, decimals = 3): string | null {
  return isKnown(value) ? decimal(value, decimals) : null;
}

/** A share given as a fraction: `78.5 %`; a trace is not called nothing. */
export function share(fraction: number | null | undefined): Amount | null {
  if (!isKnown(fraction)) return null;
  const percent = fraction * 100;
  if (percent > 0 && percent < 0.1) return { number: `<${NO_BREAK_SPACE}0.1`, unit: '%' };
  return { number: decimal(percent, percent % 100 === 0 ? 0 : 1), unit: '%' };
}

/** Coverage given as a fraction, rounded down: only what is whole is called 100 %. */
export function coverage(fraction: number | null | undefined): Amount | null {
  if (!isKnown(fraction)) return null;
  // 0.29 times 1000 is 289.999…, which is not to fall to 28.9 %.
  return share(Math.floor(fraction * 1000 + 1e-6) / 1000);
}

/** A relative change given as a fraction, always with its sign: `−18.2 %`. */
export function change(fraction: number | null | undefined): Amount | null {
  if (!isKnown(fraction)) return null;
  const number = decimal(fraction * 100, 1);
  return { number: fraction > 0 ? `+${number}` : number, unit: '%' };
}

/** A difference of ratios, always with its sign: `+0.012`. */
export function difference(value: number | null | undefined): string | null {
  if (!isKnown(value)) return null;
  const number = decimal(value, 3);
  return Number(value.toFixed(3)) > 0 ? `+${number}` : number;
}

/** A count with its thousands apart: `1 204 336`. */
export function count(value: number | null | undefined): string | null {
  return isKnown(value) ? grouped(decimal(value, 0)) : null;
}

/** Any other quantity in its own unit, to four digits or its whole part. The unit `1` of a plain number is not shown. */
export function quantity(value: number | null | undefined, unit: string): Amount | null {
  if (!isKnown(value)) return null;
  const wholeDigits = Math.floor(Math.log10(Math.max(1, Math.abs(value)))) + 1;
  const digits = decimal(value, Math.max(0, Math.min(3, 4 - wholeDigits)));
  return { number: grouped(digits), unit: unit === '1' ? '' : unit };
}

/** A time span in its two largest units: `850 ms`, `12 s`, `3 min 5 s`, `2 d 4 h`. */
export function duration(spanMs: number | null | undefined): string | null {
  if (!isKnown(spanMs)) return null;
  const sign = spanMs < 0 ? MINUS : '';
  const abs = Math.abs(spanMs);
  if (abs < 1000) return `${sign}${Math.round(abs)}${NO_BREAK_SPACE}ms`;
  const seconds = Math.floor(abs / 1000);
  const units = [
    { name: 'd', amount: Math.floor(seconds / 86_400) },
    { name: 'h', amount: Math.floor(seconds / 3600) % 24 },
    { name: 'min', amount: Math.floor(seconds / 60) % 60 },
    { name: 's', amount: seconds % 60 },
  ];
  const first = units.findIndex(({ amount }) => amount > 0);
  const shown = units.slice(first, first + 2).filter(({ amount }) => amount > 0);
  return sign + shown.map(({ name, amount }) => amount + NO_BREAK_SPACE + name).join(' ');
}

/** The time since something was last seen. A second of transport and clock error is not worth a figure. */
export function age(spanMs: number): string {
  return spanMs < 1500 ? 'just now' : `${duration(spanMs)} ago`;
}

/** An amount as plain text. */
export function text(amount: Amount | null): string {
  if (amount === null) return 'no data';
  return amount.unit === '' ? amount.number : amount.number + NO_BREAK_SPACE + amount.unit;
}

/** Thousands of the whole part apart. */
function grouped(digits: string): string {
  const [whole = '', ...rest] = digits.split('.');
  return [whole.replaceAll(/\B(?=(\d{3})+$)/g, NO_BREAK_SPACE), ...rest].join('.');
}

function scaled(value: number | null | undefined, unit: string): Amount | null {
  if (!isKnown(value)) return null;
  const last = prefixes.length - 1;
  let step = 0;
  let rest = value;
  while (step < last && Number(Math.abs(rest).toFixed(decimalsOf(rest, step))) >= 1000) {
    step++;
    rest /= 1000;
  }
  return { number: decimal(rest, decimalsOf(rest, step)), unit: `${prefixes[step]}${unit}` };
}

function decimalsOf(value: number, step: number): number {
  const abs = Math.abs(value);
  if (step === 0) return abs < 10 && abs % 1 !== 0 ? 1 : 0;
  return abs < 9.995 ? 2 : 1;
}

function decimal(value: number, decimals: number): string {
  const fixed = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(fixed) !== 0 ? MINUS + fixed : fixed;
}

function isKnown(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
