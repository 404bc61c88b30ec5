import { Influxd } from '../../collector/test/support/influx.ts';
import { boards } from '../../dashboards/grafana/boards.ts';
import { ask } from '../../dashboards/test/grafana/answers.ts';
import { write } from '../../dashboards/test/grafana/filling.ts';
import { type Context, expand } from '../../dashboards/test/grafana/macros.ts';
import { type Question, questionsOf } from '../../dashboards/test/grafana/queries.ts';
import { findProgram } from '../../shared/test/program.ts';
import type { Figure, Outcome } from '../figure.ts';
import { type Amount, fleetLines, siteName } from '../load/panels.ts';
import { median } from '../rig/statistics.ts';

const AMOUNT: Amount = { sites: 100, days: 365, quarterDays: 365, minuteDays: 3 };
/** With `--minutes`: quarter-hours of so many days only, of which no panel reads more than the last seven. */
const SHORT_QUARTER_DAYS = 14;
const DAY_MS = 86_400_000;
const QUESTIONS = 5;
const REQUIRED_MS = 500;
const LINES = 20_000;

export const panels: Figure = {
  name: 'panels',
  about:
    'The slowest panel of the InfluxDB dashboards over a year, from an InfluxDB 1.6 with a year of days and quarter-hours of 100 ' +
    'sites: all of its queries one after the other, as Grafana’s server asks them, the median of five. Dashboards that have a row ' +
    'for each site show one. With --minutes the quarter-hours are those of 14 days. The limit is the server’s answer to a ping.',
  minutes: ({ minutes }) => (minutes === null ? 15 : 4),
  async run(room, { minutes }): Promise<readonly Outcome[]> {
    const program = findProgram('influxd');
    if (program === null) throw new Error('influxd is not installed');
    const ends: (() => unknown)[] = [];
    try {
      const influxd = await Influxd.start({ teardown: (end) => void ends.push(end) }, program);
      const { database } = await influxd.database('wattmark');
      const toMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
      const amount = minutes === null ? AMOUNT : { ...AMOUNT, quarterDays: SHORT_QUARTER_DAYS };
      room.say(`writing a year of ${amount.sites} sites`);
      room.say(`${await fill(influxd.url, database, toMs, amount)} lines`);
      return await measure(influxd.url, database, toMs);
    } finally {
      for (const end of ends.reverse()) await end();
    }
  },
};

/** @returns how many lines there were. */
async function fill(url: string, database: string, toMs: number, amount: Amount): Promise<number> {
  const waiting: Record<'kept' | 'minutes', string[]> = { kept: [], minutes: [] };
  const databases = { kept: database, minutes: `${database}_minutes` };
  let count = 0;
  for (const [of, line] of fleetLines(toMs, amount)) {
    count++;
    if (waiting[of].push(line) < LINES) continue;
    await write(url, databases[of], waiting[of].splice(0));
  }
  for (const of of ['kept', 'minutes'] as const) await write(url, databases[of], waiting[of]);
  return count;
}

interface Timed {
  readonly panel: string;
  readonly ms: number;
}

async function measure(url: string, database: string, toMs: number): Promise<Outcome[]> {
  const context = { fromMs: toMs - 365 * DAY_MS, toMs, intervalMs: 12 * 3_600_000 };
  const timed: Timed[] = [];
  for (const [name, board] of Object.entries(boards).filter(([name]) => !name.endsWith('prometheus'))) {
    const dashboard = board();
    const isRepeated = dashboard.panels?.some((panel) => 'repeat' in panel) ?? false;
    const site = siteName(name === 'base-station' ? 9 : 0);
    const chosen: Context['chosen'] = { group: '$__all', site: isRepeated ? [site] : '$__all' };
    const allValues = { group: '.*', site: '.*' };
    for (const [panel, questions] of byPanel(questionsOf(name, dashboard))) {
      const ms = await timeOf(questions, (question) =>
        ask(
          url,
          question.source === 'minutes' ? `${database}_minutes` : database,
          expand(question.query, { ...context, chosen, allValues }),
        ),
      );
      timed.push({ panel: `${name}: ${panel}`, ms });
    }
  }
  const pingMs = median(await repeated(() => fetch(`${url}/ping`)));
  const limit = { what: 'ping', value: pingMs };
  const slowest = timed.sort((a, b) => b.ms - a.ms).slice(0, 3);
  return slowest.map(({ panel, ms }, index) => ({
    what: `panel “${panel}”${index === 0 ? ', the slowest' : ''}`,
    value: ms,
    unit: 'ms',
    required: index === 0 ? { atMost: REQUIRED_MS } : null,
    limit: index === 0 ? limit : null,
  }));
}

function byPanel(questions: readonly Question[]): Map<string, Question[]> {
  const found = new Map<string, Question[]>();
  for (const question of questions) found.set(question.place, [...(found.get(question.place) ?? []), question]);
  return found;
}

/** Median time of a panel’s queries together, after a first time that does not count. */
async function timeOf(
  questions: readonly Question[],
  askOne: (question: Question) => Promise<unknown[]>,
): Promise<number> {
  for (const question of questions) await askOne(question);
  return median(
    await repeated(async () => {
      for (const question of questions) await askOne(question);
    }),
  );
}

async function repeated(run: () => Promise<unknown>): Promise<number[]> {
  const timesMs: number[] = [];
  for (let time = 0; time < QUESTIONS; time++) {
    const startMs = performance.now();
    await run();
    timesMs.push(performance.now() - startMs);
  }
  return timesMs;
}
