import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { median, quantile } from '../rig/statistics.ts';
import { fillYear, timesOf } from '../rig/year.ts';

const POINTS = 100;
const QUESTIONS = 30;
const REQUIRED_MS = 300;

export const report: Figure = {
  name: 'report',
  about:
    'The key figures of a year for one site whose 100 points all count in them, as a client of the API sees the whole answer, ' +
    'from a store with a full year of quarter-hours. The limit is what the database takes to add up the rows of the points’ days.',
  minutes: () => 3,
  async run(room): Promise<readonly Outcome[]> {
    const year = await fillYear(room, { sites: 1, points: POINTS, itPoints: POINTS - 1 });
    const collector = await BenchCollector.start(room, { data: year.data, brokerUrl: null });
    const url = `${collector.url}/api/v1/sites/site-0/kpis?from=${year.from}&to=${year.to}`;
    const answersMs = await timesOf(url, QUESTIONS, (answer) => {
      const { pue } = answer as { pue?: { value?: number | null } };
      return pue?.value == null ? 'no PUE' : null;
    });
    await collector.child.stop();
    const limit = { what: 'sums of the days alone, median', value: year.daySumsMs };
    return [
      {
        what: 'a year’s key figures, median',
        value: median(answersMs),
        unit: 'ms',
        required: { atMost: REQUIRED_MS },
        limit,
      },
      { what: 'a year’s key figures, p95', value: quantile(answersMs, 0.95), unit: 'ms', required: null, limit },
      {
        what: 'the same sums of quarter-hours, by the database',
        value: year.quarterSumsMs,
        unit: 'ms',
        required: null,
        limit: null,
      },
    ];
  },
};
