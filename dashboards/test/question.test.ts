import t from 'tap';
import { parseQuestion, queryOf, referenceOf, shifted, withPeriod } from '../page/audit/question.ts';
import { parseRoute } from '../page/route.ts';
import { createZone } from '../page/zone.ts';

const asked = (query: string) => parseQuestion(query);

t.test('the address names site, period and state of knowledge', async (t) => {
  const query = 'period=2026-10&asOf=2026-11-01T00%3A00%3A00Z';
  const route = parseRoute(`#/sites/dc-1/audit?${query}`);
  t.same(route, {
    view: 'audit',
    site: 'dc-1',
    question: { period: '2026-10', from: null, to: null, asOf: '2026-11-01T00:00:00Z' },
  });
  t.equal(route.view === 'audit' && queryOf(route.question).toString(), query);
  t.same(parseRoute('#/sites/dc-1'), { view: 'site', site: 'dc-1' });
  t.same(parseRoute('#/sites/dc-1/other'), { view: 'nowhere' });
});

t.test('without a period it is the month of the site’s clock', async (t) => {
  const nowMs = Date.parse('2026-10-31T20:00:00Z');
  t.equal(withPeriod(asked(''), nowMs, createZone('Asia/Shanghai')).period, '2026-11');
  t.equal(withPeriod(asked('period=2025'), nowMs, createZone('UTC')).period, '2025');
  t.equal(withPeriod(asked('from=a&to=b'), nowMs, createZone('UTC')).period, null);
});

t.test('months and years before and after', async (t) => {
  t.equal(shifted(asked('period=2026-01'), -1), '2025-12');
  t.equal(shifted(asked('period=2026-12'), 1), '2027-01');
  t.equal(shifted(asked('period=2026'), -1), '2025');
  t.equal(shifted(asked('period=2026-10-05'), 1), null);
});

t.test('what a period is compared with', async (t) => {
  t.same(referenceOf(asked('period=2026-01'), 'previous'), { against: '2025-12' });
  t.same(referenceOf(asked('period=2026-02'), 'year-before'), { against: '2025-02' });
  t.equal(referenceOf(asked('period=2026'), 'year-before'), null);
  t.same(referenceOf(asked('from=2026-10-02T00:00:00Z&to=2026-10-03T00:00:00Z'), 'previous'), {
    againstFrom: '2026-10-01T00:00:00.000Z',
    againstTo: '2026-10-02T00:00:00.000Z',
  });
  t.equal(referenceOf(asked('period=today'), 'previous'), null);
});
