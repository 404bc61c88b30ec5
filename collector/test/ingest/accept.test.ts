import { limits } from '@wattmark/shared/messages';
import type { Leaf } from '@wattmark/shared/topics';
import t from 'tap';
import { accept, type Incoming, type RejectReason, rejectReasons } from '../../src/ingest/accept.ts';
import { birth, Rig, START, scratch, tick } from '../support/rig.ts';

/** Each reason at the edge, by a message that has nothing else wrong with it. */

const ok = { v: 1, epoch: 'E1', seq: 1, at: START, readings: [['a', 'power', 1]] };
const okBirth = birth(1) as Record<string, unknown>;
const okStatus = { v: 1, state: 'online', at: START };

function judge(leaf: Leaf, message: unknown): Incoming {
  return accept(leaf, Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));
}

const whole: readonly [reason: RejectReason, leaf: Leaf, message: unknown][] = [
  ['not-a-topic', 'ack', { v: 1, epoch: 'E1', seq: 1 }],
  ['not-a-topic', 'kpi', { v: 1 }],
  ['too-large', 'readings', ' '.repeat(limits.payloadBytes + 1)],
  ['not-json', 'readings', ''],
  ['not-json', 'readings', '{"v":1'],
  ['not-json', 'readings', '{"v":1,"readings":[["a","power",NaN]]}'],
  ['not-an-object', 'readings', 'null'],
  ['not-an-object', 'readings', [1]],
  ['not-an-object', 'status', '"online"'],
  ['wrong-version', 'readings', { ...ok, v: 2 }],
  ['wrong-version', 'birth', { ...okBirth, v: '1' }],
  ['bad-sequence', 'readings', { ...ok, seq: undefined }],
  ['bad-sequence', 'readings', { ...ok, epoch: undefined }],
  ['bad-sequence', 'readings', { ...ok, seq: 0 }],
  ['bad-sequence', 'readings', { ...ok, seq: 1.5 }],
  ['bad-sequence', 'readings', { ...ok, seq: 2 ** 53 }],
  ['bad-sequence', 'readings', { ...ok, seq: '1' }],
  ['bad-sequence', 'readings', { ...ok, epoch: '' }],
  ['bad-sequence', 'readings', { ...ok, epoch: 'e'.repeat(limits.epochLength + 1) }],
  ['bad-time', 'readings', { v: 1, at: 'now', readings: [] }],
  ['bad-time', 'readings', { v: 1, at: START / 1000, readings: [] }],
  ['bad-time', 'readings', { v: 1, at: START + 0.5, readings: [] }],
  ['bad-readings', 'readings', { v: 1 }],
  ['bad-readings', 'readings', { v: 1, readings: { a: 1 } }],
  ['too-many-readings', 'readings', { v: 1, readings: Array.from({ length: limits.readingsPerMessage + 1 }, () => 0) }],
  ['bad-birth', 'birth', { ...okBirth, epoch: 7 }],
  ['bad-birth', 'birth', { ...okBirth, firstSeq: 0 }],
  ['bad-birth', 'birth', { ...okBirth, at: 'now' }],
  ['bad-birth', 'birth', { ...okBirth, at: -1 }],
  ['bad-birth', 'birth', { ...okBirth, points: null }],
  ['bad-birth', 'birth', { ...okBirth, points: [{ point: 'NOT AN ID' }] }],
  ['bad-birth', 'birth', { ...okBirth, points: [null] }],
  [
    'bad-birth',
    'birth',
    { ...okBirth, points: Array.from({ length: limits.pointsPerAgent + 1 }, () => ({ point: 'a' })) },
  ],
  ['bad-status', 'status', { ...okStatus, state: 'asleep' }],
  ['bad-status', 'status', { ...okStatus, at: undefined }],
];

for (const [reason, leaf, message] of whole) {
  t.test(`${reason}: ${leaf} ${JSON.stringify(message)?.slice(0, 60)}`, async (t) => {
    t.same(judge(leaf, message), { kind: 'rejected', reason });
  });
}

const single: readonly [reason: RejectReason, reading: unknown][] = [
  ['bad-reading', 'a'],
  ['bad-reading', ['a', 'power']],
  ['bad-reading', ['a', 'power', 1, 'measured', 0]],
  ['bad-reading', ['A', 'power', 1]],
  ['bad-reading', ['a'.repeat(64), 'power', 1]],
  ['bad-reading', ['a', 'power', 1, 'missing']],
  ['bad-reading', ['a', 'power', 1, null]],
  ['unknown-channel', ['a', 'heat', 1]],
  ['unknown-channel', ['a', '__proto__', 1]],
  ['unknown-channel', ['a', 7, 1]],
  ['not-a-number', ['a', 'power', '1']],
  ['not-a-number', ['a', 'power', null]],
  ['out-of-range', ['a', 'power', 1e11]],
  ['out-of-range', ['a', 'energy', -1]],
  ['out-of-range', ['a', 'charge', 100.1]],
];

for (const [reason, reading] of single) {
  t.test(`${reason}: ${JSON.stringify(reading)}`, async (t) => {
    const incoming = judge('readings', { ...ok, readings: [reading, ['b', 'power', 2]] });
    t.match(incoming, { kind: 'readings', rejected: [reason], readings: [['b', 'power', 2]], unusable: null });
  });
}

