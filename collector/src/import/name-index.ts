/** Finds the series that a row of a long file names, without a text for each row. */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class NameIndex {
  readonly #names: readonly Uint8Array[];
  readonly #places = new Map<number, number[]>();

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name));
    for (const [place, name] of this.#names.entries()) {
      const hash = hashOf(name, 0, name.length);
      this.#places.set(hash, [...(this.#places.get(hash) ?? []), place]);
    }
  }

  /** The place of the name among the names; -1 where it is none of them. */
  find(bytes: Uint8Array, from: number, to: number): number {
    for (const place of this.#places.get(hashOf(bytes, from, to)) ?? none) {
      if (isSame(this.#names[place] ?? bytes, bytes, from, to)) return place;
    }
    return -1;
  }
}

const none: readonly number[] = [];

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = FNV_OFFSET;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME);
  return hash;
}

function isSame(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false;
  return true;
}
