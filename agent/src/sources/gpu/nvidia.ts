import { type Card, comparable, describeCard, isTelling, numberIn, plausiblePowerW, tellings } from './card.ts';

/** Beside the power of the chip; `module_power_readings` are of a Grace Hopper's processor as well. */
const powerSections = ['gpu_power_readings', 'power_readings'];

/** Best first: of a varying load, the mean over a second says more than an instant. */
const powerFields = ['average_power_draw', 'power_draw', 'instant_power_draw'];

/**
 * The cards in what `nvidia-smi -q -x` writes (nvsmi_device_v10 to v13.dtd). It has no register of energy.
 * @throws Error where it wrote anything else.
 */
export async function parseNvidia(output: string): Promise<Card[]> {
  if (!output.trimEnd().endsWith('</nvidia_smi_log>')) throw new Error('the output is no complete nvidia_smi_log');
  const { XMLParser } = await import('fast-xml-parser');
  const options = { ignoreAttributes: false, attributeNamePrefix: '', parseTagValue: false, processEntities: false };
  const parser = new XMLParser({ ...options, isArray: (name) => name === 'gpu' });
  const cards: unknown = at(parser.parse(output), 'nvidia_smi_log', 'gpu');
  return Array.isArray(cards) ? cards.map(cardOf) : [];
}

function cardOf(gpu: unknown): Card {
  const text = (...path: readonly string[]) => textAt(gpu, ...path);
  const bus = comparable(text('pci', 'pci_bus_id') ?? text('id') ?? '');
  const uuid = text('uuid');
  const serial = text('serial');
  return {
    bus,
    names: [bus, uuid, serial].filter(isTelling).map(comparable),
    meter: describeCard({
      manufacturer: 'NVIDIA',
      model: text('product_name'),
      serial: isTelling(serial) ? serial : uuid,
      firmware: text('vbios_version'),
    }),
    told: tellings([
      ['power', powerW(gpu)],
      ['utilisation', numberIn('gpu_util', text('utilization', 'gpu_util'), '%')],
      ['temperature', numberIn('gpu_temp', text('temperature', 'gpu_temp'), 'C')],
    ]),
  };
}

function powerW(gpu: unknown): number | Error | null {
  const fields = powerSections.flatMap((section) => powerFields.map((field) => [section, field] as const));
  const values = fields.map(([section, field]) => numberIn(field, textAt(gpu, section, field), 'W'));
  const value = values.find((one) => typeof one === 'number') ?? values.find((one) => one !== null) ?? null;
  return plausiblePowerW('power_draw', value);
}

function textAt(node: unknown, ...path: readonly string[]): string | undefined {
  const found = at(node, ...path);
  return typeof found === 'string' ? found : undefined;
}

function at(node: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    node,
  );
}
