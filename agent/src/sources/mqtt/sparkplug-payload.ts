import { unzipSync } from 'node:zlib';
import proto from 'sparkplug-payload/lib/sparkplugPayloadProto.js';

const { Payload } = proto.org.eclipse.tahu.protobuf;

type ProtoMetric = InstanceType<typeof Payload.Metric>;

/** What a metric's value is, before it is known which type it was declared with. */
export type RawValue =
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

/** Decompressed payloads beyond this are no telemetry. */
const MOST_BYTES = 4 * 1_048_576;

/** @throws Error where the bytes are no Sparkplug B payload. */
export function decodePayload(bytes: Uint8Array): SparkplugPayload {
  const payload = Payload.decode(bytes);
  const inner =
    payload.uuid === 'SPBV1.0_COMPRESSED'
      ? Payload.decode(unzipSync(payload.body, { maxOutputLength: MOST_BYTES }))
      : payload;
  const sentAt = has(inner, 'timestamp') ? Number(inner.timestamp) : null;
  return {
    seq: has(inner, 'seq') ? Number(inner.seq) : null,
    metrics: inner.metrics.map((metric) => metricOf(Payload.Metric.create(metric), sentAt)),
  };
}

/** The number of a metric whose type is known, from its birth or from itself; null where there is none. */
export function numberOf(value: RawValue, datatype: number | null): number | null {
  if (value.kind === 'real') return value.value;
  const type = wholeTypes[datatype ?? 0];
  if (value.kind !== 'whole' || type === undefined) return null;
  const [bits, isSigned] = type;
  return Number(isSigned ? BigInt.asIntN(bits, value.value) : BigInt.asUintN(bits, value.value));
}

/** The command by which a node is asked to be born again (Sparkplug 3.0, 6.4.25). */
export function encodeRebirth(at: number): Uint8Array {
  const rebirth = { name: 'Node Control/Rebirth', timestamp: at, datatype: BOOLEAN, booleanValue: true };
  return Payload.encode(Payload.create({ timestamp: at, metrics: [rebirth] })).finish();
}

function metricOf(metric: ProtoMetric, sentAt: number | null): SparkplugMetric {
  return {
    name: has(metric, 'name') ? metric.name : null,
    alias: has(metric, 'alias') ? String(metric.alias) : null,
    at: has(metric, 'timestamp') ? Number(metric.timestamp) : sentAt,
    datatype: has(metric, 'datatype') ? metric.datatype : null,
    value: rawValueOf(metric),
    quality: qualityOf(metric),
  };
}

function rawValueOf(metric: ProtoMetric): RawValue {
  if (metric.isNull || metric.value === undefined) return { kind: 'null' };
  switch (metric.value) {
    case 'floatValue':
      return { kind: 'real', value: metric.floatValue ?? Number.NaN };
    case 'doubleValue':
      return { kind: 'real', value: metric.doubleValue ?? Number.NaN };
    case 'intValue':
      return { kind: 'whole', value: BigInt(metric.intValue ?? 0) };
    case 'longValue':
      return { kind: 'whole', value: BigInt(String(metric.longValue)) };
    default:
      return { kind: 'other', what: metric.value.replace('Value', '') };
  }
}

function qualityOf({ properties }: ProtoMetric): number | null {
  const index = properties?.keys?.indexOf('Quality') ?? -1;
  const property = properties?.values?.[index];
  const value = property?.intValue ?? property?.longValue;
  return value === null || value === undefined ? null : Number(value);
}

/** Protobuf gives what was not sent a default; only what was sent is the message's own. */
function has(message: object, field: string): boolean {
  return Object.hasOwn(message, field);
}
