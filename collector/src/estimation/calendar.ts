import { QUARTER_MS, type Span } from '../accounting/interval.ts';
import { boundaries, zoned } from '../kpi/boundaries.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const SATURDAY = 6;

/** A site's days around a span, as its clocks divide them. */
export class LocalCalendar {
  readonly #timezone: string;
  /** Beginnings of the days, and the end of the last. */
  readonly #edgesMs: readonly number[];
  readonly #isWeekend: readonly boolean[];

  /** @throws RangeTooLargeError where the span is longer than 4,000 days. */
  constructor(span: Span, timezone: string) {
    this.#timezone = timezone;
    this.#edgesMs = boundaries(span, 'P1D', timezone);
    this.#isWeekend = this.#edgesMs.map((ms) => zoned(ms, timezone).dayOfWeek >= SATURDAY);
  }

  /** The beginning of the local day in which an instant of the span lies. */
  startOfDay(ms: number): number {
    return this.#edge(this.#indexOf(ms));
  }

  /**
   * The quarter-hours at the same local time on earlier days that are working days or weekends as the given one's day is, one
   * list for each day, the latest day first. A day on which clocks skip that time has none, one on which they repeat it two.
   */
  similar(quarterMs: number, days: number): number[][] {
    const index = this.#indexOf(quarterMs);
    const minute = this.#minuteOf(quarterMs, index);
    const found: number[][] = [];
    for (let other = index - 1; other >= Math.max(0, index - days); other--) {
      if (this.#isWeekend[other] === this.#isWeekend[index]) found.push(this.#quartersAt(other, minute));
    }
    return found;
  }

  #quartersAt(index: number, minute: number): number[] {
    const startMs = this.#edge(index);
    if (this.#isRegular(index)) return [startMs + minute * MINUTE_MS];
    const count = (this.#edge(index + 1) - startMs) / QUARTER_MS;
    const quarters = Array.from({ length: count }, (_, quarter) => startMs + quarter * QUARTER_MS);
    return quarters.filter((ms) => this.#minuteOf(ms, index) === minute);
  }

  /** Minutes that a clock shows since midnight. Asking the calendar is slow, and needed only where clocks change. */
  #minuteOf(ms: number, index: number): number {
    if (this.#isRegular(index)) return (ms - this.#edge(index)) / MINUTE_MS;
    const { hour, minute } = zoned(ms, this.#timezone);
    return hour * 60 + minute;
  }

  #isRegular(index: number): boolean {
    return this.#edge(index + 1) - this.#edge(index) === DAY_MS;
  }

  #indexOf(ms: number): number {
    let index = Math.floor((ms - this.#edge(0)) / DAY_MS);
    index = Math.min(this.#edgesMs.length - 2, Math.max(0, index));
    while (index > 0 && this.#edge(index) > ms) index--;
    while (index < this.#edgesMs.length - 2 && this.#edge(index + 1) <= ms) index++;
    return index;
  }

  #edge(index: number): number {
    return this.#edgesMs[index] as number;
  }
}
