import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
// The package's own `query` holds a whole answer in memory, and `writePoints` takes no lines: this is what lies below both.
import { type IPoolRequestOptions, Pool } from 'influx/lib/src/pool.js';
import { readSeries } from './answer.ts';
import {
  CHUNK_ROWS,
  failureOf,
  type InfluxClient,
  InfluxError,
  influxError,
  type InfluxTarget,
  reasonOf,
  type Rejection,
  type Series,
  TIMEOUT_MS,
} from './client.ts';

const compress = promisify(gzip);

/** A server that fails is asked again by whoever needs it, and not barred for a while. */
const neverBarred = { getDelay: () => 0, next: () => neverBarred, reset: () => neverBarred };

/** InfluxDB 1.x. */
export class InfluxV1Client implements InfluxClient {
  readonly #target: InfluxTarget;
  readonly #pool = new Pool({ backoff: neverBarred, maxRetries: 0, requestTimeout: TIMEOUT_MS });
  readonly #auth: { readonly auth?: string };

  constructor(target: InfluxTarget) {
    this.#target = target;
    this.#pool.addHost(target.url, {});
    this.#auth = target.username === null ? {} : { auth: `${target.username}:${target.password ?? ''}` };
  }

  async write(lines: readonly string[], database: string): Promise<Rejection | null> {
    const body = await compress(lines.join('\n'), { level: 1 });
    try {
      const answer = await this.#request({
        method: 'POST',
        path: '/write',
        query: { db: database, precision: 'ns' },
        headers: { 'content-encoding': 'gzip' },
        // Declared as text; what it is given it hands to the socket.
        body: body as unknown as string,
      });
      await textOf(answer);
      return null;
    } catch (error) {
      if (error instanceof RejectedError)
        return { lines: droppedOf(error.message, lines.length), reason: error.message };
      throw error;
    }
  }

  async *query(influxql: string, database: string): AsyncGenerator<Series> {
    const query = { db: database, epoch: 'ms', chunked: 'true', chunk_size: String(CHUNK_ROWS) };
    const body = new URLSearchParams({ q: influxql }).toString();
    let answer: IncomingMessage;
    try {
      answer = await this.#request({ method: 'POST', path: '/query', query, body });
    } catch (error) {
      throw error instanceof RejectedError ? influxError(this.#target, 'refused', error.message) : error;
    }
    try {
      yield* readSeries(answer, this.#target);
    } catch (error) {
      throw error instanceof InfluxError ? error : influxError(this.#target, 'unreachable', (error as Error).message);
    } finally {
      answer.destroy();
    }
  }

  async ping(): Promise<string | null> {
    const answer = await this.#request({ method: 'GET', path: '/ping' });
    await textOf(answer);
    const version = answer.headers['x-influxdb-version'];
    return typeof version === 'string' ? version : null;
  }

  /** @throws InfluxError, or RejectedError where the request itself was wrong. */
  #request(options: IPoolRequestOptions): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      this.#pool.stream({ ...options, ...this.#auth }, (error: Error | undefined, answer: IncomingMessage) => {
        if (!error) return resolve(answer);
        const failure = 'res' in error ? failureOf((error.res as IncomingMessage).statusCode ?? 0) : 'unreachable';
        const reason = 'res' in error ? reasonOf(error.message) : wordsOf(error);
        reject(failure === null ? new RejectedError(reason) : influxError(this.#target, failure, reason));
      });
    });
  }
}

class RejectedError extends Error {}

/** An aggregate of refused addresses has no message of its own. */
function wordsOf(error: Error): string {
  return error.message || String((error as NodeJS.ErrnoException).code);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer) text += chunk as string;
  return text;
}

/** InfluxDB writes what it can of a request, and says how many points it dropped or which lines it could not read. */
function droppedOf(reason: string, all: number): number {
  const unreadable = reason.match(/unable to parse/g)?.length ?? 0;
  const dropped = Number(/dropped=(\d+)/.exec(reason)?.[1] ?? 0);
  return unreadable + dropped || all;
}
