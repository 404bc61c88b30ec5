import type { PointDeclaration, Reading } from '@wattmark/shared/messages';
import t from 'tap';
import type { ConfiguredSource } from '../src/config.ts';
import { PointClaims } from '../src/point-claims.ts';
import { Poller } from '../src/poller.ts';
import { Sampler } from '../src/sampler.ts';
import { type Sample, SourceError, type SourceModule } from '../src/source.ts';
import type { TickMessage } from '../src/tick-message.ts';
import { FakeClock } from './support/fake-clock.ts';
import { surroundings } from './support/surroundings.ts';
import { fakeSource, nothing, powerOf } from './support/fake-source.ts';
import { recordingLog } from './support/log.ts';

/** Ten seconds before a multiple of ten seconds. */
const START_MS = Date.UTC(2026, 0, 1);

function begin(test: { teardown(fn: () => Promise<void>): void }, sources: readonly ConfiguredSource[]) {
  const clock = new FakeClock(START_MS);
  const { log, entries: logged } = recordingLog();
  const claims = new PointClaims();
  const pollers = sources.map(
    (source) => new Poller({ source, surroundings: surroundings(clock), random: () => 0, claims, log }),
  );
  const sent: TickMessage[] = [];
  const sampler = new Sampler(
    pollers,
    clock,
    (message) => sent.push(message),
    () => {},
  );
  const stop = new AbortController();
  const running = sampler.run(stop.signal);
  test.teardown(async () => {
    stop.abort();
    await clock.pass(0);
    await running;
  });
  return { clock, logged, pollers, sampler, sent };
}

const never = (): Promise<Sample> => new Promise(() => {});

t.test('the readings of all sources of a tick become one message', async (t) => {
  const { clock, sent, sampler } = begin(t, [
    fakeSource('a', async () => powerOf('a', 1)),
    fakeSource('b', async () => powerOf('b', 2), { intervalMs: 20_000 }),
  ]);
  await clock.pass(20_000);
  t.same(sent, [
    { at: START_MS + 10_000, readings: [['a', 'power', 1]] },
    {
      at: START_MS + 20_000,
      readings: [
        ['a', 'power', 1],
        ['b', 'power', 2],
      ],
    },
  ]);
  t.same(
    sampler.points.map(({ point }) => point),
    ['a', 'b'],
  );
  t.equal(sampler.points, sampler.points, 'the same array while nothing changes');
});

t.test('a source that never answers, throws or says nonsense does not touch another', async (t) => {
  const { clock, sent, pollers, logged } = begin(t, [
    fakeSource('hung', never),
    fakeSource('sync', () => {
      throw new Error('bug');
    }),
    fakeSource('nonsense', async () => powerOf('nonsense', Number.NaN)),
    fakeSource('beyond', async () => powerOf('beyond', 60e12)),
    fakeSource('good', async () => powerOf('good', 5)),
  ]);
  await clock.pass(10_000);
  t.equal(sent.length, 0, 'the deadline is not over');
  await clock.pass(3_000);
  t.same(sent, [{ at: START_MS + 10_000, readings: [['good', 'power', 5]] }]);
  await clock.pass(50_000);
  t.equal(sent.length, 6);
  t.equal(pollers[0]?.stats.skipped, 5, 'it is still busy with the first read');
  t.equal(logged.filter(({ msg }) => msg.startsWith('the instrument could not be read')).length, 2, 'once each');
  t.equal(logged.filter(({ msg }) => msg === 'no data for a channel').length, 2, 'once each');
});

t.test('the deadline aborts the read', async (t) => {
  let aborted = 0;
  const { clock } = begin(t, [
    fakeSource('slow', (signal) => {
      signal.addEventListener('abort', () => aborted++);
      return never();
    }),
  ]);
  await clock.pass(12_999);
  t.equal(aborted, 0);
  await clock.pass(1);
  t.equal(aborted, 1);
});

t.test('an absent instrument is looked for with growing pauses, and found again', async (t) => {
  const looksMs: number[] = [];
  let present = false;
  const clockOf = { now: () => 0 };
  const { clock, sent, logged } = begin(t, [
    fakeSource('away', async () => {
      looksMs.push(clockOf.now() - START_MS);
      if (!present) throw new SourceError('absent', 'no route to host');
      return powerOf('away', 7);
    }),
  ]);
  clockOf.now = () => clock.now();
  await clock.pass(30 * 60_000);
  const pausesS = looksMs.slice(1).map((ms, i) => (ms - (looksMs[i] ?? 0)) / 1000);
  t.same(pausesS.slice(0, 6), [10, 20, 40, 80, 160, 300]);
  t.ok(pausesS.slice(6).every((pauseS) => pauseS === 300));
  present = true;
  await clock.pass(320_000);
  t.ok(sent.length > 0);
  t.equal(logged.filter(({ msg }) => msg.startsWith('the instrument is not there')).length, 1);
  t.equal(logged.filter(({ msg }) => msg === 'the instrument answers').length, 1);
});

