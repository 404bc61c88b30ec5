import type { Changes, CorrectionEffect, Corrections, Explanation, Figures, Findings } from './audit/contract.ts';
import { type AuditQuestion, type Reference, queryOf } from './audit/question.ts';
import type { Agent, Kpis, Point, Series, Site, Step } from './contract.ts';

/** Times in UTC milliseconds. */
export interface SeriesQuery {
  readonly fromMs: number;
  readonly toMs: number;
  readonly step: Step;
}

/** The collector's API. Every request rejects with `RequestFailed`. */
export interface Api {
  sites(signal: AbortSignal): Promise<readonly Site[]>;
  series(site: string, query: SeriesQuery, signal: AbortSignal): Promise<Series>;
  kpis(site: string, period: string, signal: AbortSignal): Promise<Kpis>;
  points(site: string, signal: AbortSignal): Promise<readonly Point[]>;
  agents(signal: AbortSignal): Promise<readonly Agent[]>;
  readonly audit: AuditApi;
}

/** What a period's figure is made of, as known at an instant. */
export interface AuditApi {
  kpis(site: string, question: AuditQuestion, signal: AbortSignal): Promise<Kpis>;
  explain(site: string, question: AuditQuestion, signal: AbortSignal): Promise<Explanation>;
  figures(site: string, question: AuditQuestion, signal: AbortSignal): Promise<Figures>;
  findings(site: string, question: AuditQuestion, signal: AbortSignal): Promise<Findings>;
  corrections(site: string, signal: AbortSignal): Promise<Corrections>;
  correction(site: string, id: string, signal: AbortSignal): Promise<CorrectionEffect>;
  changes(site: string, question: AuditQuestion, against: Reference, signal: AbortSignal): Promise<Changes>;
}

/** The message says in words for an operator what went wrong; `status` is null where nothing answered. */
export class RequestFailed extends Error {
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

const TIMEOUT_MS = 20_000;

/** Requests go to `api/v1` beside the page, so that it also works behind a reverse proxy's path. */
export function createApi(fetch: typeof globalThis.fetch): Api {
  const get = <T>(path: string, signal: AbortSignal) => request<T>(fetch, `api/v1/${path}`, signal);
  return {
    sites: (signal) => get('sites', signal),
    series: (site, { fromMs, toMs, step }, signal) => {
      const query = new URLSearchParams({ from: isoTime(fromMs), to: isoTime(toMs), step });
      return get(ofSite(site, `series?${query}`), signal);
    },
    kpis: (site, period, signal) => get(ofSite(site, `kpis?period=${encodeURIComponent(period)}`), signal),
    points: (site, signal) => get(ofSite(site, 'points'), signal),
    agents: (signal) => get('agents', signal),
    audit: createAuditApi(get),
  };
}

type Get = <T>(path: string, signal: AbortSignal) => Promise<T>;

function createAuditApi(get: Get): AuditApi {
  const ask =
    (leaf: string) =>
    <T>(site: string, question: AuditQuestion, signal: AbortSignal) =>
      get<T>(ofSite(site, `${leaf}?${queryOf(question)}`), signal);
  return {
    kpis: ask('kpis'),
    explain: ask('kpis/explain'),
    figures: ask('figures'),
    findings: ask('findings'),
    corrections: (site, signal) => get(ofSite(site, 'corrections'), signal),
    correction: (site, id, signal) => get(ofSite(site, `corrections/${encodeURIComponent(id)}`), signal),
    changes: (site, question, against, signal) => get(ofSite(site, changesPath(question, against)), signal),
  };
}

export function changesPath(question: AuditQuestion, against: Reference): string {
  const query = queryOf(question);
  for (const [key, value] of Object.entries(against)) query.set(key, value);
  return `changes?${query}`;
}

/** Beside the page, as every address of the API is. */
export function apiHref(site: string, path: string): string {
  return `api/v1/${ofSite(site, path)}`;
}

function ofSite(site: string, path: string): string {
  return `sites/${encodeURIComponent(site)}/${path}`;
}

async function request<T>(fetch: typeof globalThis.fetch, path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(path, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch(() => {
    throw new RequestFailed('The collector does not answer.', null);
  });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new RequestFailed(problemText(body, response.status), response.status);
  if (body === null) throw new RequestFailed('The collector answered something that is not JSON.', response.status);
  return body as T;
}

/** The words of an RFC 9457 problem, as far as the answer is one. */
function problemText(body: unknown, status: number): string {
  const problem = typeof body === 'object' && body !== null ? (body as { title?: unknown; detail?: unknown }) : {};
  const words = [problem.title, problem.detail].filter((part) => typeof part === 'string' && part !== '');
  return words.length > 0 ? words.join(': ') : `The collector answered with status ${status}.`;
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
