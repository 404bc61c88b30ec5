import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The profiles that come with the agent, a folder for each kind of source. */

export function listKinds(): string[] {
  const entries = readdirSync(import.meta.dirname, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** Names of the profiles of a kind, in alphabetical order. */
export function listProfiles(kind: string): string[] {
  return readdirSync(join(import.meta.dirname, kind))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** The text of a profile that there is. */
export function readProfile(kind: string, name: string): string {
  return readFileSync(join(import.meta.dirname, kind, `${name}.json`), 'utf8');
}
