import type { Channel } from '@wattmark/shared/channels';
import { attempt, type Outcome } from '../support/outcome.ts';
import { type Files, readInteger, readOptional } from './files.ts';
import { type Part, plausiblePowerW } from './part.ts';

export const POWER_SUPPLY = '/sys/class/power_supply';

/** Power supplies of the machine itself: those of its peripherals (a mouse's battery) have the scope Device. */
export interface PowerSupplies {
  /** Directories of supplies that tell what the machine takes in. */
  readonly mains: readonly string[];
  readonly batteries: readonly string[];
}

/** Units are µW, µV, µA, per cent and 0.1 °C (Linux, Documentation/ABI/testing/sysfs-class-power). */
export async function findPowerSupplies(files: Files): Promise<PowerSupplies> {
  const mains: string[] = [];
  const batteries: string[] = [];
  for (const name of await files.list(POWER_SUPPLY)) {
    const path = `${POWER_SUPPLY}/${name}`;
    const type = await readOptional(files, `${path}/type`);
    if ((await readOptional(files, `${path}/scope`)) === 'Device') continue;
    if (type === 'Battery' || type === 'UPS') batteries.push(path);
    else if (type === 'Mains' && tellsPower(await files.list(path))) mains.push(path);
  }
  return { mains, batteries };
}

/** The machine's point as its mains supplies measure it; null where there are none. */
export function createMainsPart(files: Files, point: string, mains: readonly string[]): Part | null {
  if (mains.length === 0) return null;
  return {
    point,
    origin: 'mains supply that tells its power',
    channels: ['power'],
    async look() {
      const sumW = async () => {
        const powersW = await Promise.all(mains.map((path) => readPowerW(files, path)));
        return powersW.reduce((total, powerW) => total + powerW, 0);
      };
      return [await attempt(point, 'power', sumW)];
    },
  };
}

/** A battery: power is positive while it is charged and negative while it supplies the machine. */
export async function createBatteryPart(files: Files, point: string, path: string): Promise<Part> {
  const names = await files.list(path);
  const measures: [Channel, () => Promise<number>][] = [];
  if (names.includes('capacity')) measures.push(['charge', () => readInteger(files, `${path}/capacity`)]);
  if (tellsPower(names)) measures.push(['power', () => readSignedPowerW(files, path)]);
  if (names.includes('voltage_now')) {
    measures.push(['voltage', async () => (await readInteger(files, `${path}/voltage_now`)) / 1e6]);
  }
  if (names.includes('temp'))
    measures.push(['temperature', async () => (await readInteger(files, `${path}/temp`, -1e4)) / 10]);
  return {
    point,
    origin: 'battery',
    channels: measures.map(([channel]) => channel),
    look: () => Promise.all(measures.map(([channel, measure]): Promise<Outcome> => attempt(point, channel, measure))),
  };
}

function tellsPower(names: readonly string[]): boolean {
  return names.includes('power_now') || (names.includes('voltage_now') && names.includes('current_now'));
}

/** Drivers differ in the sign of what a battery gives, so only its size is taken from them. */
async function readPowerW(files: Files, path: string): Promise<number> {
  if ((await files.list(path)).includes('power_now')) {
    return plausiblePowerW(`${path}/power_now`, Math.abs(await readInteger(files, `${path}/power_now`, -1e15)) / 1e6);
  }
  const voltageV = (await readInteger(files, `${path}/voltage_now`)) / 1e6;
  const currentA = Math.abs(await readInteger(files, `${path}/current_now`, -1e15)) / 1e6;
  return plausiblePowerW(path, voltageV * currentA);
}

async function readSignedPowerW(files: Files, path: string): Promise<number> {
  const status = await files.readText(`${path}/status`);
  const powerW = await readPowerW(files, path);
  if (status === 'Discharging') return -powerW;
  if (status === 'Unknown') throw new Error(`${path}/status: the battery does not say which way its power flows`);
  return powerW;
}
