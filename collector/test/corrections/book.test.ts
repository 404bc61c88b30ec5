import t from 'tap';
import { CorrectionBook, holdsAt, type RecordedCorrection, touching } from '../../src/corrections/book.ts';
import { type Change, changeKinds, type CorrectionEntry, parseEntry } from '../../src/corrections/change.ts';
import { examine } from '../../src/corrections/objection.ts';
import type { Site } from '../../src/site/site.ts';
import { point, site } from '../site/example.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 1);

/** Minutes since START. */
const at = (minutes: number): number => START + minutes * MINUTE_MS;

const factor = (from: number, to: number | null, more: object = {}): Change => ({
  kind: 'factor',
  point: 'main',
  from: at(from),
  ...(to === null ? {} : { to: at(to) }),
  factor: 2,
  ...more,
});
const voided = (from: number, to: number, name = 'main'): Change => ({
  kind: 'void',
  point: name,
  from: at(from),
  to: at(to),
});
const reading = (minute: number, more: object = {}): Change => ({
  kind: 'reading',
  point: 'main',
  at: at(minute),
  channel: 'energy',
  value: 100,
  ...more,
});
const withdraw = (correction: string): Change => ({ kind: 'withdraw', correction });

/** A book with these changes, numbered from 1 and each on record a minute after the one before. */
function bookOf(...changes: readonly (Change | readonly [siteId: number, change: Change])[]): CorrectionBook {
  const book = new CorrectionBook();
  for (const [index, one] of changes.entries()) {
    const [siteId, change] = 'kind' in one ? [1, one] : one;
    book.add({ by: 'A', reason: 'B', change, id: String(index + 1), siteId, recordedMs: at(1_000 + index) });
  }
  return book;
}

t.test('what holds of a point’s corrections is what was not withdrawn, of its own site and name', async (t) => {
  const replaced = { kind: 'replacement', at: at(5), channel: 'energy-export', oldLast: 9, newFirst: 1 } as const;
  const book = bookOf(
    voided(10, 20),
    factor(0, null),
    factor(5, 9, { factor: 3 }),
    reading(40),
    { ...replaced, point: 'main' },
    voided(30, 40),
    withdraw('6'),
    voided(0, 9, 'other'),
    [2, voided(0, 9)],
  );
  t.same(book.adjustmentsOf(1, 'main'), {
    voids: [{ fromMs: at(10), toMs: at(20) }],
    factors: [
      { fromMs: at(0), toMs: Number.POSITIVE_INFINITY, factor: 2 },
      { fromMs: at(5), toMs: at(9), factor: 3 },
    ],
    entered: [
      { atMs: at(5), use: 'export', value: 9, nextFirst: 1 },
      { atMs: at(40), use: 'register', value: 100, nextFirst: null },
    ],
  });
  t.same(
    book.of(2).map(({ id }) => id),
    ['9'],
  );
  const more = book.with(1, { by: 'A', reason: 'B', change: withdraw('1') });
  t.same(more.adjustmentsOf(1, 'main').voids, []);
  t.equal(book.adjustmentsOf(1, 'main').voids.length, 1, 'the book itself is as before');
  t.equal(more.all.length, book.all.length + 1);
});

t.test('imports count in the order of their commitment, until they are withdrawn', async (t) => {
  const of = (id: string): Change => ({ kind: 'import', import: id });
  t.same(bookOf(of('7'), voided(0, 1), of('9'), of('8'), withdraw('3'), of('9')).imports, ['7', '8', '9']);
});

const everything = [
  voided(10, 20),
  reading(30),
  { kind: 'structure', from: at(50) },
  { kind: 'import', import: '77' },
  { kind: 'acknowledge', finding: 'x' },
  withdraw('1'),
  { kind: 'import', import: '78' },
  factor(60, null, { point: 'ups' }),
] as const;

t.test('each correction says which points and which time it touches, and what became of it', async (t) => {
  const touched = { points: ['a', 'b'], span: { fromMs: at(1), toMs: at(2) } };
  const recorded = bookOf(...everything, [2, voided(0, 1)]).recorded(1, (id) => (id === '77' ? touched : null));
  t.same(
    recorded.map(({ points, span, withdrawal }) => [
      points,
      span === null ? null : [span.fromMs, span.toMs],
      withdrawal?.id ?? null,
    ]),
    [
      [['main'], [at(10), at(30) + 1], '6'],
      [['main'], [at(30), at(30) + 1], null],
      [[], [at(50), Number.POSITIVE_INFINITY], null],
      [['a', 'b'], [at(1), at(2)], null],
      [[], null, null],
      [['main'], [at(10), at(30) + 1], null],
      [[], null, null],
      [['ups'], [at(60), Number.POSITIVE_INFINITY], null],
    ],
  );
  t.equal(recorded[5]?.effective.kind, 'void', 'a withdrawal has the effect of what it withdrew');
  const [first] = bookOf(voided(10, 20), reading(30)).recorded(1, () => null);
  t.same(first?.span, { fromMs: at(10), toMs: at(30) + 1 }, 'with all others of its point');
  const [taken] = bookOf(reading(30), withdraw('1')).recorded(1, () => null);
  t.same(taken?.span, { fromMs: at(30), toMs: at(30) + 1 });
  const alone = bookOf(voided(10, 20), withdraw('1'), withdraw('9')).recorded(1, () => null);
  t.same(alone[0]?.span, { fromMs: at(10), toMs: at(20) }, 'of a point whose corrections are all withdrawn');
  t.same([alone[2]?.effective.kind, alone[2]?.span], ['withdraw', null], 'of what is not on record');
});

