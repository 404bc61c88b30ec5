import type { Level } from '@wattmark/shared/roles';
import type { Figures } from '../figures.ts';
import { type LevelPlan, partialBalancesOf } from '../site/balance.ts';
import type { Site } from '../site/site.ts';
import { type Contributions, contributionsOf } from './contributions.ts';
import type { LevelSum } from './level.ts';
import { missingDataUncertainty } from './missing-data.ts';
import { coverageOf, pueOf } from './pue.ts';
import { type Knowledge, knownUntilMs, partBoundaries, type SiteKpis } from './site-kpis.ts';
import { type Uncertainty, pueUncertainty } from './uncertainty.ts';

/** A partial PUE: total over IT energy inside a boundary of its own. */
export interface PartialKpis {
  readonly id: string;
  readonly name: string;
  /** Where its IT energy is measured; null where nobody said, or where its points differ. */
  readonly level: Level | null;
  readonly pue: number | null;
  readonly contributions: Contributions;
  readonly uncertainty: Uncertainty;
  readonly coverage: number | null;
  readonly paired: Paired;
}

type Paired = Pick<LevelSum, 'pairedTotalWh' | 'pairedItWh' | 'pairedMs' | 'estimatedMs'>;

/** The partial PUEs of a site's parts, over the period of its own figures. */
export async function partialKpis(
  figures: Figures,
  site: Site,
  kpis: SiteKpis,
  knowledge: Knowledge,
): Promise<PartialKpis[]> {
  const { period, intervals } = kpis;
  const knownMs = knownUntilMs(knowledge);
  const edges = partBoundaries(period, site.timezone);
  const names = new Map((site.file.partials ?? []).map(({ id, name }) => [id, name]));
  const parts: PartialKpis[] = [];
  for (const { partial, levels } of partialBalancesOf(site)) {
    if (partial === null) continue;
    const sums = await figures.partialSums(site, partial, edges, knowledge.asOfMs);
    const paired = sums.reduce(add, nothingPaired);
    const pue = pueOf(paired);
    const coverage = coverageOf(paired.pairedMs, period.fromMs, period.toMs, knownMs);
    const ofParts = sums.map((sum) => ({ sum, elapsedMs: Math.min(sum.endMs, knownMs) - sum.startMs }));
    const plan = levels[0] as LevelPlan;
    const contributions = contributionsOf(site, plan, intervals);
    const uncertainty = pueUncertainty(pue, contributions.errors, missingDataUncertainty(pue, coverage, ofParts));
    const name = names.get(partial) ?? partial;
    parts.push({ id: partial, name, level: levelOf(plan), pue, contributions, uncertainty, coverage, paired });
  }
  return parts;
}

function levelOf({ it }: LevelPlan): Level | null {
  const [first = null, ...others] = new Set(it.map(({ point }) => point.level));
  return others.length === 0 ? first : null;
}

const nothingPaired: Paired = { pairedTotalWh: 0, pairedItWh: 0, pairedMs: 0, estimatedMs: 0 };

function add(a: Paired, b: Paired): Paired {
  return {
    pairedTotalWh: a.pairedTotalWh + b.pairedTotalWh,
    pairedItWh: a.pairedItWh + b.pairedItWh,
    pairedMs: a.pairedMs + b.pairedMs,
    estimatedMs: a.estimatedMs + b.estimatedMs,
  };
}
