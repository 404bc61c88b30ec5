import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { Accounting } from '../../src/accounting/accounting.ts';
import type { Adjustments, EnteredReading } from '../../src/accounting/adjustments.ts';
import { Bucket } from '../../src/accounting/bucket.ts';
import { isEmpty, MINUTE_MS, type PointInterval, type Span } from '../../src/accounting/interval.ts';
import { reachOf } from '../../src/corrections/reach.ts';
import { Catalogue } from '../../src/evidence/catalogue.ts';
import { type MessageHead, newColumns, type ReadingColumns } from '../../src/evidence/record.ts';
import { MinuteSet } from '../../src/restatement/minute-set.ts';
import { Refold } from '../../src/restatement/refold.ts';

const START = Date.UTC(2026, 0, 1);

/** Seconds since START. */
const at = (seconds: number): number => START + seconds * 1000;

const channels = ['energy', 'power', 'energy-export'] as const;
type Values = Partial<Record<(typeof channels)[number], number>>;

/** What an agent says of the points 0, 1 and 2, in the order of the log. */
interface Message {
  readonly seconds: number;
  readonly points: readonly (Values | null)[];
  readonly agentId?: number;
  /** 0 for a publisher that does not number its messages. */
  readonly seq?: number;
}

const POINTS = [0, 1, 2];

function catalogueOfThree(): Catalogue {
  const catalogue = new Catalogue();
  catalogue.addSite({ group: 'default', site: 'dc-1' });
  for (const agent of ['a', 'b']) catalogue.addAgent(agent, 0);
  for (const point of ['one', 'two', 'three']) catalogue.addPoint({ siteId: 0, point });
  for (const agentId of [0, 1])
    for (const pointId of POINTS) for (const channel of channels) catalogue.addSlot({ agentId, pointId, channel });
  return catalogue;
}

function recordOf(
  catalogue: Catalogue,
  { seconds, points, agentId = 0, seq = 1 }: Message,
  receivedMs: number,
): [MessageHead, ReadingColumns] {
  const columns = newColumns(9);
  for (const [pointId, values] of points.entries()) {
    for (const channel of channels) {
      const value = values?.[channel];
      if (value === undefined) continue;
      columns.slots[columns.count] = catalogue.slotId(agentId, pointId, channel) as number;
      columns.values[columns.count++] = value;
    }
  }
  return [{ agentId, seq, atMs: at(seconds), receivedMs }, columns];
}

/** When each message was received: late ones with those that came before them. */
function receivedOf(messages: readonly Message[]): number[] {
  let latest = 0;
  return messages.map(({ seconds }) => at((latest = Math.max(latest, seconds))));
}

const none: Adjustments = { voids: [], factors: [], entered: [] };

type Known = Map<string, PointInterval>;

/** Puts rows over those of the same minute. */
function overlay(known: Known, rows: Iterable<PointInterval>): void {
  for (const row of rows) known.set(`${row.pointId} ${(row.startMs - START) / MINUTE_MS}`, row);
}

const told = (known: Known): [string, PointInterval][] =>
  [...known].filter(([, row]) => !isEmpty(row)).sort(([a], [b]) => (a < b ? -1 : 1));

/** The minutes that the readings give the first time; register values are entered as they come, void readings never came. */
function accounted(messages: readonly Message[], adjustments: Adjustments, closedMs: number): Known {
  const catalogue = catalogueOfThree();
  const accounting = new Accounting(catalogue);
  for (const pointId of POINTS) accounting.describe(pointId, 20_000, null);
  accounting.adjusted.set(0, adjustments);
  const received = receivedOf(messages);
  const known: Known = new Map();
  const entered = [...adjustments.entered];
  const enterUntil = (ms: number, powerW: number | undefined): void => {
    while (entered[0] !== undefined && entered[0].atMs <= ms)
      accounting.enter(0, entered.shift() as EnteredReading, powerW === undefined ? null : { atMs: ms, powerW });
  };
  for (const [index, message] of messages.entries()) {
    const ofPoint = message.points[0] ?? null;
    if (ofPoint !== null && !accounting.adjusted.isVoided(0, at(message.seconds)))
      enterUntil(at(message.seconds), ofPoint.power);
    accounting.apply(...recordOf(catalogue, message, received[index] as number));
    overlay(known, accounting.take().points);
  }
  enterUntil(closedMs, undefined);
  overlay(known, accounting.close(closedMs).points);
  return known;
}

