import { type Quantity, unitOf } from '../accounting/quantity.ts';

/** Numbers as an explanation says them. */

/** By what a register counts: sizes in its unit, the greatest first. */
const unitsOf = {
  energy: [
    [1e6, 'MWh'],
    [1e3, 'kWh'],
    [1, 'Wh'],
  ],
  volume: [
    [1e3, 'm³'],
    [1, 'L'],
  ],
  mass: [
    [1e3, 't'],
    [1, 'kg'],
  ],
} as const satisfies Record<Quantity, unknown>;

/** `12.35 kWh` */
export function energy(wh: number): string {
  return amount(wh, 'energy');
}

/** `12.35 kWh`, `1.2 m³`, `450 kg`: what a register of a quantity counts. */
export function amount(value: number, quantity: Quantity): string {
  const units = unitsOf[quantity];
  const [size, unit] = units.find(([least]) => Math.abs(value) >= least) ?? [1, unitOf[quantity]];
  return `${digits(value / size, 4)} ${unit}`;
}

/** `103.2 %` */
export function percent(share: number): string {
  return `${digits(share * 100, 4)} %`;
}

/** `36 s`, `15 min`, `2.5 h`, `3.2 d` */
export function duration(ms: number): string {
  if (ms < 120_000) return `${digits(ms / 1000, 3)} s`;
  if (ms < 7_200_000) return `${digits(ms / 60_000, 3)} min`;
  if (ms < 172_800_000) return `${digits(ms / 3_600_000, 3)} h`;
  return `${digits(ms / 86_400_000, 3)} d`;
}

const NAMED = 5;

/** `a, b and c`; of many the first, and how many more. */
export function names(points: readonly string[]): string {
  const shown = points.length > NAMED ? [...points.slice(0, NAMED), `${points.length - NAMED} more`] : points;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function digits(value: number, significant: number): string {
  return String(Number(value.toPrecision(significant)));
}
