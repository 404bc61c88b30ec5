import type { Channel } from '@wattmark/shared/channels';
import type { PointConfig } from '../../point-config.ts';
import { select } from '../../profiles/catalogue.ts';
import { SourceError } from '../../source.ts';
import type { Identity, SnmpChannel, SnmpProfile } from './profile.ts';

/** A point with the objects of the one row that it reads. */
export interface PlacedPoint {
  readonly config: PointConfig;
  readonly channels: readonly (readonly [channel: Channel, definition: SnmpChannel])[];
  readonly identity: Identity;
  readonly energyModulusWh: number | undefined;
}

/**
 * Finds what a point reads: `from: outlet-7` is the section `outlet` at row 7, unless a section has that very name.
 * @throws SourceError of kind `fatal` where there is no such section, row or channel.
 */
export function placePoint(profile: SnmpProfile, name: string, config: PointConfig): PlacedPoint {
  const { section: chosen, row } = splitFrom(profile, config.from);
  const selection = select<SnmpChannel>(profile, name, { ...config, from: chosen });
  const section = profile.sections[selection.section];
  const index = indexOf(section?.index, row, config);
  return {
    config,
    channels: atIndex(selection.channels, index),
    identity: atIndex(section?.identity ?? profile.identity, index),
    energyModulusWh: section?.energyModulusWh,
  };
}

function splitFrom({ sections }: SnmpProfile, from: string | undefined): { section: string | undefined; row?: string } {
  const [, section, row] = /^(.+)-(\d+(?:\.\d+)*)$/.exec(from ?? '') ?? [];
  const isIndexed = section !== undefined && Object.hasOwn(sections, section) && !Object.hasOwn(sections, from ?? '');
  return isIndexed && row !== undefined ? { section, row } : { section: from };
}

/** The row said stands for the last parts of the section's own. */
function indexOf(pattern: string | undefined, row: string | undefined, { point, from }: PointConfig): string {
  const fatal = (problem: string) => new SourceError('fatal', `point ${point}: from: ${from} ${problem}`);
  if (pattern === undefined) {
    if (row === undefined) return '';
    throw fatal('names a row, but there is only one');
  }
  const parts = pattern.split('.');
  const said = row?.split('.') ?? [];
  if (said.length > parts.length) throw fatal(`names a row of ${said.length} numbers, but rows have ${parts.length}`);
  const index = [...parts.slice(0, parts.length - said.length), ...said];
  if (index.includes('*')) throw fatal(`must say which one: ${from}-${parts.length > 1 ? '1.1' : '1'}, for example`);
  return index.join('.');
}

/** The same, with each identifier in it made that of one row. */
export function atIndex<T>(value: T, index: string): T {
  if (typeof value === 'string') {
    return value.replaceAll('{index}', index).replaceAll('{first}', index.split('.')[0] ?? '') as T;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => atIndex(item, index)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, atIndex(item, index)])) as T;
}
