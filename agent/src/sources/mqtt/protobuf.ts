/** What a field holds: a varint as a number or, where it is too long for one, a bigint; anything else as its bytes. */
export type FieldValue = number | bigint | Buffer;

export interface Field {
  readonly number: number;
  readonly value: FieldValue;
}

/** Wire types (protobuf encoding, "Message structure"); groups are not used any more. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const fixedBytes: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** Bytes whose seven bits each still fit into a number. */
const NUMBER_BYTES = 7;
const LONGEST_VARINT = 10;

/** The fields of a protobuf message in their order. @throws Error where the bytes are none. */
export function* fieldsOf(bytes: Buffer): Generator<Field> {
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    const wireType = Number(tag.value) & 7;
    const number = Number(tag.value) >>> 3;
    at += tag.length;
    if (wireType === VARINT) {
      const { value, length } = readVarint(bytes, at);
      yield { number, value };
      at += length;
      continue;
    }
    const size = wireType === LENGTH_DELIMITED ? readVarint(bytes, at) : { value: fixedBytes[wireType], length: 0 };
    if (number === 0 || size.value === undefined) throw new Error('it is no protobuf message');
    const begin = at + size.length;
    at = begin + Number(size.value);
    if (at > bytes.length) throw new Error('the protobuf message is cut short');
    yield { number, value: bytes.subarray(begin, at) };
  }
}

/** A field as bytes: texts and messages with their length, numbers as varints. */
export function encodeField(number: number, value: number | string | Buffer): Buffer {
  if (typeof value === 'number') return Buffer.concat([encodeVarint(number * 8 + VARINT), encodeVarint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([encodeVarint(number * 8 + LENGTH_DELIMITED), encodeVarint(bytes.length), bytes]);
}

function readVarint(bytes: Buffer, at: number): { value: number | bigint; length: number } {
  let small = 0;
  let large = 0n;
  for (let length = 1; length <= LONGEST_VARINT; length++) {
    const byte = bytes[at + length - 1];
    if (byte === undefined) throw new Error('the protobuf message is cut short');
    const part = byte & 0x7f;
    if (length <= NUMBER_BYTES) small += part * 2 ** (7 * (length - 1));
    else large += BigInt(part) << BigInt(7 * (length - 1));
    if (byte < 0x80)
      return { value: length <= NUMBER_BYTES ? small : BigInt.asUintN(64, large + BigInt(small)), length };
  }
  throw new Error('it is no protobuf message');
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}
