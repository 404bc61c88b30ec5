import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import type { Source } from '../../src/source.ts';
import { acquireBus } from '../../src/sources/modbus/bus.ts';
import { checksum } from '../../src/sources/modbus/framing.ts';
import { networkPlace } from '../../src/sources/modbus/place.ts';
import modbus from '../../src/sources/modbus.ts';
import { realClock } from '../support/real-clock.ts';
import { openSource, tick } from './conformance.ts';
import { pm5xxx, PYTHON, startUnits, type Units } from './peers/modbus-device.ts';

/** As the poller sets it for an interval of 1 s. */
const DEADLINE_MS = 500;
const INTERVAL_MS = 1000;

const config = (port: number, unit: number, framing: string) => ({
  profile: 'schneider-pm5xxx',
  host: '127.0.0.1',
  port,
  unit,
  framing,
  points: [{ point: `unit-${unit}`, channels: ['power', 'voltage', 'energy'] }],
});

/** Reads all sources at the same instants and says at which ticks each gave readings. */
async function readAll(sources: readonly Source[], ticks: number): Promise<boolean[][]> {
  const given: boolean[][] = sources.map(() => []);
  const startedMs = performance.now();
  for (let i = 0; i < ticks; i++) {
    await realClock.sleep(startedMs + i * INTERVAL_MS - performance.now());
    await Promise.all(
      sources.map(async (source, index) => given[index]?.push('readings' in (await tick(source, DEADLINE_MS)))),
    );
  }
  return given;
}

for (const framing of ['tcp', 'rtu']) {
  t.test(`${framing}: one unit is dead, another answers after 5 s, and the others go on`, async (t) => {
    if (requireProgram(t, PYTHON) === null) return;
    const port = await freePort();
    const units: Units = { 1: pm5xxx(1, 1n), 4: pm5xxx(4, 4n), 5: { ...pm5xxx(5, 5n), delay: 5 } };
    await startUnits(t, framing === 'rtu' ? `rtu:${port}` : String(port), units);
    // The dead and the late one are asked first, for nothing is known of them yet.
    const sources = await Promise.all([3, 5, 1, 4].map((unit) => openSource(modbus, config(port, unit, framing))));
    t.teardown(() => Promise.all(sources.map((source) => source.close())));
    const [dead, late, ...others] = await readAll(sources, 7);
    t.same(new Set(dead), new Set([false]));
    t.same(new Set(late), new Set([false]), 'an answer that is late is not taken for one that is not');
    // On a busy machine it takes a second tick until it is known who does not answer.
    for (const given of others) t.same(new Set(given.slice(2)), new Set([true]), given.join());
  });
}

/** A bus whose device hands each RTU question to `answer`: unit, address, length and how to reply with a register's value. */
async function rtuBus(
  t: Test,
  answer: (question: { unit: number; length: number; reply(value: number, times?: number): void }) => void,
) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (question: Buffer) => {
      const [unit = 0, code = 0] = question;
      const length = question.readUInt16BE(4);
      const reply = (value: number, times = 1): void => {
        const message = Buffer.concat([Buffer.from([unit, code, 2 * length]), Buffer.alloc(2 * length, value)]);
        const frame = Buffer.concat([message, checksum(message)]);
        socket.write(Buffer.concat(Array.from({ length: times }, () => frame)));
      };
      answer({ unit, length, reply });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let aheadMs = 0;
  const clock = { ...realClock, monotonicMs: () => realClock.monotonicMs() + aheadMs };
  const bus = acquireBus(networkPlace({ host: '127.0.0.1', port, framing: 'rtu' }), clock);
  t.teardown(() => {
    bus.release();
    server.close();
  });
  const { signal } = new AbortController();
  return {
    bus,
    ask: async (unit: number, length: number, timeoutMs = 100) => {
      const answer = await bus.ask({ unit, function: 'holding', address: 7, length }, timeoutMs, signal);
      return answer instanceof Buffer ? answer[0] : answer;
    },
    pass: (ms: number) => {
      aheadMs += ms;
    },
  };
}

t.test('the answer to a question that was given up is not taken for that to the next', async (t) => {
  const lengths: number[] = [];
  const late: (() => void)[] = [];
  const { ask } = await rtuBus(t, ({ length, reply }) => {
    lengths.push(length);
    const count = lengths.length;
    if (count === 1) late.push(() => reply(1));
    else {
      for (const send of late.splice(0)) send();
      reply(count);
    }
  });
  await t.rejects(ask(3, 4), { name: 'NoAnswer', message: /no answer within 100 ms/ });
  t.equal(await ask(3, 4), 3);
  t.same(lengths, [4, 1, 4], 'a question of another length comes between');
  t.equal(await ask(3, 4), 4);
  t.equal(lengths.length, 4, 'which is not needed once the unit has answered');
});

t.test('a question whose length tells its answer apart needs no other before it', async (t) => {
  const lengths: number[] = [];
  const { ask } = await rtuBus(t, ({ length, reply }) => {
    lengths.push(length);
    if (lengths.length > 1) reply(lengths.length);
  });
  await t.rejects(ask(3, 4), { name: 'NoAnswer' });
  t.equal(await ask(3, 6), 2);
  t.equal(await ask(3, 4), 3);
  t.same(lengths, [4, 6, 4]);
});

t.test('a unit that ignores lengths which are not its own is asked plainly once nothing can be late', async (t) => {
  const lengths: number[] = [];
  const { ask, pass } = await rtuBus(t, ({ length, reply }) => {
    lengths.push(length);
    if (length === 4 && lengths.length > 1) reply(9);
  });
  await t.rejects(ask(3, 4));
  await t.rejects(ask(3, 4));
  await t.rejects(ask(3, 4));
  t.same(lengths, [4, 1, 2], 'each of another length');
  pass(10_000);
  t.equal(await ask(3, 4), 9);
});

t.test('a unit that does not answer has its whole time only while nobody waits', async (t) => {
  const { ask } = await rtuBus(t, ({ unit, reply }) => {
    if (unit === 1) reply(1);
  });
  t.equal(await ask(1, 4), 1);
  const dead = ask(2, 4, 2_000).catch((error: Error) => error.message);
  await realClock.sleep(300);
  const startedMs = performance.now();
  t.equal(await ask(1, 4, 2_000), 1);
  t.ok(performance.now() - startedMs < 200, 'the other is asked at once');
  t.equal(await dead, 'no answer within 250 ms: is the unit number right?');
  t.match(await ask(2, 6, 400).catch((error: Error) => error.message), /within 400 ms/);
});

t.test('what comes unasked is no answer', async (t) => {
  let count = 0;
  const { ask } = await rtuBus(t, ({ reply }) => {
    count += 1;
    reply(count, 2);
  });
  for (const expected of [1, 2, 3]) t.equal(await ask(3, 4), expected);
});

t.test('a question that nobody waits for any more is not asked', async (t) => {
  const asked: number[] = [];
  const { ask, bus } = await rtuBus(t, ({ unit, reply }) => {
    asked.push(unit);
    reply(1);
  });
  // Taken back while the connection is being made.
  const abort = new AbortController();
  const given = bus.ask({ unit: 8, function: 'holding', address: 0, length: 1 }, 100, abort.signal);
  setImmediate(() => abort.abort());
  await t.rejects(given, { name: 'SourceError', kind: 'retry' });
  t.equal(await ask(3, 4), 1);
  t.same(asked, [3]);
});
