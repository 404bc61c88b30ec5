import type { Channel } from '@wattmark/shared/channels';
import type { Meter } from '@wattmark/shared/messages';
import type { Sample } from '../../source.ts';
import { combine } from '../support/combine.ts';
import { attempt, toSample } from '../support/outcome.ts';
import type { Client } from './client.ts';
import type { PlacedPoint } from './placement.ts';
import { columnOf, type Condition, type Identity, objectsOf, type OneObject, type SnmpChannel } from './profile.ts';
import { NoAnswer, Refusal } from './session.ts';
import { numberOf, type ObjectValue, textOf } from './value.ts';

/** What one look at the device gave. */
export interface Look {
  readonly sample: Sample;
  /** What the device says of itself, for each of the points. */
  readonly meters: readonly Meter[];
  /** The channels that each of the points has. */
  readonly channels: readonly (readonly Channel[])[];
}

/** The objects of each column, or why the table could not be walked. */
type Rows = ReadonlyMap<string, readonly string[] | Error>;

type Values = ReadonlyMap<string, ObjectValue>;

/** What holds until the device is restarted. */
interface Knowledge {
  readonly rows: Rows;
  readonly meters: readonly Meter[];
}

/** When the device was last started, as an ever growing time, 0.01 s (RFC 3418). */
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';

/**
 * Finds the rows of the columns once, and again when the device was restarted, was silent or a row has gone; then it
 * may be another one.
 */
export function createReader(client: Client, points: readonly PlacedPoint[]): (signal: AbortSignal) => Promise<Look> {
  const definitions = points.flatMap(({ channels }) => channels.map(([, definition]) => definition));
  const columns = [...new Set(definitions.flatMap((definition) => columnOf(definition) ?? []))];
  let known: (Knowledge & { upTime: number }) | null = null;

  async function get(rows: Rows, signal: AbortSignal): Promise<Values> {
    const oids = definitions.flatMap((definition) => [...objectsOf(definition), ...rowsOf(definition, rows)]);
    return getAll(client, [SYS_UP_TIME, ...oids], signal);
  }

  async function look(signal: AbortSignal): Promise<Look> {
    let learnt = known ?? (await learn(client, columns, points, signal));
    let values = await get(learnt.rows, signal);
    if (known !== null && (upTimeIn(values) < known.upTime || isRowGone(known.rows, values))) {
      learnt = await learn(client, columns, points, signal);
      values = await get(learnt.rows, signal);
    }
    known = isComplete(learnt.rows) ? { ...learnt, upTime: upTimeIn(values) } : null;
    return judge(points, learnt, values);
  }

  return async (signal) => {
    try {
      return await look(signal);
    } catch (error) {
      known = null;
      throw error;
    }
  };
}

async function getAll(client: Client, oids: readonly string[], signal: AbortSignal): Promise<Values> {
  const different = [...new Set(oids)];
  const values = await client.get(different, signal);
  return new Map(different.map((oid, index) => [oid, values[index] ?? new Error(`${oid}: not answered`)]));
}

async function learn(
  client: Client,
  columns: readonly string[],
  points: readonly PlacedPoint[],
  signal: AbortSignal,
): Promise<Knowledge> {
  const rows = new Map<string, readonly string[] | Error>();
  for (const column of columns) {
    try {
      rows.set(column, await client.walk(column, signal));
    } catch (error) {
      if (signal.aborted || error instanceof NoAnswer || error instanceof Refusal) throw error;
      rows.set(column, error as Error);
    }
  }
  const names = await getAll(
    client,
    points.flatMap(({ identity }) => Object.values(identity).filter((oid) => oid !== undefined)),
    signal,
  );
  return { rows, meters: points.map(({ identity }) => meterOf(identity, names)) };
}

function meterOf(identity: Identity, names: Values): Meter {
  const said = Object.entries(identity).map(([key, oid]) => [key, textOf(names.get(oid ?? ''))] as const);
  return Object.fromEntries(said.filter(([, text]) => text !== null));
}

/** Whether there is nothing to look for again at the next tick. */
function isComplete(rows: Rows): boolean {
  return [...rows.values()].every((entry) => !(entry instanceof Error) && entry.length > 0);
}

