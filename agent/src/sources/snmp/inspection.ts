import type { RawValue } from '../../source.ts';
import type { Client } from './client.ts';
import { type PlacedPoint, placePoint } from './placement.ts';
import { columnOf, objectsOf, type SnmpChannel, type SnmpProfile } from './profile.ts';
import { createReader } from './reader.ts';
import { type ObjectValue, textOf } from './value.ts';

/** Every channel of every section with its objects. @throws NoAnswer or Refusal. */
export async function inspectDevice(profile: SnmpProfile, client: Client, signal: AbortSignal): Promise<RawValue[]> {
  const placed = Object.keys(profile.sections).map((section) => placeSection(profile, section));
  const { sample } = await createReader(client, placed)(signal);
  const values = new Map(sample.readings.map(([point, channel, value]) => [`${point} ${channel}`, value]));
  const problems = new Map(sample.noData.map(({ point, channel, reason }) => [`${point} ${channel}`, reason]));
  const rows: RawValue[] = [];
  for (const { config, channels } of placed) {
    const section = config.point;
    for (const [channel, definition] of channels) {
      const value = values.get(`${section} ${channel}`) ?? null;
      const problem = problems.get(`${section} ${channel}`) ?? (value === null ? 'not measured by this row' : null);
      rows.push({ section, channel, raw: await rawOf(definition, client, signal), value, problem });
    }
  }
  return rows;
}

/** A section, or its first row where the profile says that a point must name one. */
function placeSection(profile: SnmpProfile, section: string): PlacedPoint {
  const pattern = profile.sections[section]?.index ?? '';
  const row = pattern.includes('*') ? `-${pattern.replaceAll('*', '1')}` : '';
  return placePoint(profile, profile.model, { point: `${section}${row}`, from: `${section}${row}` });
}

async function rawOf(definition: SnmpChannel, client: Client, signal: AbortSignal): Promise<string[]> {
  const column = columnOf(definition);
  const rows = column === null ? [] : await client.walk(column, signal).catch(() => []);
  const oids = [...objectsOf(definition), ...rows];
  const answers = await client.get(oids, signal);
  return oids.map((oid, index) => `${oid}: ${saidOf(answers[index])}`);
}

function saidOf(value: ObjectValue | undefined): string {
  if (typeof value === 'number') return String(value);
  return textOf(value) ?? 'nothing';
}
