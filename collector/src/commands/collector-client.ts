import type { CollectorConfig } from '../config.ts';
import { readToken } from '../token.ts';

/** The collector that runs with a configuration, spoken to from the same machine. */

/** It does not answer, or not with what was asked for; the message says what to do. */
export class AnswerError extends Error {
  override name = 'AnswerError';
}

/** As long as a correction may take. */
const TIMEOUT_MS = 900_000;

export class CollectorClient {
  readonly #url: string;
  readonly #data: string;

  /**
   * @param url where it serves its API, if not where the configuration says
   * @throws AnswerError where neither says the port
   */
  constructor({ http, data }: Pick<CollectorConfig, 'http' | 'data'>, url: string = addressOf(http)) {
    this.#url = url.replace(/\/+$/, '');
    this.#data = data;
  }

  /** @throws AnswerError */
  get(path: string): Promise<unknown> {
    return this.#ask(path, {});
  }

  /**
   * @param body bytes as they are, anything else as JSON, null for none
   * @throws AnswerError; ConfigError where the token cannot be read
   */
  post(path: string, body: unknown): Promise<unknown> {
    const authorization = `Bearer ${readToken(this.#data)}`;
    if (body === null) return this.#ask(path, { method: 'POST', headers: { authorization } });
    const isBytes = Buffer.isBuffer(body);
    const type = isBytes ? 'application/octet-stream' : 'application/json';
    const headers = { authorization, 'content-type': type };
    return this.#ask(path, { method: 'POST', headers, body: isBytes ? new Uint8Array(body) : JSON.stringify(body) });
  }

  async #ask(path: string, init: RequestInit): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(this.#url + path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      throw new AnswerError(this.#silence(error as Error, init.method === 'POST'));
    }
    const answer = (await response.json().catch(() => null)) as { detail?: string } | null;
    if (!response.ok) throw new AnswerError(answer?.detail ?? `the collector answers ${path} with ${response.status}`);
    return answer;
  }

  /** @param isSent whether something may have come to be on record before the answer failed to come */
  #silence({ cause, message }: Error, isSent: boolean): string {
    const { code, message: reason } = cause instanceof Error ? (cause as NodeJS.ErrnoException) : { code: '', message };
    if (isSent && code !== 'ECONNREFUSED')
      return (
        `the collector at ${this.#url} was gone before it answered (${reason}): what was sent may be on record; ` +
        '`wattmark-collector corrections` tells, when it runs again'
      );
    return `the collector at ${this.#url} does not answer (${reason}): does it run with this configuration?`;
  }
}

/**
 * Where a collector serves its API, as reached from the same machine.
 * @throws AnswerError where the port is free to be any
 */
export function addressOf({ host, port }: CollectorConfig['http']): string {
  if (port === 0) throw new AnswerError('http.port of the configuration is 0: a command needs a fixed port');
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
