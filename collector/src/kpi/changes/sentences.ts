import type { Target } from '../targets.ts';
import type { Compared, PartChange } from './comparison.ts';
import { type Part, parts } from './decomposition.ts';
import type { MeasuredPeriod } from './measured-period.ts';
import type { Rates } from './rates.ts';
import { amount, capital, energy, isSeen, list, points, power, signed } from './wording.ts';

/** How a site's figure and its load are called. */
export interface Names {
  readonly figure: string;
  readonly load: string;
}

export const pueNames: Names = { figure: 'PUE', load: 'IT' };
export const stationNames: Names = { figure: 'Total over telecom energy', load: 'telecom' };

/** Why a figure differs between two periods, in plain English; everything follows from the numbers. */
export function explainPeriods(
  names: Names,
  before: MeasuredPeriod,
  after: MeasuredPeriod,
  compared: Compared,
  rates: Rates,
): readonly string[] {
  const effects = compared.parts.map((part) => ({ ...part, points: part.points ?? 0 }));
  const seen = effects.filter((effect) => isSeen(effect.points));
  return [
    headline(names, before, after, compared.change),
    ...seen
      .toSorted(byWeight(compared.change))
      .map((effect, index) => cause(names, effect, effects, compared.change, index === 0)),
    ...unseen(names, effects),
    ...loadVerdict(names, effects, compared),
    ...response(names, effects, compared),
    ...worth(after, compared.change, rates),
    ...remarks(after, compared),
  ];
}

/** How far a period's PUE is from a target, and where it goes. */
export function explainGap(
  measured: MeasuredPeriod,
  target: Target,
  compared: Compared,
  sharesSource: string | null,
  rates: Rates,
): readonly string[] {
  const { change, parts: gaps } = compared;
  const pue = (measured.totalWh / measured.itWh).toFixed(3);
  const excess = energy(Math.abs(change) * measured.itWh);
  const side = !isSeen(change)
    ? 'as much as the target allows'
    : change > 0
      ? `${points(change)} above the target ${target.value}: ${excess} more overhead than it allows for the IT energy measured`
      : `${points(change)} below the target ${target.value}: room for ${excess} more overhead at the IT energy measured`;
  return [
    `PUE of ${measured.period.name} is ${pue}, ${side}.`,
    ...gaps.map(allotment),
    sharesSource === null
      ? 'The site file does not say how the overhead divides by design (designShares), so the gap is not divided.'
      : `How the overhead divides by design is from: ${sharesSource}.`,
    ...(isSeen(change) ? amounts(`The ${energy(Math.abs(change) * measured.itWh)}`, change, measured, rates) : []),
    ...remarks(measured, compared),
  ];
}

type Effect = PartChange & { readonly points: number };

function headline({ figure }: Names, before: MeasuredPeriod, after: MeasuredPeriod, change: number): string {
  const of = ({ totalWh, itWh, period }: MeasuredPeriod): string => `${(totalWh / itWh).toFixed(3)} in ${period.name}`;
  if (!isSeen(change)) return `${figure} did not change: ${of(before)}, ${of(after)}.`;
  return `${figure} ${change > 0 ? 'rose' : 'fell'} by ${points(change)}, from ${of(before)} to ${of(after)}.`;
}

/** What goes the way of the change first, and the greater before the lesser. */
function byWeight(change: number): (a: Effect, b: Effect) => number {
  return (a, b) => (change < 0 ? a.points - b.points : b.points - a.points);
}

function cause(names: Names, effect: Effect, effects: readonly Effect[], change: number, isFirst: boolean): string {
  const reason = movement(names, effect) + (effect.part === 'it-load' ? circumstance(effects) : '');
  const isShare = effect.points * change > 0 && Math.abs(effect.points) <= Math.abs(change) + 5e-4;
  if (!isShare) return `${capital(reason)} ${effect.points > 0 ? 'raised' : 'lowered'} it by ${points(effect.points)}.`;
  const share = `${points(effect.points)} comes from ${reason}.`;
  return isFirst ? `Of the ${change > 0 ? 'rise' : 'fall'} by ${points(change)}, ${share}` : share;
}

