import type { Pipeline } from '../pipeline.ts';
import type { Site } from '../site/site.ts';
import type { Correction, CorrectionEntry } from './change.ts';
import { CorrectionError, examine } from './objection.ts';
import { type TrialParts, type TrialPoint, tryEntry } from './trial.ts';

/** Where corrections are handed in. */
export interface CorrectionDesk {
  /**
   * Puts an entry on record and resolves when everything that it touches is restated.
   * @throws CorrectionError
   */
  enter(site: Site, entry: CorrectionEntry): Promise<Correction>;
  /**
   * What an entry would change; nothing is put on record.
   * @throws CorrectionError
   */
  try(site: Site, entry: CorrectionEntry): Promise<TrialPoint[]>;
}

/** Entries that may wait for those before them. */
const MAX_WAITING = 100;

/** Takes one entry after the other, so that each is held against all that is on record before it. */
export class PipelineDesk implements CorrectionDesk {
  readonly #parts: TrialParts & { readonly pipeline: Pick<Pipeline, 'correct'>; readonly now: () => number };
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isTrying = false;

  constructor(parts: TrialParts & { readonly pipeline: Pick<Pipeline, 'correct'>; readonly now: () => number }) {
    this.#parts = parts;
  }

  async enter(site: Site, entry: CorrectionEntry): Promise<Correction> {
    if (this.#waiting >= MAX_WAITING)
      throw new CorrectionError('busy', `${MAX_WAITING} corrections wait already: try again later`);
    this.#waiting++;
    const entered = this.#last.then(() => {
      this.#examine(site, entry);
      return this.#parts.pipeline.correct(site.siteId, entry);
    });
    this.#last = entered.catch(() => {});
    return entered.finally(() => this.#waiting--);
  }

  async try(site: Site, entry: CorrectionEntry): Promise<TrialPoint[]> {
    this.#examine(site, entry);
    if (this.#isTrying) throw new CorrectionError('busy', 'another dry run is under way: try again when it is done');
    this.#isTrying = true;
    try {
      return await tryEntry(this.#parts, site, entry, this.#parts.now());
    } finally {
      this.#isTrying = false;
    }
  }

  #examine(site: Site, entry: CorrectionEntry): void {
    const { fold, now } = this.#parts;
    examine(entry, site, fold.corrections, now());
  }
}
