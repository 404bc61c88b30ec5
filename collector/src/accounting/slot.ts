import { type Channel, channels } from '@wattmark/shared/channels';
import type { SlotKey } from '../evidence/catalogue.ts';
import { GaugeAccount } from './gauge-account.ts';
import type { Use } from './history.ts';
import type { Quantity } from './quantity.ts';
import { loadGauge, type NumberReader, type NumberWriter, saveGauge } from './state.ts';

/** What is known of one slot's newest reading. */
export interface SlotState {
  atMs: number;
  value: number;
  estimated: boolean;
  /** Of a register, mean power while it moved last, W, and by how much it moved, Wh; NaN where unknown. */
  meanW: number;
  stepWh: number;
  /** When the register last moved, UTC ms. */
  movedMs: number;
}

export type SlotUse = Use | 'gauge';

/** One channel of one point as one agent reports it. */
export interface Slot extends SlotState {
  use: SlotUse;
  readonly pointId: number;
  readonly agentId: number;
  readonly gauge: GaugeAccount | null;
}

export function newSlot({ pointId, agentId, channel }: SlotKey, quantity: Quantity): Slot {
  return {
    use: useOf(channel, quantity),
    pointId,
    agentId,
    gauge: channels[channel].kind === 'gauge' ? new GaugeAccount(pointId, channel) : null,
    atMs: Number.NaN,
    value: Number.NaN,
    estimated: false,
    meanW: Number.NaN,
    stepWh: Number.NaN,
    movedMs: Number.NaN,
  };
}

/**
 * What a channel does to its point's account. The register of a point's own quantity is booked like a register of energy, in its
 * own unit; of a point that counts no energy, power and energy are only shown.
 */
export function useOf(channel: Channel, quantity: Quantity): SlotUse {
  if (channel === quantity) return 'register';
  if (quantity !== 'energy') return 'gauge';
  if (channel === 'energy-export') return 'export';
  return channel === 'power' ? 'power' : 'gauge';
}

/** Takes note of a reading that is newer than all before. */
export function noteNewest(slot: Slot, atMs: number, value: number, estimated: boolean): void {
  if (slot.use === 'register' && value !== slot.value) {
    slot.stepWh = value > slot.value ? value - slot.value : Number.NaN;
    slot.meanW = (slot.stepWh * 3_600_000) / (atMs - slot.movedMs);
    slot.movedMs = atMs;
  }
  slot.atMs = atMs;
  slot.value = value;
  slot.estimated = estimated;
}

/** Power that a register tells of, W: as it moved last, but no more than another such step in all the time it has stood still. */
export function registerPowerW({ meanW, stepWh, atMs, movedMs }: Readonly<SlotState>): number {
  return atMs > movedMs ? Math.min(meanW, (stepWh * 3_600_000) / (atMs - movedMs)) : meanW;
}

export function saveSlot(slot: Slot, out: NumberWriter): void {
  out.put(slot.atMs);
  out.put(slot.value);
  out.put(Number(slot.estimated));
  out.put(slot.meanW);
  out.put(slot.stepWh);
  out.put(slot.movedMs);
  if (slot.gauge !== null) saveGauge(slot.gauge, out);
}

export function loadSlot(slot: Slot, from: NumberReader): void {
  slot.atMs = from.take();
  slot.value = from.take();
  slot.estimated = from.take() === 1;
  slot.meanW = from.take();
  slot.stepWh = from.take();
  slot.movedMs = from.take();
  if (slot.gauge !== null) loadGauge(slot.gauge, from);
}
