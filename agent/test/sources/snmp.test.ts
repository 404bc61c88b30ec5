import type { Reading } from '@wattmark/shared/messages';
import t from 'tap';
import snmp from '../../src/sources/snmp.ts';
import type { Sample } from '../../src/source.ts';
import { conformance, openSource, tick } from './conformance.ts';
import { createUdpProxy } from './faulty-proxy.ts';
import { startSnmpDevice } from './snmp-device.ts';

const ups = { profile: 'ups-mib', host: '127.0.0.1', community: 'device', timeout: '200ms', retries: 1 };

t.test('conformance', async (t) => {
  const device = await startSnmpDevice(t, 'ups');
  if (device === null) return;
  const proxy = await createUdpProxy(() => device.port);
  t.teardown(() => proxy.close());
  const points = [
    { point: 'ups-1', role: 'it', level: 'ups-output' },
    { point: 'ups-1-battery', from: 'battery', channels: ['charge'] },
  ];
  const config = { ...ups, port: proxy.port, points };
  const files = { first: 'ups', other: 'ups-other', impossible: 'ups-impossible' };
  conformance(t, {
    open: () => openSource(snmp, config),
    openWrong: () => openSource(snmp, { ...config, community: 'public' }),
    wrong: /no answer to 2 requests within 200 ms: is the community right.*a wrong community is never answered/,
    restartAs: (name) => device.restartAs(files[name]),
    behave(behaviour) {
      proxy.behaviour = behaviour === 'slow' ? 600 : behaviour;
    },
    readings: {
      first: output(3600, 231, 16.2, 40, 50, 97),
      other: output(950, 120, 9, 33, 60, 55),
    },
  });
});

function output(...values: [number, number, number, number, number, number]): Reading[] {
  const [power, voltage, current, load, frequency, charge] = values;
  return [
    ['ups-1', 'power', power],
    ['ups-1', 'voltage', voltage],
    ['ups-1', 'current', current],
    ['ups-1', 'load', load],
    ['ups-1', 'frequency', frequency],
    ['ups-1-battery', 'charge', charge],
  ];
}

t.test('every section of the UPS-MIB', async (t) => {
  const device = await startSnmpDevice(t, 'ups');
  if (device === null) return;
  const points = ['input', 'output', 'battery'].map((from) => ({ point: `ups-${from}`, from }));
  const source = await openSource(snmp, { ...ups, port: device.port, points });
  t.teardown(() => source.close());
  const { readings, noData } = (await tick(source)) as Sample;
  t.same(noData, []);
  t.same(
    readings.filter(([point]) => point !== 'ups-output'),
    [
      ['ups-input', 'power', 4000],
      ['ups-input', 'voltage', 230],
      ['ups-input', 'current', 18],
      ['ups-input', 'frequency', 50],
      ['ups-battery', 'charge', 97],
      ['ups-battery', 'voltage', 409.3],
      ['ups-battery', 'temperature', 24],
    ],
  );
});

t.test('an APC rack PDU: its units, and -1 for what it does not measure', async (t) => {
  const device = await startSnmpDevice(t, 'rpdu2');
  if (device === null) return;
  const points = [
    { point: 'pdu-1', role: 'it', level: 'pdu-output' },
    { point: 'pdu-1-l1', from: 'phase-1' },
    { point: 'pdu-2', from: 'device-2', channels: ['power'] },
  ];
  const source = await openSource(snmp, { ...ups, profile: 'apc-rpdu2', port: device.port, points });
  t.teardown(() => source.close());
  const { readings, noData } = (await tick(source)) as Sample;
  t.same(readings, [
    ['pdu-1', 'power', 5550],
    ['pdu-1', 'energy', 10_482_200],
    ['pdu-1', 'apparent-power', 5600],
    ['pdu-1-l1', 'power', 2220],
    ['pdu-1-l1', 'voltage', 229],
    ['pdu-1-l1', 'current', 9.7],
  ]);
  t.match(noData, [
    { point: 'pdu-1', channel: 'power-factor', reason: /says -1, which means that it has no value/ },
    { point: 'pdu-2', channel: 'power', reason: /no such object/ },
  ]);
});

t.test('a table that does not increase ends the walk, and a failing object spoils no other', async (t) => {
  const device = await startSnmpDevice(t, 'bad');
  if (device === null) return;
  const proxy = await createUdpProxy(() => device.port);
  t.teardown(() => proxy.close());
  const points = [
    { point: 'ups-1', channels: ['power', 'load'] },
    { point: 'ups-1-battery', from: 'battery', channels: ['charge', 'voltage'] },
  ];
  for (const [status, reason] of [
    [0, /33\.1\.2\.5\.0: the device gives no value/],
    [5, /33\.1\.2\.5\.0: the device answers GeneralError/],
  ] as const) {
    proxy.behaviour = (data) => withStatus(data, status);
    const source = await openSource(snmp, { ...ups, port: proxy.port, points });
    t.teardown(() => source.close());
    const { readings, noData } = (await tick(source)) as Sample;
    t.same(readings, [
      ['ups-1', 'load', 39],
      ['ups-1-battery', 'charge', 80],
    ]);
    t.match(noData, [
      { point: 'ups-1', channel: 'power', reason: /does not increase at 1\.3\.6\.1\.2\.1\.33\.1\.4\.4\.1\.4\.1/ },
      { point: 'ups-1-battery', channel: 'voltage', reason },
    ]);
  }
});

/** snmpsim answers a failing object with nulls and no error; this gives such an answer an error status as well. */
function withStatus(data: Buffer, status: number): Buffer {
  const errorStatus = Buffer.from([2, 1, 0, 2, 1, 0]);
  const at = data.indexOf(errorStatus);
  const isNull = data.includes(Buffer.from([5, 0, 0x30])) || data.subarray(-2).equals(Buffer.from([5, 0]));
  if (at !== -1 && isNull && status !== 0) Buffer.from([2, 1, status, 2, 1, 1]).copy(data, at);
  return data;
}

t.test('lines are found again after the device was restarted with others', async (t) => {
  const device = await startSnmpDevice(t, 'ups');
  if (device === null) return;
  const source = await openSource(snmp, {
    ...ups,
    port: device.port,
    points: [{ point: 'ups-1', channels: ['power'] }],
  });
  t.teardown(() => source.close());
  t.match(await tick(source), { readings: [['ups-1', 'power', 3600]] });
  await device.restartAs('ups-other');
  t.match(await tick(source), { readings: [['ups-1', 'power', 950]] }, 'in the first tick already');
});

t.test('what cannot work is fatal and says what could', async (t) => {
  const open = (config: object) => openSource(snmp, { ...ups, points: [{ point: 'ups-1' }], ...config });
  const fatal = (message: RegExp) => ({ name: 'SourceError', kind: 'fatal', message });
  await t.rejects(open({ profile: 'ups' }), fatal(/no snmp profile ups; there are: apc-epdu, apc-rpdu2, .*ups-mib/));
  await t.rejects(
    open({ points: [{ point: 'a', from: 'out' }] }),
    fatal(/no section out; it has: output, input, battery/),
  );
  await t.rejects(
    open({ points: [{ point: 'a', channels: ['energy'] }] }),
    fatal(/section output of profile ups-mib has no energy; it has: power, voltage/),
  );
  await t.rejects(open({ comunity: 'public' }), { name: 'ValiError' });
});
