import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@wattmark/shared/logger';
import { type InfluxClient, InfluxError, type Rejection } from '../influx/client.ts';
import type { Names } from '../influx/names.ts';
import type { DatabaseRole } from '../influx/schema.ts';
import { bytesOf, type QueuedBatch } from './batch.ts';
import type { LineQueue } from './line-queue.ts';
import type { Pace } from './pace.ts';
import { type Lines, linesOf } from './packed-rows.ts';

export interface LineSenderOptions {
  readonly queue: LineQueue;
  readonly client: Pick<InfluxClient, 'write'>;
  readonly databases: Readonly<Record<DatabaseRole, string>>;
  readonly names: Names;
  readonly pace: Pace;
  readonly log: Logger;
  /** First time after which a server that is away is tried again; doubled each time. */
  readonly retryMs?: number;
}

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** What only an operator can change is tried again this much less often. */
const SLOWER = 10;

/** While the collector is busy, a batch is followed by a rest of so many times what it took: sending has a twentieth of it. */
const REST = 19;

/** The rest ends as soon as the collector was not busy for this long, or as long as the batch took. */
const LOOK_MS = 25;

/**
 * Takes batches from a queue to a server, one after the other, for as long as it takes; lines that it will never take are
 * counted, logged and left out.
 */
export class LineSender {
  readonly #options: LineSenderOptions;
  readonly #closing = new AbortController();
  #problem: string | null = null;
  #sent = 0;
  #rejected = 0;
  #failures = 0;
  #lastRejection = '';

  constructor(options: LineSenderOptions) {
    this.#options = options;
  }

  /** Begins to send. To be called once, when every point that rows in the queue may be of has its name. */
  start(): void {
    void this.#run();
  }

  /** Null while the server takes what it is sent; otherwise why not, and what to do. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Lines that the server has taken since the process started. */
  get sent(): number {
    return this.#sent;
  }

  /** Lines that it has refused for what they are. */
  get rejected(): number {
    return this.#rejected;
  }

  /** What is under way is in the queue until it is known to have arrived, and is not waited for. */
  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    const { queue, pace } = this.#options;
    const { signal } = this.#closing;
    let last = { tookMs: 0, endedMs: pace.nowMs() };
    while (!signal.aborted) {
      try {
        const batch = await queue.oldest();
        if (batch === null) return;
        await this.#rest(last);
        const beganMs = pace.nowMs();
        await this.#send(batch);
        await queue.release(batch);
        this.#succeed();
        const endedMs = pace.nowMs();
        last = { tookMs: endedMs - beganMs, endedMs };
      } catch (error) {
        if (signal.aborted) return;
        await sleep(this.#fail(error as Error), undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Leaves the way to what is more urgent, and never for ever. */
  async #rest({ tookMs, endedMs }: { readonly tookMs: number; readonly endedMs: number }): Promise<void> {
    const { pace } = this.#options;
    const lookMs = Math.min(LOOK_MS, tookMs);
    while (pace.nowMs() - endedMs < REST * tookMs) {
      if (!(await pace.wasBusyFor(lookMs, this.#closing.signal))) return;
    }
  }

  async #send(batch: QueuedBatch): Promise<void> {
    const found = await this.#linesOf(batch);
    if ('reason' in found) return void this.#reject([found]);
    const { lines, database } = found;
    const rejections = await this.#write(lines, this.#options.databases[database]);
    this.#sent += lines.length - this.#reject(rejections);
  }

  /** Rows that cannot become lines will never be taken, either. */
  async #linesOf(batch: QueuedBatch): Promise<Lines | Rejection> {
    const { content, lines: rows } = batch;
    const bytes = await bytesOf(batch);
    if (content === 'kept' || content === 'minutes') return { database: content, lines: bytes.toString().split('\n') };
    try {
      return linesOf({ content, rows, bytes }, this.#options.names);
    } catch (error) {
      if (error instanceof RangeError) return { lines: rows, reason: error.message };
      throw error;
    }
  }

  /** @returns how many lines they are. */
  #reject(rejections: readonly Rejection[]): number {
    for (const rejection of rejections) this.#tell(rejection);
    const rejected = rejections.reduce((sum, { lines }) => sum + lines, 0);
    this.#rejected += rejected;
    return rejected;
  }

  /** A request that is refused as a whole is divided, so that no single line can hold up all that follow. */
  async #write(lines: readonly string[], database: string): Promise<Rejection[]> {
    try {
      const rejection = await this.#options.client.write(lines, database);
      return rejection === null ? [] : [rejection];
    } catch (error) {
      if (!(error instanceof InfluxError) || error.failure !== 'refused') throw error;
      if (lines.length === 1) return [{ lines: 1, reason: error.message }];
      const middle = lines.length >> 1;
      const first = await this.#write(lines.slice(0, middle), database);
      return [...first, ...(await this.#write(lines.slice(middle), database))];
    }
  }

  /** The same refusal is told once, however often it comes. */
  #tell({ lines, reason }: Rejection): void {
    const { log } = this.#options;
    // Numbers and times differ from batch to batch.
    const kind = reason.replaceAll(/\d+/g, '0');
    if (kind === this.#lastRejection) log.debug({ lines, reason }, 'lines were refused');
    else log.error({ lines, reason }, 'lines were refused; they are left out');
    this.#lastRejection = kind;
  }

  #succeed(): void {
    this.#failures = 0;
    if (this.#problem === null) return;
    this.#options.log.info({ lines: this.#options.queue.lines }, 'lines are taken again; so many have waited');
    this.#problem = null;
  }

  /** @returns how long to wait, ms. */
  #fail(error: Error): number {
    const { log, retryMs = RETRY_MS } = this.#options;
    const { message } = error;
    if (message !== this.#problem) log.warn({ reason: message }, 'no lines are taken; trying again');
    this.#problem = message;
    if (error instanceof InfluxError && error.failure !== 'unreachable') return retryMs * SLOWER;
    return Math.min(MAX_RETRY_MS, retryMs * 2 ** Math.min(this.#failures++, 20));
  }
}
