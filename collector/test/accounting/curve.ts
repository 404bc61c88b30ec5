/** A power that is known at every instant, with its exact integrals: what the accounting is measured by. */

export interface Knot {
  /** Time since the knot before, ms. */
  readonly afterMs: number;
  /** Power from this instant on, W: a step where it differs from `untilW`. */
  readonly fromW: number;
  /** Power that is reached, along a straight line, at the next knot, W. */
  readonly untilW: number;
}

interface Piece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly fromW: number;
  readonly toW: number;
}

/** The part of a power that is asked for: all of it, what is drawn (above zero), or what is fed back. */
export type Part = 'net' | 'drawn' | 'fed-back';

export class Curve {
  readonly #pieces: readonly Piece[];

  /** Goes on for ever with the last knot's power. */
  constructor(startMs: number, knots: readonly Knot[]) {
    const pieces: Piece[] = [];
    let fromMs = startMs;
    for (const [index, { fromW, untilW }] of knots.entries()) {
      const afterMs = knots[index + 1]?.afterMs;
      const toMs = afterMs === undefined ? Number.MAX_SAFE_INTEGER : fromMs + afterMs;
      pieces.push({ fromMs, toMs, fromW, toW: afterMs === undefined ? fromW : untilW });
      fromMs = toMs;
    }
    this.#pieces = pieces;
  }

  at(ms: number): number {
    const piece = this.#pieces.find(({ toMs }) => ms < toMs) as Piece;
    return wattsAt(piece, ms);
  }

  /** ∫ of the part over [from, to], Wh. */
  energyWh(fromMs: number, toMs: number, part: Part): number {
    let sum = 0;
    for (const piece of this.#within(fromMs, toMs)) sum += partWh(piece, part);
    return sum;
  }

  /** Total variation over [from, to], W: all ups and downs added. */
  variationW(fromMs: number, toMs: number): number {
    let sum = 0;
    let previousW: number | null = null;
    for (const { fromW, toW } of this.#within(fromMs, toMs)) {
      sum += Math.abs(toW - fromW) + (previousW === null ? 0 : Math.abs(fromW - previousW));
      previousW = toW;
    }
    return sum + Math.abs(this.at(toMs) - (previousW ?? this.at(toMs)));
  }

  #within(fromMs: number, toMs: number): Piece[] {
    return this.#pieces
      .filter((piece) => piece.fromMs < toMs && piece.toMs > fromMs)
      .map((piece) => {
        const [a, b] = [Math.max(fromMs, piece.fromMs), Math.min(toMs, piece.toMs)];
        return { fromMs: a, toMs: b, fromW: wattsAt(piece, a), toW: wattsAt(piece, b) };
      });
  }
}

function wattsAt({ fromMs, toMs, fromW, toW }: Piece, ms: number): number {
  return fromW + ((toW - fromW) * (ms - fromMs)) / (toMs - fromMs);
}

function partWh({ fromMs, toMs, fromW, toW }: Piece, part: Part): number {
  const hours = (toMs - fromMs) / 3_600_000;
  if (part === 'net') return ((fromW + toW) / 2) * hours;
  const [a, b] = part === 'drawn' ? [fromW, toW] : [-fromW, -toW];
  if (a >= 0 && b >= 0) return ((a + b) / 2) * hours;
  if (a <= 0 && b <= 0) return 0;
  // A triangle up to where the line crosses zero.
  const greater = Math.max(a, b);
  return ((greater / 2) * hours * greater) / Math.abs(a - b);
}
