import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '@wattmark/shared/roles';
import * as v from 'valibot';
import { type Quantity, quantities } from '../accounting/quantity.ts';

const validity = {
  /** Of the norm or publication; null where none is needed. */
  edition: v.nullable(v.string()),
  source: v.string(),
  validFrom: v.pipe(v.string(), v.isoDate()),
  validTo: v.nullable(v.pipe(v.string(), v.isoDate())),
};

/** What energy comes in, and how its meter's unit becomes Wh. */
const carrierSchema = v.strictObject({
  id: v.string(),
  name: v.string(),
  quantity: v.picklist(quantities),
  whPerUnit: v.pipe(v.number(), v.gtValue(0)),
  unit: v.string(),
  ...validity,
});

/** How much a Wh of each carrier counts; a carrier without a weight cannot be counted under the profile. */
const profileSchema = v.strictObject({
  id: v.string(),
  name: v.string(),
  weights: v.record(v.string(), v.pipe(v.number(), v.minValue(0))),
  ...validity,
});

type Carrier = Readonly<v.InferOutput<typeof carrierSchema>>;
type ConversionProfile = Readonly<v.InferOutput<typeof profileSchema>>;

const table = v.parse(
  v.strictObject({ carriers: v.array(carrierSchema), profiles: v.array(profileSchema) }),
  JSON.parse(readFileSync(join(import.meta.dirname, 'conversions.json'), 'utf8')),
);

/** The catalogue of carriers and profiles. A value that changes is a new entry. */
export const carriers: readonly Carrier[] = table.carriers;
export const conversionProfiles: readonly ConversionProfile[] = table.profiles;

export const DEFAULT_PROFILE = 'delivered';

export function findCarrier(id: string): Carrier | undefined {
  return carriers.find((carrier) => carrier.id === id);
}

export function findProfile(id: string): ConversionProfile | undefined {
  return conversionProfiles.find((profile) => profile.id === id);
}

/** The carrier of a point of which the site file does not say it. */
export function usualCarrier(role: Role | null): string {
  return role === 'district-cooling' ? 'district-cooling' : 'electricity';
}

/** Which register is a point's own: water is counted by its volume, a fuel by what its carrier says. */
export function quantityOf(role: Role | null, carrier: string): Quantity {
  return role === 'water' ? 'volume' : (findCarrier(carrier)?.quantity ?? 'energy');
}

/**
 * What one unit of a point's quantity (Wh, L or kg) counts in a site's balance, Wh; before the point's own factor.
 * @throws RangeError where the profile has no weight for the carrier: site files are checked for that.
 */
export function whPerUnit(profile: string, carrier: string): number {
  const perUnit = findCarrier(carrier)?.whPerUnit;
  const weight = findProfile(profile)?.weights[carrier];
  if (perUnit === undefined || weight === undefined) throw new RangeError(`${profile} does not convert ${carrier}`);
  return perUnit * weight;
}

/** How a profile counts some carriers, each with where its values come from. */
export interface Conversion extends Pick<ConversionProfile, 'id' | 'name' | 'edition' | 'source'> {
  readonly carriers: (Pick<Carrier, 'id' | 'name' | 'whPerUnit' | 'unit' | 'edition' | 'source'> & {
    weight: number;
  })[];
}

/** @throws RangeError where there is no such profile: site files are checked for that. */
export function conversionOf(profile: string, carrierIds: ReadonlySet<string>): Conversion {
  const found = findProfile(profile);
  if (found === undefined) throw new RangeError(`${profile} is no conversion profile`);
  const { id, name, edition, source, weights } = found;
  const used = carriers.filter((carrier) => carrierIds.has(carrier.id));
  const counted = used.map(({ id, name, whPerUnit, unit, edition, source }) => {
    return { id, name, whPerUnit, unit, weight: weights[id] ?? 0, edition, source };
  });
  return { id, name, edition, source, carriers: counted };
}

/** Entries of a site file: of the site, and of each point. */
export const conversionEntry = v.optional(
  v.pipe(
    v.string(),
    v.check(
      (id) => findProfile(id) !== undefined,
      `is not a conversion profile; there are ${conversionProfiles.map(({ id }) => id).join(', ')}`,
    ),
  ),
);
export const carrierEntry = v.optional(
  v.pipe(
    v.string(),
    v.check(
      (id) => findCarrier(id) !== undefined,
      `is not a carrier; there are ${carriers.map(({ id }) => id).join(', ')}`,
    ),
  ),
);

/** What a site file says of carriers that cannot be. */
export function conversionProblems(file: {
  readonly conversion?: string | undefined;
  readonly points: readonly { readonly point: string; readonly carrier?: string | undefined }[];
}): string[] {
  const profile = findProfile(file.conversion ?? DEFAULT_PROFILE);
  return file.points.flatMap(({ point, carrier }) =>
    carrier === undefined || profile === undefined || profile.weights[carrier] !== undefined
      ? []
      : [`the point ${point}: the conversion ${profile.id} has no weight for ${carrier}; choose another conversion`],
  );
}
