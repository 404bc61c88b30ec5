import { fleet, NOW_MS } from './fleet.ts';

/** When the last scrape was. */
export const SCRAPED_MS = Math.floor(NOW_MS / 30_000) * 30_000;
const STEP_MS = 30_000;
const STEPS = 240;

/** A site as the metrics have it; powers and shares stand still, counters grow evenly. */
export interface PromSite {
  readonly group: string;
  readonly site: string;
  readonly kind: string;
  readonly totalW: number;
  readonly itW: number;
  /** By which the counters of the paired energies grow. */
  readonly totalRateW: number;
  readonly itRateW: number;
  readonly pue: number | null;
  readonly see: number | null;
  readonly target: number;
  readonly verdict: number;
  readonly coverage: number;
  readonly stale: number;
  readonly up: number;
  readonly silentS: number;
  readonly spool: number;
  readonly failing: number;
  readonly lostRate: number;
  readonly skewS: number;
}

export const promSites: readonly PromSite[] = fleet.map(({ group, site, kind }, index) => ({
  group,
  site,
  kind,
  totalW: 13_000 + 100 * index,
  itW: 10_000,
  totalRateW: 12_500 + 200 * index,
  itRateW: index === 3 ? 0 : 10_000,
  pue: kind === 'data-centre' ? 1.2 + 0.04 * index : null,
  see: kind === 'base-station' ? 0.8 : null,
  target: 1.3,
  verdict: index % 3,
  coverage: 1 - 0.01 * index,
  stale: index % 2,
  up: index === 1 ? 0 : 1,
  silentS: 4 + index,
  spool: index,
  failing: index === 2 ? 1 : 0,
  lostRate: index === 0 ? 0.5 : 0,
  skewS: 0.04 * index,
}));

type Labels = Readonly<Record<string, string>>;
/** A value, or how a counter has grown after so many seconds. */
type Value = number | ((seconds: number, timeS: number) => number);

/** Two hours of scrapes in the OpenMetrics text that promtool makes blocks of. */
export function exposition(): string {
  const families = new Map<string, { readonly labels: Labels; readonly value: Value }[]>();
  const add = (name: string, labels: Labels, value: Value): void => {
    families.set(name, [
      ...(families.get(name) ?? []),
      { labels: { job: 'wattmark', instance: 'c:8080', ...labels }, value },
    ]);
  };
  collectorMetrics(add);
  for (const site of promSites) siteMetrics(add, site);
  const text = [...families].map(([name, samples]) => {
    const isCounter = name.endsWith('_total');
    const head = `# TYPE ${isCounter ? name.slice(0, -'_total'.length) : name} ${isCounter ? 'counter' : 'gauge'}\n`;
    return head + samples.map(({ labels, value }) => linesOf(name, labels, value)).join('');
  });
  return `${text.join('')}# EOF\n`;
}

type Add = (name: string, labels: Labels, value: Value) => void;

function collectorMetrics(add: Add): void {
  add('wattmark_healthy', {}, 1);
  add('wattmark_store_waiting_batches', {}, 3);
  add('wattmark_mirror_queue_bytes', { mirror: 'a' }, 4000);
  add('wattmark_mirror_queue_bytes', { mirror: 'b' }, 1000);
  add('wattmark_mirror_behind_seconds', { mirror: 'a' }, 12);
  add('wattmark_mirror_behind_seconds', { mirror: 'b' }, 2);
  add('wattmark_mirror_dropped_lines_total', { mirror: 'a' }, 5);
  add('wattmark_mirror_rejected_lines_total', { mirror: 'a' }, 0);
  add('wattmark_mirror_rejected_lines_total', { mirror: 'b' }, 2);
  add('wattmark_readings_total', {}, (seconds) => 100 * seconds);
  add('wattmark_messages_total', {}, (seconds) => 2 * seconds);
  add('wattmark_duplicate_messages_total', {}, (seconds) => seconds);
  add('wattmark_late_readings_total', {}, (seconds) => 0.5 * seconds);
  add('wattmark_ahead_readings_total', {}, 0);
  add('wattmark_conflicting_readings_total', {}, (seconds) => 4 * seconds);
  add('wattmark_rejected_total', { reason: 'not-json' }, (seconds) => 0.5 * seconds);
  add('wattmark_rejected_total', { reason: 'out-of-range' }, (seconds) => 0.25 * seconds);
  add('process_resident_memory_bytes', {}, 300e6);
  add('nodejs_heap_size_used_bytes', {}, 120e6);
  // Another program that the same Prometheus scrapes.
  add('process_resident_memory_bytes', { job: 'node', instance: 'n:9100' }, 20e6);
}

function siteMetrics(add: Add, site: PromSite): void {
  const of = { group: site.group, site: site.site };
  const { pue, see } = site;
  add('wattmark_site_info', { ...of, name: `Site "${site.site}"`, kind: site.kind, timezone: 'UTC' }, 1);
  add('wattmark_site_target_ratio', { ...of, metric: pue === null ? 'see' : 'pue', target: 't' }, site.target);
  for (const [period, more] of [
    ['30d', 0],
    ['24h', 0.01],
  ] as const) {
    if (pue !== null) add('wattmark_site_pue_ratio', { ...of, period }, pue + more);
    if (see !== null) add('wattmark_site_see_ratio', { ...of, period }, see + more);
    add('wattmark_site_coverage_ratio', { ...of, period }, site.coverage);
    add('wattmark_site_verdict_code', { ...of, period }, site.verdict);
  }
  add('wattmark_site_total_watts', of, site.totalW);
  add('wattmark_site_it_watts', of, site.itW);
  add('wattmark_site_role_watts', { ...of, role: 'utility' }, site.totalW);
  add('wattmark_site_role_watts', { ...of, role: 'cooling' }, site.totalW - site.itW);
  add('wattmark_site_stale_points', of, site.stale);
  add('wattmark_site_paired_energy_joules_total', of, (seconds) => site.totalRateW * seconds);
  add('wattmark_site_paired_it_energy_joules_total', of, (seconds) => site.itRateW * seconds);
  const agent = { ...of, agent: 'hall-a' };
  add('wattmark_agent_up', agent, site.up);
  add('wattmark_agent_last_seen_timestamp_seconds', agent, (_, timeS) => timeS - site.silentS);
  add('wattmark_agent_spool_messages', agent, site.spool);
  add('wattmark_agent_failing_sources', agent, site.failing);
  add('wattmark_agent_lost_messages_total', agent, (seconds) => site.lostRate * seconds);
  add('wattmark_agent_rejected_total', agent, 2);
  add('wattmark_agent_duplicate_messages_total', agent, 1);
  add('wattmark_agent_clock_skew_seconds', agent, site.skewS);
}

function linesOf(name: string, labels: Labels, value: Value): string {
  const text = Object.entries(labels).map(([label, own]) => `${label}="${own.replaceAll('"', '\\"')}"`);
  let lines = '';
  for (let step = 0; step <= STEPS; step++) {
    const timeS = (SCRAPED_MS - (STEPS - step) * STEP_MS) / 1000;
    const own = typeof value === 'number' ? value : value((step * STEP_MS) / 1000, timeS);
    lines += `${name}{${text.join(',')}} ${own} ${timeS}\n`;
  }
  return lines;
}
