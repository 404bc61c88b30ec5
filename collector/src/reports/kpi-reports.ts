import type { Figures } from '../figures.ts';
import type { FieldValues } from '../influx/lines.ts';
import type { Figure } from '../kpi/figures/figure.ts';
import { type SiteFigures, siteFigures } from '../kpi/figures/site-figures.ts';
import { lengthOf } from '../kpi/period.ts';
import { intervalsOf } from '../kpi/contributions.ts';
import { categoryOf, estimatedShareOf, notationOf } from '../kpi/pue.ts';
import { baselineFigure, seeOf, seeUncertainty } from '../kpi/see.ts';
import { type SiteKpis, siteKpis } from '../kpi/site-kpis.ts';
import { type JudgedTarget, siteVerdicts } from '../kpi/target-verdicts.ts';
import type { Metric } from '../kpi/targets.ts';
import { verdicts } from '../kpi/verdict.ts';
import type { Site } from '../site/site.ts';
import type { ReportedPeriod } from './kpi-periods.ts';
import { reported } from './measurements.ts';
import { type Report, reportOf } from './report.ts';

/** Figures beside PUE that have rows of their own. */
const beside = ['cue', 'wue', 'ref', 'erf', 'ere', 'cer', 'iteusv'] as const satisfies readonly Metric[];

/** A period's figures with their verdicts: PUE, or a base station's SEE, and those beside it that have a value. */
export async function kpiReports(
  figures: Figures,
  site: Site,
  { tag, period, timeMs }: ReportedPeriod,
  nowMs: number,
): Promise<Report[]> {
  const knowledge = { nowMs, asOfMs: null };
  const kpis = await siteKpis(figures, site, period, knowledge);
  const { main, others } = await siteVerdicts(figures, site, kpis, knowledge);
  const found = await siteFigures(figures, site, period, knowledge);
  const judged = [...(main === null ? [] : [main]), ...others];
  const name = tag === 'month' || tag === 'year' ? period.name : null;
  const report = (metric: Metric, values: FieldValues): Report => {
    const tags = { group: site.group, site: site.site, metric, period: tag };
    return reportOf(reported.kpi, { tags, values: { ...values, name }, timeMs });
  };
  const own = site.kind === 'base-station' ? 'see' : 'pue';
  const isUsed = (metric: (typeof beside)[number]): boolean =>
    found[metric].value !== null || judged.some(({ target }) => target.metric === metric);
  return [
    report(own, { ...ratioValues(site, kpis, targetFor(judged, own)), ...worthOf(found) }),
    ...beside.filter(isUsed).map((metric) => report(metric, besideValues(found[metric], targetFor(judged, metric)))),
  ];
}

/** Of several targets for one figure the first one, which is the site's main one where that is for it. */
function targetFor(judged: readonly JudgedTarget[], metric: Metric): JudgedTarget | null {
  return judged.find(({ target }) => target.metric === metric) ?? null;
}

function ratioValues(site: Site, kpis: SiteKpis, judged: JudgedTarget | null): FieldValues {
  const { pue, uncertainty, sum, coverage, itLevel, period, isComplete, contributions, imported } = kpis;
  const isStation = site.kind === 'base-station';
  const value = isStation ? seeOf(pue) : pue;
  const ofSee = pue === null ? null : seeUncertainty(pue, uncertainty.value);
  const marginOf = isStation ? ofSee : uncertainty.value;
  const category = isStation ? null : categoryOf(itLevel.level);
  const isKnown = value !== null && marginOf !== null;
  return {
    ...judgedValues(value, judged),
    lower: isKnown ? value - marginOf : null,
    upper: isKnown ? value + marginOf : null,
    coverage: coverage ?? 0,
    estimated_share: estimatedShareOf(sum),
    category,
    notation: isStation
      ? null
      : notationOf(category, lengthOf(period, site.timezone), isComplete, intervalsOf(contributions, imported)),
    total_wh: sum.totalWh,
    it_wh: sum.itWh,
    overhead_wh: sum.pairedMs > 0 ? sum.pairedTotalWh - sum.pairedItWh : null,
    ...baselineValues(site, kpis),
  };
}

function baselineValues({ baseline }: Site, { sum }: SiteKpis): FieldValues {
  if (baseline === null) return {};
  const { value, reference } = baselineFigure(baseline, sum);
  return { baseline_kwh_per_day: reference, kwh_per_day: value };
}

function besideValues({ value, coverage }: Figure, judged: JudgedTarget | null): FieldValues {
  return { ...judgedValues(value, judged), coverage: coverage ?? 0 };
}

function judgedValues(value: number | null, judged: JudgedTarget | null): FieldValues {
  if (judged === null) return { value };
  const { target, judgement } = judged;
  const { verdict, provisional } = judgement;
  const over = value === null ? null : value - target.value;
  return {
    value,
    target: target.value,
    target_name: target.name,
    gap: over !== null && target.direction === 'at-least' ? -over : over,
    verdict,
    verdict_code: verdict === null ? null : verdicts.indexOf(verdict),
    provisional: provisional ? 1 : 0,
  };
}

/** What the energy of the period cost and emitted. */
function worthOf({ energyCost, emissions }: SiteFigures): FieldValues {
  return {
    cost: energyCost.value,
    currency: energyCost.value === null ? null : energyCost.unit,
    emissions_t: emissions.value,
  };
}