const instrument = { intervalMs: 20_000, modulusWh: null, quantity: 'energy', owner: null } as const;

interface Refolded {
  readonly rows: readonly PointInterval[];
  readonly refold: Refold;
  /** Messages read until nothing could change any more. */
  readonly read: number;
}

/** What is accounted again, as the log is read for it. */
function refolded(
  messages: readonly Message[],
  adjustments: Adjustments,
  span: Span,
  closedMs: number,
  others: readonly number[] = [],
): Refolded {
  const catalogue = catalogueOfThree();
  const points = [0, ...others].map((pointId) => ({
    ...instrument,
    pointId,
    adjustments: pointId === 0 ? adjustments : none,
  }));
  const refold = new Refold(catalogue, { points, span, closedMs, register: null });
  const received = receivedOf(messages);
  const rows: PointInterval[] = [];
  let read = 0;
  for (const [index, message] of messages.entries()) {
    refold.readings(...recordOf(catalogue, message, received[index] as number));
    refold.advance();
    read = index + 1;
    if (refold.isSettled) break;
  }
  refold.end();
  for (const _ of refold.takeBack([])) rows.push(...refold.take().flatMap((portion) => [...portion]));
  rows.push(...refold.finish().flatMap((portion) => [...portion]));
  return { rows, refold, read };
}

/** Readings every 20 s, with a silence, in which one that is not numbered may come late. */
const someMessages = fc
  .record({
    kinds: fc.subarray([...channels], { minLength: 1 }),
    count: fc.integer({ min: 20, max: 60 }),
    silence: fc.tuple(fc.nat(40), fc.nat(15)),
    late: fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 20 })), { maxLength: 5 }),
    isNumbered: fc.boolean(),
  })
  .map(({ kinds, count, silence: [from, length], late, isNumbered }): Message[] => {
    const valueOf = {
      power: (i: number) => 3_000 + 100 * (i % 7),
      energy: (i: number) => 500 + i * 20 + (i % 3),
      'energy-export': (i: number) => 90 + i,
    };
    const messages = Array.from({ length: count }, (_, i): Message => {
      const values = Object.fromEntries(kinds.map((kind) => [kind, valueOf[kind](i)]));
      return { seconds: i * 20, points: [values, { power: 100 }], seq: isNumbered ? i + 1 : 0 };
    }).filter((_, i) => i < from || i >= from + length);
    if (isNumbered) return messages;
    for (const [index, places] of late) {
      const [moved] = messages.splice(index, 1);
      if (moved !== undefined) messages.splice(index + places, 0, moved);
    }
    return messages;
  });

const someVoid = fc
  .tuple(fc.nat(1_000), fc.integer({ min: 1, max: 300 }))
  .map(([from, length]): Adjustments => ({ ...none, voids: [{ fromMs: at(from), toMs: at(from + length) }] }));

const someFactor = fc.tuple(fc.nat(16), fc.integer({ min: 1, max: 4 })).map(([from, length]): Adjustments => {
  const span = { fromMs: at(60 * from), toMs: at(60 * (from + length)) };
  return { ...none, factors: [{ ...span, factor: -2 }] };
});

const closedMs = at(1_830);

/** A register without numbers, whose first reading comes after one that is void. */
const firstComesLate: [Message[], Adjustments] = [
  [60, 40, 80, 100, 120, 140, 160, 180, 200].map((seconds) => ({
    seconds,
    seq: 0,
    points: [{ energy: 500 + seconds + (seconds === 60 ? 15 : 0) }],
  })),
  { ...none, voids: [{ fromMs: at(60), toMs: at(61) }] },
];

