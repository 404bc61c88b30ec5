import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { ID_RULE, isId } from './ids.ts';

/** A configuration that cannot be used; `message` lists every problem, one a line. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(file: string, problems: readonly string[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${file}: ${count}`, ...problems.map((problem) => `  - ${problem}`)].join('\n'));
    this.problems = problems;
  }
}

/** Schema of an id of the contract. */
export const id: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.check((text) => isId(text), `must be ${ID_RULE}`),
);

/** Schema of a text that may be a secret: what is wrong with it is said without what was typed, as valibot would not. */
export const secretText: v.StringSchema<string> = v.string('must be text: put it in quotes');

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Schema of a duration such as `500ms`, `10s`, `5m`, `2h` or `7d`; the parsed value is in milliseconds. */
export const durationMs: v.GenericSchema<string, number> = v.pipe(
  v.string('must be a duration with a unit, such as 10s, 5m or 2h'),
  v.regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'must be a duration with a unit, such as 10s, 5m or 2h'),
  v.transform((text) => {
    const unit = /[a-z]+$/.exec(text)?.[0] as keyof typeof durationUnitsMs;
    return Math.round(Number.parseFloat(text) * durationUnitsMs[unit]);
  }),
);

/**
 * The environment variable `name`; where it is not set, what is in the file that `name`_FILE names, as secrets come into
 * containers and services. Undefined where there is neither.
 * @throws ConfigError where there is such a file and it cannot be read.
 */
export function environmentText(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  if (env[name] !== undefined || file === undefined) return env[name];
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new ConfigError(`${name}_FILE`, [`cannot be read: ${(error as Error).message}`]);
  }
}

/**
 * Reads a YAML file and validates it. `${NAME}` inside a string takes the environment variable NAME, as `environmentText` does.
 * @throws ConfigError naming the file and every problem, with the path of each key.
 */
export function loadConfig<S extends v.GenericSchema>(
  file: string,
  schema: S,
  env: NodeJS.ProcessEnv,
): v.InferOutput<S> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(file, [`cannot be read: ${(error as Error).message}`]);
  }
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw new ConfigError(
      file,
      document.errors.map((e) => (e.message.split('\n')[0] ?? e.message).replace(/:$/, '')),
    );
  const problems: string[] = [];
  const value = substitute(document.toJS() ?? {}, env, '', problems);
  const result = v.safeParse(schema, value);
  if (!result.success) problems.push(...result.issues.map(describeIssue));
  if (problems.length > 0 || !result.success) throw new ConfigError(file, problems);
  return result.output;
}

function substitute(value: unknown, env: NodeJS.ProcessEnv, path: string, problems: string[]): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => {
      const found = environmentText(env, name);
      if (found === undefined) problems.push(`${path}: the environment variable ${name} is not set`);
      return found ?? '';
    });
  }
  if (Array.isArray(value)) return value.map((item, index) => substitute(item, env, `${path}[${index}]`, problems));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      substitute(item, env, path === '' ? key : `${path}.${key}`, problems),
    ]),
  );
}

/** A problem that a schema found, for whoever wrote the file. It never repeats a value, which may be a password. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? [])
    .map((item) => (typeof item.key === 'number' ? `[${item.key}]` : `.${String(item.key)}`))
    .join('');
  const where = path.replace(/^\./, '') || 'the file';
  if (issue.type === 'strict_object') {
    return issue.expected === 'never' ? `${where}: unknown key` : `${where}: is required`;
  }
  const isOwnMessage = !issue.message.startsWith('Invalid ');
  return `${where}: ${isOwnMessage || issue.expected === null ? issue.message : demand(issue.expected)}`;
}

/** What valibot calls the types of YAML, in the words of its readers. */
const plainTypes: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'a map of keys',
  '!0': 'not empty',
};

/** `("a" | "b" | "c")` becomes `must be one of a, b, c`. */
function demand(expected: string): string {
  const choices = expected
    .replace(/^\((.*)\)$/, '$1')
    .split(' | ')
    .map((choice) => plainTypes[choice] ?? choice.replace(/^"(.*)"$/, '$1'));
  return choices.length > 2 ? `must be one of ${choices.join(', ')}` : `must be ${choices.join(' or ')}`;
}
