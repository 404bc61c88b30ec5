import { channelNames } from '@wattmark/shared/channels';
import * as v from 'valibot';
import { profileEntries } from '../../profiles/catalogue.ts';

const oid = v.pipe(v.string(), v.regex(/^1(\.\d+)+$/, 'must be an object identifier in digits'));

const definition = {
  /** Factor to the channel's unit. */
  scale: v.optional(v.number(), 1),
  /** Raw values by which this model says that it has none. */
  noData: v.optional(v.array(v.number()), []),
};

/** A channel is the value of one object, or the sum or mean of a table's column over its rows. */
const channel = v.union(
  [
    v.strictObject({ ...definition, oid }),
    v.strictObject({ ...definition, sum: oid }),
    v.strictObject({ ...definition, mean: oid }),
  ],
  'must have either oid (one object), sum or mean (a column of a table), with digits as 1.3.6.1…',
);

const section = v.strictObject({
  channels: v.record(v.picklist(channelNames, 'is not a channel'), channel),
  /** Where the register `energy` begins at 0 again, Wh, when the MIB says so. */
  energyModulusWh: v.optional(v.pipe(v.number(), v.gtValue(0))),
});

export const snmpProfile = v.strictObject({ ...profileEntries, sections: v.record(v.string(), section) });

export type SnmpChannel = v.InferOutput<typeof channel>;

/** The column whose rows make up the channel, or null where it is one object. */
export function columnOf(definition: SnmpChannel): string | null {
  if ('oid' in definition) return null;
  return 'sum' in definition ? definition.sum : definition.mean;
}
