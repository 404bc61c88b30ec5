import type { Logger } from '@wattmark/shared/logger';
import { CorruptLogError, type LogPosition, type SegmentLog } from '@wattmark/shared/segment-log';
import { readHeader } from './spool-index.ts';
import type { SpoolLedger } from './spool-ledger.ts';
import type { SpooledMessage } from './spool-numbering.ts';

/** Reads the spool's messages as they lie in the log, by their numbers there. */
export class SpoolReader {
  readonly #log: SegmentLog;
  readonly #ledger: SpoolLedger;
  readonly #logger: Logger;
  readonly #onDamagedTail: () => void;
  #cursor: { readonly seq: number; readonly position: LogPosition } | null = null;

  /** @param onDamagedTail is called where nothing written behind the newest message could be read. */
  constructor(log: SegmentLog, ledger: SpoolLedger, logger: Logger, onDamagedTail: () => void) {
    this.#log = log;
    this.#ledger = ledger;
    this.#logger = logger;
    this.#onDamagedTail = onDamagedTail;
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

  /** @throws `error` unless it is damage, which is counted once everything before it is acknowledged. */
  #noteUnreadable(seq: number, error: unknown): void {
    const holder = this.#ledger.index.atOrAfter(seq);
    const dropped = holder === null || holder.firstSeq > seq;
    if (dropped && (error as NodeJS.ErrnoException).code === 'ENOENT') return;
    if (!(error instanceof CorruptLogError)) throw error;
    this.#logger.error({ err: error }, 'a part of the spool is damaged');
    if (error.position.segment === this.#log.end.segment) this.#onDamagedTail();
    this.#ledger.damaged(seq);
  }
}
