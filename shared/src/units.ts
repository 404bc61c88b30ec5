import * as v from 'valibot';
import { type Channel, channelNames, channels } from './channels.ts';

type Factors = Readonly<Record<string, number>>;

const energy: Factors = { Wh: 1, kWh: 1e3, MWh: 1e6, GWh: 1e9, mJ: 1 / 3.6e6, J: 1 / 3600, kJ: 1 / 3.6, MJ: 1e4 / 36 };

/** Units in which a channel may be stated by others, each as the factor to the channel's own. */
const factors: Readonly<Record<Channel, Factors>> = {
  power: { W: 1, mW: 1e-3, kW: 1e3, MW: 1e6 },
  energy,
  'energy-export': energy,
  'apparent-power': { VA: 1, kVA: 1e3 },
  'reactive-power': { var: 1, kvar: 1e3 },
  'power-factor': { '1': 1, '%': 0.01 },
  voltage: { V: 1, mV: 1e-3, kV: 1e3 },
  current: { A: 1, mA: 1e-3 },
  frequency: { Hz: 1, mHz: 1e-3 },
  temperature: { '°C': 1 },
  humidity: { '%': 1, '1': 100 },
  charge: { '%': 1, '1': 100 },
  load: { '%': 1, '1': 100 },
  utilisation: { '%': 1, '1': 100 },
  volume: { L: 1, m3: 1e3 },
  mass: { kg: 1, g: 1e-3, t: 1e3 },
  traffic: { byte: 1, bit: 1 / 8, kB: 1e3, MB: 1e6, GB: 1e9 },
};

/** How an operator says in which unit a value comes: its name, or its size in the channel's unit. */
export const unitEntries = {
  // YAML reads an unquoted 1 as a number.
  unit: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String))),
  scale: v.optional(v.pipe(v.number(), v.finite(), v.notValue(0))),
} as const;

interface Stated {
  readonly unit?: string | undefined;
  readonly scale?: number | undefined;
}

/** Schema of what is read for each of a point's channels; `value` has `unitEntries` among its entries. */
export function byChannel<S extends v.GenericSchema<unknown, Stated>>(value: S) {
  return v.pipe(
    v.record(v.picklist(channelNames), value),
    v.transform((map) => Object.entries(map) as (readonly [channel: Channel, value: v.InferOutput<S>])[]),
    v.nonEmpty('must name at least one channel'),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      for (const [channel, stated] of dataset.value) {
        const problem = unitProblem(channel, stated);
        if (problem !== null) addIssue({ message: `${channel}: ${problem}` });
      }
    }),
  );
}

/** The factor from the stated unit to the channel's own. */
export function scaleOf(channel: Channel, { unit, scale }: Stated): number {
  return unit === undefined ? (scale ?? 1) : (factors[channel][unit] ?? Number.NaN);
}

/** What is wrong with how a unit is stated, in words; null where nothing is. */
export function unitProblem(channel: Channel, { unit, scale }: Stated): string | null {
  if (unit !== undefined && scale !== undefined) return 'has both unit and scale; one of them is enough';
  if (unit === undefined || Object.hasOwn(factors[channel], unit)) return null;
  const known = Object.keys(factors[channel]).join(', ');
  return `the unit ${unit} is not one of ${known}; with scale any factor to ${channels[channel].unit} can be said`;
}
