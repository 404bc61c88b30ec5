import type { Channel } from '@wattmark/shared/channels';
import type { Meter, Quality } from '@wattmark/shared/messages';

/** What a UPS tells, by name (docs/nut-names.txt of Network UPS Tools; RFC 9271, section 5). */
export type Variables = ReadonlyMap<string, string>;

/** The parts of a UPS that are points of their own. */
export type Section = 'output' | 'input' | 'battery';

/** A channel's value in its unit, or why the variables that should give it do not. */
export interface Told {
  readonly value: number | Error;
  readonly quality: Quality;
}

/** Most that one UPS carries, W and VA: beyond it, a driver is passing on a sentinel such as 0xFFFFFFFF. */
const MAX_POWER = 1e7;

/** No UPS carries more than this many times its rating. */
const MAX_OVERLOAD = 2;

/** Share of the rating from which a power of 0 W contradicts the load, %. */
const CERTAIN_LOAD = 10;

/** Current from which a power of 0 W is none, A: a hundred VA at any mains voltage, or nearly. */
const CERTAIN_CURRENT_A = 0.5;

/** Apparent power is never less than power; a little, as each is rounded. */
const LEAST_APPARENT = 0.9;

/** The variables that together give a channel, as their sum unless it is their mean. */
interface Way {
  readonly names: readonly string[];
  readonly mean?: true;
}

const one = (name: string): Way => ({ names: [name] });
const sum = (domain: string, quantity: string): Way => ({ names: phases(domain, quantity) });
const mean = (domain: string, quantity: string): Way => ({ names: phases(domain, quantity, '-N'), mean: true });
const phases = (domain: string, quantity: string, to = '') => [1, 2, 3].map((n) => `${domain}.L${n}${to}.${quantity}`);

/**
 * The ways to each channel, best first. Apparent power (VA) is no way to power (W). Of apparent power and current, what all
 * phases tell goes before a total, which snmp-ups takes from one phase of a Powerware 9395 or a Silcon.
 */
const ways: Readonly<Record<Section, Readonly<Partial<Record<Channel, readonly Way[]>>>>> = {
  output: {
    power: [one('ups.realpower'), one('output.realpower'), sum('output', 'realpower'), sum('ups', 'realpower')],
    'apparent-power': [sum('output', 'power'), sum('ups', 'power'), one('ups.power'), one('output.power')],
    'power-factor': [one('output.powerfactor')],
    voltage: [one('output.voltage'), mean('output', 'voltage')],
    current: [sum('output', 'current'), one('output.current')],
    frequency: [one('output.frequency')],
    load: [one('ups.load')],
    temperature: [one('ups.temperature')],
  },
  input: {
    power: [one('input.realpower'), sum('input', 'realpower')],
    'apparent-power': [sum('input', 'power'), one('input.power')],
    'power-factor': [one('input.powerfactor')],
    voltage: [one('input.voltage'), mean('input', 'voltage')],
    current: [sum('input', 'current'), one('input.current')],
    frequency: [one('input.frequency')],
    load: [one('input.load')],
  },
  battery: {
    charge: [one('battery.charge')],
    voltage: [one('battery.voltage')],
    current: [one('battery.current')],
    temperature: [one('battery.temperature')],
  },
};

/** @param rows of `LIST VAR <ups>` */
export function variablesOf(rows: readonly (readonly string[])[]): Variables {
  return new Map(rows.map(([name = '', value = '']) => [name, value]));
}

/** The channels of a section for which the UPS tells the variables. */
export function tell(section: Section, variables: Variables): Map<Channel, Told> {
  const told = new Map<Channel, Told>();
  for (const [channel, candidates] of Object.entries(ways[section]) as [Channel, readonly Way[]][]) {
    const possible = candidates.filter(({ names }) => names.every((name) => variables.has(name)));
    const values = possible.map((way) => valueOf(section, way, channel, variables));
    // A driver may tell nought of each phase, and a right total.
    const value = values.find((one) => typeof one === 'number' && one !== 0) ?? values[0];
    if (value !== undefined) told.set(channel, { value, quality: 'measured' });
  }
  doubt(told);
  if (section === 'output' && !told.has('power') && canEstimate(variables)) {
    told.set('power', { value: attemptNumber(() => estimatePowerW(variables)), quality: 'estimated' });
  }
  if (section === 'battery' && told.has('voltage') && told.has('current')) {
    told.set('power', { value: attemptNumber(() => batteryPowerW(variables)), quality: 'measured' });
  }
  return told;
}

/** How the output's power is estimated, or null where it is not. */
export function estimateMethod(variables: Variables): string | null {
  if (!canEstimate(variables) || tell('output', variables).get('power')?.quality !== 'estimated') return null;
  const ratingW = variables.get('ups.realpower.nominal');
  return (
    `estimated as ups.load × ups.realpower.nominal (${ratingW} W): right to a per cent of the rating at best, ` +
    'and to the power factor where the UPS means the load of its VA'
  );
}

