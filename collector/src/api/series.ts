import { type Static, Type } from 'typebox';
import { type Step, steps } from '../kpi/boundaries.ts';
import { isoTime } from '../kpi/period.ts';
import { coverageOf, estimatedShareOf, pueOf } from '../kpi/pue.ts';
import { energyByRole } from '../kpi/site-kpis.ts';
import { nothing } from '../site/interval-sum.ts';
import type { Site, SiteSum } from '../site/site.ts';
import { byRole, nullable, object, type RouteParts, requireSite, share, siteParams, wattHours } from './contract.ts';
import { fill, intervalFields, rangeOf, rangeQuery, spanOf } from './range.ts';

/** Energy of the time in which both sides were measured: the only one that may form a ratio. */
export const pairedEnergy = object({ totalWh: wattHours, itWh: wattHours });

const interval = object({
  ...intervalFields,
  totalWh: wattHours,
  itWh: wattHours,
  pue: nullable(Type.Number({ description: 'total over IT energy of the time in which both were measured' })),
  coverage: share,
  estimatedShare: share,
  byRole,
  paired: pairedEnergy,
});

const seriesAnswer = object({
  site: Type.String(),
  step: Type.Enum(steps),
  timezone: Type.String(),
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
    const { step, boundariesMs, asOfMs, knownMs } = rangeOf(query, site.timezone, now());
    const sums = await sumsOf(step, site, boundariesMs, asOfMs);
    const intervals = fill(boundariesMs, sums, (startMs, endMs, sum) => intervalOf(site, startMs, endMs, knownMs, sum));
    return { site: site.site, step, timezone: site.timezone, intervals };
  });

  function sumsOf(step: Step, site: Site, boundariesMs: readonly number[], asOfMs: number | null): Promise<SiteSum[]> {
    if (step === 'PT1M') return figures.siteMinutes(site, spanOf(boundariesMs), asOfMs);
    return figures.siteSums(site, boundariesMs, asOfMs);
  }
}

/** Energies of the paired time; null where there is none. */
export function pairedOf(sum: Pick<SiteSum, 'pairedMs' | 'pairedTotalWh' | 'pairedItWh'>): Static<typeof pairedEnergy> {
  if (sum.pairedMs <= 0) return { totalWh: null, itWh: null };
  return { totalWh: sum.pairedTotalWh, itWh: sum.pairedItWh };
}

function intervalOf(
  site: Site,
  startMs: number,
  endMs: number,
  knownMs: number,
  sum: SiteSum | undefined,
): Static<typeof interval> {
  const energies = sum ?? nothing;
  return {
    start: isoTime(startMs),
    end: isoTime(endMs),
    totalWh: energies.totalWh,
    itWh: energies.itWh,
    pue: site.kind === 'base-station' ? null : pueOf(energies),
    coverage: coverageOf(energies.pairedMs, startMs, endMs, knownMs),
    estimatedShare: estimatedShareOf(energies),
    byRole: energyByRole(site, energies.roleWh),
    paired: pairedOf(energies),
  };
}
