import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { median, quantile } from '../rig/statistics.ts';

const SITES = 100;
const POINTS = 100;
const QUESTIONS = 100;
const WARM_UP = 5;
const FILL_WITHIN_MS = 5 * 60_000;
const REQUIRED_MS = 50;

export const year: Figure = {
  name: 'year',
  about:
    'The answer to a year of days for one site of 100 points, as a client of the API sees it, from a store with ' +
    'a year of quarter-hours of 100 sites. The limit is the store’s own answer, without API.',
  minutes: () => 3,
  async run(room): Promise<readonly Outcome[]> {
    const data = room.path('data');
    const known = room.startLoad('history', [
      '--data',
      data,
      '--sites',
      `${SITES}`,
      '--points',
      `${POINTS}`,
      '--minutes',
      '2',
    ]);
    await known.expect((line) => (line.startsWith('{') ? line : null), FILL_WITHIN_MS);
    await known.ended;
    const filling = room.startLoad('year', ['--data', data, '--sites', `${SITES}`, '--points', `${POINTS}`]);
    const filled = await filling.expect((line) => (line.startsWith('{') ? JSON.parse(line) : null), FILL_WITHIN_MS);
    await filling.ended;
    const collector = await BenchCollector.start(room, { data: 'data', brokerUrl: null });
    const range = `from=${filled.from}&to=${filled.to}`;
    const of = async (path: string): Promise<readonly number[]> => ask(`${collector.url}/api/v1/${path}`);
    const site = await of(`sites/site-0/series?${range}&step=P1D`);
    const point = await of(`points/site-0/point-7/series?${range}&step=P1D`);
    const limit = { what: 'the store alone, median', value: filled.storeMs };
    return [
      {
        what: 'a year of a site’s days, median',
        value: median(site),
        unit: 'ms',
        required: { atMost: REQUIRED_MS },
        limit,
      },
      {
        what: 'a year of a site’s days, p95',
        value: quantile(site, 0.95),
        unit: 'ms',
        required: { atMost: REQUIRED_MS },
        limit,
      },
      { what: 'a year of a point’s days, median', value: median(point), unit: 'ms', required: null, limit: null },
    ];
  },
};

/** Times of complete answers, ms. @throws Error where an answer is not a year of days. */
async function ask(url: string): Promise<number[]> {
  const answersMs: number[] = [];
  for (let question = 0; question < WARM_UP + QUESTIONS; question++) {
    const startMs = performance.now();
    const answer = await fetch(url);
    const text = await answer.text();
    const elapsedMs = performance.now() - startMs;
    if (question >= WARM_UP) answersMs.push(elapsedMs);
    const { intervals } = JSON.parse(text) as {
      intervals?: readonly { totalWh?: number | null; energyWh?: number | null }[];
    };
    const days = intervals?.filter(({ totalWh, energyWh }) => (totalWh ?? energyWh) != null).length;
    if (!answer.ok || days !== 365) throw new Error(`${url}: ${answer.status}, ${days} days: ${text.slice(0, 300)}`);
  }
  return answersMs;
}
