import snmp, { type Varbind } from 'net-snmp';

/** What an object holds: a number, octets, an identifier or address as text, or why it holds nothing. */
export type ObjectValue = number | Buffer | string | Error;

/** What the answer to a question for the object `asked` says of it. */
export function objectIn(varbind: Varbind, asked: string): ObjectValue {
  const { oid, type } = varbind;
  const value: unknown = varbind.value;
  if (oid !== asked) return new Error(`${asked}: the device answers with another object (${oid})`);
  if (snmp.isVarbindError(varbind)) return new Error(`${oid}: the device has no such object`);
  if (type === snmp.ObjectType.Counter64 && Buffer.isBuffer(value)) return wideNumber(value, oid);
  if (type === snmp.ObjectType.Opaque && Buffer.isBuffer(value)) return floatIn(value) ?? value;
  if (typeof value === 'number' || typeof value === 'string' || Buffer.isBuffer(value)) return value;
  return new Error(`${oid}: the device gives no value`);
}

/** The number that an object holds; written in digits, with or without a unit behind them, where `isText`. @throws Error. */
export function numberOf(value: ObjectValue | undefined, oid: string, isText = false): number {
  if (value === undefined) throw new Error(`${oid}: not answered`);
  if (value instanceof Error) throw value;
  if (typeof value === 'number') return value;
  if (!isText) throw new Error(`${oid}: the device gives no number`);
  const [digits] = /^\s*[-+]?\d+(\.\d+)?/.exec(value.toString('latin1')) ?? [];
  if (digits === undefined) throw new Error(`${oid}: the device gives a text without a number`);
  return Number(digits);
}

/** The text that an object holds, or null where there is none. */
export function textOf(value: ObjectValue | undefined): string | null {
  if (value === undefined || value instanceof Error) return null;
  const text = Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
  const printable = text.replace(/[\p{Cc}\ufffd]/gu, ' ').trim();
  return printable === '' ? null : printable.slice(0, MAX_TEXT);
}

/** Characters of a name that go into the birth message. */
const MAX_TEXT = 100;

function wideNumber(bytes: Buffer, oid: string): ObjectValue {
  if (bytes.length === 0 || bytes.length > 9) return new Error(`${oid}: the device gives no number`);
  return Number(BigInt(`0x${bytes.toString('hex')}`));
}

/** An opaque float or double as net-snmp writes it: the tag 9f 78 or 9f 79, the length, and IEEE 754. */
function floatIn(bytes: Buffer): number | null {
  if (bytes.length === 7 && bytes.readUInt16BE() === 0x9f78 && bytes[2] === 4) return bytes.readFloatBE(3);
  if (bytes.length === 11 && bytes.readUInt16BE() === 0x9f79 && bytes[2] === 8) return bytes.readDoubleBE(3);
  return null;
}
