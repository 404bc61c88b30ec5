import { limits } from '@wattmark/shared/messages';
import type { Fields } from './line.ts';
import { LocalClock } from './local-time.ts';
import type { Mapping } from './mapping.ts';
import type { RejectionReason } from './rejections.ts';
import { createTimeReader, type ReadTime, type TimeReader } from './time-format.ts';

/** The times of a file's rows, as instants. */

const SPACE = 0x20;

/** Bytes of a time; what is longer is none. */
const MAX_LENGTH = 100;

export class TimeColumn {
  readonly #read: TimeReader;
  readonly #clock: LocalClock | null;
  readonly #time: ReadTime = { clockMs: 0, offsetMs: 0 };
  readonly #earliestMs: number;
  readonly #joined = new Uint8Array(MAX_LENGTH);
  /** Why the last time was none. */
  problem: RejectionReason = 'not-a-time';

  constructor({ time, intervalMs }: Mapping) {
    this.#read = createTimeReader(time.format);
    this.#clock = time.timezone === null ? null : new LocalClock(time.timezone);
    // A row's time may be the end of its interval, whose start must be a time of readings as well.
    this.#earliestMs = limits.earliestAt + intervalMs;
  }

  /**
   * The instant of a row, UTC ms; NaN where it has none, and `problem` says why.
   * @param places its columns, counted from 0
   * @param afterMs the instant of the row before, which decides which of two repeated hours it is of
   */
  instantOf(bytes: Uint8Array, fields: Fields, places: readonly number[], afterMs: number): number {
    const [place = 0] = places;
    const isTime =
      places.length === 1
        ? this.#read(bytes, fields.from[place] ?? 0, fields.to[place] ?? 0, this.#time)
        : this.#read(this.#joined, 0, this.#join(bytes, fields, places), this.#time);
    if (!isTime) return this.#none('not-a-time');
    const ms = this.#instantOf(this.#time, afterMs);
    if (Number.isNaN(ms)) return this.#none(this.#clock === null ? 'no-offset' : 'skipped-time');
    return ms >= this.#earliestMs && ms < limits.latestAt ? ms : this.#none('impossible-time');
  }

  #instantOf({ clockMs, offsetMs }: ReadTime, afterMs: number): number {
    if (!Number.isNaN(offsetMs)) return clockMs - offsetMs;
    // So far off, zones have no rules to ask for.
    if (Math.abs(clockMs) > 2 * limits.latestAt) return clockMs;
    return this.#clock?.instantOf(clockMs, afterMs) ?? Number.NaN;
  }

  #none(problem: RejectionReason): number {
    this.problem = problem;
    return Number.NaN;
  }

  /** The columns with a blank between them; returns the length, 0 where they are too long. */
  #join(bytes: Uint8Array, { from, to }: Fields, places: readonly number[]): number {
    let length = 0;
    for (const place of places) {
      const start = from[place] ?? 0;
      const end = to[place] ?? 0;
      if (length + 1 + end - start > MAX_LENGTH) return 0;
      if (length > 0) this.#joined[length++] = SPACE;
      this.#joined.set(bytes.subarray(start, end), length);
      length += end - start;
    }
    return length;
  }
}
