import t from 'tap';
import { MAX_PERIOD_MS, siteFigures } from '../../../src/kpi/figures/site-figures.ts';
import { type Period, PeriodError, periodBetween } from '../../../src/kpi/period.ts';
import type { Site } from '../../../src/site/site.ts';
import { FakeFigures, NOW_MS, station } from '../../api/fake-figures.ts';
import { siteWith } from '../../examples/figures.ts';
import { point } from '../../site/example.ts';

/** The hall of the fake figures: 1250 W, of which IT 1000 W, cooling 200 W, and beside it 2 L of water, 250 W reused. */
const hall = siteWith(
  [
    point(1, 'utility'),
    point(2, 'it', { channels: ['power', 'utilisation'] }),
    point(3, 'cooling'),
    point(6, 'water', { quantity: 'volume' }),
    point(7, 'heat-reuse'),
    point(8, 'heat-removal'),
    point(null, 'heat-reuse', { point: 'unseen', role: null }),
    point(null, null, { point: 'spare', channels: ['utilisation'] }),
  ],
  { grid: 'cn-east', renewables: [] },
);
const knowledge = { nowMs: NOW_MS, asOfMs: null };
const hours = (from: string, to: string): Period => periodBetween(`2026-10-05T${from}:00Z`, `2026-10-05T${to}:00Z`);
const figuresOf = (of: Site, period: Period, figures = new FakeFigures({ sites: [of] })) =>
  siteFigures(figures, of, period, knowledge);

t.test('all figures of a time in which everything was measured', async (t) => {
  const { energy, emissions, wue, erf, ere, cer, iteusv, energyCost } = await figuresOf(hall, hours('02:00', '06:00'));
  t.match(energy, { value: 5, coverage: 1, inputs: [{ value: 5000, unit: 'Wh' }] });
  t.match([emissions.value, wue.value, erf.value, cer.value], [0.00275, 2, 0.2, 4]);
  t.match(ere, { value: 0.8 * 1.25, coverage: 1 });
  t.match(iteusv, { value: 20, coverage: 0.5 }, 'one of two servers has a number');
  t.match(energyCost, { value: null, reason: /no tariff/ });
});

t.test('each price has its own energy', async (t) => {
  const energy = [
    { name: 'day', price: 2, when: { from: '03:00', to: '05:00' } },
    { name: 'night', price: 1, when: { from: '05:00', to: '03:00' } },
  ];
  const priced = { ...hall, file: { ...hall.file, tariff: { currency: 'CNY', energy } } };
  const { energyCost, overheadCost } = await figuresOf(priced, hours('02:00', '06:00'));
  t.match(
    [energyCost, overheadCost],
    [
      { value: 1.25 * (2 + 4), coverage: 1 },
      { value: 0.25 * (2 + 4), coverage: 1 },
    ],
  );
});

t.test('the time elapsed is what figures are of', async (t) => {
  const begun = await figuresOf(hall, hours('05:00', '07:00'));
  t.ok(Math.abs((begun.energy.coverage ?? 0) - 1) < 1e-9, 'not what is to come');
  const gap = new FakeFigures({ sites: [hall], sinceMs: Date.parse('2026-10-05T04:00:00Z') });
  const half = await figuresOf(hall, hours('02:00', '06:00'), gap);
  t.match(
    [half.energy, half.ere],
    [
      { value: 2.5, coverage: 0.5 },
      { value: 0.8 * 1.25, coverage: 0.5 },
    ],
  );
  const dark = (untilMs: number) => new FakeFigures({ sites: [hall], isMissing: (ms, id) => id === 2 && ms < untilMs });
  const blinded = await figuresOf(hall, hours('02:00', '06:00'), dark(Date.parse('2026-10-05T04:00:00Z')));
  t.match([blinded.erf, blinded.ere], [{ coverage: 1 }, { value: 1, coverage: 0.5 }], 'IT for half of the time');
  const without = await figuresOf(hall, hours('02:00', '06:00'), dark(NOW_MS));
  t.match(without.ere, { value: null, reason: /no PUE/ });
  const never = await figuresOf(hall, periodBetween('2026-09-01T00:00:00Z', '2026-09-02T00:00:00Z'));
  t.match(never.energy, { value: null, reason: 'at no time was all of the total measured' });
  t.match(never.ere, { value: null });
  const later = await figuresOf(hall, hours('07:00', '08:00'));
  t.ok(Object.values(later).every(({ reason }) => reason === 'the period has not begun'));
  const now = { ...hours('06:00', '07:00'), fromMs: NOW_MS };
  t.equal((await figuresOf(hall, now)).energy.reason, 'the period has not begun');
  const justNow = await figuresOf(hall, { ...now, fromMs: NOW_MS - 1 });
  t.match(justNow.energy, { reason: 'at no time was all of the total measured' });
});

t.test('only what some figure needs is asked for', async (t) => {
  const asked: (readonly number[])[] = [];
  class Asked extends FakeFigures {
    override async pointSumsOf(ids: readonly number[], boundariesMs: readonly number[]) {
      asked.push(ids);
      return super.pointSumsOf(ids, boundariesMs);
    }
    override async gaugeMeansOf(...question: Parameters<FakeFigures['gaugeMeansOf']>) {
      asked.push(question[0]);
      return super.gaugeMeansOf(...question);
    }
  }
  const of = (points: Site['points']): Site => ({ ...hall, points });
  const ask = async (site: Site): Promise<unknown> => {
    asked.length = 0;
    await figuresOf(site, hours('02:00', '06:00'), new Asked({ sites: [site] }));
    return asked;
  };
  t.same(await ask(hall), [[1, 3, 6, 7, 8], [2]]);
  t.same(await ask(of([point(1, 'utility'), point(2, 'it'), point(3, 'cooling')])), [[1]], 'cooling without its heat');
});

t.test('three years are asked for at once, and no more; a base station has what is defined for it', async (t) => {
  const years = (ms: number): Period => ({ name: 'years', fromMs: NOW_MS - ms, toMs: NOW_MS });
  t.equal(MAX_PERIOD_MS, 3 * 366 * 86_400_000);
  await t.resolves(figuresOf(hall, years(MAX_PERIOD_MS)));
  await t.rejects(figuresOf(hall, years(MAX_PERIOD_MS + 1)), PeriodError);
  const { energy, cue, emissions } = await figuresOf(station, hours('02:00', '06:00'));
  t.match([energy, cue, emissions], [{ value: 20 }, { reason: /defined for data centres/ }, { reason: /set grid/ }]);
});
