import type { Channel } from '@wattmark/shared/channels';
import type { Meter } from '@wattmark/shared/messages';
import type { Outcome } from '../support/outcome.ts';

/** A part of the host that is a point of its own. */
export interface Part {
  readonly point: string;
  /** For people, where the operator has not given one. */
  readonly name?: string;
  /** What measures it, in a few words. */
  readonly origin: string;
  readonly channels: readonly Channel[];
  /** How the values are estimated, in one sentence, where they are. */
  readonly method?: string;
  readonly meter?: Meter | undefined;
  /** Reads every channel; `nowMs` is monotonic and only ever compared with that of the look before. Never throws. */
  look(nowMs: number): Promise<Outcome[]>;
}

export const MICROJOULES_PER_WATT_HOUR = 3.6e9;

/** Most that one machine draws, W: beyond it, a sensor is telling a sentinel (0xFFFFFFFF mW is a common one). */
const MAX_HOST_W = 100_000;

/** @throws Error where a sensor's power cannot be that of one machine. */
export function plausiblePowerW(path: string, powerW: number, maxW: number = MAX_HOST_W): number {
  if (powerW >= 0 && powerW <= maxW) return powerW;
  throw new Error(`${path}: impossible power of ${powerW} W (plausible is 0 to ${maxW})`);
}
