import fc from 'fast-check';
import t from 'tap';
import { QUARTER_MS } from '../../../src/accounting/interval.ts';
import { startOf, zoned } from '../../../src/kpi/boundaries.ts';
import { costFigures } from '../../../src/kpi/figures/cost.ts';
import { isDays, priceSpans, type Rate, type Tariff } from '../../../src/kpi/figures/tariff.ts';
import { energies, HOUR_MS } from '../../examples/figures.ts';

const always = { from: '00:00', to: '24:00' };
const tariffOf = (...energy: Rate[]): Tariff => ({ currency: 'EUR', energy });

function spanOf(from: string, to: string): { fromMs: number; toMs: number } {
  return { fromMs: Date.parse(from), toMs: Date.parse(to) };
}

/** Hours at each rate's name. */
function hoursOf(tariff: Tariff, span: { fromMs: number; toMs: number }, timezone: string): Record<string, number> {
  const hours: Record<string, number> = {};
  for (const { fromMs, toMs, rate } of priceSpans(tariff, span, timezone)) {
    const name = rate?.name ?? 'none';
    hours[name] = (hours[name] ?? 0) + (toMs - fromMs) / HOUR_MS;
  }
  return hours;
}

t.test('prices follow the clock and the day of the week', async (t) => {
  const tariff = tariffOf(
    { name: 'peak', price: 1.2, when: { days: 'mon-fri', from: '08:00', to: '12:00' } },
    { name: 'night', price: 0.3, when: { from: '22:00', to: '06:00' } },
    { name: 'flat', price: 0.7, when: always },
  );
  // 2026-03-02 is a Monday.
  const week = spanOf('2026-03-01T16:00:00Z', '2026-03-08T16:00:00Z');
  t.same(hoursOf(tariff, week, 'Asia/Shanghai'), { peak: 5 * 4, night: 7 * 8, flat: 7 * 24 - 20 - 56 });
  const whole = tariffOf({ name: 'all day', price: 1, when: { from: '08:00', to: '08:00' } });
  t.same(hoursOf(whole, week, 'Asia/Shanghai'), { 'all day': 168 });
  const ends = tariffOf({ name: 'ends', price: 1, when: { days: 'sat-mon', ...always } });
  t.same(hoursOf(ends, week, 'Asia/Shanghai'), { ends: 72, none: 96 });
  const [first] = priceSpans(tariff, week, 'Asia/Shanghai');
  t.match(first, { fromMs: week.fromMs, toMs: week.fromMs + 6 * HOUR_MS, rate: { name: 'night' } });
});

t.test('days of 23 and 25 hours have the prices that their clocks show', async (t) => {
  const tariff = tariffOf(
    { name: 'night', price: 0.3, when: { from: '01:30', to: '03:30' } },
    { name: 'day', price: 0.7, when: always },
  );
  const spring = spanOf('2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z');
  t.same(hoursOf(tariff, spring, 'Europe/Berlin'), { night: 1, day: 22 }, '02:00 to 03:00 is left out');
  const autumn = spanOf('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z');
  t.same(hoursOf(tariff, autumn, 'Europe/Berlin'), { night: 3, day: 22 }, '02:00 to 03:00 comes twice');
  const inside = tariffOf({ name: 'one', price: 1, when: { from: '02:15', to: '02:45' } });
  t.same(hoursOf(inside, spring, 'Europe/Berlin'), { none: 23 });
  t.same(hoursOf(inside, autumn, 'Europe/Berlin'), { one: 1, none: 24 });
});

t.test('a newer price replaces an older one from its day on', async (t) => {
  const tariff = tariffOf(
    { name: 'old', price: 1, when: always, validFrom: '2025-01-01' },
    { name: 'new', price: 2, when: always, validFrom: '2026-01-01', validTo: '2026-01-03' },
  );
  const span = spanOf('2025-12-30T15:00:00Z', '2026-01-05T15:00:00Z');
  t.same(hoursOf(tariff, span, 'Asia/Tokyo'), { old: 4 * 24, new: 48 });
  const [old, newer] = tariff.energy as [Rate, Rate];
  const listed = tariffOf({ name: 'ever', price: 3, when: always }, newer, old);
  t.same(hoursOf(listed, span, 'Asia/Tokyo'), { old: 4 * 24, new: 48 }, 'in whichever order they stand');
  t.same(hoursOf(tariff, spanOf('2024-12-31T00:00:00Z', '2025-01-01T12:00:00Z'), 'UTC'), { none: 24, old: 12 });
});

