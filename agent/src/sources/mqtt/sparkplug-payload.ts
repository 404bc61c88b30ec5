import { unzipSync } from 'node:zlib';
import { encodeField, type Field, type FieldValue, fieldsOf } from './protobuf.ts';

/** What a metric's value is, before it is known which type it was declared with. */
type RawValue =
  | { readonly kind: 'real'; readonly value: number }
  /** As it travels: two's complement of an unknown width. */
  | { readonly kind: 'whole'; readonly value: bigint }
  | { readonly kind: 'null' }
  | { readonly kind: 'other'; readonly what: string };

export interface SparkplugMetric {
  readonly name: string | null;
  readonly alias: string | null;
  /** UTC milliseconds: its own, else the payload's. */
  readonly at: number | null;
  readonly datatype: number | null;
  readonly value: RawValue;
  /** Told after the fact: no value of now. */
  readonly isHistorical: boolean;
  /** Of the property `Quality`: 192 is good. */
  readonly quality: number | null;
}

export interface SparkplugPayload {
  readonly seq: number | null;
  readonly metrics: readonly SparkplugMetric[];
}

/** Width in bits of the types of whole numbers, and whether they have a sign (Sparkplug 3.0, 6.4.16). */
const wholeTypes: Readonly<Record<number, readonly [bits: number, isSigned: boolean]>> = {
  1: [8, true],
  2: [16, true],
  3: [32, true],
  4: [64, true],
  5: [8, false],
  6: [16, false],
  7: [32, false],
  8: [64, false],
};

const BOOLEAN = 11;

/** Decompressed payloads beyond this are no telemetry, as with what comes uncompressed: each byte costs time. */
const MOST_BYTES = 1_048_576;

/** Fields of a metric that hold something else than a number (6.4.1). */
const otherValues: Readonly<Record<number, string>> = {
  14: 'boolean',
  15: 'text',
  16: 'string of bytes',
  17: 'dataset',
  18: 'template',
  19: 'extension',
};

/** @throws Error where the bytes are no Sparkplug B payload. */
export function decodePayload(bytes: Buffer): SparkplugPayload {
  const fields = [...fieldsOf(bytes)];
  const isCompressed = fields.some(({ number, value }) => number === 4 && textOf(value) === 'SPBV1.0_COMPRESSED');
  const body = fields.find(({ number }) => number === 5)?.value;
  if (!isCompressed || body === undefined) return payloadOf(fields);
  return payloadOf([...fieldsOf(unzipSync(bytesOf(body), { maxOutputLength: MOST_BYTES }))]);
}

/** The number of a metric whose type is known, from its birth or from itself; null where there is none. */
export function numberOf(value: RawValue, datatype: number | null): number | null {
  if (value.kind === 'real') return value.value;
  const type = wholeTypes[datatype ?? 0];
  if (value.kind !== 'whole' || type === undefined) return null;
  const [bits, isSigned] = type;
  return Number(isSigned ? BigInt.asIntN(bits, value.value) : BigInt.asUintN(bits, value.value));
}

/** The command by which a node is asked to be born again (6.4.25). */
export function encodeRebirth(at: number): Buffer {
  const metric = [
    encodeField(1, 'Node Control/Rebirth'),
    encodeField(3, at),
    encodeField(4, BOOLEAN),
    encodeField(14, 1),
  ];
  return Buffer.concat([encodeField(1, at), encodeField(2, Buffer.concat(metric))]);
}

/** Field numbers of the payload: 1 timestamp, 2 metrics, 3 seq (6.4.1). */
function payloadOf(fields: readonly Field[]): SparkplugPayload {
  const last = (wanted: number): FieldValue | undefined => fields.findLast(({ number }) => number === wanted)?.value;
  const sentAt = last(1);
  const seq = last(3);
  const metrics = fields.filter(({ number }) => number === 2);
  return {
    seq: seq === undefined ? null : numeric(seq),
    metrics: metrics.map(({ value }) => metricOf(bytesOf(value), sentAt === undefined ? null : numeric(sentAt))),
  };
}

/**
 * Field numbers of a metric: 1 name, 2 alias, 3 timestamp, 4 datatype, 5 is_historical, 7 is_null, 9 properties,
 * 10 int_value, 11 long_value, 12 float_value, 13 double_value, and others (6.4.1).
 */
function metricOf(bytes: Buffer, sentAt: number | null): SparkplugMetric {
  const fields = new Map<number, FieldValue>();
  let value: RawValue = { kind: 'null' };
  for (const field of fieldsOf(bytes)) {
    fields.set(field.number, field.value);
    if (field.number >= 10) value = rawValueOf(field) ?? value;
  }
  const [name, alias, at, datatype, isHistorical, isNull, properties] = [1, 2, 3, 4, 5, 7, 9].map((number) =>
    fields.get(number),
  );
  return {
    name: name === undefined ? null : textOf(name),
    alias: alias === undefined ? null : String(numeric(alias)),
    at: at === undefined ? sentAt : numeric(at),
    datatype: datatype === undefined ? null : numeric(datatype),
    value: isNull === 1 ? { kind: 'null' } : value,
    isHistorical: isHistorical === 1,
    quality: properties === undefined ? null : qualityOf(bytesOf(properties)),
  };
}

function rawValueOf({ number, value }: Field): RawValue | null {
  if (number === 10 || number === 11) return { kind: 'whole', value: BigInt(varint(value)) };
  if (number === 12) return { kind: 'real', value: bytesOf(value).readFloatLE() };
  if (number === 13) return { kind: 'real', value: bytesOf(value).readDoubleLE() };
  const what = otherValues[number];
  return what === undefined ? null : { kind: 'other', what };
}

/** Field numbers of a property set: 1 keys, 2 values; of a property: 3 int_value, 4 long_value (6.4.1). */
function qualityOf(bytes: Buffer): number | null {
  const fields = [...fieldsOf(bytes)];
  const keys = fields.filter(({ number }) => number === 1);
  const values = fields.filter(({ number }) => number === 2);
  const value = values[keys.findIndex((key) => textOf(key.value) === 'Quality')]?.value;
  if (value === undefined) return null;
  const whole = [...fieldsOf(bytesOf(value))].find(({ number }) => number === 3 || number === 4);
  return whole === undefined ? null : numeric(whole.value);
}

function textOf(value: FieldValue): string {
  return bytesOf(value).toString('utf8');
}

function numeric(value: FieldValue): number {
  return Number(varint(value));
}

function varint(value: FieldValue): number | bigint {
  if (Buffer.isBuffer(value)) throw new Error('it is no Sparkplug payload');
  return value;
}

function bytesOf(value: FieldValue): Buffer {
  if (!Buffer.isBuffer(value)) throw new Error('it is no Sparkplug payload');
  return value;
}
