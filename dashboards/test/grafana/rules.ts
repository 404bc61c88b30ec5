import { type Dashboard, type Panel, VariableRefresh, type VariableModel } from '@grafana/schema';
import { type Question, questionsOf } from './queries.ts';

/**
 * What is wrong with a dashboard, in whole sentences; empty where nothing is. Rules that no query can break by its figures:
 * what a reader sees must say what it is, and nothing may be drawn that is not known.
 */
export function problemsOf(dashboard: Dashboard): string[] {
  const panels = panelsOf(dashboard);
  const questions = questionsOf(dashboard.uid ?? '', dashboard);
  return [
    ...frameProblems(dashboard),
    ...(dashboard.templating?.list ?? []).flatMap(variableProblems),
    ...panels.flatMap(panelProblems),
    ...placeProblems(dashboard),
    ...questions.flatMap((question) => questionProblems(question, dashboard)),
  ];
}

function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.filter((panel): panel is Panel => panel.type !== 'row');
}

function frameProblems({
  uid,
  schemaVersion,
  editable,
  tags,
  title,
  links = [],
  time,
  description,
  panels,
}: Dashboard): string[] {
  return [
    ...said(/^wattmark-[a-z-]+$/.test(uid ?? ''), `the uid ${uid} is not a fixed one of Wattmark’s`),
    ...said(schemaVersion === 39, `schemaVersion is ${schemaVersion}: Grafana 11 reads no later one than 39`),
    ...said(editable === false, 'the dashboard is editable: what is changed there is lost with the next version'),
    ...said(tags?.includes('wattmark') === true, 'without the tag wattmark no menu finds it'),
    ...said((title ?? '').startsWith('Wattmark: '), `the title ${title} does not say whose it is`),
    ...said((description ?? '').endsWith('.'), 'it has no description'),
    ...said(
      links.some(({ type, keepTime, includeVars }) => type === 'dashboards' && keepTime && includeVars),
      'no menu leads to the other dashboards with the time and what is chosen',
    ),
    ...said(time?.to === 'now', 'it does not end now'),
    ...said(panelsOf({ panels: panels ?? [], schemaVersion }).length > 0, 'it has no panels'),
  ];
}

function variableProblems({ name, type, refresh, includeAll, allValue, multi, datasource }: VariableModel): string[] {
  const about = `variable ${name}`;
  if (type !== 'query') return said(type === 'datasource', `${about} is of type ${type}`);
  return [
    ...said(refresh === VariableRefresh.onTimeRangeChanged, `${about} is not asked for again when the time changes`),
    ...said(multi === true, `${about} takes one value only`),
    ...said(includeAll !== true || allValue === '.*', `${about}: "All" would list every value in every query`),
    ...said(isVariable(datasource?.uid), `${about} names a data source of its own`),
  ];
}

const UNSAID = new Set<unknown>([undefined, '']);

function panelProblems(panel: Panel): string[] {
  const { title, description, fieldConfig, targets = [], datasource, type } = panel;
  const about = `panel "${title}"`;
  const { unit, noValue, custom } = fieldConfig?.defaults ?? {};
  return [
    ...said(!UNSAID.has(title), 'a panel has no title'),
    ...said((description ?? '').length >= 20 && description?.endsWith('.') === true, `${about} has no description`),
    ...said(!UNSAID.has(unit), `${about} has no unit`),
    ...said(noValue === 'unknown', `${about} does not say unknown where nothing is known`),
    ...said(targets.length > 0, `${about} asks nothing`),
    ...said(isVariable(datasource?.uid), `${about} names a data source of its own`),
    ...targets.flatMap((target) => {
      const { uid } = target['datasource'] as { uid?: string };
      return said(uid === datasource?.uid, `${about} mixes data sources`);
    }),
    ...(type === 'timeseries' ? lineProblems(about, targets, custom ?? {}) : []),
    ...(['stat', 'bargauge', 'piechart'].includes(type) ? valueProblems(about, panel) : []),
    ...linkProblems(about, panel),
  ];
}

/** A line across what is not known would say that it is. */
function lineProblems(
  about: string,
  targets: NonNullable<Panel['targets']>,
  custom: Record<string, unknown>,
): string[] {
  const gap = custom['insertNulls'];
  return [
    ...said(custom['spanNulls'] === false, `${about} draws lines across nulls`),
    ...targets.flatMap(({ refId, query }) => {
      if (typeof query !== 'string') return [];
      const isGapped = query.includes('GROUP BY time(')
        ? query.endsWith('fill(null)')
        : typeof gap === 'number' && gap > 0;
      return said(isGapped, `${about} ${String(refId)} draws lines across what is missing`);
    }),
  ];
}

