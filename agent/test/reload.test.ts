import t, { type Test } from 'tap';
import * as v from 'valibot';
import { Agent } from '../src/agent.ts';
import type { AgentConfig, ConfiguredSource } from '../src/config.ts';
import { SourceError } from '../src/source.ts';
import { Spool } from '../src/spool.ts';
import type { TickMessage } from '../src/tick-message.ts';
import { FakeClock } from './support/fake-clock.ts';
import { fakeSource, powerOf } from './support/fake-source.ts';
import { recordingLog, silent } from './support/log.ts';
import { scratch } from './support/scratch.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** An agent on a clock of its own, whose broker is not there: everything stays in the spool. */
async function begin(t: Test, sources: readonly ConfiguredSource[]) {
  const clock = new FakeClock(START_MS);
  const directory = scratch(t);
  const { log, entries } = recordingLog();
  const base: AgentConfig = {
    agent: 'a',
    site: 's',
    group: 'default',
    broker: { url: 'mqtt://127.0.0.1:1' },
    spool: { directory, maxBytes: 16 * 1_048_576, maxAgeMs: 86_400_000 },
    logLevel: 'silent',
    directory,
    sources,
  };
  const agent = await Agent.open({ config: base, clock, random: () => 0.5, software: 'test/0', log });
  const stop = new AbortController();
  const running = agent.run(stop.signal);
  const reload = (changed: readonly ConfiguredSource[], more: Partial<AgentConfig> = {}) =>
    agent.reload({ ...base, ...more, sources: changed });
  /** Ends the agent and returns what it had to say. */
  const end = async (): Promise<TickMessage[]> => {
    stop.abort();
    await clock.pass(0);
    await running;
    const spool = await Spool.open({ ...base.spool, now: () => clock.now(), log: silent });
    const messages: TickMessage[] = [];
    for await (const { payload } of spool.messagesFrom(1)) messages.push(JSON.parse(payload.toString()) as TickMessage);
    await spool.close();
    return messages;
  };
  return { clock, agent, reload, end, entries };
}

const ticksOf = (messages: readonly TickMessage[], point: string): number[] =>
  messages.filter(({ readings }) => readings.some(([name]) => name === point)).map(({ at }) => (at - START_MS) / 1000);

t.test(
  'another configuration: what has not changed loses no tick, what is gone is closed, what is new is read',
  async (t) => {
    const closed: string[] = [];
    const source = (point: string, valueW: number, intervalMs = 10_000) => {
      const fake = fakeSource(point, async () => powerOf(point, valueW), {
        intervalMs,
        close: () => void closed.push(point),
      });
      return { ...fake, settings: { host: point } };
    };
    const kept = source('kept', 1);
    const moved = source('moved', 2);
    const { clock, agent, reload, end } = await begin(t, [source('gone', 3), kept, moved]);
    await clock.pass(25_000);
    const changed = source('moved', 4, 5_000);
    const reloaded = await reload([changed, source('new', 5), { ...kept, label: 'sources[2]' }]);
    t.same(reloaded, { kept: 1, opened: 2, closed: 2, needRestart: [] });
    t.same(closed.sort(), ['gone', 'moved'], 'and closed is what is not read any more');
    await clock.pass(20_000);
    const messages = await end();
    t.same(ticksOf(messages, 'kept'), [10, 20, 30, 40]);
    t.same(ticksOf(messages, 'gone'), [10, 20]);
    t.same(ticksOf(messages, 'new'), [30, 40]);
    t.same(ticksOf(messages, 'moved'), [10, 20, 30, 35, 40, 45], 'at its new interval');
    t.match(messages.at(-1)?.readings, [['moved', 'power', 4]]);
    t.ok(agent.publisher.stats.connections === 0);
  },
);

