import type { Channel } from '@wattmark/shared/channels';
import type { Birth } from '@wattmark/shared/messages';
import type { CorrectionEntry } from '../corrections/change.ts';
import type { ImportEntry } from '../import/import-book.ts';
import type { SiteFile } from '../site/site-file.ts';
import { ByteWriter, TAG_FREE } from './bytes.ts';
import type { PointKey, SiteKey, SlotKey } from './catalogue.ts';
import { kinds, type MessageHead, type ReadingColumns } from './record.ts';

/** Writes the records of one frame. */
export class RecordWriter {
  readonly #out: ByteWriter;
  readonly #baseMs: number;

  constructor(out: ByteWriter, baseMs: number) {
    this.#out = out;
    this.#baseMs = baseMs;
    out.cut(0);
    out.double(baseMs);
  }

  site(key: SiteKey): void {
    this.#out.byte(kinds.site);
    this.#out.text(key.group);
    this.#out.text(key.site);
  }

  agent(agent: string, siteId: number): void {
    this.#out.byte(kinds.agent);
    this.#out.varint(siteId);
    this.#out.text(agent);
  }

  point(key: PointKey): void {
    this.#out.byte(kinds.point);
    this.#out.varint(key.siteId);
    this.#out.text(key.point);
  }

  slot(key: SlotKey): void {
    this.#out.byte(kinds.slot);
    this.#out.varint(key.agentId);
    this.#out.varint(key.pointId);
    this.#out.text(key.channel);
  }

  epoch(agentId: number, epoch: string): void {
    this.#out.byte(kinds.epoch);
    this.#out.varint(agentId);
    this.#out.text(epoch);
  }

  readings(head: MessageHead, columns: ReadingColumns): void {
    const out = this.#out;
    out.byte(kinds.readings);
    out.varint(head.agentId);
    out.varint(head.seq);
    out.signed(head.receivedMs - this.#baseMs);
    out.signed(head.receivedMs - head.atMs);
    out.varint(columns.count);
    let next = 0;
    for (let i = 0; i < columns.count; i++) {
      const slot = columns.slots[i] ?? 0;
      out.signed(slot - next);
      out.value(columns.values[i] ?? 0, columns.estimated[i] === 1 ? TAG_FREE : 0);
      next = slot + 1;
    }
  }

  refused(agentId: number, seq: number, reason: string): void {
    this.#out.byte(kinds.refused);
    this.#out.varint(agentId);
    this.#out.varint(seq);
    this.#out.text(reason);
  }

  birth(agentId: number, birth: Birth): void {
    this.#out.byte(kinds.birth);
    this.#out.varint(agentId);
    this.#out.text(JSON.stringify(birth));
  }

  loss(agentId: number, nextSeq: number, count: number): void {
    this.#out.byte(kinds.loss);
    this.#out.varint(agentId);
    this.#out.varint(nextSeq);
    this.#out.varint(count);
  }

  sites(files: readonly SiteFile[]): void {
    this.#out.byte(kinds.sites);
    this.#out.text(JSON.stringify(files));
  }

  tick(nowMs: number): void {
    this.#out.byte(kinds.tick);
    this.#out.signed(nowMs - this.#baseMs);
  }

  correction(siteId: number, entry: CorrectionEntry): void {
    this.#out.byte(kinds.correction);
    this.#out.varint(siteId);
    this.#out.text(JSON.stringify(entry));
  }

  import(siteId: number, entry: ImportEntry): void {
    this.#out.byte(kinds.import);
    this.#out.varint(siteId);
    this.#out.text(JSON.stringify(entry));
  }

  block(importId: number, pointId: number, channel: Channel, bytes: Uint8Array): void {
    this.#out.byte(kinds.block);
    this.#out.varint(importId);
    this.#out.varint(pointId);
    this.#out.text(channel);
    this.#out.bytes(bytes);
  }
}

/** The body of a frame that holds one record and nothing else, such as one that is known by the frame's number. */
export function bodyOf(nowMs: number, write: (record: RecordWriter) => void): Uint8Array {
  const out = new ByteWriter();
  write(new RecordWriter(out, nowMs));
  return out.toBytes();
}
