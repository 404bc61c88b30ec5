import fc from 'fast-check';
import t from 'tap';
import { type Conversion, conversionOf } from '../../src/import/conversion.ts';
import { parseDecimal } from '../../src/import/decimal.ts';

const plain: Conversion = { multiplier: 1, exponent: 0, factor: 1 };

function read(text: string, conversion = plain, mark = '.'): number {
  const bytes = Buffer.from(`x${text}y`);
  return parseDecimal(bytes, 1, bytes.length - 1, mark.charCodeAt(0), conversion);
}

/** The same, obviously right: what JavaScript reads, with the digits multiplied as whole numbers. */
function reference(text: string, { multiplier, exponent }: Conversion): number {
  const [, sign = '', whole = '', fraction = '', stated = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d{1,4}))?$/i.exec(text) ?? [];
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,4})?$/i.test(text)) return Number.NaN;
  const digits = BigInt(whole + fraction) * BigInt(multiplier);
  const size = Number(`${digits}e${exponent + Number(stated) - fraction.length}`);
  return sign === '-' ? -size : size;
}

const digits = fc.stringMatching(/^\d{0,20}$/);
const decimalText = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    digits,
    fc.constantFrom('', '.'),
    digits,
    fc.constantFrom('', 'e3', 'E-7', 'e+120'),
  )
  .map((parts) => parts.join(''));
const conversion = fc.record({
  multiplier: fc.constantFrom(1, 4, 60),
  exponent: fc.integer({ min: -9, max: 9 }),
  factor: fc.constant(1),
});

t.test('decimals are what JavaScript reads, converted on their digits', async () => {
  fc.assert(
    fc.property(decimalText, conversion, (text, conversion) =>
      Object.is(read(text, conversion), reference(text, conversion)),
    ),
    { numRuns: 20_000 },
  );
});

t.test('whatever else stands there is no number', async (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), (text) => Object.is(read(text), reference(text, plain))),
    { numRuns: 5_000 },
  );
  const wrong = ['', '-', '.', '1.2.3', '1,5', '1 000', '0x10', 'NaN', 'Infinity', '1e', '1e+', '1e12345', '--1', '1-'];
  for (const text of wrong) t.ok(Number.isNaN(read(text)), text);
  t.ok(Number.isNaN(read('1'.repeat(65))), 'so long a text is no figure');
  t.equal(read('1'.repeat(64)), Number('1'.repeat(64)));
});

t.test('a decimal comma', async (t) => {
  t.equal(read('181,25', plain, ','), 181.25);
  t.ok(Number.isNaN(read('181.25', plain, ',')));
});

t.test('units are converted without a binary neighbour of the figure', async (t) => {
  t.equal(read('41.2', conversionOf('power', { unit: 'kW' }, null)), 41_200);
  t.equal(read('1234567.891', conversionOf('energy', { unit: 'kWh' }, null)), 1_234_567_891);
  t.equal(read('0.29', conversionOf('energy', { unit: 'kWh' }, 60_000)), 17_400, 'of a minute, as its mean power');
  t.equal(read('12.5', conversionOf('energy', { unit: 'kWh' }, 900_000)), 50_000);
  t.equal(read('87', conversionOf('power', { scale: 0.1 }, null)), 8.7);
  t.equal(read('3.6', conversionOf('energy', { unit: 'MJ' }, null)), 1000, 'a factor that is no power of ten');
  t.equal(read('3', conversionOf('energy', { unit: 'kWh' }, 7_200_000)), 1500, 'of two hours');
});