function movement({ load }: Names, effect: Effect): string {
  const { part, referenceW, powerW } = effect;
  if (isBelowZero(effect)) return `the rest of the total beside the parts measured going from ${span(effect)}`;
  const name = part === 'it-load' ? `${load} load` : partNames[part];
  return `${name} ${powerW < (referenceW ?? 0) ? 'falling' : 'rising'} from ${span(effect)}`;
}

function span({ referenceW, powerW }: Effect): string {
  return `${power(referenceW ?? 0)} to ${power(powerW)}`;
}

/** Whether the parts measured come to more than the total leaves for them, visibly: there are no losses below zero. */
function isBelowZero({ reference, contribution }: Pick<PartChange, 'reference' | 'contribution'>): boolean {
  return [reference ?? 0, contribution ?? 0].some((ratio) => ratio < 0 && isSeen(ratio));
}

const partNames = {
  cooling: 'cooling',
  lighting: 'lighting',
  other: 'other loads',
  losses: 'power losses and loads without a meter',
} as const satisfies Record<Part, string>;

/** An overhead that differs by less is almost unchanged. */
const ALMOST = 0.05;

type Trend = 'unchanged' | 'grew' | 'fell';

function overheadTrend(effects: readonly Effect[]): {
  readonly trend: Trend;
  readonly fromW: number;
  readonly toW: number;
} {
  const overhead = effects.filter(({ part }) => part !== 'it-load');
  const fromW = overhead.reduce((sum, { referenceW }) => sum + (referenceW ?? 0), 0);
  const toW = overhead.reduce((sum, { powerW }) => sum + powerW, 0);
  const isAlmost = Math.abs(toW - fromW) <= ALMOST * Math.abs(fromW);
  return { trend: isAlmost ? 'unchanged' : toW > fromW ? 'grew' : 'fell', fromW, toW };
}

function circumstance(effects: readonly Effect[]): string {
  const { trend, fromW, toW } = overheadTrend(effects);
  if (trend === 'unchanged') return ' under an almost unchanged overhead';
  return ` (the overhead ${trend} from ${power(fromW)} to ${power(toW)})`;
}

function unseen({ load }: Names, effects: readonly Effect[]): string[] {
  const names = effects
    .filter((effect) => !isSeen(effect.points))
    .map(({ part }) => (part === 'it-load' ? `the ${load} load` : partNames[part]));
  if (names.length === 0) return [];
  return [`${capital(list(names))} changed it by less than 0.001${names.length > 1 ? ' each' : ''}.`];
}

/** Says it where a ratio got worse or better by its denominator rather than by what the site wastes. */
function loadVerdict({ figure, load }: Names, effects: readonly Effect[], { change, load: told }: Compared): string[] {
  const itLoad = effects.find(({ part }) => part === 'it-load');
  const { trend, fromW } = overheadTrend(effects);
  // An overhead below zero is an error of measurement, and is spread over nothing.
  if (itLoad === undefined || !isSeen(change) || fromW <= 0) return [];
  const effect = told?.response?.net ?? itLoad.points;
  if (effect / change < 0.5) return [];
  return [`${figure} ${(change > 0 ? worsened : improved)[trend](load)}.`];
}

const worsened = {
  unchanged: (load) =>
    `worsened because the ${load} load fell: an almost unchanged overhead is spread over less ${load} load`,
  fell: (load) =>
    `worsened because the ${load} load fell faster than the overhead, which is spread over less ${load} load`,
  grew: (load) =>
    `worsened chiefly because the ${load} load fell: the overhead is spread over less ${load} load, and grew besides`,
} as const satisfies Record<Trend, (load: string) => string>;

const improved = {
  unchanged: (load) =>
    `improved because the ${load} load rose: an almost unchanged overhead is spread over more ${load} load`,
  grew: (load) =>
    `improved because the ${load} load rose faster than the overhead, which is spread over more ${load} load`,
  fell: (load) =>
    `improved chiefly because the ${load} load rose: the overhead is spread over more ${load} load, and fell besides`,
} as const satisfies Record<Trend, (load: string) => string>;

