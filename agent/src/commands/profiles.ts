import { ConfigError } from '@wattmark/shared/config';
import { outlineProfiles, type ProfileOutline } from '../commissioning/profile-outline.ts';
import { listKinds } from '../profiles/shipped.ts';

export interface ProfilesCommand {
  /** Of one profile, which is shown in full; without it all are listed. */
  readonly name: string | undefined;
  readonly kind: string | undefined;
  readonly json: boolean;
}

/**
 * The text that lists the shipped profiles, or shows one in full.
 * @throws ConfigError where there is none of that name or kind
 */
export function profiles({ name, kind, json }: ProfilesCommand): string {
  const kinds = listKinds();
  if (kind !== undefined && !kinds.includes(kind)) {
    throw new ConfigError(kind, [`no kind of source with profiles; there are: ${kinds.join(', ')}`]);
  }
  const all = (kind === undefined ? kinds : [kind]).flatMap(outlineProfiles);
  const wanted = name === undefined ? all : all.filter((profile) => profile.name === name);
  if (name !== undefined && wanted.length === 0) {
    throw new ConfigError(name, [`no profile of that name; there are: ${all.map((one) => one.name).join(', ')}`]);
  }
  if (json) return `${JSON.stringify(wanted, null, 2)}\n`;
  const texts = wanted.map(name === undefined ? entryOf : pageOf);
  return name === undefined ? `${texts.join('\n')}\n${wanted.length} profiles\n` : texts.join('\n');
}

/** `eastron-sdm630 (modbus): Eastron SDM630, class 1`, and what each section tells. */
function entryOf({ name, kind, manufacturer, model, accuracyClass, reference, sections }: ProfileOutline): string {
  const accuracy = accuracyClass === undefined ? '' : `, class ${accuracyClass}`;
  const alike = new Map<string, string[]>();
  for (const [section, { channels }] of Object.entries(sections)) {
    const list = Object.keys(channels).join(', ');
    alike.set(list, [...(alike.get(list) ?? []), section]);
  }
  const lines = [...alike].map(([list, names]) => `  ${names.join(', ')}: ${list}`);
  return [`${name} (${kind}): ${manufacturer} ${model}${accuracy}`, ...lines, `  from ${reference}`, ''].join('\n');
}

/** Everything that a profile says, channel by channel. */
function pageOf({ name, kind, sections, ...facts }: ProfileOutline): string {
  const lines = [`${name} (${kind})`, ...table(Object.entries(facts))];
  for (const [section, { channels, ...more }] of Object.entries(sections)) {
    lines.push('', section, ...table([...Object.entries(channels), ...Object.entries(more)]));
  }
  return [...lines, ''].join('\n');
}

function table(entries: readonly (readonly [string, unknown])[]): string[] {
  const width = Math.max(0, ...entries.map(([key]) => key.length));
  return entries.map(([key, value]) => `  ${key.padEnd(width)}  ${textOf(value)}`);
}

/** `register 52, type float32` */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => (isRecord(item) ? `(${textOf(item)})` : textOf(item))).join(' ');
  if (!isRecord(value)) return String(value);
  const parts = Object.entries(value).map(
    ([key, item]) => `${key} ${isRecord(item) ? `(${textOf(item)})` : textOf(item)}`,
  );
  return parts.join(', ');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
