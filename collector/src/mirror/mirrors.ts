import { join } from 'node:path';
import type { Logger } from '@wattmark/shared/logger';
import type { Fold } from '../fold.ts';
import type { InfluxTarget } from '../influx/client.ts';
import { Names } from '../influx/names.ts';
import type { Store } from '../store/store.ts';
import type { LineQueue } from './line-queue.ts';
import { Mirror, type MirrorState } from './mirror.ts';
import { MirroredStore } from './mirrored-store.ts';

/** A mirror as it is configured. */
export interface MirrorConfig {
  readonly name: string;
  readonly target: InfluxTarget;
  /** Limit of its queue on disk. */
  readonly maxBytes: number;
}

export interface MirrorsOptions {
  readonly mirrors: readonly MirrorConfig[];
  /** The InfluxDB that is the store, and that gets reports as mirrors do; null where it is embedded. */
  readonly store: InfluxTarget | null;
  /** The collector's data directory. */
  readonly data: string;
  readonly fold: Pick<Fold, 'catalogue' | 'registry'>;
  readonly log: Logger;
  readonly now: () => number;
}

/** Name of the queue of reports for the store; no mirror can have it, because a name has no underscore. */
const STORE = '_store';
const STORE_QUEUE_BYTES = 64 * 1_048_576;

/** All servers that get lines beside the store. */
export class Mirrors {
  readonly #mirrors: readonly Mirror[];
  /** Gets reports only. */
  readonly #store: Mirror | null;
  readonly #names: Names;

  private constructor(mirrors: readonly Mirror[], store: Mirror | null, names: Names) {
    this.#mirrors = mirrors;
    this.#store = store;
    this.#names = names;
  }

  /** To be called when the store is open: that keeps a second collector away from the queues, too. */
  static async open({ mirrors, store, data, fold, log, now }: MirrorsOptions): Promise<Mirrors> {
    const known = { catalogue: fold.catalogue, site: (siteId: number) => fold.registry.site(siteId) };
    const names = new Names(() => known);
    const open = ({ name, ...mirror }: MirrorConfig): Promise<Mirror> =>
      Mirror.open({ name, ...mirror, directory: join(data, 'mirrors', name), names, log, now });
    const opened: Mirror[] = [];
    for (const mirror of mirrors) opened.push(await open(mirror));
    const reports = store && (await open({ name: STORE, target: store, maxBytes: STORE_QUEUE_BYTES }));
    return new Mirrors(opened, reports, names);
  }

  /** Begins to send. To be called when the log is folded: rows that wait may be of points that only its end tells of. */
  start(): void {
    for (const mirror of this.#all()) mirror.start();
  }

  get states(): readonly MirrorState[] {
    return this.#all().map(({ state }) => state);
  }

  /** Queues of what is reported beside intervals; empty where nobody wants that. */
  get reportQueues(): readonly LineQueue[] {
    return this.#all().map(({ queue }) => queue);
  }

  /** The store through which everything written reaches the mirrors, too. */
  mirrored(store: Store): Store {
    const queues = this.#mirrors.map(({ queue }) => queue);
    return queues.length === 0 ? store : new MirroredStore(store, queues, this.#names);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all().map((mirror) => mirror.close()));
  }

  #all(): readonly Mirror[] {
    return this.#store === null ? this.#mirrors : [...this.#mirrors, this.#store];
  }
}
