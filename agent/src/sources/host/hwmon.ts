import type { Channel } from '@wattmark/shared/channels';
import { attempt, type Outcome } from '../support/outcome.ts';
import { type Files, readInteger, readOptional } from './files.ts';
import { MICROJOULES_PER_WATT_HOUR, type Part, plausiblePowerW } from './part.ts';

const HWMON = '/sys/class/hwmon';

/** Sensors of the whole machine's supply, all of one chip or of several power supply units. */
export interface MachineSensors {
  readonly powers: readonly string[];
  readonly energies: readonly string[];
  readonly temperature: string | null;
}

/**
 * Sensors that measure what the whole machine takes in: an ACPI power meter, else the inputs of its power supply
 * units. Null where there are none. Files lie in `hwmonN/`, or in `hwmonN/device/` with drivers of the older layout.
 */
export async function findMachineSensors(files: Files): Promise<MachineSensors | null> {
  const chips = await Promise.all((await files.list(HWMON)).map((name) => readChip(files, `${HWMON}/${name}`)));
  const meter = chips.find((chip) => chip.name === 'power_meter' && chip.powers.length > 0);
  if (meter !== undefined)
    return { powers: meter.powers.slice(0, 1), energies: meter.energies.slice(0, 1), temperature: meter.temperature };
  const inputs = chips.flatMap((chip) => chip.inputs);
  return inputs.length === 0 ? null : { powers: inputs, energies: [], temperature: null };
}

/** The machine's point as those sensors measure it: W from µW, Wh from µJ, °C from m°C. */
export function createMachinePart(files: Files, point: string, sensors: MachineSensors): Part {
  const { powers, energies, temperature } = sensors;
  const channels: Channel[] = ['power'];
  if (energies.length > 0) channels.push('energy');
  if (temperature !== null) channels.push('temperature');
  return {
    point,
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

interface Chip {
  readonly name: string;
  readonly powers: readonly string[];
  /** Power sensors that their label says to be the input of a power supply unit. */
  readonly inputs: readonly string[];
  readonly energies: readonly string[];
  readonly temperature: string | null;
}

async function readChip(files: Files, path: string): Promise<Chip> {
  const directory = (await readOptional(files, `${path}/name`)) === null ? `${path}/device` : path;
  const names = await files.list(directory);
  const other = directory === path && !names.some(isSensor) ? `${path}/device` : directory;
  const found = other === directory ? names : await files.list(other);
  const powers = preferred(found).map((name) => `${other}/${name}`);
  const labels = await Promise.all(
    powers.map((power) => readOptional(files, power.replace(/_(input|average)$/, '_label'))),
  );
  return {
    name: (await readOptional(files, `${directory}/name`)) ?? '',
    powers,
    inputs: powers.filter((_, index) => /^(pin\d*|psu ?\d+( input)?( power)?)$/i.test(labels[index] ?? '')),
    energies: found.filter((name) => /^energy\d+_input$/.test(name)).map((name) => `${other}/${name}`),
    temperature: found.includes('temp1_input') ? `${other}/temp1_input` : null,
  };
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
