import type { Span } from '../accounting/interval.ts';

/** What a running collector knows of a site already. */

export interface SiteFacts {
  readonly timezone: string;
  readonly points: ReadonlySet<string>;
}

/** What is known of a point in a month. */
export interface KnownEnergy {
  /** Null where nothing is known. */
  readonly energyWh: number | null;
  readonly measuredS: number;
}

/** A collector that does not answer with what was asked for. */
export class CollectorError extends Error {
  override name = 'CollectorError';
}

/** A collector that does not answer at all. */
export class SilentCollectorError extends CollectorError {
  override name = 'SilentCollectorError';
}

const TIMEOUT_MS = 30_000;

/** Months that are asked for at once. */
const MAX_MONTHS = 1_200;

export class KnownHistory {
  readonly #url: string;
  readonly #site: string;

  /** @param url where the collector serves its API: `http://127.0.0.1:8080` */
  constructor(url: string, site: string) {
    this.#url = url.replace(/\/+$/, '');
    this.#site = site;
  }

  /** @throws CollectorError where the collector does not know the site; SilentCollectorError where there is none */
  async facts(): Promise<SiteFacts> {
    const sites = (await this.#get('/api/v1/sites')) as { site: string; timezone: string }[];
    const site = sites.find(({ site }) => site === this.#site);
    if (site === undefined) {
      const known = sites.map(({ site }) => site).join(', ');
      throw new CollectorError(`the collector at ${this.#url} has no site ${this.#site}; it has: ${known || 'none'}`);
    }
    const points = (await this.#get(`/api/v1/sites/${encodeURIComponent(this.#site)}/points`)) as { point: string }[];
    return { timezone: site.timezone, points: new Set(points.map(({ point }) => point)) };
  }

  /**
   * What is known of a point in each month that a span touches, by the start of the month, UTC ms.
   * @throws CollectorError where the collector does not answer
   */
  async months(point: string, { fromMs, toMs }: Span): Promise<ReadonlyMap<number, KnownEnergy>> {
    const query = new URLSearchParams({
      step: 'P1M',
      from: new Date(fromMs).toISOString(),
      to: new Date(Math.min(toMs, fromMs + MAX_MONTHS * 30 * 86_400_000)).toISOString(),
    });
    const path = `/api/v1/points/${encodeURIComponent(this.#site)}/${point}/series?${query.toString()}`;
    const { intervals } = (await this.#get(path)) as {
      intervals: { start: string; energyWh: number | null; measuredS: number }[];
    };
    return new Map(
      intervals.map(({ start, energyWh, measuredS }) => [Date.parse(start), { energyWh, measuredS }] as const),
    );
  }

  async #get(path: string): Promise<unknown> {
    const place = `the collector at ${this.#url}`;
    let response: Response;
    try {
      response = await fetch(this.#url + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      const { cause, message } = error as Error;
      throw new SilentCollectorError(`${place} does not answer: ${cause instanceof Error ? cause.message : message}`);
    }
    if (!response.ok) throw new CollectorError(`${place} answers ${path} with ${response.status}`);
    return response.json();
  }
}
