import type { Span } from '../accounting/interval.ts';
import { isoTime } from '../kpi/period.ts';
import { type FindingKind, kinds, type Severity, severities } from './kinds.ts';

/** Who has looked at a finding, and what they say to it. */
export interface Acknowledgement {
  readonly by: string;
  readonly reason: string;
  /** UTC ms. */
  readonly atMs: number;
}

/** What a check has found. */
export interface Observation {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** The point that it is about first, then those that it is held against; empty where it is about an agent. */
  readonly points: readonly string[];
  readonly agent?: string;
  /** When it was so; null where it is so now, whatever the period. */
  readonly span: Span | null;
  /** In one or more whole sentences, with numbers and units. */
  readonly facts: string;
}

export interface Finding {
  /** The same for the same kind, subject and beginning, however often it is asked for. */
  readonly id: string;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly points: readonly string[];
  readonly agent: string | null;
  readonly span: Span | null;
  /** What is wrong, and what to do. */
  readonly explanation: string;
  readonly acknowledged: Acknowledgement | null;
}

/** The observation with its name and its advice. */
export function findingOf({ facts, agent, ...observation }: Observation): Finding {
  const { kind, points, span } = observation;
  const subject = agent ?? points[0] ?? 'site';
  const begin = span === null ? [] : [isoTime(span.fromMs)];
  return {
    ...observation,
    agent: agent ?? null,
    id: [kind, subject, ...begin].join('/'),
    explanation: `${facts} ${kinds[kind].advice}`,
    acknowledged: null,
  };
}

/** By severity, then by time: what is so now comes first. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const startMs = ({ span }: Finding): number => span?.fromMs ?? Number.NEGATIVE_INFINITY;
  const compare = (a: Finding, b: Finding): number =>
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    (startMs(a) === startMs(b) ? 0 : startMs(a) - startMs(b)) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  return [...findings].sort(compare);
}
