/** One way to match each number, so that no long text of digits takes long: it may be what a stranger publishes. */
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** The number that a text is in decimal digits, with or without an exponent; null where it is anything else. */
export function decimalIn(text: string): number | null {
  return DECIMAL.test(text) ? Number(text) : null;
}
