import type { Logger } from '@wattmark/shared/logger';
import { SourceError } from '../../source.ts';
import { problemOf } from './dcmi.ts';
import type { WattSensor } from './sdr.ts';

/** Power in W, or why there is none. */
export type SensorAnswer = { readonly powerW: number } | { readonly reason: string };

/**
 * What BMCs call the sensor of the whole machine's input power, in lower case without spaces and signs, as seen in
 * published `ipmitool sensor` listings: Dell, older Dell, HPE, Lenovo, Huawei, Cisco, OpenBMC, Supermicro with PMBus
 * supplies, rack controllers, IBM System x.
 */
const totalNames = [
  'pwrconsumption',
  'systemlevel',
  'powermeter',
  'syspower',
  'systempower',
  'power',
  'powerusage',
  'totalpower',
  'systemtotalpower',
  'systotalpower',
  'currentpower',
  'avgpower',
];

/** The input of one power supply unit: `PS1 Input Power`, `PSU2_PIn`, `PS 1 Input`, `PSU1 Power In`. */
const supplyInput = /^(ps|psu|pws|powersupply)\d+(powerin|inputpower|powerinput|input|pin)$/;

/** The sensors whose sum is the machine's power: one that says the total, else the inputs of the supply units. */
export function machineSensors(sensors: readonly WattSensor[]): readonly WattSensor[] {
  const byName = new Map(sensors.map((sensor) => [plain(sensor.name), sensor]));
  const total = totalNames.flatMap((name) => byName.get(name) ?? [])[0];
  if (total !== undefined) return [total];
  return [...byName.values()].filter(({ name }) => supplyInput.test(plain(name)));
}

/** The sensors that the operator named. @throws SourceError where the BMC does not have one. */
export function namedSensors(names: readonly string[], sensors: readonly WattSensor[]): readonly WattSensor[] {
  return names.map((name) => {
    const sensor = sensors.find((candidate) => candidate.name === name);
    if (sensor !== undefined) return sensor;
    throw new SourceError('absent', `the BMC has no sensor "${name}" in watts; ${listOf(sensors)}`);
  });
}

export function listOf(sensors: readonly WattSensor[]): string {
  if (sensors.length === 0) return 'it has none in watts';
  return `it has: ${sensors
    .map(({ name }) => name)
    .slice(0, 20)
    .join(', ')}`;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/**
 * Adds up what sensors say. One that has never said anything is an empty bay; one that stops saying something makes
 * the sum unknown.
 */
export function createSum(sensors: readonly WattSensor[], log: Logger): (stdout: string) => SensorAnswer {
  const heard = new Set<string>();
  let isFirst = true;
  return (stdout) => {
    const valuesW = valuesIn(stdout, sensors);
    for (const name of valuesW.keys()) heard.add(name);
    const silent = sensors.map(({ name }) => name).filter((name) => !valuesW.has(name));
    if (isFirst && silent.length > 0 && heard.size > 0) {
      log.warn({ sensors: silent }, 'power sensors that say nothing are taken for empty bays');
    }
    isFirst = false;
    const missing = silent.filter((name) => heard.has(name));
    if (missing.length > 0) return { reason: `no reading from ${missing.join(', ')}` };
    if (valuesW.size === 0) return { reason: `no reading from ${silent.join(', ')}` };
    const powerW = [...valuesW.values()].reduce((sum, valueW) => sum + valueW, 0);
    const problem = problemOf(powerW);
    return problem === null ? { powerW } : { reason: `${listNames(sensors)}: ${powerW} W, but ${problem}` };
  };
}

function listNames(sensors: readonly WattSensor[]): string {
  return sensors.map(({ name }) => name).join(' + ');
}

/** Of lines `name,value` as `ipmitool -c sensor reading` prints them; a sensor without a reading has no line. */
function valuesIn(stdout: string, sensors: readonly WattSensor[]): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of stdout.split('\n')) {
    const comma = line.lastIndexOf(',');
    const sensor = sensors.find(({ name }) => comma !== -1 && name === line.slice(0, comma));
    const text = line.slice(comma + 1).trim();
    const valueW = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
    if (sensor === undefined || valueW === null || valueW < 0) continue;
    // Rounding by ipmitool to three digits.
    const isSentinel = sensor.fullScaleW !== null && valueW >= sensor.fullScaleW - 0.001;
    if (!isSentinel) values.set(sensor.name, valueW);
  }
  return values;
}
