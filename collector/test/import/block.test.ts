import { limits } from '@wattmark/shared/messages';
import fc from 'fast-check';
import t from 'tap';
import { type Block, blockLimits, decodeBlock, encodeBlock } from '../../src/import/block.ts';

const START = Date.UTC(2026, 0, 1);

const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.tuple(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 6 })).map(([m, d]) => m / 10 ** d),
);

/** Steps as files have them: mostly a grid, with gaps and jitter. */
const steps = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom(1, 1000, 60_000, 900_000), fc.integer({ min: 1, max: 12 })),
    fc.tuple(fc.integer({ min: 1, max: 1e9 }), fc.constant(1)),
  ),
  { maxLength: 40 },
);

const anyBlock: fc.Arbitrary<Block> = fc
  .tuple(steps, fc.boolean(), fc.boolean(), fc.integer({ min: 1, max: 31 * 86_400_000 }))
  .chain(([runs, isMean, isEstimated, intervalMs]) => {
    const times = [START];
    for (const [step, length] of runs) for (let i = 0; i < length; i++) times.push((times.at(-1) ?? 0) + step);
    return fc.array(value, { minLength: times.length, maxLength: times.length }).map((values) => ({
      atMs: Float64Array.from(times),
      values: Float64Array.from(values),
      isMean,
      isEstimated,
      intervalMs,
    }));
  });

function isSame(a: Block, b: Block): boolean {
  return (
    a.isMean === b.isMean &&
    a.isEstimated === b.isEstimated &&
    a.intervalMs === b.intervalMs &&
    a.atMs.length === b.atMs.length &&
    a.values.length === b.values.length &&
    a.atMs.every((ms, i) => ms === b.atMs[i]) &&
    a.values.every((value, i) => Object.is(value, b.values[i]))
  );
}

function blockOf(count: number, timeOf: (i: number) => number, valueOf: (i: number) => number): Block {
  const atMs = Float64Array.from({ length: count }, (_, i) => timeOf(i));
  const values = Float64Array.from({ length: count }, (_, i) => valueOf(i));
  return { atMs, values, isMean: false, isEstimated: false, intervalMs: 60_000 };
}

t.test('every block comes back exactly', async () => {
  fc.assert(
    fc.property(anyBlock, (block) => isSame(decodeBlock(encodeBlock(block)), block)),
    { numRuns: 500 },
  );
});

t.test('a regular grid costs nothing per reading, a jittering one two or three bytes', async (t) => {
  const watts = (i: number): number => 181_000 + 10 * (i % 997);
  const size = (jitterMs: number): number =>
    encodeBlock(blockOf(10_000, (i) => START + i * 10_000 + (jitterMs === 0 ? 0 : (i * 7919) % jitterMs), watts))
      .length;
  t.ok(size(0) <= 4 * 10_000 + 20, String(size(0)));
  t.ok(size(1_000) <= 6 * 10_000 + 20, String(size(1_000)));
});

t.test('the largest block is within its limit, whatever it holds', async (t) => {
  // Differences of six bytes do not fit between the earliest and the latest time, 65,536 of them: four bytes are the most.
  const stepMs = Math.floor((limits.latestAt - 1 - limits.earliestAt) / blockLimits.readings) - 1;
  const worst = blockOf(
    blockLimits.readings,
    (i) => limits.earliestAt + i * stepMs + (i % 2),
    (i) => -Math.PI * 10 ** (i % 300),
  );
  const bytes = encodeBlock(worst);
  t.ok(bytes.length <= blockLimits.bytes, String(bytes.length));
  t.ok(isSame(decodeBlock(bytes), worst));
  t.throws(() => encodeBlock(blockOf(blockLimits.readings + 1, (i) => START + i, Number)), RangeError);
  t.throws(() => encodeBlock(blockOf(0, Number, Number)), RangeError);
});

t.test('bytes that were cut or changed are an error or another valid block, and nothing else', async (t) => {
  const whole = encodeBlock(
    blockOf(
      50,
      (i) => START + i * 60_000 + (i % 7),
      (i) => i * 1.5,
    ),
  );
  for (let length = 0; length < whole.length; length++)
    t.throws(() => decodeBlock(whole.subarray(0, length)), RangeError, `cut to ${length}`);
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const bytes = Buffer.from(whole);
      bytes[at] = byte;
      return isBlockOrRefused(bytes);
    }),
    { numRuns: 2_000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), isBlockOrRefused), { numRuns: 2_000 });
});

function isBlockOrRefused(bytes: Uint8Array): boolean {
  try {
    const { atMs, values } = decodeBlock(bytes);
    return (
      atMs.every((ms, i) => ms >= limits.earliestAt && ms < limits.latestAt && (i === 0 || ms > (atMs[i - 1] ?? 0))) &&
      values.every(Number.isFinite)
    );
  } catch (error) {
    return error instanceof RangeError;
  }
}

t.test('what a block may not say is refused', async (t) => {
  const good = encodeBlock(blockOf(2, (i) => START + i, Number));
  const changed = (at: number, byte: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[at] = byte;
    return bytes;
  };
  t.throws(() => decodeBlock(changed(0, 4)), /unknown flags/);
  t.throws(() => decodeBlock(changed(1, 0)), /a block of 0 readings/);
  t.throws(() => decodeBlock(Buffer.concat([good, Buffer.of(0)])), /behind the block/);
  t.throws(() => decodeBlock(Buffer.alloc(blockLimits.bytes + 1)), /bytes/);
});
