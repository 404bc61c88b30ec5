import type { Figures } from '../../figures.ts';
import type { Site } from '../../site/site.ts';
import type { Period } from '../period.ts';
import type { Knowledge } from '../site-kpis.ts';
import type { Target } from '../targets.ts';
import { type Comparison, comparePeriods, compareWithTarget } from './comparison.ts';
import { type MeasuredPeriod, measurePeriods } from './measured-period.ts';
import { type Rates, ratesOf } from './rates.ts';
import { explainGap, explainPeriods, pueNames, stationNames } from './sentences.ts';

/** Why a site's figure differs from that of another period or from its target. */
export interface SiteChanges {
  readonly measured: MeasuredPeriod;
  /** Null against a target. */
  readonly reference: MeasuredPeriod | null;
  readonly comparison: Comparison;
  /** Of the period; null where there is no comparison. */
  readonly rates: Rates | null;
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
  if (comparison.reason !== null) return refused(measured, reference, comparison);
  const names = site.kind === 'base-station' ? stationNames : pueNames;
  const rates = await ratesOf(figures, site, measured, knowledge.asOfMs);
  const sentences = explainPeriods(names, reference, measured, comparison, rates);
  return { measured, reference, comparison, rates, sentences };
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
  if (comparison.reason !== null) return refused(measured, null, comparison);
  const rates = await ratesOf(figures, site, measured, knowledge.asOfMs);
  const sentences = explainGap(measured, target, comparison, shares?.source ?? null, rates);
  return { measured, reference: null, comparison, rates, sentences };
}

function refused(measured: MeasuredPeriod, reference: MeasuredPeriod | null, comparison: Comparison): SiteChanges {
  const sentences = [`No explanation is given: ${comparison.reason}.`];
  return { measured, reference, comparison, rates: null, sentences };
}
