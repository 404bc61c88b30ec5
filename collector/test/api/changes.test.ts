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
    cost: null,
    rates: { price: { perKwh: null, reason: /no tariff/ }, emissions: { perKwh: null, reason: /no grid/ } },
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

t.test('money and emissions by the tariff and the grid of the site file', async (t) => {
  const when = { from: '00:00', to: '24:00' };
  const energy = [
    { name: 'flat', price: 0.5, when },
    { name: 'night', price: 0.7, when: { from: '00:00', to: '12:00' }, validFrom: '2026-10-04' },
  ];
  const gridFactors = [
    { from: '2026-10-01', kgPerKwh: 0.6, source: 'supplier' },
    { from: '2026-10-05', kgPerKwh: 0.4, source: 'supplier' },
  ];
  const rated = { ...designed, file: { ...designed.file, tariff: { currency: 'CNY', energy }, gridFactors } };
  const api = apiOf(t, new FakeFigures({ sites: [rated], sinceMs: NOW_MS - 40 * DAY }));
  // The whole days of 4 and 5 October in Shanghai, of which the second is over to 14:00: 12 hours a day cost 0.7.
  const query = 'from=2026-10-03T16:00:00Z&to=2026-10-05T06:00:00Z&against=target';
  const answer = (await api.inject(`/api/v1/sites/dc-2/changes?${query}`)).json();
  const near = (found: number, wanted: number): void =>
    void t.ok(Math.abs(found - wanted) < 1e-9 * Math.abs(wanted), `${found}`);
  near(answer.rates.price.perKwh, (24 * 0.7 + 14 * 0.5) / 38);
  near(answer.rates.emissions.perKwh, (24 * 0.6 + 14 * 0.4) / 38);
  near(answer.cost, (answer.energyWh / 1000) * answer.rates.price.perKwh);
  near(answer.parts[0].co2T, (answer.parts[0].energyWh / 1e6) * answer.rates.emissions.perKwh);
  t.equal(answer.rates.currency, 'CNY');
  const earlier = (await api.inject('/api/v1/sites/dc-2/changes?period=2026-09-30&against=target')).json();
  t.match(earlier, {
    co2T: null,
    rates: { price: { perKwh: 0.5 }, emissions: { perKwh: null, reason: /no grid factor/ } },
  });
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
