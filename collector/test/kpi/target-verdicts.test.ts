import t from 'tap';
import { parsePeriod, type Period } from '../../src/kpi/period.ts';
import { siteKpis } from '../../src/kpi/site-kpis.ts';
import { siteVerdicts } from '../../src/kpi/target-verdicts.ts';
import type { Site } from '../../src/site/site.ts';
import { FakeFigures, hall, NOW_MS, station } from '../api/fake-figures.ts';
import { point } from '../site/example.ts';

const target = (id: string, metric: 'pue' | 'see' | 'baseline-change' | 'wue', value: number) => ({
  id,
  metric,
  value,
  source: 'test',
});

/** What is said of each target of a site, by its id. */
async function reasons(
  at: Site,
  targets: NonNullable<Site['file']['targets']>,
  period: Period,
  { designValue, knobs }: { designValue?: number; knobs?: ConstructorParameters<typeof FakeFigures>[0] } = {},
): Promise<Record<string, unknown>> {
  const designPue = designValue === undefined ? {} : { designPue: { value: designValue, source: 'design report' } };
  const site = { ...at, file: { ...at.file, targets, ...designPue } };
  const figures = new FakeFigures({ sites: [site], ...knobs });
  const knowledge = { nowMs: NOW_MS, asOfMs: null };
  const { others } = await siteVerdicts(figures, site, await siteKpis(figures, site, period, knowledge), knowledge);
  return Object.fromEntries(
    others.map(({ target: { id }, judgement: { verdict, reason }, design }) => [
      id,
      { verdict, reason, design: design === null ? 'none' : design.verdict },
    ]),
  );
}

const today = parsePeriod('today', hall.timezone, NOW_MS);

t.test('a target of what the site does not have says so, and has no verdict', async (t) => {
  const [pue, see, change] = [target('p', 'pue', 1.3), target('s', 'see', 0.7), target('b', 'baseline-change', -0.1)];
  t.match(await reasons(hall, [see, change], today), {
    s: { verdict: null, reason: 'the target is a SEE, which is defined for a base station' },
    b: { verdict: null, reason: 'the site has no baseline to be held against' },
  });
  t.match(await reasons(station, [pue, see, change], today), {
    p: { verdict: null, reason: 'the target is a PUE, which is not defined for a base station' },
    s: { verdict: String },
    b: { verdict: String },
  });
});

t.test('each target is held against its own figure, and its own coverage', async (t) => {
  const wet = { ...hall, points: [...hall.points, point(6, 'water', { quantity: 'volume' })] };
  const targets = [target('p', 'pue', 1.2), target('w', 'wue', 2.1), target('x', 'wue', 1.9)];
  const found = await reasons(wet, targets, today);
  t.match(found, {
    p: { verdict: 'missed', reason: /^1\.250 ± 0\.0\d\d lies above 1.2; provisional/ },
    w: { verdict: 'met', reason: /^2\.000 does not exceed 2.1; its uncertainty is not computed/ },
    x: { verdict: 'missed' },
  });
  const gap = { isMissing: (ms: number, pointId: number) => pointId === 6 && ms < today.fromMs + 6 * 3_600_000 };
  t.match(await reasons(wet, targets, today, { knobs: gap }), {
    p: { verdict: 'missed' },
    w: { verdict: 'insufficient-data', reason: /^coverage is 56\.9 % of the time/ },
  });
  const dark = { isMissing: (_: number, pointId: number) => pointId === 2 };
  t.match(await reasons(wet, targets, today, { knobs: dark }), {
    p: { verdict: 'insufficient-data', reason: /at no time/ },
  });
});

t.test('a station’s SEE is the reciprocal of its ratio, and its change is of the total', async (t) => {
  const targets = [target('s', 'see', 0.75), target('b', 'baseline-change', -0.1), target('c', 'baseline-change', 0)];
  t.match(await reasons(station, targets, parsePeriod('today', station.timezone, NOW_MS)), {
    s: { verdict: 'met', reason: /^0\.800 ± 0\.0\d\d lies above 0.75/ },
    b: { verdict: 'missed', reason: /^-0\.040 exceeds -0.1/ },
    c: { verdict: 'met' },
  });
  const future = { name: 'later', fromMs: NOW_MS + 900_000, toMs: NOW_MS + 1_800_000 };
  t.match(await reasons(station, targets, future), { b: { verdict: 'insufficient-data', reason: /has not begun/ } });
  const begun = { name: 'now', fromMs: NOW_MS - 1, toMs: NOW_MS + 1_800_000 };
  t.notMatch(await reasons(station, targets, begun), { b: { reason: /has not begun/ } });
});

