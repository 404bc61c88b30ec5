import { type VariableModel, VariableRefresh, VariableSort } from '@grafana/schema';
import type { Database } from './queries/target.ts';

/** The data sources of InfluxDB, found by the names that docs/grafana.md gives them. */
export const influxSources: readonly VariableModel[] = [
  {
    ...sourceVariable('energy', 'Energy', 'influxdb', '/^(?!.*minutes).*wattmark/i'),
    current: { text: 'Wattmark', value: 'wattmark' },
  },
  {
    ...sourceVariable('minutes', 'Minutes', 'influxdb', '/wattmark.*minutes/i'),
    current: { text: 'Wattmark minutes', value: 'wattmark-minutes' },
  },
];

/** The Prometheus that scrapes the collector; any will do. */
export const prometheusSource: VariableModel = {
  ...sourceVariable('prometheus', 'Prometheus', 'prometheus', ''),
  current: { text: 'Wattmark Prometheus', value: 'wattmark-prometheus' },
};

/** Everything, without a list of it: an address would not hold ten thousand names. */
const EVERYTHING = '.*';

/** The groups of sites that have ever reported. */
export function groupVariable(): VariableModel {
  return influxVariable(
    'group',
    'Group',
    `SELECT DISTINCT("group") FROM (SELECT "group", "kind" FROM "wattmark_site_info")`,
    true,
  );
}

interface SiteChoice {
  readonly kind?: 'data-centre' | 'base-station';
  /** Whether all sites can be chosen at once; not where every one gets a row of its own. */
  readonly hasAll: boolean;
}

/** The sites of the groups chosen. */
export function siteVariable({ kind, hasAll }: SiteChoice): VariableModel {
  const ofKind = kind === undefined ? '' : ` AND "kind" = '${kind}'`;
  const rows = `SELECT "site", "kind" FROM "wattmark_site_info" WHERE "group" =~ /^\${group:regex}$/${ofKind}`;
  return influxVariable('site', 'Site', `SELECT DISTINCT("site") FROM (${rows})`, hasAll);
}

/** Values of a label of the collector's metrics. */
export function labelVariable(label: 'group' | 'site', title: string, selector: string): VariableModel {
  const query = `label_values(${selector}, ${label})`;
  return {
    ...listVariable(label, title, true),
    datasource: { type: 'prometheus', uid: '${prometheus}' },
    query: { query, refId: label },
  };
}

function influxVariable(name: string, label: string, query: string, hasAll: boolean): VariableModel {
  const source: Database = 'energy';
  return { ...listVariable(name, label, hasAll), datasource: { type: 'influxdb', uid: `\${${source}}` }, query };
}

function listVariable(name: string, label: string, hasAll: boolean): VariableModel {
  return {
    type: 'query',
    name,
    label,
    multi: true,
    includeAll: hasAll,
    ...(hasAll ? { allValue: EVERYTHING, current: { text: 'All', value: '$__all' } } : {}),
    // Sites come and go: what is offered is asked for anew with every change of the time.
    refresh: VariableRefresh.onTimeRangeChanged,
    sort: VariableSort.naturalAsc,
    options: [],
  };
}

function sourceVariable(name: string, label: string, query: string, regex: string): VariableModel {
  return { type: 'datasource', name, label, query, regex, options: [] };
}
