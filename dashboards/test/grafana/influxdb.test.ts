import type { Panel } from '@grafana/schema';
import t from 'tap';
import { Influxd } from '../../../collector/test/support/influx.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { boards } from '../../grafana/boards.ts';
import { ask, difference, type Row } from './answers.ts';
import { expectations, type View } from './expectations.ts';
import { linesOf, write } from './filling.ts';
import { DAY_MS, fleet, HOUR_MS, NOW_MS } from './fleet.ts';
import { type Context, expand } from './macros.ts';
import { type Question, questionsOf } from './queries.ts';

const influxBoards = Object.entries(boards).filter(([name]) => !name.endsWith('prometheus'));
const everything = { group: '.*', site: '.*' };

/** The times that are shown: up to now, less than a day of it, and a time that is past. */
const times = {
  '30 days': { fromMs: NOW_MS - 30 * DAY_MS, toMs: NOW_MS, intervalMs: 30 * 60_000 },
  'a year': { fromMs: NOW_MS - 365 * DAY_MS, toMs: NOW_MS, intervalMs: 12 * HOUR_MS },
  '2 hours': { fromMs: NOW_MS - 2 * HOUR_MS, toMs: NOW_MS, intervalMs: 60_000 },
  'a past time': { fromMs: NOW_MS - 20 * DAY_MS, toMs: NOW_MS - DAY_MS, intervalMs: HOUR_MS },
} as const;

/** What is chosen: one site, several, names that are odd, everything; of the dashboards of one kind of site, those of it. */
const choices = {
  'one site': { group: ['default'], site: ['dc-1', 'bs-1'] },
  'odd names': { group: ['a--b', 'north'], site: ['1', 'select', 'group', `x${'y-'.repeat(30)}zz`] },
  'every site': { group: '$__all', site: fleet.map(({ site }) => site) },
  everything: { group: '$__all', site: '$__all' },
} as const satisfies Record<string, Chosen>;

/** Every choice and every time, though not each with each. */
const cases: readonly (readonly [keyof typeof choices, keyof typeof times])[] = [
  ['one site', '30 days'],
  ['one site', '2 hours'],
  ['odd names', '30 days'],
  ['every site', 'a past time'],
  ['everything', 'a year'],
];

t.test('every query gives the figures that the fleet has', async (t) => {
  const program = requireProgram(t, 'influxd');
  if (program === null) return;
  const influxd = await Influxd.start(t, program);
  const { database } = await influxd.database('wattmark');
  const { kept, minutes } = linesOf();
  await write(influxd.url, database, kept);
  await write(influxd.url, `${database}_minutes`, minutes);
  for (const [name, board] of influxBoards) {
    for (const [choice, time] of cases) {
      const [chosen, span] = [choices[choice], times[time]];
      const problems = questionsOf(name, board()).map(async (question) => {
        const context = { ...span, chosen: ofKind(question, chosen), allValues: everything };
        const own = question.source === 'minutes' ? `${database}_minutes` : database;
        const found = await ask(influxd.url, own, expand(question.query, context));
        const expected = expectations[name]?.[`${question.place}/${question.refId}`];
        if (expected === undefined) return [`nothing says what ${question.place} ${question.refId} must give`];
        const wrong = difference(expected(viewOf(question, { ...span, chosen })), found);
        return [wrong, unknownColumns(question, found)].flatMap((problem) =>
          problem === null ? [] : [`${question.place} ${question.refId}: ${problem}`],
        );
      });
      t.same((await Promise.all(problems)).flat(), [], `${name}: ${choice}, ${time}`);
    }
  }
});

type Chosen = Context['chosen'];

/** The dashboards of one kind of site offer only those. */
function ofKind({ board }: Question, chosen: Chosen): Chosen {
  const sites = chosen['site'];
  const kind = board === 'site' ? 'data-centre' : board === 'base-station' ? 'base-station' : null;
  if (kind === null) return chosen;
  const own = fleet.filter((site) => site.kind === kind).map(({ site }) => site);
  const kept = sites === '$__all' || sites === undefined ? own : sites.filter((site) => own.includes(site));
  return { ...chosen, site: kept };
}

function viewOf(question: Question, { chosen, ...span }: Omit<View, 'sites'> & { readonly chosen: Chosen }): View {
  const { group, site } = ofKind(question, chosen);
  const isIn = (of: Chosen[string] | undefined, value: string): boolean =>
    of === '$__all' || of?.includes(value) === true;
  const asksForSite = question.query.includes('${site:regex}');
  const sites = fleet.filter((one) => isIn(group, one.group) && (!asksForSite || isIn(site, one.site)));
  return { ...span, sites: question.query.includes('${group:regex}') ? sites : fleet };
}

/** What a panel calls a column, the query must call so, too. */
function unknownColumns({ panel }: Question, found: readonly Row[]): string | null {
  const columns = new Set(found.flatMap((row) => Object.keys(row)));
  if (panel?.type !== 'table' || columns.size === 0) return null;
  const unknown = shownColumns(panel).filter((name) => name !== 'Time' && !columns.has(name));
  return unknown.length === 0 ? null : `the query has no columns ${unknown.join(', ')}`;
}

function shownColumns({ transformations = [], fieldConfig, options }: Panel): string[] {
  const shown = transformations.flatMap(
    ({ options }) => (options as { include?: { names: string[] } }).include?.names ?? [],
  );
  const ruled = (fieldConfig?.overrides ?? []).map(({ matcher }) => String(matcher.options));
  const sorted = ((options as { sortBy?: { displayName: string }[] }).sortBy ?? []).map(
    ({ displayName }) => displayName,
  );
  return [...new Set([...shown, ...ruled, ...sorted])];
}
