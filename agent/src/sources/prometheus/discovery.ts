import { channels } from '@wattmark/shared/channels';
import type { Found, Search } from '../../source.ts';
import { slugOf } from '../support/slug.ts';
import { scrape } from './exporter.ts';
import type { Exposition, Series } from './exposition.ts';
import { type KnownSeries, knownPorts, knownSeries } from './known-series.ts';

/** An exporter on the own network answers within this time. */
const PATIENCE_MS = 1_500;

/** Exporters asked at once. */
const ABREAST = 16;

interface Present {
  readonly known: KnownSeries;
  readonly series: readonly Series[];
}

/** Asks the well-known ports of this machine and of the named addresses, and says what can be read there. */
export async function findExporters(search: Search): Promise<readonly Found[]> {
  const urls = (search.addresses.length === 0 ? ['127.0.0.1'] : search.addresses).flatMap(urlsOf);
  const found: Found[] = [];
  for (let begin = 0; begin < urls.length && !search.signal.aborted; begin += ABREAST) {
    const answers = await Promise.all(urls.slice(begin, begin + ABREAST).map((url) => ask(url, search)));
    found.push(...answers.flatMap((answer) => answer ?? []));
  }
  return found;
}

async function ask(url: string, { signal, log, progress }: Search): Promise<Found | null> {
  const wanted = new Set(knownSeries.map(({ metric }) => metric));
  try {
    const exposition = await scrape(
      { url },
      { timeoutMs: PATIENCE_MS, signal, isWanted: (metric) => wanted.has(metric) },
    );
    const proposal = propose(url, exposition);
    if (proposal === null) progress(`Prometheus: ${url} answers, but has no power or energy that is known`);
    return proposal;
  } catch (error) {
    log.debug({ url, reason: (error as Error).message }, 'no exporter');
    return null;
  }
}

function urlsOf(address: string): readonly string[] {
  const hasPort = /^(\[.*\]|[^:]*):\d+$/.test(address);
  const host = !hasPort && address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
  return hasPort ? [`http://${host}/metrics`] : knownPorts.map((port) => `http://${host}:${port}/metrics`);
}

/** An entry with a point for everything that is known; null where nothing is. */
function propose(url: string, exposition: Exposition): Found | null {
  const present = knownSeries
    .map((known): Present => ({ known, series: exposition.series.filter((series) => isMeant(known, series)) }))
    .filter(({ series }) => series.length > 0);
  const points = new Map<string, Record<string, unknown>>();
  const prefix = slugOf(new URL(url).hostname.replace(/^(127\.0\.0\.1|\[::1\]|localhost)$/, 'host'));
  for (const { known, series } of present) {
    for (const [suffix, members] of groupByPoint(known, series)) {
      const point = `${prefix}-${suffix}`.slice(0, 63).replace(/-$/, '');
      const channelsOfPoint = points.get(point) ?? {};
      channelsOfPoint[known.channel] ??= seriesEntry(known, members);
      points.set(point, channelsOfPoint);
    }
  }
  if (points.size === 0) return null;
  const exporters = [...new Set(present.map(({ known }) => known.exporter))].join(', ');
  return {
    title: `${exporters} at ${url}`,
    notes: [...new Set(present.flatMap(({ known }) => known.note ?? []))],
    entry: {
      kind: 'prometheus',
      url,
      points: [...points].map(([point, channels]) => ({ point, channels })),
    },
  };
}

function isMeant({ metric, labels = {} }: KnownSeries, series: Series): boolean {
  return series.metric === metric && Object.entries(labels).every(([name, value]) => series.labels[name] === value);
}

function groupByPoint(known: KnownSeries, series: readonly Series[]): ReadonlyMap<string, readonly Series[]> {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const values = known.each.map((label) => one.labels[label] ?? '');
    const suffix = slugOf([known.point, ...values].filter((part) => part !== '').join('-'));
    groups.set(suffix, [...(groups.get(suffix) ?? []), one]);
  }
  return groups;
}

function seriesEntry(known: KnownSeries, members: readonly Series[]): Record<string, unknown> {
  const own = Object.fromEntries(known.each.map((label) => [label, members[0]?.labels[label] ?? '']));
  const labels = { ...known.labels, ...own };
  return {
    metric: known.metric,
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(known.unit !== channels[known.channel].unit && { unit: known.unit }),
    ...(members.length > 1 && { combine: 'sum' }),
  };
}
