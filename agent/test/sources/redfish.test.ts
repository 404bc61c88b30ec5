import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reading } from '@wattmark/shared/messages';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import * as v from 'valibot';
import { freePort } from '../../../shared/test/free-port.ts';
import { createClient } from '../../src/sources/redfish/client.ts';
import { createTransport } from '../../src/sources/redfish/transport.ts';
import redfish from '../../src/sources/redfish.ts';
import { keepConnections } from '../../src/sources/support/http-connections.ts';
import type { Sample, Source, SourceError } from '../../src/source.ts';
import { recordingLog, silent } from '../support/log.ts';
import { realClock } from '../support/real-clock.ts';
import { scratch } from '../support/scratch.ts';
import { conformance, context, openSource, tick } from './conformance.ts';
import { type Certificates, createCertificates } from './redfish/certificates.ts';
import { capturedTree, credentials, link, startRedfish, type Tree, treeOf } from './redfish/redfish-device.ts';

const point = { point: 'server-1', role: 'it', level: 'equipment-input' };
const config = { ...credentials, ...point, host: '127.0.0.1' };
const look = (source: Source) => tick(source, 5_000);

/** A BMC of today: metrics of the chassis and of its supplies in resources of their own. */
function modernTree(powerW: unknown, serial = 'SN-1'): Tree {
  const at = '/redfish/v1/Chassis/1U';
  const supplies = `${at}/PowerSubsystem/PowerSupplies`;
  const metrics = (id: string, watts: number) => ({
    [`${supplies}/${id}`]: { Id: id, Status: { State: 'Enabled' }, Metrics: link(`${supplies}/${id}/Metrics`) },
    [`${supplies}/${id}/Metrics`]: { InputPowerWatts: { Reading: watts }, InputVoltage: { Reading: 230.2 } },
  });
  const chassis = {
    Manufacturer: 'Contoso',
    Model: '3500RX',
    SerialNumber: serial,
    EnvironmentMetrics: link(`${at}/EnvironmentMetrics`),
    PowerSubsystem: link(`${at}/PowerSubsystem`),
    Links: { ManagedBy: [link('/redfish/v1/Managers/BMC')] },
  };
  return treeOf(
    { '1U': chassis },
    {
      [`${at}/EnvironmentMetrics`]: {
        PowerWatts: { Reading: powerW, DataSourceUri: `${at}/Sensors/TotalPower` },
        EnergykWh: { Reading: 12.5, LifetimeReading: 8123.4, SensorResetTime: '2026-01-01T00:00:00Z' },
      },
      [`${at}/PowerSubsystem`]: { PowerSupplies: link(supplies) },
      [supplies]: { Members: [link(`${supplies}/Bay1`), link(`${supplies}/Bay2`), link(`${supplies}/Bay3`)] },
      ...metrics('Bay1', 180.5),
      ...metrics('Bay2', 170),
      [`${supplies}/Bay3`]: { Id: 'Bay3', Status: { State: 'Absent' } },
      '/redfish/v1/Managers/BMC': { FirmwareVersion: '1.45.455b66-rev4' },
    },
  );
}

/** A BMC with the deprecated resource only. */
function legacyTree(power: object): Tree {
  const path = '/redfish/v1/Chassis/1/Power';
  return treeOf({ '1': { Model: 'Server', Power: link(path) } }, { [path]: power });
}

t.test('conformance', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const device = await startRedfish(t, certificates.signed, modernTree(374));
  const settings = { ...config, port: device.port, ca: certificates.caFile, timeout: '500ms' };
  const readings = (powerW: number): Reading[] => [
    ['server-1', 'power', powerW],
    ['server-1', 'energy', 8_123_400],
    ['server-1-psu-1', 'power', 180.5],
    ['server-1-psu-1', 'voltage', 230.2],
    ['server-1-psu-2', 'power', 170],
    ['server-1-psu-2', 'voltage', 230.2],
  ];
  const trees = { first: modernTree(374), other: modernTree(491, 'SN-2'), impossible: impossibleTree() };
  conformance(t, {
    open: () => openSource(redfish, settings),
    openWrong: () => openSource(redfish, { ...settings, password: 'wrong' }),
    wrong: /^127\.0\.0\.1:\d+ refuses the user name or the password \(HTTP 401\)$/,
    restartAs: (name) => device.restartAs(trees[name]),
    behave(behaviour) {
      device.behaviour = behaviour;
    },
    readings: { first: readings(374), other: readings(491) },
  });
  t.test('every session was given back', async (t) => {
    t.equal(device.sessions.size, 0);
    t.same([...device.identifications], ['session'], 'and the password was never sent with a request');
  });
});

