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
  const ofSite = (site: string, path: string) => `sites/${encodeURIComponent(site)}/${path}`;
  return {
    sites: (signal) => get('sites', signal),
    series: (site, { fromMs, toMs, step }, signal) => {
      const query = new URLSearchParams({ from: isoTime(fromMs), to: isoTime(toMs), step });
      return get(ofSite(site, `series?${query}`), signal);
    },
    kpis: (site, period, signal) => get(ofSite(site, `kpis?period=${encodeURIComponent(period)}`), signal),
    points: (site, signal) => get(ofSite(site, 'points'), signal),
    agents: (signal) => get('agents', signal),
  };
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
