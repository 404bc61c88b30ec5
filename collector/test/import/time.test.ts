import fc from 'fast-check';
import t from 'tap';
import { LocalClock } from '../../src/import/local-time.ts';
import { createTimeReader, isTimeFormat, type ReadTime } from '../../src/import/time-format.ts';
import { zoned } from '../../src/kpi/boundaries.ts';

const HOUR_MS = 3_600_000;

/** The clock's time and offset that a text says, or null. */
function read(text: string, format: string): [clock: string, offsetH: number | null] | null {
  const bytes = Buffer.from(`9${text}9`);
  const time: ReadTime = { clockMs: 0, offsetMs: 0 };
  if (!createTimeReader(format)(bytes, 1, bytes.length - 1, time)) return null;
  return [new Date(time.clockMs).toISOString(), Number.isNaN(time.offsetMs) ? null : time.offsetMs / HOUR_MS];
}

t.test('ISO 8601 as files have it', async (t) => {
  const noon = '2026-01-31T12:00:00.000Z';
  t.same(read('2026-01-31T12:00:00Z', 'iso'), [noon, 0]);
  t.same(read('2026-01-31 12:00', 'iso'), [noon, null]);
  t.same(read('2026-01-31T12:00:00+08:00', 'iso'), [noon, 8]);
  t.same(read('2026-01-31T12:00-0330', 'iso'), [noon, -3.5]);
  t.same(read('2026-01-31T12:00:00.123456789+01', 'iso'), ['2026-01-31T12:00:00.123Z', 1]);
  t.same(read('2026-01-31T12:00:00,5', 'iso'), ['2026-01-31T12:00:00.500Z', null]);
  t.same(read('2026-01-31', 'iso'), ['2026-01-31T00:00:00.000Z', null]);
  t.same(read('2026-01-31T24:00', 'iso'), ['2026-02-01T00:00:00.000Z', null], 'the end of the day');
  const wrong = ['', '2026-02-30', '2026-13-01', '2026-1-1', '2026-01-31T', '2026-01-31T12', '2026-01-31T25:00'];
  wrong.push(
    '2026-01-31T12:60',
    '2026-01-31T24:01',
    '2026-01-31T12:00Zx',
    '2026-01-31T12:00+8',
    '2026-01-31T12:00:00.',
    // A leap second: UTC milliseconds have none, and the second before it has its own reading.
    '2016-12-31T23:59:60Z',
  );
  wrong.push('0026-01-31', '2025-02-29', '2026-01-31T12:00:60Z', ' 2026-01-31', '2026-01-31T12:00+19:00');
  for (const text of wrong) t.equal(read(text, 'iso'), null, text);
});

t.test('every instant that JavaScript writes is read as the same', async () => {
  const reader = createTimeReader('iso');
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2000), max: Date.UTC(2100) - 1 }), (ms) => {
      const bytes = Buffer.from(new Date(ms).toISOString());
      const time: ReadTime = { clockMs: 0, offsetMs: 0 };
      return reader(bytes, 0, bytes.length, time) && time.clockMs === ms && time.offsetMs === 0;
    }),
    { numRuns: 2_000 },
  );
});

t.test('seconds and milliseconds since 1970', async (t) => {
  t.same(read('1767225600', 'unix-s'), ['2026-01-01T00:00:00.000Z', 0]);
  t.same(read('1767225600.25', 'unix-s'), ['2026-01-01T00:00:00.250Z', 0]);
  t.same(read('1767225600250', 'unix-ms'), ['2026-01-01T00:00:00.250Z', 0]);
  for (const text of ['', '-1', '1e9', '1.2.3', '.5', '1'.repeat(21)]) t.equal(read(text, 'unix-s'), null, text);
});

t.test('patterns', async (t) => {
  t.same(read('31.01.2026 12:05', 'dd.MM.yyyy HH:mm'), ['2026-01-31T12:05:00.000Z', null]);
  t.same(read('1/5/2026 1:05 PM', 'M/d/yyyy h:mm a'), ['2026-01-05T13:05:00.000Z', null]);
  t.same(read('1/5/2026 12:05 am', 'M/d/yyyy h:mm a'), ['2026-01-05T00:05:00.000Z', null]);
  t.same(read('20260131120503250', 'yyyyMMddHHmmssSSS'), ['2026-01-31T12:05:03.250Z', null]);
  t.same(read('2026-01-31T12', "yyyy-MM-dd'T'HH"), ['2026-01-31T12:00:00.000Z', null]);
  t.same(read('31.01.2026 24:00', 'dd.MM.yyyy HH:mm'), ['2026-02-01T00:00:00.000Z', null]);
  for (const text of ['31.01.2026', '31.01.2026 12:05:00', '1.01.2026 12:05', '31-01-2026 12:05', '13/5/2026 13:05 PM'])
    t.equal(read(text, 'dd.MM.yyyy HH:mm'), null, text);
  t.equal(read('1/5/2026 13:05 PM', 'M/d/yyyy h:mm a'), null, 'no twelve-hour clock shows 13');
  for (const format of ['dd.MM.yyyy HH:mm', 'iso', 'unix-s', 'yyyy-MM-dd']) t.ok(isTimeFormat(format), format);
  for (const format of ['', 'rfc', 'dd.MM.yy', 'HH:mm', "yyyy-MM-dd'T", 'yyyy-MM-dd Q'])
    t.notOk(isTimeFormat(format), format);
});

const zones = [
  'Europe/Berlin',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'UTC',
];

t.test('local times in their order are the instants that they were written down at', async () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: 2000, max: 2035 }),
      fc.integer({ min: 0, max: 364 }),
      fc.constantFrom(1, 5, 10, 15, 30),
      (timezone, year, day, stepMin) => {
        const clock = new LocalClock(timezone);
        let afterMs = Number.NEGATIVE_INFINITY;
        const fromMs = Date.UTC(year, 0, 1 + day);
        for (let ms = fromMs; ms < fromMs + 30 * HOUR_MS; ms += stepMin * 60_000) {
          const clockMs = ms + zoned(ms, timezone).offsetNanoseconds / 1e6;
          const instant = clock.instantOf(clockMs, afterMs);
          if (instant !== ms) return false;
          afterMs = ms;
        }
        return true;
      },
    ),
    // The nights in which clocks are changed: by an hour, by half an hour, and at one minute past midnight.
    {
      numRuns: 60,
      examples: [
        ['Europe/Berlin', 2026, 297, 15],
        ['Europe/Berlin', 2026, 87, 15],
        ['Australia/Lord_Howe', 2026, 93, 10],
        ['Australia/Lord_Howe', 2026, 276, 10],
        ['America/St_Johns', 2008, 305, 1],
        ['America/St_Johns', 2008, 68, 1],
        ['America/Sao_Paulo', 2018, 307, 1],
      ],
    },
  );
});

t.test('the hour that comes twice, and the one that never was', async (t) => {
  const clock = new LocalClock('Europe/Berlin');
  const at = (text: string): number => Date.parse(`${text}Z`);
  const half = at('2026-10-25T02:30');
  t.equal(clock.instantOf(half, Number.NEGATIVE_INFINITY), at('2026-10-25T00:30'), 'summer time at first');
  t.equal(clock.instantOf(half, at('2026-10-25T00:15')), at('2026-10-25T00:30'));
  t.equal(clock.instantOf(half, at('2026-10-25T00:30')), at('2026-10-25T01:30'), 'then standard time');
  t.ok(Number.isNaN(clock.instantOf(at('2026-03-29T02:30'), Number.NEGATIVE_INFINITY)));
});
