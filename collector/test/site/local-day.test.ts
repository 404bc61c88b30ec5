import fc from 'fast-check';
import t from 'tap';
import { localDayOf, midnightsAbout, midnightsIn } from '../../src/site/local-day.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

t.test('a local day has as many hours as its clocks show', (t) => {
  const hoursOf = (instant: string, timezone: string): number => {
    const { fromMs, toMs } = localDayOf(Date.parse(instant), timezone);
    return (toMs - fromMs) / HOUR_MS;
  };
  t.equal(hoursOf('2026-03-29T10:00Z', 'Europe/Berlin'), 23);
  t.equal(hoursOf('2026-10-25T10:00Z', 'Europe/Berlin'), 25);
  t.equal(hoursOf('2026-04-05T10:00Z', 'Australia/Lord_Howe'), 24.5);
  t.equal(hoursOf('2026-07-01T10:00Z', 'Asia/Shanghai'), 24);
  t.same(localDayOf(Date.parse('2026-07-01T16:00Z'), 'Asia/Shanghai'), {
    fromMs: Date.parse('2026-07-01T16:00Z'),
    toMs: Date.parse('2026-07-02T16:00Z'),
  });
  t.equal(hoursOf('2011-12-30T09:00Z', 'Pacific/Apia'), 24, 'the next date was left out');
  t.end();
});

const timezone = fc.constantFrom(
  'UTC',
  'Asia/Shanghai',
  'Asia/Kolkata',
  'Europe/Berlin',
  'Africa/Cairo',
  'Asia/Gaza',
  'America/St_Johns',
  'America/Santiago',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Kwajalein',
);

t.test('midnights follow one another as the calendar has them, wherever the clocks are changed', async () => {
  fc.assert(
    fc.property(
      timezone,
      fc.integer({ min: Date.UTC(1993, 0), max: Date.UTC(2040, 0) }),
      fc.integer({ min: 0, max: 800 * DAY_MS }),
      (zone, fromMs, lengthMs) => {
        const span = { fromMs, toMs: fromMs + lengthMs };
        const expected = [localDayOf(fromMs, zone).fromMs];
        for (let ms = expected[0] as number; ms < span.toMs; expected.push(ms)) ms = localDayOf(ms, zone).toMs;
        const inside = expected.filter((ms) => ms >= fromMs && ms <= span.toMs);
        return (
          JSON.stringify(midnightsAbout(span, zone)) === JSON.stringify(expected) &&
          JSON.stringify(midnightsIn(span, zone)) === JSON.stringify(inside)
        );
      },
    ),
    { numRuns: 60, examples: [['America/Santiago', 725_846_400_000, 24_379_200_001]] },
  );
});

t.test('midnights end with the first at or after the end, and within a span its ends are two of them', async (t) => {
  const day = (days: number): number => Date.UTC(2026, 0, 1 + days);
  for (const timezone of ['UTC', 'Africa/Abidjan']) {
    t.same(midnightsAbout({ fromMs: day(0), toMs: day(3) }, timezone), [0, 1, 2, 3].map(day));
    t.same(midnightsAbout({ fromMs: day(0) + 1, toMs: day(2) + 1 }, timezone), [0, 1, 2, 3].map(day));
    t.same(midnightsAbout({ fromMs: day(0), toMs: day(0) }, timezone), [day(0)]);
    t.same(midnightsIn({ fromMs: day(0), toMs: day(2) }, timezone), [0, 1, 2].map(day));
    t.same(midnightsIn({ fromMs: day(0) + 1, toMs: day(2) - 1 }, timezone), [day(1)]);
  }
});