t.test('what is accounted again comes to what the corrected readings give', async () => {
  fc.assert(
    fc.property(someMessages, fc.oneof(someVoid, someFactor), (messages, adjustments) => {
      const [span] = [...adjustments.voids, ...adjustments.factors];
      const known = accounted(messages, none, closedMs);
      overlay(known, refolded(messages, adjustments, span as Span, closedMs).rows);
      assert.deepEqual(told(known), told(accounted(messages, adjustments, closedMs)));
    }),
    { numRuns: 300, examples: [firstComesLate] },
  );
});

const someEntered = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.constantFrom('register' as const, 'export' as const)), {
    selector: ([place]) => place,
    minLength: 1,
    maxLength: 4,
  })
  .map((entered) =>
    entered
      .toSorted(([a], [b]) => a - b)
      .map(([place, use]): EnteredReading => ({ atMs: at(10 * place), use, value: 900 + 10 * place, nextFirst: null })),
  );

/** Numbered, because what is entered ends a history of readings in any order; and some without a sample. */
const someNumbered = someMessages.map((messages) =>
  messages
    .toSorted((a, b) => a.seconds - b.seconds)
    .map(({ seconds, points: [values = null, ...others] }): Message => {
      const { power: _, ...registers } = values ?? {};
      const isSampled = Object.keys(registers).length === 0 || seconds % 80 > 0;
      return { seconds, points: [isSampled ? values : registers, ...others] };
    }),
);

const registerAt = (seconds: number): EnteredReading => ({
  atMs: at(seconds),
  use: 'register',
  value: 900 + seconds,
  nextFirst: null,
});

/** The only reading after a value is void. */
const waitsForNone: [Message[], EnteredReading[], Adjustments, number] = [
  Array.from({ length: 51 }, (_, i) => ({ seconds: 20 * i, points: [{ power: 3_000 + 100 * (i % 7) }] })),
  [registerAt(10), registerAt(990)],
  { ...none, voids: [{ fromMs: at(991), toMs: at(1_001) }] },
  0,
];

/** What follows a value is no sample of its point: there is one of another point, or there was one in the last message. */
const besideOthers: [Message[], EnteredReading[], Adjustments, number] = [
  [
    ...[0, 20, 40, 60].map((seconds): Message => ({ seconds, points: [{ energy: 500, power: 3_600 }] })),
    { seconds: 80, points: [{ 'energy-export': 5 }] },
    ...[100, 120, 140].map((seconds): Message => ({ seconds, points: [{ power: 3_600 }] })),
    { seconds: 160, points: [{ 'energy-export': 6 }, { power: 100 }] },
    ...[180, 200, 220].map((seconds): Message => ({ seconds, points: [{ power: 3_600 }] })),
  ],
  [registerAt(70), registerAt(150)],
  { ...none, voids: [{ fromMs: at(60), toMs: at(61) }] },
  30,
];

t.test('so it does with register values that were entered, beside void readings', async () => {
  fc.assert(
    fc.property(someNumbered, someEntered, someVoid, fc.nat(90), (messages, entered, { voids }, moreS) => {
      const before: Adjustments = { ...none, entered };
      const after: Adjustments = { ...before, voids };
      const endMs = at((messages.at(-1)?.seconds ?? 0) + moreS);
      const known = accounted(messages, before, endMs);
      const span = reachOf(voids[0] as Span, after);
      overlay(known, refolded(messages, after, span, endMs, [1]).rows);
      assert.deepEqual(told(known), told(accounted(messages, after, endMs)));
    }),
    { numRuns: 300, examples: [waitsForNone, besideOthers] },
  );
});

/** A sample of the point 0 every 20 s from one second to another. */
const samples = (from: number, to: number, more: Partial<Message> = {}): Message[] =>
  Array.from({ length: (to - from) / 20 + 1 }, (_, i) => ({
    seconds: from + i * 20,
    points: [{ power: 3_600 }, { power: 100 }],
    ...more,
  }));

