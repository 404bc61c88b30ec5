import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { useOf } from '../accounting/slot.ts';
import type { BlockSpool } from './block-spool.ts';
import { HistoryError } from './history-file.ts';
import { CollectorError } from './known-history.ts';
import type { Series } from './mapping.ts';

export interface SenderOptions {
  /** Where the collector serves its API. */
  readonly url: string;
  readonly token: string;
  readonly site: string;
  readonly entry: {
    readonly by: string;
    readonly reason: string;
    readonly mapping: string;
    readonly files: readonly string[];
  };
}

/** The collector may have to account for years of a large site before it answers. */
const TIMEOUT_MS = 900_000;

/** Hands a history in: what it is, its blocks, and that it counts. */
export class HistorySender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * @returns the id of the correction that the import is
   * @throws CollectorError where the collector does not take it; what it has so far counts for nothing
   */
  async send(
    series: readonly Series[],
    spool: BlockSpool,
    report: (text: ((ms: number) => string) | null) => void,
  ): Promise<string> {
    const { by, reason, mapping, files } = this.#options.entry;
    const described = await Promise.all(files.map(describe));
    const { import: id } = (await this.#post('', { by, reason, mapping, files: described })) as { import: string };
    let readings = 0;
    for (const [index, { point, channel }] of series.entries()) {
      // What never becomes energy is read and counted, but has no place in a point's account.
      if (useOf(channel, channel === 'volume' || channel === 'mass' ? channel : 'energy') === 'gauge') continue;
      for (const block of spool.encoded(index)) {
        const query = new URLSearchParams({ point, channel }).toString();
        const sent = (await this.#post(`/${id}/blocks?${query}`, block)) as { readings: number };
        readings += sent.readings;
        report((ms) => `${readings} readings on record, ${Math.round((readings * 1000) / ms)} a second`);
      }
    }
    report(null);
    const { correction } = (await this.#post(`/${id}/commit`, null)) as { correction: string };
    return correction;
  }

  async #post(path: string, body: Buffer | object | null): Promise<unknown> {
    const { url, token, site } = this.#options;
    const isBlock = Buffer.isBuffer(body);
    const type = isBlock ? 'application/octet-stream' : 'application/json';
    let response: Response;
    try {
      response = await fetch(`${url}/api/v1/sites/${site}/imports${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, ...(body !== null && { 'content-type': type }) },
        body: isBlock ? new Uint8Array(body) : body && JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const { cause, message } = error as Error;
      throw new CollectorError(
        `the collector at ${url} does not answer: ${cause instanceof Error ? cause.message : message}`,
      );
    }
    const answer = (await response.json()) as { detail?: string };
    if (!response.ok) throw new CollectorError(`the collector refuses: ${answer.detail ?? response.statusText}`);
    return answer;
  }
}

async function describe(file: string): Promise<{ name: string; bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    return { name: basename(file), bytes: statSync(file).size, sha256: hash.digest('hex') };
  } catch (error) {
    throw new HistoryError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