t.test('a source that cannot be opened is tried again; one that never can is given up', async (t) => {
  let opened = 0;
  const { clock, sent, pollers, logged } = begin(t, [
    fakeSource('late', async () => powerOf('late', 1), {
      open: async () => {
        if (opened++ < 2) throw new Error('port in use');
      },
    }),
    fakeSource('wrong', never, {
      open: async () => {
        throw new SourceError('fatal', 'no such register');
      },
    }),
  ]);
  await clock.pass(60_000);
  t.equal(opened, 3);
  t.ok(sent.length > 0);
  t.equal(pollers[1]?.state, 'fatal');
  t.equal(logged.filter(({ msg }) => msg.startsWith('the source cannot work')).length, 1);
});

t.test('a source that is fatal while reading is closed and left alone', async (t) => {
  let reads = 0;
  let closed = 0;
  const { clock } = begin(t, [
    fakeSource(
      'x',
      async () => {
        reads++;
        throw new SourceError('fatal', 'another device');
      },
      { close: () => void closed++ },
    ),
  ]);
  await clock.pass(60_000);
  t.same([reads, closed], [1, 1]);
});

t.test('two sources of one point: the second is given up', async (t) => {
  const { clock, sent, pollers } = begin(
    t,
    [fakeSource('same', async () => powerOf('same', 1)), fakeSource('same', async () => powerOf('same', 2))].map(
      (source, i) => ({ ...source, label: `sources[${i}]` }),
    ),
  );
  await clock.pass(10_000);
  t.same(sent[0]?.readings, [['same', 'power', 1]]);
  t.equal(pollers[1]?.state, 'fatal');
});

t.test('a tick beyond the limits of the contract is split', async (t) => {
  const readings = Array.from({ length: 20_000 }, (_, i): Reading => [`p${i}`, 'power', i]);
  const { clock, sent } = begin(t, [fakeSource('many', async () => ({ readings, noData: [] }))]);
  await clock.pass(10_000);
  t.same(
    sent.flatMap((message) => message.readings),
    readings,
  );
  t.ok(sent.every((message) => message.readings.length <= 10_000 && message.at === START_MS + 10_000));
  const longest: Reading = ['p'.repeat(63), 'reactive-power', -1.2345678901234567e-100, 'estimated'];
  const perMessage = sent[0]?.readings.length ?? 0;
  t.ok(
    JSON.stringify(Array.from({ length: perMessage }, () => longest)).length < 1_048_576 - 256,
    'even of the longest',
  );
});

t.test('readings with a time of their own become messages of that time, the oldest first', async (t) => {
  const late = { at: START_MS - 1_000, readings: [['a', 'power', 1]] as Reading[] };
  const early = { at: START_MS - 60_000, readings: [['a', 'power', 2]] as Reading[] };
  const twin = { at: START_MS - 1_000, readings: [['b', 'power', 3]] as Reading[] };
  const { clock, sent } = begin(t, [
    fakeSource('a', async () => ({ readings: [['a', 'power', 4]], dated: [early, late], noData: [] })),
    fakeSource('b', async () => ({ readings: [], dated: [twin], noData: [] })),
    fakeSource('c', async () => ({ readings: [], dated: [{ at: 5, readings: [['c', 'power', 60e12]] }], noData: [] })),
  ]);
  await clock.pass(10_000);
  t.same(sent, [
    early,
    {
      at: late.at,
      readings: [
        ['a', 'power', 1],
        ['b', 'power', 3],
      ],
    },
    { at: START_MS + 10_000, readings: [['a', 'power', 4]] },
  ]);
});

t.test('readings of no possible time are left out, and it is said', async (t) => {
  const power = (valueW: number) => powerOf('old', valueW).readings;
  const times = [Number.NaN, 1e300, Date.UTC(1999), START_MS + 0.5];
  const { clock, sent, logged } = begin(t, [
    fakeSource('old', async () => ({
      readings: [],
      dated: [...times.map((at) => ({ at, readings: power(1) })), { at: START_MS, readings: power(2) }],
      noData: [],
    })),
  ]);
  await clock.pass(10_000);
  t.same(sent, [{ at: START_MS, readings: power(2) }]);
  t.match(
    logged.find(({ msg }) => msg === 'no data for a channel'),
    { what: 'old power', reason: /is no time of a reading/ },
  );
});

