import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { environmentText, id, loadConfig, secretText } from '@wattmark/shared/config';
import { RESERVED_AGENT_ID } from '@wattmark/shared/ids';
import { type LogLevel, logLevels } from '@wattmark/shared/logger';
import * as v from 'valibot';
import type { SourceModule } from './source.ts';
import type { SourceCatalog } from './source-catalog.ts';
import { durationBetween, intervalMs, type KnownKinds, sourcesSchema } from './source-config.ts';

/** The longest default deadline: an instrument that has not answered by then is taken for silent. */
const LONGEST_DEFAULT_DEADLINE_MS = 3_000;

export interface AgentConfig {
  readonly agent: string;
  readonly site: string;
  readonly group: string;
  readonly broker: BrokerConfig;
  readonly spool: SpoolConfig;
  readonly logLevel: LogLevel;
  /** Of the file. */
  readonly directory: string;
  readonly sources: readonly ConfiguredSource[];
}

export interface BrokerConfig {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Paths of PEM files. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface SpoolConfig {
  readonly directory: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** One entry of `sources`, checked against the schema of its kind. */
export interface ConfiguredSource {
  readonly kind: string;
  /** Where in the file it stands, such as `sources[2]`. */
  readonly label: string;
  readonly intervalMs: number;
  /** Time in which one read must be done; not above the interval. */
  readonly deadlineMs: number;
  readonly module: SourceModule;
  /** The source's own keys, as its schema gives them. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Reads and checks agent.yaml, with `WATTMARK_BROKER_URL`, `_USERNAME`, `_PASSWORD` and `WATTMARK_LOG_LEVEL` of `env`
 * taking precedence over it. Relative paths are relative to the file.
 * @throws ConfigError naming every problem of the file, those of the sources' own keys among them.
 */
export async function loadAgentConfig(
  file: string,
  env: NodeJS.ProcessEnv,
  catalog: SourceCatalog,
): Promise<AgentConfig> {
  const modules = new Map<string, SourceModule>();
  for (const kind of kindsIn(file, catalog.kinds)) modules.set(kind, await catalog.load(kind));
  const { interval, log, spool, sources, ...rest } = loadConfig(
    file,
    agentSchema(dirname(resolve(file)), env, { kinds: catalog.kinds, modules }),
    env,
  );
  return {
    ...rest,
    spool: { directory: spool.path, maxBytes: spool.maxMiB * 1_048_576, maxAgeMs: spool.maxAge },
    logLevel: log.level,
    directory: dirname(resolve(file)),
    sources: sources.map((source, index): ConfiguredSource => {
      const { kind, settings, interval: intervalMs = interval } = source;
      const module = modules.get(kind);
      if (module === undefined) throw new Error(`the schema let an unknown kind pass: ${kind}`);
      const deadlineMs = source.deadline ?? Math.min(intervalMs / 2, LONGEST_DEFAULT_DEADLINE_MS);
      return { kind, label: `sources[${index}]`, intervalMs, deadlineMs, module, settings };
    }),
  };
}

/** The kinds that a file names, whatever else may be wrong with it: their modules are needed to check the rest. */
function kindsIn(file: string, kinds: readonly string[]): ReadonlySet<string> {
  const anything = new Proxy<NodeJS.ProcessEnv>({}, { get: () => '' });
  const entry = v.object({ kind: v.picklist(kinds) });
  const outline = v.object({ sources: v.array(v.unknown()) });
  const { sources } = loadConfig(file, v.fallback(outline, { sources: [] }), anything);
  return new Set(sources.flatMap((source) => (v.is(entry, source) ? [source.kind] : [])));
}

function agentSchema(directory: string, env: NodeJS.ProcessEnv, known: KnownKinds) {
  const path = v.pipe(
    v.string(),
    v.nonEmpty(),
    v.transform((text) => resolve(directory, text)),
  );
  const own = v.strictObject({
    agent: v.pipe(
      id,
      v.check((text) => text !== RESERVED_AGENT_ID, `must not be ${RESERVED_AGENT_ID}: collectors publish under it`),
    ),
    site: id,
    group: v.optional(id, 'default'),
    broker: brokerSchema(path),
    interval: v.optional(intervalMs, '10s'),
    spool: v.optional(
      v.strictObject({
        path: v.optional(path, './spool'),
        maxMiB: v.optional(v.pipe(v.number(), v.integer(), v.minValue(4), v.maxValue(1_048_576)), 256),
        maxAge: v.optional(durationBetween(60_000, 3650 * 86_400_000, 'must be between 1m and 3650d'), '7d'),
      }),
      {},
    ),
    log: v.optional(v.strictObject({ level: v.optional(v.picklist(logLevels), 'info') }), {}),
    sources: sourcesSchema(known),
  });
  return v.pipe(
    v.unknown(),
    v.transform((input) => withEnvironment(input, env)),
    own,
    v.rawCheck(({ dataset, addIssue }) => {
      for (const index of tooLongDeadlines(dataset.value)) {
        addIssue({ message: `sources[${index}].deadline must not be longer than the interval` });
      }
    }),
  );
}

/** Indices of the sources whose deadline is above their interval, as far as a file with other problems tells. */
function tooLongDeadlines(config: unknown): number[] {
  if (!v.is(v.object({ interval: v.number(), sources: v.array(v.unknown()) }), config)) return [];
  const entry = v.object({ deadline: v.number(), interval: v.optional(v.number(), config.interval) });
  return config.sources.flatMap((source, index) => {
    const { success, output } = v.safeParse(entry, source);
    return success && output.deadline > output.interval ? [index] : [];
  });
}

function brokerSchema(path: v.GenericSchema<string, string>) {
  const file = v.pipe(path, v.check(isReadable, 'cannot be read'));
  return v.strictObject({
    url: v.pipe(v.string(), v.regex(/^mqtts?:\/\/[^/@\s]+\/?$/, 'must be mqtt://host[:port] or mqtts://host[:port]')),
    username: v.optional(secretText),
    password: v.optional(secretText),
    ca: v.optional(file),
    cert: v.optional(file),
    key: v.optional(file),
  });
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function withEnvironment(input: unknown, env: NodeJS.ProcessEnv): unknown {
  if (typeof input !== 'object' || input === null) return input;
  const broker = {
    url: env['WATTMARK_BROKER_URL'],
    username: env['WATTMARK_BROKER_USERNAME'],
    password: environmentText(env, 'WATTMARK_BROKER_PASSWORD'),
  };
  return overridden(overridden(input, 'broker', broker), 'log', { level: env['WATTMARK_LOG_LEVEL'] });
}

/** `config` with what is set in `overrides` put over its section `key`. */
function overridden(config: object, key: string, overrides: Record<string, string | undefined>): object {
  const set = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  if (Object.keys(set).length === 0) return config;
  const section = (config as Record<string, unknown>)[key];
  return { ...config, [key]: { ...(typeof section === 'object' ? section : {}), ...set } };
}
