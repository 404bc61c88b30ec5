import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import * as v from 'valibot';
import type { Source } from '../../src/source.ts';
import modbus from '../../src/sources/modbus.ts';
import { recordingLog } from '../support/log.ts';
import { context, tick } from './conformance.ts';
import { startDevice, startUnits, text, type Units } from './peers/modbus-device.ts';

/** The example of the page for operators, as a profile of one's own. */
const page = readFileSync(join(import.meta.dirname, '../../../docs/sources/modbus.md'), 'utf8');
const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];

const low = (value: number): number[] => [value & 0xffff, value >>> 16];

/** The device that the example describes. */
function device(serial: string | null, powerRaw = 1234): Units {
  const values = {
    0: [...low(powerRaw), ...low(5000)],
    10: [2290, 2300, 2310, 100, 200, 300],
    20: [0xffff],
    222: [40],
  };
  const identity = { 200: text(serial ?? '', 8), 210: [123], 220: [200, 5] };
  return { 1: { holding: { ...values, ...(serial !== null && identity) }, input: { 2: [4998] } } };
}

async function open(t: Test, port: number) {
  const directory = t.testdir({ 'my-meter.json': example });
  const { log, entries } = recordingLog();
  const points = [{ point: 'main' }, { point: 'l1', from: 'l1', accuracyClass: '1' }];
  const config = { profile: './my-meter.json', host: '127.0.0.1', port, timeout: '300ms', points };
  const source: Source = await modbus.open(v.parse(modbus.schema, config), { ...context, directory, log });
  t.teardown(() => source.close());
  return { source, entries };
}

t.test('a profile of one’s own, and what the device says of itself', async (t) => {
  const peer = await startDevice(t, device('  PM3-0042'));
  if (peer === null) return;
  const { source } = await open(t, peer.port);
  const model = { manufacturer: 'Example', model: 'PM-3' };
  const before = source.points;
  t.match(before, [
    { point: 'main', meter: model, accuracyClass: '0.5S', energyModulusWh: 10_000_000 },
    { point: 'l1', accuracyClass: '1', channels: ['voltage', 'current'] },
  ]);
  const readings = [
    ['main', 'power', 123.4],
    ['main', 'energy', 2_000_000],
    ['main', 'voltage', 230],
    ['main', 'current', 6],
    ['main', 'frequency', 49.98],
    ['l1', 'voltage', 229],
    ['l1', 'current', 1],
  ];
  t.same(await tick(source), { readings, noData: [] });
  t.not(source.points, before);
  const meter = { ...model, serial: 'PM3-0042', firmware: '1.23', ctRatio: 40 };
  t.same(
    source.points.map((point) => point.meter),
    [meter, meter],
  );
  const known = source.points;
  await tick(source);
  t.equal(source.points, known, 'the same array while nothing changes');
  await peer.stop();
  t.match(await tick(source), { name: 'SourceError' });
  await startUnits(t, String(peer.port), device('  PM3-0042'));
  t.match(await tick(source), { readings });
  t.equal(source.points, known, 'the same device came back');
});

t.test('another device in its place is announced as another', async (t) => {
  const peer = await startDevice(t, device('A-1'));
  if (peer === null) return;
  const { source } = await open(t, peer.port);
  await tick(source);
  t.match(source.points, [{ meter: { serial: 'A-1' } }]);
  await peer.stop();
  await startUnits(t, String(peer.port), device('B-2', 999));
  // It may take a tick to notice that the connection is gone.
  await tick(source);
  t.match(await tick(source), { readings: [['main', 'power', 99.9]] });
  t.match(source.points, [{ meter: { serial: 'B-2' } }]);
});

t.test('another device on a connection that stays, as behind a gateway or on a serial line', async (t) => {
  let serial = 'A-1';
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (question: Buffer) => {
      if (serial === '') return;
      const address = question.readUInt16BE(8);
      const bytes = 2 * question.readUInt16BE(10);
      const data = Buffer.alloc(bytes, address === 200 ? 0 : 1);
      if (address === 200) data.write(serial);
      const header = Buffer.from([...question.subarray(0, 4), 0, bytes + 3, ...question.subarray(6, 8), bytes]);
      socket.write(Buffer.concat([header, data]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { source } = await open(t, (server.address() as AddressInfo).port);
  await tick(source);
  t.match(source.points, [{ meter: { serial: 'A-1' } }]);
  serial = '';
  t.match(await tick(source), { name: 'SourceError' });
  serial = 'B-2';
  await tick(source);
  t.match(source.points, [{ meter: { serial: 'B-2' } }]);
  t.equal(connections.size, 1);
});

t.test('a device that does not say what it is is read all the same', async (t) => {
  const peer = await startDevice(t, device(null));
  if (peer === null) return;
  const { source, entries } = await open(t, peer.port);
  const before = source.points;
  for (let i = 0; i < 3; i++) t.match(await tick(source), { readings: [['main', 'power', 123.4]] });
  t.equal(source.points, before);
  const said = entries.filter(({ msg }) => msg.startsWith('the device tells no serial number'));
  t.match(said, [{ reason: /illegal data address/ }]);
  t.equal(said.length, 1, 'which is logged once');
});

t.test('a file that is not there, or is no profile', async (t) => {
  const directory = t.testdir({ 'bad.json': '{"model": 1}' });
  const opening = (profile: string) =>
    modbus.open(v.parse(modbus.schema, { profile, host: 'a', points: [{ point: 'p' }] }), { ...context, directory });
  await t.rejects(opening('./none.json'), { kind: 'fatal', message: /the profile cannot be read: ENOENT/ });
  await t.rejects(opening('bad.json'), {
    kind: 'fatal',
    message: /profile bad\.json is not valid: model: .*; manufacturer: /,
  });
  await t.rejects(opening('none'), {
    kind: 'fatal',
    message: /there is no modbus profile none; there are: abb-b23-b24/,
  });
});
