import { CorruptLogError, type Frame, type SegmentLog } from '@wattmark/shared/segment-log';

/** The sequence numbers that one segment of the spool holds, without a gap between them. */
export interface SegmentRange {
  readonly segment: number;
  readonly firstSeq: number;
  lastSeq: number;
  /** When its last message was written, UTC milliseconds; of a message with a later tick, that. */
  newestAt: number;
}

/** Which sequence numbers lie in which segment. What lies in none, below the next to be written, cannot be read any more. */
export class SpoolIndex {
  readonly #ranges: SegmentRange[] = [];

  get oldest(): SegmentRange | null {
    return this.#ranges[0] ?? null;
  }

  get lastSeq(): number {
    return this.#ranges.at(-1)?.lastSeq ?? 0;
  }

  /** Of a segment read back: it was written to until `writtenMs`, however old what it tells is. */
  age(segment: number, writtenMs: number): void {
    const range = this.#ranges.find((one) => one.segment === segment);
    if (range !== undefined) range.newestAt = Math.max(range.newestAt, writtenMs);
  }

  /** Notes a message behind all others. @returns false where it does not follow them. */
  add(segment: number, seq: number, at: number): boolean {
    const last = this.#ranges.at(-1);
    if (last === undefined || (last.segment < segment && last.lastSeq < seq)) {
      this.#ranges.push({ segment, firstSeq: seq, lastSeq: seq, newestAt: at });
      return true;
    }
    if (last.segment !== segment || seq !== last.lastSeq + 1) return false;
    last.lastSeq = seq;
    last.newestAt = at;
    return true;
  }

  /** The range that holds `seq`, or else the next one behind it. */
  atOrAfter(seq: number): SegmentRange | null {
    return this.#ranges.find((range) => range.lastSeq >= seq) ?? null;
  }

  /** Forgets the messages of a range from `seq` on. */
  cut(range: SegmentRange, seq: number): void {
    range.lastSeq = seq - 1;
    if (range.lastSeq < range.firstSeq) this.remove(range);
  }

  /** Forgets every segment up to and including `segment`. */
  removeThrough(segment: number): void {
    while (this.#ranges[0] !== undefined && this.#ranges[0].segment <= segment) this.#ranges.shift();
  }

  remove(range: SegmentRange): void {
    this.#ranges.splice(this.#ranges.indexOf(range), 1);
  }
}

/**
 * Reads the whole log once to learn what it holds. A damaged segment counts up to the damage.
 * @param report is told of each damage.
 */
export async function readIndex(log: SegmentLog, report: (error: CorruptLogError) => void): Promise<SpoolIndex> {
  const index = new SpoolIndex();
  await readRanges(index, log, report);
  for (const { number } of log.segments()) index.age(number, await log.writtenMs(number));
  return index;
}

async function readRanges(index: SpoolIndex, log: SegmentLog, report: (error: CorruptLogError) => void): Promise<void> {
  let from = log.start;
  for (;;) {
    try {
      for await (const frame of log.read(from)) {
        const { seq, at } = readHeader(frame);
        if (!index.add(frame.position.segment, seq, at)) {
          throw new CorruptLogError(frame.position, `message ${seq} is out of sequence`);
        }
      }
      return;
    } catch (error) {
      if (!(error instanceof CorruptLogError)) throw error;
      report(error);
      const next = log.segments().find(({ number }) => number > error.position.segment);
      if (next === undefined) return;
      from = { segment: next.number, offset: log.start.offset };
    }
  }
}

/** @throws CorruptLogError where the frame is whole, but no message of a spool. */
export function readHeader(frame: Frame): { readonly seq: number; readonly at: number } {
  const text = Buffer.from(frame.payload.buffer, frame.payload.byteOffset, Math.min(frame.payload.byteLength, 192));
  const match = /"seq":(\d+),"at":(\d+)/.exec(text.toString('latin1'));
  if (match === null) throw new CorruptLogError(frame.position, 'not a message of the spool');
  return { seq: Number(match[1]), at: Number(match[2]) };
}
