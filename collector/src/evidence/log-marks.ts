import type { Cursor } from './evidence-log.ts';

/** A stretch of the evidence log, from its cursor to the next mark's. */
export interface LogMark {
  /** The collector's time at its beginning, UTC ms. */
  readonly startMs: number;
  readonly cursor: Cursor;
}

/** Time between marks, by the log's own clock. */
const STRETCH_MS = 86_400_000;

/** Where in the log which times are, so that a part of a long log can be read without what is before it. */
export class LogMarks {
  readonly #marks: LogMark[];

  constructor(marks: readonly LogMark[] = []) {
    this.#marks = [...marks];
  }

  all(): readonly LogMark[] {
    return [...this.#marks];
  }

  /** To be told of each frame: the place before it, and the collector's time at it. */
  note(before: Cursor, frameMs: number): void {
    const last = this.#marks.at(-1);
    if (last === undefined || frameMs >= last.startMs + STRETCH_MS)
      this.#marks.push({ startMs: frameMs, cursor: before });
  }

  /** A place from which on every message received at or after an instant is found. Undefined for an empty log. */
  placeOf(ms: number): Cursor | undefined {
    return (this.#marks.findLast(({ startMs }) => startMs <= ms) ?? this.#marks[0])?.cursor;
  }
}
