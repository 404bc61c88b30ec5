import type { Logger } from '@wattmark/shared/logger';
import { QUARTER_MS } from './accounting/interval.ts';
import type { Figures } from './figures.ts';
import type { Period } from './kpi/period.ts';
import { seeOf } from './kpi/see.ts';
import { siteKpis } from './kpi/site-kpis.ts';
import { siteVerdicts } from './kpi/target-verdicts.ts';
import type { Verdict } from './kpi/verdict.ts';
import type { Site } from './site/site.ts';

/** What a site's last hours or days amount to. */
export interface RollingKpi {
  readonly window: RollingWindow;
  /** When it was computed: up to then everything is in it, UTC ms. */
  readonly atMs: number;
  /** Of a data centre. */
  readonly pue: number | null;
  /** Of a base station. */
  readonly see: number | null;
  readonly coverage: number | null;
  /** Null where there is no target. */
  readonly verdict: Verdict | null;
}

export type RollingWindow = (typeof windows)[number]['name'];

const HOUR_MS = 3_600_000;

const windows = [
  { name: '24h', lengthMs: 24 * HOUR_MS },
  { name: '7d', lengthMs: 7 * 24 * HOUR_MS },
  { name: '30d', lengthMs: 30 * 24 * HOUR_MS },
] as const;

/** A tenth of the time at most goes into these figures: many sites take longer, and load no more. */
const REST_PER_WORK = 9;

/** A clock that was set forward must not look like work. */
const MAX_REST_MS = 10_000;

/**
 * The KPIs of windows that end with the present quarter-hour, kept ready, since whoever reads the metrics must not make the store
 * answer for every site. They are the same as the API's for the same period. Sites are computed one after the other with
 * rests between them, so that they lag where they are very many: `atMs` says how much.
 */
export class RollingKpis {
  readonly #figures: Figures;
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #known = new Map<string, readonly RollingKpi[]>();
  #running: Promise<void> | null = null;
  #stopping = false;
  #wake: () => void = () => {};

  constructor(figures: Figures, now: () => number, log: Logger) {
    this.#figures = figures;
    this.#now = now;
    this.#log = log;
  }

  /** Of a site, the shortest window first; empty while nothing is computed. */
  of(site: string): readonly RollingKpi[] {
    return this.#known.get(site) ?? [];
  }

  /** Brings up to date what is not; to be called every minute. Resolves when it is, or at once where a round is under way. */
  async refresh(): Promise<void> {
    if (this.#running !== null || this.#stopping) return;
    this.#running = this.#round();
    try {
      await this.#running;
    } finally {
      this.#running = null;
    }
  }

  /** Resolves when no question to the store is under way any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#running;
  }

  async #round(): Promise<void> {
    for (const site of this.#figures.sites()) {
      const startMs = this.#now();
      try {
        this.#known.set(site.site, await this.#kpisOf(site, startMs));
      } catch (error) {
        // The figures before stay, and say by their time how old they are.
        const { message } = error as Error;
        this.#log.warn(
          { site: site.site, message },
          'the figures of the last days could not be computed; trying again',
        );
      }
      const workMs = Math.max(0, this.#now() - startMs);
      await this.#rest(Math.min(MAX_REST_MS, REST_PER_WORK * workMs));
      if (this.#stopping) return;
    }
  }

  async #kpisOf(site: Site, atMs: number): Promise<RollingKpi[]> {
    const toMs = Math.ceil(atMs / QUARTER_MS) * QUARTER_MS;
    const knowledge = { nowMs: atMs, asOfMs: null };
    const kpis: RollingKpi[] = [];
    for (const { name: window, lengthMs } of windows) {
      const period: Period = { name: window, fromMs: toMs - lengthMs, toMs };
      const found = await siteKpis(this.#figures, site, period, knowledge);
      const { main } = await siteVerdicts(this.#figures, site, found, knowledge);
      const isStation = site.kind === 'base-station';
      const { pue, coverage } = found;
      kpis.push({
        window,
        atMs,
        pue: isStation ? null : pue,
        see: isStation ? seeOf(pue) : null,
        coverage,
        verdict: main?.judgement.verdict ?? null,
      });
    }
    return kpis;
  }

  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
