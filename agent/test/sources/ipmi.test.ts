import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { findProgram, requireProgram } from '../../../shared/test/program.ts';
import ipmi from '../../src/sources/ipmi.ts';
import { type Sample, type Source, SourceError } from '../../src/source.ts';
import { silent } from '../support/log.ts';
import { realClock } from '../support/real-clock.ts';
import { scratch } from '../support/scratch.ts';
import { openSource, tick } from './conformance.ts';
import { createUdpProxy } from './faulty-proxy.ts';
import { admin, type Machine, startBmc } from './ipmi/bmc-device.ts';

const point = { point: 'server-1', role: 'it', level: 'equipment-input' };
const patience = 5_000;

/** A tick with time enough for a machine that has other things to do. */
const look = (source: Source) => tick(source, patience);

t.test('freeipmi reads the same power, and the suite that the BMC takes is found', async (t) => {
  const device = await startBmc(t, { dcmi: { watts: 612 } });
  if (device === null) return;
  const source = await openSource(ipmi, { ...admin, ...point, port: device.port });
  t.teardown(() => source.close());
  t.same(await look(source), { readings: [['server-1', 'power', 612]], noData: [] }, 'suite 3 after 17');
  const client = requireProgram(t, 'ipmi-dcmi');
  if (client === null) return;
  const args = ['-D', 'LAN_2_0', '-I', '3', '-l', 'ADMIN', '-W', 'opensesspriv', '-h', `127.0.0.1:${device.port}`];
  const said = execFileSync(client, [...args, '-u', 'admin', '-p', 'pass1234', '--get-system-power-statistics']);
  t.match(said.toString(), /Current Power +: 612 Watts/);
});

t.test('a machine tells what it is; another in its place is announced anew', async (t) => {
  const device = await startBmc(t, { dcmi: { watts: 200 }, serial: 'SN-1' });
  if (device === null) return;
  const config = { ...admin, ...point, port: device.port, cipherSuite: 3, timeout: '700ms' };
  const source = await openSource(ipmi, config);
  t.teardown(() => source.close());
  t.same(source.points, [{ ...point, channels: ['power'], source: 'ipmi', intervalMs: 1000 }]);
  await look(source);
  const first = source.points;
  const meter = { manufacturer: 'Contoso', model: 'Model 9', serial: 'SN-1', firmware: '9.08' };
  t.match(first, [{ point: 'server-1', meter }]);
  await device.stop();
  t.match(await look(source), { kind: 'retry' });
  await device.restartAs({ dcmi: { watts: 200 }, serial: 'SN-1' });
  await look(source);
  t.equal(source.points, first, 'the same machine again');
  await device.stop();
  await look(source);
  await device.restartAs({ dcmi: null, sensors: [{ name: 'Power Meter', raw: 90, factor: 2 }], serial: 'SN-2' });
  t.match(await look(source), { readings: [['server-1', 'power', 180]] }, 'by the way that this one has');
  t.match(source.points, [{ meter: { ...meter, serial: 'SN-2' } }]);
});

