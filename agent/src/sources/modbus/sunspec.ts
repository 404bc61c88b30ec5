import type { Channel } from '@wattmark/shared/channels';
import type { Meter } from '@wattmark/shared/messages';
import { Refusal } from './framing.ts';
import type { Layout, Section } from './layout.ts';
import { MAX_REGISTERS } from './profile.ts';
import type { Quantity } from './quantity.ts';
import type { Ask } from './reader.ts';
import { decodeText, type ValueType } from './value.ts';

/**
 * SunSpec devices describe themselves: at one of three addresses stands "SunS", and behind it a chain of models, each
 * with its number, its length and its registers (SunSpec Device Information Model Specification 1.0; the offsets below
 * are those of github.com/sunspec/models, counted from the register of the model's number).
 */
const bases = [40_000, 50_000, 0];
const MARK = Buffer.from('SunS');
const END = 0xffff;
/** Within a model everything may be read; some devices refuse what reaches into the next one, which is further away. */
const MAX_GAP = 16;
/** More are taken for a device that never ends. */
const MOST_MODELS = 100;

/** The model that says what the device is: offset and length of its texts. */
const COMMON = 1;
const common = { manufacturer: [2, 16], model: [18, 16], firmware: [42, 8], serial: [50, 16] } as const;
const COMMON_REGISTERS = 66;

/** A channel of a model: where its value is, and the power of ten for it. */
interface Place {
  readonly at: number | readonly number[];
  readonly type: ValueType;
  readonly exponent?: number;
}

interface Model {
  readonly section: string;
  readonly channels: Readonly<Partial<Record<Channel, Place>>>;
}

const int16 = (at: number, exponent: number): Place => ({ at, type: 'int16', exponent });
const uint16 = (at: number | readonly number[], exponent: number): Place => ({ at, type: 'uint16', exponent });
const acc32 = (at: number, exponent: number): Place => ({ at, type: 'uint32', exponent });
const float = (at: number | readonly number[]): Place => ({ at, type: 'float32' });

function meter(voltageAt: number): Model {
  const channels = {
    power: int16(18, 22),
    energy: acc32(46, 54),
    'energy-export': acc32(38, 54),
    'apparent-power': int16(23, 27),
    'reactive-power': int16(28, 32),
    voltage: int16(voltageAt, 15),
    current: int16(2, 6),
    frequency: int16(16, 17),
  };
  return { section: 'meter', channels };
}

function floatMeter(voltageAt: number): Model {
  const channels = {
    power: float(28),
    energy: float(68),
    'energy-export': float(60),
    'apparent-power': float(36),
    'reactive-power': float(44),
    voltage: float(voltageAt),
    current: float(2),
    frequency: float(26),
  };
  return { section: 'meter', channels };
}

function inverter(voltagesAt: readonly number[]): Model {
  const channels = {
    power: int16(14, 15),
    energy: acc32(24, 26),
    'apparent-power': int16(18, 19),
    'reactive-power': int16(20, 21),
    voltage: uint16(voltagesAt, 13),
    current: uint16(2, 6),
    frequency: uint16(16, 17),
    temperature: int16(33, 37),
  };
  return { section: 'inverter', channels };
}

function floatInverter(voltagesAt: readonly number[]): Model {
  const channels = {
    power: float(22),
    energy: float(32),
    'apparent-power': float(26),
    'reactive-power': float(28),
    voltage: float(voltagesAt),
    current: float(2),
    frequency: float(24),
    temperature: float(40),
  };
  return { section: 'inverter', channels };
}

/** Of power and current the specification does not say which way they are counted, so that they are left out. */
const battery: Model = { section: 'battery', channels: { charge: uint16(11, 56), voltage: uint16(34, 59) } };