function isRowGone(rows: Rows, values: Values): boolean {
  return [...rows.values()].some(
    (entry) => !(entry instanceof Error) && entry.some((oid) => values.get(oid) instanceof Error),
  );
}

/** A device that does not tell counts as never restarted. */
function upTimeIn(values: Values): number {
  const upTime = values.get(SYS_UP_TIME);
  return typeof upTime === 'number' ? upTime : Number.POSITIVE_INFINITY;
}

function rowsOf(definition: SnmpChannel, rows: Rows): readonly string[] {
  const entry = rows.get(columnOf(definition) ?? '');
  return entry === undefined || entry instanceof Error ? [] : entry;
}

async function judge(points: readonly PlacedPoint[], { rows, meters }: Knowledge, values: Values): Promise<Look> {
  const present = points.map((point) => presentChannels(point, values));
  const outcomes = points.flatMap(({ config }, index) =>
    (present[index] ?? []).map(([channel, definition]) =>
      attempt(config.point, channel, async () => valueOf(definition, rows, values)),
    ),
  );
  return {
    sample: toSample(await Promise.all(outcomes)),
    meters,
    channels: present.map((channels) => channels.map(([channel]) => channel)),
  };
}

/** Those that the device's rows measure; all where none does, or where the operator asked for them, so that it is said. */
function presentChannels({ config, channels }: PlacedPoint, values: Values): PlacedPoint['channels'] {
  if (config.channels !== undefined) return channels;
  const present = channels.filter(
    ([, definition]) => !('oid' in definition) || definition.when === undefined || holds(definition.when, values),
  );
  return present.length === 0 ? channels : present;
}

function holds({ oid, equals }: Condition, values: Values): boolean {
  const value = values.get(oid);
  return typeof value === 'number' && equals.includes(value);
}

/** @throws Error saying why there is no value. */
function valueOf(definition: SnmpChannel, rows: Rows, values: Values): number {
  if ('oid' in definition) return valueOfOne(definition, values);
  if ('product' in definition) return definition.product.reduce((product, one) => product * valueOfOne(one, values), 1);
  const column = columnOf(definition);
  const entry = rows.get(column ?? '');
  if (entry instanceof Error) throw entry;
  const objects = column === null ? objectsOf(definition) : (entry ?? []);
  if (objects.length === 0) throw new Error(`${column}: the device's table is empty`);
  const numbers = objects.map((oid) => rawValue(definition, oid, values));
  return combine(definition, numbers);
}

function valueOfOne(definition: OneObject, values: Values): number {
  const { oid, scale, digits, unit, when, valid } = definition;
  for (const condition of [when, valid]) {
    if (condition !== undefined) demand(condition, values);
  }
  const raw = rawValue(definition, oid, values);
  const places = digits === undefined ? 0 : placesOf(digits, values);
  const factor = unit === undefined ? 1 : factorOf(unit, values);
  return combine({ scale: scale * factor }, [raw / 10 ** places]);
}

/** Most decimal places (EntitySensorPrecision in RFC 3433, where a negative number tells the accuracy of a whole one). */
const MOST_PLACES = 9;

/** @throws Error where there cannot be so many: garbage in it would make any value 0. */
function placesOf(digits: string, values: Values): number {
  const places = numberOf(values.get(digits), digits);
  if (places <= MOST_PLACES) return Math.max(0, places);
  throw new Error(`${digits}: the device says ${places} decimal places`);
}

/** @throws Error where the device says something else. */
function demand({ oid, equals }: Condition, values: Values): void {
  const value = numberOf(values.get(oid), oid);
  if (!equals.includes(value)) throw new Error(`${oid}: the device says ${value}, and not ${equals.join(' or ')}`);
}

function factorOf({ oid, factors }: NonNullable<OneObject['unit']>, values: Values): number {
  const unit = numberOf(values.get(oid), oid);
  const factor = factors[unit];
  if (factor === undefined)
    throw new Error(`${oid}: the device counts in a unit that the profile does not know (${unit})`);
  return factor;
}

function rawValue({ noData, text }: Pick<OneObject, 'noData' | 'text'>, oid: string, values: Values): number {
  const value = numberOf(values.get(oid), oid, text);
  if (noData.includes(value)) throw new Error(`${oid}: the device says ${value}, which means that it has no value`);
  return value;
}
