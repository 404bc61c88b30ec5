import { lineOf, siteValues, tagsOf } from '../../../collector/src/influx/lines.ts';
import { integer, intervals, type Measurement } from '../../../collector/src/influx/schema.ts';
import type { LevelSum } from '../../../collector/src/kpi/level.ts';
import { reported } from '../../../collector/src/reports/measurements.ts';
import { reportOf } from '../../../collector/src/reports/report.ts';
import { noLevel } from '../../../collector/src/site/interval-sum.ts';
import type { SiteSum } from '../../../collector/src/site/site.ts';
import { energyRoles } from '../../../shared/src/roles.ts';
import { collectorMinutes, fleet, type FleetSite, type Interval, type Minute, NOW_MS, parts } from './fleet.ts';

/** The test fleet as the collector's own encoders write it. */
export function linesOf(sites: readonly FleetSite[] = fleet): { readonly kept: string[]; readonly minutes: string[] } {
  const kept = sites.flatMap((site) => [...energies(site), ...kpis(site), ...events(site), info(site)]);
  const minutes = sites.flatMap((site) => [...live(site), ...agents(site), ...charge(site)]);
  const own = collectorMinutes.map(ofCollector);
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

type Tags = Parameters<typeof tagsOf>[0];

/** A report's line, as the collector's own encoder makes it. */
function report(measurement: Measurement, tags: Tags, { timeMs, fields }: Minute): string {
  return reportOf(measurement, { tags, values: fields, timeMs }).line;
}

function kpis({ group, site, kpis }: FleetSite): string[] {
  return kpis.map(({ metric, period, ...row }) => report(reported.kpi, { group, site, metric, period }, row));
}

function live({ group, site, live }: FleetSite): string[] {
  return live.map((row) => report(reported.live, { group, site }, row));
}

function agents({ group, site, agents }: FleetSite): string[] {
  return Object.entries(agents).flatMap(([agent, rows]) =>
    rows.map((row) => report(reported.agent, { group, site, agent }, row)),
  );
}

/** Its fields are whatever it counts. */
function ofCollector(row: Minute): string {
  const fields = Object.keys(row.fields).map((name) => integer(name, ''));
  return report({ ...reported.collector, fields }, { collector: 'c-1' }, row);
}

function charge({ group, site, charge }: FleetSite): string[] {
  const tags = tagsOf({ group, site, point: 'battery-1', channel: 'charge' });
  return charge.map(({ timeMs, fields }) =>
    lineOf(intervals.gaugeMinute, tags, { ...fields, recorded_ms: timeMs }, timeMs),
  );
}

function info({ group, site, kind, timezone }: FleetSite): string {
  return report(reported.siteInfo, { group, site }, { timeMs: 0, fields: { name: `Site "${site}"`, kind, timezone } });
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
  const kinds = { group, site, kind: 'sample-gaps', severity: 'notice', point: 'cooling-1' };
  return [
    report(reported.finding, kinds, { timeMs, fields: finding }),
    report(reported.correction, { group, site }, { timeMs, fields: correction }),
  ];
}
