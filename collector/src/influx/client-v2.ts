import { HttpError, InfluxDB, setLogger } from '@influxdata/influxdb-client';
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

// It would write every failure to the console, of which its caller hears anyway.
setLogger({ error: () => {}, warn: () => {} });

/** Requests for finding the lines that a server refuses among those of one request; what they leave over counts as refused. */
const MOST_SEARCHES = 64;

/** InfluxDB 2.x and 3: written by the API of version 2, read by InfluxQL, with the bucket or database as `db`. */
export class InfluxV2Client implements InfluxClient {
  readonly #target: InfluxTarget;
  readonly #influx: InfluxDB;

  constructor(target: InfluxTarget) {
    this.#target = target;
    this.#influx = new InfluxDB({
      url: target.url,
      timeout: TIMEOUT_MS,
      ...(target.token !== null && { token: target.token }),
    });
  }

  async write(lines: readonly string[], database: string): Promise<Rejection | null> {
    return this.#writeParts(lines, database, { searches: 0 });
  }

  async *query(influxql: string, database: string): AsyncGenerator<Series> {
    const query = { db: database, epoch: 'ms', chunked: 'true', chunk_size: String(CHUNK_ROWS) };
    const answer = await this.#fetch(`/query?${new URLSearchParams(query).toString()}`, {
      method: 'POST',
      body: new URLSearchParams({ q: influxql }),
    });
    try {
      if (answer.body !== null) yield* readSeries(answer.body, this.#target);
    } catch (error) {
      throw error instanceof InfluxError ? error : this.#unreachable(error);
    }
  }

  async ping(): Promise<string | null> {
    const answer = await this.#fetch('/ping', {});
    await answer.text();
    return answer.headers.get('x-influxdb-version');
  }

  /** The server refuses a request as a whole: it is divided until the lines are found that it is refused for. */
  async #writeParts(
    lines: readonly string[],
    database: string,
    state: { searches: number },
  ): Promise<Rejection | null> {
    const reason = await this.#writeOnce(lines, database);
    if (reason === null) return null;
    if (lines.length === 1 || state.searches >= MOST_SEARCHES) return { lines: lines.length, reason };
    state.searches += 2;
    const middle = lines.length >> 1;
    const first = await this.#writeParts(lines.slice(0, middle), database, state);
    const second = await this.#writeParts(lines.slice(middle), database, state);
    const refused = (first?.lines ?? 0) + (second?.lines ?? 0);
    return refused === 0 ? null : { lines: refused, reason: first?.reason ?? second?.reason ?? reason };
  }

  /** @returns why the lines are refused, null where they are written. */
  async #writeOnce(lines: readonly string[], bucket: string): Promise<string | null> {
    // One request: nothing is sent before `close`, and nothing again by itself.
    const options = {
      batchSize: lines.length + 1,
      maxBatchBytes: Number.MAX_SAFE_INTEGER,
      flushInterval: 0,
      maxRetries: 0,
    };
    const api = this.#influx.getWriteApi(this.#target.org ?? '', bucket, 'ns', { ...options, gzipThreshold: 1000 });
    api.writeRecords([...lines]);
    try {
      await api.close();
      return null;
    } catch (error) {
      if (!(error instanceof HttpError)) throw this.#unreachable(error);
      const reason = reasonOf(error.body ?? error.message);
      const failure = failureOf(error.statusCode);
      if (failure === null) return reason;
      throw influxError(this.#target, failure, reason);
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const { url, token } = this.#target;
    const headers = token === null ? {} : { authorization: `Token ${token}` };
    let answer: Response;
    try {
      answer = await fetch(`${url}${path}`, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      throw this.#unreachable(error);
    }
    if (answer.ok) return answer;
    const reason = reasonOf(await answer.text());
    throw influxError(this.#target, failureOf(answer.status) ?? 'refused', reason);
  }

  #unreachable(error: unknown): InfluxError {
    const { message, cause } = error as Error;
    return influxError(this.#target, 'unreachable', cause instanceof Error ? cause.message || message : message);
  }
}
