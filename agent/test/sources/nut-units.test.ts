import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import * as v from 'valibot';
import { requireProgram } from '../../../shared/test/program.ts';
import nut from '../../src/sources/nut.ts';
import { createRoster } from '../../src/sources/nut/roster.ts';
import type { Sample } from '../../src/source.ts';
import { recordingLog } from '../support/log.ts';
import { realClock } from '../support/real-clock.ts';
import { scratch } from '../support/scratch.ts';
import { context, openSource, tick } from './conformance.ts';
import { makeCertificate } from './nut/certificates.ts';
import { dev } from './nut/devices.ts';
import { type NutServer, startNut } from './nut/server.ts';

const captured = fileURLToPath(new URL('../../../../shared/data/nut/CyberPower-CP900EPFCLCD.dev', import.meta.url));

const online = (powerW: number) => dev({ 'ups.status': 'OL', 'ups.realpower': powerW });

const later = { '5PX_A.1': dev({ 'ups.status': 'OL', 'ups.realpower': 500, 'ups.model': '5PX', 'ups.serial': 'G1' }) };
const named = {
  ...later,
  rack: dev({ 'ups.status': 'OL', 'ups.load': 40, 'ups.power.nominal': 3000, 'ups.power': 1200 }),
  '5px-a-1': online(1),
};
const one = { a: online(500) };
const two = { ...one, b: online(700) };

const outage =
  'ups.realpower: 1180\nbattery.voltage: 50\nbattery.current: 24\nups.status: OL CHRG\nTIMER 2\n' +
  'ups.status: OB DISCHRG\nbattery.charge: 83\nTIMER 2\nups.status: OB LB\nbattery.charge: 12\nTIMER 2\n';

const directory = scratch(t);
const sequence = join(directory, 'outage.seq');
writeFileSync(sequence, outage);

/** upsd and its drivers take seconds to meet, so all of them are started at once. */
const servers = {
  named: startNut(t, named, '', later),
  one: startNut(t, one, '', two),
  captured: existsSync(captured) ? startNut(t, { cyber: captured }) : null,
  pair: startNut(t, { a: online(100), b: online(200) }),
  outage: startNut(t, { seq: sequence }),
  secure: startSecure(),
  found: startNut(t, {
    rack: dev({ 'ups.status': 'OL', 'ups.realpower': 500, 'ups.mfr': 'Eaton', 'ups.model': '5PX' }),
    Rack_: dev({ 'ups.status': 'OL', 'ups.load': 10, 'ups.power': 500 }),
  }),
};

async function startSecure(): Promise<NutServer | null> {
  const [openssl, certutil, pk12util] = ['openssl', 'certutil', 'pk12util'].map((name) => requireProgram(t, name));
  if (openssl == null || certutil == null || pk12util == null) return null;
  return startNut(t, { sim: online(500) }, makeCertificate(directory, openssl, certutil, pk12util));
}

t.test('every UPS of a server, by its own name', async (t) => {
  const server = await servers.named;
  if (server === null) return;
  const { log, entries } = recordingLog();
  const config = v.parse(nut.schema, { host: '127.0.0.1', port: server.port, prefix: 'ups-' });
  const source = await nut.open(config, { ...context, log });
  t.teardown(() => source.close());
  t.same(source.points, []);
  await tick(source);
  const before = source.points;
  t.match(before, [
    { point: 'ups-5px-a-1', channels: ['power'], meter: { model: '5PX', serial: 'G1' } },
    { point: 'ups-rack', channels: ['power', 'apparent-power', 'load'] },
  ]);
  t.match(entries, [{ msg: 'a UPS is left out; name those to be read with points', ups: '5px-a-1' }]);
  const { readings, noData } = (await tick(source)) as Sample;
  t.equal(source.points, before, 'the same points while nothing changes');
  t.equal(entries.length, 1, 'said once');
  t.same(readings, [
    ['ups-5px-a-1', 'power', 500],
    ['ups-rack', 'apparent-power', 1200],
    ['ups-rack', 'load', 40],
  ]);
  t.match(noData, [{ point: 'ups-rack', channel: 'power', reason: /no real power/ }], 'VA are never taken for W');
  await server.restartWith(later);
  await tick(source);
  t.match(((await tick(source)) as Sample).noData, [{ point: 'ups-rack', reason: /UNKNOWN-UPS.*no such section/ }]);
  await server.restartWith(named);
  await tick(source);
  t.equal(((await tick(source)) as Sample).readings.length, 3, 'and back again');
});

t.test('a UPS that comes later is a new point', async (t) => {
  const server = await servers.one;
  if (server === null) return;
  const source = await openSource(nut, { host: '127.0.0.1', port: server.port });
  t.teardown(() => source.close());
  await tick(source);
  t.same(
    source.points.map(({ point }) => point),
    ['a'],
  );
  await server.restartWith(two);
  await tick(source);
  t.match(await tick(source), {
    readings: [
      ['a', 'power', 500],
      ['b', 'power', 700],
    ],
  });
  t.same(
    source.points.map(({ point }) => point),
    ['a', 'b'],
  );
});

