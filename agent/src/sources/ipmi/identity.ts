import { limits, type Meter } from '@wattmark/shared/messages';
import type { Tool } from './tool.ts';

/** Fields of FRU 0, the first that says something; then of `mc info`. */
const fields: Readonly<Record<'manufacturer' | 'model' | 'serial' | 'firmware', readonly string[]>> = {
  manufacturer: ['Product Manufacturer', 'Board Mfg', 'Manufacturer Name'],
  model: ['Product Name', 'Board Product'],
  serial: ['Product Serial', 'Chassis Serial', 'Board Serial'],
  firmware: ['Firmware Revision'],
};

/** What a machine says of itself in its inventory; a BMC without one still tells its firmware. */
export async function identify(tool: Tool, signal: AbortSignal, timeoutMs: number): Promise<Meter> {
  const controller = await tool(['mc', 'info'], signal, timeoutMs);
  const inventory = await tool(['fru', 'print', '0'], signal, timeoutMs);
  return meterIn(`${inventory.stdout}\n${controller.stdout}`);
}

/** @param text lines `Name : value`, the better ones first */
export function meterIn(text: string): Meter {
  const told = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    if (colon > 0 && isTold(value) && !told.has(name)) told.set(name, value.slice(0, limits.nameLength));
  }
  const known = Object.entries(fields).flatMap(([key, names]) => {
    const value = names.map((name) => told.get(name)).find((text) => text !== undefined);
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(known) as Meter;
}

/** Manufacturers leave fillers in fields that they do not use. */
function isTold(value: string): boolean {
  return value !== '' && !/^(unknown|unspecified|none|n\/a|not specified|to be filled by o\.e\.m\.?|0+)\b/i.test(value);
}