t.test('every quarter-hour has the price that its own clock asks for, in any zone', async (t) => {
  const zones = ['Europe/Berlin', 'America/Havana', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Asia/Shanghai', 'UTC'];
  const time = fc.nat(95).map((quarter) => clock(15 * quarter));
  const property = fc.property(fc.constantFrom(...zones), fc.nat(700), time, time, (timezone, day, from, to) => {
    fc.pre(from !== to);
    const tariff = tariffOf({ name: 'in', price: 1, when: { from, to } });
    const startMs = startOf(
      zoned(Date.UTC(2026, 0, 1), timezone)
        .toPlainDate()
        .add({ days: day }),
      timezone,
    );
    const span = { fromMs: startMs, toMs: startMs + 26 * HOUR_MS };
    const spans = priceSpans(tariff, span, timezone);
    t.equal(spans[0]?.fromMs, span.fromMs);
    t.equal(spans.at(-1)?.toMs, span.toMs);
    for (let ms = span.fromMs; ms < span.toMs; ms += QUARTER_MS) {
      const at = zoned(ms, timezone);
      const shown = clock(60 * at.hour + at.minute);
      const isIn = from < to ? shown >= from && shown < to : shown >= from || shown < to;
      const found = spans.find(({ fromMs, toMs }) => fromMs <= ms && ms < toMs);
      if ((found?.rate !== null) !== isIn) return false;
    }
    return true;
  });
  fc.assert(property, { numRuns: 40, seed: 7 });
});

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

t.test('days are one, a range, or several', async (t) => {
  for (const text of ['mon', 'mon-fri', 'sat,sun', 'fri-mon, wed']) t.ok(isDays(text), text);
  for (const text of ['', 'monday', 'mon-', 'mon-tue-wed', 'sat;sun', 'x-mon', 'mon-x']) t.notOk(isDays(text), text);
});

t.test('what has no price is said, and not in the cost', async (t) => {
  const tariff = tariffOf({ name: 'peak', price: 2, when: { from: '08:00', to: '10:00' } });
  const spans = priceSpans(tariff, spanOf('2026-03-02T07:00:00Z', '2026-03-02T11:00:00Z'), 'UTC').map((span) => ({
    span,
    energies: energies(span.toMs - span.fromMs, (span.toMs - span.fromMs) / 2, span.toMs - span.fromMs),
  }));
  const { energyCost, overheadCost } = costFigures(tariff, spans, 4 * HOUR_MS);
  t.match(energyCost, { value: 2 * 7200, unit: 'EUR', coverage: 0.5, reason: null });
  t.match(energyCost.notes, [/no price for 2.00 h that were measured, with 7200.0 kWh/]);
  t.match(overheadCost, { value: 7200, unit: 'EUR' });
  const apart = spans.map(({ span, energies: of }) => ({
    span,
    energies: { ...of, pairedMs: 0, pairedTotalWh: 0, pairedItWh: 0 },
  }));
  t.match(costFigures(tariff, apart, 4 * HOUR_MS).overheadCost, {
    value: null,
    reason: 'no energy was measured',
    coverage: 0,
  });
  const long = [{ span: { fromMs: 0, toMs: 1, rate: null }, energies: energies(1, 1, 36_000 * HOUR_MS) }];
  t.match(costFigures(tariff, long, 1).energyCost.notes, [/for 36000.00 h/]);
  t.match(costFigures(tariff, [], HOUR_MS).energyCost, { value: null, reason: 'no energy was measured' });
  t.match(costFigures(undefined, [], HOUR_MS).overheadCost, { value: null, reason: /no tariff/ });
  const [{ span } = { span: spans[0]?.span }] = spans;
  const unpriced = [{ span: span as NonNullable<typeof span>, energies: energies(1, 1) }];
  t.match(costFigures(tariff, unpriced, HOUR_MS).energyCost, { value: null, reason: /has no price for the time/ });
});
