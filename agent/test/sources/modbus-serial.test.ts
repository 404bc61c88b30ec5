import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SerialPort } from 'serialport';
import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { base, conform, readings, units } from './peers/modbus-conformance.ts';
import { PYTHON, startAdapter, startLine, startUnits } from './peers/modbus-device.ts';
import modbus from '../../src/sources/modbus.ts';
import { openSource, tick } from './conformance.ts';
import { createTcpProxy, type FaultyProxy } from './faulty-proxy.ts';

t.test('conformance of a serial line', async (t) => {
  if (requireProgram(t, PYTHON) === null) return;
  const port = await freePort();
  const proxy = await createTcpProxy(() => port);
  t.teardown(() => proxy.close());
  const device = join(t.testdir(), 'agent');
  const plugIn = async () => {
    await connected(proxy, 0);
    const adapter = await startAdapter(t, device, proxy.port);
    if (adapter !== null) await connected(proxy, 1);
    return adapter;
  };
  let running = await startUnits(t, `rtu:${port}`, units.first);
  let adapter = await plugIn();
  if (adapter === null) return;
  conform(t, { device }, proxy, async (units) => {
    await running.stop();
    await adapter?.stop();
    running = await startUnits(t, `rtu:${port}`, units);
    adapter = await plugIn();
  });
});

t.test('a serial line from end to end, and an adapter that is unplugged and plugged in again', async (t) => {
  const directory = t.testdir();
  const line = await startLine(t, directory);
  if (line === null) return;
  const [end, device] = line.ends;
  const meter = await startUnits(t, end, units.first);
  const source = await openSource(modbus, { ...base, device });
  t.teardown(() => source.close());
  for (let i = 0; i < 3; i++) t.match(await tick(source), { readings: readings(125_500, 92_114_503) });
  await meter.stop();
  await line.stop();
  t.match(await tick(source), { name: 'SourceError' });
  t.match(await tick(source), { kind: 'absent', message: /there is no such device: is the adapter plugged in\?/ });
  const again = await startLine(t, directory);
  if (again === null) return;
  await startUnits(t, end, units.other);
  t.match(await tick(source), { readings: readings(1250, 17) });
});

t.test('what is not Modbus says where to look', async (t) => {
  if (requireProgram(t, PYTHON) === null) return;
  const port = await freePort();
  const proxy = await createTcpProxy(() => port);
  t.teardown(() => proxy.close());
  await startUnits(t, `rtu:${port}`, units.first);
  const device = join(t.testdir(), 'line');
  if ((await startAdapter(t, device, proxy.port)) === null) return;
  const source = await openSource(modbus, { ...base, device });
  t.teardown(() => source.close());
  proxy.behaviour = 'garbage';
  t.match(await tick(source), { message: /unit 1: unintelligible answer: are baudRate, parity and stopBits those of/ });
});

t.test('a line that may not be opened, and one that two sources mean differently', async (t) => {
  const line = await startLine(t, t.testdir());
  if (line === null) return;
  const [, device] = line.ends;
  const source = await openSource(modbus, { ...base, device });
  t.teardown(() => source.close());
  const differently = openSource(modbus, { ...base, device, baudRate: 19_200, parity: 'even', unit: 2 });
  await t.rejects(differently, {
    kind: 'absent',
    message: /agent is read with 9600 baud, 8 data bits, parity none, 1 stop bits by another source, not 19200 baud/,
  });
  const [taken] = line.ends;
  const other = new SerialPort({ path: taken, baudRate: 9600, autoOpen: false });
  await new Promise((resolve) => other.open(resolve));
  t.teardown(() => other.close());
  const late = await openSource(modbus, { ...base, device: taken });
  t.teardown(() => late.close());
  t.match(await tick(late), { kind: 'absent', message: /cannot open .*: another program has it open/ });
});

t.test('what contradicts itself is refused', async (t) => {
  const refused = (config: object, message: RegExp) =>
    t.rejects(openSource(modbus, { ...base, ...config }), { name: 'ValiError', message });
  await refused({}, /must name either host or device/);
  await refused({ host: 'a', device: '/dev/ttyUSB0' }, /must name either host or device/);
  await refused({ host: 'a', baudRate: 9600 }, /only for a device/);
  await refused({ device: '/dev/ttyUSB0', framing: 'rtu' }, /only for a host/);
});

/** An adapter says that it runs before this process has taken its connection, which would then count as the source's. */
async function connected(proxy: FaultyProxy, count: number): Promise<void> {
  while (proxy.connections() !== count) await setImmediate();
}
