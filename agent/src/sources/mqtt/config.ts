import type { Channel } from '@wattmark/shared/channels';
import { durationMs, secretText } from '@wattmark/shared/config';
import { byChannel, scaleOf, unitEntries } from '@wattmark/shared/units';
import * as v from 'valibot';
import { pointEntries, simulated } from '../../point-config.ts';
import { durationBetween } from '../../source-config.ts';
import { pointList } from '../support/point-list.ts';
import type { Slot } from './format.ts';
import type { PlainSlot } from './plain.ts';
import type { SparkplugSlot } from './sparkplug.ts';
import type { TelegrafSlot } from './telegraf.ts';

const { channels: _, ...namedEntries } = pointEntries;

const text = v.pipe(v.string(), v.nonEmpty());
/** MQTT 3.1.1, 4.7: wildcards stand alone in their level, # in the last one. */
const filter = v.pipe(
  text,
  v.regex(
    /^(?:[^+#/]*\/|\+\/)*(?:[^+#/]*|\+|#)$/,
    'must be a topic; + and # stand alone between slashes, # at the end',
  ),
);
const filters = v.pipe(v.array(filter), v.nonEmpty(), v.maxLength(100));

const commonEntries = {
  url: v.pipe(v.string(), v.regex(/^mqtts?:\/\/[^/@\s]+\/?$/, 'must be mqtt://host[:port] or mqtts://host[:port]')),
  username: v.optional(secretText),
  password: v.optional(secretText),
  ca: v.optional(text),
  cert: v.optional(text),
  key: v.optional(text),
  /** Time between two readings of a publisher; the source's interval unless said. */
  every: v.optional(durationBetween(1_000, 86_400_000, 'must be between 1s and 24h')),
  /** Time after which a publisher counts as silent; three times `every` unless said. */
  expect: v.optional(durationMs),
  simulated,
} as const;

const sparkplugPoint = v.strictObject({
  ...namedEntries,
  device: v.pipe(v.string(), v.regex(/^[^/+#]+\/[^/+#]+(\/[^/+#]+)?$/, 'must be group/node or group/node/device')),
  channels: byChannel(v.strictObject({ metric: text, ...unitEntries })),
});

const telegrafPoint = v.strictObject({
  ...namedEntries,
  channels: byChannel(
    v.strictObject({
      measurement: text,
      tags: v.optional(v.record(v.string(), v.pipe(v.union([v.string(), v.number()]), v.transform(String))), {}),
      field: text,
      ...unitEntries,
    }),
  ),
});

const jsonPoint = v.strictObject({
  ...namedEntries,
  topic: filter,
  time: v.optional(text),
  channels: byChannel(v.strictObject({ path: text, ...unitEntries })),
});

const numberPoint = v.strictObject({
  ...namedEntries,
  channels: byChannel(v.strictObject({ topic: filter, ...unitEntries })),
});

export const schema = v.variant('format', [
  v.strictObject({
    ...commonEntries,
    format: v.literal('sparkplug'),
    /** False: never ask a node to be born again, which writes to the broker. */
    rebirth: v.optional(v.boolean(), true),
    /** True where the publishers report by exception: a value stands until it changes. */
    hold: v.optional(v.boolean(), false),
    points: pointList(sparkplugPoint),
  }),
  v.strictObject({
    ...commonEntries,
    format: v.literal('telegraf-json'),
    topics: filters,
    points: pointList(telegrafPoint),
  }),
  v.strictObject({ ...commonEntries, format: v.literal('influx'), topics: filters, points: pointList(telegrafPoint) }),
  v.strictObject({ ...commonEntries, format: v.literal('json'), points: pointList(jsonPoint) }),
  v.strictObject({ ...commonEntries, format: v.literal('number'), points: pointList(numberPoint) }),
]);

export type Config = v.InferOutput<typeof schema>;

export function sparkplugSlots(points: readonly v.InferOutput<typeof sparkplugPoint>[]): SparkplugSlot[] {
  return points.flatMap(({ point, device, channels }) =>
    channels.map(([channel, value]) => ({
      ...slotOf(point, channel, value, `${device}, metric ${value.metric}`),
      device,
      metric: value.metric,
    })),
  );
}

export function telegrafSlots(points: readonly v.InferOutput<typeof telegrafPoint>[]): TelegrafSlot[] {
  return points.flatMap(({ point, channels }) =>
    channels.map(([channel, value]) => {
      const { measurement, tags, field } = value;
      const named = Object.entries(tags).map(([key, tag]) => `${key}=${tag}`);
      return {
        ...slotOf(point, channel, value, `${[measurement, ...named].join(',')} ${field}`),
        measurement,
        tags,
        field,
      };
    }),
  );
}

export function jsonSlots(points: readonly v.InferOutput<typeof jsonPoint>[]): PlainSlot[] {
  return points.flatMap(({ point, topic, time = null, channels }) =>
    channels.map(([channel, value]) => ({
      ...slotOf(point, channel, value, `${topic}, ${value.path}`),
      topic,
      path: value.path,
      time,
    })),
  );
}

export function numberSlots(points: readonly v.InferOutput<typeof numberPoint>[]): PlainSlot[] {
  return points.flatMap(({ point, channels }) =>
    channels.map(([channel, value]) => ({
      ...slotOf(point, channel, value, value.topic),
      topic: value.topic,
      path: null,
      time: null,
    })),
  );
}

function slotOf(point: string, channel: Channel, stated: Parameters<typeof scaleOf>[1], origin: string): Slot {
  return { point, channel, scale: scaleOf(channel, stated), origin };
}
