import { decimalIn, numberOf } from '../support/decimal.ts';
import { valueAt } from '../support/json-path.ts';

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

/** The number at a path of the output. @throws Error saying that there is none, or what is there instead. */
export function numberAt(output: unknown, path: string): number {
  const value = valueAt(output, path);
  if (value === undefined) throw new Error(`the output has no ${path}`);
  const number = numberOf(value);
  if (number === null) throw new Error(`${path} is ${excerpt(JSON.stringify(value))}, which is not a number`);
  return number;
}

/** The beginning of the first line of a text that may be anything. */
export function excerpt(text: string): string {
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  const printable = line.replace(/\p{Cc}/gu, '?');
  return printable.length > 120 ? `${printable.slice(0, 120)}…` : printable;
}