/** Every power of it cannot be. */
function impossibleTree(): Tree {
  const tree = structuredClone(modernTree(1e9)) as Record<string, { InputPowerWatts?: object }>;
  for (const resource of Object.values(tree)) {
    if (resource.InputPowerWatts !== undefined) resource.InputPowerWatts = { Reading: -3 };
  }
  return tree;
}

/** Reads a tree once. */
async function readTree(t: Test, { signed, caFile }: Certificates, tree: Tree, more: object = {}) {
  const device = await startRedfish(t, signed, tree);
  const source = await openSource(redfish, { ...config, port: device.port, ca: caFile, ...more });
  t.teardown(() => source.close());
  const outcome = await look(source);
  const { readings, noData } = outcome as Sample;
  return { device, source, readings, noData, error: outcome as SourceError };
}

t.test('captured services', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const shared = join(import.meta.dirname, '../../../../shared/data/redfish');

  const dmtf = capturedTree(join(shared, 'dmtf-public-rackmount1'));
  if (dmtf === null) return void t.skip('no captured services here', () => undefined);
  const rack = await readTree(t, certificates, dmtf);
  t.same(rack.readings, [
    ['server-1', 'power', 374],
    ['server-1-psu-1', 'energy', 325_675_000],
    ['server-1-psu-1', 'voltage', 230.2],
  ]);
  t.match(rack.noData, [{ point: 'server-1-psu-1', reason: /937\.4 W, but 374 W for the whole chassis/ }]);
  const meter = { manufacturer: 'Contoso', model: '3500RX', serial: '437XR1138R2', firmware: '1.45.455b66-rev4' };
  t.same(rack.source.points, [
    { ...point, channels: ['power'], source: 'redfish', intervalMs: 1000, meter },
    { point: 'server-1-psu-1', channels: ['power', 'energy', 'voltage'], source: 'redfish', intervalMs: 1000, meter },
  ]);

  const dell = await readTree(t, certificates, dellTree(capturedFiles(shared)));
  t.same(dell.readings, [
    ['server-1', 'power', 429],
    ['server-1-psu-1', 'voltage', 206],
  ]);
  t.match(dell.noData, [
    { point: 'server-1-psu-1', reason: /900 W, but 429 W for the whole chassis: it is probably the rat/ },
  ]);
  t.match(dell.source.points[0]?.meter, {
    manufacturer: 'Dell Inc.',
    model: 'PowerEdge R640',
    serial: 'CNIVC007CV0803',
  });
});

function capturedFiles(shared: string): (name: string) => unknown {
  return (name) => JSON.parse(readFileSync(join(shared, 'dell', `dell_${name}.json`), 'utf8')) as unknown;
}

function dellTree(file: (name: string) => unknown): Tree {
  const at = '/redfish/v1/Chassis/System.Embedded.1';
  return { ...treeOf({ 'System.Embedded.1': {} }), [at]: file('chassis'), [`${at}/Power`]: file('power') };
}

