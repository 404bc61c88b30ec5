import t from 'tap';
import type { Figure } from '../../src/kpi/figures/figure.ts';
import type { Site } from '../../src/site/site.ts';
import { siteWith } from '../examples/figures.ts';
import { point } from '../site/example.ts';
import { FakeFigures } from './fake-figures.ts';
import { apiOf } from './serve.ts';

const tariff = {
  currency: 'CNY',
  energy: [
    { name: 'peak', price: 1.2, when: { days: 'mon-fri', from: '08:00', to: '12:00' } },
    { name: 'flat', price: 0.6, when: { from: '00:00', to: '24:00' } },
  ],
};

const campus: Site = {
  ...siteWith(
    [
      point(1, 'utility'),
      point(2, 'it', { channels: ['power', 'utilisation'] }),
      point(3, 'cooling'),
      point(6, 'water', { channels: ['volume'] }),
      point(7, 'heat-reuse'),
      point(8, 'heat-removal'),
    ],
    { grid: 'cn-east', renewables: [], tariff },
  ),
  site: 'campus',
  timezone: 'Asia/Shanghai',
};

/** 2026-10-01 to 02 of Shanghai: a Thursday and a Friday. */
const sinceMs = Date.parse('2026-09-30T16:00:00Z');
const query = 'from=2026-09-30T16:00:00Z&to=2026-10-02T16:00:00Z';

type Answer = { readonly figures: Readonly<Record<string, Figure & { readonly definition: object }>> };

t.test('all figures of a site, with their inputs and where they come from', async (t) => {
  const api = apiOf(t, new FakeFigures({ sites: [campus], sinceMs }));
  const answer = (await api.inject(`/api/v1/sites/campus/figures?${query}`)).json<Answer>();
  t.match(answer, {
    site: 'campus',
    period: { start: '2026-09-30T16:00:00Z', end: '2026-10-02T16:00:00Z', complete: true },
  });
  const close = (id: string, expected: number): void => {
    const { value, coverage, reason } = answer.figures[id] as Figure;
    t.ok(Math.abs((value ?? Number.NaN) - expected) < 1e-9 * expected, `${id} is ${value}, not ${expected}`);
    t.same([coverage, reason], [1, null], id);
  };
  close('energy', 1.25 * 48);
  close('emissions', (1.25 * 48 * 0.55) / 1000);
  close('cue', 1.25 * 0.55);
  close('wue', 2);
  close('erf', 0.2);
  close('ere', 0.8 * 1.25);
  close('cer', 4);
  close('iteusv', 20);
  close('energyCost', 1.25 * (8 * 1.2 + 40 * 0.6));
  close('overheadCost', 0.25 * (8 * 1.2 + 40 * 0.6));
  t.match(answer.figures['ref'], {
    value: 0,
    unit: '1',
    definition: { standard: /30134-3/, edition: 'not established' },
  });
  t.match(answer.figures['cue'], {
    unit: 'kgCO2e/kWh',
    inputs: [{ unit: 'Wh' }, { unit: 'Wh' }, { value: 0.55, source: /East China grid 2023.*secondary/ }],
  });
});

t.test('half of the time missing halves the coverage and no ratio', async (t) => {
  const isMissing = (startMs: number): boolean => Math.floor(startMs / 3_600_000) % 2 === 0;
  const api = apiOf(t, new FakeFigures({ sites: [campus], sinceMs, isMissing }));
  const { figures } = (await api.inject(`/api/v1/sites/campus/figures?${query}`)).json<Answer>();
  for (const [id, value] of [
    ['cue', 0.6875],
    ['wue', 2],
    ['erf', 0.2],
    ['cer', 4],
  ] as const) {
    t.ok(Math.abs((figures[id]?.value ?? Number.NaN) - value) < 1e-9, id);
    t.equal(figures[id]?.coverage, 0.5, id);
  }
});

t.test('what is missing has no value and says why', async (t) => {
  const api = apiOf(t, new FakeFigures());
  const of = async (url: string): Promise<Answer['figures']> => (await api.inject(url)).json<Answer>().figures;
  const hall = await of('/api/v1/sites/dc-1/figures?period=2026-10-05');
  for (const id of ['emissions', 'cue', 'wue', 'ref', 'erf', 'ere', 'cer', 'iteusv', 'energyCost', 'overheadCost']) {
    t.equal(hall[id]?.value, null, id);
    t.ok((hall[id]?.reason ?? '').length > 10, id);
  }
  t.ok((hall['energy']?.value ?? 0) > 0);
  const station = await of('/api/v1/sites/bs-1/figures');
  t.match(station['cue'], { value: null, reason: /base station/ });
  t.ok((station['energy']?.value ?? 0) > 0);
  t.match(await of('/api/v1/sites/dc-1/figures?period=2030'), { energy: { value: null, reason: /not begun/ } });
  const long = await api.inject('/api/v1/sites/dc-1/figures?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z');
  t.match(long.json(), { status: 400, code: 'invalid-period', detail: /three years/ });
});

t.test('as of an instant, sums are asked as of it', async (t) => {
  const figures = new FakeFigures({ sites: [campus], sinceMs });
  const api = apiOf(t, figures);
  await api.inject(`/api/v1/sites/campus/figures?${query}&asOf=2026-10-02T00:00:00Z`);
  t.ok(figures.asked.length >= 1);
  t.ok(figures.asked.every(({ asOfMs }) => asOfMs === Date.parse('2026-10-02T00:00:00Z')));
});
