import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { listProfiles, loadProfile, profileEntries } from '../profiles/catalogue.ts';

const profileDirectory = join(import.meta.dirname, '..', 'profiles');

/** As it stands in the file: what the sources make of it is not what a reader compares with a data sheet. */
const outline = v.looseObject({
  ...profileEntries,
  sections: v.record(v.string(), v.looseObject({ channels: v.record(v.string(), v.record(v.string(), v.unknown())) })),
});

export type ProfileOutline = v.InferOutput<typeof outline> & {
  readonly kind: string;
  readonly name: string;
};

/** Kinds of sources whose instruments are described by profiles. */
export function profileKinds(): string[] {
  const entries = readdirSync(profileDirectory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** The shipped profiles of a kind, by name. */
export function outlineProfiles(kind: string): ProfileOutline[] {
  return listProfiles(kind).map((name) => ({ ...loadProfile(kind, name, outline, profileDirectory), kind, name }));
}
