import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import type { Sample, SourceError } from '../../src/source.ts';
import type { Span } from '../../src/sources/modbus/quantity.ts';
import { keyOf, planRequests } from '../../src/sources/modbus/requests.ts';
import { decode, type Encoding } from '../../src/sources/modbus/value.ts';
import modbus from '../../src/sources/modbus.ts';
import { openSource, tick } from './conformance.ts';
import { i64, pm5xxx, PYTHON, startDevice } from './peers/modbus-device.ts';

/** A device that answers each request with what `answer` makes of its unit, function and address. */
async function startFake(t: Test, answer: (query: Query, socket: Socket) => Buffer | null): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      const query = {
        unit: data[6] ?? 0,
        code: data[7] ?? 0,
        address: data.readUInt16BE(8),
        length: data.readUInt16BE(10),
      };
      const pdu = answer(query, socket);
      if (pdu === null) return;
      const header = Buffer.from([data[0] ?? 0, data[1] ?? 0, 0, 0, 0, pdu.length + 1, query.unit]);
      socket.write(Buffer.concat([header, pdu]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

interface Query {
  readonly unit: number;
  readonly code: number;
  readonly address: number;
  readonly length: number;
}

const sdm630 = { profile: 'eastron-sdm630', host: '127.0.0.1', timeout: '300ms' };

t.test('an SDM630: total and phases, in the fewest requests that it takes', async (t) => {
  const asked: string[] = [];
  const registers = Buffer.alloc(2 * 400);
  for (const [address, value] of [
    [0, 229],
    [2, 230],
    [4, 231],
    [6, 1],
    [8, 2],
    [10, 3],
    [12, 200],
    [30, 0.87],
    [52, 1200.5],
    [56, 1380],
    [60, -680],
    [62, 0.87],
    [70, 50],
    [72, 1234.5],
    [74, 2],
    [346, 400],
    [352, 1],
  ] as const) {
    registers.writeFloatBE(value, 2 * address);
  }
  const port = await startFake(t, ({ code, address, length }) => {
    asked.push(`${code}:${address}+${length}`);
    if (code !== 4) return Buffer.from([code | 0x80, 2]);
    return Buffer.concat([Buffer.from([code, 2 * length]), registers.subarray(2 * address, 2 * (address + length))]);
  });
  const points = [
    { point: 'main', role: 'utility' },
    { point: 'main-l1', from: 'l1' },
  ];
  const source = await openSource(modbus, { ...sdm630, port, points });
  t.teardown(() => source.close());
  t.match(source.points, [
    { point: 'main', role: 'utility', source: 'modbus', intervalMs: 1000 },
    { point: 'main-l1' },
  ]);
  const { readings, noData } = (await tick(source)) as Sample;
  t.same(noData, []);
  t.match(readings, [
    ['main', 'power', 1200.5],
    ['main', 'energy', 1_234_500],
    ['main', 'energy-export', 2000],
    ['main', 'apparent-power', 1380],
    ['main', 'reactive-power', -680],
    ['main', 'power-factor', Number],
    ['main', 'voltage', 230],
    ['main', 'current', 6],
    ['main', 'frequency', 50],
    ['main-l1', 'power', 200],
    ['main-l1', 'energy', 400_000],
  ]);
  asked.length = 0;
  t.match(await tick(source), { readings });
  t.same(asked, ['4:0+32', '4:52+24', '4:346+8']);
});

t.test('a register that a device refuses costs only its own channels', async (t) => {
  const { holding } = pm5xxx(1, 1n);
  const { 3109: _frequency, ...others } = holding ?? {};
  const units = { 1: { holding: { ...others, 3203: i64(1n) } } };
  const device = await startDevice(t, units);
  if (device === null) return;
  const channels = ['power', 'energy', 'energy-export', 'frequency'];
  const config = {
    profile: 'schneider-pm5xxx',
    host: '127.0.0.1',
    port: device.port,
    points: [{ point: 'a', channels }],
  };
  const source = await openSource(modbus, config);
  t.teardown(() => source.close());
  for (let i = 0; i < 2; i++) {
    t.match(await tick(source), {
      readings: [
        ['a', 'power', 1000],
        ['a', 'energy', 1],
      ],
      noData: [
        { channel: 'energy-export', reason: 'register 3207: illegal data address: is this the right model?' },
        { channel: 'frequency', reason: 'register 3109: illegal data address: is this the right model?' },
      ],
    });
  }
  const wrongModel = await openSource(modbus, { ...sdm630, port: device.port, points: [{ point: 'a' }] });
  t.teardown(() => wrongModel.close());
  t.match(await tick(wrongModel), { kind: 'absent', message: /illegal data address: is this the right model\?/ });
});

t.test('exceptions in words, and what they mean for the next tick', async (t) => {
  const cases = [
    [1, 'absent', /illegal function/],
    [4, 'retry', /the device reports a failure/],
    [6, 'retry', /the device is busy/],
    [10, 'absent', /unit 3: gateway path unavailable/],
    [11, 'absent', /unit 3: the gateway has no answer from this unit/],
  ] as const;
  for (const [exception, kind, message] of cases) {
    const port = await startFake(t, ({ code }) => Buffer.from([code | 0x80, exception]));
    const source = await openSource(modbus, {
      ...sdm630,
      port,
      unit: 3,
      points: [{ point: 'a', channels: ['power'] }],
    });
    t.match(await tick(source), { name: 'SourceError', kind, message }, `exception ${exception}`);
    await source.close();
  }
});

t.test('an answer that is framed rightly but is not the one asked for', async (t) => {
  const answers: Record<string, (query: Query) => Buffer> = {
    'another function': ({ length }) => Buffer.alloc(2 + 2 * length, 6),
    'too short': ({ code }) => Buffer.from([code, 2, 0, 0]),
    'a false byte count': ({ code, length }) => Buffer.concat([Buffer.from([code, 0]), Buffer.alloc(2 * length)]),
    empty: () => Buffer.alloc(0),
  };
  for (const [name, answer] of Object.entries(answers)) {
    const port = await startFake(t, answer);
    const source = await openSource(modbus, { ...sdm630, port, points: [{ point: 'a', channels: ['power'] }] });
    t.match(await tick(source), { name: 'SourceError', message: /unintelligible|no answer/ }, name);
    await source.close();
  }
});

t.test('units behind one gateway share a connection and never talk at once', async (t) => {
  let connections = 0;
  let busy = 0;
  const sockets = new Set<Socket>();
  const port = await startFake(t, ({ unit, code, length }, socket) => {
    if (!sockets.has(socket)) connections += 1;
    sockets.add(socket);
    busy += 1;
    t.equal(busy, 1, 'one question at a time');
    busy -= 1;
    const data = Buffer.alloc(2 * length);
    data.writeFloatBE(unit);
    return Buffer.concat([Buffer.from([code, data.length]), data]);
  });
  const points = (unit: number) => [{ point: `unit-${unit}`, channels: ['power'] }];
  const sources = await Promise.all(
    [1, 2, 3, 4].map((unit) => openSource(modbus, { ...sdm630, port, unit, points: points(unit) })),
  );
  for (let i = 0; i < 3; i++) {
    const samples = await Promise.all(sources.map((source) => tick(source)));
    t.same(
      samples.map((sample) => (sample as Sample).readings[0]?.[2]),
      [1, 2, 3, 4],
    );
  }
  t.equal(connections, 1);
  const [first] = sources;
  if (first === undefined) throw new Error('no source');
  await Promise.all(sources.slice(1).map((source) => source.close()));
  t.match(await tick(first), { readings: [['unit-1', 'power', 1]] }, 'the others have only let go');
  await first.close();
});

t.test('nobody listens there: all units fail together, as absent', async (t) => {
  const port = await freePort();
  const sources = await Promise.all(
    [1, 2].map((unit) => openSource(modbus, { ...sdm630, port, unit, points: [{ point: `u-${unit}` }] })),
  );
  for (const failure of await Promise.all(sources.map((source) => tick(source)))) {
    t.match(failure, { kind: 'absent', message: /cannot connect to 127\.0\.0\.1:\d+: ECONNREFUSED/ });
  }
  await Promise.all(sources.map((source) => source.close()));
});

t.test('a lost answer is a slip, three in a row an absence, and any answer ends it', async (t) => {
  let silent = false;
  const port = await startFake(t, ({ code, length }) =>
    silent ? null : Buffer.concat([Buffer.from([code, 2 * length]), Buffer.alloc(2 * length)]),
  );
  const source = await openSource(modbus, {
    ...sdm630,
    timeout: '50ms',
    port,
    points: [{ point: 'a', channels: ['power'] }],
  });
  t.teardown(() => source.close());
  for (let round = 0; round < 2; round++) {
    silent = false;
    t.match(await tick(source), { readings: [['a', 'power', 0]] });
    silent = true;
    const kinds: (string | undefined)[] = [];
    for (let i = 0; i < 4; i++) kinds.push(((await tick(source)) as SourceError).kind);
    t.same(kinds, ['retry', 'retry', 'absent', 'absent']);
  }
});

t.test('every type in every order, as pymodbus encodes it', async (t) => {
  const python = requireProgram(t, PYTHON);
  if (python === null) return;
  const orders = join(import.meta.dirname, 'peers/modbus-word-orders.py');
  const { stdout } = await promisify(execFile)(python, [orders]);
  const cases = JSON.parse(stdout) as (Encoding & { value: number; registers: number[] })[];
  t.equal(cases.length, 32);
  for (const { value, registers, ...encoding } of cases) {
    const bytes = Buffer.alloc(2 * registers.length);
    registers.forEach((word, index) => bytes.writeUInt16BE(word, 2 * index));
    t.equal(
      decode(bytes, encoding),
      value,
      `${encoding.type}, words ${encoding.wordOrder}, bytes ${encoding.byteOrder}`,
    );
  }
});

t.test('what a meter says where it has no value', (t) => {
  const decoded = (type: Encoding['type'], hex: string) => () =>
    decode(Buffer.from(hex, 'hex'), { type, wordOrder: 'high-first', byteOrder: 'high-first' });
  for (const [type, hex] of [
    ['int16', '8000'],
    ['uint16', 'ffff'],
    ['int32', '80000000'],
    ['uint32', 'ffffffff'],
    ['int64', '8000000000000000'],
    ['uint64', 'ffffffffffffffff'],
    ['float32', '7fc00000'],
    ['float32', 'ff800000'],
    ['float64', '7ff8000000000000'],
  ] as const) {
    t.throws(decoded(type, hex), /which means that it has no value/, `${type} ${hex}`);
  }
  t.equal(decoded('int16', 'ffff')(), -1);
  t.equal(decoded('uint16', '8000')(), 32_768);
  t.end();
});

t.test('requests cover every value, within the limits, whatever is asked for', (t) => {
  const span = fc.record({
    function: fc.constantFrom('holding' as const, 'input' as const),
    address: fc.nat(400),
    length: fc.constantFrom(1, 2, 4),
  });
  fc.assert(
    fc.property(fc.array(span, { maxLength: 60 }), fc.integer({ min: 4, max: 125 }), fc.nat(20), (spans, most, gap) => {
      const requests = planRequests(spans, { maxRegisters: most, maxGap: gap });
      const inside = (inner: Span, outer: Span) =>
        inner.function === outer.function &&
        inner.address >= outer.address &&
        inner.address + inner.length <= outer.address + outer.length;
      return (
        requests.every((request) => request.length <= most && request.spans.every((part) => inside(part, request))) &&
        requests.flatMap((request) => request.spans).length === new Set(spans.map(keyOf)).size
      );
    }),
  );
  t.end();
});
