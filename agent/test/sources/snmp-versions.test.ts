import { join } from 'node:path';
import type { Reading } from '@wattmark/shared/messages';
import t from 'tap';
import * as v from 'valibot';
import type { Sample } from '../../src/source.ts';
import snmp from '../../src/sources/snmp.ts';
import { conformance, openSource, tick } from './conformance.ts';
import { createUdpProxy } from './faulty-proxy.ts';
import { startSnmpDevice, users } from './snmp-device.ts';
import { startSnmpd } from './snmpd.ts';

const ups = { profile: 'ups-mib', host: '127.0.0.1', timeout: '200ms', retries: 1 };
const power = [{ point: 'ups-1', channels: ['power'] }];

t.test('conformance with version 3', async (t) => {
  const device = await startSnmpDevice(t, 'ups');
  if (device === null) return;
  const proxy = await createUdpProxy(() => device.port);
  t.teardown(() => proxy.close());
  const config = { ...ups, ...users.private, context: 'device', port: proxy.port, points: power };
  const files = { first: 'ups', other: 'ups-other', impossible: 'ups-impossible' };
  conformance(t, {
    open: () => openSource(snmp, config),
    openWrong: () => openSource(snmp, { ...config, context: 'another' }),
    wrong: /no answer to 2 requests within 200 ms: are username, privacy and context right/,
    restartAs: (name) => device.restartAs(files[name]),
    behave(behaviour) {
      proxy.behaviour = behaviour === 'slow' ? 600 : behaviour;
    },
    readings: { first: [['ups-1', 'power', 3600]] as Reading[], other: [['ups-1', 'power', 950]] as Reading[] },
  });
});

t.test('version 3 at every level of security', async (t) => {
  const device = await startSnmpDevice(t, 'ups');
  if (device === null) return;
  for (const [name, user] of Object.entries(users)) {
    const source = await openSource(snmp, { ...ups, ...user, context: 'device', port: device.port, points: power });
    t.teardown(() => source.close());
    t.match(await tick(source), { readings: [['ups-1', 'power', 3600]] }, name);
  }
});

