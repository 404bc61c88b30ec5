import type { Zone } from '../zone.ts';

/** Which period is looked at, and as known when: texts as the collector's API takes them. */
export interface AuditQuestion {
  /** `2026`, `2026-10`, `2026-10-05`; null where `from` and `to` say it. */
  readonly period: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** ISO 8601; null for what is known now. */
  readonly asOf: string | null;
}

/** What a period is compared with, as parameters of a question about changes. */
export interface Reference {
  readonly against?: string;
  readonly againstFrom?: string;
  readonly againstTo?: string;
}

const keys = ['period', 'from', 'to', 'asOf'] as const;

/** The question in a query such as `period=2026-10&asOf=2026-11-01T00:00:00Z`. */
export function parseQuestion(query: string): AuditQuestion {
  const found = new URLSearchParams(query);
  const [period, from, to, asOf] = keys.map((key) => found.get(key));
  return { period: period ?? null, from: from ?? null, to: to ?? null, asOf: asOf ?? null };
}

export function queryOf(question: AuditQuestion): URLSearchParams {
  return new URLSearchParams(keys.flatMap((key) => (question[key] === null ? [] : [[key, question[key]]])));
}

/** Where nothing is named, the month of an instant. */
export function withPeriod(question: AuditQuestion, nowMs: number, zone: Zone): AuditQuestion {
  const { period, from, to } = question;
  return period === null && from === null && to === null ? ofPeriod(question, zone.day(nowMs).slice(0, 7)) : question;
}

export function ofPeriod({ asOf }: AuditQuestion, period: string): AuditQuestion {
  return { period, from: null, to: null, asOf };
}

/** The month or year `steps` later; null where the question names neither. */
export function shifted({ period }: AuditQuestion, steps: number): string | null {
  const [, year, month] = /^(\d{4})(?:-(\d\d))?$/.exec(period ?? '') ?? [];
  if (year === undefined) return null;
  if (month === undefined) return String(Number(year) + steps);
  const months = Number(year) * 12 + Number(month) - 1 + steps;
  return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}`;
}

export type ReferenceId = 'previous' | 'year-before';

/** The time before, of the same length, or the same month a year before; null where there is no such thing. */
export function referenceOf(question: AuditQuestion, id: ReferenceId): Reference | null {
  const isMonth = question.period?.length === 7;
  if (id === 'year-before' && !isMonth) return null;
  const against = shifted(question, id === 'previous' ? -1 : -12);
  if (against !== null) return { against };
  const [fromMs, toMs] = [Date.parse(question.from ?? ''), Date.parse(question.to ?? '')];
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return null;
  const againstFrom = new Date(2 * fromMs - toMs).toISOString();
  return { againstFrom, againstTo: new Date(fromMs).toISOString() };
}