t.test('a captured UPS without a power meter: estimated, and said so', async (t) => {
  if (servers.captured === null) return void t.skip('the captured device is not here', () => undefined);
  const server = await servers.captured;
  if (server === null) return;
  const points = [{ point: 'ups-1', from: 'cyber', role: 'it', level: 'ups-output' }];
  const source = await openSource(nut, { host: '127.0.0.1', port: server.port, points });
  t.teardown(() => source.close());
  t.match(source.points, [{ point: 'ups-1', channels: ['power'] }], 'announced before it has answered');
  const { readings, noData } = (await tick(source)) as Sample;
  t.same(noData, []);
  t.same(readings, [
    ['ups-1', 'power', 70.2, 'estimated'],
    ['ups-1', 'voltage', 228],
    ['ups-1', 'load', 13],
    ['ups-1-battery', 'charge', 100],
    ['ups-1-battery', 'voltage', 24],
  ]);
  const meter = { manufacturer: 'CPS', model: 'CP900EPFCLCD' };
  t.match(source.points, [
    { point: 'ups-1', role: 'it', meter, method: /^estimated as ups\.load × ups\.realpower\.nominal \(540 W\)/ },
    { point: 'ups-1-battery', meter },
  ]);
  t.notOk(source.points[0]?.meter?.serial, 'a serial number of zeros is none');
  t.ok((source.points[0]?.method?.length ?? 0) <= 200);
});

t.test('a driver that has gone takes its own UPS with it, and no other', async (t) => {
  const server = await servers.pair;
  if (server === null) return;
  const source = await openSource(nut, { host: '127.0.0.1', port: server.port });
  t.teardown(() => source.close());
  await tick(source);
  await server.stopDriver('a');
  const { readings, noData } = (await tick(source)) as Sample;
  t.same(readings, [['b', 'power', 200]]);
  t.match(noData, [
    { point: 'a', channel: 'power', reason: /ERR (DRIVER-NOT-CONNECTED|DATA-STALE): its driver|ups\.status is WAIT/ },
  ]);
});

t.test('on line, on battery, battery low: said once each, and which way the battery flows', async (t) => {
  const server = await servers.outage;
  if (server === null) return;
  const { log, entries } = recordingLog();
  const source = await nut.open(v.parse(nut.schema, { host: '127.0.0.1', port: server.port }), { ...context, log });
  t.teardown(() => source.close());
  const powersW = new Set<number>();
  const isOver = () => entries.some(({ msg }) => msg === 'the UPS is on line');
  while (!isOver()) {
    const { readings } = (await tick(source)) as Sample;
    const power = readings.find(([point, channel]) => point === 'seq-battery' && channel === 'power')?.[2];
    if (power !== undefined) powersW.add(power);
    await realClock.sleep(50);
  }
  const said = entries.map(({ msg }) => msg);
  const cycle = ['the UPS runs on its battery', 'the battery of the UPS is low', 'the UPS is on line'];
  t.same(said, cycle.slice(cycle.indexOf(said[0] ?? '')), 'once each');
  t.same(powersW, new Set([1200, -1200]), 'supplies, and is charged');
});

t.test('STARTTLS with a real upsd', async (t) => {
  const server = await servers.secure;
  if (server === null) return;
  const read = async (config: object) => {
    const settings = v.parse(nut.schema, { host: '127.0.0.1', port: server.port, tls: 'starttls', ...config });
    const source = await nut.open(settings, { ...context, directory });
    t.teardown(() => source.close());
    return tick(source);
  };
  const reading = { readings: [['sim', 'power', 500]] };
  t.match(await read({ ca: 'ca.pem', username: 'mon', password: 'a "good" one' }), reading);
  t.match(await read({ host: 'localhost', ca: 'ca.pem' }), reading);
  t.match(await read({ verify: false }), reading);
  const distrust =
    /certificate of 127.0.0.1:\d+ is not to be trusted \(.*\): name the authority that signed it with ca/;
  t.match(await read({}), { kind: 'absent', message: distrust });
  await t.rejects(read({ ca: 'none.pem' }), { kind: 'fatal', message: /ca: ENOENT/ });
});

t.test('without a certificate upsd refuses STARTTLS, and nothing is sent in clear', async (t) => {
  const server = await servers.one;
  if (server === null) return;
  const place = { host: '127.0.0.1', port: server.port };
  const secure = await openSource(nut, { ...place, tls: 'starttls' });
  t.teardown(() => secure.close());
  const message =
    /STARTTLS with ERR FEATURE-NOT-CONFIGURED: name a certificate with CERTFILE or CERTPATH in its upsd.conf/;
  t.match(await tick(secure), { kind: 'absent', message });
  const clear = await openSource(nut, { ...place, username: 'mon', password: 'a "good" #1\\' });
  t.teardown(() => clear.close());
  t.match(await tick(clear), { readings: [['a', 'power', 500], {}] });
});

t.test('discovery finds the server that the operator named', async (t) => {
  const server = await servers.found;
  if (server === null) return;
  const search = { log: context.log, clock: realClock, signal: new AbortController().signal };
  const addresses = [`127.0.0.1:${server.port}`, '127.0.0.1:1'];
  const found = await nut.discover({ ...search, addresses, community: 'public', progress: () => {} });
  t.match(found, [
    {
      title: `2 UPSs of Network UPS Tools at 127.0.0.1:${server.port}`,
      notes: [
        /^rack: Eaton 5PX, serial number untold; measures its power$/,
        /^Rack_: Dummy .*, serial number untold; tells no power in W$/,
        /role: it and level: ups-output/,
      ],
      entry: {
        points: [
          { point: 'rack', from: 'rack' },
          { point: 'rack-2', from: 'Rack_' },
        ],
      },
    },
  ]);
  const { kind, ...entry } = found[0]?.entry ?? {};
  t.equal(kind, 'nut');
  t.ok(v.is(nut.schema, entry), 'and its entry can be used as it is');
});

t.test('a server that lists other names at each tick does not fill the log', async (t) => {
  const { log, entries } = recordingLog();
  const roster = createRoster({}, { log, intervalMs: 10_000, simulated: false });
  for (let tick = 0; tick < 10; tick++) {
    roster.welcome(Array.from({ length: 1_000 }, (_, index) => `ups-${tick}-${index}`));
  }
  t.equal(roster.units.length, 200);
  t.equal(entries.length, 200);
});
