import type { InfluxClient, InfluxTarget } from '../client.ts';
import { type DatabaseAdmin, type ExistingDatabase, SetupError } from './database-admin.ts';

const DAY_MS = 86_400_000;

/** From here on InfluxDB itself makes shards of a week, unless it is told another length. */
const LONG_MS = 180 * DAY_MS;

/**
 * InfluxDB 1.x, by statements of InfluxQL.
 * Source: https://docs.influxdata.com/influxdb/v1/query_language/manage-database/
 */
export class AdminV1 implements DatabaseAdmin {
  readonly #target: InfluxTarget;
  readonly #client: Pick<InfluxClient, 'query'>;
  readonly retain = (name: string, retentionMs: number | null): Promise<void> => this.#retain(name, retentionMs);

  constructor(target: InfluxTarget, client: Pick<InfluxClient, 'query'>) {
    this.#target = target;
    this.#client = client;
  }

  async find(name: string): Promise<ExistingDatabase | null> {
    const databases = await this.#query('SHOW DATABASES');
    if (!databases.some(({ name: found }) => found === name)) return null;
    const { duration } = await this.#policyOf(name);
    return { retentionMs: durationMs(String(duration)), isMapped: true };
  }

  async create(name: string, retentionMs: number | null): Promise<void> {
    const duration = retentionMs === null ? '' : ` WITH DURATION ${literal(retentionMs)}`;
    await this.#query(`CREATE DATABASE ${quoted(name)}${duration}`);
  }

  async map(): Promise<void> {
    // A database is its own name here.
  }

  async #retain(name: string, retentionMs: number | null): Promise<void> {
    const { name: policy } = await this.#policyOf(name);
    const shards = retentionMs === null || retentionMs >= LONG_MS ? ' SHARD DURATION 7d' : '';
    const duration = retentionMs === null ? 'INF' : literal(retentionMs);
    await this.#query(
      `ALTER RETENTION POLICY ${quoted(String(policy))} ON ${quoted(name)} DURATION ${duration}${shards}`,
    );
  }

  /** The retention policy by which lines are kept that name none. */
  async #policyOf(name: string): Promise<Record<string, unknown>> {
    const policies = await this.#query(`SHOW RETENTION POLICIES ON ${quoted(name)}`);
    const found = policies.find(({ default: isDefault }) => isDefault === true);
    if (found !== undefined) return found;
    throw new SetupError(
      `${this.#target.url}: the database ${name} has no default retention policy: ` +
        `make one with CREATE RETENTION POLICY … ON ${quoted(name)} … DEFAULT`,
    );
  }

  /** Rows of the answer by the names of their columns. */
  async #query(statement: string): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = [];
    for await (const { columns, values = [] } of this.#client.query(statement, '')) {
      for (const row of values) rows.push(Object.fromEntries(columns.map((column, index) => [column, row[index]])));
    }
    return rows;
  }
}

const quoted = (name: string): string => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** Whole seconds: no retention of days or months needs more. */
const literal = (ms: number): string => `${Math.round(ms / 1000)}s`;

const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000 };

/** `9600h0m0s`, as InfluxDB writes durations; `0s` is for ever. */
function durationMs(text: string): number | null {
  const parts = [...text.matchAll(/(\d+)(h|m|s)/g)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitsMs[unit as string] as number), 0);
  return ms === 0 ? null : ms;
}
