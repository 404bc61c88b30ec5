import { constant, product, scale, sum, swing, type Wave } from './wave.ts';

/** The powers of a small data hall in W, and the temperature outside in °C. */
export interface Hall {
  /** What the UPS gives to the IT load. */
  readonly upsOutputW: Wave;
  /** What one row's rack PDU gives to its equipment. */
  readonly pduW: Wave;
  readonly coolingW: Wave;
  /** The supply of the whole hall: UPS with its loss, cooling, lighting and the rest. */
  readonly mainW: Wave;
  readonly outdoorC: Wave;
}

const SECOND_H = 1 / 3600;
const MINUTE_H = 1 / 60;
const DAY_H = 24;
const YEAR_H = 365.2425 * DAY_H;

/** 15:00 in a hall at UTC+8: the busiest and the warmest hour. */
const AFTERNOON_H = 7;
/** 20 July 1970, as the warmest day of a year. */
const MIDSUMMER_H = 200 * DAY_H;

/**
 * A hall of about 28 kW of IT in a temperate climate, tuned so that its ratio stays within 1.25 and 1.45 all year and
 * crosses 1.3 on a day of spring or autumn. Nothing here is random: the same instant always gives the same power.
 */
export function createHall(): Hall {
  const itW = sum(
    constant(28_000),
    swing(4_000, DAY_H, AFTERNOON_H),
    swing(1_000, DAY_H / 2, 9.5),
    swing(500, 37 * MINUTE_H, 0),
    swing(300, 6.1 * MINUTE_H, 0),
    swing(220, 47 * SECOND_H, 0),
    swing(120, 11 * SECOND_H, 0),
  );
  const outdoorC = sum(constant(16), swing(10, YEAR_H, MIDSUMMER_H), swing(6, DAY_H, AFTERNOON_H));
  const upsLossW = sum(constant(700), scale(itW, 0.045));
  const coolingShare = sum(constant(0.15), scale(outdoorC, 0.005));
  const coolingW = sum(product(itW, coolingShare), swing(350, 4 * MINUTE_H, 0));
  const otherW = sum(constant(900), swing(250, DAY_H, AFTERNOON_H));
  return {
    upsOutputW: itW,
    pduW: scale(itW, 0.6 * 0.995),
    coolingW,
    mainW: sum(itW, upsLossW, coolingW, otherW),
    outdoorC,
  };
}
