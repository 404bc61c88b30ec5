import * as v from 'valibot';
import type { InfluxTarget } from '../client.ts';
import { ask } from './admin-http.ts';
import { type DatabaseAdmin, type ExistingDatabase, SetupError } from './database-admin.ts';

/** As 3 Core lists them, and as the description of its API says. */
const databasesSchema = v.union([
  v.array(v.object({ 'iox::database': v.string() })),
  v.object({ databases: v.array(v.string()) }),
]);

const path = '/api/v3/configure/database';

/**
 * InfluxDB 3, by its HTTP API. How long a database keeps what is written is said once, when it is made, and not told.
 * Source: https://docs.influxdata.com/influxdb3/core/admin/databases/create/
 */
export class AdminV3 implements DatabaseAdmin {
  readonly #target: InfluxTarget;
  readonly retain = null;

  constructor(target: InfluxTarget) {
    this.#target = target;
  }

  async find(name: string): Promise<ExistingDatabase | null> {
    const answer = await ask(this.#target, { method: 'GET', path, query: { format: 'json' } });
    const parsed = v.safeParse(databasesSchema, answer);
    if (!parsed.success)
      throw new SetupError(`${this.#target.url} does not answer as InfluxDB 3: check \`url\` and \`version\``);
    const { output } = parsed;
    const names = 'databases' in output ? output.databases : output.map((row) => row['iox::database']);
    return names.includes(name) ? { retentionMs: 'unknown', isMapped: true } : null;
  }

  async create(name: string, retentionMs: number | null): Promise<void> {
    const retention = retentionMs === null ? {} : { retention_period: `${Math.round(retentionMs / 3_600_000)}h` };
    await ask(this.#target, { method: 'POST', path, body: { db: name, ...retention } });
  }

  async map(): Promise<void> {
    // A database is its own name here.
  }
}
