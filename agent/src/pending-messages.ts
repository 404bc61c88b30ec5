import type { TickMessage } from './tick-message.ts';

/** Messages that may wait for the disk: at 10 s, almost three hours. */
const MAX_MESSAGES = 1_000;

/** Bytes that they may take: what a small host can spare. */
const MAX_BYTES = 16 * 1_048_576;

/** Bytes written and synced at a time. */
const BATCH_BYTES = 1_048_576;

/** A message encoded but for its place in the sequence, which it gets when it is written. */
export interface PendingMessage {
  readonly at: number;
  /** JSON from the key `at` on, with the closing brace. */
  readonly body: Buffer;
}

/** The bounded queue of messages that are not on disk yet. */
export class PendingMessages {
  readonly #messages: PendingMessage[] = [];
  #bytes = 0;

  get length(): number {
    return this.#messages.length;
  }

  /** @returns how many of the oldest messages had to go to make room. */
  push(message: TickMessage): number {
    const { at, readings } = message;
    const body = Buffer.from(JSON.stringify({ at, readings }).slice(1));
    this.#messages.push({ at, body });
    this.#bytes += body.length;
    return this.#trim();
  }

  /** Removes the oldest messages, as many as are written at a time. */
  takeBatch(): readonly PendingMessage[] {
    let bytes = 0;
    let length = 0;
    for (const { body } of this.#messages) {
      if (length > 0 && bytes + body.length > BATCH_BYTES) break;
      bytes += body.length;
      length++;
    }
    this.#bytes -= bytes;
    return this.#messages.splice(0, length);
  }

  /** Puts a batch that could not be written back to the front. @returns as `push`. */
  putBack(batch: readonly PendingMessage[]): number {
    this.#messages.unshift(...batch);
    this.#bytes += batch.reduce((sum, { body }) => sum + body.length, 0);
    return this.#trim();
  }

  #trim(): number {
    let dropped = 0;
    while (this.#messages.length > MAX_MESSAGES || (this.#bytes > MAX_BYTES && this.#messages.length > 1)) {
      this.#bytes -= this.#messages.shift()?.body.length ?? 0;
      dropped++;
    }
    return dropped;
  }
}