t.test('a numbered message keeps its place in the sequence, whatever is wrong inside', async (t) => {
  for (const [unusable, change] of [
    ['bad-time', { at: 'now' }],
    ['bad-readings', { readings: 0 }],
    ['too-many-readings', { readings: Array.from({ length: limits.readingsPerMessage + 1 }, () => 0) }],
  ] as const) {
    t.match(judge('readings', { ...ok, ...change }), { sequence: { epoch: 'E1', seq: 1 }, unusable, readings: [] });
  }
});

t.test('good messages pass, and what a later version may add does not matter', async (t) => {
  t.match(judge('readings', { ...ok, colour: 'red' }), { kind: 'readings', atMs: START, rejected: [], unusable: null });
  t.match(judge('readings', { v: 1, readings: [] }), { kind: 'readings', sequence: null, atMs: null });
  t.match(judge('readings', { v: 1, at: null, readings: [] }), { kind: 'readings', atMs: null }, 'as if left out');
  t.match(judge('status', { ...okStatus, spoolDepth: -1 }), { kind: 'status', status: { state: 'online' } });
  const incoming = judge('birth', {
    ...okBirth,
    points: [{ point: 'a', role: 'moon', channels: ['power', 'x'], intervalMs: -5 }],
  });
  t.same(incoming.kind === 'birth' ? incoming.birth.points : null, [{ point: 'a', channels: ['power'] }]);
});

t.test('what an instrument and the sources say, as far as it makes sense', async (t) => {
  const meter = {
    manufacturer: 'Eastron',
    model: 'SDM630',
    serial: '2107',
    firmware: '',
    ctRatio: 40,
    vtRatio: -1,
    x: 1,
  };
  const failure = { source: 'modbus 192.0.2.10', state: 'absent', since: START, reason: 'ECONNREFUSED' };
  const failing = [failure, { ...failure, state: 'asleep' }, { ...failure, since: 0 }, { ...failure, reason: '' }, 7];
  const incoming = judge('birth', {
    ...okBirth,
    points: [
      { point: 'a', channels: [], meter },
      { point: 'b', channels: [], meter: { serial: 5 } },
    ],
    sources: { total: 2, failing },
  });
  t.match(incoming, { kind: 'birth', sources: { total: 2, failing: [failure] } });
  t.same(incoming.kind === 'birth' && incoming.birth.points, [
    { point: 'a', channels: [], meter: { manufacturer: 'Eastron', model: 'SDM630', serial: '2107', ctRatio: 40 } },
    { point: 'b', channels: [] },
  ]);
  for (const sources of [null, [], { total: -1, failing: [] }, { total: 1 }])
    t.match(judge('birth', { ...okBirth, sources }), { kind: 'birth', sources: null });
  t.match(judge('status', { ...okStatus, sources: { total: 1, failing: [] } }), {
    status: { sources: { total: 1, failing: [] } },
  });
  const many = Array.from({ length: limits.failingSources + 1 }, () => failure);
  const limited = judge('status', { ...okStatus, sources: { total: 500, failing: many } });
  t.equal(limited.kind === 'status' && limited.status.sources?.failing.length, limits.failingSources);
});

t.test('reasons that depend on what is known already', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(() => rig.close());
  const send = (topic: string, message: unknown): void =>
    void rig.pipeline.receive({ topic, payload: Buffer.from(JSON.stringify(message)), retained: false });
  send('wattmark/v1/default/dc-1/UPPER/readings', ok);
  send('wattmark/v2/default/dc-1/hall-a/readings', ok);
  send('wattmark/v1/default/dc-1/collector/readings', ok);
  rig.send('readings', tick(1, 1000, 'E2'));
  rig.send('readings', tick(1, 1000, 'E1'));
  rig.send('birth', birth(1, 'E1'));
  send('wattmark/v1/other/dc-1/hall-a/readings', ok);
  await rig.settle();
  t.same(rig.ingest.rejects.toRecord(), {
    'not-a-topic': 2,
    'reserved-agent': 1,
    'stale-epoch': 2,
    'site-in-other-group': 1,
  });
  t.equal(rig.fold.agents[0]?.epoch, 'E2');
});

t.test('an agent whose clock is not set yet is known, and told apart', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(() => rig.close());
  rig.send('birth', { ...okBirth, at: 5_000 });
  rig.send('status', { ...okStatus, at: 6_000 });
  rig.send('readings', { ...ok, at: 7_000 });
  rig.send('readings', { ...ok, seq: 2 });
  await rig.settle();
  t.equal(rig.fold.registry.declaration(0)?.declaration.point, 'utility-a');
  t.match(rig.ingest.entry(0), { state: 'online', clockSkewMs: START - 6_000 });
  t.same(rig.ingest.rejects.toRecord(), { 'bad-time': 1 }, 'what it read has no time');
  t.match(rig.acks.at(-1), { seq: 2 }, 'and the stream goes on');
});

t.test('every reason at the edge is in the tables above', async (t) => {
  const elsewhere = [
    'reserved-agent',
    'stale-epoch',
    'site-in-other-group',
    'too-many-agents',
    'too-many-points',
    'backlogged',
  ];
  const seen = new Set<string>([...elsewhere, ...whole.map(([reason]) => reason), ...single.map(([reason]) => reason)]);
  t.same(
    rejectReasons.filter((reason) => !seen.has(reason)),
    [],
  );
});