const auths = ['MD5', 'SHA', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512'];
const privacies = ['DES', 'AES', 'AES-256', 'AES-256-C'];
const secret = (protocol: string, password: string) => ({ protocol, password });

t.test('version 3 with each protocol of net-snmp', async (t) => {
  const combinations = auths.flatMap((auth) =>
    privacies.map((privacy) => ({ auth, privacy, user: `${auth}.${privacy}` })),
  );
  const lines = combinations.map(({ auth, privacy, user }) => `${user} ${auth} authpass123 ${privacy} privpass123`);
  const device = await startSnmpd(t, [...lines, 'plain', 'half SHA-256 authpass123']);
  if (device === null) return;
  const read = async (config: object) => {
    const source = await openSource(snmp, { ...ups, version: '3', port: device.port, points: power, ...config });
    t.teardown(() => source.close());
    return tick(source);
  };
  const expected = { readings: [['ups-1', 'power', 1180]] };
  for (const { auth, privacy, user } of combinations) {
    const keys = { auth: secret(auth, 'authpass123'), privacy: secret(privacy, 'privpass123') };
    t.match(await read({ username: user, ...keys }), expected, user);
  }
  t.match(await read({ username: 'plain' }), expected, 'without a key');
  t.match(await read({ username: 'half', auth: secret('SHA-256', 'authpass123') }), expected, 'without privacy');
});

t.test('what is wrong with a user is said, and no secret with it', async (t) => {
  const device = await startSnmpd(t, ['known SHA authpass123 AES privpass123', 'half SHA authpass123']);
  if (device === null) return;
  const keys = { auth: secret('SHA', 'authpass123'), privacy: secret('AES', 'privpass123') };
  for (const [config, message] of [
    [{ username: 'unknown', ...keys }, /refuses user unknown: is username right\?/],
    [{ username: 'known', ...keys, auth: secret('SHA', 'wrongpass1') }, /auth\.password and auth\.protocol right\?/],
    [
      { username: 'known', ...keys, auth: secret('SHA-256', 'authpass123') },
      /auth\.password and auth\.protocol right\?/,
    ],
    [{ username: 'half', ...keys }, /the device wants other auth and privacy of it/],
    [{ username: 'known', ...keys, privacy: secret('AES', 'wrongpass1') }, /are username, privacy and context right/],
  ] as const) {
    const source = await openSource(snmp, { ...ups, version: 3, port: device.port, points: power, ...config });
    t.teardown(() => source.close());
    const outcome = await tick(source);
    t.match(outcome, { name: 'SourceError', kind: 'absent', message });
    t.notMatch((outcome as Error).message, /authpass|privpass|wrongpass/);
  }
});

t.test('a device that was restarted or replaced is read in the first tick', async (t) => {
  const device = await startSnmpd(t, ['known SHA-512 authpass123 AES privpass123']);
  if (device === null) return;
  const keys = { auth: secret('SHA-512', 'authpass123'), privacy: secret('AES', 'privpass123') };
  const source = await openSource(snmp, {
    ...ups,
    version: '3',
    port: device.port,
    points: power,
    username: 'known',
    ...keys,
  });
  t.teardown(() => source.close());
  const expected = { readings: [['ups-1', 'power', 1180]] };
  t.match(await tick(source), expected);
  for (const as of ['itself', 'itself', 'reset', 'another', 'itself'] as const) {
    await device.restart(as);
    t.match(await tick(source), expected, `as ${as}`);
  }
});

t.test('an answer without the key is not taken for one of the device', async (t) => {
  const device = await startSnmpDevice(t, 'ups');
  if (device === null) return;
  const proxy = await createUdpProxy(() => device.port);
  t.teardown(() => proxy.close());
  const profile = join(t.testdir({ 'mine.json': JSON.stringify(oneObject) }), 'mine.json');
  const config = { ...ups, profile, context: 'device', port: proxy.port, points: [{ point: 'ups-1' }] };
  const open = async (user: object) => {
    const source = await openSource(snmp, { ...config, ...user });
    t.teardown(() => source.close());
    return source;
  };
  const [plain, authenticated] = [await open(users.nobody), await open(users.authenticated)];
  t.match(await tick(authenticated), { readings: [['ups-1', 'charge', 97]] });
  t.match(await tick(plain), { readings: [['ups-1', 'charge', 97]] });
  proxy.behaviour = forge;
  t.match(await tick(plain), { readings: [['ups-1', 'charge', 1]] }, 'without keys anybody can answer');
  t.match(await tick(authenticated), { kind: 'retry', message: /an answer without the authentication or privacy/ });
});

const oneObject = {
  model: 'Mine',
  manufacturer: 'any',
  reference: 'the manual of the device, page 12',
  sections: { battery: { channels: { charge: { oid: '1.3.6.1.2.1.33.1.2.4.0' } } } },
};

/** What somebody without a key answers in the device's place: that its battery is at 1 %. */
function forge(answer: Buffer): Buffer {
  const tlv = (tag: number, ...content: Buffer[]) => {
    const body = Buffer.concat(content);
    return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x81, body.length]), body]);
  };
  const number = (value: number) => tlv(2, Buffer.from([value]));
  const text = (hex: string) => tlv(4, Buffer.from(hex, 'hex'));
  const variable = (oid: string, value: Buffer) => tlv(0x30, tlv(6, Buffer.from(oid, 'hex')), value);
  // The identifier follows the version, in a sequence of its own.
  const header = answer.subarray(answer.indexOf(Buffer.from([2, 1, 3, 0x30])) + 5);
  const id = header.subarray(0, 2 + (header[1] ?? 0));
  const engine = text('80004fb805636c6f7564');
  const security = tlv(4, tlv(0x30, engine, number(1), number(1), text(''), text(''), text('')));
  const upTime = variable('2b06010201010300', tlv(0x43, Buffer.from([100])));
  const charge = variable('2b060102012101020400', number(1));
  const pdu = tlv(0xa2, number(1), number(0), number(0), tlv(0x30, upTime, charge));
  const scoped = tlv(0x30, engine, text(Buffer.from('device').toString('hex')), pdu);
  return tlv(0x30, number(3), tlv(0x30, id, tlv(2, Buffer.from([5, 0xdc])), text('00'), number(3)), security, scoped);
}

