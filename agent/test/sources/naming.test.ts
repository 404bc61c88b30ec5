import { isId } from '@wattmark/shared/ids';
import fc from 'fast-check';
import t from 'tap';
import { hostAndPort, placeIn } from '../../src/sources/support/place.ts';
import { slugOf } from '../../src/sources/support/slug.ts';

t.test('a place in the network, however it is named', async (t) => {
  t.same(placeIn('192.0.2.1', 623), { host: '192.0.2.1', port: 623 });
  t.same(placeIn('bmc.example:6230', 623), { host: 'bmc.example', port: 6230 });
  t.same(placeIn('[2001:db8::1]:6230', 623), { host: '2001:db8::1', port: 6230 });
  t.same(placeIn('[2001:db8::1]', 623), { host: '2001:db8::1', port: 623 });
  t.same(placeIn('2001:db8::1', 623), { host: '2001:db8::1', port: 623 });
  for (const place of [
    { host: '2001:db8::1', port: 1 },
    { host: 'bmc.example', port: 65_535 },
  ]) {
    t.same(placeIn(hostAndPort(place), 623), place);
  }
});

t.test('a name as an id of the contract', async (t) => {
  t.equal(slugOf('Eaton_5PX.1'), 'eaton-5px-1');
  t.equal(slugOf('  -Büro / Keller- '), 'b-ro-keller');
  t.equal(slugOf('機櫃'), '');
  t.equal(slugOf('rack-7-left', 7), 'rack-7', 'without a hyphen at its end');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.integer({ min: 1, max: 63 }), (name, longest) => {
      const slug = slugOf(name, longest);
      return slug === '' || (isId(slug) && slug.length <= longest && !slug.endsWith('-'));
    }),
  );
});
