import { type Dashboard, type Panel, VariableRefresh } from '@grafana/schema';
import t from 'tap';
import { boards } from '../../grafana/boards.ts';
import { problemsOf } from './rules.ts';

t.test('every dashboard keeps the rules', async (t) => {
  t.ok(Object.keys(boards).length >= 5);
  for (const [name, board] of Object.entries(boards)) t.same(problemsOf(board()), [], name);
});

t.test('ids are unique, and links lead to dashboards that exist', async (t) => {
  const uids = Object.values(boards).map((board) => board().uid);
  t.equal(new Set(uids).size, uids.length);
  const linked = Object.values(boards).flatMap((board) =>
    [...JSON.stringify(board()).matchAll(/"\/d\/([a-z-]+)\?/g)].map(([, uid]) => uid),
  );
  t.ok(linked.length > 0);
  t.same(
    linked.filter((uid) => !uids.includes(uid)),
    [],
  );
});

/** What a careless change would do, and the words by which it is found. */
const mistakes: readonly (readonly [what: string, (dashboard: Dashboard) => void, RegExp])[] = [
  ['another uid', (dashboard) => (dashboard.uid = 'abc'), /uid/],
  ['the newest schema', (dashboard) => (dashboard.schemaVersion = 42), /schemaVersion/],
  ['editable', (dashboard) => (dashboard.editable = true), /editable/],
  ['no tag', (dashboard) => (dashboard.tags = []), /tag/],
  ['no title', (dashboard) => (dashboard.title = 'Site'), /title/],
  ['no description', (dashboard) => (dashboard.description = ''), /description/],
  ['no menu', (dashboard) => (dashboard.links = []), /menu/],
  ['a fixed end', (dashboard) => (dashboard.time = { from: 'now-1d', to: '2026-01-01' }), /end now/],
  ['no panels', (dashboard) => (dashboard.panels = []), /no panels/],
  [
    'variables asked once',
    (dashboard) => (variableOf(dashboard, 'site').refresh = VariableRefresh.onDashboardLoad),
    /not asked for again/,
  ],
  ['one site at a time', (dashboard) => (variableOf(dashboard, 'site').multi = false), /one value/],
  ['a list for "All"', (dashboard) => delete variableOf(dashboard, 'group').allValue, /"All"/],
  [
    'a variable’s own data source',
    (dashboard) => (variableOf(dashboard, 'site').datasource = { uid: 'x' }),
    /variable site names/,
  ],
  ['a text box', (dashboard) => (variableOf(dashboard, 'site').type = 'textbox'), /type textbox/],
  ['a panel without title', (dashboard) => (panelOf(dashboard, 'timeseries').title = ''), /no title/],
  [
    'a panel without description',
    (dashboard) => (panelOf(dashboard, 'table').description = 'Table.'),
    /no description/,
  ],
  ['a panel without unit', (dashboard) => delete defaultsOf(dashboard, 'stat').unit, /no unit/],
  ['a zero for unknown', (dashboard) => (defaultsOf(dashboard, 'stat').noValue = '0'), /unknown/],
  ['a panel without queries', (dashboard) => (panelOf(dashboard, 'stat').targets = []), /asks nothing/],
  [
    'a panel’s own data source',
    (dashboard) => (panelOf(dashboard, 'stat').datasource = { uid: 'P1809F7CD' }),
    /data source of its own/,
  ],
  ['mixed data sources', (dashboard) => (targetOf(dashboard, 'stat')['datasource'] = { uid: '${other}' }), /mixes/],
  [
    'lines across nulls',
    (dashboard) => ((defaultsOf(dashboard, 'timeseries').custom ??= {})['spanNulls'] = true),
    /across nulls/,
  ],
  [
    'lines across missing rows',
    (dashboard) => ((defaultsOf(dashboard, 'timeseries').custom ??= {})['insertNulls'] = false),
    /across what is missing/,
  ],
  [
    'the last value known',
    (dashboard) => ((panelOf(dashboard, 'stat').options ??= {})['reduceOptions'] = { calcs: ['lastNotNull'] }),
    /passes over/,
  ],
  ['one id twice', (dashboard) => (panelOf(dashboard, 'stat').id = 1), /share an id/],
  [
    'one panel above another',
    (dashboard) => ((panelOf(dashboard, 'table').gridPos ??= { x: 0, y: 0, w: 1, h: 1 }).y = 1),
    /no place/,
  ],
  ['a link elsewhere', (dashboard) => linked(dashboard, 'https://example.org/?${__url_time_range}'), /links to/],
  ['a link without the time', (dashboard) => linked(dashboard, '/d/wattmark-site?var-site=a'), /without the time/],
];

/** Queries that are wrong, in place of the first one of a dashboard’s first table. */
const badQueries: readonly (readonly [query: string, RegExp])[] = [
  ['SELECT integral("total_w") FROM "wattmark_kpi" WHERE $timeFilter', /integrates/],
  ['SELECT mean("value") FROM "wattmark_kpi" WHERE $timeFilter', /averages/],
  ['SELECT mean("total_wh") / mean("it_wh") FROM "wattmark_kpi" WHERE $timeFilter', /divides means/],
  ['SELECT max("value") FROM "wattmark_kpi" WHERE $timeFilter GROUP BY time($__interval) fill(previous)', /fills/],
  ['SELECT max("value") FROM "wattmark_kpi" WHERE $timeFilter GROUP BY time(1d) fill(null)', /buckets of its own/],
  [
    'SELECT sum("it_wh") FROM "wattmark_site_1d" WHERE $timeFilter GROUP BY time($__interval) fill(null)',
    /buckets of UTC/,
  ],
  ['SELECT "value" FROM "wattmark_kpi" WHERE "site" = \'$site\' AND $timeFilter', /otherwise than/],
  ['SELECT "value" FROM "wattmark_kpi" WHERE "site" =~ /${site:regex}/ AND $timeFilter', /otherwise than/],
  ['SELECT "value" FROM "wattmark_kpi" WHERE "hall" =~ /^${hall:regex}$/ AND $timeFilter', /no variable/],
  ['SELECT "value" FROM "wattmark"."autogen"."wattmark_kpi" WHERE $timeFilter', /retention policy/],
  ['SELECT "value" FROM "wattmark_kpi" WHERE $timeFilter SLIMIT 5', /InfluxDB 3/],
  ['SELECT "value" FROM "wattmark_kpi"', /keep to the time/],
  ['SELECT "value" FROM (SELECT "value" FROM "wattmark_kpi" WHERE $timeFilter)', /keep to the time/],
  [
    'SELECT max("lag_ms") FROM "wattmark_agent" WHERE $timeFilter GROUP BY time($__interval) fill(null)',
    /however long/,
  ],
  ['SELECT "value" FROM "wattmark_kpi" WHERE $timeFilter; SELECT 1', /several statements/],
];

t.test('a mistake is found', async (t) => {
  for (const [what, make, words] of mistakes) {
    const dashboard = fresh();
    make(dashboard);
    t.match(problemsOf(dashboard).join('\n'), words, what);
  }
  for (const [query, words] of badQueries) {
    const dashboard = fresh();
    targetOf(dashboard, 'table')['query'] = query;
    t.match(problemsOf(dashboard).join('\n'), words, query);
  }
});

function fresh(): Dashboard {
  const dashboard = boards['fleet']?.() as Dashboard;
  const site = boards['site']?.().templating?.list?.find(({ name }) => name === 'site');
  if (site !== undefined) dashboard.templating?.list?.push(site);
  return structuredClone(dashboard);
}

function panelOf({ panels = [] }: Dashboard, type: string): Panel {
  return panels.find((panel) => panel.type === type) as Panel;
}

function targetOf(dashboard: Dashboard, type: string): Record<string, unknown> {
  return panelOf(dashboard, type).targets?.[0] as Record<string, unknown>;
}

function defaultsOf(dashboard: Dashboard, type: string): NonNullable<Panel['fieldConfig']>['defaults'] {
  return panelOf(dashboard, type).fieldConfig?.defaults ?? {};
}

function variableOf({ templating }: Dashboard, name: string) {
  return templating?.list?.find((variable) => variable.name === name) as NonNullable<typeof templating>['list'] extends
    | (infer Variable)[]
    | undefined
    ? Variable
    : never;
}

function linked(dashboard: Dashboard, url: string): void {
  panelOf(dashboard, 'table').fieldConfig?.overrides.push({
    matcher: { id: 'byName', options: 'site' },
    properties: [{ id: 'links', value: [{ title: 'Site', url }] }],
  });
}