/** The models that are read: inverters and meters of one, two and three phases; delta meters have line voltages only. */
const models: ReadonlyMap<number, Model> = new Map([
  [101, inverter([10])],
  [102, inverter([10, 11])],
  [103, inverter([10, 11, 12])],
  [111, floatInverter([16])],
  [112, floatInverter([16, 18])],
  [113, floatInverter([16, 18, 20])],
  [201, meter(7)],
  [202, meter(7)],
  [203, meter(7)],
  [204, meter(11)],
  [211, floatMeter(10)],
  [212, floatMeter(10)],
  [213, floatMeter(10)],
  [214, floatMeter(18)],
  [802, battery],
]);

/**
 * The specification leaves the sign of a meter's power open. Nearly all say what is drawn from the grid with a positive
 * number; these say it with a negative one (evcc-io/evcc templates/definition/meter/solaredge-hybrid.yaml).
 */
const reversedMeters = /^solaredge/i;

/**
 * Walks the device's chain of models.
 * @returns null where it does not speak SunSpec, or where nothing in it can be read as a meter.
 */
export async function findSunspec(ask: Ask): Promise<Layout | null> {
  const base = await findBase(ask);
  if (base === null) return null;
  const sections: Record<string, Section> = {};
  let said: Meter = {};
  let address = base + MARK.length / 2;
  for (let count = 0; count < MOST_MODELS; count++) {
    const header = await ask({ function: 'holding', address, length: 2 });
    if (header instanceof Refusal) break;
    const number = header.readUInt16BE(0);
    if (number === END) break;
    // A device with several parts has a common model before each.
    if (number === COMMON) said = await readCommon(ask, address);
    const model = models.get(number);
    if (model !== undefined) sections[freeName(model.section, sections)] = sectionOf(model, address, said);
    address += 2 + header.readUInt16BE(2);
    if (address > 0xffff) break;
  }
  if (Object.keys(sections).length === 0) return null;
  return { sections, maxRegisters: MAX_REGISTERS, maxGap: MAX_GAP };
}

async function findBase(ask: Ask): Promise<number | null> {
  for (const base of bases) {
    const mark = await ask({ function: 'holding', address: base, length: MARK.length / 2 });
    if (!(mark instanceof Refusal) && mark.equals(MARK)) return base;
  }
  return null;
}

/** A second device says what it is in a common model before its own. */
async function readCommon(ask: Ask, address: number): Promise<Meter> {
  const bytes = await ask({ function: 'holding', address, length: COMMON_REGISTERS });
  if (bytes instanceof Refusal) return {};
  const texts = Object.entries(common).map(([key, [offset, length]]) => {
    return [key, decodeText(bytes.subarray(2 * offset, 2 * (offset + length)), 'high-first')] as const;
  });
  return Object.fromEntries(texts.filter(([, text]) => text !== ''));
}

function freeName(name: string, sections: Readonly<Record<string, Section>>): string {
  if (!Object.hasOwn(sections, name)) return name;
  let number = 2;
  while (Object.hasOwn(sections, `${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}

function sectionOf({ section, channels }: Model, address: number, said: Meter): Section {
  const reversed = section === 'meter' && reversedMeters.test(said.manufacturer ?? '');
  const entries = Object.entries(channels).map(([channel, place]) => {
    const scale = reversed && channel === 'power' ? -1 : 1;
    return [channel, quantityOf(place, address, scale)] as const;
  });
  return { channels: Object.fromEntries(entries), meter: said };
}

function quantityOf({ at, type, exponent }: Place, address: number, scale: number): Quantity {
  const placement = { function: 'holding', wordOrder: 'high-first', byteOrder: 'high-first' } as const;
  const registers = [at].flat().map((offset) => address + offset);
  return {
    ...placement,
    type,
    registers,
    mean: true,
    scale,
    // An accumulator that says 0 is one that the device does not have.
    noData: type === 'uint32' ? [0] : [],
    ...(exponent !== undefined && { exponent: { ...placement, type: 'int16', register: address + exponent } }),
  };
}
