import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@wattmark/shared/logger';
import { CorruptLogError, type LogPosition, SegmentLog } from '@wattmark/shared/segment-log';
import { type Batch, decodeBatch, encodeBatch, type QueuedBatch } from './batch.ts';

export interface LineQueueOptions {
  /** Bytes on disk beyond which the oldest batches are dropped. */
  readonly maxBytes: number;
  readonly log: Logger;
  readonly now: () => number;
}

/** Parts in which a full queue is dropped. */
const SEGMENTS = 16;
const MAX_SEGMENT_BYTES = 16 * 1_048_576;

/** Where the queue's reader is, remembered beside its segments. A lost cursor means that what is held is sent again. */
const CURSOR_FILE = 'cursor.json';
const CURSOR_EVERY_MS = 1_000;

/** Where the reader is, and how many lines are behind it since the queue began. */
interface Cursor {
  readonly position: LogPosition;
  readonly lines: number;
}

/**
 * Batches on their way to one target, on disk: what was appended survives `kill -9`, and is taken again after it if
 * it was not yet released. When the queue is full, or the disk takes nothing, lines are lost, counted and logged; it never
 * keeps its writer waiting for its reader.
 */
export class LineQueue {
  readonly #directory: string;
  readonly #options: LineQueueOptions;
  readonly #segments: SegmentLog;
  #cursor: Cursor;
  /** Lines queued since the queue began. */
  #linesQueued: number;
  #linesDropped = 0;
  #last: Promise<unknown> = Promise.resolve();
  #reading: AsyncGenerator<QueuedBatch> | null = null;
  /** Handed out and not released. */
  #underWay: QueuedBatch | null = null;
  #wake: () => void = () => {};
  #closed = false;
  #cursorWrittenMs = Number.NEGATIVE_INFINITY;
  #isLosing = false;

  private constructor(
    directory: string,
    options: LineQueueOptions,
    segments: SegmentLog,
    cursor: Cursor,
    queued: number,
  ) {
    this.#directory = directory;
    this.#options = options;
    this.#segments = segments;
    this.#cursor = cursor;
    this.#linesQueued = queued;
  }

