import t from 'tap';
import { parseProfile } from '../../src/profiles/catalogue.ts';
import { modbusProfile } from '../../src/sources/modbus/profile.ts';
import {
  numberAt,
  type Quantity,
  type Read,
  textAt,
  type TextPlace,
  valueOf,
} from '../../src/sources/modbus/quantity.ts';

const head = { model: 'Test', manufacturer: 'Nobody', reference: 'made for this test, from no data sheet' };

function parse(profile: object) {
  return parseProfile('mine.json', JSON.stringify({ ...head, function: 'holding', ...profile }), modbusProfile);
}

function quantity(definition: object, profile: object = {}): Quantity {
  const { sections } = parse({ ...profile, sections: { total: { channels: { power: definition } } } });
  const power = sections['total']?.channels.power;
  if (power === undefined) throw new Error('no power');
  return power;
}

/** A device with these words, by table and address. */
function device(tables: { holding?: Record<number, number>; input?: Record<number, number> }): Read {
  return ({ function: table, address, length }) => {
    const bytes = Buffer.alloc(2 * length);
    for (let i = 0; i < length; i++) {
      const word = tables[table]?.[address + i];
      if (word === undefined) throw new Error(`register ${address + i} was not expected to be read from ${table}`);
      bytes.writeUInt16BE(word, 2 * i);
    }
    return bytes;
  };
}

t.test('what a profile says once holds for all its numbers, and what a number says for itself comes first', (t) => {
  const profile = { wordOrder: 'low-first', byteOrder: 'low-first' };
  t.match(quantity({ register: 1, type: 'int32' }, profile), { function: 'holding', ...profile });
  const own = { function: 'input', wordOrder: 'high-first', byteOrder: 'high-first' };
  t.match(quantity({ register: 1, type: 'int32', ...own }, profile), own);
  t.match(quantity({ register: 1, type: 'int32' }), { wordOrder: 'high-first', byteOrder: 'high-first' });
  t.match(
    quantity({ register: 1, type: 'int32', exponent: { register: 3, type: 'int16' } }, profile).exponent,
    { function: 'holding', ...profile },
    'the exponent too',
  );
  t.end();
});

t.test('a power of ten from another register, as in SunSpec', (t) => {
  const power = quantity({ register: 0, type: 'int16', exponent: { register: 9, type: 'int16' } });
  const at = (value: number, exponent: number) => valueOf(power, device({ holding: { 0: value, 9: exponent } }));
  t.equal(at(1234, 2), 123_400);
  t.equal(at(1234, 0), 1234);
  t.equal(at(1234, 0xffff), 123.4, '-1');
  t.equal(at(3, 0xfffe), 0.03, '-2');
  for (const exponent of [-11, 11, -400]) {
    t.throws(() => at(1234, exponent & 0xffff), /power of ten/, `1e${exponent}: and not 0`);
  }
  t.throws(() => at(1234, 0x8000), /0x8000, which means that it has no value/);
  t.throws(() => at(0x8000, 0), /0x8000, which means that it has no value/);
  t.end();
});

t.test('a factor from another register, such as the ratio of current transformers', (t) => {
  const read = device({ holding: { 0: 500, 7: 400 }, input: { 7: 30 } });
  const power = { register: 0, type: 'uint16', scale: 0.1 };
  t.equal(valueOf(quantity({ ...power, multiplier: { register: 7, type: 'uint16' } }), read), 20_000);
  t.equal(valueOf(quantity({ ...power, multiplier: { register: 7, type: 'uint16', scale: 0.1 } }), read), 2000);
  t.equal(valueOf(quantity({ ...power, multiplier: { function: 'input', register: 7, type: 'uint16' } }), read), 1500);
  t.throws(
    () =>
      valueOf(
        quantity({ ...power, multiplier: { register: 8, type: 'uint16' } }),
        device({ holding: { 0: 500, 8: 0 } }),
      ),
    /register 8: a factor of 0/,
    'a ratio that was never set is no power of 0 W',
  );
  t.end();
});

t.test('sums and means of several registers, all of which must have a value', (t) => {
  const read = device({ holding: { 1: 100, 3: 200, 5: 600, 7: 0xffff, 9: 0xfffd } });
  const valueAt = (definition: object) => valueOf(quantity({ type: 'uint16', noData: [0xfffd], ...definition }), read);
  t.equal(valueAt({ sum: [1, 3, 5] }), 900);
  t.equal(valueAt({ mean: [1, 3, 5] }), 300);
  t.throws(() => valueAt({ mean: [1, 7] }), /no value/);
  t.throws(() => valueAt({ sum: [1, 9] }), /the meter says 65533/);
  t.end();
});

t.test('identity and the signs of a model', (t) => {
  const { identity, identify } = parse({
    byteOrder: 'low-first',
    identity: {
      serial: { register: 10, length: 3, type: 'string' },
      model: { register: 10, length: 3, type: 'string', byteOrder: 'high-first' },
      firmware: { register: 1, type: 'uint16', scale: 0.01 },
      ctRatio: { numerator: { register: 2, type: 'uint16' }, denominator: { register: 3, type: 'uint16' } },
      vtRatio: { register: 4, type: 'uint16' },
    },
    identify: [
      { register: 11, type: 'uint16', equals: [71, 72] },
      { register: 10, length: 3, type: 'string', startsWith: 'EM' },
    ],
    sections: {},
  });
  const read = device({ holding: { 10: 0x4241, 11: 0x2043, 12: 0 } });
  t.equal(textAt(identity.serial as TextPlace, read), 'ABC', 'padding is not part of it');
  t.equal(textAt(identity.model as TextPlace, read), 'BA C');
  t.match(identity, { ctRatio: { denominator: { registers: [3] } }, vtRatio: { numerator: { registers: [4] } } });
  t.match(identify, [{ function: 'holding', equals: [71, 72] }, { startsWith: 'EM' }]);
  t.equal(numberAt({ ...(identity.firmware as Quantity), register: 11 }, read), 0x4320);
  t.same(parse({ sections: {} }).identity, {});
  t.end();
});

t.test('what cannot be a profile', (t) => {
  const refused = (message: RegExp) => ({ name: 'SourceError', kind: 'fatal', message });
  const withIdentity = (identity: object) => () => parse({ identity, sections: {} });
  t.throws(withIdentity({ serial: { register: 1, type: 'string' } }), refused(/identity\.serial: must be a string/));
  t.throws(
    withIdentity({ ctRatio: { numerator: { register: 1, type: 'int16' } } }),
    refused(/identity\.ctRatio: must be/),
  );
  t.throws(withIdentity({ colour: {} }), refused(/identity\.colour/));
  t.throws(() => parse({ identify: [], sections: {} }), refused(/identify: must name at least one condition/));
  t.throws(
    () => parse({ identify: [{ register: 1, type: 'string', length: 1 }], sections: {} }),
    refused(/identify\[0\]: must be a string with register, length and startsWith/),
  );
  t.throws(() => quantity({ sum: [], type: 'int16' }), refused(/channels\.power/));
  t.throws(() => quantity({ register: 1, type: 'int16', exponent: { register: -1, type: 'int16' } }), refused(/power/));
  t.end();
});
