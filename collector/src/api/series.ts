import { levels } from '@wattmark/shared/roles';
import { type Static, Type } from 'typebox';
import { sitePlan } from '../estimation/estimates.ts';
import { type Step, steps } from '../kpi/boundaries.ts';
import { isoTime } from '../kpi/period.ts';
import { categoryOf, coverageOf, estimatedShareOf, pueOf } from '../kpi/pue.ts';
import { atLevel, emptySum, type LevelChoice, type LevelSum } from '../kpi/level.ts';
import { choiceOver, energyByRole } from '../kpi/site-kpis.ts';
import { balanceOf } from '../site/balance.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { byRole, nullable, object, type RouteParts, requireSite, share, siteParams, wattHours } from './contract.ts';
import { estimationAnswer, sidesAnswer, sidesOf } from './estimates.ts';
import { fill, intervalFields, rangeOf, rangeQuery, spanOf } from './range.ts';

/** Energy of the time in which both sides were measured: the only one that may form a ratio. */
export const pairedEnergy = object({ totalWh: wattHours, itWh: wattHours });

/** The level at which IT is taken, in the whole of an answer. */
export const itLevelAnswer = object({
  level: nullable(Type.Enum(levels, { description: 'null where nobody said' })),
  category: nullable(Type.Enum([1, 2, 3], { description: 'of the PUE, by that level' })),
  reason: Type.String({ description: 'why this level, in words' }),
});

const interval = object({
  ...intervalFields,
  totalWh: wattHours,
  itWh: wattHours,
  pue: nullable(Type.Number({ description: 'total over IT energy of the time in which both were measured' })),
  coverage: share,
  estimatedShare: share,
  byRole,
  paired: pairedEnergy,
  ...sidesAnswer,
});

const seriesAnswer = object({
  site: Type.String(),
  step: Type.Enum(steps),
  timezone: Type.String(),
  itLevel: itLevelAnswer,
  estimation: estimationAnswer,
  intervals: Type.Array(interval),
});

export function registerSeries({ api, figures, now }: RouteParts): void {
  const schema = {
    summary: 'A site’s energies and PUE, interval by interval',
    description:
      'Every interval that the range touches, whole; days, months and years are those of the site’s time zone.',
    tags: ['sites'],
    params: siteParams,
    querystring: rangeQuery,
    response: { 200: seriesAnswer },
  };
  api.get('/api/v1/sites/:site/series', { schema }, async ({ params, query }) => {
    const site = requireSite(figures, params.site);
    const nowMs = now();
    const { step, boundariesMs, asOfMs, knownMs } = rangeOf(query, site.timezone, nowMs);
    const sums = await sumsOf(step, site, boundariesMs, asOfMs);
    const balance = balanceOf(site);
    const choice = choiceOver(balance, sums, spanOf(boundariesMs), { nowMs, asOfMs });
    const energies = fill(boundariesMs, sums, (startMs, endMs, sum) =>
      sum === undefined ? emptySum(startMs, endMs) : atLevel(sum, choice.index),
    );
    const plan = sitePlan(balance, choice.index);
    const { estimation, sides } = await sidesOf(figures, site, plan, energies, { boundariesMs, asOfMs, knownMs });
    const intervals = energies.map((sum) => ({ ...intervalOf(site, sum, knownMs), ...sides(sum.startMs) }));
    return { site: site.site, step, timezone: site.timezone, itLevel: itLevelOf(choice), ...estimation, intervals };
  });

  function sumsOf(step: Step, site: Site, boundariesMs: readonly number[], asOfMs: number | null): Promise<SiteSum[]> {
    if (step === 'PT1M') return figures.siteMinutes(site, spanOf(boundariesMs), asOfMs);
    return figures.siteSums(site, boundariesMs, asOfMs);
  }
}

/** Energies of the paired time; null where there is none. */
export function pairedOf(
  sum: Pick<LevelSum, 'pairedMs' | 'pairedTotalWh' | 'pairedItWh'>,
): Static<typeof pairedEnergy> {
  if (sum.pairedMs <= 0) return { totalWh: null, itWh: null };
  return { totalWh: sum.pairedTotalWh, itWh: sum.pairedItWh };
}

export function itLevelOf({ level, reason }: LevelChoice): Static<typeof itLevelAnswer> {
  return { level, category: categoryOf(level), reason };
}

function intervalOf(
  site: Site,
  energies: LevelSum,
  knownMs: number,
): Omit<Static<typeof interval>, keyof typeof sidesAnswer> {
  const { startMs, endMs } = energies;
  return {
    start: isoTime(startMs),
    end: isoTime(endMs),
    totalWh: energies.totalWh,
    itWh: energies.itWh,
    pue: site.kind === 'base-station' ? null : pueOf(energies),
    coverage: coverageOf(energies.pairedMs, startMs, endMs, knownMs),
    estimatedShare: estimatedShareOf(energies),
    byRole: energyByRole(site, energies),
    paired: pairedOf(energies),
  };
}
