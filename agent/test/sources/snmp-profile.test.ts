import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import snmpLibrary from 'net-snmp';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { loadProfile } from '../../src/profiles/catalogue.ts';
import type { Sample, Search } from '../../src/source.ts';
import snmp from '../../src/sources/snmp.ts';
import type { Client } from '../../src/sources/snmp/client.ts';
import { placePoint } from '../../src/sources/snmp/placement.ts';
import { snmpProfile } from '../../src/sources/snmp/profile.ts';
import { createReader } from '../../src/sources/snmp/reader.ts';
import { numberOf, objectIn, textOf } from '../../src/sources/snmp/value.ts';
import { realClock } from '../support/real-clock.ts';
import { openSource, tick } from './conformance.ts';
import { createUdpProxy } from './faulty-proxy.ts';
import { startSnmpDevice } from './snmp-device.ts';
import { startSnmpd } from './snmpd.ts';

const target = { host: '127.0.0.1', community: 'device', timeout: '500ms' };

function writeProfile(t: Test, sections: object): string {
  const path = join(t.testdir(), 'mine.json');
  const words = { model: 'Mine', manufacturer: 'any', reference: 'the manual of the device, page 12' };
  writeFileSync(path, JSON.stringify({ ...words, sections }));
  return path;
}

t.test('numbers of every type, by a profile of the operator', async (t) => {
  const device = await startSnmpDevice(t, 'types');
  if (device === null) return;
  const oid = (number: number) => ({ oid: `1.3.6.1.4.1.99999.1.${number}` });
  const profile = writeProfile(t, {
    all: {
      channels: {
        power: oid(1),
        energy: oid(2),
        'apparent-power': oid(3),
        volume: { ...oid(4), scale: 0.1 },
        current: { ...oid(5), text: true },
        temperature: { ...oid(6), text: true },
        voltage: { ...oid(7), text: true },
        frequency: oid(5),
        humidity: oid(8),
        charge: { ...oid(3), digits: oid(2).oid },
      },
    },
  });
  const source = await openSource(snmp, { ...target, profile, port: device.port, points: [{ point: 'a' }] });
  t.teardown(() => source.close());
  const { readings, noData } = (await tick(source)) as Sample;
  t.same(readings, [
    ['a', 'power', -2_147_483_648],
    ['a', 'energy', 4_294_967_295],
    ['a', 'apparent-power', 4_000_000_000],
    ['a', 'volume', 900_719_925_474_099.1],
    ['a', 'current', 12.3],
    ['a', 'temperature', -7],
  ]);
  t.match(noData, [
    { channel: 'voltage', reason: /gives a text without a number/ },
    { channel: 'frequency', reason: /gives no number/ },
    { channel: 'humidity', reason: /gives no number/ },
    { channel: 'charge', reason: /4294967295 decimal places/ },
  ]);
});

t.test('an opaque float is a number, here the load of this host by snmpd', async (t) => {
  const device = await startSnmpd(t, []);
  if (device === null) return;
  const profile = writeProfile(t, {
    load: {
      index: '1',
      channels: {
        power: { oid: '1.3.6.1.4.1.2021.10.1.6.{index}' },
        current: { oid: '1.3.6.1.4.1.2021.10.1.3.{index}', text: true },
      },
    },
  });
  const points = [{ point: 'a' }, { point: 'b', from: 'load-3' }];
  const source = await openSource(snmp, { ...target, community: 'public', profile, port: device.port, points });
  t.teardown(() => source.close());
  const { readings, noData } = (await tick(source)) as Sample;
  t.same(noData, []);
  const values = readings.map(([, , value]) => value);
  t.ok(Math.abs((values[0] ?? 0) - (values[1] ?? 1)) < 0.011, `${values[0]} and ${values[1]}`);
  t.ok(Math.abs((values[2] ?? 0) - (values[3] ?? 1)) < 0.011, `${values[2]} and ${values[3]}`);
});

