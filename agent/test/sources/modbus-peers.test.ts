import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { acquireBus } from '../../src/sources/modbus/bus.ts';
import { Refusal } from '../../src/sources/modbus/framing.ts';
import { networkPlace } from '../../src/sources/modbus/place.ts';
import modbus from '../../src/sources/modbus.ts';
import { realClock } from '../support/real-clock.ts';
import { openSource, tick } from './conformance.ts';
import { pm5xxx, startDevice } from './peers/modbus-device.ts';
import { start } from './process.ts';

/** libmodbus' own test server, whose registers misbehave in ways that its unit-test.h names. */
const EXAMPLES = '/usr/share/doc/libmodbus-dev/examples';
const INPUT_OF_TEN = 0x108;
const ZEROS = 0x160;
const BUSY = 0x170;
const WRONG_NUMBER_OR_UNIT = 0x171;
const LATE_500_MS = 0x172;
const BYTE_BY_BYTE = 0x173;
/** The unit by which it answers where it answers out of turn. */
const UNIT = 0xff;

t.test('libmodbus: answers that are late, cut into bytes, of a wrong number or too short', async (t) => {
  const gcc = requireProgram(t, 'gcc');
  if (gcc === null) return;
  if (!existsSync(EXAMPLES)) {
    const reason = 'libmodbus-dev is not installed';
    if (process.env['CI'] === 'true') t.fail(reason);
    else void t.skip(reason, () => undefined);
    return;
  }
  const port = await freePort();
  const source = readFileSync(join(EXAMPLES, 'unit-test-server.c'), 'utf8').replace(
    '"127.0.0.1", 1502',
    `"127.0.0.1", ${port}`,
  );
  const directory = t.testdir({ 'server.c': source, 'config.h': '' });
  writeFileSync(join(directory, 'unit-test.h'), readFileSync(join(EXAMPLES, 'unit-test.h')));
  const program = join(directory, 'server');
  const from = ['-w', '-I', directory, '-I', '/usr/include/modbus', join(directory, 'server.c')];
  await promisify(execFile)(gcc, [...from, '-o', program, '-lmodbus']);
  const stdbuf = requireProgram(t, 'stdbuf');
  if (stdbuf === null) return;
  const server = await start(stdbuf, ['-oL', 'sh', '-c', 'echo ready; exec "$0" tcp', program], /ready/);
  t.teardown(() => server.stop());

  const bus = acquireBus(networkPlace({ host: '127.0.0.1', port, framing: 'tcp' }), realClock);
  t.teardown(() => bus.release());
  const { signal } = new AbortController();
  const ask = (address: number, length = 1, timeoutMs = 1000, table: 'holding' | 'input' = 'holding') =>
    bus.ask({ unit: UNIT, function: table, address, length }, timeoutMs, signal);
  const listening = async () => {
    for (let tries = 0; tries < 50; tries++) {
      try {
        return await ask(INPUT_OF_TEN, 1, 1000, 'input');
      } catch {
        await realClock.sleep(20);
      }
    }
    throw new Error('it does not listen');
  };
  t.same(await listening(), Buffer.from([0, 10]));
  t.same(await ask(ZEROS, 3), Buffer.alloc(6));
  t.match(await ask(BUSY), new Refusal(6));
  t.same(await ask(BYTE_BY_BYTE), Buffer.alloc(2), 'an answer in eleven pieces');
  await t.rejects(ask(WRONG_NUMBER_OR_UNIT, 1, 200), { name: 'NoAnswer' });
  t.same(await ask(INPUT_OF_TEN, 1, 1000, 'input'), Buffer.from([0, 10]));
  await t.rejects(ask(LATE_500_MS, 1, 200), { name: 'NoAnswer', message: /no answer within 200 ms/ });
  t.same(await ask(INPUT_OF_TEN, 1, 1000, 'input'), Buffer.from([0, 10]), 'the late answer is not taken for this one');
  t.equal(bus.connections, 1, 'all on one connection');
  await t.rejects(ask(ZEROS, 2), { name: 'NoAnswer', message: /unintelligible answer \(2 bytes for 2 registers\)/ });
});

t.test('mbpoll reads the same of the same device', async (t) => {
  const mbpoll = requireProgram(t, 'mbpoll');
  if (mbpoll === null) return;
  const device = await startDevice(t, { 7: pm5xxx(125.5, 92_114_503n) });
  if (device === null) return;
  const { port } = device;
  const where = ['-m', 'tcp', '-p', String(port), '-a', '7', '-0', '-1', '-c', '1'];
  const { stdout } = await promisify(execFile)(mbpoll, [...where, '-r', '3059', '-t', '4:float', '-B', '127.0.0.1']);
  const [, kilowatts] = /\[3059\]:\s+([\d.]+)/.exec(stdout) ?? [];
  t.equal(kilowatts, '125.5', stdout);
  const points = [{ point: 'a', channels: ['power'] }];
  const config = { profile: 'schneider-pm5xxx', host: '127.0.0.1', port, unit: 7, points };
  const source = await openSource(modbus, config);
  t.teardown(() => source.close());
  t.match(await tick(source), { readings: [['a', 'power', 125_500]] });
});
