export interface SpooledMessage {
  readonly seq: number;
  /** The message as it is published. */
  readonly payload: Uint8Array;
}

/**
 * Under which epoch and numbers the messages of the log are published. A spool that begins a new epoch leaves its log
 * as it is: the log goes on with its own numbers, and what is read from it is told apart by this.
 */
export interface Numbering {
  readonly epoch: string;
  /** The number in the log that is the epoch's 0. */
  readonly after: number;
}

/** The beginning of a message's JSON, which the rest follows from the key `at` on. */
export function envelope(epoch: string, seq: number): string {
  return `{"v":1,"epoch":"${epoch}","seq":${seq},`;
}

/** A message of the log as it is published: its place in the sequence is in its JSON. */
export function published(message: SpooledMessage, numbering: Numbering | null): SpooledMessage {
  if (numbering === null) return message;
  const { epoch, after } = numbering;
  const { seq, payload } = message;
  const head = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  // Neither an epoch nor a number holds a quote.
  const body = head.subarray(head.indexOf('"at":'));
  return { seq: seq - after, payload: Buffer.concat([Buffer.from(envelope(epoch, seq - after)), body]) };
}
