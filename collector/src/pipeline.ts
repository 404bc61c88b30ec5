import type { Logger } from '@wattmark/shared/logger';
import { topicOf } from '@wattmark/shared/topics';
import type { Delivery, Link } from './broker/link.ts';
import type { Correction, CorrectionEntry } from './corrections/change.ts';
import type { Cursor, EvidenceFrame, EvidenceLog } from './evidence/evidence-log.ts';
import { bodyOf, type RecordWriter } from './evidence/record-writer.ts';
import type { Fold } from './fold.ts';
import type { Ingest, PendingFrame } from './ingest/ingest.ts';
import type { LiveFigures } from './live-figures.ts';
import type { Recorder } from './recorder.ts';
import { foldFrame } from './restatement/fold-frame.ts';
import { RefoldError, type Restater } from './restatement/restate.ts';

/**
 * The collector's flow on one screen:
 *
 *   delivery → ingest (accept, sequence) → frame → evidence log (on disk) → acknowledgements
 *                                                                      └→ fold (accounting) → closed intervals → recorder
 *                                                                                              (store, snapshots)
 *
 * Frames are committed one after the other; what arrives meanwhile gathers in the next one, so that the disk is asked
 * once for many messages. Nothing is acknowledged, accounted or shown before it is on disk. Frames on disk are folded one
 * after the other, too; while a correction is being worked in, or the store is far behind, those that come after wait, and agents
 * need not.
 */
export interface PipelineParts {
  readonly evidence: EvidenceLog;
  readonly fold: Fold;
  readonly ingest: Ingest;
  readonly recorder: Recorder;
  readonly restater: Restater;
  readonly live: LiveFigures;
  readonly log: Logger;
  readonly now: () => number;
}

/** While the log cannot be written, the same frame is tried again this often. */
const RETRY_MS = 1_000;

/** Above this much unwritten, deliveries are held back until the log has caught up. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024;

/** Above this much on disk and not folded, nothing more is written until the fold has caught up. */
const MAX_UNFOLDED_BYTES = 64 * 1024 * 1024;

/** Corrections that may wait for their turn. */
const MAX_WAITING_ENTRIES = 100;

/** A record that has a frame of its own, by whose number it is known. */
interface WaitingEntry {
  readonly write: (record: RecordWriter) => void;
  readonly resolve: (entered: Entered) => void;
  readonly reject: (error: Error) => void;
}

/** What became of such a record. */
export interface Entered {
  /** Number of the record in the evidence log. */
  readonly id: string;
  /** The correction that it is; null where it is none. */
  readonly correction: Correction | null;
}

export class Pipeline {
  readonly #parts: PipelineParts;
  #head: Cursor;
  #link: Link | null = null;
  #committing: Promise<void> | null = null;
  #folding: Promise<void> | null = null;
  readonly #unfolded: { readonly frame: EvidenceFrame; readonly entry: WaitingEntry | null }[] = [];
  #unfoldedBytes = 0;
  /** Whether the fold waits for the store. */
  #isHeldUp = false;
  readonly #followers: (() => void)[] = [];
  /** Corrections on disk and not worked in yet. */
  #restating = 0;
  #entries: WaitingEntry[] = [];
  #stopping = false;
  #problem: string | null = null;
  #wake: () => void = () => {};

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#head = parts.fold.cursor;
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

