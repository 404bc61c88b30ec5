import { RESERVED_AGENT_ID } from '@wattmark/shared/ids';
import { topicOf } from '@wattmark/shared/topics';
import { liveOf } from './api/live.ts';
import type { Link } from './broker/link.ts';
import type { Figures } from './figures.ts';

/** A site's figures are published at most this often: building-management systems poll slower than that. */
const PERIOD_MS = 10_000;

/**
 * Publishes sites' live figures, retained, as `wattmark/v1/<group>/<site>/collector/kpi`, in the shape of the API's answer:
 * when they change, and where `refresh` is called although nothing comes, so that a site that falls silent shows as stale.
 */
export class KpiPublisher {
  readonly #figures: Figures;
  readonly #link: Link;
  readonly #now: () => number;
  readonly #publishedMs = new Map<string, number>();
  readonly #unsubscribe: () => void;

  constructor(figures: Figures, link: Link, now: () => number) {
    this.#figures = figures;
    this.#link = link;
    this.#now = now;
    this.#unsubscribe = figures.onLive((id) => this.#publish(id));
  }

  refresh(): void {
    for (const { site } of this.#figures.sites()) this.#publish(site);
  }

  close(): void {
    this.#unsubscribe();
  }

  #publish(id: string): void {
    const nowMs = this.#now();
    const sinceMs = nowMs - (this.#publishedMs.get(id) ?? Number.NEGATIVE_INFINITY);
    // A clock set back must not silence a site.
    if (sinceMs >= 0 && sinceMs < PERIOD_MS) return;
    const site = this.#figures.site(id);
    if (site === undefined) return;
    this.#publishedMs.set(id, nowMs);
    const topic = topicOf({ group: site.group, site: id, agent: RESERVED_AGENT_ID }, 'kpi');
    this.#link.publish(topic, JSON.stringify({ v: 1, ...liveOf(this.#figures, site) }), { retain: true });
  }
}