const minutesOf = (rows: readonly PointInterval[]): number[] =>
  rows.map(({ startMs }) => (startMs - START) / MINUTE_MS).sort((a, b) => a - b);

const voidBetween = (from: number, to: number): Adjustments => ({
  ...none,
  voids: [{ fromMs: at(from), toMs: at(to) }],
});

t.test(
  'minutes are restated from the last reading before to the first one after, and the log is read no further',
  async (t) => {
    const adjustments = voidBetween(300, 420);
    const span = adjustments.voids[0] as Span;
    // The reading of second 280 is the last one before; that of 420 the first after, and that of 480 past its minute.
    const { rows, refold, read } = refolded(samples(0, 1_200), adjustments, span, closedMs);
    t.same(minutesOf(rows), [4, 5, 6, 7]);
    t.equal(read, 1 + 480 / 20);
    t.same(refold.accounts(), [{ pointId: 0, state: null }]);
    t.equal(rows.find(({ startMs }) => startMs === at(360))?.measuredMs, 0, 'empty');
    const toReading = voidBetween(300, 460);
    t.same(minutesOf(refolded(samples(0, 1_200), toReading, toReading.voids[0] as Span, closedMs).rows), [4, 5, 6, 7]);
    const late = refolded(samples(0, 4_800, { seq: 0 }), adjustments, span, at(4_830));
    t.same(minutesOf(late.rows), [4, 5, 6, 7]);
    t.equal(late.read, 1 + (480 + 3_600) / 20, 'an hour more, in which readings without a number may come');
  },
);

t.test('an account that the span still matters to is handed over', async (t) => {
  const adjustments = voidBetween(300, 420);
  const accounting = new Accounting(catalogueOfThree());
  for (const [end, state] of [
    [460, true],
    [480, false],
  ] as const) {
    const { refold } = refolded(samples(0, end), adjustments, adjustments.voids[0] as Span, at(end));
    t.equal(refold.isSettled, !state);
    const [account] = refold.accounts();
    t.equal(account?.state !== null, state);
    if (account?.state != null) accounting.replace(0, account.state);
  }
  t.equal(accounting.account(0).sampleAtMs, at(460));
  t.equal(refolded([], none, { fromMs: START, toMs: at(60) }, closedMs).rows.length, 0, 'nothing was told');
});

t.test('a point is not past a span while a channel of it is before its end', async (t) => {
  const adjustments = voidBetween(300, 420);
  // The register is read once in 200 s, and then no sample taken.
  const messages = samples(0, 1_200).map((message): Message => {
    const values = message.seconds % 200 === 80 ? { energy: 500 + message.seconds } : { power: 3_600 };
    return { ...message, points: [values] };
  });
  const { rows, read } = refolded(messages, adjustments, adjustments.voids[0] as Span, closedMs);
  t.same(minutesOf(rows), [4, 5, 6, 7, 8]);
  t.equal(read, 1 + 680 / 20, 'to the first register after the minute of the first one after');
});

t.test('minutes that wait no longer for a slow register stay as they are', async (t) => {
  const messages = samples(0, 3_600).map(
    (message): Message => ({ ...message, points: [{ power: 3_600, energy: 500 }] }),
  );
  const adjustments = voidBetween(2_700, 2_760);
  const { rows } = refolded(messages, adjustments, adjustments.voids[0] as Span, closedMs * 2);
  t.same(
    rows.filter((row) => isEmpty(row)).map(({ startMs }) => startMs),
    [at(2_700)],
  );
  t.equal(minutesOf(rows)[0], 44 - 15);
  const known = accounted(messages, none, at(3_600));
  overlay(known, rows);
  t.same(told(known), told(accounted(messages, adjustments, at(3_600))));
});