t.test('a load that uses more than its site gives no verdict, unless energies are weighed', async (t) => {
  const [one = point(1, null), two = point(2, null)] = hall.points;
  const swapped = {
    ...hall,
    points: [
      { ...two, role: 'utility' as const },
      { ...one, role: 'it' as const },
    ],
  };
  const targets = [target('p', 'pue', 1.3)];
  const reason = /^total over load is 0\.800 ± 0\.\d{3}, below 1: some meter/;
  t.match(await reasons(swapped, targets, today), { p: { verdict: 'insufficient-data', reason } });
  const classless = { ...swapped, points: swapped.points.map((of) => ({ ...of, accuracyClass: null })) };
  const alone = /^total over load is 0\.800, below 1/;
  t.match(await reasons(classless, targets, today), { p: { verdict: 'insufficient-data', reason: alone } });
  const equal = [point(2, 'utility'), point(3, 'it', { level: 'ups-output' }), point(8, 'it', { level: 'ups-output' })];
  t.match(await reasons({ ...hall, points: equal }, targets, today), {
    p: { verdict: 'met', reason: /^1\.000 does not/ },
  });
  t.match(await reasons({ ...swapped, conversion: 'tgg-source-energy' }, targets, today), { p: { verdict: 'met' } });
  const coarse = swapped.points.map(({ point: id }) => ({ point: id, limitPercent: 20 }));
  t.match(await reasons({ ...swapped, file: { ...hall.file, points: coarse } }, targets, today), {
    p: { verdict: 'met' },
  });
  const upside = station.points.map((of) => ({ ...of, role: of.role === 'telecom' ? 'utility' : 'telecom' }) as const);
  t.match(await reasons({ ...station, points: upside }, [target('s', 'see', 0.7)], today), {
    s: { verdict: 'insufficient-data', reason: /^total over load is 0\.800/ },
  });
});

t.test('a year that is over is judged for good, and everything else for now', async (t) => {
  const knowledge = { nowMs: NOW_MS, asOfMs: null };
  const figures = new FakeFigures();
  const kpis = await siteKpis(figures, hall, today, knowledge);
  const main = async (name: string, isComplete: boolean): Promise<unknown> => {
    const period = parsePeriod(name, hall.timezone, NOW_MS);
    return (await siteVerdicts(figures, hall, { ...kpis, period, isComplete }, knowledge)).main?.judgement;
  };
  t.match(await main('2025', true), { verdict: 'met', provisional: false });
  t.match(await main('2025-12', true), { verdict: 'met', provisional: true });
  t.match(await main('2026', false), { verdict: 'met', provisional: true });
  const none = { ...hall, target: null };
  t.strictSame(await siteVerdicts(figures, none, kpis, knowledge), { main: null, others: [] });
  const idle = (await siteVerdicts(figures, hall, { ...kpis, pue: null }, knowledge)).main?.judgement;
  t.match(idle, { verdict: 'insufficient-data', reason: 'no IT energy was used while both sides were measured' });
  const absurd = { ...hall, target: 'mine', file: { ...hall.file, targets: [target('mine', 'see', 0.7)] } };
  t.match((await siteVerdicts(figures, absurd, kpis, knowledge)).main?.judgement, {
    verdict: null,
    provisional: false,
  });
});

t.test('a figure beside says why it has no value, or that the period is too long for it', async (t) => {
  const wue = [target('w', 'wue', 1.5)];
  t.match(await reasons(hall, wue, today), { w: { reason: /no point has the role water/ } });
  const years = { name: 'long', fromMs: today.toMs - 3.1 * 366 * 86_400_000, toMs: today.toMs };
  t.match(await reasons(hall, wue, years), { w: { reason: /the period is too long for this figure/ } });
});

t.test('a design value is held against design targets of PUE alone', async (t) => {
  const design = { ...target('d', 'pue', 1.3), kind: 'design' as const };
  const all = [design, target('p', 'pue', 1.3), { ...target('w', 'wue', 1), kind: 'design' as const }];
  t.match(await reasons(hall, all, today, { designValue: 1.25 }), {
    d: { design: 'met' },
    p: { design: 'none' },
    w: { design: 'none' },
  });
  t.match(await reasons(hall, all, today, { designValue: 1.35 }), { d: { design: 'missed' } });
  t.match(await reasons(hall, all, today), { d: { design: 'none' } }, 'nobody entered one');
});
