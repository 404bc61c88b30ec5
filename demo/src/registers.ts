/** The contents of Modbus registers, 16 bits each, by PDU address (from 0). */
export type Registers = ReadonlyMap<number, number>;

/** Two registers that hold a float32, high word first. */
export function float32(address: number, value: number): [number, number][] {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return words(address, bytes);
}

/** Four registers that hold a signed 64-bit whole number, high word first. */
export function int64(address: number, value: number): [number, number][] {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(Math.floor(value)));
  return words(address, bytes);
}

/** `length` registers that hold 0. */
export function zeros(address: number, length: number): [number, number][] {
  return words(address, Buffer.alloc(2 * length));
}

function words(address: number, bytes: Buffer): [number, number][] {
  return Array.from({ length: bytes.length / 2 }, (_, index) => [address + index, bytes.readUInt16BE(2 * index)]);
}
