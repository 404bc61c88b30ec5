import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Channel } from '@wattmark/shared/channels';
import { describeIssue } from '@wattmark/shared/config';
import * as v from 'valibot';
import { accuracyClass, type PointConfig } from '../point-config.ts';
import { SourceError } from '../source.ts';
import { listProfiles, readProfile } from './shipped.ts';

export { listProfiles };

/** What every profile says about the model of instrument that it describes, beside its sections. */
export const profileEntries = {
  model: v.pipe(v.string(), v.nonEmpty()),
  manufacturer: v.pipe(v.string(), v.nonEmpty()),
  /** The data sheet, standard or open project that the addresses come from. */
  reference: v.pipe(v.string(), v.nonEmpty()),
  /** Of the model for active energy, where its data sheet names one. */
  accuracyClass: v.optional(accuracyClass),
} as const;

/** The shape that the profiles of all kinds have in common: named sections, each with its channels. */
export interface Sections<C> {
  readonly sections: Readonly<Record<string, { readonly channels: Readonly<Partial<Record<Channel, C>>> }>>;
}

/**
 * Reads and validates one profile: a shipped one by its name, or an operator's own by the path of its file, which ends
 * in `.json` and is relative to `directory`.
 * @throws SourceError of kind `fatal` where there is none of that name, listing those there are, or where it is not valid.
 */
export function loadProfile<S extends v.GenericSchema>(
  kind: string,
  name: string,
  schema: S,
  directory: string,
): v.InferOutput<S> {
  if (name.endsWith('.json')) return parseProfile(name, readOwn(resolve(directory, name)), schema);
  const names = listProfiles(kind);
  if (!names.includes(name)) {
    const message = `there is no ${kind} profile ${name}; there are: ${names.join(', ')}, or name a file that ends in .json`;
    throw new SourceError('fatal', message);
  }
  return parseProfile(`${kind}/${name}.json`, readProfile(kind, name), schema);
}

/** @throws SourceError of kind `fatal` where the file cannot be read. */
function readOwn(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SourceError('fatal', `the profile cannot be read: ${(error as Error).message}`);
  }
}

/** @throws SourceError of kind `fatal` with every problem of the profile. */
export function parseProfile<S extends v.GenericSchema>(file: string, text: string, schema: S): v.InferOutput<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SourceError('fatal', `profile ${file} is not JSON: ${(error as Error).message}`);
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new SourceError('fatal', `profile ${file} is not valid: ${result.issues.map(describeIssue).join('; ')}`);
}

/** What a point reads: a section of a profile, reduced to the channels asked for. */
export interface Selection<C> {
  readonly section: string;
  readonly channels: readonly (readonly [channel: Channel, definition: C])[];
}

/**
 * The section that a point names, or the profile's first.
 * @throws SourceError of kind `fatal` naming the sections or channels that there are.
 */
export function select<C>(profile: Sections<C>, name: string, point: PointConfig): Selection<C> {
  const sections = Object.keys(profile.sections);
  const section = point.from ?? sections[0] ?? '';
  const definitions = profile.sections[section]?.channels;
  if (definitions === undefined) {
    const message = `point ${point.point}: profile ${name} has no section ${section}; it has: ${sections.join(', ')}`;
    throw new SourceError('fatal', message);
  }
  const known = Object.entries(definitions) as [Channel, C][];
  const missing = (point.channels ?? []).filter((channel) => !Object.hasOwn(definitions, channel));
  if (missing.length > 0) {
    const has = known.map(([channel]) => channel).join(', ');
    const message = `point ${point.point}: section ${section} of profile ${name} has no ${missing.join(', ')}; it has: ${has}`;
    throw new SourceError('fatal', message);
  }
  return { section, channels: known.filter(([channel]) => point.channels?.includes(channel) ?? true) };
}