/** What the UPS says of itself, without what says nothing. */
export function identify(variables: Variables): Meter {
  const first = (...names: readonly string[]) =>
    names.map((name) => variables.get(name)?.trim() ?? '').find((text) => text !== '' && !isPlaceholder(text));
  const identity = {
    manufacturer: first('ups.mfr', 'device.mfr'),
    model: first('ups.model', 'device.model'),
    serial: first('ups.serial', 'device.serial'),
    firmware: first('ups.firmware'),
  };
  const said = Object.entries(identity).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, text.slice(0, 64)]],
  );
  return Object.fromEntries(said) as Meter;
}

/** Why the UPS's own words about its state make its figures worthless, or null. */
export function problemIn(variables: Variables): string | null {
  const status = variables.get('ups.status') ?? '';
  const lost = status.split(' ').find((word) => word === 'NOCOMM' || word === 'WAIT');
  return lost === undefined ? null : `ups.status is ${status}: the driver has no contact with the UPS`;
}

/** @throws Error where a variable that the UPS tells is not a number. */
function numberIn(variables: Variables, name: string): number {
  const text = variables.get(name)?.trim() ?? '';
  if (!/^-?\d+(\.\d+)?$/.test(text))
    throw new Error(`${name} is ${JSON.stringify(text.slice(0, 40))}, which is no number`);
  return Number(text);
}

function valueOf(section: Section, way: Way, channel: Channel, variables: Variables): number | Error {
  return attemptNumber(() => {
    const total = way.names.reduce((before, name) => before + numberIn(variables, name), 0);
    const name = way.names.join(' + ');
    if (channel === 'power' || channel === 'apparent-power') checkPower(name, total, variables);
    if (section === 'output' && loaded.includes(channel)) checkLoad(name, total, variables);
    return way.mean ? total / way.names.length : total;
  });
}

/** @throws Error where a power cannot be what the UPS carries. */
function checkPower(name: string, power: number, variables: Variables): void {
  const nominal = Number(variables.get('ups.realpower.nominal') ?? variables.get('ups.power.nominal'));
  const most = nominal > 0 ? Math.min(nominal * MAX_OVERLOAD, MAX_POWER) : MAX_POWER;
  if (power < 0 || power > most) throw new Error(`${name}: impossible value ${power} (plausible is 0 to ${most})`);
}

/** Channels that are not 0 under load. */
const loaded: readonly Channel[] = ['power', 'apparent-power', 'current'];

/** @throws Error where the output is said to carry nothing, and a load. */
function checkLoad(name: string, power: number, variables: Variables): void {
  const load = Number(variables.get('ups.load'));
  if (power === 0 && load >= CERTAIN_LOAD) throw new Error(`${name} is 0 although ups.load is ${load} %`);
}

/** Takes back what other channels contradict: drivers pass on a 0 for what their UPS does not tell. */
function doubt(told: Map<Channel, Told>): void {
  const valueIn = (channel: Channel): number => {
    const value = told.get(channel)?.value;
    return typeof value === 'number' ? value : Number.NaN;
  };
  const refuse = (channel: Channel, why: string) =>
    told.set(channel, { value: new Error(`the UPS says ${valueIn(channel)}, ${why}`), quality: 'measured' });
  const [powerW, currentA, apparentVa] = [valueIn('power'), valueIn('current'), valueIn('apparent-power')];
  if (powerW === 0 && currentA >= CERTAIN_CURRENT_A) refuse('power', `although its current is ${currentA} A`);
  if (!(powerW > 0)) return;
  for (const channel of ['voltage', 'frequency', 'power-factor'] as const) {
    if (valueIn(channel) === 0) refuse(channel, `although its power is ${powerW} W`);
  }
  if (apparentVa < powerW * LEAST_APPARENT) {
    refuse('apparent-power', `less than its power of ${powerW} W: it is probably that of one phase`);
  }
}

function canEstimate(variables: Variables): boolean {
  return variables.has('ups.load') && variables.has('ups.realpower.nominal');
}

/** `ups.load` is in per cent; of a nominal apparent power it would give VA, which are no W. */
function estimatePowerW(variables: Variables): number {
  const powerW = (numberIn(variables, 'ups.load') / 100) * numberIn(variables, 'ups.realpower.nominal');
  checkPower('ups.load × ups.realpower.nominal', powerW, variables);
  return powerW;
}

/** Positive while the battery is charged. Drivers differ in the sign of the current, so the status gives it. */
function batteryPowerW(variables: Variables): number {
  const powerW = Math.abs(numberIn(variables, 'battery.voltage') * numberIn(variables, 'battery.current'));
  const words = (variables.get('ups.status') ?? '').split(' ');
  if (powerW === 0 || words.includes('CHRG')) return powerW;
  if (words.includes('DISCHRG') || words.includes('OB')) return -powerW;
  throw new Error('ups.status does not say which way the power of the battery flows');
}

function attemptNumber(measure: () => number): number | Error {
  try {
    return measure();
  } catch (error) {
    return error as Error;
  }
}

/** What drivers and vendors put where nothing is known. */
function isPlaceholder(text: string): boolean {
  return /^([0\s]+|unknown|n\/?a|not[ -]?(available|set)|none)$/i.test(text);
}
