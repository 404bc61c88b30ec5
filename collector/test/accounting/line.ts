import type { PointInterval } from '../../src/accounting/interval.ts';
import { isEmpty } from '../../src/accounting/interval.ts';
import type { EvidenceFrame } from '../../src/evidence/evidence-log.ts';
import { beginning } from '../../src/evidence/evidence-log.ts';
import { Fold, type FoldState } from '../../src/fold.ts';
import { Ingest } from '../../src/ingest/ingest.ts';
import { encodeFold } from '../../src/snapshot.ts';
import { deserialize } from 'node:v8';

/** Ingest and fold without a disk: frames are cut when it is said, and the fold can be restarted after any of them. */
export class Line {
  #fold = new Fold(beginning);
  #ingest = new Ingest(this.#fold);
  #snapshot: Uint8Array | null = null;
  /** Frames since the snapshot. */
  #tail: EvidenceFrame[] = [];
  #frames = 0;
  /** The newest row of each minute. */
  readonly #rows = new Map<string, PointInterval>();

  get fold(): Fold {
    return this.#fold;
  }

  send(topic: string, payload: string, nowMs: number): void {
    this.#ingest.receive({ topic, payload: Buffer.from(payload), retained: false }, nowMs);
  }

  tick(nowMs: number, { snapshot }: { readonly snapshot: boolean }): void {
    this.#ingest.tick(nowMs);
    this.cut();
    if (!snapshot) return;
    this.#snapshot = encodeFold(this.#fold.save());
    this.#tail = [];
  }

  /** What has come until now is one frame. */
  cut(): void {
    const pending = this.#ingest.take();
    if (pending === null || pending.body.length === 0) return;
    const next = { ...beginning, position: ++this.#frames };
    const frame = { body: pending.body, next };
    this.#tail.push(frame);
    this.#apply(frame);
  }

  /** Forgets all but the last snapshot and the frames since. */
  restart(): void {
    this.cut();
    this.#fold = this.#snapshot === null ? new Fold(beginning) : Fold.load(deserialize(this.#snapshot) as FoldState);
    for (const frame of this.#tail) this.#apply(frame);
    this.#ingest = new Ingest(this.#fold);
  }

  /** What is known in the end, in the order of points and time. */
  rows(): PointInterval[] {
    return [...this.#rows.values()]
      .filter((row) => !isEmpty(row))
      .sort((a, b) => a.pointId - b.pointId || a.startMs - b.startMs);
  }

  #apply(frame: EvidenceFrame): void {
    for (const row of this.#fold.apply(frame)?.points ?? []) this.#rows.set(`${row.pointId} ${row.startMs}`, row);
  }
}