t.test('without DCMI: the sensors', async (t) => {
  const supplies = [
    { name: 'CPU1 Power', raw: 10, factor: 4 },
    { name: 'PS1 Input Power', raw: 25, factor: 8 },
    { name: 'PS2 Input Power', raw: 20, factor: 8 },
    { name: 'PS1 Output Power', raw: 24, factor: 8 },
  ];
  const device = await startBmc(t, { dcmi: null, sensors: supplies });
  if (device === null) return;
  const read = async (machine: Machine, config: object = {}) => {
    await device.restartAs(machine);
    const source = await openSource(ipmi, { ...admin, ...point, port: device.port, cipherSuite: 3, ...config });
    t.teardown(() => source.close());
    return { source, sample: (await look(source)) as Sample };
  };
  const value = ({ sample }: { sample: Sample }) => sample.readings[0]?.[2] ?? sample.noData[0]?.reason ?? sample;

  t.equal(value(await read({ dcmi: null, sensors: supplies })), 360, 'the inputs of the supplies, nothing else');
  const total = [...supplies, { name: 'Pwr Consumption', raw: 55, factor: 8 }];
  t.equal(value(await read({ dcmi: null, sensors: total })), 440, 'a total before the parts');
  const inactive = { watts: 319, isActive: false };
  t.equal(value(await read({ dcmi: inactive, sensors: total })), 440, 'DCMI that does not measure');
  t.match(
    value(await read({ dcmi: inactive })),
    /says 319 W, but its power measurement is deactivated; and no sensor is known .*none in watts.*name some with sens/,
  );
  t.equal(value(await read({ dcmi: { watts: 5 }, sensors: supplies }, { sensors: ['CPU1 Power'] })), 40, 'as named');
  const missing = await read({ dcmi: null, sensors: supplies }, { sensors: ['Power'] });
  t.match(missing.sample, {
    kind: 'absent',
    message: /no sensor "Power" in watts; it has: CPU1 Power, PS1 Input Power/,
  });
  const busy = await read({ dcmi: { watts: 1, code: 0xc3 }, sensors: total });
  t.match(value(busy), /Timeout.*\(c3\)/i, 'a passing failure decides nothing');
  device.say({ watts: 77 });
  t.match(await look(busy.source), { readings: [['server-1', 'power', 77]] });

  const oneBay = [
    { name: 'PS 1 Input', raw: 20, factor: 10 },
    { name: 'PS 2 Input', raw: null, factor: 10 },
    { name: 'PS 3 Input', raw: 255, factor: 10 },
  ];
  t.equal(value(await read({ dcmi: null, sensors: oneBay })), 200, 'an empty bay, and one at the end of its scale');
  const noBay = [{ name: 'PS 1 Input', raw: 0, factor: 10 }];
  t.match(
    value(await read({ dcmi: null, sensors: noBay })),
    /PS 1 Input: 0 W, but a BMC that answers draws power itself/,
  );
});

t.test('who may not log in is told why', async (t) => {
  const device = await startBmc(t, { dcmi: { watts: 1 } });
  if (device === null) return;
  const failure = async (config: object) => {
    const source = await openSource(ipmi, { ...admin, ...point, port: device.port, cipherSuite: 3, ...config });
    t.teardown(() => source.close());
    return look(source);
  };
  const absent = (message: RegExp) => ({ kind: 'absent', message });
  t.match(await failure({ username: 'nobody' }), absent(/has no user "nobody" that may log in over LAN/));
  t.match(await failure({ cipherSuite: 17 }), absent(/does not take cipher suite 17/));
  t.match(
    await failure({ port: await freePort('udp') }),
    absent(/is the address right, and IPMI over LAN switched on/),
  );
  t.match(await failure({ host: 'bmc.invalid' }), absent(/bmc\.invalid is no known name/));
  t.match(await failure({ username: 'monitor', privilege: 'user' }), {
    noData: [{ reason: /set privilege: operator/ }],
  });
});

t.test('the password is no argument of any program', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'said');
  fakeProgram(t, directory, `printf '%s|' "$@" >>${file}; printf '%s\\n' "$IPMITOOL_PASSWORD" >>${file}`);
  const source = await openSource(ipmi, { ...admin, ...point, password: 's3cret', port: await freePort('udp') });
  t.teardown(() => source.close());
  t.match(await look(source), { noData: [{ reason: /nothing that can be understood/ }] });
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  t.equal(lines.length, 3);
  for (const line of lines) t.match(line, /^-I\|lanplus\|-H\|127\.0\.0\.1\|.*-E\|-L\|ADMINISTRATOR\|.*\|s3cret$/);
  t.notMatch(lines.join('\n'), /s3cret\|/);
});

t.test("this machine's own BMC", async (t) => {
  const directory = scratch(t);
  const real = requireProgram(t, 'ipmitool');
  if (real !== null && !existsSync('/dev/ipmi0')) {
    const source = await openSource(ipmi, point);
    t.teardown(() => source.close());
    t.match(await look(source), { kind: 'absent', message: /of this machine has no device: are the kernel modules/ });
  }
  const reading = ['Instantaneous power reading: 250 Watts', 'Power reading state is: activated'].join('\\n');
  fakeProgram(t, directory, `[ "$1 $2" = "-I open" ] && [ "$4" = dcmi ] && printf '${reading}\\n'; exit 0`);
  const source = await openSource(ipmi, point);
  t.teardown(() => source.close());
  t.match(await look(source), { readings: [['server-1', 'power', 250]] });
  fakeProgram(t, directory, 'echo "Could not open device at /dev/ipmi0 or /dev/ipmi/0: Permission denied" >&2; exit 1');
  const other = await openSource(ipmi, point);
  t.match(await look(other), { kind: 'absent', message: /run the agent as root, or let it read \/dev\/ipmi0/ });
});

