import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFileSync } from 'node:child_process';
import { parse } from 'yaml';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Service {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly command?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly logging?: { readonly options: Readonly<Record<string, string>> };
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

export interface Composition {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export function readComposition(): Composition {
  return parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as Composition;
}

/** The secrets that a service gets, each with the path where it finds it. */
export function secretsOf({ secrets = [] }: Service): readonly { readonly source: string; readonly path: string }[] {
  return secrets.map((secret) => {
    const { source, target } = typeof secret === 'string' ? { source: secret, target: secret } : secret;
    return { source, path: `/run/secrets/${target}` };
  });
}

/** Runs deploy/secrets.sh in a directory of its own. @returns what it said, and where the secrets are. */
export function makeSecrets(directory: string, args: readonly string[] = []): { said: string; secrets: string } {
  mkdirSync(join(directory, 'deploy'), { recursive: true });
  cpSync(join(root, 'deploy/secrets.sh'), join(directory, 'deploy/secrets.sh'));
  const said = execFileSync(join(directory, 'deploy/secrets.sh'), args, { encoding: 'utf8', stdio: 'pipe' });
  return { said, secrets: join(directory, 'deploy/secrets') };
}

/** A text of the composition, such as a configuration, with its places and addresses put elsewhere. */
export function moved(text: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((done, [from, to]) => done.replaceAll(from, to), text);
}