t.test('what manufacturers make of the deprecated resource', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const read = (power: object) => readTree(t, certificates, legacyTree(power));

  const hpe = await read({
    PowerConsumedWatts: 93,
    PowerControl: [
      { MemberId: '0', PowerCapacityWatts: 1600, PowerConsumedWatts: 93, PowerLimit: { LimitInWatts: null } },
    ],
    PowerSupplies: [
      { MemberId: '0', LineInputVoltage: 228, LastPowerOutputWatts: 47, Status: { State: 'Enabled' } },
      { MemberId: '1', LineInputVoltage: 0, LastPowerOutputWatts: 0, Status: { State: 'UnavailableOffline' } },
    ],
  });
  t.same(hpe.readings, [
    ['server-1', 'power', 93],
    ['server-1-psu-1', 'voltage', 228],
  ]);
  t.match(hpe.noData, [{ point: 'server-1-psu-2', channel: 'voltage', reason: 'its state is UnavailableOffline' }]);

  const lenovo = await read({
    PowerControl: [
      { Name: 'CPU Sub-system Power', PhysicalContext: 'CPU', PowerConsumedWatts: 40 },
      { Name: 'Server Power Control', PhysicalContext: 'Chassis', PowerConsumedWatts: 212 },
      { Name: 'Memory Sub-system Power', PowerConsumedWatts: 20 },
    ],
    PowerSupplies: [
      { PowerInputWatts: 110, PowerOutputWatts: 100, LineInputVoltage: 231, Status: { State: 'Enabled' } },
    ],
  });
  t.same(lenovo.readings, [
    ['server-1', 'power', 212],
    ['server-1-psu-1', 'power', 110],
    ['server-1-psu-1', 'voltage', 231],
  ]);

  const supermicro = await read({
    PowerControl: [{ PowerConsumedWatts: '158', Status: { State: 'Enabled' } }],
    PowerSupplies: [
      { PowerInputWatts: 0, Status: { State: 'StandbyOffline' } },
      { PowerInputWatts: 0, LineInputVoltage: null, Status: { State: 'Enabled' } },
      { PowerInputWatts: 5, Status: { State: 'Absent' } },
    ],
  });
  t.same(supermicro.readings, [['server-1-psu-2', 'power', 0]], 'a supply in reserve may well take nothing');
  t.match(supermicro.noData, [
    { point: 'server-1', reason: 'the service says PowerConsumedWatts: "158", which is no number' },
    { point: 'server-1-psu-1', reason: 'its state is StandbyOffline' },
    { point: 'server-1-psu-2', channel: 'voltage', reason: 'the service says LineInputVoltage: null' },
  ]);

  const cisco = await read({
    PowerControl: [{ MemberId: '1', PhysicalContext: 'PowerSupply', PowerConsumedWatts: 317, PowerMetrics: [] }],
  });
  t.same(cisco.readings, [['server-1', 'power', 317]], 'what its supplies take together');

  const single = await read({ PowerControl: { PowerAllocatedWatts: 800, PowerConsumedWatts: 73 } });
  t.same(single.readings, [['server-1', 'power', 73]], 'an entry without a list around it');

  const megarac = (interval: number) => ({
    PowerControl: [{ MemberId: 0, PowerMetrics: { AverageConsumedWatts: 151, IntervalInMin: interval } }],
  });
  t.same((await read(megarac(0.0833))).readings, [['server-1', 'power', 151]], 'the mean of five seconds');
  t.match((await read(megarac(20))).error, { message: /no chassis tells its power/ });

  const fujitsu = await read({
    PowerControl: [{ PowerCapacityWatts: 1720, PowerConsumedWatts: null }],
    Oem: { ts_fujitsu: { ChassisPowerConsumption: { CurrentPowerConsumptionW: 164, AveragePowerW: 180 } } },
  });
  t.same(fujitsu.readings, [['server-1', 'power', 164]]);
  const inspur = await read({ PowerControl: [], Oem: { Public: { TotalPower: 402 } } });
  t.same(inspur.readings, [['server-1', 'power', 402]]);
  const memoryOnly = await read({
    PowerControl: [{ PhysicalContext: 'Memory', PowerConsumedWatts: 21 }],
    Oem: { Public: { TotalPower: 0 } },
  });
  t.match(memoryOnly.noData, [{ reason: 'the service says 0 W, but draws power itself' }]);

  const control = (entry: object) => read({ PowerControl: [entry] });
  t.match((await control({ PowerConsumedWatts: null })).noData, [
    { reason: 'the service says PowerConsumedWatts: null' },
  ]);
  t.match((await control({ PowerConsumedWatts: 0 })).noData, [
    { reason: 'the service says 0 W, but draws power itself' },
  ]);
  t.match((await control({ PowerConsumedWatts: 9, Status: { State: 'Disabled' } })).noData, [
    { reason: /state is Disabled/ },
  ]);
  t.match((await control({ PowerCapacityWatts: 1 })).error, {
    kind: 'absent',
    message: /no chassis tells its power.*has: 1/,
  });
});

