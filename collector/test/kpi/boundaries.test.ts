import fc from 'fast-check';
import t from 'tap';
import { QUARTER_MS } from '../../src/accounting/interval.ts';
import {
  boundaries,
  maxIntervals,
  RangeTooLargeError,
  type Step,
  steps,
  usualLengthMs,
} from '../../src/kpi/boundaries.ts';

const HOUR_MS = 3_600_000;

const zones = [
  'UTC',
  'Asia/Shanghai',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Europe/Berlin',
  'Pacific/Apia',
  'Pacific/Chatham',
];

function at(text: string): number {
  return Date.parse(text);
}

function lengthsH(from: string, to: string, step: Step, timezone: string): number[] {
  const edges = boundaries({ fromMs: at(from), toMs: at(to) }, step, timezone);
  return edges.slice(1).map((ms, index) => (ms - (edges[index] as number)) / HOUR_MS);
}

t.test('boundaries cover any span in any zone without gap or overlap', async () => {
  const span = fc.record({
    fromMs: fc.integer({ min: at('2001-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') }),
    intervals: fc.double({ min: 0.01, max: 300, noNaN: true }),
  });
  fc.assert(
    fc.property(span, fc.constantFrom(...steps), fc.constantFrom(...zones), ({ fromMs, intervals }, step, timezone) => {
      const toMs = fromMs + Math.ceil(intervals * usualLengthMs[step]);
      const edges = boundaries({ fromMs, toMs }, step, timezone);
      const grid = step === 'PT1M' ? 60_000 : QUARTER_MS;
      const [first = Infinity, second = 0] = edges;
      const last = edges.at(-1) as number;
      const isAscending = edges.every((ms, index) => index === 0 || ms > (edges[index - 1] as number));
      const isTight = second > fromMs && (edges.at(-2) as number) < toMs;
      return first <= fromMs && last >= toMs && isAscending && isTight && edges.every((ms) => ms % grid === 0);
    }),
    { numRuns: 1500 },
  );
});

t.test('boundaries do not depend on where in an interval the span begins', async () => {
  const instant = fc.integer({ min: at('2001-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') });
  fc.assert(
    fc.property(instant, fc.constantFrom(...steps), fc.constantFrom(...zones), (fromMs, step, timezone) => {
      const whole = boundaries({ fromMs, toMs: fromMs + 3 * usualLengthMs[step] }, step, timezone);
      const [, second = 0, third = 0] = whole;
      const again = boundaries({ fromMs: second, toMs: third }, step, timezone);
      return again.length === 2 && again[0] === second && again[1] === third;
    }),
  );
});

t.test('days have 23 and 25 hours where the clocks change', async (t) => {
  t.same(lengthsH('2026-03-27T23:00:00Z', '2026-03-30T22:00:00Z', 'P1D', 'Europe/Berlin'), [24, 23, 24]);
  t.same(lengthsH('2026-10-23T22:00:00Z', '2026-10-26T23:00:00Z', 'P1D', 'Europe/Berlin'), [24, 25, 24]);
});

t.test('a day that never was has no interval', async (t) => {
  const edges = boundaries(
    { fromMs: at('2011-12-29T10:00:00Z'), toMs: at('2011-12-31T10:00:00Z') },
    'P1D',
    'Pacific/Apia',
  );
  t.same(
    edges.map((ms) => new Date(ms).toISOString().slice(0, 16)),
    ['2011-12-29T10:00', '2011-12-30T10:00', '2011-12-31T10:00'],
  );
});

t.test('hours begin at full hours of the local clock', async (t) => {
  const inNepal = boundaries(
    { fromMs: at('2026-10-05T06:00:00Z'), toMs: at('2026-10-05T08:00:00Z') },
    'PT1H',
    'Asia/Kathmandu',
  );
  t.same(
    inNepal.map((ms) => new Date(ms).toISOString().slice(11, 16)),
    ['05:15', '06:15', '07:15', '08:15'],
  );
  // Lord Howe's clocks go back and forth by half an hour.
  t.same(lengthsH('2026-04-04T13:00:00Z', '2026-04-04T16:30:00Z', 'PT1H', 'Australia/Lord_Howe'), [1, 1.5, 1]);
  t.same(lengthsH('2026-10-03T14:30:00Z', '2026-10-03T17:00:00Z', 'PT1H', 'Australia/Lord_Howe'), [1.5, 1]);
});

t.test('months and years are the calendar’s', async (t) => {
  const days = (from: string, to: string, step: Step): number[] => lengthsH(from, to, step, 'UTC').map((h) => h / 24);
  t.same(days('2024-01-15T00:00:00Z', '2024-04-01T00:00:00Z', 'P1M'), [31, 29, 31]);
  t.same(days('2024-06-01T00:00:00Z', '2025-06-01T00:00:00Z', 'P1Y'), [366, 365]);
  const span = { fromMs: at('2024-06-15T00:00:00Z'), toMs: at('2024-06-16T00:00:00Z') };
  t.same(boundaries(span, 'P1M', 'UTC'), [at('2024-06-01T00:00:00Z'), at('2024-07-01T00:00:00Z')]);
  t.same(boundaries(span, 'P1Y', 'UTC'), [at('2024-01-01T00:00:00Z'), at('2025-01-01T00:00:00Z')]);
});

t.test('a range that is too large names the step to use', async (t) => {
  const fromMs = at('2026-01-01T00:00:00Z');
  const ask = (step: Step, days: number): number =>
    boundaries({ fromMs, toMs: fromMs + days * 24 * HOUR_MS }, step, 'UTC').length - 1;
  t.equal(ask('PT1M', 2), maxIntervals.PT1M);
  t.throws(() => ask('PT1M', 2.01), RangeTooLargeError);
  t.throws(() => ask('PT1M', 2.01), { message: /2880 intervals of PT1M: use step=PT15M/ });
  t.throws(() => ask('PT1M', 60), { message: /use step=PT1H/ });
  t.throws(() => ask('PT15M', 365), { message: /use step=P1D/ });
  t.equal(ask('P1D', 4000), 4000);
  for (const step of steps) {
    const toMs = fromMs + maxIntervals[step] * usualLengthMs[step];
    t.doesNotThrow(() => boundaries({ fromMs, toMs }, step, 'UTC'), step);
    t.throws(() => boundaries({ fromMs, toMs: toMs + 1 }, step, 'UTC'), RangeTooLargeError, step);
  }
  const { PT1M, ...longer } = maxIntervals;
  t.same([PT1M, ...Object.values(longer)], [2880, 4000, 4000, 4000, 4000, 4000]);
  t.same(
    [usualLengthMs.P1M, usualLengthMs.P1Y],
    [30.4, 365].map((days) => days * usualLengthMs.P1D),
  );
  t.throws(() => ask('P1Y', 4001 * 365), { message: /intervals of P1Y: ask for a shorter range/ });
});
