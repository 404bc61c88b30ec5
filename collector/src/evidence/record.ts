import { type Channel, isChannel } from '@wattmark/shared/channels';
import type { Birth } from '@wattmark/shared/messages';
import type { CorrectionEntry } from '../corrections/change.ts';
import type { ImportEntry } from '../import/import-book.ts';
import type { SiteFile } from '../site/site-file.ts';
import type { ByteReader } from './bytes.ts';
import type { Catalogue, PointKey, SiteKey, SlotKey } from './catalogue.ts';

/**
 * The records of the evidence log. A frame's body is the collector's time as a double, in UTC milliseconds, and then records one
 * after the other; times within are differences to it.
 */
export const kinds = {
  site: 1,
  agent: 2,
  point: 3,
  slot: 4,
  epoch: 5,
  readings: 6,
  refused: 7,
  birth: 8,
  loss: 9,
  sites: 10,
  tick: 11,
  correction: 12,
  import: 13,
  block: 14,
} as const;

/** The readings of one message; `count` entries of the three columns, which are reused for the next message. */
export interface ReadingColumns {
  count: number;
  slots: Int32Array;
  values: Float64Array;
  /** 1 for an estimated value, 0 for a measured one. */
  estimated: Uint8Array;
}

export interface MessageHead {
  readonly agentId: number;
  /** 0 for a message of a publisher that does not number its messages. */
  readonly seq: number;
  readonly atMs: number;
  readonly receivedMs: number;
}

/** What happens on reading a frame, one call a record, in the order of the log. */
export interface RecordVisitor {
  site(key: SiteKey): void;
  agent(agent: string, siteId: number): void;
  point(key: PointKey): void;
  slot(key: SlotKey): void;
  /** The agent's messages from here on belong to this epoch, and its sequence starts again. */
  epoch(agentId: number, epoch: string): void;
  readings(head: MessageHead, columns: ReadingColumns): void;
  /** A message whose number counts as received, but whose content could not be used. */
  refused(agentId: number, seq: number, reason: string): void;
  birth(agentId: number, birth: Birth): void;
  /** The agent itself lost `count` messages before `nextSeq`. */
  loss(agentId: number, nextSeq: number, count: number): void;
  /** The site files as they are from here on. */
  sites(files: readonly SiteFile[]): void;
  tick(nowMs: number): void;
  /** Somebody corrects what is on record of a site. */
  correction(siteId: number, entry: CorrectionEntry): void;
  /** Somebody begins to import a history of a site; its number is that of the record. */
  import(siteId: number, entry: ImportEntry): void;
  /** Readings of one channel of a point that belong to an import. */
  block(importId: number, pointId: number, channel: Channel, bytes: Uint8Array): void;
}

/** The collector's time at a frame, UTC ms. */
export function timeOf(body: Uint8Array): number {
  return Buffer.from(body.buffer, body.byteOffset, 8).readDoubleLE();
}

/**
 * The block that a frame's body holds and nothing else.
 * @throws RangeError where it holds something else.
 */
export function blockIn(body: ByteReader): Uint8Array {
  body.double();
  if (body.byte() !== kinds.block) throw new RangeError('not the frame of a block');
  body.varint();
  body.varint();
  readChannel(body);
  return body.bytes();
}

/** Reads the records of frames. */
export class RecordReader {
  readonly #columns: ReadingColumns = newColumns(1024);

  /**
   * Calls the visitor for each record. `catalogue` bounds the slots that a record may refer to.
   * @returns the collector's time at the frame, UTC ms.
   * @throws RangeError where the bytes are not records of this version.
   */
  read(body: ByteReader, catalogue: Catalogue, visit: RecordVisitor): number {
    const baseMs = body.double();
    while (!body.done) this.#record(body, baseMs, catalogue, visit);
    return baseMs;
  }

  #record(body: ByteReader, baseMs: number, catalogue: Catalogue, visit: RecordVisitor): void {
    const kind = body.byte();
    switch (kind) {
      case kinds.readings:
        return this.#readings(body, baseMs, catalogue.slots.length, visit);
      case kinds.site:
        return visit.site({ group: body.text(), site: body.text() });
      case kinds.agent:
        return readAgent(body, visit);
      case kinds.point:
        return visit.point({ siteId: body.varint(), point: body.text() });
      case kinds.slot:
        return visit.slot({ agentId: body.varint(), pointId: body.varint(), channel: readChannel(body) });
      case kinds.epoch:
        return visit.epoch(body.varint(), body.text());
      case kinds.refused:
        return visit.refused(body.varint(), body.varint(), body.text());
      case kinds.birth:
        return visit.birth(body.varint(), JSON.parse(body.text()) as Birth);
      case kinds.loss:
        return visit.loss(body.varint(), body.varint(), body.varint());
      case kinds.sites:
        return visit.sites(JSON.parse(body.text()) as SiteFile[]);
      case kinds.tick:
        return visit.tick(baseMs + body.signed());
      case kinds.correction:
        return visit.correction(body.varint(), JSON.parse(body.text()) as CorrectionEntry);
      case kinds.import:
        return visit.import(body.varint(), JSON.parse(body.text()) as ImportEntry);
      case kinds.block:
        return visit.block(body.varint(), body.varint(), readChannel(body), body.bytes());
      default:
        throw new RangeError(`unknown record kind ${kind}`);
    }
  }

  #readings(body: ByteReader, baseMs: number, slots: number, visit: RecordVisitor): void {
    const agentId = body.varint();
    const seq = body.varint();
    const receivedMs = baseMs + body.signed();
    const atMs = receivedMs - body.signed();
    const count = body.varint();
    const columns = ensureColumns(this.#columns, count);
    let next = 0;
    for (let i = 0; i < count; i++) {
      const slot = next + body.signed();
      if (slot < 0 || slot >= slots) throw new RangeError(`reading of an undefined slot ${slot}`);
      columns.slots[i] = slot;
      columns.values[i] = body.value();
      columns.estimated[i] = body.flags === 0 ? 0 : 1;
      next = slot + 1;
    }
    visit.readings({ agentId, seq, atMs, receivedMs }, columns);
  }
}

export function newColumns(capacity: number): ReadingColumns {
  return {
    count: 0,
    slots: new Int32Array(capacity),
    values: new Float64Array(capacity),
    estimated: new Uint8Array(capacity),
  };
}

/** Sets the count, with larger columns where they are too small for it. */
export function ensureColumns(columns: ReadingColumns, count: number): ReadingColumns {
  if (count > columns.slots.length) Object.assign(columns, newColumns(2 * count));
  columns.count = count;
  return columns;
}

function readAgent(body: ByteReader, visit: RecordVisitor): void {
  const siteId = body.varint();
  visit.agent(body.text(), siteId);
}

function readChannel(body: ByteReader): Channel {
  const channel = body.text();
  if (!isChannel(channel)) throw new RangeError(`unknown channel ${channel}`);
  return channel;
}
