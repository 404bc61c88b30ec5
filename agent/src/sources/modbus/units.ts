import type { Clock } from '../../clock.ts';
import type { Place } from './place.ts';

/** How long any question may hold a bus that others wait for, beside the time that its characters take. */
const FAIR_HOLD_MS = 250;
/** A unit that answers may hold it for this many times what it usually takes. */
const USUAL_TIMES = 2;
/** By how much what is usual sinks with an answer that was faster. */
const USUAL_FADES = 0.9;
/** For how long an answer without a number may be late and be taken for the answer to another question. */
const LATE_MS = 6_000;

/** What the units of one bus are known for, which decides who is asked first and for how long. */
export interface Units {
  /** Whether the last question to the unit was answered. */
  isSound(unit: number): boolean;
  /** Time for which the unit must not be asked, because an answer that it owes may still come. */
  owesForMs(unit: number): number;
  /** Time that a question may take while others wait. */
  holdMs(unit: number, registers: number): number;
  answered(unit: number, tookMs: number): void;
  /** The gateway says that it is not there. */
  isMissing(unit: number): void;
  /** It did not answer in the time that it was given. */
  owes(unit: number, heldMs: number): void;
}

interface Unit {
  readonly sound: boolean;
  readonly usualMs: number;
  readonly owesUntilMs: number;
}

const unknown: Unit = { sound: false, usualMs: 0, owesUntilMs: Number.NEGATIVE_INFINITY };

/** Characters of an RTU question and its answer, beside the registers. */
const FRAME_CHARACTERS = 13;

export function createUnits({ framing, characterMs }: Place, clock: Clock): Units {
  const units = new Map<number, Unit>();
  const known = (unit: number): Unit => units.get(unit) ?? unknown;
  return {
    isSound: (unit) => known(unit).sound,
    owesForMs: (unit) => Math.max(0, known(unit).owesUntilMs - clock.monotonicMs()),
    holdMs(unit, registers) {
      const transmissionMs = characterMs * (FRAME_CHARACTERS + 2 * registers);
      return transmissionMs + Math.max(FAIR_HOLD_MS, USUAL_TIMES * known(unit).usualMs);
    },
    answered(unit, tookMs) {
      const usualMs = Math.max(tookMs, USUAL_FADES * known(unit).usualMs);
      units.set(unit, { ...unknown, sound: true, usualMs });
    },
    isMissing(unit) {
      units.set(unit, { ...known(unit), sound: false });
    },
    owes(unit, heldMs) {
      const owesUntilMs = framing.numbered ? Number.NEGATIVE_INFINITY : clock.monotonicMs() + LATE_MS;
      // One that was asked just before a deadline is not to blame.
      const sound = known(unit).sound && heldMs < FAIR_HOLD_MS;
      units.set(unit, { ...known(unit), sound, owesUntilMs });
    },
  };
}
