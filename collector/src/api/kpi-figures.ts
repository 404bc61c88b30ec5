import { type Static, Type } from 'typebox';
import { intervalsOf } from '../kpi/contributions.ts';
import { editionOf } from '../kpi/editions.ts';
import type { PartialKpis } from '../kpi/partial-kpis.ts';
import { lengthOf } from '../kpi/period.ts';
import {
  averagingPeriodOf,
  categoryOf,
  derivativeOf,
  estimatedShareOf,
  measuringIntervalOf,
  notationOf,
  symbols,
} from '../kpi/pue.ts';
import { baselineFigure, seeOf, seeUncertainty } from '../kpi/see.ts';
import type { SiteKpis } from '../kpi/site-kpis.ts';
import type { SiteVerdicts } from '../kpi/target-verdicts.ts';
import type { LevelPlan } from '../site/balance.ts';
import { conversionOf } from '../site/conversion.ts';
import type { Site } from '../site/site.ts';
import { nullable, object, share } from './contract.ts';
import { judgementAnswer, judgementOf } from './judged-target.ts';
import { pairedEnergy, pairedOf } from './series.ts';
import { uncertaintyAnswer, uncertaintyOf } from './uncertainty.ts';

/** PUE and SEE with all that must be said beside the number. */

const edition = nullable(Type.String());
const conversionAnswer = object(
  {
    id: Type.String(),
    name: Type.String(),
    edition,
    source: Type.String(),
    carriers: Type.Array(
      object({
        id: Type.String(),
        name: Type.String(),
        whPerUnit: Type.Number(),
        unit: Type.String(),
        weight: Type.Number(),
        edition,
        source: Type.String(),
      }),
      { description: 'those of the points that count in the total' },
    ),
  },
  'by which energy carriers are weighed: a Wh counts `weight`, a unit of a fuel whPerUnit × weight',
);

const figureFields = {
  value: nullable(Type.Number()),
  derivative: Type.Enum(['annual', 'interim'], { description: 'annual: twelve months that are over' }),
  averagingPeriod: nullable(Type.String({ description: 'ISO 8601; null for a period of no calendar, or not over' })),
  interval: Type.String({
    description: 'ISO 8601: at which both sides are measured, by the point that is read least often',
  }),
  boundary: Type.String({ description: 'what the two sides are made of, in words' }),
  edition: object({ title: Type.String(), note: Type.String() }, 'the document whose definition the figure follows'),
  conversion: conversionAnswer,
  uncertainty: nullable(Type.Number({ description: 'expanded (k = 2), absolute' })),
  uncertaintyParts: uncertaintyAnswer,
  coverage: share,
  estimatedShare: share,
};

export const pueFigure = object({
  ...figureFields,
  symbol: Type.Enum([symbols.annual, symbols.interim]),
  category: nullable(Type.Enum([1, 2, 3])),
  notation: Type.String(),
});

export const seeFigure = object(figureFields);

export const designFigure = object({
  symbol: Type.Literal(symbols.design),
  value: Type.Number(),
  itLoadFactor: nullable(
    Type.Number({ description: 'IT load over the designed one at which the value was predicted' }),
  ),
  source: Type.String(),
  judgement: nullable(judgementAnswer),
});

export const partialFigure = object({
  id: Type.String(),
  name: Type.String(),
  symbol: Type.Literal(symbols.partial),
  value: nullable(Type.Number()),
  category: pueFigure.properties.category,
  notation: Type.String(),
  interval: figureFields.interval,
  uncertainty: figureFields.uncertainty,
  uncertaintyParts: uncertaintyAnswer,
  coverage: share,
  estimatedShare: share,
  paired: pairedEnergy,
});

export const baselineAnswer = object({
  value: nullable(Type.Number()),
  unit: Type.Literal('kWh/d'),
  reference: Type.Number(),
  change: nullable(Type.Number({ description: 'relative: -0.2 is a fifth less than the reference' })),
  source: Type.String(),
});

