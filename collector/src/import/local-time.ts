import { zoned } from '../kpi/boundaries.ts';

/** The instants at which clocks of a zone show a local time. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Ambiguous days are near changes of the clocks; only their minutes are remembered, and so many of them. */
const MAX_REMEMBERED = 20_000;

export class LocalClock {
  readonly #timezone: string;
  #dayMs = Number.NaN;
  /** The one offset of the day and its neighbours; NaN where clocks are changed about then. */
  #dayOffsetMs = Number.NaN;
  readonly #remembered = new Map<number, readonly number[]>();

  constructor(timezone: string) {
    this.#timezone = timezone;
  }

  /**
   * When a clock showed a time: of the two instants in the hour that is repeated when clocks are set back, the first one that
   * comes after another instant, so that rows in their order become readings in their order.
   * @param clockMs what the clock shows, as the UTC milliseconds at which a clock in UTC shows the same
   * @param afterMs the instant of the row before; negative infinity where there is none
   * @returns UTC ms; NaN for a time that clocks were set forward over
   */
  instantOf(clockMs: number, afterMs: number): number {
    const dayMs = clockMs - (clockMs % DAY_MS);
    if (dayMs !== this.#dayMs) {
      this.#dayMs = dayMs;
      const offsetMs = this.#offsetAt(dayMs - DAY_MS);
      this.#dayOffsetMs = offsetMs === this.#offsetAt(dayMs + 2 * DAY_MS) ? offsetMs : Number.NaN;
    }
    if (!Number.isNaN(this.#dayOffsetMs)) return clockMs - this.#dayOffsetMs;
    const inMinuteMs = clockMs % MINUTE_MS;
    const minutes = this.#instantsOf(clockMs - inMinuteMs);
    const minuteMs = minutes.find((ms) => ms + inMinuteMs > afterMs) ?? minutes.at(-1) ?? Number.NaN;
    return minuteMs + inMinuteMs;
  }

  /** None, one or two, ascending, of a time that is a full minute. */
  #instantsOf(clockMs: number): readonly number[] {
    const known = this.#remembered.get(clockMs);
    if (known !== undefined) return known;
    const offsets = new Set([this.#offsetAt(clockMs - DAY_MS), this.#offsetAt(clockMs + DAY_MS)]);
    const instants = [...offsets]
      .map((offsetMs) => clockMs - offsetMs)
      .filter((ms) => this.#offsetAt(ms) === clockMs - ms)
      .sort((a, b) => a - b);
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(clockMs, instants);
    return instants;
  }

  #offsetAt(ms: number): number {
    return zoned(ms, this.#timezone).offsetNanoseconds / 1e6;
  }
}
