/** What the collector needs of an InfluxDB server, whatever its version. */
export interface InfluxClient {
  /**
   * Writes lines (nanoseconds) to a database or bucket and resolves when the server has them; lines that it will never take are
   * told, and the others are written.
   * @throws InfluxError
   */
  write(lines: readonly string[], database: string): Promise<Rejection | null>;
  /**
   * The series that an InfluxQL query selects, in pieces of bounded size; times in UTC ms.
   * @throws InfluxError
   */
  query(influxql: string, database: string): AsyncIterable<Series>;
  /**
   * What the server calls its version; null where it does not say.
   * @throws InfluxError
   */
  ping(): Promise<string | null>;
}

/** Lines that the server refused for what is in them. */
export interface Rejection {
  /** At least so many: InfluxDB 1.x does not tell of all. */
  readonly lines: number;
  /** In the server's words. */
  readonly reason: string;
}

/** Rows of one series, or some of them. */
export interface Series {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (number | string | null)[])[];
}

/**
 * `unreachable`: away or overloaded, to be tried again; `unauthorised`: name, password or token are wrong, or lack a right;
 * `missing`: there is no such database; `refused`: the server does not do what it is asked.
 */
export type InfluxFailure = 'unreachable' | 'unauthorised' | 'missing' | 'refused';

/** A request that failed; the message says what to do. */
export class InfluxError extends Error {
  override name = 'InfluxError';
  readonly failure: InfluxFailure;
  constructor(failure: InfluxFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** Where a server is, and who asks it. */
export interface InfluxTarget {
  readonly version: 1 | 2 | 3;
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  /** The database or bucket; that of minutes is named after it. */
  readonly database: string;
  /** Of version 1; null without authentication. */
  readonly username: string | null;
  readonly password: string | null;
  /** Of versions 2 and 3. */
  readonly org: string | null;
  readonly token: string | null;
}

/** A request that takes longer is given up. */
export const TIMEOUT_MS = 60_000;

/** Rows in each piece of an answer. */
export const CHUNK_ROWS = 10_000;

/** What an answer's status means for a write or a query; null where the request itself was wrong. */
export function failureOf(status: number): InfluxFailure | null {
  if (status === 401 || status === 403) return 'unauthorised';
  if (status === 404) return 'missing';
  if (status === 413) return 'refused';
  if (status === 408 || status === 429 || status >= 500) return 'unreachable';
  return null;
}

/** The error for an operator. */
export function influxError(target: InfluxTarget, failure: InfluxFailure, reason: string): InfluxError {
  const advice: Readonly<Record<InfluxFailure, string>> = {
    unreachable: `InfluxDB at ${target.url} cannot be reached (${reason}): check that it runs and that \`url\` is right`,
    unauthorised:
      `InfluxDB at ${target.url} does not let the collector in (${reason}): check ` +
      (target.version === 1 ? '`username` and `password`' : '`token`, and that it may read and write both buckets'),
    missing: `InfluxDB at ${target.url}: ${reason}; run \`wattmark-collector setup influx\` to create what is missing`,
    refused: `InfluxDB at ${target.url} refuses the request (${reason})`,
  };
  return new InfluxError(failure, advice[failure]);
}

/** The server's own words in an error's body. */
export function reasonOf(body: string): string {
  try {
    const { error, message } = JSON.parse(body) as { error?: string; message?: string };
    return error ?? message ?? body;
  } catch {
    return body.trim().slice(0, MOST_REASON) || 'no reason given';
  }
}

const MOST_REASON = 300;
