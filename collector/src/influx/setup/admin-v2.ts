import * as v from 'valibot';
import type { InfluxTarget } from '../client.ts';
import { ask } from './admin-http.ts';
import { type DatabaseAdmin, type ExistingDatabase, SetupError } from './database-admin.ts';

const orgsSchema = v.object({ orgs: v.array(v.object({ id: v.string(), name: v.string() })) });
const bucketSchema = v.object({
  id: v.string(),
  name: v.string(),
  retentionRules: v.array(v.object({ everySeconds: v.number() })),
});
const bucketsSchema = v.object({ buckets: v.array(bucketSchema) });
const mappingsSchema = v.object({ content: v.array(v.unknown()) });

type Bucket = v.InferOutput<typeof bucketSchema>;

/**
 * InfluxDB 2.x, by its HTTP API. Buckets are found by InfluxQL through mappings, which later versions make by themselves.
 * Source: https://docs.influxdata.com/influxdb/v2/api/, https://docs.influxdata.com/influxdb/v2/query-data/influxql/dbrp/
 */
export class AdminV2 implements DatabaseAdmin {
  readonly #target: InfluxTarget;
  readonly retain = (name: string, retentionMs: number | null): Promise<void> => this.#retain(name, retentionMs);

  constructor(target: InfluxTarget) {
    this.#target = target;
  }

  async find(name: string): Promise<ExistingDatabase | null> {
    const bucket = await this.#bucket(name);
    if (bucket === null) return null;
    const seconds = bucket.retentionRules[0]?.everySeconds ?? 0;
    return { retentionMs: seconds === 0 ? null : seconds * 1000, isMapped: await this.#isMapped(name) };
  }

  async create(name: string, retentionMs: number | null): Promise<void> {
    const body = { orgID: await this.#orgId(), name, retentionRules: rulesOf(retentionMs) };
    await ask(this.#target, { method: 'POST', path: '/api/v2/buckets', body });
    if (!(await this.#isMapped(name))) await this.map(name);
  }

  async map(name: string): Promise<void> {
    const { id: bucketID } = await this.#requireBucket(name);
    const body = { orgID: await this.#orgId(), bucketID, database: name, retention_policy: 'autogen', default: true };
    await ask(this.#target, { method: 'POST', path: '/api/v2/dbrps', body });
  }

  async #retain(name: string, retentionMs: number | null): Promise<void> {
    const { id } = await this.#requireBucket(name);
    const body = { retentionRules: rulesOf(retentionMs) };
    await ask(this.#target, { method: 'PATCH', path: `/api/v2/buckets/${id}`, body });
  }

  async #isMapped(name: string): Promise<boolean> {
    const query = { orgID: await this.#orgId(), db: name };
    const answer = await ask(this.#target, { method: 'GET', path: '/api/v2/dbrps', query });
    return this.#parsed(mappingsSchema, answer).content.length > 0;
  }

  async #orgId(): Promise<string> {
    const name = this.#target.org ?? '';
    // One that does not exist is answered as a path that does not.
    const answer = (await ask(this.#target, { method: 'GET', path: '/api/v2/orgs', query: { org: name } })) ?? {
      orgs: [],
    };
    const org = this.#parsed(orgsSchema, answer).orgs.find((one) => one.name === name);
    if (org === undefined) throw new SetupError(`${this.#target.url} has no organisation ${name}: check \`org\``);
    return org.id;
  }

  async #bucket(name: string): Promise<Bucket | null> {
    const query = { orgID: await this.#orgId(), name };
    const answer = (await ask(this.#target, { method: 'GET', path: '/api/v2/buckets', query })) ?? { buckets: [] };
    return this.#parsed(bucketsSchema, answer).buckets.find((bucket) => bucket.name === name) ?? null;
  }

  async #requireBucket(name: string): Promise<Bucket> {
    const bucket = await this.#bucket(name);
    if (bucket === null) throw new SetupError(`${this.#target.url} has no bucket ${name}`);
    return bucket;
  }

  #parsed<S extends v.GenericSchema>(schema: S, answer: unknown): v.InferOutput<S> {
    const parsed = v.safeParse(schema, answer);
    if (parsed.success) return parsed.output;
    throw new SetupError(`${this.#target.url} does not answer as InfluxDB 2: check \`url\` and \`version\``);
  }
}

function rulesOf(retentionMs: number | null): object[] {
  return retentionMs === null ? [] : [{ type: 'expire', everySeconds: Math.round(retentionMs / 1000) }];
}
