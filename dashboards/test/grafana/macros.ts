/** What Grafana knows when it asks a panel's query. */
export interface Context {
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
  /** What is chosen of each variable; `$__all` for a variable's own "All". */
  readonly chosen: Readonly<Record<string, readonly string[] | '$__all'>>;
  /** What "All" stands for, by the variable. */
  readonly allValues: Readonly<Record<string, string>>;
}

/**
 * A query as Grafana sends it: variables and `${__to}` are filled in by the browser, `$timeFilter` and `$__interval` by the
 * server (pkg/tsdb/influxdb/models/query.go of Grafana).
 * @throws Error where anything is left that Grafana would have to know and does not.
 */
export function expand(query: string, context: Context): string {
  const { fromMs, toMs, intervalMs } = context;
  const expanded = query
    .replaceAll(/\$\{(\w+):regex\}/g, (_, name: string) => regexOf(name, context))
    .replaceAll(/\$\{?(__from|__to|__range_ms|__range_s|__range)\b\}?/g, (_, name: string) => {
      if (name === '__from') return String(fromMs);
      if (name === '__to') return String(toMs);
      if (name === '__range_ms') return String(toMs - fromMs);
      const seconds = Math.round((toMs - fromMs) / 1000);
      return name === '__range_s' ? String(seconds) : `${seconds}s`;
    })
    .replaceAll('$timeFilter', `time >= ${fromMs}ms and time <= ${toMs}ms`)
    .replaceAll('$__interval_ms', String(intervalMs))
    .replaceAll('$__interval', durationOf(intervalMs));
  // What remains of dollars are ends of regular expressions.
  const left = /\$(?!\/|\))\{?\w*/.exec(expanded)?.[0];
  if (left !== undefined) throw new Error(`${left} is not expanded in ${query}`);
  return expanded;
}

/** As Grafana's format `regex`: each value escaped, several as alternatives; the custom value of "All" as it is. */
function regexOf(name: string, { chosen, allValues }: Context): string {
  const values = chosen[name];
  if (values === undefined) throw new Error(`there is no variable ${name}`);
  if (values === '$__all') {
    const all = allValues[name];
    if (all === undefined) throw new Error(`"All" of ${name} stands for nothing`);
    return all;
  }
  const escaped = values.map((value) => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
}

/** As gtime.FormatInterval: whole units, the largest that there is one of. */
function durationOf(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const;
  const unit = units.find(([, length]) => ms >= length);
  return unit === undefined ? `${ms}ms` : `${Math.floor(ms / unit[1])}${unit[0]}`;
}