t.test('both resources: the one that says something', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const at = '/redfish/v1/Chassis/1';
  const both = (environment: object) =>
    treeOf(
      { '1': { Power: link(`${at}/Power`), EnvironmentMetrics: link(`${at}/EnvironmentMetrics`) } },
      {
        [`${at}/Power`]: { PowerControl: [{ PowerConsumedWatts: 100 }] },
        [`${at}/EnvironmentMetrics`]: environment,
      },
    );
  const read = async (environment: object) => (await readTree(t, certificates, both(environment))).readings;
  t.same(await read({ PowerWatts: { Reading: 90 } }), [['server-1', 'power', 90]]);
  t.same(await read({ PowerWatts: { Reading: null }, EnergykWh: { Reading: 2.5 } }), [
    ['server-1', 'power', 100],
    ['server-1', 'energy', 2500],
  ]);
  t.same(await read({}), [['server-1', 'power', 100]]);
});

t.test('several chassis: parts have no role, and one can be chosen', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const at = '/redfish/v1/Chassis';
  const blade = (id: string) => ({
    Power: link(`${at}/${id}/Power`),
    Links: { ContainedBy: link(`${at}/Enclosure/`) },
  });
  const tree = treeOf(
    {
      Enclosure: { Power: link(`${at}/Enclosure/Power`) },
      'Blade 1': blade('Blade%201'),
      Blade2: blade('Blade2'),
      Backplane: {},
    },
    Object.fromEntries(
      [
        ['Enclosure', 5000],
        ['Blade%201', 400],
        ['Blade2', 410],
      ].map(([id, watts]) => [`${at}/${id}/Power`, { PowerControl: [{ PowerConsumedWatts: watts }] }]),
    ),
  );
  const escaped = { ...tree, [`${at}/Blade%201`]: tree[`${at}/Blade 1`] };
  const members = ['Enclosure', 'Blade%201', 'Blade2', 'Backplane'].map((id) => link(`${at}/${id}`));
  const service = { ...escaped, [at]: { Members: [...members, link(`${at}/Gone`)] } };
  const all = await readTree(t, certificates, service, { name: 'Enclosure A' });
  t.same(all.readings, [
    ['server-1', 'power', 5000],
    ['server-1-blade-1', 'power', 400],
    ['server-1-blade2', 'power', 410],
  ]);
  t.match(all.source.points[0], { point: 'server-1', role: 'it', name: 'Enclosure A' });
  t.same(
    all.source.points.map(({ role }) => role),
    ['it', undefined, undefined],
    "their energy is in the enclosure's",
  );
  const one = await readTree(t, certificates, service, { chassis: 'Blade2' });
  t.same(one.readings, [['server-1', 'power', 410]]);
  t.same(
    one.source.points.map(({ role }) => role),
    ['it'],
  );
  const none = await readTree(t, certificates, service, { chassis: 'Blade9' });
  t.match(none.error, {
    kind: 'absent',
    message: /no chassis Blade9; the service has: Enclosure, Blade 1, Blade2, Back/,
  });
});

