import type { Figures } from '../figures.ts';
import { DEFAULT_PROFILE } from '../site/conversion.ts';
import type { Site } from '../site/site.ts';
import type { Figure } from './figures/figure.ts';
import { MAX_PERIOD_MS, type SiteFigures, siteFigures } from './figures/site-figures.ts';
import { lengthOf } from './period.ts';
import { coverageOf } from './pue.ts';
import { baselineFigure, seeOf, seeUncertainty } from './see.ts';
import type { Knowledge, SiteKpis } from './site-kpis.ts';
import { targetsOf } from './site-targets.ts';
import type { Metric, Target } from './targets.ts';
import { type Evidence, type Judgement, judge, judgeDesign, ROUNDING, type Trial } from './verdict.ts';

/** A target, and how a site's period stands to it. */
export interface JudgedTarget {
  readonly target: Target;
  readonly judgement: Judgement;
  /** The design value that was entered, held against a design target; null where there is none of either. */
  readonly design: Judgement | null;
}

export interface SiteVerdicts {
  /** Null where the site has no target. */
  readonly main: JudgedTarget | null;
  readonly others: readonly JudgedTarget[];
}

/** Holds a period against each of the site's targets. Figures beside PUE and SEE are made only where a target is for one. */
export async function siteVerdicts(
  figures: Figures,
  site: Site,
  kpis: SiteKpis,
  knowledge: Knowledge,
): Promise<SiteVerdicts> {
  const { main, others } = targetsOf(site);
  const wanted = others.some(({ metric }) => isBeside(metric));
  const tooLong = kpis.period.toMs - kpis.period.fromMs > MAX_PERIOD_MS;
  const beside = wanted && !tooLong ? await siteFigures(figures, site, kpis.period, knowledge) : null;
  const judged = (target: Target): JudgedTarget => judgeTarget(site, kpis, beside, target);
  return { main: main === null ? null : judged(main), others: others.map(judged) };
}

type Beside = Exclude<Metric, 'pue' | 'see' | 'baseline-change'>;

function isBeside(metric: Metric): metric is Beside {
  return metric !== 'pue' && metric !== 'see' && metric !== 'baseline-change';
}

function judgeTarget(site: Site, kpis: SiteKpis, beside: SiteFigures | null, target: Target): JudgedTarget {
  const trial: Trial = {
    span: kpis.period,
    timezone: site.timezone,
    isYear: kpis.isComplete && lengthOf(kpis.period, site.timezone) === 'year',
    leastCoverage: kpis.leastCoverage,
  };
  const { designPue } = site.file;
  const isDesign = designPue !== undefined && target.metric === 'pue' && target.kind === 'design';
  const absence = notOfSite(site, target.metric);
  return {
    target,
    judgement:
      absence === null
        ? judge(target, evidenceOf(site, kpis, beside, target.metric), trial)
        : { verdict: null, reason: absence, provisional: false },
    design: isDesign ? judgeDesign(target, designPue, trial) : null,
  };
}

/** Why a figure is not one of a site's, or null where it is. */
function notOfSite({ kind, baseline }: Site, metric: Metric): string | null {
  if (metric === 'pue' && kind === 'base-station')
    return 'the target is a PUE, which is not defined for a base station';
  if (metric === 'see' && kind === 'data-centre') return 'the target is a SEE, which is defined for a base station';
  if (metric === 'baseline-change' && baseline === null) return 'the site has no baseline to be held against';
  return null;
}

function evidenceOf(site: Site, kpis: SiteKpis, beside: SiteFigures | null, metric: Metric): Evidence {
  const { pue, uncertainty, coverage, months } = kpis;
  if (isBeside(metric)) return evidenceBeside(beside?.[metric] ?? null);
  if (metric === 'baseline-change') return evidenceOfChange(site, kpis);
  const absence = pue === null ? 'no IT energy was used while both sides were measured' : contradictionIn(site, kpis);
  const ratio = absence === null ? pue : null;
  if (metric === 'pue') return { value: ratio, absence, uncertainty: uncertainty.value, coverage, months };
  const ofSee = ratio === null ? null : seeUncertainty(ratio, uncertainty.value);
  return { value: seeOf(ratio), absence, uncertainty: ofSee, coverage, months };
}

/**
 * What a load that used more than its whole site says of the measurement; null where there is no such contradiction. By source
 * energy the total may be the smaller one.
 */
function contradictionIn({ conversion }: Site, { pue, uncertainty: { value } }: SiteKpis): string | null {
  if (pue === null || conversion !== DEFAULT_PROFILE || pue + (value ?? 0) >= 1 - ROUNDING) return null;
  const band = value === null ? '' : ` ± ${value.toFixed(3)}`;
  return `total over load is ${pue.toFixed(3)}${band}, below 1: some meter, factor or feed is wrong, and the findings say more`;
}

/** Its coverage is its own, without months. One without a value says why, before any lack of coverage. */
function evidenceBeside(figure: Figure | null): Evidence {
  const absence = figure === null ? 'the period is too long for this figure' : figure.reason;
  const value = figure?.value ?? null;
  return { value, absence, uncertainty: null, coverage: value === null ? 1 : (figure?.coverage ?? 0), months: [] };
}

function evidenceOfChange({ baseline }: Site, { sum, elapsedMs }: SiteKpis): Evidence {
  const value = baseline === null ? null : baselineFigure(baseline, sum).change;
  const coverage = coverageOf(sum.totalMs, 0, elapsedMs, elapsedMs);
  return { value, absence: 'the total is unknown', uncertainty: null, coverage, months: [] };
}
