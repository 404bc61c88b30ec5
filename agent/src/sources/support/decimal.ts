/** One way to match each number, so that no long text of digits takes long: it may be what a stranger publishes. */
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** The number that a text is in decimal digits, with or without an exponent; null where it is anything else. */
export function decimalIn(text: string): number | null {
  return DECIMAL.test(text) ? Number(text) : null;
}

/** A number as it stands in JSON, or as text with or without blanks around it; null where it is anything else. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? decimalIn(value.trim()) : null;
}