t.test('components have no role beside the machine, whatever is between them', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const at = '/redfish/v1/Chassis';
  const within = (id: string) => ({ Links: { ContainedBy: link(`${at}/${id}`) } });
  const metrics = (id: string) => ({ EnvironmentMetrics: link(`${at}/${id}/EnvironmentMetrics`) });
  const tree = treeOf(
    {
      Machine: { ChassisType: 'RackMount', ...metrics('Machine') },
      Board: within('Machine'),
      Gpu1: { ...within('Board'), ...metrics('Gpu1') },
      Nic1: { ChassisType: 'Card', ...metrics('Nic1') },
    },
    Object.fromEntries(
      Object.entries({ Machine: 5200, Gpu1: 610, Nic1: 55 }).map(([id, watts]) => [
        `${at}/${id}/EnvironmentMetrics`,
        { PowerWatts: { Reading: watts } },
      ]),
    ),
  );
  const { source } = await readTree(t, certificates, tree);
  t.same(
    source.points.map(({ point, role }) => [point, role]),
    [
      ['server-1', 'it'],
      ['server-1-gpu1', undefined],
      ['server-1-nic1', undefined],
    ],
  );
  const card = treeOf(
    { Nic1: { ChassisType: 'Card', ...metrics('Nic1') } },
    { [`${at}/Nic1/EnvironmentMetrics`]: { PowerWatts: { Reading: 55 } } },
  );
  t.match((await readTree(t, certificates, card)).source.points, [{ point: 'server-1', role: 'it' }], 'its own BMC');
});

t.test('a look costs few requests, over one or two connections', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const { device, source } = await readTree(t, certificates, modernTree(300));
  device.requests.length = 0;
  for (let i = 0; i < 5; i++) await look(source);
  t.equal(device.requests.length, 5 * 3, 'the chassis and each supply');
  t.ok(device.handshakes() <= 2);
  t.same(
    device.requests.filter((request) => !request.startsWith('GET ')),
    [],
  );
  await source.close();
  t.match(device.requests.at(-1), /^DELETE \/redfish\/v1\/SessionService\/Sessions\/token-\d+$/);
  t.equal(device.sessions.size, 0);
});

t.test('sessions end, and some services have none', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const { device, source } = await readTree(t, certificates, modernTree(300));
  device.sessions.clear();
  t.match(await look(source), { readings: [['server-1', 'power', 300]] }, 'logs in again in the same tick');
  t.equal(device.sessions.size, 1);

  const other = await startRedfish(t, certificates.signed, modernTree(301));
  other.hasSessions = false;
  const plain = await openSource(redfish, { ...config, port: other.port, ca: certificates.caFile });
  t.teardown(() => plain.close());
  t.match(await look(plain), { readings: [['server-1', 'power', 301]] });
  t.same([...other.identifications], ['basic']);

  const basic = await readTree(t, certificates, modernTree(302), { auth: 'basic' });
  t.match(basic.readings, [['server-1', 'power', 302]]);
  t.equal(basic.device.sessions.size, 0);
  t.notOk(basic.device.requests.some((request) => request.startsWith('POST')));
  const wrong = await readTree(t, certificates, modernTree(1), { auth: 'basic', password: 'wrong' });
  t.match(wrong.error, { kind: 'absent', message: /refuses the user name or the password/ });
});

t.test('requests at the same time log in once', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const device = await startRedfish(t, certificates.signed, modernTree(300));
  const agent = keepConnections(4);
  const { ca, port } = { ca: certificates.ca, port: device.port };
  const place = { host: '127.0.0.1', port, verify: true, ca, timeoutMs: 5_000, agent, clock: realClock };
  const client = createClient(createTransport(place), { ...credentials, auth: 'session' }, silent);
  const { signal } = new AbortController();
  const four = () => Promise.all(Array.from({ length: 4 }, () => client.get('/redfish/v1/Chassis/1U', signal)));
  await four();
  t.equal(device.sessions.size, 1);
  device.sessions.clear();
  await four();
  t.equal(device.sessions.size, 1, 'after its session has ended too');
  t.equal(client.logins, 2);
  await client.close();
  agent.destroy();
  t.equal(device.sessions.size, 0);
});

