import type { Logger } from '@wattmark/shared/logger';
import type { InfluxTarget } from '../influx/client.ts';
import { clientOf } from '../influx/connect.ts';
import type { Names } from '../influx/names.ts';
import { minutesDatabase } from '../influx/schema.ts';
import { LineQueue } from './line-queue.ts';
import { LineSender } from './line-sender.ts';
import { threadPace } from './pace.ts';

/** How a mirror does; counts are since the process started. */
export interface MirrorState {
  readonly mirror: string;
  readonly url: string;
  /** Null while all is well; otherwise what is wrong, in words for an operator. */
  readonly problem: string | null;
  readonly waitingLines: number;
  readonly queueBytes: number;
  /** For how long the oldest line has waited. */
  readonly behindMs: number;
  readonly sentLines: number;
  readonly rejectedLines: number;
  /** Lost, because the queue was full, damaged, or the disk took nothing. */
  readonly droppedLines: number;
}

export interface MirrorOptions {
  readonly name: string;
  readonly target: InfluxTarget;
  /** Where its queue lies. */
  readonly directory: string;
  readonly maxBytes: number;
  readonly names: Names;
  readonly log: Logger;
  readonly now: () => number;
}

/** A further InfluxDB that gets what the store gets, through a queue of its own. */
export class Mirror {
  readonly queue: LineQueue;
  readonly #name: string;
  readonly #url: string;
  readonly #sender: LineSender;

  private constructor(name: string, url: string, queue: LineQueue, sender: LineSender) {
    this.queue = queue;
    this.#name = name;
    this.#url = url;
    this.#sender = sender;
  }

  static async open({ name, target, directory, maxBytes, names, log, now }: MirrorOptions): Promise<Mirror> {
    const own = log.child({ mirror: name });
    const queue = await LineQueue.open(directory, { maxBytes, log: own, now });
    const databases = { kept: target.database, minutes: minutesDatabase(target.database) };
    const sender = new LineSender({ queue, client: clientOf(target), databases, names, pace: threadPace, log: own });
    return new Mirror(name, target.url, queue, sender);
  }

  /** Begins to send; a server that is away is no error. */
  start(): void {
    this.#sender.start();
  }

  get state(): MirrorState {
    const { lines, bytes, behindMs, dropped } = this.queue;
    const { problem, sent, rejected } = this.#sender;
    return {
      mirror: this.#name,
      url: this.#url,
      problem,
      waitingLines: lines,
      queueBytes: bytes,
      behindMs,
      sentLines: sent,
      rejectedLines: rejected,
      droppedLines: dropped,
    };
  }

  async close(): Promise<void> {
    this.#sender.close();
    await this.queue.close();
  }
}
