import t from 'tap';
import { CorrectionBook } from '../../src/corrections/book.ts';
import type { CorrectionEntry } from '../../src/corrections/change.ts';
import { acknowledge } from '../../src/findings/acknowledgement.ts';
import { findingOf } from '../../src/findings/finding.ts';
import { MeterBook } from '../../src/site/meter-book.ts';

const T0 = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

const reset = (hour: number) =>
  findingOf({
    kind: 'register-reset',
    severity: 'warning',
    points: ['main'],
    span: { fromMs: T0 + hour * HOUR_MS, toMs: T0 + (hour + 1) * HOUR_MS },
    facts: 'It fell.',
  });

function bookOf(...entries: readonly CorrectionEntry['change'][]): CorrectionBook {
  const book = new CorrectionBook();
  for (const [index, change] of entries.entries())
    book.add({
      by: 'A',
      reason: 'seen',
      change,
      id: String(index + 1),
      siteId: 0,
      recordedMs: T0 + (10 + index) * HOUR_MS,
    });
  return book;
}

t.test('an acknowledgement is about what began from the finding on until it was made', async (t) => {
  const findings = [1, 4, 8, 11].map(reset);
  const seen = { kind: 'acknowledge', finding: 'register-reset/main/2026-01-01T04:00:00Z' } as const;
  const hours = (book: CorrectionBook, asOfMs: number | null): number[] =>
    acknowledge(
      findings,
      book.recorded(0, () => null),
      asOfMs,
      () => [],
    ).flatMap(({ acknowledged, span }) => (acknowledged === null ? [] : [((span?.fromMs ?? 0) - T0) / HOUR_MS]));
  t.same(hours(bookOf(seen), null), [4, 8]);
  t.same(hours(bookOf(seen), T0 + 9 * HOUR_MS), [], 'not yet on record');
  const withdrawn = bookOf(seen, { kind: 'withdraw', correction: '1' });
  t.same(hours(withdrawn, null), []);
  t.same(hours(withdrawn, T0 + 10.5 * HOUR_MS), [4, 8], 'as known before the withdrawal');
});

t.test('a finding that was acknowledged is so in a longer period, too, whose steps begin earlier', async (t) => {
  const daily = (fromHour: number, toHour: number) => ({
    ...reset(0),
    span: { fromMs: T0 + fromHour * HOUR_MS, toMs: T0 + toHour * HOUR_MS },
  });
  const seen = { kind: 'acknowledge', finding: 'register-reset/main/2026-01-01T04:00:00Z' } as const;
  const corrections = bookOf(seen).recorded(0, () => null);
  const findings = [daily(0, 24), daily(-24, 0), daily(0, 4), daily(-24, 24)];
  const states = acknowledge(findings, corrections, null, () => []).map(({ acknowledged }) => acknowledged !== null);
  t.same(states, [true, false, false, false]);
});

t.test('a replaced meter on record explains the next reset of its register, and no other', async (t) => {
  const replaced = { kind: 'replacement', point: 'main', channel: 'energy', oldLast: 9, newFirst: 0 } as const;
  const resets = (point: string) => (point === 'main' ? [1, 4, 8].map((hour) => T0 + hour * HOUR_MS) : []);
  const states = (entries: readonly CorrectionEntry['change'][], asOfMs: number | null = null): boolean[] => {
    const corrections = bookOf(...entries).recorded(0, () => null);
    return acknowledge([1, 4, 8].map(reset), corrections, asOfMs, resets).map((one) => one.acknowledged !== null);
  };
  const entry = { ...replaced, at: T0 + 3 * HOUR_MS };
  t.same(states([entry]), [false, true, false]);
  t.same(states([entry], T0 + 9 * HOUR_MS), [false, false, false], 'not yet on record');
  t.same(states([entry, { kind: 'withdraw', correction: '1' }]), [false, false, false]);
  t.same(states([{ ...entry, at: T0 + 9 * HOUR_MS }]), [false, false, false], 'none followed');
  t.same(states([{ ...entry, at: T0 - 32 * 24 * HOUR_MS }]), [false, false, false], 'too long before');
  t.same(states([{ ...entry, point: 'other' }]), [false, false, false]);
});

t.test('another serial number of the same agent is noted, a first one is not', async (t) => {
  const book = new MeterBook();
  const birth = (at: number, serial: string) => {
    const points = [{ point: 'main', channels: [], feeds: [], meter: { serial } }] as never;
    return { v: 1, epoch: 'E', firstSeq: 1, at, software: null, points } as never;
  };
  book.note(3, birth(T0, '2107'), () => null);
  book.note(3, birth(T0 + 1, '2107'), () => ({ pointId: 7, serial: '2107' }));
  t.same(book.of(7), []);
  book.note(3, birth(T0 + 2, '3310'), () => ({ pointId: 7, serial: '2107' }));
  const noted = [{ pointId: 7, agentId: 3, atMs: T0 + 2, before: '2107', after: '3310' }];
  t.same(book.of(7), noted);
  const again = new MeterBook();
  again.load(book.save());
  t.same(again.of(7), noted);
});
