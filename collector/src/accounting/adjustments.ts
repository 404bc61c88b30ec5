import type { Span } from './interval.ts';

/** What corrections make of one point's readings. */
export interface Adjustments {
  /** Readings of these times do not count. */
  readonly voids: readonly Span[];
  /** What is measured in these times is multiplied; on whole minutes. Where several hold, all do. */
  readonly factors: readonly (Span & { readonly factor: number })[];
  /** Register values that no agent sent, in the order of time. */
  readonly entered: readonly EnteredReading[];
}

export interface EnteredReading {
  readonly atMs: number;
  readonly use: 'register' | 'export';
  readonly value: number;
  /** The value with which the next meter began; null where the meter stayed. */
  readonly nextFirst: number | null;
}

/** The points that corrections concern. */
export class AdjustedPoints {
  readonly #points = new Map<number, Adjustments>();

  /** Sets what corrections make of a point's readings; null for nothing. */
  set(pointId: number, adjustments: Adjustments | null): void {
    if (adjustments === null) this.#points.delete(pointId);
    else this.#points.set(pointId, adjustments);
  }

  get(pointId: number): Adjustments | undefined {
    return this.#points.get(pointId);
  }

  /** Whether a reading of that time does not count. */
  isVoided(pointId: number, atMs: number): boolean {
    if (this.#points.size === 0) return false;
    const voids = this.#points.get(pointId)?.voids ?? [];
    return voids.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
  }

  /** The factor that holds for what is measured at an instant; 1 where none does. */
  factorAt(pointId: number, atMs: number): number {
    if (this.#points.size === 0) return 1;
    let product = 1;
    for (const { fromMs, toMs, factor } of this.#points.get(pointId)?.factors ?? []) {
      if (atMs >= fromMs && atMs < toMs) product *= factor;
    }
    return product;
  }
}
