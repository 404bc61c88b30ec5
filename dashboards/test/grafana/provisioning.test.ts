import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { Influxd } from '../../../collector/test/support/influx.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { boards } from '../../grafana/boards.ts';
import { ask, difference, type Row } from './answers.ts';
import { linesOf, write } from './filling.ts';
import { DAY_MS, fleet, HOUR_MS, NOW_MS } from './fleet.ts';
import { expand } from './macros.ts';

const folder = join(import.meta.dirname, '../../grafana/provisioning');
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

interface Source {
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly editable: boolean;
  readonly url: string;
  readonly jsonData: Readonly<Record<string, unknown>>;
  readonly secureJsonData?: Readonly<Record<string, string>>;
}

interface Rule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly for: string;
  readonly noDataState: string;
  readonly execErrState: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: readonly {
    readonly refId: string;
    readonly datasourceUid: string;
    readonly relativeTimeRange?: { readonly from: number; readonly to: number };
    readonly model: Readonly<Record<string, unknown>>;
  }[];
}

const kinds = ['influxdb-1', 'influxdb-2', 'influxdb-3', 'prometheus'];
const sourcesOf = (kind: string): Source[] =>
  readdirSync(join(folder, 'datasources', kind)).flatMap(
    (file) => (parse(read(`datasources/${kind}/${file}`)) as { datasources: Source[] }).datasources,
  );
const rules = (
  parse(read('alerting/wattmark.yaml'), { merge: true }) as { groups: { rules: Rule[] }[] }
).groups.flatMap(({ rules }) => rules);

t.test('data sources have the names and ids by which dashboards and alert rules find them', async (t) => {
  for (const kind of kinds) {
    const sources = sourcesOf(kind);
    const isInflux = kind !== 'prometheus';
    t.same(
      sources.map(({ uid }) => uid),
      isInflux ? ['wattmark', 'wattmark-minutes'] : ['wattmark-prometheus'],
      kind,
    );
    for (const { editable, url, jsonData, secureJsonData } of sources) {
      t.equal(editable, false);
      t.match(url, /^\$WATTMARK_[A-Z]+_URL$/, 'no address is written down');
      if (isInflux)
        t.match(Object.values(secureJsonData ?? {}).join(), /\$__file\{\/run\/secrets\/\w+\}/, 'nor a secret');
      if (isInflux) t.equal(jsonData['httpMode'], 'POST', 'a query with many sites is longer than an address may be');
    }
    for (const board of Object.values(boards)) {
      for (const variable of board().templating?.list ?? []) {
        if (variable.type !== 'datasource' || (variable.query === 'influxdb') !== isInflux) continue;
        const [, pattern = '', flags = ''] = /^\/(.*)\/(\w*)$/.exec(variable.regex ?? '') ?? [];
        const found = sources.filter(({ name }) => new RegExp(pattern, flags).test(name));
        t.same(
          found.map(({ name, uid }) => ({ text: name, value: uid })),
          [variable.current],
          `${kind}: the variable ${variable.name} offers one data source`,
        );
      }
    }
  }
});

t.test('dashboards are read from a folder, and stay as they are', async (t) => {
  const [provider] = (parse(read('dashboards/wattmark.yaml')) as { providers: Record<string, unknown>[] }).providers;
  t.match(provider, {
    type: 'file',
    allowUiUpdates: false,
    folder: 'Wattmark',
    options: { path: /^\/var\/lib\/grafana\// },
  });
  t.ok(existsSync(join(folder, '../json/fleet.json')));
});

t.test('alert rules say what happens without data, and whom it concerns', async (t) => {
  t.same(
    rules.map(({ title }) => title),
    ['Target missed for 7 days', 'Data missing', 'IT above total'],
  );
  for (const rule of rules) {
    t.match(rule.uid, /^wattmark-[a-z-]{1,30}$/);
    t.match(rule.for, /^\d+[mh]$/);
    t.ok(['OK', 'NoData', 'Alerting'].includes(rule.noDataState));
    t.equal(rule.execErrState, 'Error');
    t.same(Object.keys(rule.annotations).sort(), ['description', 'summary']);
    // Grafana fills in its environment's variables there, so that `$labels` would be nothing.
    t.notMatch(JSON.stringify(rule.annotations), /\$/);
    t.match(rule.annotations['summary'], /\{\{ \.Labels\.site \}\}/);
    t.same(
      rule.data.map(({ refId, datasourceUid, model }) => [refId, model['refId'], datasourceUid === '__expr__']),
      [
        ['A', 'A', false],
        ['B', 'B', true],
        ['C', 'C', true],
      ],
    );
    t.equal(rule.condition, 'C');
  }
});

t.test('alert rules are raised for the sites that they are meant for', async (t) => {
  const program = requireProgram(t, 'influxd');
  if (program === null) return;
  const influxd = await Influxd.start(t, program);
  const { database } = await influxd.database('wattmark');
  const { kept, minutes } = linesOf();
  await write(influxd.url, database, kept);
  await write(influxd.url, `${database}_minutes`, minutes);
  const databases: Readonly<Record<string, string>> = { wattmark: database, 'wattmark-minutes': `${database}_minutes` };
  const expected: Readonly<Record<string, (site: (typeof fleet)[number]) => boolean>> = {
    'wattmark-target-missed': ({ kpis }) => {
      const rolling = kpis.filter(({ period, timeMs }) => period === '30d' && timeMs >= NOW_MS - 8 * DAY_MS);
      return rolling.length >= 7 && rolling.every(({ fields }) => fields['verdict_code'] === 1);
    },
    'wattmark-data-missing': ({ live }) =>
      live
        .filter(({ timeMs }) => timeMs >= NOW_MS - HOUR_MS / 2)
        .every(({ fields }) => Number(fields['stale_points']) > 0),
    'wattmark-it-above-total': ({ quarters }) => {
      const last = quarters.filter(({ startMs }) => startMs >= NOW_MS - 3 * HOUR_MS);
      const sum = (side: 'totalWh' | 'itWh'): number => last.reduce((wh, { paired }) => wh + paired[side], 0);
      return sum('itWh') > sum('totalWh');
    },
  };
  for (const { uid, data } of rules) {
    const [query, , threshold] = data;
    const { from = 0, to = 0 } = query?.relativeTimeRange ?? {};
    const times = { fromMs: NOW_MS - from * 1000, toMs: NOW_MS - to * 1000, intervalMs: 60_000 };
    const text = expand(String(query?.model['query']), { ...times, chosen: {}, allValues: {} });
    const series = await ask(influxd.url, databases[query?.datasourceUid ?? ''] ?? '', text);
    const [condition] = (threshold?.model['conditions'] ?? []) as { evaluator: { type: string; params: number[] } }[];
    t.equal(condition?.evaluator.type, 'gt');
    const raised = series.filter((row) => Number(valueOf(row)) > (condition?.evaluator.params[0] ?? Number.NaN));
    const meant = fleet.filter((site) => expected[uid]?.(site)).map(({ group, site }) => ({ group, site }));
    t.ok(meant.length > 0 && meant.length < fleet.length, `${uid} concerns some sites`);
    t.equal(difference(meant, raised), null, uid);
  }
});

/** The one column beside the time and the tags, which is what a rule is held against. */
function valueOf(row: Row): unknown {
  const values = Object.entries(row).filter(([column]) => !['time', 'group', 'site'].includes(column));
  if (values.length !== 1) throw new Error(`a rule needs one value, not ${JSON.stringify(row)}`);
  return values[0]?.[1];
}
