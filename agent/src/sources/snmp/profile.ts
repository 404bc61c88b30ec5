import { channelNames } from '@wattmark/shared/channels';
import * as v from 'valibot';
import { profileEntries } from '../../profiles/catalogue.ts';

const oid = v.pipe(v.string(), v.regex(/^1(\.\d+)+$/, 'must be an object identifier in digits'));

/** An identifier in which `{index}` stands for the row that a point names, and `{first}` for the first part of it. */
const place = v.pipe(
  v.string(),
  v.regex(
    /^1(\.(\d+|\{index\}|\{first\}))+$/,
    'must be an object identifier in digits, with {index} where the row belongs',
  ),
);

const condition = v.strictObject({ oid: place, equals: v.pipe(v.array(v.number()), v.nonEmpty()) });

const definition = {
  /** Factor to the channel's unit. */
  scale: v.optional(v.number(), 1),
  /** Raw values by which this model says that it has none. */
  noData: v.optional(v.array(v.number()), []),
  /** Where the number is written in digits, perhaps with a unit behind them. */
  text: v.optional(v.boolean(), false),
};

const oneObject = v.strictObject({
  ...definition,
  oid: place,
  /** Object with the number of decimal places of the value; a negative one tells of accuracy, not of places (RFC 3433). */
  digits: v.optional(place),
  /** Object with the unit of the value, and the factors of those that are known. */
  unit: v.optional(v.strictObject({ oid: place, factors: v.record(v.string(), v.number()) })),
  /** The row measures this quantity only where this holds; a point of another row has no such channel. */
  when: v.optional(condition),
  /** The value counts only while this holds. */
  valid: v.optional(condition),
});

const addends = v.union([place, v.pipe(v.array(place), v.nonEmpty())]);

/** A channel is the value of one object, the sum or mean of a table's column or of several objects, or the product of two. */
const channel = v.union(
  [
    oneObject,
    v.strictObject({ ...definition, sum: addends }),
    v.strictObject({ ...definition, mean: addends }),
    v.strictObject({ product: v.strictTuple([oneObject, oneObject]) }),
  ],
  'must have either oid (one object), sum or mean (a column of a table, or a list of objects) or product (two objects), ' +
    'with digits as 1.3.6.1…',
);

/** What the device says of itself; see `Meter` in the wire contract. */
const identity = v.strictObject({
  manufacturer: v.optional(place),
  model: v.optional(place),
  serial: v.optional(place),
  firmware: v.optional(place),
});

const section = v.pipe(
  v.strictObject({
    /** The row that is meant where a point names none, `*` for a part that it must name: `1`, `*`, `1.*`. */
    index: v.optional(v.pipe(v.string(), v.regex(/^(\d+|\*)(\.(\d+|\*))*$/, 'must be a row such as 1, 1.1, * or 1.*'))),
    channels: v.record(v.picklist(channelNames, 'is not a channel'), channel),
    /** Instead of the profile's. */
    identity: v.optional(identity),
    /** Where the register `energy` begins at 0 again, Wh, when the MIB says so. */
    energyModulusWh: v.optional(v.pipe(v.number(), v.gtValue(0))),
  }),
  v.check(
    ({ index, channels }) => (index !== undefined) === /\{(index|first)\}/.test(JSON.stringify(channels)),
    'must have an index where {index} is used, and only there',
  ),
);

export const snmpProfile = v.strictObject({
  ...profileEntries,
  identity: v.optional(identity, {}),
  /** Beginnings of the sysObjectID by which a discovery knows this model. */
  identify: v.optional(v.array(oid), []),
  /** Of a device that no other profile knows: it is of this kind if it has an object below this one. */
  probe: v.optional(oid),
  sections: v.record(v.string(), section),
});

export type SnmpProfile = v.InferOutput<typeof snmpProfile>;
export type SnmpSection = SnmpProfile['sections'][string];
export type SnmpChannel = v.InferOutput<typeof channel>;
export type OneObject = v.InferOutput<typeof oneObject>;
export type Identity = v.InferOutput<typeof identity>;
export type Condition = v.InferOutput<typeof condition>;

/** The column whose rows make up the channel, or null where the profile names each object. */
export function columnOf(definition: SnmpChannel): string | null {
  const addends = addendsOf(definition);
  return typeof addends === 'string' ? addends : null;
}

/** The objects that the profile names for a channel. */
export function objectsOf(definition: SnmpChannel): readonly string[] {
  if ('product' in definition) return definition.product.flatMap(objectsOf);
  if ('oid' in definition) {
    const { oid, digits, unit, when, valid } = definition;
    return [oid, digits, unit?.oid, when?.oid, valid?.oid].filter((named) => named !== undefined);
  }
  const addends = addendsOf(definition);
  return typeof addends === 'string' ? [] : (addends ?? []);
}

function addendsOf(definition: SnmpChannel): string | string[] | null {
  if ('oid' in definition || 'product' in definition) return null;
  return 'sum' in definition ? definition.sum : definition.mean;
}
