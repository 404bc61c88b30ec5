import t from 'tap';
import { LocalCalendar } from '../../src/estimation/calendar.ts';

const iso = (days: readonly (readonly number[])[]): string[][] =>
  days.map((day) => day.map((ms) => new Date(ms).toISOString().slice(0, 16)));

t.test('the same hour is the hour that clocks show, over changes of the clocks', async (t) => {
  const span = { fromMs: Date.UTC(2026, 1, 20), toMs: Date.UTC(2026, 10, 10) };
  const calendar = new LocalCalendar(span, 'Europe/Berlin');
  // Monday 30 March, 02:30 of summer time; the clocks went forward on Sunday 29 March at 02:00.
  t.same(iso(calendar.similar(Date.UTC(2026, 2, 30, 0, 30), 4)), [['2026-03-27T01:30'], ['2026-03-26T01:30']]);
  // Sunday 5 April, 02:30: on 29 March no clock showed that.
  t.same(iso(calendar.similar(Date.UTC(2026, 3, 5, 0, 30), 8)), [['2026-04-04T00:30'], [], ['2026-03-28T01:30']]);
  // Saturday 31 October, 02:30 of winter time: on 25 October it was 02:30 twice.
  t.same(iso(calendar.similar(Date.UTC(2026, 9, 31, 1, 30), 7)), [
    ['2026-10-25T00:30', '2026-10-25T01:30'],
    ['2026-10-24T00:30'],
  ]);
  // And on 25 October itself both are at 02:30.
  for (const hour of [0, 1]) t.same(iso(calendar.similar(Date.UTC(2026, 9, 25, hour, 30), 1)), [['2026-10-24T00:30']]);
  t.equal(calendar.startOfDay(Date.UTC(2026, 9, 25, 22, 59)), Date.UTC(2026, 9, 24, 22));
  t.equal(calendar.startOfDay(Date.UTC(2026, 9, 25, 23)), Date.UTC(2026, 9, 25, 23));
});

t.test('working days and weekends are those of the zone, which may begin on a quarter-hour', async (t) => {
  const calendar = new LocalCalendar({ fromMs: Date.UTC(2026, 9, 1), toMs: Date.UTC(2026, 9, 20) }, 'Asia/Kathmandu');
  // Saturday 10 October, 00:00 in Kathmandu, while it is Friday in London.
  t.same(iso(calendar.similar(Date.UTC(2026, 9, 9, 18, 15), 7)), [['2026-10-03T18:15'], ['2026-10-02T18:15']]);
});

t.test('days before the calendar begins are not there', async (t) => {
  const calendar = new LocalCalendar({ fromMs: Date.UTC(2026, 9, 6), toMs: Date.UTC(2026, 9, 9) }, 'UTC');
  t.same(iso(calendar.similar(Date.UTC(2026, 9, 8), 21)), [['2026-10-07T00:00'], ['2026-10-06T00:00']]);
});