function response({ load }: Names, effects: readonly Effect[], { load: told }: Compared): string[] {
  const itLoad = effects.find(({ part }) => part === 'it-load')?.points ?? 0;
  if (told === null || !isSeen(itLoad)) return [];
  if (told.response === null)
    return [`How much of the overhead follows the ${load} load cannot be told: ${told.reason}.`];
  const { slope, slopeUncertainty, days, followed, net, uncertainty } = told.response;
  const steepness = `${slope.toFixed(3)} ± ${slopeUncertainty.toFixed(3)} W for each W`;
  const whole = `the ${load} load altogether accounts for ${signed(net)} ± ${points(uncertainty)}`;
  return [
    `From day to day (${days} days) the overhead follows the ${load} load by ${steepness}.`,
    `Overhead that followed the load made ${signed(followed)}, so that ${whole}.`,
  ];
}

function worth(after: MeasuredPeriod, change: number, rates: Rates): string[] {
  if (!isSeen(change)) return [];
  const overhead = `${energy(Math.abs(change) * after.itWh)} of overhead ${change > 0 ? 'more' : 'less'}`;
  return [
    `Over the energy measured in ${after.period.name} this is ${overhead}.`,
    ...amounts('That', change, after, rates),
  ];
}

/** Money and emissions of a difference, as far as their rates are known. */
function amounts(
  subject: string,
  change: number,
  { itWh }: MeasuredPeriod,
  { currency, price, emissions }: Rates,
): string[] {
  const kwh = (Math.abs(change) * itWh) / 1000;
  const known = [
    ...(price.perKwh === null ? [] : [`${amount(kwh * price.perKwh)} ${currency}`]),
    ...(emissions.perKwh === null ? [] : [`${amount((kwh * emissions.perKwh) / 1000)} t of CO2`]),
  ];
  return known.length === 0 ? [] : [`${subject} is worth ${list(known)}, by the period’s mean rates.`];
}

function allotment({ part, contribution, reference, points: gap }: PartChange): string {
  const name = partNames[part as Part];
  const adds = isBelowZero({ reference: null, contribution })
    ? `What the parts measured leave of the PUE for ${name} is ${signed(contribution ?? 0)}`
    : `Of the PUE, ${(contribution ?? 0).toFixed(3)} goes to ${name}`;
  if (gap === null) return `${adds}.`;
  const relation = !isSeen(gap) ? 'as much as' : gap > 0 ? `${points(gap)} more than` : `${points(gap)} less than`;
  return `${adds}, ${relation} the ${(reference ?? 0).toFixed(3)} that the design allows.`;
}

/** Losses that are less than nothing by more than meters' errors explain, in PUE points. */
const LEAST_LOSSES = -0.005;

/** What the figures leave open. */
function remarks({ totalFrom }: MeasuredPeriod, { merged, parts: all }: Compared): string[] {
  const losses = all.find(({ part }) => part === 'losses');
  const isNegative = [losses?.reference ?? 0, losses?.contribution ?? 0].some((ratio) => ratio < LEAST_LOSSES);
  const isWithinErrors = losses !== undefined && isBelowZero(losses) && !isNegative;
  const hidden = parts.filter((part) => merged.includes(part)).map((part) => partNames[part]);
  return [
    ...(hidden.length > 0 ? [`Not told apart, for want of measurements, and among the losses: ${list(hidden)}.`] : []),
    ...(totalFrom === 'parts'
      ? ['The total is the sum of the parts: losses and loads without a meter are not in it.']
      : []),
    ...(isNegative && totalFrom === 'supply'
      ? ['The parts measured add up to more than total less IT: a role, a feed or a meter is wrong.']
      : []),
    ...(isWithinErrors && totalFrom === 'supply'
      ? [
          'The parts measured add up to a little more than total less IT, as errors of meters explain: losses are not told.',
        ]
      : []),
  ];
}
