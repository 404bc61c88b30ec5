import type { Logger } from '@wattmark/shared/logger';
import { topicOf } from '@wattmark/shared/topics';
import type { Delivery, Link } from './broker/link.ts';
import type { EvidenceFrame, EvidenceLog } from './evidence/evidence-log.ts';
import type { Fold } from './fold.ts';
import type { Ingest, PendingFrame } from './ingest/ingest.ts';
import type { LiveFigures } from './live-figures.ts';
import type { Recorder } from './recorder.ts';

/**
 * The collector's flow on one screen:
 *
 *   delivery → ingest (accept, sequence) → frame → evidence log (on disk) → fold (accounting) → acknowledgements
 *                                                                              │
 *                                                                              └→ closed intervals → recorder (store, snapshots)
 *
 * Frames are committed one after the other; what arrives meanwhile gathers in the next one, so that the disk is asked
 * once for many messages. Nothing is acknowledged, accounted or shown before it is on disk.
 */
export interface PipelineParts {
  readonly evidence: EvidenceLog;
  readonly fold: Fold;
  readonly ingest: Ingest;
  readonly recorder: Recorder;
  readonly live: LiveFigures;
  readonly log: Logger;
  readonly now: () => number;
}

/** While the log cannot be written, the same frame is tried again this often. */
const RETRY_MS = 1_000;

/** Above this much unwritten, deliveries are held back until the log has caught up. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024;

export class Pipeline {
  readonly #parts: PipelineParts;
  #link: Link | null = null;
  #committing: Promise<void> | null = null;
  #stopping = false;
  #problem: string | null = null;
  #wake: () => void = () => {};

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** Null while the evidence log can be written; otherwise why not. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Acknowledgements leave through this link. */
  attach(link: Link): void {
    this.#link = link;
  }

  /** Takes a message from the broker; a promise means that the next one must wait. */
  receive(delivery: Delivery): void | Promise<void> {
    const { ingest, now } = this.#parts;
    ingest.receive(delivery, now());
    this.#start();
    if (ingest.pendingBytes > HIGH_WATER_BYTES && this.#problem === null) return this.#committing ?? undefined;
  }

  /** Puts the time on record, once a minute; minutes that ended are closed and stored. */
  tick(): void {
    const { ingest, now } = this.#parts;
    ingest.tick(now());
    this.#start();
  }

  /** Resolves when what has arrived is on disk and acknowledged. */
  async idle(): Promise<void> {
    await this.#committing;
  }

  /** Commits what has arrived and resolves when it is on disk, accounted and stored. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    this.#parts.recorder.stop();
    this.tick();
    await this.#committing;
    await this.#parts.recorder.idle();
  }

  #start(): void {
    this.#committing ??= this.#commitAll().finally(() => {
      this.#committing = null;
    });
  }

  async #commitAll(): Promise<void> {
    // Let everything that the socket has already delivered join the frame.
    await new Promise((resolve) => setImmediate(resolve));
    for (let frame = this.#parts.ingest.take(); frame !== null; frame = this.#parts.ingest.take()) {
      const written = frame.body.length === 0 || (await this.#commit(frame));
      if (written) this.#acknowledge(frame);
      else return;
    }
  }

  /** Appends one frame, however long that takes; false only where the collector stops before the disk takes it. */
  async #commit(frame: PendingFrame): Promise<boolean> {
    const { fold, recorder, live } = this.#parts;
    const appended = await this.#append(frame.body);
    if (appended === null) return false;
    const batch = fold.apply(appended);
    live.update();
    if (batch !== null) await recorder.record(batch);
    return true;
  }

  /**
   * Tries until the disk takes it. Nothing but the append itself may be tried again: what is in the log would be there
   * twice.
   */
  async #append(body: Uint8Array): Promise<EvidenceFrame | null> {
    const { evidence, fold, log } = this.#parts;
    for (;;) {
      try {
        const appended = await evidence.append(fold.cursor, body);
        if (this.#problem !== null) log.info('the evidence log can be written again');
        this.#problem = null;
        return appended;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === undefined) throw error;
        if (this.#problem === null) log.error({ code, message }, 'the evidence log cannot be written');
        this.#problem = `the evidence log cannot be written (${message}): nothing is acknowledged until there is room`;
        if (this.#stopping) return null;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, RETRY_MS);
          this.#wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  }

  #acknowledge({ acks }: PendingFrame): void {
    const { catalogue, agents } = this.#parts.fold;
    for (const agentId of acks) {
      const key = catalogue.agents[agentId];
      const site = key === undefined ? undefined : catalogue.sites[key.siteId];
      const cursor = agents[agentId];
      if (key === undefined || site === undefined || cursor?.epoch == null) continue;
      const ack = { v: 1, epoch: cursor.epoch, seq: cursor.seq };
      this.#link?.publish(topicOf({ ...site, agent: key.agent }, 'ack'), JSON.stringify(ack), { retain: false });
    }
  }
}