t.test('what was entered is accounted though no reading follows', async (t) => {
  const adjustments = { ...none, entered: [60, 300, 600].map(registerAt) };
  const span = reachOf({ fromMs: at(600), toMs: at(600) + 1 }, adjustments);
  const { rows } = refolded([], adjustments, span, closedMs);
  t.same(minutesOf(rows), [5, 6, 7, 8, 9, 10]);
  t.equal(
    rows.reduce((sum, { energyWh }) => sum + energyWh, 0),
    300,
  );
  const [unknown] = refolded(
    samples(0, 600),
    { ...none, entered: [registerAt(610)] },
    { fromMs: at(610), toMs: at(610) + 1 },
    at(660),
  ).rows;
  t.same([unknown?.startMs, unknown?.measuredMs], [at(600), 0], 'the last sample says nothing of later time');
  const both = { ...none, entered: [registerAt(40), registerAt(100)] };
  const carried = refolded(samples(0, 600), both, reachOf({ fromMs: at(100), toMs: at(100) + 1 }, both), closedMs);
  t.equal(minutesOf(carried.rows)[0], 0, 'since the value before');
  const three = { ...none, entered: [registerAt(40), registerAt(130), registerAt(240)] };
  const last = refolded(samples(0, 600), three, reachOf({ fromMs: at(240), toMs: at(240) + 1 }, three), closedMs);
  t.equal(minutesOf(last.rows)[0], 2, 'and not since the one before that');
});

