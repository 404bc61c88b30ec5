import fc from 'fast-check';
import t from 'tap';
import { REORDER_WINDOW, SeriesBuffer } from '../../src/import/series-buffer.ts';

/** Adds readings and takes batches as the reader does; what came out, and what became of each. */
function pass(times: readonly number[], valueOf: (index: number) => number): { out: number[]; added: string[] } {
  const buffer = new SeriesBuffer(2_000);
  const out: number[] = [];
  const added = times.map((ms, index) => {
    const outcome = buffer.add(ms, valueOf(index));
    if (buffer.isFull) out.push(...buffer.takeBatch().atMs);
    return outcome;
  });
  out.push(...buffer.takeAll().atMs);
  return { out, added };
}

/** The same with a plain list: a reading is too late where more readings than the window are of later times. */
function reference(times: readonly number[]): { out: number[]; added: string[] } {
  const out: number[] = [];
  const added = times.map((ms) => {
    const place = out.findLastIndex((other) => other <= ms);
    if (out.length - 1 - place > REORDER_WINDOW) return 'out-of-order';
    if (out[place] === ms) return 'duplicate';
    out.splice(place + 1, 0, ms);
    return 'added';
  });
  return { out, added };
}

t.test('readings are put in order as far as the window reaches, wherever batches end', async () => {
  const jumps = fc.array(
    fc.record({ at: fc.nat({ max: 5_999 }), by: fc.oneof(fc.nat({ max: 3 }), fc.integer({ min: 900, max: 1_100 })) }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(jumps, (jumps) => {
      const times = Array.from({ length: 6_000 }, (_, i) => 10 * i);
      for (const { at, by } of jumps) times.splice(Math.min(5_999, at + by), 0, ...times.splice(at, 1));
      times.splice(3_000, 0, times[2_999] ?? 0);
      const found = pass(times, () => 1);
      const wanted = reference(times);
      return String(found.out) === String(wanted.out) && String(found.added) === String(wanted.added);
    }),
    { numRuns: 15, examples: [[[{ at: 0, by: 1_000 }]], [[{ at: 0, by: 1_001 }]], [[{ at: 4_090, by: 1_010 }]]] },
  );
});

t.test('of one time the first value stands', async (t) => {
  t.same(pass([1, 1, 1], (index) => (index === 2 ? 8 : 7)).added, ['added', 'duplicate', 'conflicting']);
  const taken = Array.from({ length: 5_096 }, (_, i) => i);
  const late = pass([...taken, 4_095, 4_094], (i) => i);
  t.equal(late.out.length, 5_096);
  t.same(late.added.slice(-2), ['conflicting', 'out-of-order'], 'also of the last that was handed on');
});
