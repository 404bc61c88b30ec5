import * as v from 'valibot';
import { listProfiles, loadProfile, profileEntries } from '../profiles/catalogue.ts';

/** As it stands in the file: what the sources make of it is not what a reader compares with a data sheet. */
const outline = v.looseObject({
  ...profileEntries,
  sections: v.record(v.string(), v.looseObject({ channels: v.record(v.string(), v.record(v.string(), v.unknown())) })),
});

export type ProfileOutline = v.InferOutput<typeof outline> & {
  readonly kind: string;
  readonly name: string;
};

/** The shipped profiles of a kind, by name. */
export function outlineProfiles(kind: string): ProfileOutline[] {
  return listProfiles(kind).map((name) => ({ ...loadProfile(kind, name, outline, '.'), kind, name }));
}
