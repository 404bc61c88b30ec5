import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { Type } from 'typebox';
import type { Figures } from '../figures.ts';
import type { RouteParts } from './contract.ts';
import type { LiveFeed } from './live-feed.ts';

/**
 * The collector for Prometheus: names begin with `wattmark_`, units are the base units watt, second and byte, counters end in
 * `_total`. What is unknown has no sample, since 0 W would be a statement. Energy and PUE are not exported: they are restated
 * when late data arrive, which a scraped series cannot follow; the API has them.
 */
export function registerMetrics({ api, figures }: RouteParts, feed: LiveFeed): void {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  const schema = {
    summary: 'Prometheus metrics',
    tags: ['collector'],
    response: {
      200: { description: 'exposition', content: { [Registry.PROMETHEUS_CONTENT_TYPE]: { schema: Type.String() } } },
    },
  };
  api.get('/metrics', { schema }, async (_, reply) => {
    const current = new Metrics();
    exposeHealth(current, figures, feed);
    exposeAgents(current, figures);
    exposeSites(current, figures);
    const text = await Registry.merge([ofProcess, current.registry]).metrics();
    return reply.type(Registry.PROMETHEUS_CONTENT_TYPE).send(text);
  });
}

/** Values are read when they are asked for, so that each scrape begins with an empty registry. */
class Metrics {
  readonly registry = new Registry();

  counter(name: string, help: string, value: number): void {
    new Counter({ name: `wattmark_${name}_total`, help, registers: [this.registry] }).inc(value);
  }

  labelledCounter(name: string, help: string, labelNames: readonly string[]) {
    return new Counter({ name: `wattmark_${name}_total`, help, labelNames, registers: [this.registry] });
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []) {
    return new Gauge({ name: `wattmark_${name}`, help, labelNames, registers: [this.registry] });
  }
}

function exposeHealth(metrics: Metrics, figures: Figures, feed: LiveFeed): void {
  const { problem, counters, rejected, gauges } = figures.health();
  metrics.gauge('healthy', 'Whether the collector works, 1 or 0').set(problem === null ? 1 : 0);
  for (const [name, value] of Object.entries(counters)) metrics.counter(name, `${words(name)} since the start`, value);
  for (const [name, value] of Object.entries(gauges)) metrics.gauge(name, `${words(name)} at present`).set(value);
  const byReason = metrics.labelledCounter('rejected', 'Messages and readings rejected, by reason', ['reason']);
  for (const [reason, value] of Object.entries(rejected)) byReason.inc({ reason }, value);
  metrics.gauge('live_clients', 'Clients that listen to live events').set(feed.clients);
  metrics.counter('live_clients_dropped', 'Live clients dropped because they did not read', feed.dropped);
  metrics.counter('live_clients_refused', 'Live clients for which there was no room', feed.refused);
}

function exposeAgents(metrics: Metrics, figures: Figures): void {
  const labels = ['group', 'site', 'agent'] as const;
  const up = metrics.gauge('agent_up', 'Whether the agent says that it is online, 1 or 0', labels);
  const seen = metrics.gauge('agent_last_seen_timestamp_seconds', 'Arrival of the agent’s last message', labels);
  const skew = metrics.gauge('agent_clock_skew_seconds', 'Arrival less the message’s own time', labels);
  const spool = metrics.gauge('agent_spool_messages', 'Messages that the agent has not got acknowledged', labels);
  const sources = metrics.gauge('agent_sources', 'Sources of the agent', labels);
  const failing = metrics.gauge('agent_failing_sources', 'Sources of the agent that give no readings', labels);
  const lost = metrics.labelledCounter('agent_lost_messages', 'Messages that the agent itself lost', labels);
  const rejected = metrics.labelledCounter('agent_rejected', 'Messages and readings of the agent rejected', labels);
  const duplicates = metrics.labelledCounter('agent_duplicate_messages', 'Messages that came again', labels);
  for (const figuresOf of figures.agents()) {
    const { group, site, agent, state, lastSeenMs, clockSkewMs, spoolDepth } = figuresOf;
    const of = { group, site, agent };
    if (state !== 'unknown') up.set(of, state === 'online' ? 1 : 0);
    if (lastSeenMs !== null) seen.set(of, lastSeenMs / 1000);
    if (clockSkewMs !== null) skew.set(of, clockSkewMs / 1000);
    if (spoolDepth !== null) spool.set(of, spoolDepth);
    if (figuresOf.sources !== null) {
      sources.set(of, figuresOf.sources.total);
      failing.set(of, figuresOf.sources.failing.length);
    }
    lost.inc(of, figuresOf.lost);
    rejected.inc(of, figuresOf.rejected);
    duplicates.inc(of, figuresOf.duplicates);
  }
}

function exposeSites(metrics: Metrics, figures: Figures): void {
  const labels = ['group', 'site'] as const;
  const total = metrics.gauge('site_total_watts', 'Total power', labels);
  const it = metrics.gauge('site_it_watts', 'IT power, or telecom power of a base station', labels);
  const ratio = metrics.gauge('site_power_ratio', 'Total over IT power, instantaneous: not a PUE', labels);
  const role = metrics.gauge('site_role_watts', 'Power by role', [...labels, 'role']);
  const stale = metrics.gauge('site_stale_points', 'Counted points that are silent', labels);
  for (const { group, site } of figures.sites()) {
    const live = figures.live(site);
    const of = { group, site };
    if (live.totalW !== null) total.set(of, live.totalW);
    if (live.itW !== null) it.set(of, live.itW);
    if (live.ratio !== null) ratio.set(of, live.ratio);
    for (const [name, powerW] of Object.entries(live.byRole))
      if (powerW !== null) role.set({ ...of, role: name }, powerW);
    stale.set(of, live.stale.length);
  }
}

/** `lost_messages` → `Lost messages` */
function words(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}
