import { channelNames } from '@wattmark/shared/channels';
import * as v from 'valibot';
import { profileEntries } from '../../profiles/catalogue.ts';
import type { NumberPlace, Quantity, Ratio, TextPlace } from './quantity.ts';
import { orders, registersOf, tables, type ValueType } from './value.ts';

/** Most registers that a request may name (Modbus Application Protocol 1.1b3, 6.3 and 6.4). */
export const MAX_REGISTERS = 125;

/** As on the wire, counted from 0; data sheets often print one more. */
const address = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));

/** What a profile says once for all its numbers, and where needed again for one. */
const placement = {
  function: v.optional(v.picklist(tables)),
  wordOrder: v.optional(v.picklist(orders)),
  byteOrder: v.optional(v.picklist(orders)),
};

const plainNumber = { ...placement, type: v.picklist(Object.keys(registersOf) as ValueType[]) };

const scale = v.optional(v.number(), 1);

const number = {
  ...plainNumber,
  /** Factor to the channel's unit. */
  scale,
  /** Raw values by which this model says that it has none, beside those of the type. */
  noData: v.optional(v.array(v.number()), []),
  /** Register of the power of ten by which the device scales the value, beside `scale`. */
  exponent: v.optional(v.strictObject({ ...plainNumber, register: address })),
  /** A number of the device by which the value must be multiplied, such as the ratio of its current transformers. */
  multiplier: v.optional(v.strictObject({ ...plainNumber, register: address, scale })),
};

const oneNumber = v.strictObject({ ...number, register: address });

const addresses = v.pipe(v.array(address), v.nonEmpty('must name at least one register'));

/** A channel is the value at one register, or the sum or mean of those of several phases. */
const channel = v.union(
  [oneNumber, v.strictObject({ ...number, sum: addresses }), v.strictObject({ ...number, mean: addresses })],
  `must have a type of ${Object.keys(registersOf).join(', ')} and either register, sum or mean, counted from 0`,
);

/** ASCII, two characters a register, filled up with spaces or zeros. */
const text = {
  ...placement,
  type: v.literal('string'),
  register: address,
  /** In registers. */
  length: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_REGISTERS)),
};

const textOrNumber = v.union(
  [v.strictObject(text), oneNumber],
  'must be a string with register and length, or a number',
);

const ratio = v.union(
  [oneNumber, v.strictObject({ numerator: oneNumber, denominator: oneNumber })],
  'must be a number, or a numerator and a denominator that are numbers',
);

const identity = v.strictObject({
  model: v.optional(textOrNumber),
  serial: v.optional(textOrNumber),
  firmware: v.optional(textOrNumber),
  ctRatio: v.optional(ratio),
  vtRatio: v.optional(ratio),
});

/** What a device of this model says, and others do not. */
const sign = v.union(
  [
    v.strictObject({ ...text, startsWith: v.pipe(v.string(), v.nonEmpty()) }),
    v.strictObject({ ...plainNumber, register: address, equals: v.pipe(v.array(v.number()), v.nonEmpty()) }),
  ],
  'must be a string with register, length and startsWith, or a number with register and equals',
);

const section = v.strictObject({
  channels: v.record(v.picklist(channelNames, 'is not a channel'), channel),
  /** Where the register `energy` begins at 0 again, Wh, when the data sheet says so. */
  energyModulusWh: v.optional(v.pipe(v.number(), v.gtValue(0))),
});

const written = v.strictObject({
  ...profileEntries,
  function: v.picklist(tables),
  wordOrder: v.optional(v.picklist(orders), 'high-first'),
  byteOrder: v.optional(v.picklist(orders), 'high-first'),
  maxRegisters: v.optional(v.pipe(v.number(), v.integer(), v.minValue(4), v.maxValue(MAX_REGISTERS)), MAX_REGISTERS),
  /** Registers between two values that this model lets be read along with them. */
  maxGap: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_REGISTERS)), 0),
  /** What the device says of itself, read after connecting. */
  identity: v.optional(identity, {}),
  /** By what a discovery knows this model; all of it must hold. */
  identify: v.optional(v.pipe(v.array(sign), v.nonEmpty('must name at least one condition'))),
  sections: v.record(v.string(), section),
});

type Written = v.InferOutput<typeof written>;
type Placement = Pick<Written, 'function' | 'wordOrder' | 'byteOrder'>;

/** The profile as the rest of the source reads it: every number says for itself where and how it is stored. */
export const modbusProfile = v.pipe(
  written,
  v.transform(({ sections, identity, identify, ...profile }) => ({
    ...profile,
    identity: toIdentity(identity, profile),
    identify: identify?.map((one): Sign => ('startsWith' in one ? placed(one, profile) : placed(one, profile))),
    sections: mapped(sections, (section) => ({
      ...section,
      channels: mapped(section.channels, (written) => toQuantity(written, profile)),
    })),
  })),
);

export type ModbusProfile = v.InferOutput<typeof modbusProfile>;

/** By what a model is known: the beginning of a text, or the values that a number may have. */
export type Sign =
  | (TextPlace & { readonly startsWith: string })
  | (NumberPlace & { readonly equals: readonly number[] });

/** What a device says of itself; see `Meter` in the wire contract. */
export interface Identity {
  readonly model?: TextPlace | Quantity | undefined;
  readonly serial?: TextPlace | Quantity | undefined;
  readonly firmware?: TextPlace | Quantity | undefined;
  readonly ctRatio?: Ratio | undefined;
  readonly vtRatio?: Ratio | undefined;
}

function toIdentity(written: v.InferOutput<typeof identity>, profile: Placement): Identity {
  const { ctRatio: _ct, vtRatio: _vt, ...texts } = written;
  const { model: _model, serial: _serial, firmware: _firmware, ...ratios } = written;
  return {
    ...mapped(texts, (one) => (one.type === 'string' ? placed(one, profile) : toQuantity(one, profile))),
    ...mapped(ratios, (one) => toRatio(one, profile)),
  };
}

function toRatio(written: v.InferOutput<typeof ratio>, profile: Placement): Ratio {
  if (!('numerator' in written)) return { numerator: toQuantity(written, profile) };
  return { numerator: toQuantity(written.numerator, profile), denominator: toQuantity(written.denominator, profile) };
}

function toQuantity(written: v.InferOutput<typeof channel>, profile: Placement): Quantity {
  const { exponent, multiplier, ...rest } = written;
  return {
    ...placed(rest, profile),
    registers: 'register' in written ? [written.register] : 'sum' in written ? written.sum : written.mean,
    ...(exponent !== undefined && { exponent: placed(exponent, profile) }),
    ...(multiplier !== undefined && { multiplier: placed(multiplier, profile) }),
  };
}

/** What a number says of itself comes before what the profile says for all. */
function placed<T extends object>(written: T, profile: Placement): Omit<T, keyof Placement> & Placement {
  const { function: table, wordOrder, byteOrder } = profile;
  return { function: table, wordOrder, byteOrder, ...written };
}

/** The record with each of its values changed, those that are there. */
function mapped<T extends object, B>(record: T, change: (item: Exclude<T[keyof T], undefined>) => B) {
  const entries = Object.entries(record).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, change(item)])) as { [K in keyof T]: B };
}
