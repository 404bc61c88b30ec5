import fc from 'fast-check';
import t from 'tap';
import {
  checksum,
  type Framing,
  NoAnswer,
  type Query,
  Refusal,
  rtuFraming,
  tcpFraming,
} from '../../src/sources/modbus/framing.ts';

const query: fc.Arbitrary<Query> = fc.record({
  unit: fc.nat(255),
  function: fc.constantFrom('holding' as const, 'input' as const),
  address: fc.nat(0xffff),
  length: fc.integer({ min: 1, max: 125 }),
});

const code = { holding: 3, input: 4 };

function answerTo(framing: Framing, { unit, function: table }: Query, data: Buffer, number: number): Buffer {
  return packed(framing, Buffer.concat([Buffer.from([unit, code[table], data.length]), data]), number);
}

function refusalOf(framing: Framing, { unit, function: table }: Query, reason: number, number: number): Buffer {
  return packed(framing, Buffer.from([unit, code[table] | 0x80, reason]), number);
}

function packed(framing: Framing, message: Buffer, number: number): Buffer {
  if (framing === rtuFraming) return Buffer.concat([message, checksum(message)]);
  const header = Buffer.alloc(6);
  header.writeUInt16BE(number);
  header.writeUInt16BE(message.length, 4);
  return Buffer.concat([header, message]);
}

/** What a source makes of a stream that comes in chunks of these sizes. */
function receive(framing: Framing, stream: Buffer, sizes: readonly number[], asked: Query, number: number) {
  let kept: Buffer = Buffer.alloc(0);
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length] ?? stream.length;
    const { answer, rest } = framing.parse(Buffer.concat([kept, stream.subarray(at, at + size)]), asked, number);
    if (answer !== null) return answer;
    kept = rest;
    at += size;
  }
  return null;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const number = fc.nat(0xffff);
const dataOf = ({ length }: Query, seed: number) =>
  Buffer.from(Array.from({ length: 2 * length }, (_, i) => (i * seed) & 0xff));

t.test('the bytes of a question, as the specifications print them', (t) => {
  // Modbus Application Protocol 1.1b3, 6.3: read holding registers 108 to 110.
  const example = { unit: 17, function: 'holding', address: 0x6b, length: 3 } as const;
  t.equal(tcpFraming.encode(example, 0x1501).toString('hex'), '1501000000061103006b0003');
  t.equal(rtuFraming.encode(example, 0).toString('hex'), '1103006b00037687');
  t.end();
});

for (const [name, framing] of Object.entries({ tcp: tcpFraming, rtu: rtuFraming })) {
  t.test(`${name}: an answer is found in whatever pieces it comes`, (t) => {
    fc.assert(
      fc.property(query, number, sizes, fc.nat(255), (asked, number, sizes, seed) => {
        const data = dataOf(asked, seed);
        const found = receive(framing, answerTo(framing, asked, data, number), sizes, asked, number);
        const refused = receive(framing, refusalOf(framing, asked, 2, number), sizes, asked, number);
        return found instanceof Buffer && found.equals(data) && refused instanceof Refusal && refused.code === 2;
      }),
    );
    t.end();
  });
}

t.test('tcp: the answer to an earlier question is never taken for this one', (t) => {
  fc.assert(
    fc.property(query, number, number, sizes, (asked, number, earlier, sizes) => {
      fc.pre(number !== earlier);
      const late = answerTo(tcpFraming, asked, dataOf(asked, 1), earlier);
      const own = answerTo(tcpFraming, asked, dataOf(asked, 7), number);
      const found = receive(tcpFraming, Buffer.concat([late, own]), sizes, asked, number);
      return receive(tcpFraming, late, sizes, asked, number) === null && dataOf(asked, 7).equals(found as Buffer);
    }),
  );
  t.end();
});

t.test('rtu: noise, the echo of the question and the answers of other units are passed over', (t) => {
  const noise = fc.uint8Array({ maxLength: 30 });
  fc.assert(
    fc.property(query, sizes, noise, fc.integer({ min: 1, max: 255 }), (asked, sizes, noise, other) => {
      const another = { ...asked, unit: (asked.unit + other) % 256 };
      const stream = [
        Buffer.from(noise),
        rtuFraming.encode(asked, 0),
        answerTo(rtuFraming, another, dataOf(asked, 1), 0),
        answerTo(rtuFraming, asked, dataOf(asked, 7), 0),
      ];
      const found = receive(rtuFraming, Buffer.concat(stream), sizes, asked, 0);
      return found instanceof Buffer && found.equals(dataOf(asked, 7));
    }),
    { examples: [[{ unit: 248, function: 'holding', address: 0, length: 2 }, [1], Uint8Array.from([]), 8]] },
  );
  t.end();
});

t.test('rtu: a frame with a false bit is no answer', (t) => {
  fc.assert(
    fc.property(query, fc.nat(255), fc.nat(), (asked, seed, where) => {
      const frame = answerTo(rtuFraming, asked, dataOf(asked, seed), 0);
      const bit = where % (8 * frame.length);
      frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return receive(rtuFraming, frame, [frame.length], asked, 0) === null;
    }),
  );
  t.end();
});

t.test('whatever else comes is either waited out or says that it cannot be understood', (t) => {
  fc.assert(
    fc.property(query, number, fc.uint8Array({ maxLength: 600 }), (asked, number, bytes) => {
      for (const framing of [tcpFraming, rtuFraming]) {
        try {
          const { answer, rest } = framing.parse(Buffer.from(bytes), asked, number);
          if (answer === null && rest.length > bytes.length) return false;
        } catch (error) {
          if (!(error instanceof NoAnswer)) return false;
        }
      }
      return true;
    }),
  );
  const asked = { unit: 1, function: 'holding', address: 0, length: 2 } as const;
  const wrong = { ...asked, unit: 2 };
  const answer = (question: Query, bytes: number) => () =>
    tcpFraming.parse(answerTo(tcpFraming, question, Buffer.alloc(bytes), 5), asked, 5);
  t.throws(answer(wrong, 4), { name: 'NoAnswer', message: /unit 2 answered for unit 1/ });
  t.throws(answer({ ...asked, function: 'input' }, 4), { message: /function 4/ });
  t.throws(answer(asked, 6), { message: /6 bytes for 2 registers/ });
  t.throws(() => tcpFraming.parse(Buffer.from('HTTP/1.1 400'), asked, 5), { message: /unintelligible answer/ });
  t.end();
});
