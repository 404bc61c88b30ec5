import t from 'tap';
import { parsePeriod, type Period } from '../../src/kpi/period.ts';
import { siteKpis } from '../../src/kpi/site-kpis.ts';
import { siteVerdicts } from '../../src/kpi/target-verdicts.ts';
import type { Site } from '../../src/site/site.ts';
import { FakeFigures, hall, NOW_MS, station } from '../api/fake-figures.ts';

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
  designValue?: number,
): Promise<Record<string, unknown>> {
  const designPue = designValue === undefined ? {} : { designPue: { value: designValue, source: 'design report' } };
  const site = { ...at, file: { ...at.file, targets, ...designPue } };
  const figures = new FakeFigures({ sites: [site] });
  const knowledge = { nowMs: NOW_MS, asOfMs: null };
  const { others } = await siteVerdicts(figures, site, await siteKpis(figures, site, period, knowledge), knowledge);
  return Object.fromEntries(
    others.map(({ target: { id }, judgement: { verdict, reason }, design }) => [
      id,
      { verdict, reason, design: design?.verdict ?? null },
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

t.test('a figure beside says why it has no value, or that the period is too long for it', async (t) => {
  const wue = [target('w', 'wue', 1.5)];
  t.match(await reasons(hall, wue, today), { w: { reason: /no point has the role water/ } });
  const years = { name: 'long', fromMs: today.toMs - 3.1 * 366 * 86_400_000, toMs: today.toMs };
  t.match(await reasons(hall, wue, years), { w: { reason: /the period is too long for this figure/ } });
});

t.test('a design value is held against design targets of PUE alone', async (t) => {
  const design = { ...target('d', 'pue', 1.3), kind: 'design' as const };
  const all = [design, target('p', 'pue', 1.3), { ...target('w', 'wue', 1), kind: 'design' as const }];
  t.match(await reasons(hall, all, today, 1.25), {
    d: { design: 'met' },
    p: { design: null },
    w: { design: null },
  });
  t.match(await reasons(hall, all, today, 1.35), { d: { design: 'missed' } });
  t.match(await reasons(hall, all, today), { d: { design: null } }, 'nobody entered one');
});
