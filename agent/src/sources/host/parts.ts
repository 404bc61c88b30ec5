import type { Meter } from '@wattmark/shared/messages';
import { createEstimatePart } from './estimate.ts';
import { type Files, readOptional } from './files.ts';
import { createMachinePart, createSensorParts, HWMON, machineSensorsAmong, readChips } from './hwmon.ts';
import type { Part } from './part.ts';
import { createBatteryPart, createMainsPart, findPowerSupplies, POWER_SUPPLY } from './power-supply.ts';
import { inquireProcessor, readProcessor } from './processor.ts';

/** What the estimate's point appends to the host's, where a sensor measures the machine. */
export const ESTIMATE = '-estimate';

/**
 * What can be seen of the machine but its counters: the whole of it, measured or else estimated; the estimate beside the
 * measurement; batteries and single sensors.
 */
export async function findParts(files: Files, point: string, isHere: boolean): Promise<Part[]> {
  const supplies = await findPowerSupplies(files);
  const chips = await readChips(files);
  const sensors = machineSensorsAmong(chips);
  const measured =
    sensors === null ? createMainsPart(files, point, supplies.mains) : createMachinePart(files, point, sensors);
  const processor = (await readProcessor(files)) ?? (isHere && measured === null ? await inquireProcessor() : null);
  const meter = measured === null ? undefined : await identify(files);
  const batteries = supplies.batteries.map((path, index) =>
    createBatteryPart(files, index === 0 ? `${point}-battery` : `${point}-battery-${index + 1}`, path),
  );
  const parts = [
    ...(measured === null ? [] : [{ ...measured, meter }]),
    ...(processor === null
      ? []
      : [await createEstimatePart(files, measured === null ? point : `${point}${ESTIMATE}`, processor)]),
    ...(await Promise.all(batteries)),
    ...createSensorParts(files, point, chips, sensors?.powers ?? []),
  ];
  return parts.filter(({ channels }) => channels.length > 0);
}

/** What is there to be looked at: it changes when a power supply unit is taken out or put in. */
export async function inventory(files: Files): Promise<string> {
  const lists = await Promise.all([HWMON, POWER_SUPPLY].map((path) => files.list(path)));
  return lists.map((names) => names.join(' ')).join('/');
}

/** The machine as its firmware names it (SMBIOS); the serial number is for root only. */
export async function identify(files: Files): Promise<Meter | undefined> {
  const read = async (name: string) => {
    const text = await readOptional(files, `/sys/class/dmi/id/${name}`);
    return text === null || isPlaceholder(text) ? null : text.slice(0, 64);
  };
  const [manufacturer, model, serial] = await Promise.all(['sys_vendor', 'product_name', 'product_serial'].map(read));
  if (manufacturer == null && model == null && serial == null) return undefined;
  return {
    ...(manufacturer != null && { manufacturer }),
    ...(model != null && { model }),
    ...(serial != null && { serial }),
  };
}

/** What makers of mainboards leave in their firmware. */
function isPlaceholder(text: string): boolean {
  return /^$|to be filled|default string|not specified|system (product|manufacturer|serial)|^0+$/i.test(text);
}
