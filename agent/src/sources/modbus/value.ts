/** Number types by the registers (16 bit) that they fill. */
export const registersOf = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
} as const;

export type ValueType = keyof typeof registersOf;

/** The two tables of registers: holding ones are read by function 3, input ones by function 4. */
export const tables = ['holding', 'input'] as const;

export type Table = (typeof tables)[number];

/** Which half comes first, of the words in a value and of the bytes in a word. The standard way is `high-first`. */
export const orders = ['high-first', 'low-first'] as const;

export type Order = (typeof orders)[number];

export interface Encoding {
  readonly type: ValueType;
  readonly wordOrder: Order;
  readonly byteOrder: Order;
}

/** What integers say where a meter has no value: the most negative, or all ones (SunSpec's "not implemented" values). */
const sentinels: Readonly<Partial<Record<ValueType, bigint>>> = {
  int16: -0x8000n,
  uint16: 0xffffn,
  int32: -0x8000_0000n,
  uint32: 0xffff_ffffn,
  int64: -0x8000_0000_0000_0000n,
  uint64: 0xffff_ffff_ffff_ffffn,
};

/**
 * The number in the registers at the beginning of `bytes`, as they came from the wire.
 * @throws Error where they hold no number but a meter's way of saying that it has none.
 */
export function decode(bytes: Buffer, encoding: Encoding): number {
  const ordered = highFirst(bytes.subarray(0, 2 * registersOf[encoding.type]), encoding);
  if (encoding.type === 'float32' || encoding.type === 'float64') {
    const value = encoding.type === 'float32' ? ordered.readFloatBE() : ordered.readDoubleBE();
    if (!Number.isFinite(value)) throw new Error(`the meter says ${value}, which means that it has no value`);
    return value;
  }
  const value = readInteger(ordered, encoding.type);
  if (value === sentinels[encoding.type]) {
    throw new Error(`the meter says 0x${ordered.toString('hex')}, which means that it has no value`);
  }
  return Number(value);
}

/** The text in registers of two ASCII characters each, without what fills it up; unprintable characters are left out. */
export function decodeText(bytes: Buffer, byteOrder: Order): string {
  const ordered = byteOrder === 'high-first' ? bytes : Buffer.from(bytes).swap16();
  const [text = ''] = ordered.toString('latin1').split('\0');
  return text.replace(/[^\x20-\x7e]/g, '').trim();
}

function readInteger(bytes: Buffer, type: Exclude<ValueType, 'float32' | 'float64'>): bigint {
  const bits = 8 * bytes.length;
  const value = BigInt(`0x${bytes.toString('hex')}`);
  return type.startsWith('u') ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
}

function highFirst(bytes: Buffer, { wordOrder, byteOrder }: Encoding): Buffer {
  const copy = Buffer.from(bytes);
  if (wordOrder === 'low-first') copy.reverse();
  return wordOrder === byteOrder ? copy : copy.swap16();
}
