import { asResource, listIn, objectIn, type Resource, textIn } from './resource.ts';

/** What a property says: a number, why it says none, or null where the service does not have it. */
export type Told = { readonly value: number } | { readonly reason: string } | null;

/** More than a chassis or an enclosure of blades draws. */
const MOST_POWER_W = 1_000_000;

/** Status.State of what is not there or does not measure (DSP0268, Status). */
const absentStates = ['Absent', 'Disabled', 'UnavailableOffline', 'Deferring'];

/** Subsystems that some services list beside the whole machine. */
const partContexts = /^(CPU|GPU|Memory|Accelerator|Fan|StorageDevice|NetworkingDevice|PowerSupply|VoltageRegulator)$/;
const partNames = /\b(cpu|processor|memory|dimm|gpu|fan|storage|drive|pcie|sub-?system)\b/i;

/** A number in a property. */
export function numberAt(resource: Resource | null, key: string): Told {
  const value = resource?.[key];
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return { value };
  if (value === null) return { reason: `the service says ${key}: null` };
  return { reason: `the service says ${key}: ${JSON.stringify(value).slice(0, 40)}, which is no number` };
}

/** A sensor excerpt's number (DSP0268, Sensor): `{Reading: 374, DataSourceUri: …}`. */
function readingAt(resource: Resource | null, key: string): Told {
  if (resource?.[key] === null) return { reason: `the service says ${key}: null` };
  return named(key, numberAt(objectIn(resource ?? {}, key), 'Reading'));
}

/** An energy register, Wh. The lifetime's is never reset, the other one by whoever may (DSP0268, Sensor). */
export function energyAt(resource: Resource | null): Told {
  const excerpt = objectIn(resource ?? {}, 'EnergykWh');
  const lifetime = named('EnergykWh', numberAt(excerpt, 'LifetimeReading'));
  return scaled(lifetime ?? readingAt(resource, 'EnergykWh'), 1_000);
}

/** The power of the chassis by EnvironmentMetrics, W. */
export function environmentPower(environment: Resource | null): Told {
  return chassisPower(readingAt(environment, 'PowerWatts'), environment);
}

/**
 * The power of the chassis by the deprecated Power resource, W: of the entry of PowerControl that is no part of it, else
 * where its manufacturer puts it.
 */
export function controlPower(power: Resource | null): Told {
  const control = wholeControl(power);
  const oem = oemTotals.map(([key, ...way]) => numberAt(objectIn(power ?? {}, 'Oem', ...way), key));
  const tellings = [numberAt(control, 'PowerConsumedWatts'), shortMean(control), ...oem];
  const judged = tellings.map((told) => chassisPower(told, control)).filter((told) => told !== null);
  return judged.find((told) => 'value' in told) ?? judged[0] ?? null;
}

/** Fujitsu iRMC; Inspur: the property, and the objects below Oem in which it is. */
const oemTotals = [
  ['CurrentPowerConsumptionW', 'ts_fujitsu', 'ChassisPowerConsumption'],
  ['TotalPower', 'Public'],
] as const;

/** Some services give a single entry without a list around it. */
function wholeControl(power: Resource | null): Resource | null {
  const single = objectIn(power ?? {}, 'PowerControl');
  const controls = single === null ? listIn(power ?? {}, 'PowerControl') : [single];
  const isOfSupplies = (entry: Resource) => textIn(entry, 'PhysicalContext') === 'PowerSupply';
  // Cisco: what all power supplies take together is the machine's.
  const sum = controls.length === 1 ? controls.find(isOfSupplies) : undefined;
  return sum ?? controls.find((entry) => !isPart(entry)) ?? null;
}

/** What MegaRAC of AMI says instead of an instantaneous power, over 5 s; an average over hours is no reading. */
function shortMean(control: Resource | null): Told {
  const metrics = objectIn(control ?? {}, 'PowerMetrics');
  const interval = numberAt(metrics, 'IntervalInMin');
  const isShort = interval !== null && 'value' in interval && interval.value > 0 && interval.value <= 1;
  return isShort ? numberAt(metrics, 'AverageConsumedWatts') : null;
}

function isPart(control: Resource): boolean {
  return partContexts.test(textIn(control, 'PhysicalContext') ?? '') || partNames.test(textIn(control, 'Name') ?? '');
}

function chassisPower(told: Told, resource: Resource | null): Told {
  const power = ifPresent(resource, told);
  if (power === null || 'reason' in power) return power;
  const { value } = power;
  if (value === 0) return { reason: 'the service says 0 W, but draws power itself' };
  if (value < 0 || value > MOST_POWER_W) return { reason: `the service says ${value} W, which cannot be` };
  return power;
}

/** One power supply unit, by its own resource or its entry of the deprecated one. */
export interface SupplyValues {
  readonly power: Told;
  readonly voltage: Told;
  readonly energy: Told;
}

/** @param metrics PowerSupplyMetrics */
export function supplyMetrics(metrics: Resource, totalW: number | null): SupplyValues {
  return {
    power: supplyPower(metrics, readingAt(metrics, 'InputPowerWatts'), totalW),
    voltage: ifPresent(metrics, readingAt(metrics, 'InputVoltage')),
    energy: ifPresent(metrics, energyAt(metrics)),
  };
}

/** @param entry of Power.PowerSupplies */
export function legacySupply(entry: Resource, totalW: number | null): SupplyValues {
  return {
    power: supplyPower(entry, numberAt(entry, 'PowerInputWatts'), totalW),
    voltage: ifPresent(entry, numberAt(entry, 'LineInputVoltage')),
    energy: null,
  };
}

export function isAbsent(resource: Resource): boolean {
  return stateOf(resource) === 'Absent';
}

function supplyPower(resource: Resource, told: Told, totalW: number | null): Told {
  const power = ifPresent(resource, told);
  if (power === null || 'reason' in power) return power;
  const { value } = power;
  // Some BMCs give the rating here: iDRAC says 900 W for each 750 W supply, whatever it takes.
  if (totalW !== null && value > 1.25 * totalW + 50) {
    return { reason: `the service says ${value} W, but ${totalW} W for the whole chassis: it is probably the rating` };
  }
  return value < 0 || value > MOST_POWER_W ? { reason: `the service says ${value} W, which cannot be` } : power;
}

/** Nothing from what is absent or switched off, nor a zero from what is not in operation. */
function ifPresent(resource: Resource | null, told: Told): Told {
  const state = stateOf(resource);
  if (told === null || 'reason' in told || state === undefined) return told;
  const isUseless = absentStates.includes(state) || (told.value === 0 && state !== 'Enabled');
  return isUseless ? { reason: `its state is ${state}` } : told;
}

function stateOf(resource: Resource | null): string | undefined {
  return textIn(asResource(resource?.['Status']), 'State');
}

function named(key: string, told: Told): Told {
  return told !== null && 'reason' in told ? { reason: told.reason.replace('says ', `says ${key}.`) } : told;
}

function scaled(told: Told, factor: number): Told {
  return told !== null && 'value' in told ? { value: told.value * factor } : told;
}
