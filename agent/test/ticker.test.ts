import t from 'tap';
import { ticks } from '../src/ticker.ts';
import { FakeClock } from './support/fake-clock.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 1, 12, 0, 3);

interface Seen {
  readonly at: number;
  readonly monotonicMs: number;
}

/** What was passed over in the test that runs. */
let skipped: number[] = [];
t.beforeEach(() => {
  skipped = [];
});

function follow(test: { teardown(fn: () => Promise<void>): void }, clock: FakeClock, ...intervalsMs: number[]): Seen[] {
  const stop = new AbortController();
  const seen: Seen[] = [];
  const following = (async () => {
    for await (const at of ticks(
      () => intervalsMs,
      clock,
      stop.signal,
      (at) => skipped.push(at),
    ))
      seen.push({ at, monotonicMs: clock.monotonicMs() });
  })();
  test.teardown(async () => {
    stop.abort();
    await following;
  });
  return seen;
}

t.test('ticks are multiples of the interval since the epoch, and at their time', async (t) => {
  const clock = new FakeClock(START_MS);
  const seen = follow(t, clock, 10_000);
  await clock.pass(60_000);
  t.same(
    seen.map(({ at }) => at - START_MS),
    [7_000, 17_000, 27_000, 37_000, 47_000, 57_000],
  );
  for (const { at, monotonicMs } of seen) t.equal(monotonicMs - 1_000, at - START_MS);
});

t.test('several intervals share one row of ticks', async (t) => {
  const clock = new FakeClock(START_MS);
  const seen = follow(t, clock, 10_000, 4_000);
  await clock.pass(20_000);
  t.same(
    seen.map(({ at }) => (at / 1000) % 60),
    [4, 8, 10, 12, 16, 20],
  );
});

for (const [what, jumpMs] of [
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
] as const) {
  t.test(`a clock set ${what} by an hour causes neither a burst nor silence`, async (t) => {
    const clock = new FakeClock(START_MS);
    const seen = follow(t, clock, 10_000);
    await clock.pass(60_000);
    const before = seen.length;
    clock.jump(jumpMs);
    await clock.pass(60_000);
    const after = seen.slice(before);
    t.ok(after.length >= 5 && after.length <= 6, `${after.length} ticks in the minute after`);
    for (const { at } of after) t.equal(at % 10_000, 0);
    for (const { at } of after) t.ok(Math.abs(at - (START_MS + 90_000 + jumpMs)) <= 35_000, 'in the new time');
    const pausesMs = seen.slice(1).map((tick, i) => tick.monotonicMs - (seen[i]?.monotonicMs ?? 0));
    t.ok(Math.max(...pausesMs) < 20_000, `longest pause ${Math.max(...pausesMs)} ms`);
  });
}

t.test('a jump is noticed within an interval of an hour, not after it', async (t) => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1, 12, 30));
  const seen = follow(t, clock, HOUR_MS);
  await clock.pass(60_000);
  clock.jump(28 * 60_000);
  await clock.pass(120_000);
  t.same(
    seen.map(({ at }) => at),
    [Date.UTC(2026, 0, 1, 13)],
  );
});

t.test('a clock stepped back by milliseconds does not repeat a tick', async (t) => {
  const clock = new FakeClock(START_MS);
  const seen = follow(t, clock, 10_000);
  await clock.pass(7_002);
  clock.jump(-5);
  await clock.pass(10_010);
  t.same(
    seen.map(({ at }) => at - START_MS),
    [7_000, 17_000],
  );
});

t.test('a tick that is passed over, as in a suspended machine, is left out', async (t) => {
  const clock = new FakeClock(START_MS);
  const seen = follow(t, clock, 10_000);
  await clock.pass(6_000);
  clock.jump(5_000);
  await clock.pass(10_000);
  t.same(
    seen.map(({ at }) => at - START_MS),
    [17_000],
  );
  t.same(
    skipped.map((at) => at - START_MS),
    [7_000],
  );
});
