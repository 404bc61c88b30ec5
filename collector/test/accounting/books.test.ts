import fc from 'fast-check';
import t from 'tap';
import { ClockBook } from '../../src/accounting/clock-book.ts';
import { IncidentBook } from '../../src/accounting/incident-book.ts';

const T0 = Date.UTC(2026, 2, 1);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const head = (atMs: number, receivedMs = atMs, agentId = 0) => ({ agentId, seq: 1, atMs, receivedMs });

t.test('what happens again within an hour is one incident, and what comes later another', async (t) => {
  const book = new IncidentBook();
  for (const minute of [0, 10, 65, 200]) book.note('gap', 3, head(T0 + minute * MINUTE_MS), Number.NaN, Number.NaN);
  book.note('gap', 3, head(T0, T0, 1), Number.NaN, Number.NaN);
  t.match(book.of(3), [
    { kind: 'gap', agentId: 0, fromMs: T0, toMs: T0 + 65 * MINUTE_MS, count: 3, receivedMs: T0 },
    { kind: 'gap', agentId: 0, fromMs: T0 + 200 * MINUTE_MS, count: 1 },
    { kind: 'gap', agentId: 1, count: 1 },
  ]);
  t.same(book.of(4), []);
});

t.test('a reset keeps the register before and after the last one', async (t) => {
  const book = new IncidentBook();
  book.note('reset', 1, head(T0), 900, 5);
  book.note('reset', 1, head(T0 + MINUTE_MS), 40, 0);
  t.match(book.of(1), [{ count: 2, beforeWh: 40, afterWh: 0 }]);
});

t.test('however much happens, little is kept and nothing goes uncounted', async (t) => {
  const kind = fc.constantFrom('reset', 'gap', 'late', 'conflict');
  const event = fc.record({
    kind,
    minute: fc.integer({ min: 0, max: 100_000 }),
    agentId: fc.integer({ min: 0, max: 1 }),
  });
  const property = fc.property(fc.array(event, { maxLength: 300 }), (events) => {
    const book = new IncidentBook();
    for (const { kind, minute, agentId } of events)
      book.note(kind, 1, head(T0 + minute * MINUTE_MS, T0, agentId), 1, 0);
    const kept = book.of(1);
    const again = new IncidentBook();
    again.load(book.save());
    t.same(again.of(1), kept);
    const total = kept.reduce((sum, { count }) => sum + count, 0);
    return kept.length <= 4 * 16 && total === events.length && kept.every(({ fromMs, toMs }) => fromMs <= toMs);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 50 }));
});

t.test('a clock ahead is noted at once, one behind after some messages at their own pace', async (t) => {
  const book = new ClockBook();
  for (let tick = 0; tick < 4; tick++) book.note(head(T0 + tick * 10_000 + 60_000, T0 + tick * 10_000));
  t.match(book.of(0), [{ kind: 'ahead', fromMs: T0 + 60_000, toMs: T0 + 90_000, worstMs: 60_000, messages: 4 }]);
  for (let tick = 0; tick < 8; tick++) book.note(head(T0 + tick * 10_000, T0 + tick * 10_000 + 45_000, 1));
  t.match(book.of(1), [{ kind: 'behind', fromMs: T0 + 10_000, toMs: T0 + 70_000, worstMs: 45_000, messages: 7 }]);
});

t.test('a backlog is no clock that is behind', async (t) => {
  const book = new ClockBook();
  const tickMs = 10_000;
  for (let tick = 0; tick < 10; tick++) book.note(head(T0 + tick * tickMs));
  // An hour away; then all of it comes at five messages a second, and afterwards everything in time.
  for (let tick = 10; tick < 366; tick++) book.note(head(T0 + tick * tickMs, T0 + HOUR_MS + (tick - 10) * 200));
  for (let tick = 368; tick < 400; tick++) book.note(head(T0 + tick * tickMs, T0 + tick * tickMs + 80));
  t.same(book.of(0), []);
});

t.test(
  'a message of a tick that has several says no more; a clock set back by more than an hour starts anew',
  async (t) => {
    const book = new ClockBook();
    for (let message = 0; message < 20; message++) book.note(head(T0, T0 + 45_000 + message));
    t.same(book.of(0), []);
    for (let tick = 0; tick < 8; tick++) {
      const receivedMs = T0 + 2 * HOUR_MS + tick * 10_000;
      book.note(head(receivedMs - 3 * HOUR_MS, receivedMs));
    }
    t.match(book.of(0), [{ kind: 'behind', worstMs: 3 * HOUR_MS }]);
  },
);

t.test('spans in which a clock was wrong survive a snapshot, and are bounded', async (t) => {
  const book = new ClockBook();
  for (let day = 0; day < 100; day++) {
    const receivedMs = T0 + day * 24 * HOUR_MS;
    book.note(head(receivedMs + 400_000, receivedMs, 2));
  }
  t.equal(book.of(2).length, 32);
  t.equal(book.of(2).at(-1)?.receivedMs, T0 + 99 * 24 * HOUR_MS);
  const again = new ClockBook();
  again.load(structuredClone(book.save()));
  t.same(again.of(2), book.of(2));
  t.same(again.of(0), []);
  for (const either of [book, again]) either.note(head(T0 + 99 * 24 * HOUR_MS + 500_000, T0 + 99 * 24 * HOUR_MS, 2));
  t.same(again.of(2), book.of(2));
});

