import type { Figures } from '../../figures.ts';
import type { Site } from '../../site/site.ts';
import type { Period } from '../period.ts';
import type { Knowledge } from '../site-kpis.ts';
import type { Target } from '../targets.ts';
import { type Comparison, comparePeriods, compareWithTarget } from './comparison.ts';
import { type MeasuredPeriod, measurePeriods } from './measured-period.ts';
import { explainGap, explainPeriods, puesTerms, stationTerms } from './sentences.ts';

/** Why a site's figure differs from that of another period or from its target. */
export interface SiteChanges {
  readonly measured: MeasuredPeriod;
  /** Null against a target. */
  readonly reference: MeasuredPeriod | null;
  readonly comparison: Comparison;
  readonly sentences: readonly string[];
}

/** @throws RangeTooLargeError */
export async function changesBetween(
  figures: Figures,
  site: Site,
  against: Period,
  period: Period,
  knowledge: Knowledge,
): Promise<SiteChanges> {
  const measurements = await measurePeriods(figures, site, [against, period], knowledge);
  const [reference, measured] = measurements as [MeasuredPeriod, MeasuredPeriod];
  const comparison = comparePeriods(reference, measured);
  const terms = site.kind === 'base-station' ? stationTerms : puesTerms;
  const sentences =
    comparison.reason === null ? explainPeriods(terms, reference, measured, comparison) : [refusal(comparison.reason)];
  return { measured, reference, comparison, sentences };
}

/** @throws RangeTooLargeError */
export async function gapOf(
  figures: Figures,
  site: Site,
  target: Target,
  period: Period,
  knowledge: Knowledge,
): Promise<SiteChanges> {
  const [measured] = (await measurePeriods(figures, site, [period], knowledge)) as [MeasuredPeriod];
  const shares = site.file.designShares ?? null;
  const comparison = compareWithTarget(measured, target, shares);
  const sentences =
    comparison.reason === null
      ? explainGap(measured, target, comparison, shares?.source ?? null)
      : [refusal(comparison.reason)];
  return { measured, reference: null, comparison, sentences };
}

function refusal(reason: string): string {
  return `No explanation is given: ${reason}.`;
}
