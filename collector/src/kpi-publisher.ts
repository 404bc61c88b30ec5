import { RESERVED_AGENT_ID } from '@wattmark/shared/ids';
import { topicOf } from '@wattmark/shared/topics';
import { liveOf } from './api/live.ts';
import type { Link } from './broker/link.ts';
import type { Figures } from './figures.ts';

/** A site's figures are published at most this often: building-management systems poll slower than that. */
const PERIOD_MS = 10_000;

/**
 * Publishes each site's live figures, retained, as `wattmark/v1/<group>/<site>/collector/kpi`, in the shape of the API's answer.
 * @returns the function that ends it.
 */
export function publishKpis(figures: Figures, link: Link, now: () => number): () => void {
  const publishedMs = new Map<string, number>();
  return figures.onLive((id) => {
    const nowMs = now();
    const sinceMs = nowMs - (publishedMs.get(id) ?? Number.NEGATIVE_INFINITY);
    // A clock set back must not silence a site.
    if (sinceMs >= 0 && sinceMs < PERIOD_MS) return;
    const site = figures.site(id);
    if (site === undefined) return;
    publishedMs.set(id, nowMs);
    const topic = topicOf({ group: site.group, site: id, agent: RESERVED_AGENT_ID }, 'kpi');
    link.publish(topic, JSON.stringify({ v: 1, ...liveOf(figures, site) }), { retain: true });
  });
}
