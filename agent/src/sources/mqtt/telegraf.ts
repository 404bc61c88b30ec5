import { numberOf } from '../support/decimal.ts';
import type { Format, Message, News, Slot } from './format.ts';
import { parseLines } from './line-protocol.ts';
import { timeOf } from './published-time.ts';

/** What telegraf and InfluxDB call a metric or a point, whichever way it was written. */
interface Metric {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly fields: Readonly<Record<string, unknown>>;
  /** As published; null where the arrival counts. */
  readonly time: unknown;
}

/** A slot and the series that it is read from. */
export interface TelegrafSlot extends Slot {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly field: string;
}

const parsers: Readonly<Record<'influx' | 'telegraf-json', (text: string) => readonly Metric[]>> = {
  influx: parseLines,
  'telegraf-json': parseJson,
};

/** What telegraf publishes with `data_format = "json"` or `"influx"`. */
export function createTelegraf(
  kind: keyof typeof parsers,
  filters: readonly string[],
  slots: readonly TelegrafSlot[],
): Format {
  const byMeasurement = groupSlots(slots);
  return {
    filters,
    slots,
    decode: ({ payload }: Message) =>
      parsers[kind](payload.toString('utf8')).flatMap((metric) =>
        (byMeasurement.get(metric.measurement) ?? [])
          .filter((slot) => Object.entries(slot.tags).every(([key, value]) => metric.tags[key] === value))
          .map((slot) => newsOf(slot, metric)),
      ),
    restart() {},
    greet() {},
  };
}

function groupSlots(slots: readonly TelegrafSlot[]): ReadonlyMap<string, TelegrafSlot[]> {
  const groups = new Map<string, TelegrafSlot[]>();
  for (const slot of slots) groups.set(slot.measurement, [...(groups.get(slot.measurement) ?? []), slot]);
  return groups;
}

function newsOf(slot: TelegrafSlot, { tags, fields, time }: Metric): News {
  const raw = fields[slot.field];
  if (raw === undefined) return { slot, hint: `its fields are ${Object.keys(fields).join(', ').slice(0, 100)}` };
  const value = numberOf(raw);
  if (value === null) return { slot, problem: `${slot.field} is not a number: ${JSON.stringify(raw).slice(0, 40)}` };
  const series = Object.entries(tags)
    .map(([key, tag]) => `${key}=${String(tag)}`)
    .sort()
    .join(',');
  return { slot, value, at: time === null ? null : timeOf(time), series: series.slice(0, 200) };
}

/** Telegraf's JSON serializer: one metric, or several as `{"metrics": […]}`. @throws Error where it is neither. */
function parseJson(text: string): readonly Metric[] {
  const value = JSON.parse(text) as unknown;
  const metrics = isObject(value) && Array.isArray(value['metrics']) ? (value['metrics'] as unknown[]) : [value];
  return metrics.map((metric) => {
    if (!isObject(metric) || typeof metric['name'] !== 'string' || !isObject(metric['fields']))
      throw new Error("not telegraf's JSON: a metric has a name and fields");
    const { name, fields, tags, timestamp } = metric as {
      name: string;
      fields: Record<string, unknown>;
    } & typeof metric;
    return { measurement: name, fields, tags: isObject(tags) ? tags : {}, time: timestamp ?? null };
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