export function pueOfSite(site: Site, kpis: SiteKpis): Static<typeof pueFigure> {
  const length = lengthOf(kpis.period, site.timezone);
  const category = categoryOf(kpis.itLevel.level);
  const common = commonOf(site, kpis);
  return {
    value: kpis.pue,
    symbol: symbols[common.derivative],
    category,
    notation: notationOf(category, length, kpis.isComplete, intervalsOf(kpis.contributions, kpis.imported)),
    ...common,
    edition: documentOf('pue'),
    uncertainty: kpis.uncertainty.value,
    uncertaintyParts: uncertaintyOf(kpis.uncertainty),
  };
}

export function seeOfSite(site: Site, kpis: SiteKpis): Static<typeof seeFigure> {
  const { pue, uncertainty } = kpis;
  return {
    value: seeOf(pue),
    ...commonOf(site, kpis),
    edition: documentOf('see'),
    uncertainty: pue === null ? null : seeUncertainty(pue, uncertainty.value),
    uncertaintyParts: uncertaintyOf(uncertainty, pue === null ? 1 : (seeUncertainty(pue, 1) ?? 1)),
  };
}

/** The design PUE as it was entered, beside what is measured and never mixed with it; null where none was. */
export function designOfSite({ file }: Site, { main }: SiteVerdicts): Static<typeof designFigure> | null {
  const { designPue } = file;
  if (designPue === undefined) return null;
  const { value, source, itLoadFactor = null } = designPue;
  const judgement = main?.design == null ? null : judgementOf(main.design);
  return { symbol: symbols.design, value, itLoadFactor, source, judgement };
}

export function partialOf(
  site: Site,
  { period, isComplete, imported }: SiteKpis,
  part: PartialKpis,
): Static<typeof partialFigure> {
  const { id, name, level, pue, contributions, uncertainty, coverage, paired } = part;
  const category = categoryOf(level);
  const intervalsMs = intervalsOf(contributions, imported);
  return {
    id,
    name,
    symbol: symbols.partial,
    value: pue,
    category,
    notation: `p${notationOf(category, lengthOf(period, site.timezone), isComplete, intervalsMs)}`,
    interval: measuringIntervalOf(intervalsMs),
    uncertainty: uncertainty.value,
    uncertaintyParts: uncertaintyOf(uncertainty),
    coverage,
    estimatedShare: estimatedShareOf(paired),
    paired: pairedOf(paired),
  };
}

export function baselineOfSite(site: Site, { sum }: SiteKpis): Static<typeof baselineAnswer> | null {
  return site.baseline === null ? null : baselineFigure(site.baseline, sum);
}

type Common = 'conversion' | 'derivative' | 'averagingPeriod' | 'interval' | 'boundary' | 'coverage' | 'estimatedShare';

function commonOf(site: Site, kpis: SiteKpis): Pick<Static<typeof seeFigure>, Common> {
  const length = lengthOf(kpis.period, site.timezone);
  return {
    derivative: derivativeOf(length, kpis.isComplete),
    averagingPeriod: averagingPeriodOf(length, kpis.isComplete),
    interval: measuringIntervalOf(intervalsOf(kpis.contributions, kpis.imported)),
    boundary: boundaryOf(kpis),
    conversion: conversionOf(site.conversion, carriersOf(kpis)),
    coverage: kpis.coverage,
    estimatedShare: estimatedShareOf(kpis.sum),
  };
}

function carriersOf({ balance, itLevel }: SiteKpis): ReadonlySet<string> {
  const { total } = balance.levels[itLevel.index] as LevelPlan;
  return new Set(total.map(({ point }) => point.carrier));
}

function documentOf(figure: 'pue' | 'see'): { title: string; note: string } {
  const { title, note } = editionOf(figure);
  return { title, note };
}

function boundaryOf({ balance, itLevel }: SiteKpis): string {
  const { total, it } = balance.levels[itLevel.index] as LevelPlan;
  const load = balance.site.kind === 'base-station' ? 'telecom' : 'IT';
  const at = itLevel.level === null ? '' : ` at ${itLevel.level}`;
  if (balance.totalFrom === null || it.length === 0) return 'the whole site; its points allow no ratio';
  const from = balance.totalFrom === 'supply' ? 'metered at the supply' : 'the sum of the parts that are metered';
  return `the whole site; total ${from} (${points(total.length)}), ${load}${at} (${points(it.length)})`;
}

function points(count: number): string {
  return count === 1 ? '1 point' : `${count} points`;
}
