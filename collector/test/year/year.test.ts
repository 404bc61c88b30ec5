import t from 'tap';
import { scratch } from '../support/rig.ts';
import { check, midnightMs } from './check.ts';

/**
 * Figures of the collector against the same figures computed by a database from the raw readings. Twelve days of 12 points here;
 * the year of 100 points is `npm run bench -- proof`.
 */

const FROM = Date.UTC(2026, 9, 21);
const DAYS = 12;

t.test('the figures of twelve days are those that a database computes from the raw readings', async (t) => {
  const local = (month: number, day: number): number => midnightMs(2026, month, day);
  const checked = await check(scratch(t), { points: 12, fromMs: FROM, days: DAYS }, [
    { name: 'the day of 25 hours', fromMs: local(10, 25), toMs: local(10, 26) },
    { name: 'before the corrections', fromMs: local(10, 22), toMs: local(10, 28) },
    { name: 'rest of October', fromMs: local(10, 22), toMs: local(11, 1) },
    { name: 'all', fromMs: local(10, 22), toMs: local(11, 2) },
  ]);
  t.equal(local(10, 26) - local(10, 25), 25 * 3_600_000);
  t.ok(checked.readings > 250_000, `${checked.readings} readings`);
  t.ok(checked.figures > 300, `${checked.figures} figures`);
  t.ok(checked.duplicates > 0 && checked.restated > 0, 'messages came twice, and corrections changed figures');
  t.strictSame(checked.wrong, []);
});
