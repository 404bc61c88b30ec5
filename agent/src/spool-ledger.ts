import type { Logger } from '@wattmark/shared/logger';
import { epochTimeMs } from './epoch.ts';
import type { SegmentRange, SpoolIndex } from './spool-index.ts';
import type { Numbering } from './spool-numbering.ts';
import type { SpoolState } from './spool-state.ts';

/**
 * What an acknowledgement was worth: `stale` says nothing new, `foreign` is of a former epoch, `superseded` of one that
 * sorts after this one, `beyond` of messages that were never written.
 */
export type AckVerdict = 'advanced' | 'stale' | 'foreign' | 'superseded' | 'beyond';

/**
 * The spool's books: which messages are owed to the collector, where they lie, and which are lost, by their numbers in
 * the log. Touches no file.
 */
export class SpoolLedger {
  /** In which the log was begun. */
  readonly logEpoch: string;
  #numbering: Numbering | null;
  readonly index: SpoolIndex;
  readonly #log: Logger;
  #firstSeq: number;
  #nextSeq: number;
  #lost: number;
  #overflown = 0;
  #gaps = 0;

  /** Opens the books from the written state and from what was found on disk, which is newer. */
  constructor(state: SpoolState, index: SpoolIndex, log: Logger) {
    this.logEpoch = state.epoch;
    this.#numbering = state.renewed ?? null;
    this.index = index;
    this.#log = log;
    this.#lost = state.lost;
    this.#nextSeq = Math.max(state.nextSeq, index.lastSeq + 1);
    this.#firstSeq = state.firstSeq;
    this.#raise(state.firstSeq);
  }

  /** How messages are published, where that is not as they lie in the log. */
  get numbering(): Numbering | null {
    return this.#numbering;
  }

  /** In which messages are published. */
  get epoch(): string {
    return this.#numbering?.epoch ?? this.logEpoch;
  }

  /** What the numbers in the log are ahead of the published ones. */
  get after(): number {
    return this.#numbering?.after ?? 0;
  }

  /** The oldest message that is neither acknowledged nor lost, or the next one to be written. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** Messages lost since the spool was created. */
  get lost(): number {
    return this.#lost;
  }

  /** How often `firstSeq` was raised over messages that nobody acknowledged. */
  get gaps(): number {
    return this.#gaps;
  }

  get state(): SpoolState {
    const renewed = this.#numbering ?? undefined;
    return { epoch: this.logEpoch, firstSeq: this.#firstSeq, nextSeq: this.#nextSeq, lost: this.#lost, renewed };
  }

  /** The segment that holds the oldest message still owed, or null where none is. */
  get neededSegment(): number | null {
    return this.index.atOrAfter(this.#firstSeq)?.segment ?? null;
  }

  /** Books the next message, written to `segment`; `at` is its tick. */
  written(segment: number, at: number): void {
    if (!this.index.add(segment, this.#nextSeq, at)) throw new Error(`segment ${segment} is not the newest`);
    this.#nextSeq++;
  }

  /** Publishes what is owed under another numbering. */
  renew(numbering: Numbering): void {
    this.#numbering = numbering;
  }

  /** Books every message up to and including the one published as `ackedSeq` as delivered. */
  ack(epoch: string, ackedSeq: number): AckVerdict {
    if (epoch !== this.epoch) return epoch > this.epoch && epochTimeMs(epoch) !== null ? 'superseded' : 'foreign';
    const seq = ackedSeq + this.after;
    if (seq >= this.#nextSeq) return 'beyond';
    if (seq < this.#firstSeq) return 'stale';
    this.#raise(seq + 1);
    return 'advanced';
  }

  /** Gives up a segment's messages to make room. */
  drop(range: SegmentRange, why: string): void {
    const owed = Math.max(0, range.lastSeq - Math.max(range.firstSeq, this.#firstSeq) + 1);
    this.index.remove(range);
    if (owed > 0) {
      this.#gaps++;
      this.lose(owed, why);
    }
    this.#raise(Math.max(this.#firstSeq, range.lastSeq + 1));
  }

  /** Gives up the rest of the segment that holds `seq`, which turned out to be damaged there. */
  damaged(seq: number): void {
    const range = this.index.atOrAfter(seq);
    if (range !== null && range.firstSeq <= seq) this.index.cut(range, seq);
    this.#raise(this.#firstSeq);
  }

  /** Gives up messages that the disk did not take. The log may be on the same disk: of many it says ever fewer. */
  overflow(messages: number): void {
    const before = this.#overflown;
    this.#overflown += messages;
    if (Math.clz32(before) === Math.clz32(this.#overflown)) this.#lost += messages;
    else this.lose(messages, 'the disk takes nothing and memory is full');
  }

  lose(messages: number, why: string): void {
    if (messages === 0) return;
    this.#lost += messages;
    this.#log.error({ messages, lost: this.#lost, why }, 'messages are lost');
  }

  /** Sets `firstSeq`, and beyond that skips what no segment holds any more: what lies before is delivered by then. */
  #raise(seq: number): void {
    const holder = this.index.atOrAfter(seq);
    this.#firstSeq = holder === null ? this.#nextSeq : Math.max(seq, holder.firstSeq);
    if (this.#firstSeq === seq) return;
    this.#gaps++;
    this.lose(this.#firstSeq - seq, 'the spool is damaged');
  }
}
