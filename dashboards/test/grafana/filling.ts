import { lineOf, siteValues, tagsOf } from '../../../collector/src/influx/lines.ts';
import { float, integer, intervals, type Measurement, text } from '../../../collector/src/influx/schema.ts';
import type { LevelSum } from '../../../collector/src/kpi/level.ts';
import { noLevel } from '../../../collector/src/site/interval-sum.ts';
import type { SiteSum } from '../../../collector/src/site/site.ts';
import { energyRoles } from '../../../shared/src/roles.ts';
import { collectorMinutes, fleet, type FleetSite, type Interval, NOW_MS, parts } from './fleet.ts';

/** The test fleet as the collector's own encoders write it. */
export function linesOf(sites: readonly FleetSite[] = fleet): { readonly kept: string[]; readonly minutes: string[] } {
  const kept = sites.flatMap((site) => [...energies(site), ...kpis(site), ...events(site), info(site)]);
  const minutes = sites.flatMap((site) => [...live(site), ...agents(site), ...charge(site)]);
  const own = collectorMinutes.map(({ timeMs, fields }) =>
    lineOf(measurement('wattmark_collector', fields), '', fields, timeMs),
  );
  return { kept, minutes: [...minutes, ...own] };
}

/** Writes lines in portions that the server takes. @throws Error with what it says. */
export async function write(url: string, database: string, lines: readonly string[]): Promise<void> {
  for (let from = 0; from < lines.length; from += 10_000) {
    const body = lines.slice(from, from + 10_000).join('\n');
    const response = await fetch(`${url}/write?db=${database}&precision=ns`, { method: 'POST', body });
    if (!response.ok) throw new Error(await response.text());
  }
}

/** Panels of quarter-hours go back 7 days, from the end or from a day before it. */
const QUARTERS_FROM_MS = NOW_MS - 8.5 * 86_400_000;

function energies(site: FleetSite): string[] {
  const tags = tagsOf({ group: site.group, site: site.site });
  const level = site.kind === 'data-centre' ? 1 : 0;
  const line = (of: typeof intervals.siteQuarter | typeof intervals.siteDay, interval: Interval): string => {
    const sum = siteSumOf(interval, level);
    const values = siteValues(sum, countedOf(interval, sum), level, interval.endMs);
    return lineOf(of, tags, { ...values, end_ms: interval.endMs }, interval.startMs);
  };
  return [
    ...site.quarters
      .filter(({ startMs }) => startMs >= QUARTERS_FROM_MS)
      .map((quarter) => line(intervals.siteQuarter, quarter)),
    ...site.days.map((day) => line(intervals.siteDay, day)),
  ];
}

function siteSumOf({ startMs, endMs, total, it, paired, overhead, roleWh }: Interval, level: number): SiteSum {
  const energies = {
    partsWh: null,
    partsMs: 0,
    itWh: it?.wh ?? null,
    itMs: it?.ms ?? 0,
    pairedTotalWh: paired.totalWh,
    pairedItWh: paired.itWh,
    pairedMs: paired.ms,
    estimatedMs: 0,
  };
  return {
    startMs,
    endMs,
    supplyWh: total?.wh ?? null,
    supplyMs: total?.ms ?? 0,
    levels: [0, 1, 2, 3].map((index) => (index === level ? energies : noLevel)),
    roleWh: energyRoles.map((role) => roleWh[role] ?? null),
    overhead: parts.map((part) => ({ energyWh: overhead[part].wh, measuredMs: overhead[part].ms })),
  };
}

function countedOf({ startMs, endMs, total, it, paired }: Interval, { roleWh }: SiteSum): LevelSum {
  return {
    startMs,
    endMs,
    totalWh: total?.wh ?? null,
    totalMs: total?.ms ?? 0,
    itWh: it?.wh ?? null,
    itMs: it?.ms ?? 0,
    pairedTotalWh: paired.totalWh,
    pairedItWh: paired.itWh,
    pairedMs: paired.ms,
    estimatedMs: 0,
    roleWh,
  };
}

type Fields = Readonly<Record<string, number | string | null>>;

/** A measurement with just these fields. */
function measurement(name: string, fields: Fields): Measurement {
  const isWhole = (field: string): boolean => /(_ms|_code|_points|^up|^level|^category)$/.test(field);
  const specs = Object.entries(fields).map(([field, value]) =>
    typeof value === 'string' || ['verdict', 'currency', 'name'].includes(field)
      ? text(field, '')
      : isWhole(field)
        ? integer(field, '')
        : float(field, ''),
  );
  return { name, database: 'kept', tags: [], fields: specs, about: '' };
}

function kpis({ group, site, kpis }: FleetSite): string[] {
  return kpis.map(({ metric, period, timeMs, fields }) =>
    lineOf(measurement('wattmark_kpi', fields), tagsOf({ group, site, metric, period }), fields, timeMs),
  );
}

function live({ group, site, live }: FleetSite): string[] {
  return live.map(({ timeMs, fields }) =>
    lineOf(measurement('wattmark_live', fields), tagsOf({ group, site }), fields, timeMs),
  );
}

function agents({ group, site, agents }: FleetSite): string[] {
  return Object.entries(agents).flatMap(([agent, rows]) =>
    rows.map(({ timeMs, fields }) =>
      lineOf(measurement('wattmark_agent', fields), tagsOf({ group, site, agent }), fields, timeMs),
    ),
  );
}

function charge({ group, site, charge }: FleetSite): string[] {
  const tags = tagsOf({ group, site, point: 'battery-1', channel: 'charge' });
  return charge.map(({ timeMs, fields }) =>
    lineOf(intervals.gaugeMinute, tags, { ...fields, recorded_ms: timeMs }, timeMs),
  );
}

function info({ group, site, kind, timezone }: FleetSite): string {
  const fields = { name: `Site "${site}"`, kind, timezone };
  return lineOf(measurement('wattmark_site_info', fields), tagsOf({ group, site }), fields, 0);
}

/** One finding and one correction of each site, of two days before the end. */
function events({ group, site }: FleetSite): string[] {
  const timeMs = NOW_MS - 2 * 86_400_000;
  const finding = {
    id: `sample-gaps/cooling-1/${site}`,
    text: 'samples came 40 s apart',
    state: 'open',
    end_ms: timeMs + 3_600_000,
  };
  const correction = {
    id: '4711',
    kind: 'factor',
    point: 'cooling-1',
    text: 'factor 2',
    by: 'A. Auditor',
    reason: 'CT "200/5"',
  };
  const kinds = tagsOf({ group, site, kind: 'sample-gaps', severity: 'notice' });
  return [
    lineOf(measurement('wattmark_finding', finding), `${kinds},point=cooling-1`, finding, timeMs),
    lineOf(measurement('wattmark_correction', correction), tagsOf({ group, site }), correction, timeMs),
  ];
}
