import type { Figures } from '../figures.ts';
import type { Site } from '../site/site.ts';
import type { Figure } from './figures/figure.ts';
import { MAX_PERIOD_MS, type SiteFigures, siteFigures } from './figures/site-figures.ts';
import { lengthOf } from './period.ts';
import { coverageOf } from './pue.ts';
import { baselineFigure, seeOf, seeUncertainty } from './see.ts';
import type { Knowledge, SiteKpis } from './site-kpis.ts';
import { targetsOf } from './site-targets.ts';
import type { Metric, Target } from './targets.ts';
import { type Evidence, type Judgement, judge, judgeDesign, type Trial } from './verdict.ts';

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
  const absence = pue === null ? 'no IT energy was used while both sides were measured' : null;
  if (metric === 'pue') return { value: pue, absence, uncertainty: uncertainty.value, coverage, months };
  const ofSee = pue === null ? null : seeUncertainty(pue, uncertainty.value);
  return { value: seeOf(pue), absence, uncertainty: ofSee, coverage, months };
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
