import { decimalIn } from '../support/decimal.ts';

/**
 * The number that a program printed by itself.
 * @throws Error saying what it printed instead.
 */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (trimmed === '') throw new Error('printed nothing');
  const number = decimalIn(trimmed);
  if (number === null) throw new Error(`printed ${excerpt(trimmed)}, which is not a number`);
  return number;
}

/** @throws Error where the text is not JSON. */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw new Error('printed nothing');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`printed ${excerpt(text.trim())}, which is not JSON`);
  }
}

/**
 * The number at a dotted path, such as `meters.0.power`; digits are places in a list, counted from 0.
 * @throws Error saying where the path ends, or what is there instead of a number.
 */
export function numberAt(value: unknown, path: string): number {
  let here = value;
  const keys = path.split('.');
  for (const [depth, key] of keys.entries()) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) {
      throw new Error(`the output has no ${keys.slice(0, depth + 1).join('.')}`);
    }
    here = (here as Record<string, unknown>)[key];
  }
  const number = typeof here === 'string' ? decimalIn(here.trim()) : here;
  if (typeof number !== 'number') throw new Error(`${path} is ${excerpt(JSON.stringify(here))}, which is not a number`);
  return number;
}

/** The beginning of the first line of a text that may be anything. */
export function excerpt(text: string): string {
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  const printable = line.replace(/\p{Cc}/gu, '?');
  return printable.length > 120 ? `${printable.slice(0, 120)}…` : printable;
}