t.test('of a span those count that touch it and held then', async (t) => {
  const recorded = bookOf(...everything).recorded(1, () => null);
  const within = (from: number, to: number, asOfMs: number | null = null): string[] =>
    touching(recorded, { fromMs: at(from), toMs: at(to) }, asOfMs).map(({ id }) => id);
  t.same(within(0, 100), ['2', '3', '8']);
  t.same(within(15, 16, at(1_004)), ['1'], 'before it was withdrawn');
  t.same(within(15, 16, at(1_005)), [], 'from its withdrawal on');
  t.same(within(0, 10, at(1_004)), []);
  t.same(within(0, 11, at(1_004)), ['1']);
  t.same(within(31, 50), []);
  t.same(within(30, 50), ['2'], 'to the millisecond');
  t.same(touching(recorded, { fromMs: at(30) + 1, toMs: at(50) }, null), []);
  const first = recorded[0] as RecordedCorrection;
  t.equal(holdsAt(first, at(1_000) - 1), false);
  t.equal(holdsAt(first, at(1_000)), true);
});

const entryOf = (change: object): unknown => ({ by: 'A', reason: 'B', change });
const iso = (minute: number): string => new Date(at(minute)).toISOString();

t.test('an entry is read with its times as instants, or with every problem in words', async (t) => {
  const problems = (change: object): string => {
    const parsed = parseEntry(entryOf(change));
    return 'problems' in parsed ? parsed.problems.join('; ') : 'none';
  };
  const of = { point: 'main', from: iso(0) };
  t.same(
    parseEntry(entryOf({ kind: 'factor', ...of, to: iso(1), factor: -1e6 })),
    entryOf(factor(0, 1, { factor: -1e6 })),
  );
  t.same(
    parseEntry(entryOf({ kind: 'reading', point: 'main', at: iso(0), value: 0 })),
    entryOf(reading(0, { value: 0 })),
  );
  t.match(problems({ kind: 'factor', ...of, factor: 0 }), /must not be 0/);
  const swap = { kind: 'replacement', point: 'main', at: iso(0) };
  t.equal(problems({ ...swap, oldLast: 0, newFirst: 0 }), 'none');
  t.match(problems({ ...swap, oldLast: -1, newFirst: -1 }), /oldLast.*newFirst/);
  const acknowledged = (length: number): string => problems({ kind: 'acknowledge', finding: 'x'.repeat(length) });
  t.same([acknowledged(1), acknowledged(500)], ['none', 'none']);
  for (const length of [0, 501]) t.match(acknowledged(length), /change\.finding/);
  t.match(problems({ kind: 'factor', ...of, factor: 1e6 + 1 }), /factor: must not be 0, at most a million/);
  t.match(problems({ kind: 'factor', ...of, factor: -1e6 - 1 }), /at most a million/);
  t.match(problems({ kind: 'void', ...of, to: iso(0) }), /to must be later than from/);
  t.equal(problems({ kind: 'void', ...of, to: new Date(at(0) + 1).toISOString() }), 'none', 'not on whole minutes');
  t.match(problems({ kind: 'void', ...of }), /change\.to/);
  t.match(problems({ kind: 'reading', point: 'main', at: iso(0), channel: 'power', value: 1 }), /change\.channel/);
  for (const channel of ['energy', 'energy-export'])
    t.equal(problems({ kind: 'reading', point: 'main', at: iso(0), channel, value: 1 }), 'none', channel);
  t.equal(problems({ kind: 'structure', from: '2000-01-01T00:00:00Z' }), 'none');
  t.match(problems({ kind: 'structure', from: '1999-12-31T23:59:00Z' }), /must be between 2000 and 2100/);
  t.match(problems({ kind: 'structure', from: '2100-01-01T00:00:00Z' }), /must be between 2000 and 2100/);
  t.match(parseEntry({ by: ' ', reason: 'x', change: withdraw('1') }), { problems: [/^by: /] });
  t.same(changeKinds, ['void', 'reading', 'replacement', 'factor', 'structure', 'import', 'acknowledge', 'withdraw']);
});

const hall: Site = site([point(3, 'utility', { point: 'main' }), point(null, 'it', { point: 'unread' })]);
const NOW_MS = at(500);

