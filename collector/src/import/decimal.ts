import type { Conversion } from './conversion.ts';

/** Decimal numbers from bytes, without a text for each of them. */

const ZERO = 0x30;
const MINUS = 0x2d;
const PLUS = 0x2b;
const LOWER_E = 0x65;
const CASE_BIT = 0x20;

/** Up to so many digits, a mantissa is exact as a double; so is a power of ten up to the exponent. */
const MAX_DIGITS = 15;
const MAX_EXACT_EXPONENT = 22;
const MAX_EXPONENT_DIGITS = 4;
const MAX_LENGTH = 64;
const powersOfTen = Float64Array.from({ length: MAX_EXACT_EXPONENT + 1 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * The number that `bytes[from..to)` is in decimal digits, converted: sign, digits with at most one decimal mark, exponent; 64
 * characters at most.
 * Correctly rounded, as if the digits were multiplied on paper. NaN where it is anything else.
 * @param mark the byte of the decimal mark
 */
export function parseDecimal(
  bytes: Uint8Array,
  from: number,
  to: number,
  mark: number,
  { multiplier, exponent, factor }: Conversion,
): number {
  if (to - from > MAX_LENGTH) return Number.NaN;
  let at = from;
  const sign = bytes[at];
  if (at < to && (sign === MINUS || sign === PLUS)) at++;
  let mantissa = 0;
  let digits = 0;
  let decimals = -1;
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
      if (decimals >= 0) decimals++;
    } else if (byte === mark && decimals < 0) decimals = 0;
    else break;
  }
  if (digits === 0) return Number.NaN;
  const stated = at < to ? statedExponent(bytes, at, to) : 0;
  const scale = exponent + stated - Math.max(0, decimals);
  const product = mantissa * multiplier;
  const isExact = digits <= MAX_DIGITS && product <= Number.MAX_SAFE_INTEGER && Math.abs(scale) <= MAX_EXACT_EXPONENT;
  const size = isExact
    ? scale < 0
      ? product / (powersOfTen[-scale] ?? 1)
      : product * (powersOfTen[scale] ?? 1)
    : sizeOf(bytes, from, at, multiplier, scale);
  return (sign === MINUS ? -size : size) * factor;
}

/** The exponent that is written behind the digits; NaN where something else is. */
function statedExponent(bytes: Uint8Array, from: number, to: number): number {
  if (((bytes[from] ?? 0) | CASE_BIT) !== LOWER_E) return Number.NaN;
  const sign = bytes[from + 1];
  let at = sign === MINUS || sign === PLUS ? from + 2 : from + 1;
  if (at === to || to - at > MAX_EXPONENT_DIGITS) return Number.NaN;
  let exponent = 0;
  for (; at < to; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    exponent = exponent * 10 + digit;
  }
  return sign === MINUS ? -exponent : exponent;
}

/** The same for what a double does not hold exactly on the way: slowly, and as exactly. */
function sizeOf(bytes: Uint8Array, from: number, to: number, multiplier: number, scale: number): number {
  if (Number.isNaN(scale)) return Number.NaN;
  let digits = '';
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= ZERO && byte <= ZERO + 9) digits += String.fromCharCode(byte);
  }
  return Number(`${BigInt(digits) * BigInt(multiplier)}e${scale}`);
}
