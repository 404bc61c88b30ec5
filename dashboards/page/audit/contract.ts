import type { Interval, VerdictWord } from '../contract.ts';

/** What the collector answers about how a figure was made; null is unknown. */

export interface PeriodName {
  readonly name: string;
  readonly start: string;
  readonly end: string;
}

export interface ExplainedPoint {
  readonly point: string;
  readonly name: string;
  readonly role: string | null;
  /** What a Wh of the point adds to the side; 0 where it is not in it. */
  readonly totalWeight: number;
  readonly itWeight: number;
  /** What the point counts: energy in Wh, volume in L, mass in kg. */
  readonly quantity: 'energy' | 'volume' | 'mass';
  readonly energy: number | null;
  /** The part of it that is an assumed constant power, Wh; 0 for a point that is measured. */
  readonly constantWh: number | null;
  readonly totalWh: number | null;
  readonly itWh: number | null;
  readonly measuredS: number;
  readonly bridgedS: number;
  readonly estimatedS: number;
  readonly missingS: number;
  readonly accuracyClass: string | null;
  readonly meterPercent: number | null;
  readonly transformerPercents: readonly number[];
  readonly commonCause: string | null;
  readonly uncertainty: number | null;
  readonly flags: readonly string[];
}

export interface Explanation {
  readonly value: number | null;
  readonly uncertainty: number | null;
  readonly coverage: number | null;
  readonly leastCoverage: number;
  readonly months: readonly { readonly name: string; readonly coverage: number }[];
  readonly paired: Interval['paired'];
  readonly pairedS: number;
  readonly points: readonly ExplainedPoint[];
  /** The instruments behind virtual points, with the weights that come out. */
  readonly instruments: readonly ExplainedPoint[];
  readonly partials: readonly ExplainedPart[];
}

/** How a part's partial PUE was made. */
export interface ExplainedPart extends Pick<Explanation, 'value' | 'paired' | 'points' | 'instruments'> {
  readonly id: string;
  readonly name: string;
}

export interface OtherFigure {
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  readonly reason: string | null;
  readonly coverage: number | null;
  readonly inputs: readonly {
    readonly name: string;
    readonly value: number;
    readonly unit: string;
    readonly source: string | null;
  }[];
  readonly notes: readonly string[];
  readonly definition: {
    readonly formula: string;
    readonly standard: string | null;
    readonly edition: string | null;
    readonly source: string;
  };
}

export interface Figures {
  readonly figures: Readonly<Record<string, OtherFigure>>;
}

export interface Finding {
  readonly id: string;
  readonly kind: string;
  readonly severity: 'error' | 'warning' | 'notice';
  readonly points: readonly string[];
  readonly agent: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly explanation: string;
  readonly acknowledged: { readonly by: string; readonly reason: string; readonly at: string } | null;
}

export interface Findings {
  readonly findings: readonly Finding[];
}

/** What was changed: the keys beside `kind` and `point` depend on the kind. */
export type Change = Readonly<Record<string, string | number>> & { readonly kind: string };

export interface Correction {
  /** Number of its record in the evidence log. */
  readonly id: string;
  readonly by: string;
  readonly reason: string;
  readonly change: Change;
  readonly recorded: string;
  readonly withdrawnBy: string | null;
}

export interface Corrections {
  readonly corrections: readonly Correction[];
}

export interface MeasuredOfPoint {
  readonly energyWh: number | null;
  readonly exportWh: number | null;
  readonly measuredS: number;
  readonly estimatedS: number;
}

export interface SiteEffect {
  readonly totalWh: number | null;
  readonly itWh: number | null;
  readonly pue?: number | null;
  readonly see?: number | null;
  readonly coverage: number | null;
}

/** A correction with what it did to the figures; null where it concerns no energy. */
export interface CorrectionEffect {
  readonly effect: {
    readonly from: string;
    readonly to: string;
    readonly points: readonly {
      readonly point: string;
      /** Wh, L or kg. */
      readonly unit: string;
      readonly before: MeasuredOfPoint;
      readonly after: MeasuredOfPoint;
    }[];
    readonly before: SiteEffect;
    readonly after: SiteEffect;
  } | null;
}

export interface ChangePart {
  readonly part: string;
  readonly points: number | null;
  readonly energyWh: number | null;
  readonly cost: number | null;
  readonly co2T: number | null;
  readonly before: { readonly powerW: number | null; readonly ratio: number | null };
  readonly after: { readonly powerW: number | null; readonly ratio: number | null };
}

export interface ComparedPeriod extends PeriodName {
  readonly value: number | null;
}

export interface Changes {
  readonly metric: string;
  readonly period: ComparedPeriod;
  readonly against: ComparedPeriod | null;
  readonly target: { readonly name: string; readonly value: number } | null;
  readonly change: number | null;
  readonly energyWh: number | null;
  readonly cost: number | null;
  readonly co2T: number | null;
  readonly rates: { readonly currency: string | null } | null;
  readonly parts: readonly ChangePart[];
  readonly reason: string | null;
  readonly sentences: readonly string[];
}

export interface JudgedTarget {
  readonly id: string;
  readonly name: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly direction: 'at-most' | 'at-least';
  readonly kind: string;
  readonly scope: string;
  readonly source: string;
  readonly status: string;
  readonly validFrom: string;
  readonly validTo: string | null;
  readonly verdict: VerdictWord | null;
  readonly reason: string;
}

/** Where a figure's uncertainty comes from; expanded, in the unit of the figure. */
export interface UncertaintyParts {
  readonly coverageFactor: number;
  readonly meters: number | null;
  readonly transformers: number | null;
  readonly commonCause: number | null;
  readonly resolution: number | null;
  readonly missingData: number | null;
  readonly ifIndependent: number | null;
  readonly withoutClass: readonly string[];
  readonly assumedTransformers: readonly string[];
}
