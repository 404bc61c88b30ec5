import fc from 'fast-check';
import t from 'tap';
import { ByteReader, ByteWriter, TAG_FREE } from '../../src/evidence/bytes.ts';

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.tuple(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 6 })).map(([m, d]) => m / 10 ** d),
);

t.test('every finite value comes back exactly, with its flag', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyNumber, fc.boolean())), (values) => {
      const out = new ByteWriter(16);
      for (const [value, flag] of values) out.value(value, flag ? TAG_FREE : 0);
      const bytes = new ByteReader(out.toBytes());
      return (
        values.every(([value, flag]) => Object.is(bytes.value(), value) && (bytes.flags !== 0) === flag) && bytes.done
      );
    }),
    {
      numRuns: 1000,
      examples: [[[[-0, true]]], [[[Number.MAX_VALUE, false]]], [[[5e-324, true]]], [[[2 ** 53, false]]]],
    },
  );
});

t.test('whole numbers and texts come back', async () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }), fc.string(), (n, i, text) => {
      const out = new ByteWriter(1);
      out.varint(n);
      out.signed(i);
      out.text(text);
      const bytes = new ByteReader(out.toBytes());
      return bytes.varint() === n && bytes.signed() === i && bytes.text() === text.toWellFormed() && bytes.done;
    }),
  );
});

t.test('typical values are small', async (t) => {
  const size = (value: number): number => {
    const out = new ByteWriter();
    out.value(value, 0);
    return out.length;
  };
  t.equal(size(181250), 4);
  t.equal(size(230.1), 3);
  t.equal(size(92114503.2), 6);
  t.equal(size(Math.fround(230.17)), 5);
  t.equal(size(Math.PI), 9);
});

t.test('bytes that end too early are an error, never a value', async (t) => {
  const out = new ByteWriter();
  out.varint(2 ** 40);
  out.text('abc');
  const whole = out.toBytes();
  for (let length = 0; length < whole.length; length++) {
    const bytes = new ByteReader(whole.subarray(0, length));
    t.throws(() => {
      bytes.varint();
      bytes.text();
    }, RangeError);
  }
});
