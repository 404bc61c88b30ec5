import { test } from 'tap';
import { isoTime } from '../../src/kpi/period.ts';
import {
  currentPeriods,
  findingsPeriod,
  pastPeriod,
  periodsSince,
  type ReportedPeriod,
} from '../../src/reports/kpi-periods.ts';

/** 12:34 on 29 March in Berlin, the day on which clocks were set forward. */
const NOW_MS = Date.parse('2026-03-29T10:34:00Z');

function told({ tag, period, timeMs }: ReportedPeriod): string[] {
  return [tag, period.name, isoTime(period.fromMs), isoTime(period.toMs), isoTime(timeMs)];
}

void test('current periods end with an hour, with the day before, or are the calendar’s', (t) => {
  t.same(currentPeriods('Europe/Berlin', NOW_MS).map(told), [
    ['24h', '24h', '2026-03-28T10:00:00Z', '2026-03-29T10:00:00Z', '2026-03-29T10:00:00Z'],
    ['30d', '30d', '2026-02-26T23:00:00Z', '2026-03-28T23:00:00Z', '2026-03-27T23:00:00Z'],
    ['12mo', '12mo', '2025-03-28T23:00:00Z', '2026-03-28T23:00:00Z', '2026-03-27T23:00:00Z'],
    ['month', '2026-03', '2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z', '2026-02-28T23:00:00Z'],
    ['year', '2026', '2025-12-31T23:00:00Z', '2026-12-31T23:00:00Z', '2025-12-31T23:00:00Z'],
  ]);
  t.end();
});

void test('a day that has just begun is not reported of before its first minutes can be there', (t) => {
  const [, days] = currentPeriods('UTC', Date.parse('2026-03-02T00:01:00Z'));
  t.equal(isoTime(days?.period.toMs ?? 0), '2026-03-01T00:00:00Z');
  const [hours, later] = currentPeriods('UTC', Date.parse('2026-03-02T00:03:00Z'));
  t.equal(isoTime(later?.period.toMs ?? 0), '2026-03-02T00:00:00Z');
  t.equal(isoTime(hours?.period.toMs ?? 0), '2026-03-02T00:00:00Z');
  t.end();
});

void test('visits go back through two years and the year before, again and again', (t) => {
  const names = Array.from({ length: 26 }, (_, visit) => pastPeriod('Asia/Shanghai', NOW_MS, visit).period.name);
  t.equal(names[0], '2026-02');
  t.equal(names[23], '2024-03');
  t.equal(names[24], '2025');
  t.equal(names[25], '2026-02');
  t.equal(new Set(names).size, 25);
  t.end();
});

void test('after a correction the months and years since are reported of', (t) => {
  const names = (from: string): string[] =>
    periodsSince(Date.parse(from), 'UTC', NOW_MS).map(({ period }) => period.name);
  t.same(names('2026-02-10T00:00:00Z'), ['2026-03', '2026-02', '2026']);
  t.same(names('2025-12-31T23:59:00Z'), ['2026-03', '2026-02', '2026-01', '2025-12', '2026', '2025']);
  t.same(names('2026-03-29T10:34:00Z'), ['2026-03', '2026'], 'the current ones at least');
  t.equal(names('2001-01-01T00:00:00Z').length, 25 + 3, 'as far as months are reported of');
  t.end();
});

void test('findings are of seven local days', (t) => {
  const { fromMs, toMs } = findingsPeriod('Europe/Berlin', NOW_MS);
  t.same([isoTime(fromMs), isoTime(toMs)], ['2026-03-22T23:00:00Z', '2026-03-29T10:45:00Z']);
  t.end();
});
