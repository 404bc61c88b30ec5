import { setTimeout as sleep } from 'node:timers/promises';
import { boards } from '../../dashboards/grafana/boards.ts';
import { ask } from '../../dashboards/test/grafana/answers.ts';
import { write } from '../../dashboards/test/grafana/filling.ts';
import { type Context, expand } from '../../dashboards/test/grafana/macros.ts';
import { type Question, questionsOf } from '../../dashboards/test/grafana/queries.ts';
import type { Figure, Outcome } from '../figure.ts';
import { type Amount, fleetLines, siteName } from '../load/panels.ts';
import { BenchInfluxd } from '../rig/influxd.ts';
import { median } from '../rig/statistics.ts';

const AMOUNT: Amount = { sites: 100, days: 365, quarterDays: 365, minuteDays: 3 };
/** With `--minutes`: quarter-hours of so many days only, of which no panel reads more than the last seven. */
const SHORT_QUARTER_DAYS = 14;
const DAY_MS = 86_400_000;
const QUESTIONS = 5;
const REQUIRED_MS = 500;
const LINES = 20_000;
const SETTLE_S = 60;
const databases = { kept: 'wattmark', energy: 'wattmark', minutes: 'wattmark_minutes' } as const;

export const panels: Figure = {
  name: 'panels',
  about:
    'The slowest panel of the InfluxDB dashboards over a year, from an InfluxDB 1.6 with a year of days and quarter-hours of 100 ' +
    'sites: all of its queries one after the other, as Grafana’s server asks them, the median of five. Dashboards that have a row ' +
    'for each site show one. With --minutes the quarter-hours are those of 14 days. The limit is the server’s answer to a ping.',
  minutes: ({ minutes }) => (minutes === null ? 15 : 4),
  async run(room, { minutes }): Promise<readonly Outcome[]> {
    const influxd = await BenchInfluxd.start(room, 'influxd');
    const toMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const amount = minutes === null ? AMOUNT : { ...AMOUNT, quarterDays: SHORT_QUARTER_DAYS };
    room.say(`writing a year of ${amount.sites} sites`);
    room.say(`${await fill(influxd.url, toMs, amount)} lines`);
    await settle(influxd);
    return await measure(influxd, toMs);
  },
};

/** @returns how many lines there were. */
async function fill(url: string, toMs: number, amount: Amount): Promise<number> {
  const waiting: Record<'kept' | 'minutes', string[]> = { kept: [], minutes: [] };
  let count = 0;
  for (const [of, line] of fleetLines(toMs, amount)) {
    count++;
    if (waiting[of].push(line) < LINES) continue;
    await write(url, databases[of], waiting[of].splice(0));
  }
  for (const of of ['kept', 'minutes'] as const) await write(url, databases[of], waiting[of]);
  return count;
}

/** Waits until the server has sorted what was written, at most a minute. */
async function settle(influxd: BenchInfluxd): Promise<void> {
  for (let second = 0; second < SETTLE_S; second++) {
    const beforeMs = influxd.cpuMs;
    await sleep(1000);
    if (influxd.cpuMs - beforeMs < 100) return;
  }
}

interface Timed {
  readonly panel: string;
  readonly ms: number;
  /** Of the server, which may use several processors. */
  readonly cpuMs: number;
}

async function measure(influxd: BenchInfluxd, toMs: number): Promise<Outcome[]> {
  const context = { fromMs: toMs - 365 * DAY_MS, toMs, intervalMs: 12 * 3_600_000 };
  const timed: Timed[] = [];
  for (const [name, board] of Object.entries(boards).filter(([name]) => !name.endsWith('prometheus'))) {
    const dashboard = board();
    const isRepeated = dashboard.panels?.some((panel) => 'repeat' in panel) ?? false;
    const site = siteName(name === 'base-station' ? 9 : 0);
    const chosen: Context['chosen'] = { group: '$__all', site: isRepeated ? [site] : '$__all' };
    const allValues = { group: '.*', site: '.*' };
    for (const [panel, questions] of byPanel(questionsOf(name, dashboard))) {
      const askAll = async (): Promise<void> => {
        for (const { source, query } of questions)
          await ask(
            influxd.url,
            databases[source as 'energy' | 'minutes'],
            expand(query, { ...context, chosen, allValues }),
          );
      };
      // The first time does not count.
      await askAll();
      const beforeMs = influxd.cpuMs;
      const ms = median(await repeated(askAll));
      const cpuMs = (influxd.cpuMs - beforeMs) / QUESTIONS;
      timed.push({ panel: `${name}: ${panel}`, ms, cpuMs });
    }
  }
  const pingMs = median(await repeated(() => fetch(`${influxd.url}/ping`)));
  const limit = { what: 'ping', value: pingMs };
  const slowest = timed.sort((a, b) => b.ms - a.ms).slice(0, 3);
  return slowest.flatMap(({ panel, ms, cpuMs }, index) => [
    {
      what: `panel “${panel}”${index === 0 ? ', the slowest' : ''}`,
      value: ms,
      unit: 'ms',
      required: index === 0 ? { atMost: REQUIRED_MS } : null,
      limit: index === 0 ? limit : null,
    },
    { what: '  processor time of the server', value: cpuMs, unit: 'ms', required: null, limit: null },
  ]);
}

function byPanel(questions: readonly Question[]): Map<string, Question[]> {
  const found = new Map<string, Question[]>();
  for (const question of questions) found.set(question.place, [...(found.get(question.place) ?? []), question]);
  return found;
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
