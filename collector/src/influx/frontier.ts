import type { Kind, Owner } from './kinds.ts';

/**
 * How far each series of a measurement is written. A row beyond that is new, and InfluxDB need not be asked whether there is an
 * older version of it, which would cost more than the write.
 */
export class Frontier<Row extends { readonly startMs: number }> {
  readonly #kind: Kind<Row>;
  /** What was written before this process began reaches so far, whichever series it is of. */
  readonly #beforeMs: number;
  readonly #newestMs = new Map<Owner, number>();
  #highestMs: number;

  constructor(kind: Kind<Row>, beforeMs: number) {
    this.#kind = kind;
    this.#beforeMs = beforeMs;
    this.#highestMs = beforeMs;
  }

  /** The newest beginning of any row written. */
  get highestMs(): number {
    return this.#highestMs;
  }

  isNew(row: Row): boolean {
    return row.startMs > (this.#newestMs.get(this.#kind.owner(row)) ?? this.#beforeMs);
  }

  note(row: Row): void {
    const owner = this.#kind.owner(row);
    const { startMs } = row;
    if (startMs > (this.#newestMs.get(owner) ?? this.#beforeMs)) this.#newestMs.set(owner, startMs);
    if (startMs > this.#highestMs) this.#highestMs = startMs;
  }
}
