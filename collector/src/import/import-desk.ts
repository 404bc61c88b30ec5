import { type Channel, channels } from '@wattmark/shared/channels';
import { useOf } from '../accounting/slot.ts';
import type { Correction } from '../corrections/change.ts';
import { CorrectionError } from '../corrections/objection.ts';
import type { Fold } from '../fold.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Site } from '../site/site.ts';
import { type Block, decodeBlock } from './block.ts';
import { type Import, type ImportEntry, unfit } from './import-book.ts';

/** Where histories are handed in: first what they are, then their readings block by block, then that they count. */
export interface ImportDesk {
  /** @returns the import's id, the number of its record in the evidence log */
  begin(site: Site, entry: ImportEntry): Promise<string>;
  /**
   * Puts a block on record; nothing counts yet.
   * @returns the number of its readings
   * @throws CorrectionError where it does not fit
   */
  add(site: Site, id: string, point: string, channel: Channel, bytes: Uint8Array): Promise<number>;
  /**
   * From now on the import's readings count; resolves when all that they touch is restated.
   * @throws CorrectionError
   */
  commit(site: Site, id: string): Promise<Correction>;
}

/** Imports that a collector keeps. */
const MAX_IMPORTS = 1_000;

export interface ImportDeskParts {
  readonly pipeline: Pick<Pipeline, 'enter' | 'correct'>;
  readonly ingest: Pick<Ingest, 'definePoint'>;
  readonly fold: Fold;
  readonly now: () => number;
}

export class PipelineImportDesk implements ImportDesk {
  readonly #parts: ImportDeskParts;

  constructor(parts: ImportDeskParts) {
    this.#parts = parts;
  }

  async begin(site: Site, entry: ImportEntry): Promise<string> {
    const { fold, pipeline } = this.#parts;
    if (fold.imports.all().length >= MAX_IMPORTS)
      throw new CorrectionError('conflict', `${MAX_IMPORTS} imports are on record, and no more are taken`);
    const { id } = await pipeline.enter((record) => record.import(site.siteId, entry));
    return id;
  }

  async add(site: Site, id: string, point: string, channel: Channel, bytes: Uint8Array): Promise<number> {
    const { fold, ingest, pipeline, now } = this.#parts;
    this.#requireOpen(site, id);
    const block = this.#blockOf(bytes, channel);
    const pointId = ingest.definePoint(site.siteId, point, now());
    if (pointId === null) throw new CorrectionError('conflict', 'the collector has as many points as it can keep');
    const { quantity } = fold.instrumentOf(pointId);
    if (useOf(channel, quantity) === 'gauge')
      throw new CorrectionError(
        'invalid',
        `${point} counts ${quantity}: a history of its ${channel} becomes no energy`,
      );
    const objection = unfit(fold.imports.seriesOf(id, pointId, channel), block);
    if (objection !== null) throw new CorrectionError('invalid', `the block of ${point} ${channel}: ${objection}`);
    await pipeline.enter((record) => record.block(Number(id), pointId, channel, bytes));
    return block.atMs.length;
  }

  async commit(site: Site, id: string): Promise<Correction> {
    const { series, entry } = this.#requireOpen(site, id);
    if (series.length === 0) throw new CorrectionError('invalid', `import ${id} has no readings`);
    const { by, reason } = entry;
    return this.#parts.pipeline.correct(site.siteId, { by, reason, change: { kind: 'import', import: id } });
  }

  #requireOpen(site: Site, id: string): Import {
    const { fold } = this.#parts;
    const found = fold.imports.find(id);
    if (found === undefined || found.siteId !== site.siteId)
      throw new CorrectionError('invalid', `${site.site} has no import ${id}`);
    const isCommitted = fold.corrections.all.some(({ change }) => change.kind === 'import' && change.import === id);
    if (isCommitted) throw new CorrectionError('conflict', `import ${id} counts already`);
    return found;
  }

  #blockOf(bytes: Uint8Array, channel: Channel): Block {
    let block: Block;
    try {
      block = decodeBlock(bytes);
    } catch (error) {
      throw new CorrectionError('invalid', `the body holds no block: ${(error as Error).message}`);
    }
    const { min, max, unit } = channels[channel];
    const wrong = block.values.find((value) => value < min || value > max);
    if (wrong !== undefined) throw new CorrectionError('invalid', `${wrong} ${unit} is out of range for ${channel}`);
    if ((block.atMs.at(-1) ?? 0) > this.#parts.now())
      throw new CorrectionError('invalid', 'readings of a time that has not come yet');
    return block;
  }
}
