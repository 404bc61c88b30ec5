import t from 'tap';
import { emptySiteFile } from '../../src/site/site-file.ts';
import { FakeFigures, hall, NOW_MS } from './fake-figures.ts';
import { apiOf } from './serve.ts';

const DAY = 86_400_000;
const figures = new FakeFigures({ sinceMs: NOW_MS - 40 * DAY });
const designed = {
  ...hall,
  site: 'dc-2',
  file: {
    ...emptySiteFile({ site: 'dc-2', group: 'default' }),
    designShares: { cooling: 0.7, lighting: 0.05, other: 0.05, losses: 0.2, source: 'design of 2024' },
  },
};

t.test('two periods, part by part', async (t) => {
  const api = apiOf(t, figures);
  const { statusCode, body } = await api.inject('/api/v1/sites/dc-1/changes?period=2026-10&against=2026-09-30');
  const { sentences, parts, ...answer } = JSON.parse(body);
  t.equal(statusCode, 200);
  t.match(answer, {
    site: 'dc-1',
    metric: 'pue',
    period: { name: '2026-10', complete: false, coverage: 1, level: 'ups-output' },
    against: { name: '2026-09-30', start: '2026-09-29T16:00:00Z', complete: true, coverage: 1 },
    target: null,
    merged: ['lighting', 'other'],
    loadReason: /7 days/,
    reason: null,
  });
  t.ok(Math.abs(answer.period.value - 1.25) < 1e-9);
  t.ok(Math.abs(answer.change) < 1e-9);
  t.same(
    parts.map(({ part }: { part: string }) => part),
    ['it-load', 'cooling', 'losses'],
  );
  t.ok(Math.abs(parts[1].after.ratio - 0.2) < 1e-9);
  t.ok(Math.abs(parts[1].before.powerW - 200) < 1e-9);
  t.match(sentences[0], 'PUE did not change: 1.250 in 2026-09-30, 1.250 in 2026-10.');
});

t.test('instants instead of names', async (t) => {
  const api = apiOf(t, figures);
  const query =
    'from=2026-10-01T00:00:00Z&to=2026-10-02T00:00:00Z&againstFrom=2026-09-01T00:00:00Z&againstTo=2026-09-03T00:00:00Z';
  const answer = (await api.inject(`/api/v1/sites/dc-1/changes?${query}`)).json();
  t.match(answer, { reason: null, against: { name: '2026-09-01T00:00:00Z/2026-09-03T00:00:00Z' } });
});

t.test('what is too thinly measured is not explained', async (t) => {
  const api = apiOf(t, figures);
  const answer = (await api.inject('/api/v1/sites/dc-1/changes?period=2026-10&against=2025')).json();
  t.match(answer, { change: null, parts: [], reason: /coverage of 2025 is 0 %/ });
  t.match(answer.sentences, [/^No explanation is given: coverage of 2025/]);
  t.match((await api.inject('/api/v1/sites/dc-1/changes?period=2027&against=target')).json(), {
    reason: /2027 has not begun/,
  });
});

t.test('the gap to the target, divided by the design', async (t) => {
  const api = apiOf(t, new FakeFigures({ sites: [hall, designed] }));
  const query = 'changes?period=2026-10-05&against=target';
  const plain = (await api.inject(`/api/v1/sites/dc-1/${query}`)).json();
  t.match(plain, {
    against: null,
    target: { value: 1.3 },
    parts: [{ part: 'cooling', points: null, energyWh: null }, {}],
  });
  t.ok(Math.abs(plain.change + 0.05) < 1e-9);
  t.ok(Math.abs(plain.energyWh + 0.05 * plain.period.paired.itWh) < 1e-6);
  const divided = (await api.inject(`/api/v1/sites/dc-2/${query}`)).json();
  t.ok(Math.abs(divided.parts[0].points - (0.2 - 0.21)) < 1e-9);
  t.ok(Math.abs(divided.parts[1].points - (0.05 - 0.09)) < 1e-9);
});

t.test('a base station has no PUE to be held against', async (t) => {
  const api = apiOf(t, figures);
  const answer = (await api.inject('/api/v1/sites/bs-1/changes?period=2026-10&against=2026-09-30')).json();
  t.match(answer, { metric: 'total-over-telecom', reason: null });
  t.notMatch(answer.sentences.join(' '), /PUE/);
  const refused = await api.inject('/api/v1/sites/bs-1/changes?against=target');
  t.match(refused.json(), { code: 'invalid-request', detail: /base station/ });
});

t.test('a request must say what to compare', async (t) => {
  const api = apiOf(t, figures);
  const refusals: readonly (readonly [string, RegExp])[] = [
    ['', /against is required/],
    ['?against=2026-13', /not in the calendar/],
    ['?against=2026-09&againstFrom=2026-09-01T00:00:00Z', /either against/],
    ['?againstFrom=2026-09-01T00:00:00Z', /againstFrom and againstTo are required together/],
    ['?against=target&againstTo=2026-09-01T00:00:00Z', /either against/],
    ['?against=2026-09&period=2026-10&from=2026-09-01T00:00:00Z', /either period/],
  ];
  for (const [query, detail] of refusals) {
    const answer = await api.inject(`/api/v1/sites/dc-1/changes${query}`);
    t.equal(answer.statusCode, 400, query);
    t.match(answer.json().detail, detail, query);
  }
  t.match((await api.inject('/api/v1/sites/nope/changes?against=target')).json(), { code: 'unknown-site' });
});
