import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { useOf } from '../accounting/slot.ts';
import type { BlockSpool } from './block-spool.ts';
import { HistoryError } from './history-file.ts';
import type { Series } from './mapping.ts';

export interface SenderOptions {
  /** Sends a body to a path of the collector's API, and resolves to its answer. */
  readonly post: (path: string, body: object | null) => Promise<unknown>;
  readonly site: string;
  readonly entry: {
    readonly by: string;
    readonly reason: string;
    readonly mapping: string;
    readonly files: readonly string[];
  };
}

/** Series whose blocks are on their way side by side. */
const LANES = 4;

/** Hands a history in: what it is and its blocks, and then that it counts. */
export class HistorySender {
  readonly #options: SenderOptions;
  #isStopped = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * @returns the id of the import
   * @throws what `post` does where the collector does not take it; what it has so far counts for nothing
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
    const left = series.entries();
    const sendSeries = async (): Promise<void> => {
      for (const [index, { point, channel }] of left) {
        // What never becomes energy is read and counted, but has no place in a point's account.
        if (useOf(channel, channel === 'volume' || channel === 'mass' ? channel : 'energy') === 'gauge') continue;
        const query = new URLSearchParams({ point, channel }).toString();
        for (const block of spool.encoded(index)) {
          if (this.#isStopped) return;
          const sent = (await this.#post(`/${id}/blocks?${query}`, block)) as { readings: number };
          readings += sent.readings;
          report((ms) => `${readings} readings on record, ${Math.round((readings * 1000) / ms)} a second`);
        }
      }
    };
    const lanes = Array.from({ length: LANES }, sendSeries);
    await Promise.all(lanes).catch(async (error: unknown) => {
      // Nothing is under way any more when the others hear of it.
      this.stop();
      await Promise.allSettled(lanes);
      throw error;
    });
    report(null);
    return id;
  }

  /** Lets the import count. @returns the id of the correction that it is */
  async commit(id: string): Promise<string> {
    const { correction } = (await this.#post(`/${id}/commit`, null)) as { correction: string };
    return correction;
  }

  /** Sends no further blocks. */
  stop(): void {
    this.#isStopped = true;
  }

  #post(path: string, body: object | null): Promise<unknown> {
    const { post, site } = this.#options;
    return post(`/api/v1/sites/${site}/imports${path}`, body);
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
