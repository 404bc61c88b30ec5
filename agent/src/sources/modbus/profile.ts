import { channelNames } from '@wattmark/shared/channels';
import * as v from 'valibot';
import { profileEntries } from '../../profiles/catalogue.ts';
import { encodingEntries, registersOf, type ValueType } from './value.ts';

/** Most registers that a request may name (Modbus Application Protocol 1.1b3, 6.3 and 6.4). */
const MAX_REGISTERS = 125;

/** As on the wire, counted from 0; data sheets often print one more. */
const address = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));

const definition = {
  type: v.picklist(Object.keys(registersOf) as ValueType[]),
  ...encodingEntries,
  /** Factor to the channel's unit. */
  scale: v.optional(v.number(), 1),
  /** Raw values by which this model says that it has none, beside those of the type. */
  noData: v.optional(v.array(v.number()), []),
};

/** A channel is the value at one register, or the sum or mean of those of several phases. */
const channel = v.union(
  [
    v.strictObject({ ...definition, register: address }),
    v.strictObject({ ...definition, sum: v.array(address) }),
    v.strictObject({ ...definition, mean: v.array(address) }),
  ],
  `must have a type of ${Object.keys(registersOf).join(', ')} and either register, sum or mean, counted from 0`,
);

const section = v.strictObject({
  channels: v.record(v.picklist(channelNames, 'is not a channel'), channel),
  /** Where the register `energy` begins at 0 again, Wh, when the data sheet says so. */
  energyModulusWh: v.optional(v.pipe(v.number(), v.gtValue(0))),
});

export const modbusProfile = v.strictObject({
  ...profileEntries,
  function: v.picklist(['holding', 'input']),
  maxRegisters: v.optional(v.pipe(v.number(), v.integer(), v.minValue(4), v.maxValue(MAX_REGISTERS)), MAX_REGISTERS),
  /** Registers between two values that this model lets be read along with them. */
  maxGap: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_REGISTERS)), 0),
  sections: v.record(v.string(), section),
});

export type ModbusProfile = v.InferOutput<typeof modbusProfile>;
export type ModbusChannel = v.InferOutput<typeof channel>;

export function addressesOf(definition: ModbusChannel): readonly number[] {
  if ('register' in definition) return [definition.register];
  return 'sum' in definition ? definition.sum : definition.mean;
}