/** What is said against a change; null for nothing. */
function objectionTo(change: Change, book = new CorrectionBook(), nowMs = NOW_MS): string | null {
  try {
    examine({ by: 'A', reason: 'B', change } as CorrectionEntry, hall, book, nowMs);
    return null;
  } catch (error) {
    const { kind, message } = error as Error & { kind: string };
    return `${kind}: ${message}`;
  }
}

t.test('what is not yet read, or of no point with readings, is refused', async (t) => {
  t.equal(objectionTo(voided(499, 600)), null, 'it may end later');
  t.match(objectionTo(voided(500, 600)), /^invalid: change: its time has not come yet/);
  t.match(objectionTo({ kind: 'structure', from: NOW_MS }), /has not come yet/);
  t.equal(objectionTo({ kind: 'structure', from: NOW_MS - 1 }), null);
  t.match(objectionTo(voided(0, 1, 'unread')), /^invalid: change.point: dc-1 has no readings of a point unread/);
  t.match(objectionTo({ kind: 'import', import: '1' }), /^invalid: .*wattmark-collector import/);
  t.equal(objectionTo({ kind: 'acknowledge', finding: 'register-reset/main/2026-10-05T06:00:00Z' }), null);
  t.match(objectionTo({ kind: 'acknowledge', finding: 'register-reset/main/2026-13-05T06:00:00Z' }), /id of a finding/);
  t.equal(objectionTo({ kind: 'acknowledge', finding: 'register-reset/main' }), null, 'one that holds now');
  t.match(objectionTo({ kind: 'acknowledge', finding: 'toString/main' }), /id of a finding/);
  const most = 1e15;
  t.equal(objectionTo(reading(1, { value: most })), null);
  t.match(objectionTo(reading(1, { value: most + 1 })), /^invalid: change: a register of energy ends at/);
  const swap = { kind: 'replacement', point: 'main', at: at(1), channel: 'energy-export' } as const;
  t.match(objectionTo({ ...swap, oldLast: most + 1, newFirst: 0 }), /a register of energy-export ends at/);
  t.match(objectionTo({ ...swap, oldLast: 0, newFirst: most + 1 }), /a register of energy-export ends at/);
});

t.test('what another correction says already, or otherwise, is refused until that is withdrawn', async (t) => {
  const against = (made: Change, change: Change): boolean => objectionTo(change, bookOf(made)) !== null;
  t.equal(against(voided(0, 10), voided(0, 10)), true);
  t.equal(against(voided(0, 10), voided(0, 11)), false);
  t.equal(against(voided(0, 10), voided(1, 10)), false);
  t.equal(against(factor(0, 10), voided(0, 10)), false);
  t.equal(against(factor(0, 10), factor(0, 10)), true);
  t.equal(against(factor(0, null), factor(0, null)), true);
  t.equal(against(factor(0, 10), factor(0, 10, { factor: 3 })), false);
  t.equal(against(factor(0, 10, { point: 'ups' }), factor(0, 10)), false);
  const swap: Change = { kind: 'replacement', point: 'main', at: at(5), channel: 'energy', oldLast: 1, newFirst: 0 };
  t.equal(against(swap, reading(5)), true);
  t.equal(against(reading(5), swap), true);
  t.equal(against(reading(5, { channel: 'energy-export' }), swap), false);
  t.equal(against(reading(6), swap), false);
  t.equal(against(reading(5), voided(5, 6)), false);
  t.equal(against(voided(5, 6), reading(5)), false);
  t.match(objectionTo(voided(0, 10), bookOf(voided(0, 10))), /^conflict: correction 1 says this already, or otherwise/);
  t.equal(objectionTo(voided(0, 10), bookOf(voided(0, 10), withdraw('1'))), null);
  t.equal(objectionTo(voided(0, 10), bookOf([2, voided(0, 10)])), null, 'of another site');
});

t.test('only what is of the site, holds and is no description can be withdrawn', async (t) => {
  const book = bookOf(
    voided(0, 10),
    [2, voided(0, 10)],
    withdraw('1'),
    { kind: 'structure', from: at(0) },
    voided(0, 1),
  );
  t.match(objectionTo(withdraw('1'), book), /^conflict: change.correction: 1 was withdrawn already, by correction 3/);
  t.match(objectionTo(withdraw('2'), book), /^invalid: change.correction: dc-1 has no correction 2/);
  t.match(objectionTo(withdraw('3'), book), /^invalid: change.correction: 3 is itself a withdrawal/);
  t.match(objectionTo(withdraw('4'), book), /^invalid: .*description of the site: put the site file right/);
  t.equal(objectionTo(withdraw('5'), book), null);
});

t.test('ten thousand corrections are kept', async (t) => {
  const many = Array.from({ length: 9_999 }, (_, i) => voided(i, i + 1, 'ups'));
  t.equal(objectionTo(voided(0, 10), bookOf(...many)), null);
  t.match(
    objectionTo(voided(0, 10), bookOf(...many, voided(0, 1, 'ups'))),
    /^conflict: 10000 corrections are on record/,
  );
});