t.test('ten seconds are no clock that is wrong, a millisecond more is', async (t) => {
  const book = new ClockBook();
  book.note(head(T0 + 10_000, T0));
  book.note(head(T0 + 10_001, T0, 1));
  t.same([book.of(0), book.of(1).length, book.of(1)[0]?.worstMs], [[], 1, 10_001]);
  for (let tick = 0; tick < 8; tick++) {
    book.note(head(T0 + tick * 10_000, T0 + tick * 10_000 + 10_000, 2));
    book.note(head(T0 + tick * 10_000, T0 + tick * 10_000 + 10_001, 3));
  }
  t.same([book.of(2).length, book.of(3).length], [0, 1]);
});

t.test('five messages in a row must lag at no more than twice their pace, behind the first', async (t) => {
  const behind = (messages: number, paceMs: number, inTime = -1): unknown[] => {
    const book = new ClockBook();
    for (let tick = 0; tick < messages; tick++) {
      const receivedMs = tick === inTime ? T0 + tick * 10_000 : T0 + 90_000 + tick * paceMs;
      book.note(head(T0 + tick * 10_000, receivedMs));
    }
    return book.of(0).map(({ fromMs, toMs, messages: count }) => [(fromMs - T0) / 10_000, (toMs - T0) / 10_000, count]);
  };
  t.same(behind(5, 5_000), []);
  t.same(behind(6, 5_000), [[1, 5, 5]]);
  t.same(behind(7, 5_000), [[1, 6, 6]]);
  t.same(behind(8, 4_999), [], 'a backlog that comes faster than that');
  t.same(behind(9, 5_000, 4), [], 'one in time between them');
  t.same(behind(11, 5_000, 4), [[5, 10, 6]], 'from the one after it on');
});

t.test('the same time again within an hour is the same tick, and later another', async (t) => {
  const spans = (everyMs: number): number => {
    const book = new ClockBook();
    for (let message = 1; message <= 6; message++) book.note(head(T0, T0 + message * everyMs));
    return book.of(0).length;
  };
  t.same([spans(HOUR_MS), spans(HOUR_MS - 1)], [1, 0]);
});

t.test('what is wrong again within an hour is one span with the worst of it', async (t) => {
  const book = new ClockBook();
  const ahead = (receivedMs: number, aheadMs: number): void => book.note(head(receivedMs + aheadMs, receivedMs));
  ahead(T0, 30_000);
  ahead(T0 + HOUR_MS, 20_000);
  t.match(book.of(0), [{ worstMs: 30_000, messages: 2, receivedMs: T0, lastReceivedMs: T0 + HOUR_MS }]);
  ahead(T0 + 2 * HOUR_MS + 1, 40_000);
  t.match(book.of(0), [{ messages: 2 }, { fromMs: T0 + 2 * HOUR_MS + 40_001, worstMs: 40_000, messages: 1 }]);
  ahead(T0 + 2 * HOUR_MS + 2, 15_000);
  t.match(book.of(0).at(-1), { fromMs: T0 + 2 * HOUR_MS + 15_002, toMs: T0 + 2 * HOUR_MS + 40_001, messages: 2 });
});

t.test('readings an hour apart are one incident, whichever came first, and later ones another', async (t) => {
  const book = new IncidentBook();
  const note = (ms: number, kind: 'gap' | 'late' = 'gap'): void => book.note(kind, 1, head(T0 + ms, T0 + ms + 5), 1, 2);
  note(0);
  note(HOUR_MS);
  note(0);
  note(1, 'late');
  t.match(book.of(1), [
    { kind: 'gap', fromMs: T0, toMs: T0 + HOUR_MS, count: 3, receivedMs: T0 + 5 },
    { kind: 'late', count: 1 },
  ]);
  note(2 * HOUR_MS + 1);
  t.match(book.of(1).at(-1), { kind: 'gap', fromMs: T0 + 2 * HOUR_MS + 1, count: 1 });
  note(3 * HOUR_MS + 2, 'late');
  t.match(book.of(1), [{ count: 3 }, { kind: 'late', count: 1 }, { count: 1 }, { kind: 'late', count: 1 }]);
});

t.test('each agent’s incidents are its own', async (t) => {
  const book = new IncidentBook();
  for (const agentId of [0, 1, 0]) book.note('late', 1, head(T0 + agentId, T0, agentId), 1, 2);
  t.match(book.of(1), [
    { agentId: 0, count: 2 },
    { agentId: 1, count: 1 },
  ]);
});

t.test('of more than sixteen incidents of a kind the two oldest become one', async (t) => {
  const book = new IncidentBook();
  book.note('reset', 1, head(T0), 9, 0);
  for (let index = 0; index < 16; index++) book.note('gap', 1, head(T0 + 2 * index * HOUR_MS), 1, 2);
  t.equal(book.of(1).length, 17);
  book.note('gap', 1, head(T0 + 40 * HOUR_MS), 1, 2);
  t.equal(book.of(1).length, 17);
  t.match(book.of(1).slice(0, 3), [
    { kind: 'reset', count: 1 },
    { kind: 'gap', fromMs: T0, toMs: T0 + 2 * HOUR_MS, count: 2, receivedMs: T0 },
    { kind: 'gap', fromMs: T0 + 4 * HOUR_MS, count: 1 },
  ]);
  t.equal(book.of(1).at(-1)?.fromMs, T0 + 40 * HOUR_MS);
});
