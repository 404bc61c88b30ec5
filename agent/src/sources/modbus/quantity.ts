import { combine } from '../support/combine.ts';
import { decode, decodeText, type Encoding, type Order, registersOf, type Table } from './value.ts';

/** Registers of one table that hold one value. */
export interface Span {
  readonly function: Table;
  readonly address: number;
  readonly length: number;
}

export interface NumberPlace extends Encoding {
  readonly function: Table;
  readonly register: number;
}

/** ASCII text; `length` in registers. */
export interface TextPlace {
  readonly type: 'string';
  readonly function: Table;
  readonly register: number;
  readonly length: number;
  readonly byteOrder: Order;
}

/** A number with a unit, and how it comes from what is in the registers. */
export interface Quantity extends Encoding {
  readonly function: Table;
  /** Of one value, or of several to be added up. */
  readonly registers: readonly number[];
  /** Present where the values are averaged instead. */
  readonly mean?: unknown;
  /** Factor to the unit. */
  readonly scale: number;
  readonly noData: readonly number[];
  /** Holds the power of ten by which the device scales the value. */
  readonly exponent?: NumberPlace;
  /** By what the value must be multiplied, such as the ratio of current transformers. */
  readonly multiplier?: NumberPlace & { readonly scale: number };
}

export interface Ratio {
  readonly numerator: Quantity;
  readonly denominator?: Quantity;
}

/** The bytes that a device has at `span` and behind it. @throws Error saying why there are none. */
export type Read = (span: Span) => Buffer;

/** Every value that the quantity is made from. */
export function spansOf(quantity: Quantity): Span[] {
  const { exponent, multiplier } = quantity;
  const places = quantity.registers.map((register): NumberPlace => ({ ...quantity, register }));
  return [...places, ...(exponent ? [exponent] : []), ...(multiplier ? [multiplier] : [])].map(spanOf);
}

export function spanOf(place: NumberPlace | TextPlace): Span {
  const length = place.type === 'string' ? place.length : registersOf[place.type];
  return { function: place.function, address: place.register, length };
}

/** The quantity in its unit. @throws Error saying why there is no value. */
export function valueOf(quantity: Quantity, read: Read): number {
  const values = quantity.registers.map((register) => {
    const value = numberAt({ ...quantity, register }, read);
    if (quantity.noData.includes(value)) throw new Error(`the meter says ${value}, which means that it has no value`);
    return value;
  });
  const { exponent, multiplier } = quantity;
  const value = exponent === undefined ? values : values.map((one) => shifted(one, numberAt(exponent, read)));
  const combined = combine(quantity, value);
  return multiplier === undefined ? combined : combined * factorAt(multiplier, read);
}

/** @throws Error where it is 0: a ratio that was never set would make any value 0. */
function factorAt(multiplier: NonNullable<Quantity['multiplier']>, read: Read): number {
  const factor = combine(multiplier, [numberAt(multiplier, read)]);
  if (factor === 0) throw new Error(`register ${multiplier.register}: a factor of 0, which cannot be`);
  return factor;
}

/** @throws Error where it cannot be read. */
export function textAt(place: TextPlace, read: Read): string {
  const span = spanOf(place);
  return decodeText(read(span).subarray(0, 2 * span.length), place.byteOrder);
}

/** @throws Error where it cannot be read, or where the device says that there is none. */
export function numberAt(place: NumberPlace, read: Read): number {
  return decode(read(spanOf(place)), place);
}

/** Of a power of ten, either way (SunSpec Device Information Model Specification 1.0, sunssf). */
const MOST_EXPONENT = 10;

/**
 * `value` times a power of ten; a negative one divides, because 0.1 itself has no exact binary form.
 * @throws Error where it is none that a device scales by: garbage in it would make any value 0.
 */
function shifted(value: number, exponent: number): number {
  if (!(Math.abs(exponent) <= MOST_EXPONENT)) throw new Error(`the meter says ${exponent} for its power of ten`);
  return exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;
}