  /**
   * Puts a record on its own into the log and resolves when all that follows from it is done: of a correction, that everything it
   * touches is restated.
   * @throws RefoldError where it is on record and cannot be worked in; Error where too many wait already, or the collector stops.
   */
  enter(write: (record: RecordWriter) => void): Promise<Entered> {
    if (this.#stopping || this.#entries.length >= MAX_WAITING_ENTRIES) {
      return Promise.reject(new Error(this.#stopping ? 'the collector stops' : 'too many corrections wait already'));
    }
    const entered = new Promise<Entered>((resolve, reject) => {
      this.#entries.push({ write, resolve, reject });
    });
    this.#start();
    return entered;
  }

  /** Puts a correction on record, as `enter` does. */
  async correct(siteId: number, entry: CorrectionEntry): Promise<Correction> {
    const { correction } = await this.enter((record) => record.correction(siteId, entry));
    return correction as Correction;
  }

  /** Resolves when what has arrived is on disk, acknowledged and accounted. */
  async idle(): Promise<void> {
    await this.#committing;
    await this.#folding;
  }

  /** Commits what has arrived and resolves when it is on disk, accounted and stored. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    this.#parts.recorder.stop();
    this.tick();
    await this.idle();
    await this.#parts.recorder.idle();
    for (const { reject } of this.#entries) reject(new Error('the collector stops'));
  }

  #start(): void {
    this.#committing ??= this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    try {
      await this.#commitWaiting();
    } finally {
      // At once, and not when somebody hears of it: what arrives in between would wait for the next to come.
      this.#committing = null;
    }
  }

  async #commitWaiting(): Promise<void> {
    const { ingest } = this.#parts;
    // Let everything that the socket has already delivered join the frame.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      // Before the frame is taken: what the entry speaks of may be defined in it.
      const entry = this.#entries.shift();
      const frame = ingest.take();
      if (frame !== null) {
        if (frame.body.length > 0 && !(await this.#commit(frame.body, null))) return;
        this.#acknowledge(frame);
      }
      if (entry !== undefined && !(await this.#commit(bodyOf(this.#parts.now(), entry.write), entry))) return;
      if (entry === undefined && frame === null) return;
    }
  }

  /** Appends one frame, however long that takes; false only where the collector stops before the disk takes it. */
  async #commit(body: Uint8Array, entry: WaitingEntry | null): Promise<boolean> {
    const frame = await this.#append(body);
    if (frame === null) {
      entry?.reject(new Error('the collector stops'));
      return false;
    }
    this.#head = frame.next;
    this.#unfolded.push({ frame, entry });
    this.#unfoldedBytes += body.length;
    if (entry !== null) this.#restating++;
    this.#folding ??= this.#foldAll();
    if (this.#unfoldedBytes > MAX_UNFOLDED_BYTES) await this.#folding;
    else if (this.#restating === 0) await this.#followed();
    return true;
  }

  /** Resolves when the fold has caught up, or has itself to wait for the store: agents need not. */
  async #followed(): Promise<void> {
    if (this.#folding === null || this.#isHeldUp) return;
    await Promise.race([this.#folding, new Promise<void>((resolve) => this.#followers.push(resolve))]);
  }

  async #foldAll(): Promise<void> {
    // Not before the promise is known.
    await Promise.resolve();
    try {
      await this.#foldWaiting();
    } finally {
      this.#folding = null;
      this.#followers.length = 0;
    }
  }

  async #foldWaiting(): Promise<void> {
    const { fold, recorder, restater, live } = this.#parts;
    for (let next = this.#unfolded.shift(); next !== undefined; next = this.#unfolded.shift()) {
      const { frame, entry } = next;
      const folding = foldFrame(frame, fold, recorder, restater);
      live.update();
      this.#isHeldUp = recorder.isFull;
      if (this.#isHeldUp) for (const follow of this.#followers.splice(0)) follow();
      const folded = await folding.catch(leftOut);
      this.#isHeldUp = false;
      this.#unfoldedBytes -= frame.body.length;
      if (entry !== null) this.#restating--;
      if (folded instanceof RefoldError) entry?.reject(folded);
      else entry?.resolve({ id: String(frame.next.position), correction: folded });
    }
  }

  /**
   * Tries until the disk takes it. Nothing but the append itself may be tried again: what is in the log would be there
   * twice.
   */
  async #append(body: Uint8Array): Promise<EvidenceFrame | null> {
    const { evidence, log } = this.#parts;
    for (;;) {
      try {
        const appended = await evidence.append(this.#head, body);
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
    const { catalogue } = this.#parts.fold;
    for (const [agentId, { epoch, seq }] of acks) {
      const key = catalogue.agents[agentId];
      const site = key === undefined ? undefined : catalogue.sites[key.siteId];
      if (key === undefined || site === undefined) continue;
      const topic = topicOf({ ...site, agent: key.agent }, 'ack');
      this.#link?.publish(topic, JSON.stringify({ v: 1, epoch, seq }), { retain: false });
    }
  }
}

/** A correction that cannot be worked in does not hold up what comes after it. */
function leftOut(error: unknown): RefoldError {
  if (error instanceof RefoldError) return error;
  throw error;
}