  static async open(directory: string, options: LineQueueOptions): Promise<LineQueue> {
    const segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.floor(options.maxBytes / SEGMENTS));
    const segments = await openSegments(directory, segmentBytes, options.log);
    const stored = await readCursor(directory);
    const { start, end } = segments;
    const isHeld = stored !== null && !isBefore(stored.position, start) && !isBefore(end, stored.position);
    const cursor = isHeld ? stored : { position: start, lines: (await firstOf(segments))?.linesBefore ?? 0 };
    const last = await lastOf(segments);
    const queued = last === null ? cursor.lines : last.linesBefore + last.lines;
    return new LineQueue(directory, options, segments, cursor, queued);
  }

  /** Lines that wait to be taken. */
  get lines(): number {
    return this.#linesQueued - this.#cursor.lines;
  }

  /** Bytes on disk, with those of batches released that share a segment with others. */
  get bytes(): number {
    return this.#segments.segments().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** For how long the oldest batch has waited, as far as that is known; 0 where none waits. */
  get behindMs(): number {
    return this.#underWay === null ? 0 : Math.max(0, this.#options.now() - this.#underWay.queuedMs);
  }

  /** Lines lost since the process started, because the queue was full, damaged, or the disk took nothing. */
  get dropped(): number {
    return this.#linesDropped;
  }

  /** Resolves when the batches are on disk, or lost. */
  append(batches: readonly Batch[]): Promise<void> {
    const lines = batches.reduce((sum, batch) => sum + batch.lines, 0);
    return lines === 0 ? Promise.resolve() : this.#inTurn(() => this.#append(batches, lines));
  }

  /** The oldest batch that is not released, the same until it is; waits for one. Null once the queue is closed. */
  async oldest(): Promise<QueuedBatch | null> {
    while (!this.#closed) {
      const batch = await this.#inTurn(() => this.#read());
      if (batch !== null) return batch;
      if (this.lines === 0 && !this.#closed) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return null;
  }

  /** Forgets a batch, and all before it. */
  release({ linesBefore, lines, next }: QueuedBatch): Promise<void> {
    return this.#inTurn(async () => {
      this.#underWay = null;
      // What was dropped meanwhile is behind the cursor already.
      if (isBefore(next, this.#cursor.position)) return;
      this.#cursor = { position: next, lines: linesBefore + lines };
      for (const { number } of this.#segments.segments())
        if (number < next.segment) await this.#segments.removeSegment(number);
      const nowMs = performance.now();
      if (this.lines > 0 && nowMs - this.#cursorWrittenMs < CURSOR_EVERY_MS) return;
      this.#cursorWrittenMs = nowMs;
      await this.#writeCursor();
    });
  }

  /** Keeps what is not released for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#inTurn(async () => {
      await this.#reading?.return(undefined);
      await this.#writeCursor();
      await this.#segments.close();
    });
  }

  async #append(batches: readonly Batch[], lines: number): Promise<void> {
    let before = this.#linesQueued;
    const queuedMs = this.#options.now();
    const payloads = batches.map((batch) => {
      const payload = encodeBatch(batch, before, queuedMs);
      before += batch.lines;
      return payload;
    });
    try {
      await this.#segments.append(payloads);
    } catch (error) {
      return this.#lose(lines, `the queue cannot be written: ${(error as Error).message}`);
    }
    this.#linesQueued = before;
    await this.#makeRoom();
    this.#wake();
  }

  async #makeRoom(): Promise<void> {
    if (this.bytes <= this.#options.maxBytes) {
      this.#isLosing = false;
      return;
    }
    while (this.bytes > this.#options.maxBytes) {
      if (this.#segments.segments().length === 1) await this.#segments.rotate();
      await this.#segments.removeSegment(this.#segments.start.segment);
    }
    const first = await firstOf(this.#segments);
    await this.#jump({ position: this.#segments.start, lines: first?.linesBefore ?? this.#linesQueued }, 'it is full');
  }

  /** The batch at the cursor; null where none is there. */
  async #read(): Promise<QueuedBatch | null> {
    const again = this.#underWay;
    if (again !== null && again.linesBefore >= this.#cursor.lines) return again;
    // It was dropped while it was under way, and has not arrived.
    if (again !== null) this.#lose(again.lines, 'it is full');
    this.#underWay = null;
    if (this.#closed || this.lines === 0) return null;
    try {
      for (let tries = 0; tries < 2; tries++) {
        this.#reading ??= batchesFrom(this.#segments, this.#cursor.position);
        const { value, done } = await this.#reading.next();
        if (done !== true) return (this.#underWay = value);
        // It ended where the queue ended when it began.
        this.#reading = null;
      }
      // Nothing is there that would be taken: the count of lines must not have anybody look for it for ever.
      this.#cursor = { ...this.#cursor, lines: this.#linesQueued };
    } catch (error) {
      if (!(error instanceof CorruptLogError)) throw error;
      await this.#skipDamaged(error);
    }
    return null;
  }

  async #skipDamaged({ position, message }: CorruptLogError): Promise<void> {
    if (position.segment === this.#segments.end.segment) await this.#segments.rotate();
    const next = this.#segments.segments().find(({ number }) => number > position.segment);
    const start = { segment: next?.number ?? this.#segments.end.segment, offset: this.#segments.start.offset };
    const first = await firstFrom(this.#segments, start);
    await this.#jump({ position: start, lines: first?.linesBefore ?? this.#linesQueued }, `it is damaged: ${message}`);
  }

  async #jump(to: Cursor, why: string): Promise<void> {
    if (!isBefore(this.#cursor.position, to.position)) return;
    // What is under way may arrive yet.
    const { linesBefore = 0, lines: underWay = 0 } = this.#underWay ?? {};
    const lines = Math.max(0, to.lines - Math.max(this.#cursor.lines, linesBefore + underWay));
    await this.#reading?.return(undefined);
    this.#reading = null;
    this.#cursor = to;
    this.#lose(lines, why);
  }

  #lose(lines: number, why: string): void {
    if (lines === 0) return;
    this.#linesDropped += lines;
    const message = 'lines of a mirror are lost';
    if (this.#isLosing) this.#options.log.debug({ lines, why }, message);
    else this.#options.log.error({ lines, why, directory: this.#directory }, message);
    this.#isLosing = true;
  }

  async #writeCursor(): Promise<void> {
    const file = join(this.#directory, CURSOR_FILE);
    try {
      await writeFile(`${file}.new`, JSON.stringify(this.#cursor));
      await rename(`${file}.new`, file);
    } catch (error) {
      // What was sent is only sent again after a restart.
      this.#options.log.debug({ error: (error as Error).message }, 'the cursor of a queue cannot be written');
    }
  }

  /** One thing at a time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** A queue whose newest segment is not one is given up: what it held may be lost, and the collector must start. */
async function openSegments(directory: string, segmentBytes: number, log: Logger): Promise<SegmentLog> {
  try {
    return await SegmentLog.open(directory, { segmentBytes });
  } catch (error) {
    if (!(error instanceof CorruptLogError)) throw error;
    log.error(
      { directory, error: error.message },
      'the queue of a mirror is damaged and begins anew; its lines are lost',
    );
    await rm(directory, { recursive: true });
    return SegmentLog.open(directory, { segmentBytes });
  }
}

function isBefore(a: LogPosition, b: LogPosition): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.offset < b.offset);
}

async function* batchesFrom(segments: SegmentLog, from: LogPosition): AsyncGenerator<QueuedBatch> {
  for await (const { payload, next } of segments.read(from)) yield decodeBatch(payload, next);
}

/** The first batch from a position on; null where there is none, or it is damaged. */
async function firstFrom(segments: SegmentLog, from: LogPosition): Promise<QueuedBatch | null> {
  try {
    for await (const batch of batchesFrom(segments, from)) return batch;
  } catch (error) {
    if (!(error instanceof CorruptLogError)) throw error;
  }
  return null;
}

function firstOf(segments: SegmentLog): Promise<QueuedBatch | null> {
  return firstFrom(segments, segments.start);
}

/** The last batch of all. A new segment is empty, so that it may be in the one before. */
async function lastOf(segments: SegmentLog): Promise<QueuedBatch | null> {
  for (const { number } of segments.segments().toReversed()) {
    let last: QueuedBatch | null = null;
    try {
      for await (const batch of batchesFrom(segments, { segment: number, offset: segments.start.offset })) last = batch;
    } catch (error) {
      if (!(error instanceof CorruptLogError)) throw error;
    }
    if (last !== null) return last;
  }
  return null;
}

async function readCursor(directory: string): Promise<Cursor | null> {
  try {
    const { position, lines } = JSON.parse(await readFile(join(directory, CURSOR_FILE), 'utf8'));
    return { position: { segment: Number(position.segment), offset: Number(position.offset) }, lines: Number(lines) };
  } catch {
    return null;
  }
}