t.test('another machine in its place is announced anew, in the tick that notices it', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const { device, source } = await readTree(t, certificates, modernTree(300, 'SN-1'));
  const first = source.points;
  await device.restartAs(modernTree(300, 'SN-1'));
  t.match(await look(source), { readings: [['server-1', 'power', 300]] });
  t.equal(source.points, first, 'the same one again');
  await device.restartAs(modernTree(280, 'SN-2'));
  t.match(await look(source), { readings: [['server-1', 'power', 280]] });
  t.match(source.points, [{ point: 'server-1', meter: { serial: 'SN-2' } }, {}, {}]);
  const at = '/redfish/v1/Chassis/1/Power';
  const power = { PowerControl: [{ PowerConsumedWatts: 55 }] };
  await device.restartAs(treeOf({ '1': { SerialNumber: 'SN-3', Power: link(at) } }, { [at]: power }));
  t.same(((await look(source)) as Sample).readings, [['server-1', 'power', 55]]);
  t.match(source.points, [{ point: 'server-1', meter: { serial: 'SN-3' } }]);
  t.equal(source.points.length, 1);
});

t.test('a service that is busy is left alone as long as it asks', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const { device, source } = await readTree(t, certificates, modernTree(300));
  device.behaviour = { status: 503, headers: { 'retry-after': '120' } };
  t.match(await look(source), { kind: 'retry', message: /is busy and wants no request for 120 s/ });
  const asked = device.requests.length;
  device.behaviour = 'well';
  t.match(await look(source), { kind: 'retry', message: /is busy and wants no request for 120 s/ });
  t.equal(device.requests.length, asked);

  const soon = await readTree(t, certificates, modernTree(301));
  soon.device.behaviour = { status: 503, headers: { 'retry-after': 'Fri, 31 Dec 2099 23:59:59 GMT' } };
  t.match(await look(soon.source), { kind: 'retry', message: /is busy$/ });
  soon.device.behaviour = 'well';
  t.match(await look(soon.source), { readings: [['server-1', 'power', 301]] });
});

t.test('one resource that is refused spoils no other', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const { device, source } = await readTree(t, certificates, modernTree(300));
  device.behaviour = { status: 500, only: /Bay1\/Metrics/ };
  const { readings, noData } = (await look(source)) as Sample;
  t.match(readings, [['server-1', 'power', 300], ['server-1', 'energy'], ['server-1-psu-2'], ['server-1-psu-2']]);
  t.match(noData, [
    {
      point: 'server-1-psu-1',
      channel: 'power',
      reason: '/redfish/v1/Chassis/1U/PowerSubsystem/PowerSupplies/Bay1/Metrics: HTTP 500',
    },
    { channel: 'voltage' },
  ]);
  device.behaviour = { status: 403, only: /Chassis/ };
  t.match(await look(source), { kind: 'retry', message: /HTTP 403/ });
  device.behaviour = 'huge';
  t.match(await look(source), { kind: 'retry', message: /longer than 1048576 bytes/ });
});

t.test('a lost register falls, and a lifetime register does not', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const at = '/redfish/v1/Chassis/1';
  const tree = (energy: object) =>
    treeOf(
      { '1': { EnvironmentMetrics: link(`${at}/EnvironmentMetrics`) } },
      { [`${at}/EnvironmentMetrics`]: { EnergykWh: energy } },
    );
  const { device, source, readings } = await readTree(t, certificates, tree({ Reading: 812.25 }));
  t.same(readings, [['server-1', 'energy', 812_250]]);
  t.same(source.points[0]?.channels, ['energy']);
  device.tree = tree({ Reading: 0.125, SensorResetTime: '2026-11-21T00:00:00Z' });
  t.match(await look(source), { readings: [['server-1', 'energy', 125]] });
  device.tree = tree({ Reading: 1, LifetimeReading: null });
  t.match(
    await look(source),
    { noData: [{ reason: 'the service says EnergykWh.LifetimeReading: null' }] },
    'never the other',
  );
});

t.test('links lead nowhere else', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  for (const path of [
    'https://evil.example/redfish/v1/x',
    '//evil.example/redfish/v1/x',
    '/redfish/v1/../../etc/x',
    '/other',
  ]) {
    const { device, error } = await readTree(t, certificates, treeOf({ '1': { Power: link(path) } }));
    t.match(error, { kind: 'absent', message: /no chassis tells its power/ });
    t.same(
      device.requests.filter((request) => !/ \/redfish\/v1(\/|$)/.test(request) || request.includes('..')),
      [],
    );
  }
});

