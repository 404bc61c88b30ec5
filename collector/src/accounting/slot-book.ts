import type { Catalogue } from '../evidence/catalogue.ts';
import type { GaugeInterval } from './interval.ts';
import type { Quantity } from './quantity.ts';
import { loadSlot, newSlot, type Slot, saveSlot, useOf } from './slot.ts';
import { type NumberReader, NumberWriter } from './state.ts';

/** The slots of the catalogue, made when a reading of theirs comes for the first time. */
export class SlotBook {
  readonly #catalogue: Catalogue;
  readonly #quantityOf: (pointId: number) => Quantity;
  readonly #slots: Slot[] = [];

  constructor(catalogue: Catalogue, quantityOf: (pointId: number) => Quantity) {
    this.#catalogue = catalogue;
    this.#quantityOf = quantityOf;
  }

  get count(): number {
    return this.#slots.length;
  }

  find(slotId: number): Slot | undefined {
    return this.#slots[slotId];
  }

  /** @throws RangeError where the catalogue has no such slot. */
  of(slotId: number): Slot {
    const found = this.#slots[slotId];
    if (found !== undefined) return found;
    const key = this.#catalogue.slots[slotId];
    if (key === undefined) throw new RangeError(`slot ${slotId} is not defined`);
    const slot = newSlot(key, this.#quantityOf(key.pointId));
    this.#slots[slotId] = slot;
    return slot;
  }

  /** To be called when a point begins to count something else: what its registers' steps said means nothing any more. */
  recount(pointId: number): void {
    for (const slotId of this.#catalogue.slotsOf(pointId)) {
      const slot = this.#slots[slotId];
      const channel = this.#catalogue.slots[slotId]?.channel;
      if (slot === undefined || channel === undefined) continue;
      slot.use = useOf(channel, this.#quantityOf(pointId));
      slot.meanW = slot.stepWh = slot.movedMs = Number.NaN;
    }
  }

  close(nowMs: number, sink: (interval: GaugeInterval) => void): void {
    for (const slot of this.#slots) slot?.gauge?.close(nowMs, sink);
  }

  save(): Float64Array {
    const out = new NumberWriter();
    for (let id = 0; id < this.#slots.length; id++) saveSlot(this.of(id), out);
    return out.toArray();
  }

  load(from: NumberReader, count: number): void {
    for (let id = 0; id < count; id++) loadSlot(this.of(id), from);
  }
}
