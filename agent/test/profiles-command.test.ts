import t from 'tap';
import { profiles } from '../src/commands/profiles.ts';
import { listProfiles } from '../src/profiles/catalogue.ts';

const all = { name: undefined, kind: undefined, json: false };

t.test('lists every profile with what it reads and where that comes from', (t) => {
  const text = profiles(all);
  for (const kind of ['modbus', 'snmp']) {
    for (const name of listProfiles(kind)) t.match(text, new RegExp(`^${name} \\(${kind}\\): `, 'm'), name);
  }
  t.match(
    text,
    /^eastron-sdm630 \(modbus\): Eastron SDM630 Modbus V2.*\n {2}total: power, energy.*\n {2}l1, l2, l3: power, /m,
  );
  t.match(text, /\n {2}from RFC 1628: /);
  t.notMatch(profiles({ ...all, kind: 'snmp' }), /\(modbus\)/);
  const json = JSON.parse(profiles({ ...all, kind: 'modbus', json: true })) as object[];
  t.equal(json.length, listProfiles('modbus').length);
  t.match(
    json.find((one) => 'name' in one && one.name === 'eastron-sdm630'),
    {
      kind: 'modbus',
      manufacturer: 'Eastron',
      sections: { total: { channels: { power: { register: 52, type: 'float32' } } } },
    },
  );
  t.end();
});

t.test('shows one in full', (t) => {
  const meter = profiles({ ...all, name: 'eastron-sdm630' });
  t.match(meter, /^eastron-sdm630 \(modbus\)\n {2}model +SDM630 Modbus V2\n/);
  t.match(meter, /\ntotal\n {2}power +register 52, type float32\n {2}energy +register 72, type float32, scale 1000\n/);
  t.match(meter, /\n {2}voltage +mean 0 2 4, type float32\n/);
  t.match(meter, /\nl3\n/);
  t.match(profiles({ ...all, name: 'ups-mib' }), /\n {2}power +sum 1\.3\.6\.1\.2\.1\.33\.1\.4\.4\.1\.4\n/);
  t.end();
});

t.test('says which there are where the one asked for is not', (t) => {
  t.throws(() => profiles({ ...all, name: 'sdm630' }), { name: 'ConfigError', message: /there are: .*eastron-sdm630/ });
  t.throws(() => profiles({ ...all, kind: 'nut' }), { name: 'ConfigError', message: /there are: modbus, snmp/ });
  t.end();
});
