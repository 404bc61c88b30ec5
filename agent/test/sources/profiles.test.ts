import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { listProfiles, loadProfile, parseProfile } from '../../src/profiles/catalogue.ts';
import { modbusProfile } from '../../src/sources/modbus/profile.ts';
import { snmpProfile } from '../../src/sources/snmp/profile.ts';

const kinds = { modbus: modbusProfile, snmp: snmpProfile };
const directory = join(import.meta.dirname, '../../src/profiles');

t.test('every profile that is shipped is valid and says where its addresses come from', (t) => {
  for (const [kind, schema] of Object.entries(kinds)) {
    const names = listProfiles(kind);
    t.ok(names.length >= 2, `${kind}: ${names.join(', ')}`);
    for (const name of names) {
      const profile = loadProfile(kind, name, schema, '/nonexistent');
      t.ok(profile.reference.length > 20, `${kind}/${name}`);
      t.ok(Object.values(profile.sections).every((section) => Object.keys(section.channels).length > 0));
    }
  }
  t.end();
});

t.test('a profile that cannot work is refused with every problem', (t) => {
  const valid = JSON.parse(readFileSync(join(directory, 'modbus/eastron-sdm630.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const parse = (change: object) => () =>
    parseProfile('mine.json', JSON.stringify({ ...valid, ...change }), modbusProfile);
  const section = (channel: object) => ({ sections: { total: { channels: channel } } });
  t.doesNotThrow(parse({}));
  const refused = (message: RegExp) => ({ name: 'SourceError', kind: 'fatal', message });
  t.throws(parse({ adress: 1, model: '' }), refused(/profile mine\.json is not valid: model: .*; adress: /));
  t.throws(
    parse(section({ watts: { register: 1, type: 'int16' } })),
    refused(/sections\.total\.channels\.watts: is not a channel/),
  );
  t.throws(parse(section({ power: { register: 1, type: 'int24' } })), refused(/channels\.power.*: /));
  t.throws(
    parse(section({ power: { type: 'int16' } })),
    refused(/must have a type of .* and either register, sum or mean/),
  );
  t.throws(() => parseProfile('mine.json', '{', modbusProfile), refused(/profile mine\.json is not JSON/));
  t.end();
});