t.test('whatever a device gives becomes a number or a reason', (t) => {
  const types = Object.values(snmpLibrary.ObjectType).filter((type) => typeof type === 'number');
  const value = fc.oneof(fc.uint8Array().map(Buffer.from), fc.integer(), fc.string(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(fc.constantFrom(...types), value, fc.boolean(), (type, content, isText) => {
      const object = objectIn({ oid: '1.2', type, value: content } as Parameters<typeof objectIn>[0], '1.2');
      const name = textOf(object);
      if (name !== null) t.ok(name.length > 0 && name.length <= 100);
      try {
        return typeof numberOf(object, '1.2', isText) === 'number';
      } catch (error) {
        return (error as Error).message.startsWith('1.2: ');
      }
    }),
  );
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (number) => {
      const bytes = Buffer.alloc(7);
      bytes.writeUInt16BE(0x9f78);
      bytes.writeUInt8(4, 2);
      bytes.writeFloatBE(number, 3);
      const varbind = { oid: '1.2', type: snmpLibrary.ObjectType.Opaque, value: bytes };
      return Object.is(objectIn(varbind as Parameters<typeof objectIn>[0], '1.2'), number);
    }),
  );
  t.end();
});

t.test('the profile that the page for operators calls complete is', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/sources/snmp.md'), 'utf8');
  const [, example = ''] = /^```json\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const profile = join(t.testdir({ 'mine.json': example }), 'mine.json');
  const points = [{ point: 'a' }, { point: 'b', from: 'outlet-3' }];
  const source = await openSource(snmp, { ...target, profile, points });
  t.teardown(() => source.close());
  t.match(source.points, [
    { accuracyClass: '1', energyModulusWh: 429_496_729_600, channels: ['power', 'voltage', 'energy', 'temperature'] },
    { channels: ['power'], meter: { manufacturer: 'Example', model: 'PDU-9' } },
  ]);
});

t.test('a name that nobody knows is said to be one', async (t) => {
  const points = [{ point: 'a' }];
  const source = await openSource(snmp, { ...target, host: 'pdu-1.invalid', profile: 'ups-mib', points });
  t.teardown(() => source.close());
  t.match(await tick(source, 5000), { kind: 'absent', message: /^pdu-1\.invalid:161: the host cannot be reached \(E/ });
});

t.test('a point names a row of a section', async (t) => {
  const open = (from: string, profile = 'raritan-pdu2') =>
    openSource(snmp, { ...target, profile, points: [{ point: 'a', from }] });
  const fatal = (message: RegExp) => ({ name: 'SourceError', kind: 'fatal', message });
  for (const from of ['inlet', 'inlet-2', 'inlet-2.1', 'outlet-7', 'outlet-1.7']) await (await open(from)).close();
  await (await open('line-1', 'delta-ups')).close();
  await t.rejects(open('outlet'), fatal(/from: outlet must say which one: outlet-1\.1, for example/));
  await t.rejects(open('outlet-1.2.3'), fatal(/names a row of 3 numbers, but rows have 2/));
  await t.rejects(open('outlets-1'), fatal(/has no section outlets-1; it has: inlet, outlet/));
  await t.rejects(open('battery-2', 'ups-mib'), fatal(/from: battery-2 names a row, but there is only one/));
});

t.test('a profile that cannot work is refused', async (t) => {
  const open = (sections: object) =>
    openSource(snmp, { ...target, profile: writeProfile(t, sections), points: [{ point: 'a' }] });
  const refused = (message: RegExp) => ({ name: 'SourceError', kind: 'fatal', message });
  const power = { power: { oid: '1.3.6.1.4.1.1.{index}' } };
  await t.rejects(open({ a: { channels: power } }), refused(/sections\.a: must have an index where \{index\} is used/));
  await t.rejects(open({ a: { index: 'x', channels: power } }), refused(/sections\.a\.index: must be a row such as 1/));
  await t.rejects(
    open({ a: { channels: { power: { oid: 'sysUpTime' } } } }),
    refused(/sections\.a\.channels\.power.*: must/),
  );
});

t.test('a device that another took the place of is announced anew, and only then', async (t) => {
  const device = await startSnmpDevice(t, 'rpdu2');
  if (device === null) return;
  const points = [{ point: 'pdu-1', channels: ['power'] }];
  const source = await openSource(snmp, { ...target, profile: 'apc-rpdu2', port: device.port, points });
  t.teardown(() => source.close());
  const before = source.points;
  t.match(before, [{ meter: { manufacturer: 'APC by Schneider Electric', model: /Rack PDU 2G/, serial: undefined } }]);
  await tick(source);
  const learnt = source.points;
  t.match(learnt, [{ meter: { model: 'AP8853', serial: 'ZA1111', firmware: 'v6.5.0' } }]);
  await tick(source);
  t.equal(source.points, learnt, 'the same array while nothing changes');
  await device.restartAs('rpdu2');
  await tick(source);
  t.equal(source.points, learnt, 'also after a restart');
  await device.restartAs('rpdu2-other');
  t.match(await tick(source), { readings: [['pdu-1', 'power', 100]] });
  t.match(source.points, [{ meter: { serial: 'ZA2222', firmware: 'v7.0.4' } }]);
});

t.test('a search says what it found, and what it has no profile for', async (t) => {
  const device = await startSnmpDevice(t, 'rpdu2');
  if (device === null) return;
  const proxy = await createUdpProxy(() => device.port);
  t.teardown(() => proxy.close());
  const said: string[] = [];
  const search = (addresses: readonly string[], abort = new AbortController()): Search => ({
    log: pino({ level: 'silent' }),
    clock: realClock,
    signal: abort.signal,
    addresses,
    community: 'device',
    progress: (line) => void said.push(line),
  });
  const here = `127.0.0.1:${proxy.port}`;
  t.same(await snmp.discover(search([])), [], 'only where the operator says');
  t.same(said, []);

  await device.restartAs('unknown');
  t.same(await snmp.discover(search([here])), []);
  t.match(
    said.at(-1),
    /127\.0\.0\.1 answers, but there is no profile for it \(sysObjectID 1\.3\.6\.1\.4\.1\.11\.2\.3\.9\.1, A/,
  );

  await device.restartAs('ups');
  proxy.behaviour = (data) => (data[4] === 1 ? Buffer.from('v2c is switched off') : data);
  const found = await snmp.discover(search([`127.0.0.1:${device.port + 1}`, here]));
  t.match(found, [
    {
      title: /^UPS with the standard UPS-MIB at 127\.0\.0\.1:\d+$/,
      entry: {
        kind: 'snmp',
        profile: 'ups-mib',
        host: '127.0.0.1',
        port: proxy.port,
        version: '1',
        community: 'device',
        points: [
          { point: '127-0-0-1', from: 'output' },
          { point: '127-0-0-1-input', from: 'input' },
          { point: '127-0-0-1-battery', from: 'battery' },
        ],
      },
    },
  ]);

  proxy.behaviour = 'silent';
  const abort = new AbortController();
  const started = performance.now();
  const searching = snmp.discover(search(Array<string>(40).fill(here), abort));
  setImmediate(() => abort.abort());
  t.same(await searching, []);
  t.ok(performance.now() - started < 500, 'given up at once');
});

t.test('a look that is given up asks for nothing more', async (t) => {
  const abort = new AbortController();
  const asked: string[] = [];
  const client: Client = {
    async get(oids) {
      asked.push(...oids);
      return oids.map(() => 1);
    },
    async walk() {
      abort.abort();
      throw new Error('given up');
    },
    has: async () => false,
    cancel() {},
    close() {},
  };
  const profile = loadProfile('snmp', 'ups-mib', snmpProfile, '');
  const read = createReader(client, [placePoint(profile, 'ups-mib', { point: 'a' })]);
  await t.rejects(read(abort.signal), { message: 'given up' });
  t.same(asked, [], 'or its questions would meet those of the next look');
});
