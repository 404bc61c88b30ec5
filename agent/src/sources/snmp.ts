import type { Channel } from '@wattmark/shared/channels';
import { durationMs } from '@wattmark/shared/config';
import * as v from 'valibot';
import { declarePoint, pointsConfig, simulated } from '../point-config.ts';
import { loadProfile, select } from '../profiles/catalogue.ts';
import { type Sample, type Source, SourceError, type SourceModule } from '../source.ts';
import { type Client, createClient, NoAnswer, type ObjectValue } from './snmp/client.ts';
import { columnOf, type SnmpChannel, snmpProfile } from './snmp/profile.ts';
import { untilAborted } from './support/abort.ts';
import { combine } from './support/combine.ts';
import { attempt, toSample } from './support/outcome.ts';
import { createSilence } from './support/silence.ts';

const schema = v.strictObject({
  profile: v.string(),
  host: v.pipe(v.string(), v.nonEmpty()),
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 161),
  community: v.pipe(v.string(), v.nonEmpty()),
  /** For each request; it is repeated `retries` times. */
  timeout: v.optional(durationMs, '1s'),
  retries: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(5)), 1),
  simulated,
  points: pointsConfig,
});

interface Item {
  readonly point: string;
  readonly channel: Channel;
  readonly definition: SnmpChannel;
}

/** The objects of each column, or why the table could not be walked. */
type Rows = ReadonlyMap<string, readonly string[] | Error>;

/** When the device was last started, as an ever growing time, 0.01 s (RFC 3418). */
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';

/** Reads a device with SNMP v2c by a profile in `profiles/snmp/`. */
export default {
  schema,
  async open(config, context): Promise<Source> {
    const profile = loadProfile('snmp', config.profile, snmpProfile, context.directory);
    const selections = config.points.map((point) => ({
      point,
      ...select<SnmpChannel>(profile, config.profile, point),
    }));
    const items = selections.flatMap(({ point, channels }) =>
      channels.map(([channel, definition]): Item => ({ point: point.point, channel, definition })),
    );
    const client = createClient({ ...config, timeoutMs: config.timeout });
    const where = `${config.host}:${config.port}`;
    const read = createReader(client, items);
    const silence = createSilence();
    return {
      points: selections.map(({ point, section, channels }) =>
        declarePoint(point, {
          source: 'snmp',
          intervalMs: context.intervalMs,
          simulated: config.simulated,
          channels: channels.map(([channel]) => channel),
          accuracyClass: profile.accuracyClass,
          energyModulusWh: profile.sections[section]?.energyModulusWh,
        }),
      ),
      async read(signal) {
        try {
          const sample = await untilAborted(signal, where, read(signal));
          silence.broken();
          return sample;
        } catch (error) {
          if (signal.aborted) client.cancel();
          if (error instanceof SourceError) throw error;
          const message = `${where}: ${(error as Error).message}`;
          throw error instanceof NoAnswer ? silence.failure(message) : new SourceError('retry', message);
        }
      },
      async close() {
        client.close();
      },
    };
  },
} satisfies SourceModule<typeof schema>;

/** Finds the rows of the columns once, and again when the device was restarted or a row has gone. */
function createReader(client: Client, items: readonly Item[]): (signal: AbortSignal) => Promise<Sample> {
  const columns = [...new Set(items.flatMap(({ definition }) => columnOf(definition) ?? []))];
  let known: { rows: Rows; upTime: number } | null = null;

  async function get(rows: Rows, signal: AbortSignal): Promise<Map<string, ObjectValue>> {
    const oids = new Set([SYS_UP_TIME, ...items.flatMap(({ definition }) => objectsOf(definition, rows))]);
    const values = await client.get([...oids], signal);
    return new Map([...oids].map((oid, index) => [oid, values[index] ?? new Error(`${oid}: not answered`)]));
  }

  return async (signal) => {
    let rows = known?.rows ?? (await findRows(client, columns, signal));
    let values = await get(rows, signal);
    let upTime = upTimeIn(values);
    if (known !== null && (upTime < known.upTime || isRowGone(rows, values))) {
      rows = await findRows(client, columns, signal);
      values = await get(rows, signal);
      upTime = upTimeIn(values);
    }
    known = isComplete(rows) ? { rows, upTime } : null;
    const outcomes = items.map(({ point, channel, definition }) =>
      attempt(point, channel, async () => valueOf(definition, rows, values)),
    );
    return toSample(await Promise.all(outcomes));
  };
}

async function findRows(client: Client, columns: readonly string[], signal: AbortSignal): Promise<Rows> {
  const rows = new Map<string, readonly string[] | Error>();
  for (const column of columns) {
    try {
      rows.set(column, await client.walk(column, signal));
    } catch (error) {
      if (error instanceof NoAnswer) throw error;
      rows.set(column, error as Error);
    }
  }
  return rows;
}

/** Whether there is nothing to look for again at the next tick. */
function isComplete(rows: Rows): boolean {
  return [...rows.values()].every((entry) => !(entry instanceof Error) && entry.length > 0);
}

function isRowGone(rows: Rows, values: ReadonlyMap<string, ObjectValue>): boolean {
  return [...rows.values()].some(
    (entry) => !(entry instanceof Error) && entry.some((oid) => values.get(oid) instanceof Error),
  );
}

/** A device that does not tell counts as never restarted. */
function upTimeIn(values: ReadonlyMap<string, ObjectValue>): number {
  const upTime = values.get(SYS_UP_TIME);
  return typeof upTime === 'number' ? upTime : Number.POSITIVE_INFINITY;
}

function objectsOf(definition: SnmpChannel, rows: Rows): readonly string[] {
  if ('oid' in definition) return [definition.oid];
  const entry = rows.get(columnOf(definition) ?? '');
  return entry === undefined || entry instanceof Error ? [] : entry;
}

/** @throws Error saying why there is no value. */
function valueOf(definition: SnmpChannel, rows: Rows, values: ReadonlyMap<string, ObjectValue>): number {
  const entry = rows.get(columnOf(definition) ?? '');
  if (entry instanceof Error) throw entry;
  const objects = objectsOf(definition, rows);
  if (objects.length === 0) throw new Error(`${columnOf(definition)}: the device's table is empty`);
  const numbers = objects.map((oid) => {
    const value = values.get(oid);
    if (typeof value !== 'number') throw value ?? new Error(`${oid}: not answered`);
    if (definition.noData.includes(value))
      throw new Error(`${oid}: the device says ${value}, which means that it has no value`);
    return value;
  });
  return combine(definition, numbers);
}
