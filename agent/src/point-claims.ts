import type { PointDeclaration } from '@wattmark/shared/messages';
import { SourceError } from './source.ts';

/** Who reads which point. Two sources of one point would be two truths about it. */
export class PointClaims {
  readonly #owners = new Map<string, string>();

  /** @throws SourceError of kind `fatal` where another source reads one of the points. */
  claim(owner: string, points: readonly PointDeclaration[]): void {
    for (const { point } of points) {
      const first = this.#owners.get(point) ?? owner;
      if (first !== owner) throw new SourceError('fatal', `the point ${point} is read by ${first} already`);
    }
    for (const { point } of points) this.#owners.set(point, owner);
  }
}
