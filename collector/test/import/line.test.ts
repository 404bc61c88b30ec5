import fc from 'fast-check';
import t from 'tap';
import { Fields, LineCutter, LineError, lineLimits } from '../../src/import/line.ts';

/** The lines of a text that comes in chunks of these lengths. */
function cut(text: string, lengths: readonly number[]): string[] {
  const bytes = Buffer.from(text);
  const cutter = new LineCutter();
  const lines: string[] = [];
  const take = (bytes: Buffer, from: number, to: number): void => void lines.push(bytes.toString('utf8', from, to));
  let at = 0;
  for (const length of lengths) {
    cutter.cut(bytes.subarray(at, at + length), take);
    at += length;
  }
  cutter.cut(bytes.subarray(at), take);
  cutter.finish(take);
  return lines;
}

t.test('lines are the same wherever chunks end', async () => {
  const text = fc.array(fc.constantFrom('a', 'ä', ',', '"', '\n', '\r\n', '\r'), { maxLength: 60 });
  fc.assert(
    fc.property(text, fc.array(fc.nat({ max: 8 })), (parts, lengths) => {
      const whole = parts.join('');
      const wanted = whole.split('\n').map((line) => line.replace(/\r$/, ''));
      if (whole === '' || whole.endsWith('\n')) wanted.pop();
      return JSON.stringify(cut(whole, lengths)) === JSON.stringify(wanted);
    }),
    { numRuns: 2_000 },
  );
});

t.test('a line without an end is no line', async (t) => {
  const cutter = new LineCutter();
  t.throws(() => cutter.cut(Buffer.alloc(lineLimits.bytes + 1, 'a'), () => {}), LineError);
});

function split(line: string, separator = ','): string[] | null {
  const fields = new Fields();
  const bytes = Buffer.from(line);
  if (!fields.split(bytes, 0, bytes.length, separator.charCodeAt(0))) return null;
  return Array.from({ length: fields.count }, (_, index) => fields.text(bytes, index));
}

t.test('fields', async (t) => {
  t.same(split('a,b'), ['a', 'b']);
  t.same(split(' a , b\t,'), ['a', 'b', ''], 'without blanks');
  t.same(split(''), ['']);
  t.same(split(',,'), ['', '', '']);
  t.same(split('"1,5", "say ""kW""" ,x'), ['1,5', 'say "kW"', 'x']);
  t.same(split('a\t\tb', '\t'), ['a', '', 'b']);
  t.same(split('a  b', ' '), ['a', '', 'b']);
  t.equal(split('"a'), null);
  t.equal(split('"a""'), null);
  t.equal(split(','.repeat(20_000))?.length, lineLimits.fields);
});

t.test('any fields that are written with quotes come back', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'ä', ' ', ',', '"', ';'), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), (fields) => {
      const line = fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');
      return JSON.stringify(split(line)) === JSON.stringify(fields);
    }),
    { numRuns: 1_000 },
  );
});