function valueProblems(about: string, { options }: Panel): string[] {
  const { calcs } = (options?.['reduceOptions'] ?? {}) as { calcs?: string[] };
  return said(calcs?.join() === 'last', `${about} shows ${calcs?.join()}, which passes over what is unknown now`);
}

function linkProblems(about: string, { fieldConfig }: Panel): string[] {
  const links = (fieldConfig?.overrides ?? [])
    .flatMap(({ properties }) => properties)
    .filter(({ id }) => id === 'links')
    .flatMap(({ value }) => value as { url: string }[]);
  return links.flatMap(({ url }) => [
    ...said(/^\/d\/wattmark-[a-z-]+\?/.test(url), `${about} links to ${url}`),
    ...said(url.includes('${__url_time_range}'), `${about} links without the time`),
  ]);
}

/** Ids are unique, and panels lie beside each other. */
function placeProblems({ panels = [] }: Dashboard): string[] {
  const ids = panels.map(({ id }) => id);
  const taken = new Set<string>();
  const overlaps = panels.filter(({ gridPos }) => {
    const { x = 0, y = 0, w = 0, h = 0 } = gridPos ?? {};
    const cells = Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`);
    const isFree = w > 0 && h > 0 && x + w <= 24 && cells.every((cell) => !taken.has(cell));
    for (const cell of cells) taken.add(cell);
    return !isFree;
  });
  return [
    ...said(new Set(ids).size === ids.length && !ids.includes(undefined), 'panels share an id'),
    ...overlaps.map(({ title }) => `panel "${title}" has no place of its own`),
  ];
}

function questionProblems({ place, refId, query, source, panel }: Question, { templating }: Dashboard): string[] {
  const about = `${place} ${refId}`.trim();
  const names = new Set((templating?.list ?? []).map(({ name }) => name));
  const used = [...query.matchAll(/\$\{?([a-z]\w*)/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'timeFilter');
  return [
    ...used.filter((name) => !names.has(name)).map((name) => `${about} uses ${name}, which is no variable`),
    ...said(names.has(source), `${about} asks ${source}, which is no variable`),
    ...(source === 'prometheus' ? [] : influxProblems(about, query, panel !== null)),
    ...said(!query.includes(';'), `${about} has several statements, of which Grafana reads one`),
  ];
}

/** Whether each of a query's selects is of a bounded time: an outer one without bound opens every shard. */
function isBounded(query: string): boolean {
  const bounds = query.replaceAll('$timeFilter AND time >', 'time >').match(/\$timeFilter|time > \$\{__to\}ms/g) ?? [];
  return bounds.length === query.split('SELECT ').length - 1;
}

/** Measurements of which there is a row for each minute or quarter-hour. */
const FINE = /"wattmark_(\w+_1m|\w+_15m|live|agent|collector)"/;

function influxProblems(about: string, query: string, isPanel: boolean): string[] {
  const plain = query.replaceAll(/\/\^\$\{\w+:regex\}\$\//g, '');
  return [
    ...said(!/integral\(/i.test(query), `${about} integrates power: energy is the collector’s work`),
    ...said(
      !/(mean|median|mode|percentile|spread)\(\s*"(value|ratio|pue|see|coverage|PUE|SEE)"/i.test(query),
      `${about} averages ratios`,
    ),
    ...said(!/mean\([^)]*\)\s*\/\s*mean\(/i.test(query), `${about} divides means: a ratio is one of sums`),
    ...said(!/fill\((0|previous|linear)/i.test(query), `${about} fills what is unknown`),
    ...said(
      !/GROUP BY time\((?!\$__interval\))/.test(query),
      `${about} has buckets of its own, which are not the site’s days`,
    ),
    ...said(
      !/(sum|mean|count)\([^)]*\)[^;]*GROUP BY time\([^;]*wattmark_\w+_1d|_1d"[^;]*GROUP BY time\(/.test(query),
      `${about} puts local days into buckets of UTC`,
    ),
    ...said(!/\$\{?(group|site)\b/.test(plain), `${about} takes a name otherwise than as a whole, escaped`),
    ...said(!/"\w+"\."\w*"\./.test(query), `${about} names a retention policy, which InfluxDB 3 does not know`),
    ...said(!/\b(SLIMIT|SOFFSET)\b|SHOW .* ON /i.test(query), `${about} uses what InfluxDB 3 does not know`),
    ...said(!isPanel || isBounded(query), `${about} does not keep to the time shown`),
    ...said(
      !isPanel || !FINE.test(query) || /time > \$\{__to\}ms - \d+[mhd]/.test(query),
      `${about} reads minutes of any time, however long`,
    ),
  ];
}

function isVariable(uid: string | undefined): boolean {
  return /^\$\{\w+\}$/.test(uid ?? '');
}

function said(holds: boolean, problem: string): string[] {
  return holds ? [] : [problem];
}
