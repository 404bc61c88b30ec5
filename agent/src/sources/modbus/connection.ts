import type { Clock } from '../../clock.ts';
import { NoAnswer, type Query, type Refusal } from './framing.ts';
import type { Place, Wire } from './place.ts';

/** A device that sends this much without being understood is talked to anew. */
const MOST_UNREAD_BYTES = 4096;

const nothing: Buffer = Buffer.alloc(0);

interface Pending {
  /** Looks for the answer in what was received. */
  take(): void;
  fail(error: Error): void;
}

/** An open wire on which one question at a time is asked. */
export class Connection {
  readonly #wire: Wire;
  readonly #place: Place;
  readonly #clock: Clock;
  #received = nothing;
  #heard = false;
  #lastByteMs = Number.NEGATIVE_INFINITY;
  #number = 0;
  #isOpen = true;
  #pending: Pending | null = null;

  constructor(wire: Wire, place: Place, clock: Clock) {
    this.#wire = wire;
    this.#place = place;
    this.#clock = clock;
    wire.stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    wire.stream.once('close', () => {
      this.#isOpen = false;
      this.#pending?.fail(new NoAnswer('closed', 'the device closed the connection'));
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether anything was received since the last question. */
  get heard(): boolean {
    return this.#heard;
  }

  /**
   * @param signal gives the question up, with its reason as the error
   * @throws NoAnswer where the wire is closed or what comes cannot be understood
   */
  async ask(query: Query, signal: AbortSignal): Promise<Buffer | Refusal> {
    const { framing } = this.#place;
    if (!this.#isOpen) throw new NoAnswer('closed', 'the connection is closed');
    await this.#untilSilent(signal);
    this.#heard = false;
    // Without numbers, whatever came before the question cannot be its answer.
    if (!framing.numbered) this.#received = nothing;
    this.#number = (this.#number + 1) % 0x10000;
    this.#wire.stream.write(framing.encode(query, this.#number));
    return this.#answerTo(query, this.#number, signal);
  }

  close(): void {
    this.#isOpen = false;
    this.#wire.close();
  }

  #receive(chunk: Buffer): void {
    this.#heard = true;
    this.#lastByteMs = this.#clock.monotonicMs();
    this.#received = Buffer.concat([this.#received, chunk]);
    this.#pending?.take();
    if (this.#received.length > MOST_UNREAD_BYTES) this.close();
  }

  /** Waits until nothing is on the line any more, such as another unit's late answer. */
  async #untilSilent(signal: AbortSignal): Promise<void> {
    for (;;) {
      if (signal.aborted) throw signal.reason as Error;
      const leftMs = this.#lastByteMs + this.#place.silenceMs - this.#clock.monotonicMs();
      if (leftMs <= 0) return;
      await this.#clock.sleep(Math.ceil(leftMs), signal);
    }
  }

  async #answerTo(query: Query, number: number, signal: AbortSignal): Promise<Buffer | Refusal> {
    try {
      return await new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        const take = (): void => {
          try {
            const { answer, rest } = this.#place.framing.parse(this.#received, query, number);
            this.#received = rest;
            if (answer !== null) resolve(answer);
          } catch (error) {
            // Nothing that follows on this wire could be understood.
            this.close();
            reject(error);
          }
        };
        this.#pending = { take, fail: reject };
      });
    } finally {
      this.#pending = null;
    }
  }
}
