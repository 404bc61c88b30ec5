import type { Channel } from '@wattmark/shared/channels';
import { attempt, type Outcome } from '../support/outcome.ts';
import { slugOf } from '../support/slug.ts';
import { type Files, readInteger, readOptional } from './files.ts';
import { MICROJOULES_PER_WATT_HOUR, type Part, plausiblePowerW } from './part.ts';

export const HWMON = '/sys/class/hwmon';

/** Sensors beside those of the whole machine that become points. */
const MAX_OTHERS = 32;

/** Power supplies show a hardware monitor of their own, which says the same once more. */
const SUPPLY_CHIP = /^(ac|adp|bat|cmb|ucsi)/i;

/** A sensor of power, by the file that it is read from. */
interface PowerSensor {
  readonly path: string;
  readonly label: string;
}

/** One chip of the hardware monitor. */
export interface Chip {
  readonly name: string;
  readonly powers: readonly PowerSensor[];
  readonly energies: readonly string[];
  readonly temperature: string | null;
}

/** Sensors of the whole machine's supply, all of one chip or of several power supply units. */
export interface MachineSensors {
  readonly origin: string;
  readonly powers: readonly string[];
  readonly energies: readonly string[];
  readonly temperature: string | null;
}

/** Files lie in `hwmonN/`, or in `hwmonN/device/` with drivers of the older layout. */
export async function readChips(files: Files): Promise<Chip[]> {
  return Promise.all((await files.list(HWMON)).map((name) => readChip(files, `${HWMON}/${name}`)));
}

/**
 * Sensors that measure what the whole machine takes in: an ACPI power meter, else the inputs of its power supply
 * units. Null where there are none.
 */
export function machineSensorsAmong(chips: readonly Chip[]): MachineSensors | null {
  const meter = chips.find((chip) => chip.name === 'power_meter' && chip.powers.length > 0);
  if (meter !== undefined) {
    const powers = meter.powers.slice(0, 1).map(({ path }) => path);
    return { origin: 'ACPI power meter', powers, energies: meter.energies.slice(0, 1), temperature: meter.temperature };
  }
  const powers = chips.flatMap(inputsOf).map(({ path }) => path);
  const origin = `inputs of ${powers.length} power supply ${powers.length === 1 ? 'unit' : 'units'}`;
  return powers.length === 0 ? null : { origin, powers, energies: [], temperature: null };
}

/** The machine's point as those sensors measure it: W from µW, Wh from µJ, °C from m°C. */
export function createMachinePart(files: Files, point: string, sensors: MachineSensors): Part {
  const { origin, powers, energies, temperature } = sensors;
  const channels: Channel[] = ['power'];
  if (energies.length > 0) channels.push('energy');
  if (temperature !== null) channels.push('temperature');
  return {
    point,
    origin,
    channels,
    async look() {
      const outcomes: Promise<Outcome>[] = [
        attempt(point, 'power', () => sumOf(powers, async (path) => readPowerW(files, path))),
      ];
      if (energies.length > 0) {
        outcomes.push(attempt(point, 'energy', () => sumOf(energies, async (path) => readEnergyWh(files, path))));
      }
      if (temperature !== null) {
        outcomes.push(attempt(point, 'temperature', async () => (await readInteger(files, temperature, -1e6)) / 1000));
      }
      return Promise.all(outcomes);
    },
  };
}

/**
 * Sensors that measure a part of the machine, such as a rail of an ARM board (ina2xx, scmi) or one power supply unit
 * beside an ACPI power meter: points of their own, named after chip and label.
 */
export function createSensorParts(
  files: Files,
  point: string,
  chips: readonly Chip[],
  taken: readonly string[],
): Part[] {
  const parts = new Map<string, Part>();
  for (const chip of chips.filter(({ name }) => !SUPPLY_CHIP.test(name))) {
    const own = inputsOf(chip).length > 0 ? inputsOf(chip) : chip.powers;
    for (const { path, label } of own) {
      if (taken.includes(path) || parts.size >= MAX_OTHERS) continue;
      const id = freeId(`${point}-${slugOf(`${chip.name} ${label}`)}`, parts);
      const name = `${chip.name} ${label}`.trim();
      const measure = () => readPowerW(files, path);
      const look = async () => [await attempt(id, 'power', measure)];
      parts.set(id, { point: id, name, origin: `hwmon sensor ${name}`, channels: ['power'], look });
    }
  }
  return [...parts.values()];
}

async function readChip(files: Files, path: string): Promise<Chip> {
  const directory = (await readOptional(files, `${path}/name`)) === null ? `${path}/device` : path;
  const names = await files.list(directory);
  const other = directory === path && !names.some(isSensor) ? `${path}/device` : directory;
  const found = other === directory ? names : await files.list(other);
  const powers = preferred(found).map(async (name) => ({
    path: `${other}/${name}`,
    label: (await readOptional(files, `${other}/${name.replace(/_(input|average)$/, '_label')}`)) ?? name.split('_')[0],
  }));
  return {
    name: (await readOptional(files, `${directory}/name`)) ?? '',
    powers: (await Promise.all(powers)).map(({ path, label = '' }) => ({ path, label })),
    energies: found.filter((name) => /^energy\d+_input$/.test(name)).map((name) => `${other}/${name}`),
    temperature: found.includes('temp1_input') ? `${other}/temp1_input` : null,
  };
}

/** Power sensors that their label says to be the input of a power supply unit. */
function inputsOf({ powers }: Chip): PowerSensor[] {
  return powers.filter(({ label }) => /^(pin\d*|psu ?\d+( input)?( power)?)$/i.test(label));
}

function isSensor(name: string): boolean {
  return /^(power\d+_(input|average)|energy\d+_input)$/.test(name);
}

/** One file a power sensor: its average where it has one, since a sample of a varying load says little. */
function preferred(names: readonly string[]): string[] {
  return names.filter(
    (name) =>
      /^power\d+_average$/.test(name) ||
      (/^power\d+_input$/.test(name) && !names.includes(name.replace('input', 'average'))),
  );
}

function freeId(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  const id = wanted.slice(0, 60).replace(/-$/, '');
  if (!taken.has(id)) return id;
  for (let number = 2; ; number++) if (!taken.has(`${id}-${number}`)) return `${id}-${number}`;
}

async function readPowerW(files: Files, path: string): Promise<number> {
  return plausiblePowerW(path, (await readInteger(files, path, -1e15)) / 1e6);
}

async function readEnergyWh(files: Files, path: string): Promise<number> {
  return (await readInteger(files, path)) / MICROJOULES_PER_WATT_HOUR;
}

async function sumOf(paths: readonly string[], read: (path: string) => Promise<number>): Promise<number> {
  const values = await Promise.all(paths.map(read));
  return values.reduce((total, value) => total + value, 0);
}
