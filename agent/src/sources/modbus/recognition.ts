import { Refusal } from './framing.ts';
import type { ModbusProfile, Sign } from './profile.ts';
import { numberAt, type Quantity, type Read, type Span, spanOf, spansOf, textAt, valueOf } from './quantity.ts';
import { type Ask, createReader } from './reader.ts';
import { keyOf } from './requests.ts';
import { findSunspec } from './sunspec.ts';

export interface Candidate {
  readonly name: string;
  readonly profile: ModbusProfile;
}

/** What a device was taken for. */
export interface Recognised {
  /** Name of the profile to read it by. */
  readonly profile: string;
  readonly title: string;
  readonly notes: readonly string[];
  /** Those worth a point each. */
  readonly sections: readonly string[];
  /** Profiles that fit as well. */
  readonly alternatives: readonly string[];
}

/** A device that leaves more questions open is not asked any further. */
const MOST_SILENCES = 4;

/** What mains can be, to tell a model's registers from another's by what stands in them. */
const mains = { voltage: [80, 500], frequency: [45, 65] } as const;

/** Something that every device has or refuses. */
const anyRegister: Span = { function: 'input', address: 0, length: 2 };

/**
 * Finds out what a device is: one that describes itself, one that a profile knows by a sign, or else one in whose
 * registers a profile finds mains.
 * @returns null where it is not known
 * @throws SourceError where it does not answer
 */
export async function recognise(unknown: Ask, candidates: readonly Candidate[]): Promise<Recognised | null> {
  const ask = remembering(unknown);
  const described = await describe(ask);
  if (described !== null) return described;
  const withSigns = candidates.filter(({ profile }) => profile.identify !== undefined);
  const [known] = await fits(withSigns, ask, hasSigns);
  if (known !== undefined) return recognisedAs(known, [], 'recognised by its registers');
  const withoutSigns = candidates.filter(({ profile }) => profile.identify === undefined);
  const [first, ...others] = await fits(withoutSigns, ask, looksLikeMains);
  if (first === undefined) return null;
  const names = others.map(({ candidate }) => candidate.name);
  return recognisedAs(first, names, 'looks like one: compare its values with the display');
}

/** Whether there is a device at all. */
export async function answers(ask: Ask): Promise<boolean> {
  return ask(anyRegister).then(
    () => true,
    () => false,
  );
}

async function describe(ask: Ask): Promise<Recognised | null> {
  const layout = await findSunspec(ask).catch(async () => {
    // Some devices ignore what they do not have; one that ignores this too is not there.
    await ask(anyRegister);
    return null;
  });
  if (layout === null) return null;
  const { manufacturer = '', model = 'device' } = Object.values(layout.sections)[0]?.meter ?? {};
  return {
    profile: 'sunspec',
    title: `${manufacturer} ${model}`.trim(),
    notes: ['describes itself (SunSpec)'],
    sections: Object.keys(layout.sections),
    alternatives: [],
  };
}

interface Fit {
  readonly candidate: Candidate;
  /** Values that are there and not 0, of all that the profile describes. */
  readonly score: number;
  /** `230.1 V, 50 Hz, 1200 W`, to be compared with the display. */
  readonly values: string;
}

/** The candidates that the device fits, the one that finds most in it first. */
async function fits(
  candidates: readonly Candidate[],
  ask: Ask,
  test: (candidate: Candidate, ask: Ask) => Promise<boolean>,
): Promise<Fit[]> {
  const found: Fit[] = [];
  for (const candidate of candidates) if (await test(candidate, ask)) found.push(await lookAs(candidate, ask));
  return found.sort((a, b) => b.score - a.score);
}

/** What the device would say as this one. */
async function lookAs(candidate: Candidate, ask: Ask): Promise<Fit> {
  const { profile } = candidate;
  const sections = Object.values(profile.sections).map(({ channels }) => channels);
  const quantities = sections.flatMap((channels) => Object.values(channels));
  const { read } = await createReader(quantities.flatMap(spansOf), profile)(ask);
  const texts = Object.entries(shown).flatMap(([channel, unit]) => {
    const quantity = sections[0]?.[channel as keyof typeof shown];
    const value = quantity === undefined ? null : valueIn(quantity, read);
    return value === null ? [] : [`${Math.round(value * 10) / 10} ${unit}`];
  });
  const score = quantities.filter((quantity) => (valueIn(quantity, read) ?? 0) !== 0).length;
  return { candidate, score, values: texts.join(', ') };
}

const shown = { voltage: 'V', frequency: 'Hz', power: 'W' } as const;

async function hasSigns({ profile }: Candidate, ask: Ask): Promise<boolean> {
  for (const sign of profile.identify ?? []) {
    const { read } = await createReader([spanOf(sign)], profile)(ask);
    if (!holds(sign, read)) return false;
  }
  return true;
}

function holds(sign: Sign, read: Read): boolean {
  try {
    return 'startsWith' in sign
      ? textAt(sign, read).startsWith(sign.startsWith)
      : sign.equals.includes(numberAt(sign, read));
  } catch {
    return false;
  }
}

async function looksLikeMains({ profile }: Candidate, ask: Ask): Promise<boolean> {
  const channels = Object.values(profile.sections)[0]?.channels;
  for (const [channel, [least, most]] of Object.entries(mains)) {
    const quantity = channels?.[channel as keyof typeof mains];
    if (quantity === undefined) return false;
    const { read } = await createReader(spansOf(quantity), profile)(ask);
    const value = valueIn(quantity, read);
    if (value === null || value < least || value > most) return false;
  }
  return true;
}

function valueIn(quantity: Quantity, read: Read): number | null {
  try {
    return valueOf(quantity, read);
  } catch {
    return null;
  }
}

function recognisedAs({ candidate, values }: Fit, alternatives: readonly string[], note: string): Recognised {
  const { name, profile } = candidate;
  const [first = '', ...others] = Object.keys(profile.sections);
  return {
    profile: name,
    title: `${profile.manufacturer} ${profile.model}`,
    notes: [
      values === '' ? note : `${note}; it reads ${values}`,
      ...(others.length > 0 ? [`more can be read, from: ${others.join(', ')}`] : []),
    ],
    sections: [first],
    alternatives,
  };
}

/** Asks each question once. A device that has answered something and keeps silent on something else refuses it. */
function remembering(ask: Ask): Ask {
  const answers = new Map<string, Buffer | Refusal>();
  let silences = 0;
  return async (span) => {
    const known = answers.get(keyOf(span));
    if (known !== undefined) return known;
    if (silences >= MOST_SILENCES) return silent;
    try {
      const answer = await ask(span);
      answers.set(keyOf(span), answer);
      return answer;
    } catch (error) {
      if (answers.size === 0) throw error;
      silences += 1;
      answers.set(keyOf(span), silent);
      return silent;
    }
  };
}

const silent = new Refusal(0);
