import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { Type } from 'typebox';
import type { Logger } from '@wattmark/shared/logger';
import type { Figures } from '../figures.ts';
import type { MirrorState } from '../mirror/mirror.ts';
import type { RollingKpis } from '../rolling-kpis.ts';
import type { RouteParts } from './contract.ts';
import { Exposition, labelText, plain } from './exposition.ts';
import type { LiveFeed } from './live-feed.ts';
import { exposeSites } from './site-metrics.ts';

/** Sites, and agents, beyond this number are left out: each is some 40 samples of a site and ten of an agent. */
const MAX_EXPOSED = 10_000;

/** Agents exposed without letting anything else have its turn: some milliseconds. */
const AGENTS_AT_ONCE = 500;

export interface MetricsSources {
  readonly feed: LiveFeed;
  /** Null where nobody keeps them ready. */
  readonly rolling: RollingKpis | null;
  readonly log: Logger;
}

/**
 * The collector for Prometheus: names begin with `wattmark_`, units are the base units (joule, watt, second, byte, ratio),
 * counters end in `_total`. What is unknown has no sample, since 0 W would be a statement. A scrape asks memory only; scrapes at
 * the same time share one text.
 */
export function registerMetrics({ api, figures }: RouteParts, sources: MetricsSources): void {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  const schema = {
    summary: 'Prometheus metrics',
    tags: ['collector'],
    response: {
      200: { description: 'exposition', content: { [Registry.PROMETHEUS_CONTENT_TYPE]: { schema: Type.String() } } },
    },
  };
  const expose = exposer(figures, sources);
  let underWay: Promise<string> | null = null;
  api.get('/metrics', { schema }, async (_, reply) => {
    underWay ??= expose().finally(() => (underWay = null));
    const text = `${await ofProcess.metrics()}${await underWay}`;
    return reply.type(Registry.PROMETHEUS_CONTENT_TYPE).send(text);
  });
}

function exposer(figures: Figures, { feed, rolling, log }: MetricsSources): () => Promise<string> {
  let omittedBefore = 0;
  return async () => {
    const exposition = new Exposition();
    const sites = figures.sites();
    const agents = figures.agents();
    exposeHealth(exposition, figures, feed);
    exposeMirrors(exposition, figures.health().mirrors);
    await exposeAgents(exposition, agents.slice(0, MAX_EXPOSED));
    await exposeSites(exposition, figures, rolling, sites.slice(0, MAX_EXPOSED));
    const omitted = { sites: beyond(sites.length), agents: beyond(agents.length) };
    exposition.family('omitted_sites', 'gauge', 'Sites without metrics, beyond the limit')(plain, omitted.sites);
    exposition.family('omitted_agents', 'gauge', 'Agents without metrics, beyond the limit')(plain, omitted.agents);
    const sum = omitted.sites + omitted.agents;
    if (sum > omittedBefore) log.warn({ omitted, limit: MAX_EXPOSED }, 'the metrics leave out sites or agents');
    omittedBefore = sum;
    return exposition.toString();
  };
}

function beyond(count: number): number {
  return Math.max(0, count - MAX_EXPOSED);
}

function exposeHealth(exposition: Exposition, figures: Figures, feed: LiveFeed): void {
  const { problem, counters, rejected, gauges } = figures.health();
  exposition.family('healthy', 'gauge', 'Whether the collector works, 1 or 0')(plain, problem === null ? 1 : 0);
  for (const [name, value] of Object.entries(counters)) {
    exposition.family(name, 'counter', `${words(name)} since the start`)(plain, value);
  }
  for (const [name, value] of Object.entries(gauges)) {
    exposition.family(name, 'gauge', `${words(name)} at present`)(plain, value);
  }
  const byReason = exposition.family('rejected', 'counter', 'Messages and readings rejected, by reason');
  for (const [reason, value] of Object.entries(rejected)) byReason(labelText({ reason }), value);
  exposition.family('live_clients', 'gauge', 'Clients that listen to live events')(plain, feed.clients);
  const dropped = exposition.family('live_clients_dropped', 'counter', 'Live clients dropped, as they did not read');
  dropped(plain, feed.dropped);
  const refused = exposition.family('live_clients_refused', 'counter', 'Live clients for which there was no room');
  refused(plain, feed.refused);
}

function exposeMirrors(exposition: Exposition, mirrors: readonly MirrorState[]): void {
  const gauge = (name: string, help: string) => exposition.family(`mirror_${name}`, 'gauge', help);
  const counter = (name: string, help: string) => exposition.family(`mirror_${name}`, 'counter', help);
  const up = gauge('up', 'Whether the mirror takes what it is sent, 1 or 0');
  const waiting = gauge('waiting_lines', 'Lines that wait for the mirror');
  const bytes = gauge('queue_bytes', 'Size of the mirror’s queue on disk');
  const behind = gauge('behind_seconds', 'For how long the oldest line has waited');
  const sent = counter('sent_lines', 'Lines that the mirror has taken');
  const rejected = counter('rejected_lines', 'Lines that the mirror will never take');
  const dropped = counter('dropped_lines', 'Lines lost because the queue was full or the disk took nothing');
  for (const { mirror, ...state } of mirrors) {
    const labels = labelText({ mirror });
    up(labels, state.problem === null ? 1 : 0);
    waiting(labels, state.waitingLines);
    bytes(labels, state.queueBytes);
    behind(labels, inSeconds(state.behindMs));
    sent(labels, state.sentLines);
    rejected(labels, state.rejectedLines);
    dropped(labels, state.droppedLines);
  }
}

async function exposeAgents(exposition: Exposition, agents: ReturnType<Figures['agents']>): Promise<void> {
  const gauge = (name: string, help: string) => exposition.family(`agent_${name}`, 'gauge', help);
  const counter = (name: string, help: string) => exposition.family(`agent_${name}`, 'counter', help);
  const up = gauge('up', 'Whether the agent says that it is online, 1 or 0');
  const seen = gauge('last_seen_timestamp_seconds', 'Arrival of the agent’s last message');
  const skew = gauge('clock_skew_seconds', 'Arrival less the message’s own time');
  const spool = gauge('spool_messages', 'Messages that the agent has not got acknowledged');
  const sources = gauge('sources', 'Sources of the agent');
  const failing = gauge('failing_sources', 'Sources of the agent that give no readings');
  const lost = counter('lost_messages', 'Messages that the agent itself lost');
  const rejected = counter('rejected', 'Messages and readings of the agent rejected');
  const duplicates = counter('duplicate_messages', 'Messages that came again');
  for (const [index, figuresOf] of agents.entries()) {
    if (index % AGENTS_AT_ONCE === 0) await nextTurn();
    const { group, site, agent, state, lastSeenMs, clockSkewMs, spoolDepth } = figuresOf;
    const labels = labelText({ group, site, agent });
    up(labels, state === 'unknown' ? null : Number(state === 'online'));
    seen(labels, inSeconds(lastSeenMs));
    skew(labels, inSeconds(clockSkewMs));
    spool(labels, spoolDepth);
    sources(labels, figuresOf.sources?.total ?? null);
    failing(labels, figuresOf.sources?.failing.length ?? null);
    lost(labels, figuresOf.lost);
    rejected(labels, figuresOf.rejected);
    duplicates(labels, figuresOf.duplicates);
  }
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

/** `lost_messages` → `Lost messages` */
function words(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}
