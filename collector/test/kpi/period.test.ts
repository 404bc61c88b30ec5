import fc from 'fast-check';
import t from 'tap';
import {
  isLongerThanMonth,
  lengthOf,
  monthsOf,
  type Period,
  PeriodError,
  parseInstant,
  parsePeriod,
  periodBetween,
} from '../../src/kpi/period.ts';

const NOW_MS = Date.parse('2026-10-04T17:30:00Z');

function shown({ name, fromMs, toMs }: Period): string[] {
  return [name, new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
}

t.test('years, months, days and the present ones, in the site’s zone', async (t) => {
  const inShanghai = (text: string): string[] => shown(parsePeriod(text, 'Asia/Shanghai', NOW_MS));
  t.same(inShanghai('2026'), ['2026', '2025-12-31T16:00:00.000Z', '2026-12-31T16:00:00.000Z']);
  t.same(inShanghai('2026-10'), ['2026-10', '2026-09-30T16:00:00.000Z', '2026-10-31T16:00:00.000Z']);
  t.same(inShanghai('today'), ['2026-10-05', '2026-10-04T16:00:00.000Z', '2026-10-05T16:00:00.000Z']);
  t.same(inShanghai('this-month'), inShanghai('2026-10'));
  t.same(inShanghai('this-year'), inShanghai('2026'));
  t.same(shown(parsePeriod('today', 'UTC', NOW_MS)), [
    '2026-10-04',
    '2026-10-04T00:00:00.000Z',
    '2026-10-05T00:00:00.000Z',
  ]);
});

t.test('days follow each other without gap or overlap, also where clocks change', async () => {
  const zone = fc.constantFrom('Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'UTC');
  const day = fc.date({ min: new Date('2001-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(zone, day, (timezone, date) => {
      const [today, tomorrow] = [date, new Date(date.getTime() + 86_400_000)].map((value) =>
        parsePeriod(value.toISOString().slice(0, 10), timezone, NOW_MS),
      );
      return today?.toMs === tomorrow?.fromMs && lengthOf(today as Period, timezone) === 'day';
    }),
    // Where the clocks go forward at midnight, the day begins at 01:00.
    { examples: [['America/Sao_Paulo', new Date('2009-10-18T00:00:00.000Z')]], numRuns: 500 },
  );
});

t.test('what is no period is refused in words', async (t) => {
  for (const text of [
    '',
    'yesterday',
    '26',
    '2026-13',
    '2026-02-30',
    '1999',
    '2026-1',
    '2026-10-05T00:00:00Z',
    '__proto__',
  ]) {
    t.throws(() => parsePeriod(text, 'UTC', NOW_MS), PeriodError, text);
  }
  const between = (from: string, to: string) => () => periodBetween(from, to);
  t.throws(between('2026-10-05T06:01:00Z', '2026-10-05T07:00:00Z'), { message: /from must be on a quarter-hour/ });
  t.throws(between('2026-10-05T06:00:00Z', '2026-10-05T07:00:01Z'), { message: /to must be on a quarter-hour/ });
  t.throws(between('2026-10-05T06:00:00Z', '2026-10-05T06:00:00Z'), { message: /to must be later than from/ });
  t.throws(() => parseInstant('2026-10-05', 'asOf'), { message: /asOf must be an instant such as/ });
  t.throws(() => parseInstant('1066-10-14T09:00:00Z', 'from'), { message: /^from: only the years 2000 to 2199 can/ });
  t.throws(() => parseInstant('2200-01-01T00:00:00Z', 'to'), { message: /only the years/ });
  t.throws(() => parsePeriod('2200', 'UTC', NOW_MS), { message: /only the years 2000 to 2199/ });
  t.throws(between('2026-10-05T07:00:00Z', '2026-10-05T06:00:00Z'), { message: /to must be later than from/ });
  t.equal(parseInstant('2000-01-01T00:00:00Z', 'from'), Date.UTC(2000, 0, 1));
  t.equal(parseInstant('2199-12-31T00:00:00Z', 'from'), Date.UTC(2199, 11, 31));
  t.equal(parsePeriod('2000', 'UTC', NOW_MS).fromMs, Date.UTC(2000, 0, 1));
  t.equal(parsePeriod('2199', 'UTC', NOW_MS).toMs, Date.UTC(2200, 0, 1));
});

t.test('a period between two instants', async (t) => {
  const period = periodBetween('2026-10-05T06:00:00+08:00', '2026-10-05T06:15:00Z');
  t.equal(period.name, '2026-10-04T22:00:00Z/2026-10-05T06:15:00Z');
});

t.test('only whole lengths of the calendar have a name', async (t) => {
  const length = (from: string, to: string): unknown => lengthOf(periodBetween(from, to), 'UTC');
  t.equal(length('2025-07-01T00:00:00Z', '2026-07-01T00:00:00Z'), 'year');
  t.equal(length('2025-02-01T00:00:00Z', '2025-03-01T00:00:00Z'), 'month');
  t.equal(length('2025-02-03T00:00:00Z', '2025-02-10T00:00:00Z'), 'week');
  t.equal(length('2025-02-03T12:00:00Z', '2025-02-04T12:00:00Z'), 'day');
  t.equal(length('2025-02-03T12:00:00Z', '2025-02-04T13:00:00Z'), null);
});

t.test('months of a span are cut to it', async (t) => {
  const period = periodBetween('2026-01-15T00:00:00Z', '2026-03-02T00:00:00Z');
  t.same(monthsOf(period, 'UTC').map(shown), [
    ['2026-01', '2026-01-15T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ['2026-02', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['2026-03', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
  ]);
  t.ok(isLongerThanMonth(period, 'UTC'));
  t.notOk(isLongerThanMonth(parsePeriod('2026-01', 'Europe/Berlin', NOW_MS), 'Europe/Berlin'));
});
