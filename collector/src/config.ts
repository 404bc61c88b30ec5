import { dirname, resolve } from 'node:path';
import { ConfigError, id, loadConfig, secretText } from '@wattmark/shared/config';
import { type LogLevel, logLevels } from '@wattmark/shared/logger';
import * as v from 'valibot';
import type { InfluxTarget } from './influx/client.ts';
import { minutesDatabase } from './influx/schema.ts';
import type { WantedDatabase } from './influx/setup/setup.ts';
import { type InfluxConfig, influxSchema, targetOf } from './influx/target.ts';
import type { MirrorConfig } from './mirror/mirrors.ts';

const MIB = 1_048_576;

const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
const host = v.pipe(v.string(), v.minLength(1));

const brokerSchema = v.union(
  [
    v.strictObject({ embedded: v.strictObject({ host: v.optional(host, '127.0.0.1'), port: v.optional(port, 1883) }) }),
    v.strictObject({
      url: v.pipe(v.string(), v.regex(/^mqtts?:\/\/[^/]+/, 'must be mqtt://host:port or mqtts://host:port')),
      username: v.optional(secretText),
      password: v.optional(secretText),
      ca: v.optional(v.string()),
      cert: v.optional(v.string()),
      key: v.optional(v.string()),
      clientId: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(128))),
    }),
  ],
  'must be either {embedded: {host, port}} or {url, username?, password?, ca?, cert?, key?, clientId?}',
);

const influxStore = influxSchema({ kind: v.literal('influx') });
const embeddedStore = v.literal('embedded', 'must be `embedded`, or {kind: influx, version, url, …}');

/** Which of them is meant decides which problems are told. */
const storeSchema = v.lazy((input): typeof influxStore | typeof embeddedStore =>
  typeof input === 'object' && input !== null ? influxStore : embeddedStore,
);

const mirrorsSchema = v.pipe(
  v.array(influxSchema({ name: id, queueMiB: v.optional(v.pipe(v.number(), v.integer(), v.minValue(16)), 1024) })),
  v.maxLength(16, 'may have 16 entries'),
  v.check((mirrors) => new Set(mirrors.map(({ name }) => name)).size === mirrors.length, 'names must differ'),
);

const schema = v.strictObject({
  data: v.optional(v.string(), './data'),
  http: v.optional(v.strictObject({ host: v.optional(host, '127.0.0.1'), port: v.optional(port, 8080) }), {}),
  broker: v.optional(brokerSchema, { embedded: {} }),
  store: v.optional(storeSchema, 'embedded'),
  mirror: v.optional(mirrorsSchema, []),
  groups: v.optional(v.pipe(v.array(id), v.minLength(1)), ['default']),
  sites: v.optional(v.string()),
  log: v.optional(v.strictObject({ level: v.optional(v.picklist(logLevels), 'info') }), {}),
});

export type BrokerConfig = v.InferOutput<typeof brokerSchema>;

export interface CollectorConfig {
  /** Directory of the evidence log, the store and snapshots. */
  readonly data: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly broker: BrokerConfig;
  /** The InfluxDB server that intervals are kept in; null for the embedded store. */
  readonly store: InfluxTarget | null;
  /** Further InfluxDB servers that get what the store gets. */
  readonly mirrors: readonly MirrorConfig[];
  readonly groups: readonly string[];
  /** Directory of site files; null for none. */
  readonly sites: string | null;
  readonly logLevel: LogLevel;
}

/**
 * Reads collector.yaml. Relative paths are relative to it.
 * @throws ConfigError with all problems at once.
 */
export function loadCollectorConfig(file: string, env: NodeJS.ProcessEnv): CollectorConfig {
  const { data, http, broker, store, mirror, groups, sites, log } = loadConfig(file, schema, env);
  const from = dirname(resolve(file));
  return {
    data: resolve(from, data),
    http,
    broker: 'url' in broker ? resolveFiles(broker, from) : broker,
    store: store === 'embedded' ? null : loadTarget(file, 'store', store, from),
    mirrors: mirror.map(({ name, queueMiB, ...target }) => ({
      name,
      target: loadTarget(file, `mirror ${name}`, target, from),
      maxBytes: queueMiB * MIB,
    })),
    groups,
    sites: sites === undefined ? null : resolve(from, sites),
    logLevel: log.level,
  };
}

/** An InfluxDB that a configuration names, with the databases that it should have. */
export interface ConfiguredInflux {
  /** `store`, or the mirror's name. */
  readonly name: string;
  readonly target: InfluxTarget;
  readonly databases: readonly WantedDatabase[];
}

/**
 * The InfluxDB servers that collector.yaml names.
 * @throws ConfigError
 */
export function loadInfluxServers(file: string, env: NodeJS.ProcessEnv): ConfiguredInflux[] {
  const { store, mirror } = loadConfig(file, schema, env);
  const from = dirname(resolve(file));
  const servers = [...(store === 'embedded' ? [] : [{ name: 'store', ...store }]), ...mirror];
  return servers.map(({ name, ...server }) => {
    const target = loadTarget(file, name, server, from);
    const kept = { name: target.database, retentionMs: server.keep ?? null };
    const minutes = { name: minutesDatabase(target.database), retentionMs: server.keepMinutes };
    return { name, target, databases: [kept, minutes] };
  });
}

function loadTarget(file: string, key: string, store: InfluxConfig, from: string): InfluxTarget {
  try {
    return targetOf(store, from);
  } catch (error) {
    throw new ConfigError(file, [`${key}: ${(error as Error).message}`]);
  }
}

function resolveFiles(broker: Extract<BrokerConfig, { url: string }>, from: string): BrokerConfig {
  const { ca, cert, key } = broker;
  return {
    ...broker,
    ...(ca !== undefined && { ca: resolve(from, ca) }),
    ...(cert !== undefined && { cert: resolve(from, cert) }),
    ...(key !== undefined && { key: resolve(from, key) }),
  };
}
