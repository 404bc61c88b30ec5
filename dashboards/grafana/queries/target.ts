/** One query of a panel; the panel gives it its letter. */
export interface Target {
  readonly datasource: { readonly type: 'influxdb' | 'prometheus'; readonly uid: string };
  /** The query in the words of the data source: `query` for InfluxDB, `expr` for Prometheus. */
  readonly [key: string]: unknown;
}

/** InfluxDB gives a series for each column and set of tags, or one table with a column for each tag. */
type Format = 'time_series' | 'table';

/** The data source variables of the InfluxDB dashboards: for each of the two databases one. */
export type Database = 'energy' | 'minutes';

/** What names the series; `$tag_site` and `$col` are filled in by Grafana. */
interface Naming {
  readonly alias?: string;
  readonly format?: Format;
}

/** An InfluxQL query of the database of energies, which is kept for ever. */
export function energyTarget(query: string, naming: Naming = {}): Target {
  return influxTarget('energy', query, naming);
}

/** An InfluxQL query of the database of minutes and live figures, which is kept for a limited time. */
export function minutesTarget(query: string, naming: Naming = {}): Target {
  return influxTarget('minutes', query, naming);
}

/** A PromQL query: over the dashboard's time, or only at its end. */
export function prometheusTarget(expr: string, legendFormat: string, isInstant = false): Target {
  return {
    datasource: { type: 'prometheus', uid: '${prometheus}' },
    expr,
    legendFormat,
    range: !isInstant,
    instant: isInstant,
    ...(isInstant ? { format: 'table' } : {}),
  };
}

function influxTarget(database: Database, query: string, { alias, format = 'time_series' }: Naming): Target {
  return {
    datasource: { type: 'influxdb', uid: `\${${database}}` },
    query,
    rawQuery: true,
    resultFormat: format,
    ...(alias === undefined ? {} : { alias }),
  };
}
