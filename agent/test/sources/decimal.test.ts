import fc from 'fast-check';
import t from 'tap';

import { parseLines } from '../../src/sources/mqtt/line-protocol.ts';
import { decimalIn, numberOf } from '../../src/sources/support/decimal.ts';

t.test('every number that JavaScript writes, and the ways in which others write one', async (t) => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => decimalIn(String(value)) === value),
  );
  const texts = { '1.': 1, '.5': 0.5, '+2.50': 2.5, '-3E2': -300, '007': 7 };
  for (const [text, value] of Object.entries(texts)) t.equal(decimalIn(text), value);
  for (const text of ['', '.', '1.2.3', '1e', '0x10', 'Infinity', 'NaN', '1,5', '--1', ' 1', '1 W']) {
    t.equal(decimalIn(text), null, JSON.stringify(text));
  }
});

t.test('a text of a million digits that is no number after all is told at once', async (t) => {
  const text = `${'1'.repeat(1_000_000)}x`;
  const beganMs = performance.now();
  t.equal(decimalIn(text), null);
  t.equal(numberOf(text), null);
  t.throws(() => parseLines(`cpu value=${text}`), /lacks a value/);
  t.ok(performance.now() - beganMs < 2_000, 'or one message would hold up the agent for hours');
});