t.test('what fails is reported, since when and why, and only what changes is new', async (t) => {
  let failure: SourceError | null = null;
  const meter = fakeSource('a', async () => {
    if (failure !== null) throw failure;
    return powerOf('a', 1);
  });
  const { clock, sampler, logged } = begin(t, [
    { ...meter, kind: 'modbus', settings: { host: '192.0.2.10', port: 502, unit: 3 } },
  ]);
  await clock.pass(10_000);
  const well = sampler.report;
  t.same(well, { total: 1, failing: [] });
  failure = new SourceError('retry', 'x'.repeat(1_000));
  await clock.pass(10_000);
  const [failing] = sampler.report.failing;
  t.match(failing, { source: 'modbus 192.0.2.10 port 502 unit 3', state: 'retry', since: START_MS + 20_000 });
  t.equal(failing?.reason.length, 200);
  failure = new SourceError('absent', 'ECONNREFUSED');
  await clock.pass(10_000);
  const { report } = sampler;
  t.match(report.failing, [{ state: 'absent', since: START_MS + 20_000, reason: 'ECONNREFUSED' }], 'since the first');
  await clock.pass(20_000);
  t.equal(sampler.report, report, 'the same object while nothing changes');
  failure = new SourceError('absent', 'certificate expired');
  await clock.pass(40_000);
  t.match(sampler.report.failing, [{ state: 'absent', since: START_MS + 20_000, reason: 'certificate expired' }]);
  const warnings = () => logged.filter(({ msg }) => msg.startsWith('the instrument')).length;
  const before = warnings();
  for (const kind of ['retry', 'absent', 'retry', 'absent'] as const) {
    failure = new SourceError(kind, 'by turns');
    await clock.pass(100_000);
  }
  t.equal(warnings(), before, 'what was logged already is no news');
  failure = null;
  await clock.pass(300_000);
  t.same(sampler.report, well);
});

t.test('of one point, readings go out in the order of their ticks, however slow another source is', async (t) => {
  const { clock, sent } = begin(t, [
    fakeSource('fast', async () => powerOf('fast', 1), { intervalMs: 10_000 }),
    fakeSource('slow', () => clock.sleep(25_000).then(() => powerOf('slow', 2)), {
      intervalMs: 60_000,
      deadlineMs: 30_000,
    }),
    fakeSource('dead', never, { intervalMs: 60_000, deadlineMs: 60_000 }),
  ]);
  await clock.pass(170_000);
  const ticksOf = (name: string) =>
    sent.filter(({ readings }) => readings.some(([point]) => point === name)).map(({ at }) => (at - START_MS) / 10_000);
  t.same(
    ticksOf('fast'),
    Array.from({ length: 17 }, (_, index) => index + 1),
  );
  t.same(ticksOf('slow'), [6, 12]);
});

t.test('what a tick gave is handed on before the next one begins, even where a source has not answered', async (t) => {
  const handedOn: number[] = [];
  const { clock, sent } = begin(t, [
    fakeSource('history', async () => {
      handedOn.push(sent.length);
      return { readings: [], dated: [{ at: START_MS - 1, readings: [['history', 'power', 1]] }], noData: [] };
    }),
    fakeSource('slow', never, { intervalMs: 20_000, deadlineMs: 20_000 }),
  ]);
  await clock.pass(40_000);
  t.same(handedOn, [0, 1, 2, 3], 'so that a source which is asked again may take it for said');
});

t.test('a source may announce other points once it knows its instrument', async (t) => {
  let points: PointDeclaration[] = [];
  let reads = 0;
  const source = fakeSource('x', async () => nothing);
  const module: SourceModule = {
    ...source.module,
    open: async () => ({
      get points() {
        return points;
      },
      read: async () => {
        if (++reads === 2) points = [{ point: 'x', channels: ['power'], meter: { serial: '2107' } }];
        if (reads === 3) points = [{ point: 'taken', channels: ['power'] }];
        return powerOf('x', reads);
      },
      close: async () => {},
    }),
  };
  const { clock, sampler, pollers, sent } = begin(t, [
    fakeSource('taken', async () => powerOf('taken', 1)),
    { ...source, module },
  ]);
  await clock.pass(10_000);
  t.same(
    sampler.points.map(({ point }) => point),
    ['taken'],
  );
  await clock.pass(10_000);
  t.match(sampler.points, [{ point: 'taken' }, { point: 'x', meter: { serial: '2107' } }]);
  await clock.pass(10_000);
  t.equal(pollers[1]?.state, 'fatal', 'a point of another source');
  t.same(sent.at(-1)?.readings, [['taken', 'power', 1]]);
});
