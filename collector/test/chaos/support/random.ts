import { randomInt } from 'node:crypto';

/** Numbers in [0, 1) that follow from a seed (Mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The seed of this run: `CHAOS_SEED`, or a new one, printed so that a failure can be run again. */
export function seedOf(t: { comment(text: string): void }): number {
  const seed = Number(process.env['CHAOS_SEED'] ?? randomInt(2 ** 31));
  t.comment(`CHAOS_SEED=${seed}`);
  return seed;
}
