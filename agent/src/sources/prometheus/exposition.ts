import { decimalIn } from '../support/decimal.ts';

/** One series with its value. */
export interface Series {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** UTC milliseconds where the exporter tells it; null for now. */
  readonly at: number | null;
}

/** What an exporter said about the metrics that are wanted. */
export interface Exposition {
  readonly series: readonly Series[];
  /** `counter`, `gauge`, … as the exporter declares them. */
  typeOf(metric: string): string | null;
  /** Why lines about them could not be read, the first ones. */
  readonly problems: readonly string[];
}

/** The two text formats: they differ in the unit of times, and in what may follow a value. */
export type Dialect = 'prometheus' | 'openmetrics';

const MOST_PROBLEMS = 5;

/** A metric's name, then labels or a blank. */
const BEGINNING = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(?=[{\d+\-.NI \t])/;
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,|(?=\}))/y;
const escapes: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };
const infinities: Readonly<Record<string, number>> = { '+inf': Infinity, inf: Infinity, '-inf': -Infinity };

/**
 * Reads the text format 0.0.4 of Prometheus, or OpenMetrics 1.0 (section 4.1), as far as it is about wanted metrics.
 * @throws Error where no line of the text is about any metric.
 */
export function parseExposition(text: string, dialect: Dialect, isWanted: (metric: string) => boolean): Exposition {
  const types = new Map<string, string>();
  const series: Series[] = [];
  const problems: string[] = [];
  let hasMetrics = false;
  let lineNumber = 0;
  for (const line of linesOf(text)) {
    lineNumber++;
    if (line.startsWith('#')) {
      const [, keyword, metric = '', type = ''] = line.split(/[ \t]+/, 4);
      if (keyword === 'TYPE') types.set(metric, type);
      continue;
    }
    const metric = BEGINNING.exec(line)?.[1];
    hasMetrics ||= metric !== undefined;
    if (metric === undefined || !isWanted(metric)) continue;
    const found = parseSeries(metric, line.slice(metric.length), dialect);
    if (found !== null) series.push(found);
    else if (problems.length < MOST_PROBLEMS) problems.push(`line ${lineNumber} about ${metric} cannot be read`);
  }
  // An exporter that has nothing to say is one, too.
  if (!hasMetrics && types.size === 0 && text.trim() !== '') throw new Error('it is no exposition of metrics');
  return {
    series,
    // OpenMetrics declares a counter without the suffix of its samples.
    typeOf: (metric) => types.get(metric) ?? types.get(metric.replace(/_total$/, '')) ?? null,
    problems,
  };
}

/** A series as one writes it in a query. */
export function nameOf({ metric, labels }: Pick<Series, 'metric' | 'labels'>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(',')}}`;
}

function* linesOf(text: string): Generator<string> {
  for (let begin = 0; begin < text.length; ) {
    const end = text.indexOf('\n', begin);
    yield text.slice(begin, end === -1 ? undefined : end).replace(/\r$/, '');
    begin = end === -1 ? text.length : end + 1;
  }
}

function parseSeries(metric: string, rest: string, dialect: Dialect): Series | null {
  const labels = parseLabels(rest.trimStart());
  if (labels === null) return null;
  // An exemplar may follow in OpenMetrics.
  const [value = '', time, ...more] = labels.rest
    .replace(/ # .*$/, '')
    .trim()
    .split(/[ \t]+/);
  const number = parseNumber(value);
  const at = time === undefined ? null : parseNumber(time);
  if (number === null || (time !== undefined && !Number.isFinite(at)) || more.length > 0) return null;
  const perMs = dialect === 'openmetrics' ? 1e-3 : 1;
  return { metric, labels: labels.labels, value: number, at: at === null ? null : Math.round(at / perMs) };
}

function parseLabels(text: string): { labels: Record<string, string>; rest: string } | null {
  if (!text.startsWith('{')) return { labels: {}, rest: text };
  const labels = new Map<string, string>();
  let at = 1;
  for (;;) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (match === null) break;
    const [whole, name = '', value = ''] = match;
    labels.set(
      name,
      value.replaceAll(/\\(.)/g, (_, character: string) => escapes[character] ?? `\\${character}`),
    );
    at += whole.length;
  }
  const rest = text.slice(at).trimStart();
  return rest.startsWith('}') ? { labels: Object.fromEntries(labels), rest: rest.slice(1) } : null;
}

function parseNumber(text: string): number | null {
  const word = text.toLowerCase();
  if (word === 'nan') return Number.NaN;
  if (Object.hasOwn(infinities, word)) return infinities[word] ?? null;
  return decimalIn(word);
}
