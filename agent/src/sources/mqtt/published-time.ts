import { numberOf } from '../support/decimal.ts';

/** Upper ends of what a time since 1970 can be in seconds, milliseconds and microseconds: the year 5138 in each. */
const epochUnits = [
  { below: 1e11, perMs: 1e-3 },
  { below: 1e14, perMs: 1 },
  { below: 1e17, perMs: 1e3 },
  { below: Number.POSITIVE_INFINITY, perMs: 1e6 },
] as const;

/**
 * UTC milliseconds of a time since 1970 in s, ms, µs or ns, told by its size, or of an ISO 8601 text with its zone.
 * @throws Error where it is no time, or nobody can say of which zone.
 */
export function timeOf(value: unknown): number {
  const number = numberOf(value);
  if (number !== null) {
    const unit = epochUnits.find(({ below }) => Math.abs(number) < below);
    return Math.round(number / (unit?.perMs ?? 1));
  }
  if (typeof value !== 'string') throw new Error(`${JSON.stringify(value)} is not a time`);
  const at = Date.parse(value);
  if (Number.isNaN(at)) throw new Error(`"${value.slice(0, 40)}" is not a time`);
  if (!/(Z|[+-]\d\d:?\d\d)$/i.test(value.trim()))
    throw new Error(`the time "${value.slice(0, 40)}" does not say its zone: leave out time, and the arrival counts`);
  return at;
}
