import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '@wattmark/shared/config';
import { createLogger } from '@wattmark/shared/logger';
import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { listKinds, listProfiles } from '../profiles/shipped.ts';
import type { RawValue } from '../source.ts';
import type { SourceCatalog } from '../source-catalog.ts';
import { forgetful } from '../source-memory.ts';

/** Time for reading everything that a profile names, once. */
const TIMEOUT_MS = 60_000;

export interface Trial {
  /** A file of one's own that ends in `.json`, or the name of a shipped profile. */
  readonly profile: string;
  /** Kind of the source, or undefined where the profile tells. */
  readonly kind: string | undefined;
  /** Keys of the source beside `profile` and `points`, such as `host` and `unit`. */
  readonly keys: Readonly<Record<string, unknown>>;
}

/**
 * What a device says at every place that a profile names.
 * @throws ConfigError where the profile or the keys cannot work, SourceError where the device does not answer.
 */
export async function tryProfile(trial: Trial, catalog: SourceCatalog, clock: Clock): Promise<readonly RawValue[]> {
  const kind = trial.kind ?? kindOf(trial.profile);
  if (!catalog.kinds.includes(kind)) {
    throw new ConfigError(kind, [`no kind of source; those with profiles are ${listKinds().join(', ')}`]);
  }
  const module = await catalog.load(kind);
  if (module.inspect === undefined) throw new ConfigError(trial.profile, [`profiles of ${kind} cannot be tried`]);
  const profile = trial.profile.endsWith('.json') ? resolve(trial.profile) : trial.profile;
  const usual = kind === 'snmp' ? { community: 'public' } : {};
  const parsed = v.safeParse(module.schema, { ...usual, ...trial.keys, profile, points: [{ point: 'trial' }] });
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'the keys'}: ${issue.message}`);
    throw new ConfigError(trial.profile, problems);
  }
  const context = {
    clock,
    directory: dirname(profile),
    memory: forgetful,
    log: createLogger('trial', 'silent'),
    intervalMs: TIMEOUT_MS,
  };
  return module.inspect(parsed.output, context, AbortSignal.timeout(TIMEOUT_MS));
}

/** The kind whose profiles have that shape, or that name. @throws ConfigError where there is none. */
function kindOf(profile: string): string {
  if (!profile.endsWith('.json')) {
    const kind = listKinds().find((one) => listProfiles(one).includes(profile));
    if (kind !== undefined) return kind;
    throw new ConfigError(profile, [
      'no profile of that name; wattmark-agent profiles lists them; a file of your own ends in .json',
    ]);
  }
  try {
    const value = JSON.parse(readFileSync(profile, 'utf8')) as object;
    // Which of the two tables of registers is meant stands in every Modbus profile, and in no other.
    return 'function' in value ? 'modbus' : 'snmp';
  } catch (error) {
    throw new ConfigError(profile, [(error as Error).message]);
  }
}