t.test('a tick under way is brought to its end before the source is closed', async (t) => {
  let answer = (): void => {};
  let closedBeforeAnswer = false;
  let answered = false;
  const slow = fakeSource(
    'slow',
    () =>
      new Promise((resolve) => {
        answer = () => {
          answered = true;
          resolve(powerOf('slow', 1));
        };
      }),
    {
      close: () => {
        closedBeforeAnswer = !answered;
      },
    },
  );
  const { clock, reload, end } = await begin(t, [slow]);
  await clock.pass(10_000);
  const reloading = reload([fakeSource('other', async () => powerOf('other', 2))]);
  answer();
  await reloading;
  t.equal(closedBeforeAnswer, false);
  t.same(ticksOf(await end(), 'slow'), [10]);
});

t.test('a source that does not close holds up nobody for long', async (t) => {
  const hanging = fakeSource('a', async () => powerOf('a', 1), { close: () => new Promise(() => {}) });
  const { clock, end } = await begin(t, [hanging]);
  await clock.pass(10_000);
  const said: TickMessage[][] = [];
  void end().then((messages) => said.push(messages));
  while (said.length === 0) await clock.pass(1_000);
  t.same(ticksOf(said.flat(), 'a'), [10]);
});

t.test('a source that was given up is tried again, and says what needs a restart', async (t) => {
  let opened = 0;
  const broken = fakeSource('p', async () => powerOf('p', 1), {
    open: async () => {
      if (opened++ === 0) throw new SourceError('fatal', 'there is no such profile');
    },
  });
  const { clock, reload, end } = await begin(t, [broken]);
  await clock.pass(10_000);
  const { kept, needRestart } = await reload([broken], { site: 'elsewhere' });
  t.same([kept, needRestart], [0, ['site']]);
  await clock.pass(10_000);
  t.same(ticksOf(await end(), 'p'), [20]);
});

t.test('two points of one name, only after the change: the second is given up, the first goes on', async (t) => {
  const { clock, reload, end, entries } = await begin(t, [fakeSource('p', async () => powerOf('p', 1))]);
  await clock.pass(10_000);
  const twin = { ...fakeSource('p', async () => powerOf('p', 2)), settings: { host: 'twin' } };
  await reload([fakeSource('p', async () => powerOf('p', 3)), twin]);
  await clock.pass(10_000);
  const last = (await end()).at(-1);
  t.equal(last?.readings.length, 1);
  t.match(
    entries.find(({ reason }) => reason?.includes('is read by')),
    { reason: /the point p is read by fake/ },
  );
});

t.test('a source that is still being opened when it is taken away is closed, and its points are free', async (t) => {
  let openedLate = (): void => {};
  let closed = 0;
  const late = fakeSource('p', async () => powerOf('p', 1), {
    open: () =>
      new Promise((resolve) => {
        openedLate = resolve;
      }),
    close: () => void closed++,
  });
  const { clock, reload, end } = await begin(t, [late]);
  await clock.pass(0);
  const reloading = reload([{ ...fakeSource('p', async () => powerOf('p', 2)), settings: { host: 'new' } }]);
  openedLate();
  await reloading;
  t.equal(closed, 1, 'or its connection would stay');
  await clock.pass(10_000);
  t.match((await end()).at(-1)?.readings, [['p', 'power', 2]]);
});

t.test('what a source learns of its points after it was taken away keeps them from nobody', async (t) => {
  let answer = (): void => {};
  const points = [{ point: 'p', channels: ['power' as const], source: 'fake' }];
  const learning: ConfiguredSource = {
    ...fakeSource('p', async () => powerOf('p', 1)),
    module: {
      schema: v.strictObject({}),
      open: async () => ({
        points: [],
        async read() {
          await new Promise<void>((resolve) => {
            answer = resolve;
          });
          Object.assign(this, { points });
          return powerOf('p', 1);
        },
        close: async () => {},
      }),
    },
  };
  const { clock, reload, end } = await begin(t, [learning]);
  await clock.pass(10_000);
  const reloading = reload([fakeSource('p', async () => powerOf('p', 2))]);
  answer();
  await reloading;
  await clock.pass(10_000);
  t.match((await end()).at(-1)?.readings, [['p', 'power', 2]]);
});
