import t from 'tap';
import type { Finding } from '../../src/findings/finding.ts';
import { FakeFigures, hall, NOW_MS } from './fake-figures.ts';
import { apiOf } from './serve.ts';

interface Answer {
  readonly site: string;
  readonly period: { readonly name: string; readonly start: string; readonly end: string };
  readonly findings: readonly (Omit<Finding, 'span'> & { readonly from: string | null; readonly to: string | null })[];
}

const twice = {
  ...hall,
  points: hall.points.map((one) => (one.point === 'utility-a' ? { ...one, feeds: ['nope'] } : one)),
};

t.test('the last seven days of the site, today included, up to the quarter-hour', async (t) => {
  const figures = new FakeFigures({ sites: [twice] });
  const answer = (await apiOf(t, figures).inject('/api/v1/sites/dc-1/findings')).json<Answer>();
  t.same(answer.period, { name: 'last-7-days', start: '2026-09-28T16:00:00Z', end: '2026-10-05T06:15:00Z' });
  t.match(answer.findings, [
    {
      id: 'feeds-unknown/utility-a',
      kind: 'feeds-unknown',
      severity: 'warning',
      from: null,
      to: null,
      acknowledged: null,
    },
    { id: 'messages-lost/agent-1', kind: 'messages-lost', agent: 'agent-1' },
  ]);
});

t.test('a period, and what is asked wrongly', async (t) => {
  const figures = new FakeFigures({ sites: [twice] });
  const api = apiOf(t, figures);
  const reset = { kind: 'reset', agentId: 0, count: 1, beforeWh: 5000, afterWh: 3 } as const;
  const fromMs = NOW_MS - 3_600_000;
  const noted = { ...reset, pointId: 1, fromMs, toMs: fromMs, receivedMs: fromMs + 1000 };
  figures.noted = { incidents: [noted], clocks: [], registers: [], meters: [] };
  const kinds = async (query: string): Promise<string[]> =>
    (await api.inject(`/api/v1/sites/dc-1/findings?${query}`)).json<Answer>().findings.map(({ kind }) => kind);
  const always = ['feeds-unknown', 'messages-lost'];
  t.same(await kinds('period=2026-10-05'), [...always, 'register-reset']);
  t.same(await kinds('period=2026-10-04'), always);
  t.same(await kinds('from=2026-10-05T05:00:00Z&to=2026-10-05T06:00:00Z'), [...always, 'register-reset']);
  t.same(
    await kinds('period=2026-10-05&asOf=2026-10-05T05:00:00Z'),
    ['feeds-unknown'],
    'not known by then, and nothing of agents now',
  );
  t.same(await kinds('period=2027'), always, 'a time to come');
  for (const query of ['from=2026-10-05T05:00:00Z', 'period=2026&to=2026-10-05T05:00:00Z', 'period=yesterday']) {
    const { statusCode } = await api.inject(`/api/v1/sites/dc-1/findings?${query}`);
    t.equal(statusCode, 400, query);
  }
});