t.test('version 1: walks one by one, and an object that is not there spoils no other', async (t) => {
  const device = await startSnmpDevice(t, 'ups');
  if (device === null) return;
  const points = [{ point: 'ups-1' }, { point: 'ups-1-battery', from: 'battery' }];
  const config = { ...ups, version: 1, community: 'device', port: device.port, points };
  const source = await openSource(snmp, config);
  t.teardown(() => source.close());
  t.match(await tick(source), {
    readings: [['ups-1', 'power', 3600], [], [], [], [], ['ups-1-battery', 'charge', 97]],
  });
  await device.restartAs('ups-other');
  const { readings, noData } = (await tick(source)) as Sample;
  t.match(readings, [['ups-1', 'power', 950], [], [], [], [], ['ups-1-battery', 'charge', 55]]);
  t.match(noData, [
    { channel: 'voltage', reason: /the device has no such object/ },
    { channel: 'temperature', reason: /the device has no such object/ },
  ]);
});

t.test('version 1: a table that does not increase ends the walk', async (t) => {
  const device = await startSnmpDevice(t, 'bad');
  if (device === null) return;
  const points = [{ point: 'ups-1', channels: ['power', 'load'] }];
  const source = await openSource(snmp, { ...ups, version: '1', community: 'device', port: device.port, points });
  t.teardown(() => source.close());
  const { readings, noData } = (await tick(source)) as Sample;
  t.same(readings, [['ups-1', 'load', 39]]);
  t.match(noData, [{ channel: 'power', reason: /does not increase at/ }]);
});

t.test('a configuration that contradicts itself is refused, and its secrets are not repeated', (t) => {
  const keys = { auth: secret('SHA', 'authpass123'), privacy: secret('AES', 'privpass123') };
  const problemsOf = (config: object) => {
    const { issues = [] } = v.safeParse(snmp.schema, { ...ups, points: power, ...config });
    return issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  };
  t.same(problemsOf({ community: 'public' }), []);
  t.same(problemsOf({ version: 1, community: 'public' }), []);
  t.same(problemsOf({ version: 3, username: 'a' }), []);
  t.same(problemsOf({ version: '3', username: 'a', ...keys, context: 'b' }), []);
  t.same(
    problemsOf({ version: '3', username: 'a', auth: secret('sha-256', 'authpass123') }),
    [],
    'in small letters too',
  );
  for (const [config, problem] of [
    [{}, 'community: is required with version 1 or 2c'],
    [{ version: 2, community: 'public' }, 'version: must be 1, 2c or 3'],
    [{ version: 3 }, 'username: is required with version 3'],
    [{ version: 3, username: 'a', community: 'b' }, 'community: is not for version 3'],
    [{ community: 'public', username: 'a' }, 'username: is only for version 3'],
    [{ community: 'public', auth: keys.auth }, 'auth: is only for version 3'],
    [{ community: 'public', context: 'a' }, 'context: is only for version 3'],
    [{ version: 3, username: 'a', privacy: keys.privacy }, 'privacy: needs auth too'],
    [{ community: 12345678 }, 'community: must be text: put it in quotes'],
    [
      { version: 3, username: 'a', auth: { protocol: 'SHA', password: 12345678 } },
      'auth.password: must be text: put it in quotes',
    ],
    [
      { version: 3, username: 'a', auth: secret('SHA', 'short') },
      'auth.password: must be at least 8 characters long (RFC 3414, 11.2)',
    ],
    [
      { version: 3, username: 'a', auth: secret('SHA1', 'authpass123') },
      `auth.protocol: must be one of ${auths.join(', ')}`,
    ],
  ] as const) {
    t.same(problemsOf(config), [problem]);
  }
  t.end();
});
