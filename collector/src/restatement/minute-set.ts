import { MINUTE_MS } from '../accounting/interval.ts';

/** A set of minutes, one bit each: a year of them takes 64 KiB. */
export class MinuteSet {
  readonly #days = new Map<number, Uint8Array>();

  add(startMs: number): void {
    const minute = startMs / MINUTE_MS;
    const day = Math.floor(minute / DAY_MINUTES);
    let bits = this.#days.get(day);
    if (bits === undefined) this.#days.set(day, (bits = new Uint8Array(DAY_MINUTES / 8)));
    const bit = minute - day * DAY_MINUTES;
    bits[bit >> 3] = (bits[bit >> 3] as number) | (1 << (bit & 7));
  }

  has(startMs: number): boolean {
    const minute = startMs / MINUTE_MS;
    const day = Math.floor(minute / DAY_MINUTES);
    const bit = minute - day * DAY_MINUTES;
    const bits = this.#days.get(day);
    return bits !== undefined && ((bits[bit >> 3] as number) & (1 << (bit & 7))) !== 0;
  }
}

const DAY_MINUTES = 1_440;
