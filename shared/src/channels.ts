/**
 * The one table of channels: what a reading's number means.
 *
 * - `power` is a sample whose time integral is energy.
 * - `register` is a cumulative energy counter; only its differences mean anything.
 * - `gauge` is any other instantaneous quantity; it is kept, but never becomes energy.
 *
 * `min` and `max` bound what an instrument can plausibly say; a value beyond them is rejected as `out-of-range`.
 */
export type ChannelKind = 'power' | 'register' | 'gauge';

export interface ChannelSpec {
  readonly unit: string;
  readonly kind: ChannelKind;
  readonly min: number;
  readonly max: number;
  readonly description: string;
}

export const channels = {
  power: {
    unit: 'W',
    kind: 'power',
    min: -1e10,
    max: 1e10,
    description: 'active power; negative when energy flows back',
  },
  energy: { unit: 'Wh', kind: 'register', min: 0, max: 1e15, description: 'cumulative active energy drawn' },
  'energy-export': {
    unit: 'Wh',
    kind: 'register',
    min: 0,
    max: 1e15,
    description: 'cumulative active energy fed back',
  },
  'apparent-power': { unit: 'VA', kind: 'gauge', min: 0, max: 1e10, description: 'apparent power' },
  'reactive-power': { unit: 'var', kind: 'gauge', min: -1e10, max: 1e10, description: 'reactive power' },
  'power-factor': { unit: '1', kind: 'gauge', min: -1, max: 1, description: 'active over apparent power' },
  voltage: {
    unit: 'V',
    kind: 'gauge',
    min: -1e6,
    max: 1e6,
    description: 'voltage; the mean of the phases where there are several',
  },
  current: {
    unit: 'A',
    kind: 'gauge',
    min: -1e6,
    max: 1e6,
    description: 'current; the sum of the phases where there are several',
  },
  frequency: { unit: 'Hz', kind: 'gauge', min: 0, max: 1000, description: 'line frequency' },
  temperature: { unit: '°C', kind: 'gauge', min: -100, max: 1000, description: 'temperature' },
  humidity: { unit: '%', kind: 'gauge', min: 0, max: 100, description: 'relative humidity' },
  charge: { unit: '%', kind: 'gauge', min: 0, max: 100, description: 'state of charge of a battery' },
  load: { unit: '%', kind: 'gauge', min: 0, max: 1000, description: 'load relative to the rating' },
  utilisation: { unit: '%', kind: 'gauge', min: 0, max: 100, description: 'busy share of a processor' },
  volume: { unit: 'L', kind: 'gauge', min: 0, max: 1e15, description: 'cumulative volume of water or fuel' },
  mass: { unit: 'kg', kind: 'gauge', min: 0, max: 1e12, description: 'cumulative mass of fuel' },
  traffic: { unit: 'byte', kind: 'gauge', min: 0, max: 1e18, description: 'cumulative traffic carried' },
} as const satisfies Record<string, ChannelSpec>;

export type Channel = keyof typeof channels;

export const channelNames: readonly Channel[] = Object.keys(channels) as Channel[];

export function isChannel(value: unknown): value is Channel {
  return typeof value === 'string' && Object.hasOwn(channels, value);
}
