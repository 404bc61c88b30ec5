import type { Logger } from '@wattmark/shared/logger';
import type { SegmentLog } from '@wattmark/shared/segment-log';
import { epochTimeMs } from './epoch.ts';
import { type PendingMessage, PendingMessages } from './pending-messages.ts';
import { openSpoolFiles, renewState, type SpoolFiles } from './spool-files.ts';
import { type AckVerdict, SpoolLedger } from './spool-ledger.ts';
import { envelope, published, type SpooledMessage } from './spool-numbering.ts';
import { SpoolReader } from './spool-reader.ts';
import { writeSpoolState } from './spool-state.ts';
import type { TickMessage } from './tick-message.ts';

/** Acknowledged messages after which the state is written anew; after a crash no more of them are sent again. */
const STATE_EVERY_MESSAGES = 100;

export interface SpoolOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Wall clock, UTC milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/** The bounded queue on disk of messages that the collector has not acknowledged. */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #files: SpoolFiles;
  readonly #log: SegmentLog;
  readonly #ledger: SpoolLedger;
  readonly #reader: SpoolReader;
  readonly #pending = new PendingMessages();
  #savedSeq: number;
  /** Set where the tail holds damage: what is written behind it could not be read. */
  #sealTail: boolean;
  #diskFails = false;
  #work: Promise<unknown> = Promise.resolve();
  #flushing: Promise<boolean> | null = null;
  /** The newest epoch of this agent that the collector has, from when it turned out to hold what is not here. */
  #disputedBy: string | null = null;

  /** Opens or creates the spool in `directory`. @throws ConfigError naming the process that has it open. */
  static async open(options: SpoolOptions): Promise<Spool> {
    return new Spool(options, await openSpoolFiles({ ...options, nowMs: options.now() }));
  }

  private constructor(options: SpoolOptions, files: SpoolFiles) {
    const { state, log, index } = files;
    this.#options = options;
    this.#files = files;
    this.#log = log;
    this.#ledger = new SpoolLedger(state, index, options.log);
    this.#reader = new SpoolReader(log, this.#ledger, options.log, () => {
      this.#sealTail = true;
    });
    this.#savedSeq = state.firstSeq;
    this.#sealTail = index.lastSeq + 1 < this.#ledger.nextSeq;
  }

  get epoch(): string {
    return this.#ledger.epoch;
  }

  /** The oldest message that is neither acknowledged nor lost, or the next one to be written. */
  get firstSeq(): number {
    return this.#ledger.firstSeq - this.#ledger.after;
  }

  get nextSeq(): number {
    return this.#ledger.nextSeq - this.#ledger.after;
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
    this.#ledger.overflow(this.#pending.push(message));
    this.#flushing ??= this.#alone(() => {
      this.#flushing = null;
      return this.#flush();
    });
    return this.#flushing;
  }

  /** Resolves when everything that was appended is on disk. @throws where the disk refuses it. */
  async settle(): Promise<void> {
    const isOnDisk = await this.#alone(() => this.#flush());
    if (!isOnDisk) throw new Error('the disk refuses messages: is it full?');
  }

  /** Forgets every message of `epoch` up to and including `seq`. */
  ack(epoch: string, seq: number): AckVerdict {
    if (this.disputed) return 'stale';
    const verdict = this.#ledger.ack(epoch, seq);
    const { firstSeq } = this.#ledger;
    if (verdict === 'advanced' && (this.#removable() > 0 || firstSeq - this.#savedSeq >= STATE_EVERY_MESSAGES)) {
      this.#savedSeq = firstSeq;
      void this.#alone(() => this.#removeSegments(this.#removable())).catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'acknowledged segments could not be removed');
      });
    }
    return verdict;
  }

  /** True from `dispute` until the spool has a new epoch. */
  get disputed(): boolean {
    return this.#disputedBy !== null;
  }

  /**
   * The collector has messages of this epoch that are not from here, or of `newest`, an epoch that sorts after it: no
   * acknowledgement counts any more. The numbers that are still to come may be among those that the collector has
   * already, or it takes no message of this epoch at all.
   */
  dispute(newest: string = this.epoch): void {
    this.#disputedBy = newest;
  }

  /**
   * Begins a new epoch, in which everything owed is numbered from 1 on. Some of it the collector may hold from the epoch
   * before: what is in the copy that the spool was put back from. What was written since is not there, and nobody can
   * tell the two apart; but a message that comes again is of the same points and instants, and those count once.
   * @throws the file system's error; then nothing has changed.
   */
  async renew(): Promise<void> {
    await this.#alone(async () => {
      const { epoch: former, depth: messages } = this;
      const afterMs = Math.max(this.#options.now(), (epochTimeMs(this.#disputedBy ?? '') ?? -1) + 1);
      this.#ledger.renew(await renewState(this.#files, this.#ledger.state, afterMs));
      this.#disputedBy = null;
      const { epoch } = this;
      this.#options.log.warn(
        { former, epoch, messages },
        'the collector has messages of this agent that are not in this spool, as after it was put back from an older ' +
          'copy or begun while the clock was wrong: a new epoch begins',
      );
    });
  }

  /** The messages from `seq` on that are on disk when it is called, up to the first that cannot be read. */
  async *messagesFrom(seq: number): AsyncGenerator<SpooledMessage> {
    const { numbering, after } = this.#ledger;
    for await (const message of this.#reader.messagesFrom(seq + after)) yield published(message, numbering);
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
      await this.#files.release();
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
        this.#ledger.overflow(this.#pending.putBack(batch));
        if (!this.#diskFails) this.#options.log.error({ err: error }, 'the disk refuses messages: they wait in memory');
        this.#diskFails = true;
        return false;
      }
    }
    const { nextSeq, lost } = this;
    if (this.#diskFails) this.#options.log.info({ nextSeq, lost }, 'the disk takes messages again');
    this.#diskFails = false;
    return true;
  }

  async #write(batch: readonly PendingMessage[]): Promise<void> {
    const payloads = batch.map(({ body }, i) =>
      Buffer.concat([Buffer.from(envelope(this.#ledger.logEpoch, this.#ledger.nextSeq + i)), body]),
    );
    await this.#makeRoom(payloads.reduce((sum, payload) => sum + payload.length, 0));
    if (this.#sealTail) await this.#log.rotate();
    this.#sealTail = false;
    const { segment } = await this.#log.append(payloads);
    // What a history tells is old when it comes; its age here begins when it is written.
    for (const { at } of batch) this.#ledger.written(segment, Math.max(at, this.#options.now()));
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
    await writeSpoolState(this.#files.stateFile, state);
    this.#savedSeq = state.firstSeq;
  }
}