t.test('what was told up to the end of void readings is taken back, and no minute that is under way', async (t) => {
  const adjustments: Adjustments = { ...none, voids: [{ fromMs: at(300), toMs: Number.POSITIVE_INFINITY }] };
  const span = adjustments.voids[0] as Span;
  t.same(minutesOf(refolded(samples(0, 620), adjustments, span, closedMs).rows), [4, 5, 6, 7, 8, 9, 10]);
  t.same(minutesOf(refolded(samples(0, 620), adjustments, span, at(570)).rows), [4, 5, 6, 7, 8]);
  const finite = voidBetween(300, 900);
  t.same(
    minutesOf(refolded(samples(0, 620), finite, finite.voids[0] as Span, closedMs).rows),
    [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    'a register may have told of all of the span',
  );
  const days = { ...none, voids: [{ fromMs: at(300), toMs: at(3 * 86_400) }] };
  const long = refolded(
    [...samples(0, 620), ...samples(2 * 86_400, 2 * 86_400 + 40)],
    days,
    days.voids[0] as Span,
    at(4 * 86_400),
  );
  t.equal(long.rows.length, 3 * 1_440 - 4);
  t.equal(new Set(minutesOf(long.rows)).size, long.rows.length);
});

t.test('gauges tell nothing of energy, and end no span', async (t) => {
  const catalogue = catalogueOfThree();
  const slot = catalogue.addSlot({ agentId: 0, pointId: 0, channel: 'voltage' });
  const span = { fromMs: at(60), toMs: at(120) };
  const point = { ...instrument, pointId: 0, adjustments: none };
  const refold = new Refold(catalogue, { points: [point], span, closedMs, register: null });
  for (let seconds = 0; seconds <= 240; seconds += 20) {
    const columns = newColumns(1);
    columns.count = 1;
    columns.slots[0] = slot;
    refold.readings({ agentId: 0, seq: 1, atMs: at(seconds), receivedMs: at(seconds) }, columns);
  }
  t.equal(refold.isSettled, false);
  for (const message of samples(260, 400)) refold.readings(...recordOf(catalogue, message, at(message.seconds)));
  t.equal(refold.isSettled, true);
});

t.test('of two agents the one whose readings counted counts again, until it is silent', async (t) => {
  const catalogue = catalogueOfThree();
  const span = { fromMs: at(300), toMs: at(360) };
  const owner = { agentId: 0, seenMs: at(0) };
  const point = { ...instrument, pointId: 0, owner, adjustments: none };
  const refold = new Refold(catalogue, { points: [point], span, closedMs, register: null });
  const other = (message: Message): Message => ({ ...message, agentId: 1, points: [{ power: 7_200 }] });
  const messages = samples(20, 460).flatMap((message) => [other(message), ...(message.seconds > 330 ? [] : [message])]);
  for (const message of messages) refold.readings(...recordOf(catalogue, message, at(message.seconds)));
  refold.end();
  const rows = refold.finish().flatMap((portion) => [...portion]);
  t.same(
    rows.map(({ startMs, maxW }) => [(startMs - START) / MINUTE_MS, maxW]),
    [
      [4, 3_600],
      [5, 3_600],
      [6, 7_200],
    ],
  );
});

t.test('an imported minute counts where it lies in the span, or in what agents told of it', async (t) => {
  const adjustments: Adjustments = {
    ...none,
    voids: [{ fromMs: at(300), toMs: at(420) }],
    factors: [{ fromMs: at(360), toMs: at(420), factor: 3 }],
  };
  const span = adjustments.voids[0] as Span;
  const take = (from: Span, messages: readonly Message[]): number[] => {
    const { refold } = refolded(messages, adjustments, from, closedMs);
    for (let minute = 0; minute < 12; minute++) {
      const bucket = new Bucket(at(60 * minute));
      Object.assign(bucket, { energyWh: 10, measuredMs: MINUTE_MS });
      for (const pointId of [0, 1]) refold.imported(pointId, bucket);
    }
    const rows = refold.finish().flatMap((portion) => [...portion]);
    t.ok(rows.every(({ pointId, startMs, energyWh }) => pointId === 0 && energyWh === (startMs === at(360) ? 30 : 10)));
    return minutesOf(rows);
  };
  t.same(take(span, []), [5, 6]);
  t.same(take({ fromMs: at(301), toMs: at(421) }, []), [5, 6, 7], 'minutes that it touches');
  t.same(take(span, samples(0, 600)), [4, 5, 6, 7]);
});

t.test('times that imported readings told of are taken back where nothing else tells of them', async (t) => {
  const catalogue = catalogueOfThree();
  const points = [0, 1].map((pointId) => ({ ...instrument, pointId, adjustments: none }));
  const refold = new Refold(catalogue, {
    points,
    span: { fromMs: at(90), toMs: at(600) },
    closedMs: at(500),
    register: null,
  });
  refold.imported(0, Object.assign(new Bucket(at(180)), { energyWh: 10, measuredMs: MINUTE_MS }));
  const told = [
    { pointId: 0, fromMs: at(0), toMs: at(300) },
    { pointId: 1, fromMs: at(450), toMs: at(900) },
    { pointId: 0, fromMs: at(240), toMs: at(300) },
  ];
  t.equal([...refold.takeBack(told)].length, 1, 'a breath each day');
  const rows = refold.finish().flatMap((portion) => [...portion]);
  t.same(minutesOf(rows.filter(({ pointId }) => pointId === 0)), [1, 2, 3, 4]);
  t.same(minutesOf(rows.filter(({ pointId }) => pointId === 1)), [7]);
  t.equal(rows.length, 5);
  t.same(
    rows.filter((row) => !isEmpty(row)).map(({ startMs }) => startMs),
    [at(180)],
  );
  const days = new Refold(catalogue, {
    points,
    span: { fromMs: at(0), toMs: at(300_000) },
    closedMs: at(300_000),
    register: null,
  });
  const both = [
    { pointId: 0, fromMs: at(0), toMs: at(600) },
    { pointId: 1, fromMs: at(86_400), toMs: at(2 * 86_400) },
  ];
  t.equal([...days.takeBack(both)].length, 2);
  t.equal(days.finish()[0]?.length, 10 + 1_440);
});

t.test('a set of minutes holds what was added, whichever minutes they are', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3_000, max: 3_000 })), (minutes) => {
      const set = new MinuteSet();
      for (const minute of minutes) set.add(minute * MINUTE_MS);
      for (let minute = -3_000; minute <= 3_000; minute++)
        assert.equal(set.has(minute * MINUTE_MS), minutes.includes(minute));
    }),
  );
});
