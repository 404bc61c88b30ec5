import { rm } from 'node:fs/promises';
import type { Logger } from '@wattmark/shared/logger';
import { CorruptLogError, type LogPosition, type SegmentLog } from '@wattmark/shared/segment-log';
import { type PendingMessage, PendingMessages } from './pending-messages.ts';
import { openSpoolFiles, type SpoolFiles } from './spool-files.ts';
import { readHeader } from './spool-index.ts';
import { type AckVerdict, SpoolLedger } from './spool-ledger.ts';
import { writeSpoolState } from './spool-state.ts';
import type { TickMessage } from './tick-message.ts';

/** Acknowledged messages after which the state is written anew; after a crash no more of them are sent again. */
const STATE_EVERY_MESSAGES = 100;

/** The least size of a segment, and the share of the spool that goes when the oldest has to go. */
const LEAST_SEGMENT_BYTES = 256 * 1024;
const SEGMENTS = 32;

export interface SpoolOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Wall clock, UTC milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

export interface SpooledMessage {
  readonly seq: number;
  /** The message as it is published. */
  readonly payload: Uint8Array;
}

/** The bounded queue on disk of messages that the collector has not acknowledged. */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #stateFile: string;
  readonly #lockFile: string | null;
  readonly #log: SegmentLog;
  readonly #ledger: SpoolLedger;
  readonly #pending = new PendingMessages();
  #savedSeq: number;
  /** Set where the tail holds damage: what is written behind it could not be read. */
  #sealTail: boolean;
  #diskFails = false;
  #cursor: { readonly seq: number; readonly position: LogPosition } | null = null;
  #work: Promise<unknown> = Promise.resolve();
  #flushing: Promise<boolean> | null = null;

  /** Opens or creates the spool in `directory`. @throws ConfigError naming the process that has it open. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const segmentBytes = Math.max(LEAST_SEGMENT_BYTES, Math.floor(options.maxBytes / SEGMENTS));
    const { directory, log } = options;
    return new Spool(options, await openSpoolFiles({ directory, segmentBytes, nowMs: options.now(), log }));
  }

  private constructor(options: SpoolOptions, { stateFile, state, log, index, lockFile }: SpoolFiles) {
    this.#options = options;
    this.#stateFile = stateFile;
    this.#lockFile = lockFile;
    this.#log = log;
    this.#ledger = new SpoolLedger(state, index, options.log);
    this.#savedSeq = state.firstSeq;
    this.#sealTail = index.lastSeq + 1 < this.#ledger.nextSeq;
  }

  get epoch(): string {
    return this.#ledger.epoch;
  }

  /** The oldest message that is neither acknowledged nor lost, or the next one to be written. */
  get firstSeq(): number {
    return this.#ledger.firstSeq;
  }

  get nextSeq(): number {
    return this.#ledger.nextSeq;
  }

  /** Messages not acknowledged yet. */
  get depth(): number {
    return this.nextSeq - this.firstSeq + this.#pending.length;
  }

  /** Messages lost since the spool was created: at its limits, to a disk that was full for too long, or to damage. */
  get lost(): number {
    return this.#ledger.lost;
  }

  /** Changes when `firstSeq` was raised over messages that nobody acknowledged: the collector has to be told. */
  get gaps(): number {
    return this.#ledger.gaps;
  }

  /**
   * Writes a message behind all others.
   * @returns true when it is on disk, false when the disk refuses it: then it waits in memory and the next call tries again.
   */
  append(message: TickMessage): Promise<boolean> {
    this.#ledger.lose(this.#pending.push(message), 'the disk takes nothing and memory is full');
    this.#flushing ??= this.#alone(() => {
      this.#flushing = null;
      return this.#flush();
    });
    return this.#flushing;
  }

  /** Forgets every message of `epoch` up to and including `seq`. */
  ack(epoch: string, seq: number): AckVerdict {
    const verdict = this.#ledger.ack(epoch, seq);
    if (verdict === 'advanced' && (this.#removable() > 0 || this.firstSeq - this.#savedSeq >= STATE_EVERY_MESSAGES)) {
      this.#savedSeq = this.firstSeq;
      void this.#alone(() => this.#removeSegments(this.#removable())).catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'acknowledged segments could not be removed');
      });
    }
    return verdict;
  }

  /** The messages from `seq` on that are on disk when it is called, up to the first that cannot be read. */
  async *messagesFrom(seq: number): AsyncGenerator<SpooledMessage> {
    const range = this.#ledger.index.atOrAfter(seq);
    if (range === null || range.firstSeq > seq) return;
    const start = { segment: range.segment, offset: this.#log.start.offset };
    let next = seq;
    try {
      for await (const frame of this.#log.read(this.#cursor?.seq === seq ? this.#cursor.position : start)) {
        const found = readHeader(frame).seq;
        if (found < next) continue;
        if (found > next) return;
        next++;
        this.#cursor = { seq: next, position: frame.next };
        yield { seq: found, payload: frame.payload };
      }
    } catch (error) {
      this.#noteUnreadable(next, error);
    }
  }

  /** Writes what still waits and the state, and closes the files. */
  async close(): Promise<void> {
    await this.#alone(async () => {
      await this.#flush();
      this.#ledger.lose(this.#pending.length, 'the disk took nothing until the end');
      await this.#writeState().catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'the state of the spool could not be written');
      });
      await this.#log.close();
      if (this.#lockFile !== null) await rm(this.#lockFile, { force: true });
    });
  }

  /** Runs after everything that was begun before: the log takes one change at a time. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => {});
    return result;
  }

  async #flush(): Promise<boolean> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.takeBatch();
      try {
        await this.#write(batch).catch(async (error: unknown) => {
          if (!(await this.#reclaim())) throw error;
          await this.#write(batch);
        });
      } catch (error) {
        this.#ledger.lose(this.#pending.putBack(batch), 'the disk takes nothing and memory is full');
        if (!this.#diskFails) this.#options.log.error({ err: error }, 'the disk refuses messages: they wait in memory');
        this.#diskFails = true;
        return false;
      }
    }
    if (this.#diskFails) this.#options.log.info({ nextSeq: this.nextSeq }, 'the disk takes messages again');
    this.#diskFails = false;
    return true;
  }

  async #write(batch: readonly PendingMessage[]): Promise<void> {
    const payloads = batch.map(({ body }, i) =>
      Buffer.concat([Buffer.from(`{"v":1,"epoch":"${this.epoch}","seq":${this.nextSeq + i},`), body]),
    );
    await this.#makeRoom(payloads.reduce((sum, payload) => sum + payload.length, 0));
    if (this.#sealTail) await this.#log.rotate();
    this.#sealTail = false;
    const { segment } = await this.#log.append(payloads);
    for (const { at } of batch) this.#ledger.written(segment, at);
  }

  /** Drops the oldest segments until `bytes` more are within the limits. */
  async #makeRoom(bytes: number): Promise<void> {
    const { maxBytes, maxAgeMs, now } = this.#options;
    const oldestAt = now() - maxAgeMs;
    const { index } = this.#ledger;
    for (let { oldest } = index; oldest !== null; { oldest } = index) {
      const usedBytes = this.#log.segments().reduce((sum, segment) => sum + segment.bytes, 0);
      const full = usedBytes + bytes > maxBytes && oldest.segment < this.#log.end.segment;
      if (!full && oldest.newestAt >= oldestAt) return;
      this.#ledger.drop(oldest, full ? 'the spool is full' : 'they are too old');
      if (oldest.segment === this.#log.end.segment) await this.#log.rotate();
      await this.#removeSegments(oldest.segment);
    }
  }

  /** Gives the disk back what is acknowledged but not yet removed. @returns whether there was anything. */
  async #reclaim(): Promise<boolean> {
    const tail = this.#log.end;
    if (this.firstSeq < this.nextSeq || tail.offset === this.#log.start.offset) return false;
    await this.#log.rotate();
    await this.#removeSegments(tail.segment);
    return true;
  }

  /** The highest segment that holds nothing more that is owed, or 0. */
  #removable(): number {
    const needed = this.#ledger.neededSegment ?? this.#log.end.segment;
    return this.#log.start.segment < needed ? needed - 1 : 0;
  }

  /** The state goes first, so that what is removed is never taken for lost; on a full disk it can only come after. */
  async #removeSegments(last: number): Promise<void> {
    const stateWritten = await this.#writeState().then(
      () => true,
      () => false,
    );
    for (const { number } of this.#log.segments()) {
      if (number <= last) await this.#log.removeSegment(number);
    }
    this.#ledger.index.removeThrough(last);
    if (!stateWritten) await this.#writeState();
  }

  async #writeState(): Promise<void> {
    const { state } = this.#ledger;
    await writeSpoolState(this.#stateFile, state);
    this.#savedSeq = state.firstSeq;
  }

  /** @throws `error` unless it is damage, which is counted once everything before it is acknowledged. */
  #noteUnreadable(seq: number, error: unknown): void {
    const holder = this.#ledger.index.atOrAfter(seq);
    const dropped = holder === null || holder.firstSeq > seq;
    if (dropped && (error as NodeJS.ErrnoException).code === 'ENOENT') return;
    if (!(error instanceof CorruptLogError)) throw error;
    this.#options.log.error({ err: error }, 'a part of the spool is damaged');
    this.#sealTail ||= error.position.segment === this.#log.end.segment;
    this.#ledger.damaged(seq);
  }
}
