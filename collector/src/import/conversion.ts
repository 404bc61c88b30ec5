import type { Channel } from '@wattmark/shared/channels';
import { scaleOf } from '@wattmark/shared/units';

/**
 * From a stated unit to a channel's own: value × multiplier × 10^exponent × factor. A multiplier and a power of ten are applied
 * to the digits themselves, so that 41.2 kW are 41200 W and not a binary neighbour of it; factor is 1 for nearly all units.
 */
export interface Conversion {
  readonly multiplier: number;
  readonly exponent: number;
  readonly factor: number;
}

const HOUR_MS = 3_600_000;

/**
 * @param energyOverMs for the energy of an interval, which is kept as its mean power, the interval; else null
 */
export function conversionOf(
  channel: Channel,
  stated: { readonly unit?: string | undefined; readonly scale?: number | undefined },
  energyOverMs: number | null,
): Conversion {
  const scale = scaleOf(channel, stated);
  const perHour = energyOverMs === null ? 1 : HOUR_MS / energyOverMs;
  const isWhole = Number.isInteger(perHour);
  const exponent = exponentOf(scale);
  return {
    multiplier: isWhole ? perHour : 1,
    exponent: exponent ?? 0,
    factor: (exponent === null ? scale : 1) * (isWhole ? 1 : perHour),
  };
}

/** The exponent of a power of ten; null for any other number. */
function exponentOf(scale: number): number | null {
  const exponent = Math.round(Math.log10(Math.abs(scale)));
  return Number(`1e${exponent}`) === scale ? exponent : null;
}
