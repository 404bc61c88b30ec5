import type { Level, Role } from '@wattmark/shared/roles';
import { MINUTE_MS } from '../../src/accounting/interval.ts';

/**
 * A data centre that never was, minute by minute: what its meters would show. Every power and register is a function of the
 * minute alone, so that the same plan gives the same readings. Registers count 1 % more than the samples beside them say, so
 * that it shows which of the two was booked.
 */

export type AgentName = 'meters' | 'hall' | 'lamp';

export interface Meter {
  readonly point: string;
  readonly role: Role;
  readonly level?: Level;
  readonly feeds: readonly string[];
  /** `lamp` is a publisher that does not number its messages. */
  readonly agent: AgentName;
  readonly channels: readonly ('power' | 'energy' | 'energy-export')[];
  /** Mean power, W. */
  readonly baseW: number;
}

const both = ['power', 'energy'] as const;
const SERVERS_W = 60_000;

/** @param points at least 12; all beyond are servers. */
export function metersOf(points: number): Meter[] {
  const servers = points - 10;
  const names = Array.from({ length: servers }, (_, index) => `server-${index + 1}`);
  const half = (rest: number): string[] => names.filter((_, index) => index % 2 === rest);
  const hall = { agent: 'hall', feeds: [] } as const;
  const supply = { agent: 'meters', feeds: [] } as const;
  return [
    { point: 'utility-a', role: 'utility', ...supply, channels: both, baseW: 52_000 },
    { point: 'utility-b', role: 'utility', ...supply, channels: [...both, 'energy-export'], baseW: 28_000 },
    { point: 'solar', role: 'solar', ...supply, channels: ['power'], baseW: 9_000 },
    { point: 'generator', role: 'generator', ...supply, channels: ['power'], baseW: 30_000 },
    { point: 'battery', role: 'battery', ...supply, channels: ['power'], baseW: 8_000 },
    {
      point: 'ups-out',
      role: 'it',
      level: 'ups-output',
      ...hall,
      feeds: ['pdu-1', 'pdu-2'],
      channels: both,
      baseW: 64_000,
    },
    { point: 'pdu-1', role: 'it', level: 'pdu-output', ...hall, feeds: half(0), channels: ['power'], baseW: 31_000 },
    { point: 'pdu-2', role: 'it', level: 'pdu-output', ...hall, feeds: half(1), channels: ['energy'], baseW: 30_500 },
    { point: 'cooling', role: 'cooling', ...hall, channels: both, baseW: 14_000 },
    { point: 'lighting', role: 'lighting', agent: 'lamp', feeds: [], channels: ['power'], baseW: 1_200 },
    ...names.map((point, index): Meter => {
      const channels = index % 3 === 2 ? both : (['power'] as const);
      return { point, role: 'it', level: 'equipment-input', ...hall, channels, baseW: SERVERS_W / servers };
    }),
  ];
}

/** What one meter shows, to be asked for one minute after the other. */
export class MeterFace {
  readonly meter: Meter;
  readonly #index: number;
  readonly #jumps: readonly { readonly minute: number; readonly toWh: number }[];
  powerW = Number.NaN;
  energyWh: number;
  exportWh = 500;

  constructor(meter: Meter, index: number, jumps: readonly { readonly minute: number; readonly toWh: number }[]) {
    this.meter = meter;
    this.#index = index;
    this.#jumps = jumps;
    this.energyWh = 100_000 * (index + 1);
  }

  /** Goes on to a minute, counted since 1970, in which it is read `sinceMs` after the last time. */
  advance(minute: number, sinceMs: number): void {
    const powerW = Math.round(powerOf(this.meter, this.#index, minute) * 10) / 10;
    if (!Number.isNaN(this.powerW)) {
      const meanWh = (a: number, b: number): number => (((Math.max(0, a) + Math.max(0, b)) / 2) * sinceMs) / 3_600_000;
      this.energyWh += 1.01 * meanWh(this.powerW, powerW);
      this.exportWh += 1.01 * meanWh(-this.powerW, -powerW);
    }
    this.powerW = powerW;
    for (const jump of this.#jumps) if (jump.minute === minute) this.energyWh = jump.toWh;
  }

  /** The channel's reading, to the thousandth. */
  read(channel: Meter['channels'][number]): number {
    if (channel === 'power') return this.powerW;
    return Math.round((channel === 'energy' ? this.energyWh : this.exportWh) * 1000) / 1000;
  }
}

const DAY_MINUTES = 1440;

function powerOf({ point, baseW }: Meter, index: number, minute: number): number {
  const ofDay = minute % DAY_MINUTES;
  const wave = Math.sin((2 * Math.PI * (ofDay - 360)) / DAY_MINUTES);
  const noise = 0.97 + 0.06 * hash(minute, index);
  if (point === 'solar') return Math.max(0, 2.5 * baseW * wave) * noise;
  if (point === 'generator') return Math.floor(minute / DAY_MINUTES) % 30 === 0 && ofDay < 60 ? baseW * noise : 0;
  if (point === 'battery')
    return ofDay >= 720 && ofDay < 780 ? baseW * noise : ofDay >= 1080 && ofDay < 1140 ? -0.9 * baseW : 0;
  if (point === 'utility-b' && ofDay >= 720 && ofDay < 750) return -0.5 * baseW * noise;
  return baseW * (1 + 0.25 * wave) * noise;
}

/** 0 to 1, the same for the same two numbers. */
export function hash(a: number, b: number): number {
  let x = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

/** When an agent reads its meters in a minute: at its beginning, up to a second and a half late. */
export function tickMs(agent: AgentName, minute: number): number {
  const index = agent === 'meters' ? 901 : agent === 'hall' ? 902 : 903;
  return minute * MINUTE_MS + Math.floor(1500 * hash(minute, index));
}
