import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@wattmark/shared/logger';
import type { Correction } from '../corrections/change.ts';
import type { Figures } from '../figures.ts';
import { siteFindings } from '../findings/site-findings.ts';
import type { Outbox } from '../mirror/outbox.ts';
import type { Site } from '../site/site.ts';
import { correctionReport, findingReport } from './audit-reports.ts';
import { agentReport, collectorReport, liveReport, siteReport } from './health-reports.ts';
import { currentPeriods, findingsPeriod, pastPeriod, periodsSince, type ReportedPeriod } from './kpi-periods.ts';
import { kpiReports } from './kpi-reports.ts';
import type { Report } from './report.ts';

export interface ReporterParts {
  readonly figures: Figures;
  /** All that are on record, in their order. */
  readonly corrections: () => readonly Correction[];
  readonly outbox: Outbox;
  /** Name of this collector among others that report to the same server. */
  readonly collector: string;
  readonly log: Logger;
}

/** Every site is visited within so many minutes, so that an hour is kept even where some take longer. */
const ROUND_MINUTES = 50;

/** Reports made before others have their turn. */
const AT_ONCE = 200;

/** Pauses are so many times as long as a visit: others ask the store, too. */
const PAUSES = 3;

/** Of one site, and written at each visit: more say nothing that a reader would see. */
const MAX_FINDINGS = 500;
const MAX_CORRECTIONS = 1_000;

/** Sites whose corrections have not been reported yet, and the instant from which on they change figures. */
type Corrected = Map<number, number>;

/**
 * What dashboards show beyond intervals, each minute: how sites, agents and the collector are; and one portion of the sites
 * after the other with figures, findings and corrections. Sites that were corrected come first.
 */
export class Reporter {
  readonly #parts: ReporterParts;
  readonly #corrected: Corrected = new Map();
  readonly #stopping = new AbortController();
  #seenCorrections: number;
  #next = 0;
  #round = 0;
  #minute: Promise<void> | null = null;
  #visits: Promise<void> | null = null;
  /** Minutes of which nothing was reported, because the minute before took longer. */
  #skipped = 0;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
    this.#seenCorrections = parts.corrections().length;
  }

  /** To be called each minute. */
  tick(nowMs: number): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#minute === null) this.#minute = this.#safely(this.#reportMinute(nowMs), () => (this.#minute = null));
    else this.#parts.log.warn({ skipped: ++this.#skipped }, 'reports of a minute are left out: the last are not ready');
    // A portion that takes longer than its minute is finished before the next one begins.
    this.#visits ??= this.#safely(this.#visitDue(nowMs), () => (this.#visits = null));
  }

  /** Resolves when what is under way is queued. */
  async idle(): Promise<void> {
    await Promise.all([this.#minute, this.#visits]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.idle();
  }

  async #safely(work: Promise<void>, done: () => void): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#parts.log.error({ error: (error as Error).message }, 'reports cannot be made');
    } finally {
      done();
    }
  }

  async #reportMinute(nowMs: number): Promise<void> {
    let count = 0;
    for (const report of this.#minuteReports(nowMs)) {
      await this.#write([report]);
      if (++count % AT_ONCE === 0) await nextTurn();
    }
    await this.#parts.outbox.flush();
  }

  *#minuteReports(nowMs: number): Generator<Report> {
    const { figures, collector } = this.#parts;
    const health = figures.health();
    const counters = { ...health.counters, skipped_reports: this.#skipped };
    yield collectorReport({ ...health, counters }, collector, nowMs);
    for (const agent of figures.agents()) yield agentReport(agent, nowMs);
    for (const site of figures.sites()) yield liveReport(figures, site, nowMs);
  }

  async #visitDue(nowMs: number): Promise<void> {
    const { signal } = this.#stopping;
    for (const { site, sinceMs } of this.#due()) {
      if (signal.aborted) break;
      const startMs = performance.now();
      await this.#visit(site, sinceMs, nowMs);
      await this.#parts.outbox.flush();
      const tookMs = performance.now() - startMs;
      await sleep(tookMs * PAUSES, undefined, { signal }).catch(() => {});
    }
  }

  /** Sites to be visited: those that were corrected, and the next ones of the round. */
  #due(): { readonly site: Site; readonly sinceMs: number | null }[] {
    const sites = this.#parts.figures.sites();
    this.#noteCorrections();
    const corrected = sites.flatMap((site) => {
      const sinceMs = this.#corrected.get(site.siteId);
      return sinceMs === undefined ? [] : [{ site, sinceMs }];
    });
    this.#corrected.clear();
    const count = Math.min(sites.length, Math.ceil(sites.length / ROUND_MINUTES));
    const due = Array.from({ length: count }, () => {
      if (this.#next >= sites.length) {
        this.#next = 0;
        this.#round++;
      }
      return { site: sites[this.#next++] as Site, sinceMs: null };
    });
    return [...corrected, ...due];
  }

  #noteCorrections(): void {
    const all = this.#parts.corrections();
    for (const { siteId, id } of all.slice(this.#seenCorrections)) {
      const site = this.#parts.figures.sites().find((one) => one.siteId === siteId);
      if (site === undefined) continue;
      const span = this.#parts.figures.corrections(site).find((one) => one.id === id)?.span ?? null;
      const sinceMs = span?.fromMs ?? Number.POSITIVE_INFINITY;
      this.#corrected.set(siteId, Math.min(sinceMs, this.#corrected.get(siteId) ?? sinceMs));
    }
    this.#seenCorrections = all.length;
  }

  /** One site that cannot be reported of does not keep the others from it. */
  async #visit(site: Site, sinceMs: number | null, nowMs: number): Promise<void> {
    try {
      await this.#write([siteReport(site)]);
      await this.#reportAudit(site, nowMs);
      for (const period of this.#periodsOf(site, sinceMs, nowMs)) {
        await this.#write(await kpiReports(this.#parts.figures, site, period, nowMs));
      }
    } catch (error) {
      this.#parts.log.warn({ site: site.site, error: (error as Error).message }, 'a site cannot be reported of');
    }
  }

  #periodsOf({ timezone }: Site, sinceMs: number | null, nowMs: number): ReportedPeriod[] {
    const current = currentPeriods(timezone, nowMs);
    if (sinceMs === null) return [...current, pastPeriod(timezone, nowMs, this.#round)];
    const rolling = current.filter(({ tag }) => tag !== 'month' && tag !== 'year');
    return [...rolling, ...periodsSince(Math.min(sinceMs, nowMs), timezone, nowMs)];
  }

  async #reportAudit(site: Site, nowMs: number): Promise<void> {
    const { figures } = this.#parts;
    const findings = await siteFindings(figures, site, findingsPeriod(site.timezone, nowMs), { nowMs, asOfMs: null });
    await this.#write(findings.slice(0, MAX_FINDINGS).map((finding) => findingReport(site, finding, nowMs)));
    const corrections = figures.corrections(site).slice(-MAX_CORRECTIONS);
    await this.#write(corrections.map((correction) => correctionReport(site, correction)));
  }

  async #write(reports: readonly Report[]): Promise<void> {
    const { outbox } = this.#parts;
    for (const { database, line } of reports) {
      outbox.add(database, line);
      if (outbox.isFull) await outbox.flush();
    }
  }
}
