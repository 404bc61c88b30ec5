/**
 * Numbers as bytes of the evidence log. A value is kept exactly, and small: a decimal with few digits as its mantissa and scale
 * (230.1 is 2301 with one decimal), a single-precision value as four bytes, anything else as the eight bytes of its double.
 */

const MAX_DECIMALS = 6;
const TAG_FLOAT32 = 0x0e;
const TAG_FLOAT64 = 0x0f;
const TAG_NEGATIVE = 0x20;
const powersOfTen: readonly number[] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];

/** Bits of a value's tag that are free for the caller. */
export const TAG_FREE = 0x10;

export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 4096) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  toBytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** Goes back to an earlier length; 0 starts anew in the same memory. */
  cut(length: number): void {
    this.#length = length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 to 2^53 − 1, seven bits a byte, least significant first. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number of either sign, at most 2^52 − 1 in size. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#reserve(size);
    this.#length += this.#bytes.write(value, this.#length);
  }

  /** Bytes, with their number before them. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A finite number, exactly; `flags` may use the bits of TAG_FREE. */
  value(value: number, flags: number): void {
    const size = Math.abs(value);
    const sign = value < 0 || Object.is(value, -0) ? TAG_NEGATIVE : 0;
    for (let decimals = 0; decimals <= MAX_DECIMALS; decimals++) {
      const power = powersOfTen[decimals] ?? 1;
      const mantissa = Math.round(size * power);
      if (mantissa > Number.MAX_SAFE_INTEGER) break;
      if (mantissa / power === size) {
        this.byte(decimals | sign | flags);
        this.varint(mantissa);
        return;
      }
    }
    this.#reserve(9);
    if (Math.fround(value) === value) {
      this.#bytes[this.#length++] = TAG_FLOAT32 | flags;
      this.#length = this.#bytes.writeFloatLE(value, this.#length);
    } else {
      this.#bytes[this.#length++] = TAG_FLOAT64 | flags;
      this.#length = this.#bytes.writeDoubleLE(value, this.#length);
    }
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  /** The caller's bits of the tag of the value read last. */
  flags = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** @throws RangeError beyond the end, as all that reads. */
  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new RangeError('the record ends too early');
    return value;
  }

  varint(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 0x80;
    do {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte >= 0x80);
    return value;
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(): number {
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  text(): string {
    const size = this.varint();
    if (this.#at + size > this.#bytes.length) throw new RangeError('the record ends too early');
    const value = this.#bytes.toString('utf8', this.#at, this.#at + size);
    this.#at += size;
    return value;
  }

  /** Bytes as they lie in the record; not a copy. */
  bytes(): Uint8Array {
    const size = this.varint();
    if (this.#at + size > this.#bytes.length) throw new RangeError('the record ends too early');
    const value = this.#bytes.subarray(this.#at, this.#at + size);
    this.#at += size;
    return value;
  }

  value(): number {
    const tag = this.byte();
    this.flags = tag & TAG_FREE;
    const form = tag & 0x0f;
    if (form <= MAX_DECIMALS) {
      const size = this.varint() / (powersOfTen[form] ?? 1);
      return (tag & TAG_NEGATIVE) === 0 ? size : -size;
    }
    if (form === TAG_FLOAT64) return this.double();
    const value = this.#bytes.readFloatLE(this.#at);
    this.#at += 4;
    return value;
  }
}
