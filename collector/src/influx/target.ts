import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { durationMs, secretText } from '@wattmark/shared/config';
import * as v from 'valibot';
import type { InfluxTarget } from './client.ts';

const DAY_MS = 86_400_000;

/** As it is quoted in statements and becomes part of names. */
const name = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,200}$/, 'must be 1 to 200 letters, digits, hyphens and underscores'),
);

const url = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/[^/\s]+\/?$/, 'must be http://host:port or https://host:port'),
  v.transform((text) => text.replace(/\/$/, '')),
);

const length = v.pipe(durationMs, v.minValue(DAY_MS, 'must be a day or more'));

const text = v.pipe(v.string(), v.minLength(1));

/** How long `setup influx` has the databases keep what is written: for ever, unless it is said; minutes a year and a month. */
const retention = { keep: v.optional(length), keepMinutes: v.optional(length, '400d') };

const version1 = {
  version: v.literal(1),
  url,
  database: v.optional(name, 'wattmark'),
  username: v.optional(secretText),
  password: v.optional(secretText),
  passwordFile: v.optional(text),
};

const version2 = {
  version: v.literal(2),
  url,
  bucket: v.optional(name, 'wattmark'),
  org: text,
  token: v.optional(secretText),
  tokenFile: v.optional(text),
};

const version3 = {
  version: v.literal(3),
  url,
  database: v.optional(name, 'wattmark'),
  token: v.optional(secretText),
  tokenFile: v.optional(text),
};

/** What a configuration says of an InfluxDB server, together with keys of its own; unknown keys are errors. */
export function influxSchema<Beside extends v.ObjectEntries>(beside: Beside) {
  return v.variant('version', [
    v.strictObject({ ...beside, ...retention, ...version1 }),
    v.strictObject({ ...beside, ...retention, ...version2 }),
    v.strictObject({ ...beside, ...retention, ...version3 }),
  ]);
}

type OutputOf<Entries extends v.ObjectEntries> = v.InferOutput<v.StrictObjectSchema<Entries, undefined>>;

export type InfluxConfig = OutputOf<typeof version1> | OutputOf<typeof version2> | OutputOf<typeof version3>;

/**
 * The server that a configuration names. Secrets may lie in files, whose last line break does not count; their paths are relative
 * to `from`.
 * @throws Error where a file cannot be read, or a secret is given twice.
 */
export function targetOf(config: InfluxConfig, from: string): InfluxTarget {
  if (config.version === 1) {
    const { version, url, database, username = null, password, passwordFile } = config;
    const secret = secretOf('password', password, passwordFile, from);
    return { version, url, database, username, password: secret, org: null, token: null };
  }
  const { version, url, token, tokenFile } = config;
  const database = config.version === 2 ? config.bucket : config.database;
  const org = config.version === 2 ? config.org : null;
  return {
    version,
    url,
    database,
    username: null,
    password: null,
    org,
    token: secretOf('token', token, tokenFile, from),
  };
}

function secretOf(key: string, given: string | undefined, file: string | undefined, from: string): string | null {
  if (given !== undefined && file !== undefined) throw new Error(`either \`${key}\` or \`${key}File\`, not both`);
  if (given !== undefined || file === undefined) return given ?? null;
  try {
    return readFileSync(resolve(from, file), 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`\`${key}File\` cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
