import type { Clock } from '../../clock.ts';
import type { Query } from './framing.ts';
import type { Place } from './place.ts';

/** How long any question may hold a bus that others wait for, beside the time that its characters take. */
const FAIR_HOLD_MS = 250;
/** A unit that answers may hold it for this many times what it usually takes. */
const USUAL_TIMES = 2;
/** By how much what is usual sinks with an answer that was faster. */
const USUAL_FADES = 0.9;
/** For how long an answer may be late. */
const LATE_MS = 10_000;
/** Characters of an RTU question and its answer, beside the registers. */
const FRAME_CHARACTERS = 13;

/** Before any time, and after those who come first. */
const NEVER = -Number.MAX_VALUE;

interface Unit {
  /** Whether the last question was answered. */
  sound: boolean;
  usualMs: number;
  /** When it was asked last; before everything else where it never was. */
  askedMs: number;
  /** Until when an answer of so many registers may still come to a question that was given up. */
  readonly owed: Map<number, number>;
}

/** What the units of one bus are known for: who is asked first, for how long, and what they still owe. */
export class Units {
  readonly #place: Place;
  readonly #clock: Clock;
  readonly #units = new Map<number, Unit>();

  constructor(place: Place, clock: Clock) {
    this.#place = place;
    this.#clock = clock;
  }

  /** Who is asked first, the least: who answers, then who was never asked, then who was asked longest ago. */
  rank(unit: number): number {
    const { sound, askedMs } = this.#unit(unit);
    return sound ? Number.NEGATIVE_INFINITY : askedMs;
  }

  /** Whether the silence of the unit may be that of the whole bus, rather than its own. */
  isTelling(unit: number): boolean {
    return this.#unit(unit).sound || ![...this.#units.values()].some(({ sound }) => sound);
  }

  /** Time that a question may take while others wait. */
  holdMs({ unit, length }: Query): number {
    const transmissionMs = this.#place.characterMs * (FRAME_CHARACTERS + 2 * length);
    return transmissionMs + Math.max(FAIR_HOLD_MS, USUAL_TIMES * this.#unit(unit).usualMs);
  }

  /**
   * A question to ask first, or null. Without numbers, nothing but its length tells an answer from a late one: where one
   * of the same length may still come, the unit is asked for another length. Units answer in order, so that the answer
   * to that ends the doubt.
   */
  probeFor(query: Query): Query | null {
    const { owed } = this.#unit(query.unit);
    const nowMs = this.#clock.monotonicMs();
    for (const [length, untilMs] of owed) if (untilMs <= nowMs) owed.delete(length);
    if (this.#place.framing.numbered || !owed.has(query.length)) return null;
    let length = 1;
    while (owed.has(length)) length += 1;
    return { ...query, length };
  }

  asked({ unit, length }: Query): void {
    const known = this.#unit(unit);
    known.askedMs = this.#clock.monotonicMs();
    known.owed.set(length, known.askedMs + LATE_MS);
  }

  answered({ unit }: Query): void {
    this.#unit(unit).owed.clear();
  }

  /** The unit did what it is asked for. */
  isWell(unit: number, tookMs: number): void {
    const known = this.#unit(unit);
    known.sound = true;
    known.usualMs = Math.max(tookMs, USUAL_FADES * known.usualMs);
  }

  /** The gateway says that the unit is not there. */
  isMissing(unit: number): void {
    this.#unit(unit).sound = false;
  }

  /** The unit did not answer; one that was asked just before a deadline is not to blame. */
  owes(unit: number, heldMs: number): void {
    if (heldMs >= FAIR_HOLD_MS) this.isMissing(unit);
  }

  #unit(unit: number): Unit {
    const known = this.#units.get(unit) ?? { sound: false, usualMs: 0, askedMs: NEVER, owed: new Map() };
    this.#units.set(unit, known);
    return known;
  }
}