/** Puts a shell script before ipmitool in the PATH for the rest of the test. */
function fakeProgram(t: { teardown(fn: () => void): void }, directory: string, script: string): void {
  const path = process.env['PATH'] ?? '';
  writeFileSync(join(directory, 'ipmitool'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, 'ipmitool'), 0o755);
  process.env['PATH'] = `${directory}:${path}`;
  t.teardown(() => {
    process.env['PATH'] = path;
  });
}

t.test('nobody there', async (t) => {
  fakeProgram(t, scratch(t), 'echo "Error: Unable to establish IPMI v2 / RMCP+ session" >&2; exit 1');
  const source = await openSource(ipmi, { ...admin, ...point });
  t.match(await look(source), { kind: 'absent', message: /is the address right, and IPMI over LAN switched on/ });
});

t.test('a user who may not have the privilege', async (t) => {
  const said =
    'Set Session Privilege Level to ADMINISTRATOR failed\\nError: Unable to establish IPMI v2 / RMCP+ session';
  fakeProgram(t, scratch(t), `printf '${said}' >&2; exit 1`);
  const source = await openSource(ipmi, { ...admin, ...point });
  t.match(await look(source), { kind: 'absent', message: /open a session with privilege: administrator/ });
});

t.test('no ipmitool', async (t) => {
  const path = process.env['PATH'];
  process.env['PATH'] = scratch(t);
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  t.equal(findProgram('no-such-program'), null);
  const source = await openSource(ipmi, point);
  t.match(await look(source), { kind: 'absent', message: /no program ipmitool: is it installed/ });
});

t.test('a look that outlasts its tick', async (t) => {
  const device = await startBmc(t, { dcmi: { watts: 300 } });
  if (device === null) return;
  const proxy = await createUdpProxy(() => device.port);
  t.teardown(() => proxy.close());
  const source = await openSource(ipmi, { ...admin, ...point, port: proxy.port, cipherSuite: 3 });
  t.teardown(() => source.close());
  await look(source);
  proxy.behaviour = 25;
  const fromMs = Date.now();
  t.match(await tick(source, 30), { kind: 'retry', message: /did not answer before the tick's deadline/ });
  let sample = await tick(source, 100);
  for (let ticks = 0; sample instanceof SourceError && ticks < 50; ticks++) sample = await tick(source, 100);
  const { readings, dated } = sample as Sample;
  t.same(readings, []);
  t.match(dated, [{ readings: [['server-1', 'power', 300]] }]);
  const at = dated?.[0]?.at ?? 0;
  t.ok(at >= fromMs && at <= Date.now(), 'with the time at which it was read');
});

t.test('BMCs are found by asking, without a password', async (t) => {
  const device = await startBmc(t, { dcmi: null });
  if (device === null) return;
  const search = {
    log: silent,
    clock: realClock,
    signal: new AbortController().signal,
    community: 'public',
    progress: () => {},
  };
  const addresses = [`127.0.0.1:${device.port}`, `127.0.0.1:${await freePort('udp')}`, 'bmc.invalid'];
  const found = await ipmi.discover({ ...search, addresses });
  const others = found.filter(({ entry }) => 'host' in entry);
  t.match(others, [{ title: `BMC at 127.0.0.1:${device.port}`, entry: { kind: 'ipmi', port: device.port } }]);
  t.equal(others.length, 1);
  const { kind: _, ...settings } = others[0]?.entry ?? {};
  await (await openSource(ipmi, settings)).close();
});

t.test('a configuration that contradicts itself', async (t) => {
  for (const config of [
    { username: 'x' },
    { port: 623 },
    { host: '' },
    { host: 'a', cipherSuite: 0 },
    { sensors: [] },
  ]) {
    await t.rejects(openSource(ipmi, { ...point, ...config }), { name: 'ValiError' }, JSON.stringify(config));
  }
});
