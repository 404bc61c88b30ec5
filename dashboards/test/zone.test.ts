import t from 'tap';
import { createZone } from '../page/zone.ts';

const at = (iso: string) => Date.parse(iso);

t.test('times are written in the zone, and the zone is named', async (t) => {
  const zone = createZone('Asia/Shanghai');
  const timeMs = at('2026-10-05T16:03:22Z');
  t.equal(zone.clock(timeMs), '00:03:22');
  t.equal(zone.minute(timeMs), '00:03');
  t.equal(zone.day(timeMs), '2026-10-06');
  t.equal(zone.shortDay(timeMs), '6 Oct');
  t.equal(zone.month(timeMs), 'Oct 2026');
  t.equal(zone.name(timeMs), 'Asia/Shanghai (UTC+8)');
});

t.test('a zone that nobody knows is UTC, and says so', async (t) => {
  const zone = createZone('Nowhere/Atlantis');
  t.equal(zone.name(0), 'UTC');
  t.equal(zone.clock(0), '00:00:00');
});

t.test('spans', async (t) => {
  const zone = createZone('Asia/Shanghai');
  const span = (start: string, end: string) => zone.span(at(start), at(end));
  t.equal(span('2026-10-05T06:02:00Z', '2026-10-05T06:03:00Z'), '2026-10-05 14:02–14:03');
  t.equal(span('2026-10-05T15:59:00Z', '2026-10-05T16:00:00Z'), '2026-10-05 23:59–00:00');
  t.equal(span('2026-10-05T15:00:00Z', '2026-10-05T17:00:00Z'), '2026-10-05 23:00–2026-10-06 01:00');
  t.equal(span('2026-10-04T16:00:00Z', '2026-10-05T16:00:00Z'), '2026-10-05');
  t.equal(span('2026-10-04T16:00:00Z', '2026-10-07T16:00:00Z'), '2026-10-05 to 2026-10-07');
  t.equal(span('2026-09-30T16:00:00Z', '2026-10-31T16:00:00Z'), '2026-10');
});

t.test('days of 23 and 25 hours begin at their midnight', async (t) => {
  const zone = createZone('Europe/Berlin');
  t.equal(zone.dayStart(at('2026-03-29T20:00:00Z')), at('2026-03-28T23:00:00Z'));
  t.equal(zone.dayStart(at('2026-03-30T20:00:00Z')), at('2026-03-29T22:00:00Z'));
  t.equal(zone.dayStart(at('2026-10-25T22:30:00Z')), at('2026-10-24T22:00:00Z'));
  t.equal(zone.dayStart(at('2026-10-25T23:30:00Z')), at('2026-10-25T23:00:00Z'));
});

t.test('a field for date and time, there and back', async (t) => {
  const zone = createZone('Europe/Berlin');
  t.equal(zone.wall(at('2026-10-05T06:03:20Z')), '2026-10-05T08:03');
  t.equal(zone.instant('2026-10-05T08:03'), at('2026-10-05T06:03:00Z'));
  t.equal(zone.instant('2026-01-05T00:00'), at('2026-01-04T23:00:00Z'));
  t.equal(zone.instant('2026-10-25T02:30'), at('2026-10-25T01:30:00Z'), 'the second of the hour that comes twice');
  t.equal(zone.instant(''), null);
});

t.test('months, across a change of the year', async (t) => {
  const zone = createZone('Europe/Berlin');
  const timeMs = at('2026-01-31T23:30:00Z');
  t.equal(zone.monthStart(timeMs, 0), at('2026-01-31T23:00:00Z'));
  t.equal(zone.monthStart(timeMs, -2), at('2025-11-30T23:00:00Z'));
  t.equal(zone.monthStart(timeMs, 11), at('2026-12-31T23:00:00Z'));
});
