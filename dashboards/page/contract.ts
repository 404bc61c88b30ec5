import type { JudgedTarget, UncertaintyParts } from './audit/contract.ts';

/** The collector's HTTP contract as the page reads it. Energy in Wh, power in W, times ISO 8601; null is unknown. */

export interface Target {
  readonly id: string;
  readonly metric: string;
  readonly value: number;
  readonly name: string;
}

export type ByRole = Readonly<Record<string, number | null>>;

export interface Live {
  readonly site: string;
  readonly at: string | null;
  readonly totalW: number | null;
  readonly itW: number | null;
  readonly ratio: number | null;
  readonly byRole: ByRole;
  readonly stale: readonly string[];
  readonly target: Target | null;
  /** Power beyond what the target allows at the present IT power; negative where there is room left. */
  readonly gapW: number | null;
  readonly totalFrom: 'supply' | 'parts' | null;
  /** Where IT power is measured; null where nobody said. */
  readonly level: string | null;
}

export interface Site {
  readonly site: string;
  readonly name: string;
  readonly kind: 'data-centre' | 'base-station';
  readonly group: string;
  readonly timezone: string;
  readonly simulated: boolean;
  readonly target: Target | null;
  readonly live: Live;
}

export type Step = 'PT1M' | 'PT15M' | 'PT1H' | 'P1D' | 'P1M' | 'P1Y';

export interface Interval {
  readonly start: string;
  readonly end: string;
  readonly totalWh: number | null;
  readonly itWh: number | null;
  readonly pue: number | null;
  readonly coverage: number | null;
  readonly estimatedShare: number | null;
  /** Sums over the time in which both sides were measured: the only ones that may form a ratio. */
  readonly paired: { readonly totalWh: number | null; readonly itWh: number | null } | null;
}

export interface Series {
  readonly site: string;
  readonly step: Step;
  readonly timezone: string;
  readonly itLevel: ItLevel;
  readonly intervals: readonly Interval[];
}

/** The level at which IT energy is taken in the whole of an answer, and why. */
export interface ItLevel {
  readonly level: string | null;
  readonly category: number | null;
  readonly reason: string;
}

export type VerdictWord = 'met' | 'missed' | 'indeterminate' | 'insufficient-data';

/** PUE, or a base station's SEE, of a period. */
export interface Figure {
  readonly value: number | null;
  readonly uncertainty: number | null;
  readonly coverage: number | null;
  readonly category?: number | null;
  readonly notation?: string | null;
  readonly derivative?: string | null;
  readonly symbol?: string;
  readonly averagingPeriod?: string | null;
  readonly interval?: string;
  readonly boundary?: string;
  readonly edition?: { readonly title: string; readonly note: string };
  readonly conversion?: Conversion;
  readonly uncertaintyParts?: UncertaintyParts;
}

/** By which energy carriers are weighed, with where the values come from. */
export interface Conversion {
  readonly name: string;
  readonly edition: string | null;
  readonly source: string;
  readonly carriers: readonly {
    readonly name: string;
    readonly whPerUnit: number;
    readonly unit: string;
    readonly weight: number;
    readonly source: string;
  }[];
}

/** The design PUE as the operator entered it. */
export interface Design {
  readonly symbol: string;
  readonly value: number;
  readonly itLoadFactor: number | null;
  readonly source: string;
  readonly judgement: { readonly verdict: VerdictWord | null; readonly reason: string } | null;
}

/** The partial PUE of a part of the site. */
export interface PartialPue extends Figure {
  readonly id: string;
  readonly name: string;
  readonly symbol: string;
}

export interface Baseline {
  readonly value: number | null;
  readonly unit: string;
  readonly reference: number | null;
  /** Relative change against the reference; -0.2 is a fifth less. */
  readonly change: number | null;
}

export interface Kpis {
  readonly site: string;
  readonly period: { readonly name: string; readonly start: string; readonly end: string; readonly complete: boolean };
  readonly pue?: Figure | null;
  readonly see?: Figure | null;
  readonly baseline?: Baseline | null;
  readonly totalWh: number | null;
  readonly itWh: number | null;
  readonly target: Target | null;
  readonly verdict: VerdictWord | null;
  readonly reason: string;
  readonly estimatedShare: number | null;
  readonly design?: Design | null;
  /** Ids of the corrections that hold and touch the period. */
  readonly corrections?: readonly string[];
  readonly targets?: readonly JudgedTarget[];
  readonly partials?: readonly PartialPue[];
  readonly totalFrom?: 'supply' | 'parts' | null;
  readonly itLevel?: ItLevel | null;
}

export interface ChannelValue {
  readonly value: number;
  readonly unit: string;
  readonly quality: string;
  readonly at: string;
}

export interface Meter {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  readonly ctRatio?: number;
  readonly vtRatio?: number;
}

export interface Point {
  readonly point: string;
  readonly name: string;
  readonly role: string | null;
  readonly level: string | null;
  readonly source: string | null;
  readonly agent: string | null;
  readonly accuracyClass: string | null;
  readonly meter: Meter | null;
  readonly simulated: boolean;
  readonly method: string | null;
  readonly stale: boolean;
  readonly lastSeen: string | null;
  readonly live: Readonly<Record<string, ChannelValue>>;
}

export interface SourcesReport {
  readonly total: number;
  readonly failing: readonly {
    readonly source: string;
    readonly state: 'retry' | 'absent' | 'fatal';
    readonly since: string;
    readonly reason: string;
  }[];
}

export interface Agent {
  readonly agent: string;
  readonly site: string;
  readonly group: string;
  readonly state: 'online' | 'offline' | 'unknown';
  readonly lastSeen: string | null;
  readonly epoch: string | null;
  readonly seq: number | null;
  readonly lost: number | null;
  readonly duplicates: number | null;
  readonly rejected: number | null;
  readonly clockSkewMs: number | null;
  readonly spoolDepth: number | null;
  readonly software: string | null;
  readonly sources: SourcesReport | null;
}
