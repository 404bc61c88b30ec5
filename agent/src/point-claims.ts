import type { PointDeclaration } from '@wattmark/shared/messages';
import { SourceError } from './source.ts';

/** Who reads a point, and how to call him. */
export interface Owner {
  readonly label: string;
}

/** Who reads which point. Two sources of one point would be two truths about it. */
export class PointClaims {
  readonly #owners = new Map<string, Owner>();

  /** @throws SourceError of kind `fatal` where another source reads one of the points. */
  claim(owner: Owner, points: readonly PointDeclaration[]): void {
    for (const { point } of points) {
      const first = this.#owners.get(point) ?? owner;
      if (first !== owner) throw new SourceError('fatal', `the point ${point} is read by ${first.label} already`);
    }
    for (const { point } of points) this.#owners.set(point, owner);
  }

  /** Gives up whatever `owner` reads. */
  release(owner: Owner): void {
    for (const [point, first] of this.#owners) if (first === owner) this.#owners.delete(point);
  }
}