t.test('whatever a service says is a sample or a SourceError', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const device = await startRedfish(t, certificates.signed, {});
  const source = await openSource(redfish, { ...config, port: device.port, ca: certificates.caFile });
  t.teardown(() => source.close());
  const at = '/redfish/v1/Chassis/1';
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), async (power, environment, supplies) => {
      const references = {
        Power: link(`${at}/Power`),
        EnvironmentMetrics: link(`${at}/EnvironmentMetrics`),
        Links: power,
      };
      device.tree = treeOf(
        { '1': references },
        {
          [`${at}/Power`]: { PowerControl: power, PowerSupplies: supplies, Status: environment },
          [`${at}/EnvironmentMetrics`]: { PowerWatts: environment, EnergykWh: supplies },
        },
      );
      device.sessions.clear();
      await look(source);
    }),
    { numRuns: 60 },
  );
});

t.test('certificates', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const { selfSigned, signed } = certificates;
  const device = await startRedfish(t, selfSigned, modernTree(300));
  const outcome = async (more: object) => {
    const source = await openSource(redfish, { ...config, port: device.port, ...more });
    t.teardown(() => source.close());
    return look(source);
  };
  const well = { readings: [['server-1', 'power', 300]] };
  t.match(await outcome({ fingerprint256: selfSigned.fingerprint256 }), well);
  t.match(await outcome({ fingerprint256: signed.fingerprint256 }), {
    kind: 'absent',
    message: /not the one in fingerprint256/,
  });
  t.match(await outcome({}), { kind: 'absent', message: /not to be trusted/ });
  const { log, entries } = recordingLog();
  const parsed = v.parse(redfish.schema, { ...config, port: device.port, verify: false });
  const careless = await redfish.open(parsed, { ...context, log });
  t.teardown(() => careless.close());
  for (let i = 0; i < 3; i++) t.match(await look(careless), well);
  t.equal(entries.filter(({ msg }) => msg.startsWith('verify: false')).length, 1, 'warned once');
  const file = join(scratch(t), 'ca.pem');
  writeFileSync(file, 'nonsense');
  const open = (more: object) => openSource(redfish, { ...config, ...more });
  await t.rejects(open({ ca: file }), { name: 'SourceError', kind: 'fatal', message: /is no certificate in PEM/ });
  await t.rejects(open({ ca: '/nonexistent' }), {
    name: 'SourceError',
    kind: 'fatal',
    message: /ca cannot be read: ENOENT/,
  });
  for (const more of [
    { ca: file, verify: false },
    { host: 'https://bmc' },
    { fingerprint256: 'AA:BB' },
    { auth: 'none' },
  ]) {
    await t.rejects(open(more), { name: 'ValiError' }, JSON.stringify(more));
  }
});

t.test('services are found without a password', async (t) => {
  const certificates = createCertificates(t);
  if (certificates === null) return;
  const device = await startRedfish(t, certificates.selfSigned, modernTree(300));
  const addresses = [`127.0.0.1:${device.port}`, `127.0.0.1:${await freePort()}`, 'nowhere.invalid', 'not an address'];
  const { signal } = new AbortController();
  const search = { log: silent, clock: realClock, signal, community: 'public', progress: () => {} };
  const found = await redfish.discover({ ...search, addresses });
  t.equal(found.length, 1);
  t.match(found, [
    {
      title: `Redfish at 127.0.0.1:${device.port}: Contoso Light-Out Controller`,
      entry: { kind: 'redfish', port: device.port, fingerprint256: certificates.selfSigned.fingerprint256 },
    },
  ]);
  t.same(device.requests, ['GET /redfish/v1/']);
  const { kind: _, ...entry } = found[0]?.entry ?? {};
  const source = await openSource(redfish, { ...entry, ...credentials });
  t.teardown(() => source.close());
  t.match(await look(source), { readings: [['server-1', 'power', 300]] });
  t.same(await redfish.discover({ ...search, addresses: [] }), []);
});
