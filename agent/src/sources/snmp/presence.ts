import type { Client } from './client.ts';
import { compareOids } from './oid.ts';
import { atIndex } from './placement.ts';
import { type Condition, columnOf, type OneObject, objectsOf, type SnmpChannel, type SnmpSection } from './profile.ts';
import { NoAnswer } from './session.ts';

/** What else than its first channel shows that a section is there: a model may measure current alone. */
const loadChannels: readonly string[] = ['energy', 'apparent-power', 'current'];

/** The rows in which the device has such a channel, `['']` for a section without rows, and whether it has its power. */
export async function findRows(section: SnmpSection, client: Client, signal: AbortSignal) {
  const rows = new Set<string>();
  let hasPower = false;
  for (const [position, [channel, definition]] of Object.entries(section.channels).entries()) {
    if (position > 0 && !loadChannels.includes(channel)) continue;
    const found = await rowsOf(section, definition, client, signal);
    for (const row of found) rows.add(row);
    hasPower ||= channel === 'power' && found.length > 0;
    if (isOneOfMany(definition)) break;
  }
  return { rows: [...rows].sort(compareOids), hasPower };
}

/** Whether each row of the table has one channel only. */
function isOneOfMany(channel: SnmpChannel): channel is OneObject & { when: Condition } {
  return 'oid' in channel && channel.when !== undefined;
}

/** The rows in which the device has a value for the channel. */
async function rowsOf(
  { index }: SnmpSection,
  channel: SnmpChannel,
  client: Client,
  signal: AbortSignal,
): Promise<string[]> {
  const column = columnOf(channel);
  if (index === undefined && column !== null) return (await client.has(column)) ? [''] : [];
  const quantities = quantitiesOf(channel);
  const [before = '', behind = ''] = (column ?? quantities[0]?.oid ?? '').split('.{index}');
  const objects = index === undefined ? [before] : await client.walk(before, signal).catch(noneOf);
  const rows = objects
    .filter((oid) => oid.endsWith(behind))
    .map((oid) => oid.slice(before.length + 1, oid.length - behind.length));
  return isOneOfMany(channel)
    ? meant(rows, channel.when, client, signal)
    : measuredRows(quantities, rows, client, signal);
}

type Quantity = Pick<OneObject, 'oid' | 'noData'>;

/** The objects that hold a channel's numbers. */
function quantitiesOf(channel: SnmpChannel): readonly Quantity[] {
  if ('product' in channel) return channel.product;
  if ('oid' in channel) return [channel];
  return objectsOf(channel).map((oid) => ({ oid, noData: channel.noData }));
}

/** Those of the rows in which each quantity is there, and is not what this model says for none. */
async function measuredRows(quantities: readonly Quantity[], rows: string[], client: Client, signal: AbortSignal) {
  const asked = rows.flatMap((row) => atIndex(quantities, row));
  const values = await client.get(
    asked.map(({ oid }) => oid),
    signal,
  );
  const isMeasured = asked.map(({ noData }, at) => {
    const value = values[at];
    return !(value instanceof Error) && !(typeof value === 'number' && noData.includes(value));
  });
  const { length } = quantities;
  return rows.filter((_, row) => isMeasured.slice(row * length, (row + 1) * length).every(Boolean));
}

/** A table that cannot be walked is as good as none; @throws where the device does not answer any more. */
function noneOf(error: unknown): string[] {
  if (error instanceof NoAnswer) throw error;
  return [];
}

/** Those of a table of mixed quantities that measure the channel's one. */
async function meant(rows: string[], { oid, equals }: Condition, client: Client, signal: AbortSignal) {
  const values = await client.get(
    rows.map((row) => atIndex(oid, row)),
    signal,
  );
  return rows.filter((_, index) => {
    const value = values[index];
    return typeof value === 'number' && equals.includes(value);
  });
}
