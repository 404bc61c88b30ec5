import { test } from 'tap';
import { threadPace } from '../../src/mirror/pace.ts';

const { signal } = new AbortController();

void test('a thread that computes all the time is busy', async (t) => {
  const asked = threadPace.wasBusyFor(20, signal);
  // The timer is due long before.
  for (const startMs = performance.now(); performance.now() - startMs < 100; );
  t.equal(await asked, true);
});

void test('a thread that waits is not', async (t) => {
  // What is still to be done after the start is not waiting.
  await new Promise((resolve) => setImmediate(resolve));
  const startMs = threadPace.nowMs();
  t.equal(await threadPace.wasBusyFor(200, signal), false);
  t.ok(threadPace.nowMs() - startMs >= 199);
});

void test('nobody waits for what is being closed', async (t) => {
  const closing = new AbortController();
  const asked = threadPace.wasBusyFor(60_000, closing.signal);
  closing.abort();
  await t.rejects(asked, { name: 'AbortError' });
});
